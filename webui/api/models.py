"""What goes in: pydantic models of bodies and query strings. What comes out are frozen values of ``engine.domain``."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field
from typing_extensions import TypedDict

from engine.domain.clock import tellable
from engine.domain.states import DefinitionState, InstanceState

_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d")


def _written(value: Any) -> Any:
    """As RFC 3339 writes it: "20260301" would else be taken for seconds since 1970."""
    if isinstance(value, str) and _MOMENT.match(value):
        return datetime.fromisoformat(value.upper())
    raise ValueError("a moment is written like 2026-03-02T09:00:00Z")


def _in_range(at: datetime) -> datetime:
    """To UTC; the first and last day of the calendar cannot be shifted by an offset."""
    if not tellable(at):
        raise ValueError("the year must be between 1900 and 9000")
    return at.astimezone(UTC)


Key = Annotated[str, Field(min_length=1, max_length=255)]
Text = Annotated[str, Field(max_length=255)]
Reason = Annotated[str, Field(max_length=2000)]
Login = Annotated[str, Field(min_length=1, max_length=120)]
Id = Annotated[str, Field(min_length=1, max_length=16)]
Version = Annotated[int, Field(ge=1, le=2**31 - 1)]
Moment = Annotated[AwareDatetime, BeforeValidator(_written), AfterValidator(_in_range)]
Data = Annotated[
    dict[Key, Any],
    Field(description='JSON values by name. A CRM record is {"$record": [kind, id]}.', max_length=1000),
]


class Sent(BaseModel):
    """Base of all bodies and query strings: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Empty(Sent):
    """A body without fields; it may be left out."""


# --- query strings ---------------------------------------------------------------------------------


class Paging(Sent):
    """Where in a list."""

    limit: int = Field(50, ge=1, le=200, description="Rows of one page.")
    cursor: str | None = Field(None, min_length=1, max_length=1000, description="`next` of the page before.")


class OfInstance(Paging):
    instance_id: Id | None = None


class DefinitionQuery(Paging):
    key: Key | None = Field(None, description="All versions of this definition; without it, the newest of each.")
    state: DefinitionState | None = None
    startable: bool = Field(False, description="Only what you may start.")


class InstanceQuery(Paging):
    definition_key: Key | None = None
    state: InstanceState | None = None
    business_key: Key | None = None
    record_id: Id | None = Field(None, description="Instances that work on this record.")
    search: Text = ""


class RecordQuery(Paging):
    kind: Key | None = None
    search: Text = ""
    state: Key | None = None
    owner: Login | None = None
    linked_to: Id | None = Field(None, description="Records linked to this one.")


class PeopleQuery(Paging):
    kind: Literal["user", "team"] | None = None
    search: Text = ""


class NamedQuery(Sent):
    text: Text = ""
    kind: Literal["user", "team"] | None = None
    limit: int = Field(20, ge=1, le=100)


class NotificationQuery(Paging):
    unread: bool = False


# --- bodies ----------------------------------------------------------------------------------------


class FileBody(Sent):
    """A model as text; its kind is told from the content."""

    name: Key = Field(examples=["greet.bpmn"])
    content: str = Field(description="BPMN or DMN XML, or a form's JSON.")


class LintBody(Sent):
    files: list[FileBody] = Field(max_length=200)


class DeployBody(LintBody):
    publish: bool = Field(False, description="Publish every definition too: needs owner, goal and KPI.")


class PublishBody(Sent):
    version: Version | None = Field(None, description="The newest, if not given.")


class StartBody(Sent):
    key: Key = Field(description="Key of the definition.", examples=["order-check"])
    variables: Data = Field(default_factory=dict)
    business_key: Key | None = None
    version: Version | None = Field(None, description="The published one, if not given.")
    form: bool = Field(False, description="`variables` is the start form's data and is checked as such.")


class CancelBody(Sent):
    reason: Reason = Field(min_length=1)


class ReassignBody(Sent):
    to: Annotated[str, Field(min_length=1, max_length=130)] = Field(
        description="A login, or `team:KEY` for a team's queue."
    )
    reason: Reason = ""


class DataBody(Sent):
    data: Data = Field(default_factory=dict, description="The form's data.")


class MessageBody(Sent):
    name: Key
    correlation_key: Text = ""
    payload: Data = Field(default_factory=dict)
    business_key: Key | None = None
    ttl: int = Field(3600, ge=0, le=30 * 86400, description="Seconds it waits for somebody to wait for it.")


class SignalBody(Sent):
    name: Key
    payload: Data = Field(default_factory=dict)


class RetryBody(Sent):
    reason: Reason = ""


class RecordBody(Sent):
    kind: Key = Field(examples=["lead"])
    data: Data
    owner: Login | None = None
    links: dict[Annotated[str, Field(min_length=1, max_length=40)], Id] = Field(
        default_factory=dict, description="Relation → id of the other record."
    )
    state: Key | None = Field(None, description="One of the kind's states.")


class RecordPatch(Sent):
    """Fields that are not named stay."""

    data: Data = Field(default_factory=dict)
    owner: Login | None = None
    links: dict[Annotated[str, Field(min_length=1, max_length=40)], Id] = Field(default_factory=dict)
    state: Key | None = Field(None, description="One of the kind's states.")


class ReadBody(Sent):
    ids: list[Id] = Field(default_factory=list, max_length=200, description="All of mine, if empty.")


# --- answers that are no value of the engine -------------------------------------------------------


class FormSheet(TypedDict):
    """A form-js schema with what it shows."""

    schema: dict[str, Any]
    data: dict[str, Any]
    draft: bool


class Me(TypedDict):
    login: str
    name: str
    roles: list[str]
    teams: list[str]
    rights: list[str]
    locale: str
    timezone: str


class Marked(TypedDict):
    marked: int


class Problem(TypedDict, total=False):
    """RFC 9457, with crmflow's code, the fix, and findings or fields where there are any."""

    type: str
    title: str
    status: int
    detail: str
    code: Annotated[str, Field(pattern=r"^CRM-\d{3}$")]
    fix: str
    findings: list[dict[str, Any]]
    fields: dict[str, list[str]]
