"""Every question of crmflow as a frozen value. ``engine.app.Engine.ask(question)`` answers it read-only.

Questions check rights like commands do: what a person may not see is not in the answer, or is ``NotFound``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from engine.domain.access import Actor
from engine.domain.filters import Wanted
from engine.domain.states import DefinitionState, InstanceState
from engine.domain.values import (
    ActivityRow,
    AuditRow,
    DeadlineRow,
    DefinitionRow,
    ElementMark,
    FileIn,
    Finding,
    ImportReport,
    IncidentRow,
    InstanceRow,
    InstanceView,
    JobRow,
    NotificationRow,
    Page,
    PrincipalRow,
    RecordRow,
    TaskRow,
    TaskView,
)

R = TypeVar("R", covariant=True)


@dataclass(frozen=True, slots=True)
class Question(Generic[R]):
    """Base of all questions."""


# --- who -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ActorNamed(Question[Actor]):
    """The active user with this login (1 statement). Raises ``Unauthenticated`` CRM-302 if gone or inactive."""

    login: str


@dataclass(frozen=True, slots=True)
class ActorOfToken(Question[Actor]):
    """The user an API token stands for (1 statement). Raises ``Unauthenticated`` CRM-303."""

    token: str


@dataclass(frozen=True, slots=True)
class ListPeople(Question[Page[PrincipalRow]]):
    by: Actor
    kind: str | None = None  # user, team
    search: str = ""
    limit: int = 50
    cursor: str | None = None


# --- models ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LintFiles(Question[tuple[Finding, ...]]):
    """All findings of the files taken together with what is deployed; nothing is stored."""

    files: tuple[FileIn, ...]
    by: Actor


@dataclass(frozen=True, slots=True)
class ListDefinitions(Question[Page[DefinitionRow]]):
    """Newest version of each key, or all versions of one key; with counts."""

    by: Actor
    key: str | None = None
    state: DefinitionState | None = None
    startable: bool = False  # published ones this person may start
    limit: int = 50
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class FlowNames(Question[Mapping[str, str]]):
    """What flows are called: key → name of the newest version, in the reader's language. For pages."""

    by: Actor


@dataclass(frozen=True, slots=True)
class GetDefinition(Question[DefinitionRow]):
    definition_id: str
    by: Actor


@dataclass(frozen=True, slots=True)
class GetModel(Question[bytes]):
    """The BPMN XML of a definition, as deployed."""

    definition_id: str
    by: Actor


@dataclass(frozen=True, slots=True)
class GetDrawing(Question[bytes]):
    """The BPMN XML to draw: laid out where the model came without a diagram, named in the reader's language."""

    definition_id: str
    by: Actor


@dataclass(frozen=True, slots=True)
class GetHeat(Question[tuple[ElementMark, ...]]):
    """Per element of one version: tokens at work, runs completed, incidents, over all its instances."""

    definition_id: str
    by: Actor


@dataclass(frozen=True, slots=True)
class GetStartForm(Question[Mapping[str, Any]]):
    """form-js schema to start a definition with (generated where the model names none)."""

    definition_id: str
    by: Actor


# --- work ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ListTasks(Question[Page[TaskRow]]):
    """The inbox. ``box``: mine, teams (claimable), all (managers). Due first, then priority, then age."""

    by: Actor
    box: str = "mine"
    instance_id: str | None = None
    definition_key: str | None = None
    search: str = ""  # name, business key, subject
    due_before: datetime | None = None
    limit: int = 50
    cursor: str | None = None
    wanted: Wanted | None = None  # conditions and order beyond these; its box holds


@dataclass(frozen=True, slots=True)
class CountTasks(Question[Mapping[str, int]]):
    """Counts per box and of the overdue: {"mine", "teams", "all", "overdue" …}; one statement, capped at 1000."""

    by: Actor


@dataclass(frozen=True, slots=True)
class CountFilters(Question[tuple[int, ...]]):
    """How many tasks each filter shows this person: one statement, exact to 999, 1000 = more."""

    by: Actor
    filters: tuple[Wanted, ...]


@dataclass(frozen=True, slots=True)
class TasksNamed(Question[tuple[TaskRow, ...]]):
    """Open tasks by id, those this person may see, in the order asked for; at most 500. One statement."""

    by: Actor
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GetTask(Question[TaskView]):
    task_id: str
    by: Actor


@dataclass(frozen=True, slots=True)
class ListInstances(Question[Page[InstanceRow]]):
    by: Actor
    definition_key: str | None = None
    state: InstanceState | None = None
    business_key: str | None = None
    record_id: str | None = None  # instances that work on this record
    search: str = ""
    limit: int = 50
    cursor: str | None = None
    version: int | None = None
    element: str | None = None  # something is open, or an incident is, at this element
    incidents: bool = False  # only those with incidents
    started_before: datetime | None = None
    started_after: datetime | None = None


@dataclass(frozen=True, slots=True)
class GetInstance(Question[InstanceView]):
    instance_id: str
    by: Actor


@dataclass(frozen=True, slots=True)
class GetHistory(Question[Page[ActivityRow]]):
    instance_id: str
    by: Actor
    limit: int = 200
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class GetAudit(Question[Page[AuditRow]]):
    by: Actor
    instance_id: str | None = None
    limit: int = 100
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class ListTimers(Question[Page[DeadlineRow]]):
    by: Actor
    instance_id: str | None = None
    limit: int = 50
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class ListJobs(Question[Page[JobRow]]):
    by: Actor
    instance_id: str | None = None
    limit: int = 50
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class ListIncidents(Question[Page[IncidentRow]]):
    by: Actor
    instance_id: str | None = None
    limit: int = 50
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class ListNotifications(Question[Page[NotificationRow]]):
    by: Actor
    unread: bool = False
    limit: int = 30
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class CheckHealth(Question[tuple[Finding, ...]]):
    """Whether every open step of every active instance is a task, deadline, job, subscription or incident.

    Reads every active state: for administrators and after a crash, not for pages.
    """

    by: Actor


# --- records ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RecordKinds(Question[tuple[Mapping[str, Any], ...]]):
    """The kinds of records the packs declare: [{key, name, name_zh, icon, states, fields: […]}]."""

    by: Actor


@dataclass(frozen=True, slots=True)
class ListRecords(Question[Page[RecordRow]]):
    by: Actor
    kind: str | None = None
    search: str = ""
    state: str | None = None
    owner: str | None = None
    linked_to: str | None = None  # record id
    limit: int = 50
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class GetRecord(Question[RecordRow]):
    """One record with its links."""

    record_id: str
    by: Actor


@dataclass(frozen=True, slots=True)
class GetImport(Question[ImportReport]):
    import_id: str
    by: Actor


@dataclass(frozen=True, slots=True)
class ListQuarantine(Question[Page[Mapping[str, Any]]]):
    """Rows an import put aside: {row, reason, raw}."""

    import_id: str
    by: Actor
    limit: int = 100
    cursor: str | None = None
