"""Commands, questions and rows about time: calendars, SLA policies, clocks, the wall, why a deadline is so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from engine.domain.access import Actor
from engine.domain.commands import Command
from engine.domain.questions import Question

# --- rows ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CalendarRow:
    """The newest version of a calendar."""

    key: str
    version: int
    content: Mapping[str, Any]
    at: datetime
    by: str
    uses: tuple[tuple[str, str], ...] = ()  # (kind, target) it hangs on
    names: Mapping[str, str] = field(default_factory=dict)  # of the records it hangs on that the reader sees, by id


@dataclass(frozen=True, slots=True)
class PolicyRow:
    """The newest version of an SLA policy."""

    key: str
    version: int
    content: Mapping[str, Any]
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class ClockRow:
    """A clock as lists show it. ``due_at`` is None while it is paused."""

    id: str
    instance_id: str
    task_id: str | None
    name: str
    metric: str
    scope: str
    state: str  # running, paused, met, breached, cancelled
    started_at: datetime
    due_at: datetime | None
    breached_at: datetime | None
    ended_at: datetime | None
    target: str
    calendar: str | None
    policy: str | None
    definition_key: str
    team: str | None = None
    segment: str | None = None
    assignee: str | None = None
    subject: str | None = None
    paused_since: datetime | None = None
    paused_for: str = ""  # the reason
    used: float = 0.0  # share of the target that has passed
    customer: tuple[str, str] | None = None  # (record id, name) of whom the case is about or for


@dataclass(frozen=True, slots=True)
class RungRow:
    """A line of the ladder's log, or one that is still to come."""

    clock_id: str
    rung: str
    state: str  # planned, fired, skipped
    due_at: datetime | None
    fired_at: datetime | None
    did: tuple[Mapping[str, Any], ...] = ()
    name: str = ""
    instance_id: str = ""
    task_id: str | None = None


@dataclass(frozen=True, slots=True)
class Move:
    """What a change would do to one open deadline."""

    clock_id: str
    name: str
    instance_id: str
    before: datetime | None
    after: datetime | None
    before_target: str = ""
    after_target: str = ""


@dataclass(frozen=True, slots=True)
class Preview:
    """What a change would move: ``open`` clocks it concerns, ``looked`` of them were reckoned, ``moves`` differ."""

    open: int
    moves: tuple[Move, ...]
    looked: int = 0  # fewer than ``open``: those due first
    without: int = 0  # open cases that have no clock of the policy and may be promised one (1000 = more than 999)


@dataclass(frozen=True, slots=True)
class DeadlineWhy:
    """The stored explanation of a clock, and what its stored inputs give when they are reckoned again."""

    clock: ClockRow
    why: Mapping[str, Any]
    replayed: datetime | None
    same: bool
    pauses: tuple[Mapping[str, Any], ...] = ()
    rungs: tuple[RungRow, ...] = ()
    changes: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Estimate:
    """When a step will probably be done, from past durations of the same step; says how much it rests on."""

    cases: int
    enough: bool  # False: too few to say anything
    median: timedelta | None = None
    low: timedelta | None = None  # 80 % of cases lie between low and high
    high: timedelta | None = None
    risk: float | None = None  # share of comparable cases that took longer than the time that is left


@dataclass(frozen=True, slots=True)
class Wall:
    """The SLA wall."""

    counts: Mapping[str, int]  # breached, risk, paused, running
    clocks: tuple[ClockRow, ...]
    groups: Mapping[str, Mapping[str, int]]  # by team, flow or segment → state → number
    log: tuple[RungRow, ...]
    customers: tuple[tuple[str, str], ...] = ()  # (record id, name): who can be chosen, by name
    assignees: tuple[str, ...] = ()  # logins that can be chosen
    rows: int = 0  # what ``clocks`` would hold without a limit
    looked: int = 0  # open clocks that were counted: those due first, and paused ones
    open: int = 0  # open clocks in all


# --- commands --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SaveCalendar(Command[CalendarRow]):
    """A new version of a calendar, from a mapping or YAML. Open clocks on it are reckoned anew, with history."""

    key: str
    content: Mapping[str, Any] | str
    by: Actor


@dataclass(frozen=True, slots=True)
class HangCalendar(Command[None]):
    """Hang a calendar on a contract, customer (record ids), team or office; ``calendar`` None takes it off."""

    kind: str
    target: str
    calendar: str | None
    by: Actor


@dataclass(frozen=True, slots=True)
class SavePolicy(Command[PolicyRow]):
    """A new version of a policy; open clocks of it get its targets and its ladder, with history.

    ``content``: name, decision (DMN), targets {metric: duration}, unit, calendar, pausable, ladder [rungs].
    """

    key: str
    content: Mapping[str, Any] | str
    by: Actor


@dataclass(frozen=True, slots=True)
class PauseClocks(Command[int]):
    """A person pauses clocks of a case, with a reason; how many were paused."""

    instance_id: str
    by: Actor
    reason: str
    metrics: tuple[str, ...] = ("*",)


@dataclass(frozen=True, slots=True)
class ResumeClocks(Command[int]):
    """End the pauses that people made; how many clocks tick again."""

    instance_id: str
    by: Actor
    metrics: tuple[str, ...] = ("*",)


@dataclass(frozen=True, slots=True)
class MeetClocks(Command[int]):
    """The customer was answered: the response clocks (only those named) are met."""

    instance_id: str
    by: Actor
    metrics: tuple[str, ...] = ("first_response", "next_response")


@dataclass(frozen=True, slots=True)
class RecomputeClocks(Command[Preview]):
    """Priority, tier or another input changed: reckon the open clocks of a case anew. Idempotent."""

    instance_id: str
    by: Actor
    reason: str = "inputs changed"


# --- questions -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ListCalendars(Question[tuple[CalendarRow, ...]]):
    by: Actor


@dataclass(frozen=True, slots=True)
class ListPolicies(Question[tuple[PolicyRow, ...]]):
    by: Actor


@dataclass(frozen=True, slots=True)
class PreviewCalendar(Question[Preview]):
    """What saving this content would move; nothing is written."""

    key: str
    content: Mapping[str, Any] | str
    by: Actor


@dataclass(frozen=True, slots=True)
class PreviewPolicy(Question[Preview]):
    """What saving this content would move; nothing is written."""

    key: str
    content: Mapping[str, Any] | str
    by: Actor


@dataclass(frozen=True, slots=True)
class Put:
    """What became of one entry of a file of promises."""

    kind: str  # calendar, policy
    key: str
    version: int | None  # None: only tried
    moves: int  # open deadlines


@dataclass(frozen=True, slots=True)
class PutPromises(Command[tuple[Put, ...]]):
    """Save the calendars, then the policies, of the texts of ``*.sla.yaml`` files: all of them or none.

    ``trial``: tried out and taken back. Raises ``Invalid`` CRM-866, CRM-07x, CRM-080.
    """

    files: tuple[bytes, ...]
    by: Actor
    trial: bool = False


@dataclass(frozen=True, slots=True)
class ListClocks(Question[tuple[ClockRow, ...]]):
    """Clocks of a task or a case, open ones first."""

    by: Actor
    task_id: str | None = None
    instance_id: str | None = None


@dataclass(frozen=True, slots=True)
class WhyDeadline(Question[DeadlineWhy]):
    """Why a clock is due when it is; the stored inputs are reckoned again and must give the same."""

    clock_id: str
    by: Actor


@dataclass(frozen=True, slots=True)
class EstimateTask(Question[Estimate]):
    """How long tasks like this one take, and how likely it is late."""

    task_id: str
    by: Actor


@dataclass(frozen=True, slots=True)
class ShowWall(Question[Wall]):
    """Open clocks as a manager sees them; ``by_what``: team, flow or segment.

    ``customer`` and ``assignee`` narrow the whole wall, its numbers too; ``state`` and ``only`` the rows alone.
    """

    by: Actor
    by_what: str = "team"
    only: Mapping[str, str] = field(default_factory=dict)  # state, group
    limit: int = 200
    state: str = ""  # breached, risk, paused, running; as ``only["state"]``
    customer: str = ""  # the customer's record id
    assignee: str = ""  # login; "-": nobody
