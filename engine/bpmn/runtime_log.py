"""What one run did, gathered into a ``Step``: what opened and closed, and the history of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from engine.bpmn.specs.base import Token
from engine.domain.states import ActivityState, InstanceState
from engine.domain.values import (
    ActivityDone,
    Fault,
    MessageThrown,
    ServiceCall,
    Step,
    SubscriptionSet,
    TaskOpened,
    TimerSet,
)

#: What a token may have open outside the state; the name is kept with the token as ``internal_data["open"]``.
KINDS = ("task", "timer", "wait", "call", "fault")


class Report:
    """Collects the run's effects. What opened and closed within the run leaves no trace but history."""

    def __init__(self, first_key: int) -> None:
        self.first_key = first_key
        self.opened: dict[str, dict[int, Any]] = {kind: {} for kind in KINDS}
        self.gone: dict[str, list[int]] = {kind: [] for kind in KINDS}
        self.messages: list[MessageThrown] = []
        self.history: list[ActivityDone] = []
        self.error: tuple[str, str] | None = None

    def open(self, token: Token, kind: str, value: Any) -> None:
        """Something is waited for outside: a task, timer, subscription, call or a fault's retry."""
        self.opened[kind][token.id] = value
        token.internal_data["open"] = kind

    def close(self, token: Token) -> None:
        """What the token had open is no longer wanted."""
        kind = token.internal_data.pop("open", None)
        if kind is None:
            return
        if self.opened[kind].pop(token.id, None) is None:
            self.gone[kind].append(token.id)

    def done(self, token: Token, now: datetime, state: ActivityState = ActivityState.COMPLETED) -> None:
        """A drawn element has run."""
        node = token.task_spec
        self.history.append(
            ActivityDone(
                element_id=node.origin,
                name=node.title,
                kind=node.kind,
                state=state,
                started_at=token.since or now,
                ended_at=now,
                scope=token.workflow.path,
                key=token.id,
                detail=_detail(token),
                definition_key=node.scope_spec.process,
            )
        )

    def step(self, state: bytes | None, status: InstanceState, variables: Mapping[str, Any]) -> Step:
        """Everything as one value."""
        opened, gone = self.opened, self.gone
        tasks: dict[int, TaskOpened] = opened["task"]
        timers: dict[int, TimerSet] = opened["timer"]
        waits: dict[int, SubscriptionSet] = opened["wait"]
        calls: dict[int, ServiceCall] = opened["call"]
        faults: dict[int, Fault] = opened["fault"]
        return Step(
            state=state,
            status=status,
            opened=tuple(tasks.values()),
            closed=tuple(gone["task"]),
            timers=tuple(timers.values()),
            timers_gone=tuple(gone["timer"]),
            subscriptions=tuple(waits.values()),
            subscriptions_gone=tuple(gone["wait"]),
            calls=tuple(calls.values()),
            calls_gone=tuple(gone["call"]),
            messages=tuple(self.messages),
            faults=tuple(faults.values()),
            faults_gone=tuple(gone["fault"]),
            history=tuple(self.history),
            variables=variables,
            error=self.error,
        )


def _detail(token: Token) -> dict[str, Any] | None:
    """What a step says of itself, and of which item of the multi-instance activities around it it is ("2", "2/1").

    An item done after another one is no second try of the same work; one more round of a standard loop is.
    """
    items: list[str] = []
    at: Token | None = token
    while at is not None:
        index = at.internal_data.get("index")
        if index is not None and not at.task_spec.loop.standard:
            items.append(str(index + 1))
        at = at.workflow.host
    return {**(token.detail or {}), "item": "/".join(reversed(items))} if items else token.detail
