"""The ``Step`` of the runtime and its parts: what one command did to one instance.

``engine.bpmn`` makes them, ``engine.store.apply`` alone writes them. Times are aware UTC ``datetime``s.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from engine.domain.states import ActivityState, InstanceState


@dataclass(frozen=True, slots=True)
class RecordRef:
    """A variable that stands for a CRM record; FEEL sees the record's present fields."""

    kind: str  # lead, account, …
    id: str


@dataclass(frozen=True, slots=True)
class TaskOpened:
    """A human task the run came to. ``key`` is unique within the instance for ever."""

    key: int
    element_id: str
    name: str
    kind: str  # user, manual
    scope: str = ""  # path of enclosing sub-processes/call activities, "/"-joined element ids, "" at top
    assignee: str | None = None  # login, evaluated
    candidate_users: tuple[str, ...] = ()
    candidate_groups: tuple[str, ...] = ()  # team keys (or "role:manager")
    lane: str | None = None
    due_at: datetime | None = None
    follow_up_at: datetime | None = None
    priority: int = 50  # 0..100
    form_key: str | None = None  # id of the pinned form; None = generated
    definition_key: str = ""  # process the element is drawn in (differs inside a call activity)
    record: RecordRef | None = None  # crmflow:record, what the task is about
    assignment: Mapping[str, Any] | None = None  # crmflow:assignment, evaluated parameters
    stage: str | None = None
    documentation: str = ""


@dataclass(frozen=True, slots=True)
class TimerSet:
    """A timer the run waits for."""

    key: int
    element_id: str
    name: str
    due_at: datetime
    scope: str = ""
    attached_to: str | None = None  # element id of the activity, for boundary timers
    text: str = ""  # the definition as drawn, for explanations


@dataclass(frozen=True, slots=True)
class SubscriptionSet:
    """A message (or signal) the run waits for."""

    key: int
    element_id: str
    name: str  # of the message
    kind: str = "message"  # message, signal
    correlation_key: str = ""  # evaluated; "" = none
    scope: str = ""


@dataclass(frozen=True, slots=True)
class ServiceCall:
    """Work of a service or send task. Transactional connectors run at once, the others as a job."""

    key: int
    element_id: str
    name: str
    type: str  # zeebe:taskDefinition type, e.g. "crmflow:record.create", "http", "mail"
    input: Mapping[str, Any]  # evaluated input mappings (plain JSON-able values; RecordRef allowed)
    headers: Mapping[str, str] = field(default_factory=dict)
    retries: int = 3
    scope: str = ""
    definition_key: str = ""
    secrets: tuple[str, ...] = ()  # those that the task itself names; data of a case opens none


@dataclass(frozen=True, slots=True)
class MessageThrown:
    """A message thrown by a throw event or end event (and by send tasks without a task definition)."""

    element_id: str
    name: str
    correlation_key: str = ""
    payload: Mapping[str, Any] = field(default_factory=dict)
    kind: str = "message"  # message, signal (a signal has already reached its own instance)
    until: datetime | None = None  # how long it waits for somebody to wait for it; None: as long as is usual


@dataclass(frozen=True, slots=True)
class Fault:
    """Something failed inside the run; the token waits at the element until a person retries."""

    key: int
    element_id: str
    name: str
    code: str
    message: str
    scope: str = ""


@dataclass(frozen=True, slots=True)
class ActivityDone:
    """One run of an element has ended: a row of history."""

    element_id: str
    name: str
    kind: str  # BPMN local name: userTask, exclusiveGateway, …
    state: ActivityState
    started_at: datetime
    ended_at: datetime
    scope: str = ""
    key: int = 0
    detail: Mapping[str, Any] | None = None  # why: decision trace, flow taken, timer text …
    definition_key: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """What one command did to one instance. Only ``store.apply`` writes it."""

    state: bytes | None  # codec bytes; None when the instance is over
    status: InstanceState
    opened: tuple[TaskOpened, ...] = ()
    closed: tuple[int, ...] = ()  # keys of human tasks that are no longer open
    timers: tuple[TimerSet, ...] = ()
    timers_gone: tuple[int, ...] = ()
    subscriptions: tuple[SubscriptionSet, ...] = ()
    subscriptions_gone: tuple[int, ...] = ()
    calls: tuple[ServiceCall, ...] = ()  # still to be done, as jobs
    calls_gone: tuple[int, ...] = ()  # jobs no longer wanted (cancelled) or done
    messages: tuple[MessageThrown, ...] = ()
    faults: tuple[Fault, ...] = ()
    faults_gone: tuple[int, ...] = ()
    history: tuple[ActivityDone, ...] = ()
    variables: Mapping[str, Any] = field(default_factory=dict)  # of the top scope, after the step
    error: tuple[str, str] | None = None  # (code, message) of an uncaught BPMN error that ended it
