"""One timeline of a record over all the flows that work on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine.domain.access import Actor, Right
from engine.domain.questions import GetHistory, ListInstances
from engine.domain.values import InstanceRow, RecordRow

#: Kinds of steps people recognise; gateways and plain events would only be noise here.
TOLD = frozenset(
    {"userTask", "manualTask", "businessRuleTask", "serviceTask", "sendTask", "receiveTask", "callActivity"}
)
NEWEST = 4  # instances whose steps are told; bounds the number of statements


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to a record."""

    at: datetime
    what: str  # created, started, ended, step
    title: str
    by: str | None = None
    instance_id: str | None = None
    flow: str = ""


def of_record(
    record: RecordRow, actor: Actor, ask: Callable[[Any], Any]
) -> tuple[tuple[InstanceRow, ...], list[Event]]:
    """The instances that work on a record, and everything that happened, newest first."""
    events = [Event(record.created_at, "created", record.name)]
    if Right.INSTANCE_READ not in actor.rights:
        return (), events
    flows = ask(ListInstances(by=actor, record_id=record.id, limit=20)).items
    for row in flows:
        events.append(Event(row.started_at, "started", row.definition_name, row.started_by, row.id))
        if row.ended_at:
            events.append(Event(row.ended_at, row.state.value, row.definition_name, None, row.id))
    for row in flows[:NEWEST]:
        for step in ask(GetHistory(row.id, actor, limit=100)).items:
            if step.kind in TOLD:
                events.append(Event(step.ended_at, "step", step.name, step.by, row.id, row.definition_name))
    events.sort(key=lambda event: event.at, reverse=True)
    return flows, events
