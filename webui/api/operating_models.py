"""Bodies and query strings of operating cases, bulk operations, external workers and kept messages."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from engine.domain.operating import ACTIONS, Chosen, Operation
from engine.domain.states import InstanceState
from webui.api.models import Data, Id, Key, Moment, Paging, Reason, Sent, Text, Version

Why = Annotated[Reason, Field(min_length=1)]
Fence = Annotated[int, Field(ge=0, le=2**31 - 1, description="As given with the job: proves that the lock is yours.")]
Lock = Annotated[int, Field(ge=1, le=86_400, description="Seconds the lock holds.")]
Type = Literal["text", "number", "boolean", "date", "date-time", "time", "duration", "json", "record"]


class SuspendBody(Sent):
    reason: Why


class ResumeBody(Sent):
    reason: Reason = ""


class MoveBody(Sent):
    """Where to go, what to leave, or both."""

    reason: Why
    to: Key | None = Field(None, description="Element id to put a token at.")
    leave: Key | None = Field(None, description="Element id whose tokens are taken away.")
    everything: bool = Field(False, description="Leave everything that is open.")
    data: Literal["now", "then"] = Field("now", description="`then`: the data of when `to` was last begun.")


class EditBody(Sent):
    reason: Why
    values: Data = Field(default_factory=dict)
    types: dict[Key, Type] = Field(default_factory=dict, description="A variable keeps its type, if not named.")
    remove: list[Key] = Field(default_factory=list, max_length=200)


class UndoBody(Sent):
    reason: Why


class RestartBody(Sent):
    reason: Why
    element: Key
    data: Literal["then", "now", "none"] = "then"


class SkipBody(Sent):
    reason: Why
    result: Data = Field(default_factory=dict, description="What the failed element would have given.")


class ChosenBody(Sent):
    """A filter; what is not given is any."""

    definition_key: Key | None = None
    version: Version | None = None
    state: InstanceState | None = None
    business_key: Key | None = None
    search: Text = ""
    element: Key | None = Field(None, description="Something is open, or an incident is, at this element.")
    incidents: bool = False
    code: Annotated[str, Field(max_length=16)] | None = Field(None, description="Code of the incident.")
    kind: Literal["job", "timer", "fault"] | None = None
    started_before: Moment | None = None
    started_after: Moment | None = None
    ids: list[Id] = Field(default_factory=list, max_length=10_000, description="These, and no others.")


class OperationBody(Sent):
    action: Key = Field(description=f"One of {', '.join(ACTIONS)}.", examples=["suspend"])
    chosen: ChosenBody = Field(default_factory=ChosenBody)
    params: Data = Field(default_factory=dict, description="As in the body of the action on one instance.")

    def operation(self) -> Operation:
        """As the engine takes it."""
        chosen = {**self.chosen.model_dump(), "ids": tuple(self.chosen.ids)}
        return Operation(self.action, Chosen(**chosen), self.params)


class BulkBody(OperationBody):
    reason: Why


class ItemQuery(Paging):
    state: Literal["waiting", "done", "failed", "cancelled"] | None = None


class CauseQuery(Sent):
    definition_key: Key | None = None


class ActivateBody(Sent):
    types: list[Key] = Field(min_length=1, max_length=50, examples=[["erp.book"]])
    worker: Annotated[str, Field(max_length=120)] = Field("", description="A name to find the worker by.")
    limit: int = Field(10, ge=1, le=100)
    lock: Lock = 300
    wait: int = Field(0, ge=0, le=30, description="Seconds to wait for a job, if there is none now.")


class CompleteBody(Sent):
    fence: Fence
    variables: Data = Field(default_factory=dict)


class FailBody(Sent):
    fence: Fence
    message: Annotated[str, Field(min_length=1, max_length=2000)]
    retries: int | None = Field(
        None, ge=0, le=100, description="Attempts left after this one (0: an incident at once); else as the model says."
    )
    retry_after: int | None = Field(None, ge=0, le=30 * 86_400, description="Seconds; our back-off, if not given.")


class ErrorBody(Sent):
    fence: Fence
    code: Key
    message: Annotated[str, Field(max_length=2000)] = ""
    variables: Data = Field(default_factory=dict, description="For the flow that catches it.")


class ExtendBody(Sent):
    fence: Fence
    lock: Lock = 300


class KeptQuery(Paging):
    state: Literal["waiting", "expired"] | None = None
    name: Key | None = None
    search: Text = ""


class ResendBody(Sent):
    ttl: int = Field(3600, ge=0, le=30 * 86_400)


class MembersBody(Sent):
    """Users or teams that shall belong to the team, or no longer."""

    add: list[Annotated[str, Field(min_length=1, max_length=120)]] = Field(default_factory=list, max_length=500)
    remove: list[Annotated[str, Field(min_length=1, max_length=120)]] = Field(default_factory=list, max_length=500)


class MendedRow(Sent):
    row: int = Field(ge=1, le=2**31 - 1, description="Number of the row in the file.")
    data: Data
    external_id: Annotated[str, Field(min_length=1, max_length=255)]


class MendedBody(Sent):
    rows: list[MendedRow] = Field(min_length=1, max_length=500)
    start: Key | None = Field(None, description="Definition to start for each new record.")
