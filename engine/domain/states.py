"""States of the things that live, and the table of legal transitions (WfMC terms)."""

from __future__ import annotations

from enum import StrEnum


class InstanceState(StrEnum):
    ACTIVE = "active"
    SUSPENDED = "suspended"  # stands still until it is resumed: nobody works it, no timer of it fires
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    TERMINATED = "terminated"  # ended by a terminate end event or an uncaught BPMN error


class TaskState(StrEnum):
    """State of an open task row. Closed tasks leave the table; their end is in ``activity``."""

    OPEN = "open"  # candidates may claim it
    CLAIMED = "claimed"  # has an assignee


class ActivityState(StrEnum):
    """How a run of an element ended (a row of ``activity``)."""

    COMPLETED = "completed"
    CANCELLED = "cancelled"  # by a boundary event, a terminate, a cancel
    FAILED = "failed"  # ended by a BPMN error


class JobState(StrEnum):
    READY = "ready"  # may be claimed at ``due_at``
    LEASED = "leased"  # a worker holds it until ``lease_until``
    HELD = "held"  # its instance is suspended
    INCIDENT = "incident"  # out of retries; waits for a person


class BulkState(StrEnum):
    RUNNING = "running"
    CANCELLED = "cancelled"  # what was not begun is left alone
    DONE = "done"


class DefinitionState(StrEnum):
    DEPLOYED = "deployed"  # designers may try it
    PUBLISHED = "published"  # people may start it
    RETIRED = "retired"  # running instances go on; nobody starts it


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


#: Legal transitions; anything else is a ``Conflict`` CRM-201.
INSTANCE_MOVES: dict[InstanceState, frozenset[InstanceState]] = {
    InstanceState.ACTIVE: frozenset(
        {
            InstanceState.ACTIVE,
            InstanceState.SUSPENDED,
            InstanceState.COMPLETED,
            InstanceState.CANCELLED,
            InstanceState.TERMINATED,
        }
    ),
    InstanceState.SUSPENDED: frozenset({InstanceState.ACTIVE, InstanceState.SUSPENDED, InstanceState.CANCELLED}),
    InstanceState.COMPLETED: frozenset(),
    InstanceState.CANCELLED: frozenset(),
    InstanceState.TERMINATED: frozenset(),
}
