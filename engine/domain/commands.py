"""Every command of crmflow as a frozen value. ``engine.app.Engine.do(command)`` runs one in one transaction.

A command is generic in its answer, so ``engine.do(ClaimTask(...))`` is typed. ``by`` is who acts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from engine.domain.access import Actor
from engine.domain.values import (
    DefinitionRow,
    Deployment,
    FileIn,
    InstanceRow,
    MessageSent,
    PrincipalRow,
    RecordRow,
    Started,
    TaskDone,
    TaskRow,
)

R = TypeVar("R", covariant=True)


@dataclass(frozen=True, slots=True)
class Command(Generic[R]):
    """Base of all commands."""


# --- definitions -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Deploy(Command[Deployment]):
    """Deploy BPMN, DMN and form files together. Same content = no-op. Raises ``Refused`` with all findings."""

    files: tuple[FileIn, ...]
    by: Actor
    publish: bool = False  # publish every definition too (needs owner, goal, KPI)


@dataclass(frozen=True, slots=True)
class Publish(Command[DefinitionRow]):
    """Let people start a definition (the newest version unless one is named)."""

    key: str
    by: Actor
    version: int | None = None


# --- instances -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StartInstance(Command[Started]):
    """Start the published version of ``key`` (or a named version: designers try unpublished ones).

    A start decision (the definition's crmflow:variants) may choose a variant; the choice is stored.
    Values of the form {"$record": [kind, id]} become record references.
    """

    key: str
    by: Actor
    variables: Mapping[str, Any] = field(default_factory=dict)
    business_key: str | None = None
    version: int | None = None
    idempotency_key: str | None = None
    parent_id: str | None = None
    validate_form: bool = False  # True: ``variables`` is the start form's data


@dataclass(frozen=True, slots=True)
class CancelInstance(Command[InstanceRow]):
    instance_id: str
    by: Actor
    reason: str
    revision: int | None = None


# --- tasks -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ClaimTask(Command[TaskRow]):
    task_id: str
    by: Actor
    revision: int | None = None


@dataclass(frozen=True, slots=True)
class ReleaseTask(Command[TaskRow]):
    """Give a claimed task back to its candidates."""

    task_id: str
    by: Actor
    revision: int | None = None


@dataclass(frozen=True, slots=True)
class ReassignTask(Command[TaskRow]):
    """Give a task to a user, or (``to`` = "team:KEY") back to a team's queue."""

    task_id: str
    to: str
    by: Actor
    reason: str = ""
    revision: int | None = None


@dataclass(frozen=True, slots=True)
class CompleteTask(Command[TaskDone]):
    """Finish a human task and run its instance to the next wait. ``data`` is the form's data, validated."""

    task_id: str
    by: Actor
    data: Mapping[str, Any] = field(default_factory=dict)
    revision: int | None = None
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True)
class SaveDraft(Command[None]):
    """Keep what was typed. Empty data removes the draft."""

    task_id: str
    by: Actor
    data: Mapping[str, Any] = field(default_factory=dict)


# --- messages, jobs, timers ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SendMessage(Command[MessageSent]):
    """Correlate a message with one waiting instance, or start one, or buffer it for ``ttl``."""

    name: str
    by: Actor
    correlation_key: str = ""
    payload: Mapping[str, Any] = field(default_factory=dict)
    ttl: timedelta = timedelta(hours=1)
    idempotency_key: str | None = None
    business_key: str | None = None
    parent_id: str | None = None


@dataclass(frozen=True, slots=True)
class SendSignal(Command[str]):
    """Tell everybody who waits for a signal, once each, and start what begins with it; answers the id of the sending.

    Nobody has to listen: a signal is not kept. Raises ``Invalid`` CRM-016 without a name.
    """

    name: str
    by: Actor
    payload: Mapping[str, Any] = field(default_factory=dict)
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True)
class ClaimDeadlines(Command[tuple["Claimed", ...]]):
    """Lease due deadlines for ``lease``; two workers never get the same one."""

    by: Actor
    limit: int = 20
    lease: timedelta = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class ClaimJobs(Command[tuple["Claimed", ...]]):
    """Lease due jobs for ``lease``; two workers never get the same one."""

    by: Actor
    limit: int = 10
    lease: timedelta = timedelta(minutes=1)
    types: tuple[str, ...] | None = None  # only of these types


@dataclass(frozen=True, slots=True)
class Claimed:
    """A lease: whoever hands in the result shows ``fence``."""

    id: str
    fence: int
    type: str = "timer"
    payload: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PostJob(Command[bool]):
    """Do a claimed job of the engine's own (message, signal, timed start); False if the lease was lost."""

    job_id: str
    fence: int
    by: Actor


@dataclass(frozen=True, slots=True)
class TidyUp(Command[Mapping[str, int]]):
    """Housekeeping: expired messages and old idempotency keys go; what went, by kind."""

    by: Actor


@dataclass(frozen=True, slots=True)
class FireDeadline(Command[bool]):
    """Fire one claimed deadline; False if it had vanished or the lease was lost (both normal)."""

    deadline_id: str
    fence: int
    by: Actor


@dataclass(frozen=True, slots=True)
class FinishJob(Command[bool]):
    """Hand in a job's result; False if it had vanished or the lease was lost."""

    job_id: str
    fence: int
    by: Actor
    result: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FailJob(Command[bool]):
    """Report a job's failure: BPMN error (``error_code``), or back-off, or (no retries left) an incident."""

    job_id: str
    fence: int
    by: Actor
    message: str
    error_code: str | None = None
    final: bool = False
    after: timedelta | None = None  # when to try again; None: our back-off
    left: int | None = None  # attempts that are left after this one; None: as the model says
    variables: Mapping[str, Any] = field(default_factory=dict)  # what a BPMN error hands over


@dataclass(frozen=True, slots=True)
class FailDeadline(Command[bool]):
    """A deadline's firing failed: back off, then an incident."""

    deadline_id: str
    fence: int
    by: Actor
    message: str


@dataclass(frozen=True, slots=True)
class RetryIncident(Command[None]):
    """Try again what failed; the incident is closed, a new failure opens a new one."""

    incident_id: str
    by: Actor
    reason: str = ""


# --- records ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SaveRecord(Command[RecordRow]):
    """Create (no ``id``) or change a record; ``revision`` guards against lost updates."""

    kind: str
    by: Actor
    data: Mapping[str, Any]
    id: str | None = None
    revision: int | None = None
    owner: str | None = None  # a login; None: as it is (a new one: whoever makes it)
    links: Mapping[str, str] = field(default_factory=dict)  # relation → record id
    state: str | None = None  # one of the kind's states; None: as it is
    idempotency_key: str | None = None  # of a new record


@dataclass(frozen=True, slots=True)
class ImportRow:
    """One row read and mapped by the importer."""

    number: int  # 1-based row of the file, header not counted
    data: Mapping[str, Any]
    external_id: str
    problem: str | None = None  # set: quarantine with this reason
    raw: str = ""


@dataclass(frozen=True, slots=True)
class ImportChunk(Command["ImportChunkDone"]):
    """Take in some rows of an import; one transaction, idempotent by (import, row number)."""

    import_id: str
    kind: str
    file: str
    rows: tuple[ImportRow, ...]
    by: Actor
    upto: int  # rows of the file read so far: where a restart goes on
    start: str | None = None  # definition key to start per new record
    finished: bool = False


@dataclass(frozen=True, slots=True)
class ImportChunkDone:
    created: int
    updated: int
    unchanged: int
    quarantined: int
    started: int


@dataclass(frozen=True, slots=True)
class RetryQuarantine(Command["ImportChunkDone"]):
    """Take in rows that an import put aside, as mended; those that still do not fit stay, with the new reason.

    Raises ``NotFound`` CRM-429 for a row that is not there (any more).
    """

    import_id: str
    by: Actor
    rows: tuple[ImportRow, ...]
    start: str | None = None  # definition key to start per new record


# --- people ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AddUser(Command[PrincipalRow]):
    login: str
    by: Actor
    name: str
    email: str | None = None
    password: str | None = field(default=None, repr=False)  # hashed with argon2; never logged
    roles: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    locale: str = "en"
    timezone: str = "UTC"
    manager: str | None = None


@dataclass(frozen=True, slots=True)
class AddTeam(Command[PrincipalRow]):
    key: str
    by: Actor
    name: str
    lead: str | None = None
    parent: str | None = None
    members: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ChangeMembers(Command[PrincipalRow]):
    """Let users and teams belong to a team, or no longer. Raises CRM-411, CRM-314 for a ring of teams."""

    key: str
    by: Actor
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GrantRole(Command[PrincipalRow]):
    login: str
    role: str
    by: Actor
    revoke: bool = False


@dataclass(frozen=True, slots=True)
class ChangeUser(Command[PrincipalRow]):
    """Change name, locale, time zone, password or whether the user is active."""

    login: str
    by: Actor
    name: str | None = None
    email: str | None = None
    password: str | None = field(default=None, repr=False)
    locale: str | None = None
    timezone: str | None = None
    active: bool | None = None


@dataclass(frozen=True, slots=True)
class LogIn(Command[Actor]):
    """Check a password. Raises ``Unauthenticated`` CRM-301; slow by design, rate limited at the edge."""

    login: str
    password: str = field(repr=False)  # must not get into a log by way of a traceback


@dataclass(frozen=True, slots=True)
class IssueToken(Command[str]):
    """Make an API token for ``login``; the answer is shown once, only its digest is stored."""

    login: str
    by: Actor
    label: str = ""
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class RevokeToken(Command[None]):
    token_id: str
    by: Actor


@dataclass(frozen=True, slots=True)
class MarkRead(Command[int]):
    """Mark notifications as read (all of mine when none is named); the number marked."""

    by: Actor
    ids: tuple[str, ...] = ()
