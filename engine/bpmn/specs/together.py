"""All of several triggers at one event (``parallelMultiple``): each is noted when it comes, the last lets it happen.

Each trigger has a node and a token of its own. What has come listens no more until the event has happened; then, if
the event does not interrupt and each of its triggers can come again, all of them listen anew.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from engine.bpmn.specs.base import Token
from engine.bpmn.specs.triggers import TimerTrigger, Trigger

if TYPE_CHECKING:
    from engine.bpmn.runtime_machine import Machine

#: Triggers that can be waited for together; an error or a cancellation takes the activity away when it comes.
PATIENT = frozenset({"timer", "message", "signal", "conditional"})
#: Marks of a token by which others find what it waits for.
_LISTENS = ("signal", "condition", "fresh")


def noted(token: Token, machine: Machine, told: Any, payload: dict[str, Any]) -> None:
    """The token's trigger has come: it listens no more, and keeps what was said."""
    machine.report.close(token)
    for name in _LISTENS:
        token.internal_data.pop(name, None)
    token.internal_data["came"] = [told, payload]


def all_said(tokens: list[Token], count: int) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """What history tells and what all triggers brought, once each of them has come."""
    if len(tokens) < count or any("came" not in token.internal_data for token in tokens):
        return None
    told: dict[str, Any] = {}
    brought: dict[str, Any] = {}
    for token in tokens:
        detail, payload = token.internal_data["came"]
        told.update(detail or {})
        brought.update(payload)
    return told, brought


def anew(tokens: list[Token], machine: Machine, listen: Callable[[Any, list[Any] | None], None]) -> None:
    """The event has happened and does not interrupt: listen to all of its triggers again, where each can come."""
    rounds = [(token.task_spec, _round(token)) for token in tokens]
    again = all(_comes_again(node.trigger) or round is not None for node, round in rounds)
    for token in tokens:
        machine.cancel(token)
    for node, round in rounds if again else ():
        listen(node, round)


def _comes_again(trigger: Trigger) -> bool:
    return trigger.repeats or trigger.kind == "conditional"


def _round(token: Token) -> list[Any] | None:
    trigger = token.task_spec.trigger
    return trigger.next_round(token) if isinstance(trigger, TimerTrigger) else None
