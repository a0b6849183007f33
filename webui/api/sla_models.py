"""Bodies and query strings about SLA: contents of calendars and policies, pauses, the wall."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator
from typing_extensions import TypedDict

from webui.api.models import Id, Key, Moment, Reason, Sent, Text

Metric = Annotated[str, Field(min_length=1, max_length=40)]


class ContentBody(Sent):
    """A calendar's or a policy's content: as YAML, or as an object. One of the two."""

    yaml: Annotated[str, Field(min_length=1, max_length=100_000)] | None = Field(
        None, examples=["targets: {resolve: PT8H}\ncalendar: office\n"]
    )
    content: dict[Key, Any] | None = None

    @model_validator(mode="after")
    def one(self) -> Self:
        if (self.yaml is None) == (self.content is None):
            raise ValueError("send either yaml or content")
        return self


class UseBody(Sent):
    kind: Literal["contract", "customer", "team", "office"]
    target: Key = Field(description="A team's key, or a record's id.")
    calendar: Key | None = Field(None, description="Left out: the calendar is taken off.")


class ClockQuery(Sent):
    """Of a case, or of a task with its case's: one of the two."""

    task_id: Id | None = None
    instance_id: Id | None = None

    @model_validator(mode="after")
    def one(self) -> Self:
        if (self.task_id is None) == (self.instance_id is None):
            raise ValueError("name either task_id or instance_id")
        return self


class WallQuery(Sent):
    by: Literal["team", "flow", "segment"] = "team"
    state: Literal["", "breached", "risk", "paused", "running"] = ""
    group: Text | None = Field(None, description="A team, flow or segment, as `by` says.")
    customer: Annotated[str, Field(max_length=16)] = Field("", description="Id of the customer's record.")
    assignee: Annotated[str, Field(max_length=120)] = Field("", description="A login; `-`: nobody.")
    limit: int = Field(200, ge=1, le=1000)


class FiguresQuery(Sent):
    since: Moment = Field(description="Cases that began from then …")
    until: Moment = Field(description="… until then, and are finished.")
    flow: Text = Field("", description="Of this flow and its variants only.")


class MetricsBody(Sent):
    metrics: Annotated[list[Metric], Field(max_length=40)] = Field(
        default_factory=lambda: ["*"], description="Which clocks; `*`: all (of `meet`: both responses)."
    )


class PauseBody(MetricsBody):
    reason: Annotated[str, Field(min_length=1, max_length=2000)]


class ReasonBody(Sent):
    reason: Reason = "inputs changed"


class Clocks(TypedDict):
    clocks: int
