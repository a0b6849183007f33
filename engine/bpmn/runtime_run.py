"""One command on one instance, from waking it to the ``Step``: what all commands share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from engine import feel
from engine.bpmn import codec, compact
from engine.bpmn.process import Process
from engine.bpmn.runtime_flow import Instance
from engine.bpmn.runtime_machine import Machine
from engine.bpmn.runtime_vars import stored
from engine.bpmn.specs.base import ERROR, LIVE, Node, Token
from engine.bpmn.specs.scopes import begin
from engine.domain.clock import FixedClock
from engine.domain.errors import Conflict
from engine.domain.states import InstanceState
from engine.domain.values import ServiceCall, Step


class Held:
    """An instance in hand, at one moment of time."""

    def __init__(self, runtime: Any, process: Process, instance: Instance, now: datetime) -> None:
        self.process = process
        self.instance = instance
        self.machine = Machine(runtime, process, instance, now)
        self._clock = FixedClock(now)  # FEEL's now() and today() are the command's

    def begin(self, nodes: Sequence[Node], *, begun: bool, beside: Sequence[Node] = ()) -> None:
        """Put the first tokens; used by ``Runtime.start``. ``beside`` are events that wait from the start."""
        machine = self.machine
        with feel.at(self._clock):
            for node in nodes:
                token = machine.spawn(self.instance, node)
                if begun and node.kind != "startEvent":
                    token.internal_data["done"] = 1  # the message it waits for has started the instance
            for node in beside:
                machine.spawn(self.instance, node)
            begin(self.instance, (), machine)
            if not self.instance.spec.task_specs:
                machine.close_scope(self.instance)  # nothing is drawn in it
            machine.drain()

    @property
    def pending(self) -> tuple[ServiceCall, ...]:
        """Calls opened in this run and not yet finished."""
        return tuple(self.machine.report.opened["call"].values())

    def scope(self, key: int | None = None) -> Mapping[str, Any]:
        """The variables a token sees (top scope without ``key``), records resolved."""
        token = None if key is None else self.instance.tokens.get(key)
        return self.machine.view_of(self.instance) if token is None else self.machine.view(token)

    def finish(self) -> Step:
        """Compact, write the state, and return everything that happened. The run is over then."""
        machine, instance = self.machine, self.instance
        over = machine.status is not InstanceState.ACTIVE
        if machine.runtime.compact_above:
            compact.drop_finished(instance)
        state = None if over else codec.dump(instance)
        return machine.report.step(state, machine.status, dict(instance.data))

    def _open(self, key: int, *kinds: str) -> Token:
        token = self.instance.tokens.get(key)
        if token is None or not token.state & LIVE or token.internal_data.get("open") not in kinds:
            raise Conflict(
                "CRM-260",
                f"Step {key} does not wait for this any more.",
                fix="Reload: somebody else, a timer or a cancellation was first.",
                key=key,
            )
        if token.state == ERROR and "fault" not in kinds:
            raise Conflict("CRM-260", f"Step {key} has failed and waits for a retry.", fix="Retry it first.", key=key)
        return token

    def _go(self, token: Token, result: Mapping[str, Any]) -> None:
        self.machine.forget_records()
        with feel.at(self._clock):
            self.machine.resume(token, result)
            self.machine.drain()

    def _event(self, token: Token, payload: Mapping[str, Any]) -> None:
        with feel.at(self._clock):
            self.machine.step(token, lambda: self.machine.fire(token, stored(dict(payload), "payload")))
            self.machine.drain()
