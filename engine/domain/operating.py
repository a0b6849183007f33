"""Commands, questions and rows of operating running cases: one instance, or a thousand by a filter.

All of them need the right ``instance.operate`` (retrying: ``incident.retry``; cancelling: ``instance.cancel``) and a
reason, which is kept in the audit trail.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from engine.domain.access import Actor
from engine.domain.commands import Command
from engine.domain.questions import Question
from engine.domain.states import BulkState, InstanceState
from engine.domain.values import InstanceRow, Page, Started

# --- one instance ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SuspendInstance(Command[InstanceRow]):
    """Let it stand still: tasks cannot be worked, timers and jobs are held, messages wait.

    Raises ``Conflict`` CRM-201 unless it is active.
    """

    instance_id: str
    by: Actor
    reason: str
    revision: int | None = None


@dataclass(frozen=True, slots=True)
class ResumeInstance(Command[InstanceRow]):
    """Let it go on: what fell due meanwhile fires now, messages that waited are delivered."""

    instance_id: str
    by: Actor
    reason: str = ""
    revision: int | None = None


@dataclass(frozen=True, slots=True)
class MoveInstance(Command[InstanceRow]):
    """Go to an element (``to``), leaving ``leave`` or (``everything``) all that is open; without ``to``: take away.

    ``data``: "now" keeps the variables, "then" puts back those of the time when ``to`` was last begun.
    Raises CRM-031 … CRM-034 for a place no token can go, CRM-208 when nothing is at ``leave``, CRM-209 when nothing
    would be left, CRM-408 when history does not know ``to``.
    """

    instance_id: str
    by: Actor
    reason: str
    to: str | None = None
    leave: str | None = None
    everything: bool = False
    data: str = "now"
    revision: int | None = None


@dataclass(frozen=True, slots=True)
class EditData(Command[InstanceRow]):
    """Change variables of the process. ``types`` (text, number, boolean, date, date-time, time, duration, json) may
    be left out: then the type a variable has is kept. Raises ``BadForm`` CRM-212 variable by variable.
    """

    instance_id: str
    by: Actor
    reason: str
    values: Mapping[str, Any] = field(default_factory=dict)
    types: Mapping[str, str] = field(default_factory=dict)
    remove: tuple[str, ...] = ()
    revision: int | None = None


@dataclass(frozen=True, slots=True)
class UndoEdit(Command[InstanceRow]):
    """Put back what one change of data has changed (``Edit.id``), each value with the type it had.

    Raises ``NotFound`` CRM-430 for no change by hand, ``Conflict`` CRM-217 when a variable was changed since.
    """

    instance_id: str
    by: Actor
    edit_id: int
    reason: str = "undo"


@dataclass(frozen=True, slots=True)
class RestartInstance(Command[Started]):
    """A new instance of the same version, begun at ``element`` with the data of the time it was last begun there.

    ``data``: "then", "now" (the last data there was) or "none". Raises CRM-031 … CRM-034, CRM-408.
    The same request with the same ``idempotency_key`` answers the instance it began before.
    """

    instance_id: str
    by: Actor
    reason: str
    element: str
    data: str = "then"
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True)
class SkipIncident(Command[InstanceRow]):
    """Go on past the failed element as if it had given ``result``. Raises ``NotFound`` CRM-404."""

    incident_id: str
    by: Actor
    reason: str
    result: Mapping[str, Any] = field(default_factory=dict)


# --- many ------------------------------------------------------------------------------------------

#: What can be done to many: action → what its items are.
ACTIONS: Mapping[str, str] = {
    "suspend": "instance",
    "resume": "instance",
    "cancel": "instance",
    "move": "instance",
    "data": "instance",
    "restart": "instance",
    "retry": "incident",
    "skip": "incident",
}


@dataclass(frozen=True, slots=True)
class Chosen:
    """A filter over instances, or over the incidents of these instances. None and "" = any."""

    definition_key: str | None = None
    version: int | None = None
    state: InstanceState | None = None
    business_key: str | None = None
    search: str = ""
    element: str | None = None  # something is open (or an incident is) at this element
    incidents: bool = False  # only instances with incidents
    code: str | None = None  # incidents with this code
    kind: str | None = None  # incidents of this kind
    started_before: datetime | None = None
    started_after: datetime | None = None
    ids: tuple[str, ...] = ()  # these instances (or incidents), and no others


@dataclass(frozen=True, slots=True)
class Operation:
    """What shall be done to each of the chosen; ``params`` are the fields of the command for one."""

    action: str
    chosen: Chosen = Chosen()
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Effect:
    """What an operation would do to one item: tried out and taken back."""

    target: str
    label: str  # business key or id
    instance_id: str | None
    before: str  # the instance's state
    after: str
    ends: tuple[str, ...] = ()  # names of tasks that would end
    opens: tuple[str, ...] = ()  # names of tasks that would open
    code: str | None = None  # why it would fail
    message: str = ""


@dataclass(frozen=True, slots=True)
class Preview:
    total: int
    effects: tuple[Effect, ...]  # of the first ones


@dataclass(frozen=True, slots=True)
class PreviewOperation(Command[Preview]):
    """Try an operation on the first ``limit`` of the chosen and take everything back. Nothing is kept.

    Raises ``Invalid`` CRM-036 for an action or a parameter that is none.
    """

    operation: Operation
    by: Actor
    limit: int = 20


@dataclass(frozen=True, slots=True)
class BulkRow:
    """An operation on many, and how far it is."""

    id: str
    action: str
    state: BulkState
    reason: str
    by: str
    started_at: datetime
    ended_at: datetime | None
    total: int
    done: int
    failed: int
    cancelled: int
    waiting: int
    params: Mapping[str, Any] = field(default_factory=dict)
    chosen: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BulkItemRow:
    number: int
    target: str
    state: str  # waiting, done, failed, cancelled
    code: str | None
    message: str | None
    made: str | None  # the instance that a restart began
    at: datetime | None
    instance_id: str | None = None
    label: str = ""


@dataclass(frozen=True, slots=True)
class StartBulk(Command[BulkRow]):
    """Note who shall be operated on, now; jobs do it, each item once, whatever crashes.

    Raises ``Invalid`` CRM-036, CRM-037 (no reason), CRM-038 (nothing, or more than 100,000, chosen).
    """

    operation: Operation
    by: Actor
    reason: str
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True)
class CancelBulk(Command[BulkRow]):
    """Leave alone what was not begun yet. Raises ``Conflict`` CRM-222 when it is over."""

    bulk_id: str
    by: Actor


@dataclass(frozen=True, slots=True)
class RunItem(Command[bool]):
    """Do the next item of a bulk operation as the person who asked for it; False when none waits."""

    bulk_id: str
    by: Actor


@dataclass(frozen=True, slots=True)
class CountChosen(Question[int]):
    """How many a filter chooses now."""

    operation: Operation
    by: Actor


@dataclass(frozen=True, slots=True)
class ListBulk(Question[Page[BulkRow]]):
    """Operations on many, newest first."""

    by: Actor
    limit: int = 50
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class GetBulk(Question[BulkRow]):
    bulk_id: str
    by: Actor


@dataclass(frozen=True, slots=True)
class ListBulkItems(Question[Page[BulkItemRow]]):
    bulk_id: str
    by: Actor
    state: str | None = None
    limit: int = 100
    cursor: str | None = None


# --- what failed, by cause -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Cause:
    """Open incidents with one cause: the same code at the same element of the same definition."""

    definition_key: str
    element_id: str
    name: str
    kind: str
    code: str
    message: str  # of the newest one
    count: int
    instances: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class ListCauses(Question[tuple[Cause, ...]]):
    """Open incidents grouped by cause, the largest group first."""

    by: Actor
    definition_key: str | None = None
    limit: int = 200


# --- places --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Place:
    """An element where a token of an instance can be put, or is."""

    element_id: str
    name: str
    kind: str
    here: bool  # something is open there now
    reached: bool  # history knows it, so there is data of that time
    open: bool  # a token can be put there


@dataclass(frozen=True, slots=True)
class ListPlaces(Question[tuple[Place, ...]]):
    """Where an instance can be sent, in the order of the model."""

    instance_id: str
    by: Actor


# --- data over time --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Edit:
    """Variables that changed in one step, as told."""

    at: datetime
    by: str | None
    element_id: str
    name: str
    kind: str  # "dataEdit" where a person changed them
    after: Mapping[str, Any]
    before: Mapping[str, Any] = field(default_factory=dict)
    id: int = 0


@dataclass(frozen=True, slots=True)
class ListEdits(Question[tuple[Edit, ...]]):
    """How the variables of an instance came about, newest first."""

    instance_id: str
    by: Actor
    limit: int = 100
