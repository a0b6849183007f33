"""Bodies and query strings of the inbox: filters, what lies around a task, changes to many tasks."""

from __future__ import annotations

import base64
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema
from typing_extensions import TypedDict

from engine.domain.desk import SWEEP_MOST, TEXT_MOST
from engine.domain.filters import Wanted
from webui.api.models import Data, Id, Key, Login, Moment, Paging, Reason, Sent

Words = Annotated[str, Field(max_length=200)]
Value = Annotated[float, Field(ge=-1e15, le=1e15, description="Of the record, in its own currency.")]
Priority = Annotated[int, Field(ge=0, le=100, description="50 is usual, 100 the most urgent.")]
Due = Literal["overdue", "soon", "today", "week", "none"]
Sort = Literal["due", "priority", "newest"]
Colour = Literal["blue", "green", "yellow", "orange", "red", "purple", "teal", "grey"]
Column = Literal["flow", "stage", "segment", "amount", "priority", "assignee", "created", "key"]
Box = Literal["mine", "teams", "visible", "delegated", "following", "later", "all"]
BOX = "`teams`: claimable; `visible`: mine and claimable; `later`: put off; `all`: for managers."


def _decoded(text: Any) -> Any:
    """Strictly: what is no base 64 is refused, not left out. Line breaks are allowed."""
    return base64.b64decode("".join(text.split()), validate=True) if isinstance(text, str) else text


Base64 = Annotated[bytes, BeforeValidator(_decoded), WithJsonSchema({"type": "string", "format": "base64"})]


class Conditions(Sent):
    """What a filter asks for; all conditions hold together, one left out is none."""

    box: Box = Field("mine", description=BOX)
    search: Words = Field("", description="Words in name, customer's name and business key.")
    flow: Words = Field("", description="Key of a definition.")
    stage: Words = ""
    segment: Words = ""
    customer: Words = Field("", description="Id of the customer's record.")
    assignee: Words = ""
    priority: Priority | None = Field(None, description="This or higher.")
    amount_from: Value | None = None
    amount_to: Value | None = None
    due: Due | None = Field(None, description="`soon`: within four hours; days end in your time zone.")
    sort: Sort = Field("due", description="`due`: what breaches first.")

    def wanted(self) -> Wanted:
        """As the engine takes it."""
        return Wanted.of({name: getattr(self, name) for name in Conditions.model_fields})


class TaskQuery(Conditions, Paging):
    instance_id: Id | None = None
    definition_key: Key | None = Field(None, description="The same as `flow`.")
    due_before: Moment | None = None


class FilterBody(Sent):
    name: Annotated[str, Field(min_length=1, max_length=80, pattern=r"\S")]
    wanted: Conditions
    colour: Colour = "blue"
    team: Login | None = Field(None, description="Share it with this team of yours.")


class ColumnsBody(Sent):
    columns: Annotated[list[Column], Field(max_length=8)]


class CommentBody(Sent):
    text: Annotated[str, Field(min_length=1, max_length=TEXT_MOST, pattern=r"\S")] = Field(
        description="`@login` mentions a person: they are told, and may read the case from then on."
    )


class TodoBody(Sent):
    text: Annotated[str, Field(min_length=1, max_length=500, pattern=r"\S")]


class CheckBody(Sent):
    done: bool = True


class FileSent(Sent):
    name: Key = Field(examples=["offer.pdf"])
    content: Base64 = Field(description="The bytes in base 64.")


class AttachBody(Sent):
    files: list[FileSent] = Field(default_factory=list, max_length=1, description="One file, up to 10 MB.")


class FollowBody(Sent):
    follow: bool = True


class PostponeBody(Sent):
    until: Moment | None = Field(None, description="Nothing brings it back at once.")


class PriorityBody(Sent):
    priority: Priority


class DueBody(Sent):
    due_at: Moment | None = Field(None, description="Nothing: no due date.")


class DelegateBody(Sent):
    to: Login
    reason: Reason = ""


class ResolveBody(Sent):
    note: Reason = ""


class SweepBody(Sent):
    """A change to many tasks: ``assign`` takes `to`, `reason`; ``reschedule`` `due_at`; ``prioritise`` `priority`;
    ``complete`` `data`; ``comment`` `text`."""

    action: Literal["assign", "reschedule", "prioritise", "complete", "comment"]
    tasks: Annotated[list[Id], Field(min_length=1, max_length=SWEEP_MOST)]
    to: Annotated[str, Field(min_length=1, max_length=130)] | None = Field(
        None, description="A login, or `team:KEY` for a team's queue."
    )
    reason: Reason | None = None
    due_at: Moment | None = None
    priority: Priority | None = None
    data: Data | None = None
    text: Annotated[str, Field(min_length=1, max_length=TEXT_MOST, pattern=r"\S")] | None = None
    revisions: dict[Id, Annotated[int, Field(ge=0, lt=2**31)]] = Field(
        default_factory=dict,
        max_length=SWEEP_MOST,
        description="Task → the revision you saw: what somebody has changed since is left alone and says so.",
    )

    def params(self) -> dict[str, Any]:
        """The action's own parameters, as they were sent."""
        sent = self.model_dump(mode="json", exclude={"action", "tasks", "revisions"}, exclude_none=True)
        return {"due_at": None, **sent} if self.action == "reschedule" else sent


class Following(TypedDict):
    following: bool


class Columns(TypedDict):
    columns: list[str]
