"""Compensation and cancelled transactions: what was completed is undone, last first, before anything goes on.

A scope logs each completed activity that can be undone as ``[node, locals, inner log]``. A throwing event hosts
the handlers one after the other; an activity with a handler runs that, a sub-process without one is opened again
just to undo what was done in it (by its compensation event sub-process, where it has one).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from engine.bpmn.specs.base import Flow, ScopeSpec, Token
from engine.bpmn.specs.events import EventNode
from engine.bpmn.specs.triggers import Compensate
from engine.domain.states import ActivityState

if TYPE_CHECKING:
    from engine.bpmn.runtime_machine import Machine


class UndoEvent(EventNode):
    """Throws compensation and waits until all handlers are done; with an ``aside``, that node does so instead."""

    hosts = True
    aside: UndoEvent | None = None

    def work(self, token: Token, machine: Machine) -> bool:
        inner = token.internal_data
        if "undo" not in inner:
            scope = _home(token)
            ref = self.trigger.ref if isinstance(self.trigger, Compensate) else None
            origins = [scope.spec.node(entry[0]).origin for entry in scope.log]
            chosen = [entry for entry, origin in zip(scope.log, origins, strict=True) if ref in (None, origin)]
            told = [origin for origin in reversed(origins) if ref in (None, origin)]
            scope.log = [entry for entry in scope.log if entry not in chosen]
            token.detail = {"compensated": told}
            if self.aside is not None:
                if chosen:
                    machine.spawn(token.workflow, self.aside).internal_data["undo"] = chosen
                return True
            inner["undo"] = chosen
        return self._next(token, machine)

    def child_done(self, token: Token, child: Token, machine: Machine) -> None:
        if token.live and self._next(token, machine):
            machine.resume(token)

    def _next(self, token: Token, machine: Machine) -> bool:
        waiting = token.internal_data["undo"]
        if not waiting:
            return True
        name, given, log = waiting.pop()
        scope = _home(token)
        node = scope.spec.node(name)
        child = machine.spawn(scope, node.undo or node, host=token)
        if given:
            child.internal_data["given"] = given
        if node.undo is None:
            child.internal_data["again"] = log
        return False


class CancelEnd(UndoEvent):
    """Cancels the transaction it is in: stops it, undoes it, and goes on at its cancel boundary event."""

    def work(self, token: Token, machine: Machine) -> bool:
        for other in list(token.workflow.tasks.values()):
            if other is not token and other.host != token.id:
                machine.cancel(other)
        return super().work(token, machine)

    def choose(self, token: Token, machine: Machine) -> Sequence[Flow]:
        activity = token.workflow.host
        boundary = next(b for b in activity.task_spec.boundaries if b.trigger.kind == "cancel")
        machine.report.done(token, machine.now)  # it goes with its scope, so its history comes first
        boundary.catch(activity, machine, {"code": "", "message": ""}, ActivityState.CANCELLED)
        return ()


def unwaited(node: UndoEvent) -> UndoEvent:
    """Let the event go on at once: an undrawn one beside it has the handlers done."""
    aside = UndoEvent(node.scope_spec, f"{node.name}#aside", node.kind, node.title, node.trigger)
    aside.drawn, aside.origin = False, node.origin
    node.aside = aside
    return node


def hidden(spec: ScopeSpec) -> UndoEvent:
    """The undrawn event that undoes a sub-process which is over."""
    node = UndoEvent(spec, f"{spec.name}#undo", "intermediateThrowEvent", "", Compensate())
    node.drawn = False
    return node


def _home(token: Token) -> Any:
    """The scope whose log is meant: that of the token, or the one around its event sub-process."""
    scope = token.workflow
    while scope.host is not None and scope.host.task_spec.by_event:
        scope = scope.host.workflow
    return scope
