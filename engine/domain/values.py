"""Frozen values that cross the floors: findings, the ``Step`` of the runtime, and rows as people see them.

Web, CLI, API and services exchange these, never database rows. Times are aware UTC ``datetime``s.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar

from engine.domain.states import ActivityState, DefinitionState, InstanceState, JobState, Severity, TaskState
from engine.domain.steps import (
    ActivityDone as ActivityDone,
    Fault as Fault,
    MessageThrown as MessageThrown,
    RecordRef as RecordRef,
    ServiceCall as ServiceCall,
    Step as Step,
    SubscriptionSet as SubscriptionSet,
    TaskOpened as TaskOpened,
    TimerSet as TimerSet,
)

T = TypeVar("T")


# --- models and findings ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing a designer should know about a model, with the way out."""

    code: str  # CRM-1xx
    severity: Severity
    message: str  # what is wrong, in English
    element: str | None = None  # id of the element at fault
    name: str | None = None  # its name, as drawn
    line: int | None = None  # line in the file
    why: str = ""  # why it matters
    fix: str = ""  # how to mend it
    file: str | None = None
    message_zh: str = ""  # the same three in Simplified Chinese
    why_zh: str = ""
    fix_zh: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FileIn:
    """A file handed in for lint or deployment; the kind is told from the content, not the ending."""

    name: str
    content: bytes


# --- rows as people see them -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list; ``next`` is an opaque cursor, ``total`` is capped (see ``more``)."""

    items: tuple[T, ...]
    next: str | None = None
    total: int | None = None  # exact up to 999
    more: bool = False  # True: there are more than ``total``


@dataclass(frozen=True, slots=True)
class DefinitionRow:
    id: str
    key: str  # BPMN process id
    version: int
    name: str
    state: DefinitionState
    hash: str
    deployed_at: datetime
    deployed_by: str
    owner: str | None = None
    goal: str | None = None
    kpi: str | None = None
    kind: str | None = None  # business | management
    stage: str | None = None  # of the main line
    version_tag: str | None = None
    variant_of: str | None = None  # key of the base definition, for a variant
    findings: tuple[Finding, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)  # active, completed, cancelled, incidents
    start_form: str | None = None


@dataclass(frozen=True, slots=True)
class ResourceRow:
    """An immutable DMN model or form, by content."""

    id: str
    kind: str  # dmn, form
    key: str  # decision model id / form id
    version: int
    name: str
    hash: str
    deployed_at: datetime


@dataclass(frozen=True, slots=True)
class Deployment:
    """What a deployment did; ``unchanged`` lists what was already there."""

    definitions: tuple[DefinitionRow, ...]
    resources: tuple[ResourceRow, ...]
    findings: tuple[Finding, ...]
    unchanged: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class InstanceRow:
    id: str
    definition_id: str
    definition_key: str
    definition_name: str
    version: int
    state: InstanceState
    business_key: str | None
    started_at: datetime
    started_by: str
    ended_at: datetime | None = None
    revision: int = 0
    parent_id: str | None = None  # the instance that started this one by message or call
    choice: Mapping[str, Any] | None = None  # why this variant: decision, inputs, rule, reason
    incidents: int = 0
    open_tasks: int = 0
    error: str | None = None


@dataclass(frozen=True, slots=True)
class ElementMark:
    """What the diagram shows at an element."""

    element_id: str
    definition_key: str
    active: int = 0
    completed: int = 0
    incidents: int = 0


@dataclass(frozen=True, slots=True)
class InstanceView:
    """One instance with everything its page shows."""

    row: InstanceRow
    variables: Mapping[str, Any]  # JSON-able; records as {"$record": [kind, id], "name": …}
    marks: tuple[ElementMark, ...]
    tasks: tuple[TaskRow, ...]
    timers: tuple[DeadlineRow, ...]
    incidents: tuple[IncidentRow, ...]
    subscriptions: tuple[SubscriptionRow, ...] = ()
    jobs: tuple[JobRow, ...] = ()
    diagrams: tuple[tuple[str, str], ...] = ()  # (definition id, name): own and called, for the tabs


@dataclass(frozen=True, slots=True)
class TaskRow:
    """A task as the inbox lists it. No instance state is read for this."""

    id: str
    instance_id: str
    element_id: str
    name: str
    state: TaskState
    assignee: str | None
    priority: int
    created_at: datetime
    due_at: datetime | None
    follow_up_at: datetime | None
    definition_id: str
    definition_key: str  # of the process the element is drawn in
    definition_name: str
    business_key: str | None
    candidates: tuple[str, ...] = ()  # user:…, team:…, role:…
    revision: int = 0
    record: RecordRef | None = None
    subject: str | None = None  # the record's name, for the list
    stage: str | None = None
    next_deadline_at: datetime | None = None  # earliest timer on the task: what escalates next
    segment: str | None = None  # of the record
    amount: float | None = None  # of the record; to filter and show by, not to reckon with
    delegated_by: str | None = None  # who gets it back when it is resolved


@dataclass(frozen=True, slots=True)
class TaskView:
    """A task with everything its page shows."""

    row: TaskRow
    form: Mapping[str, Any]  # form-js schema, generated where none was given
    data: Mapping[str, Any]  # what the form shows: variables, record fields, then the draft on top
    draft: bool
    why: Mapping[str, Any] | None  # stored explanation of the assignment
    documentation: str
    instance: InstanceRow
    record: RecordRow | None = None
    may: frozenset[str] = frozenset()  # claim, release, reassign, complete


@dataclass(frozen=True, slots=True)
class TaskDone:
    """Answer to completing a task: the same person's next task in the instance is there at once."""

    instance_id: str
    instance_state: InstanceState
    revision: int
    next_task: TaskRow | None = None
    faults: tuple[Fault, ...] = ()
    repeated: bool = False  # True: the idempotency key was known, nothing was done again


@dataclass(frozen=True, slots=True)
class Started:
    instance_id: str
    definition_id: str
    definition_key: str
    version: int
    state: InstanceState
    revision: int
    tasks: tuple[str, ...] = ()  # ids of the tasks that opened
    choice: Mapping[str, Any] | None = None
    repeated: bool = False  # True: the idempotency key was known, nothing was started


@dataclass(frozen=True, slots=True)
class MessageSent:
    message_id: str
    outcome: str  # correlated, started, buffered, expired, held (the instance is suspended)
    instance_id: str | None = None
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class DeadlineRow:
    """A timer (or, later, an SLA rung)."""

    id: str
    instance_id: str
    element_id: str
    name: str
    due_at: datetime
    kind: str  # timer, rung
    attempts: int = 0
    text: str = ""
    definition_key: str = ""
    business_key: str | None = None
    attached_to: str | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class JobRow:
    id: str
    instance_id: str | None
    element_id: str | None
    name: str
    type: str
    state: JobState
    due_at: datetime
    attempts: int
    retries: int
    error: str | None = None
    definition_key: str = ""


@dataclass(frozen=True, slots=True)
class IncidentRow:
    id: str
    instance_id: str | None
    element_id: str | None
    name: str
    code: str
    message: str
    created_at: datetime
    kind: str  # job, timer, fault
    definition_key: str = ""
    business_key: str | None = None


@dataclass(frozen=True, slots=True)
class SubscriptionRow:
    id: str
    instance_id: str | None
    element_id: str
    message: str
    correlation_key: str
    kind: str = "message"


@dataclass(frozen=True, slots=True)
class ActivityRow:
    """A row of the append-only history, as shown."""

    id: int
    instance_id: str
    element_id: str
    name: str
    kind: str
    state: ActivityState
    started_at: datetime
    ended_at: datetime
    by: str | None = None
    scope: str = ""
    detail: Mapping[str, Any] | None = None
    definition_key: str = ""


@dataclass(frozen=True, slots=True)
class AuditRow:
    """Who did what, when; rows of one instance form a hash chain."""

    id: int
    at: datetime
    by: str
    action: str
    instance_id: str | None = None
    target: str | None = None
    detail: Mapping[str, Any] | None = None


# --- records and people ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RecordRow:
    """A CRM record. ``data`` holds the fields of its kind; money is {"amount": "1.00", "currency": "EUR"}."""

    id: str
    kind: str
    name: str
    data: Mapping[str, Any]
    owner: str | None
    state: str | None
    created_at: datetime
    changed_at: datetime
    revision: int
    external_id: str | None = None
    links: tuple[RecordLink, ...] = ()


@dataclass(frozen=True, slots=True)
class RecordLink:
    relation: str  # e.g. "account", "contact", "referred-by"
    kind: str
    id: str
    name: str
    inbound: bool = False


@dataclass(frozen=True, slots=True)
class PrincipalRow:
    """A user or a team."""

    id: str  # login or team key
    kind: str  # user, team
    name: str
    email: str | None = None
    active: bool = True
    roles: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()  # of a user: member of; of a team: parent teams
    members: tuple[str, ...] = ()  # of a team
    lead: str | None = None  # of a team
    manager: str | None = None
    locale: str = "en"
    timezone: str = "UTC"


@dataclass(frozen=True, slots=True)
class NotificationRow:
    id: str
    to: str
    title: str
    body: str
    created_at: datetime
    read_at: datetime | None = None
    task_id: str | None = None
    instance_id: str | None = None


@dataclass(frozen=True, slots=True)
class ImportReport:
    """Where an import stands. Rows are done once, whatever was interrupted."""

    import_id: str
    file: str
    kind: str
    total: int | None
    done: int
    created: int
    updated: int
    unchanged: int
    quarantined: int
    finished: bool
    started_instances: int = 0
    reasons: Mapping[str, int] = field(default_factory=dict)  # reason → rows
