"""Gateways: exclusive, parallel, inclusive, complex, event-based. Joins count waiting tokens per incoming flow.

A firing join consumes the oldest token of each flow; what is left over waits for the next firing. The
inclusive join follows BPMN 2.0, table 13.3: it fires when no token outside can still reach an empty incoming
flow without also being able to reach one that already has a token.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from engine.bpmn.specs.base import READY, WAITING, Flow, Node, Token, choose_open, holds, no_way
from engine.bpmn.specs.expr import Expr

if TYPE_CHECKING:
    from engine.bpmn.runtime_machine import Machine


class ExclusiveGateway(Node):
    """Takes the first flow whose condition holds, else the default; merges without waiting."""

    def choose(self, token: Token, machine: Machine) -> Sequence[Flow]:
        if len(self.out) == 1 and self.out[0].condition is None:
            return self.out
        for flow in self.out:
            if flow is not self.default and (flow.condition is None or holds(flow, token, machine)):
                return self._take(flow, token)
        if self.default is not None:
            return self._take(self.default, token)
        if not self.out:
            return ()
        raise no_way(self, token, machine)

    def _take(self, flow: Flow, token: Token) -> Sequence[Flow]:
        token.detail = {"taken": [flow.told()]}
        if flow is self.default:
            token.detail["default"] = True
        return (flow,)


class ParallelGateway(Node):
    """Waits for one token on each incoming flow; starts all outgoing flows whatever they say."""

    def work(self, token: Token, machine: Machine) -> bool:
        if len(self.incoming) < 2:
            return True
        oldest = waiting_at(self, token)
        oldest[token.flow] = token
        if len(oldest) < len(self.incoming):
            token._set_state(WAITING)
            return False
        consume(oldest, token, machine)
        return True

    def choose(self, token: Token, machine: Machine) -> Sequence[Flow]:
        return self.out


class Upstream(Mapping[str, frozenset[str]]):
    """Per incoming flow of a join: names of the nodes from which it can be reached without passing the join.

    Worked out when first asked for, as most joins of a large model are never waited at; the answer is always the
    same, so it does no harm when two threads work it out at once.
    """

    def __init__(self, join: Node, before: Mapping[str, Sequence[Node]]) -> None:
        self._join = join
        self._sources = {flow.id: flow.source for flow in join.incoming}
        self._before = before  # name of a node → the nodes before it, those with the boundary events included
        self._found: dict[str, frozenset[str]] = {}

    def __getitem__(self, flow: str) -> frozenset[str]:
        found = self._found.get(flow)
        if found is None:
            seen: set[str] = set()
            todo = [self._sources[flow]]
            while todo:
                node = todo.pop()
                if node.name not in seen and node is not self._join:
                    seen.add(node.name)
                    todo.extend(self._before.get(node.name, ()))
            found = self._found[flow] = frozenset(seen)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._sources)

    def __len__(self) -> int:
        return len(self._sources)


class InclusiveGateway(Node):
    """Takes every flow whose condition holds; joins the tokens that can still come."""

    def __init__(self, spec: object, id: str, kind: str, title: str = "") -> None:
        super().__init__(spec, id, kind, title)  # type: ignore[arg-type]
        self.upstream: Mapping[str, frozenset[str]] = {}

    def work(self, token: Token, machine: Machine) -> bool:
        if len(self.incoming) < 2:
            return True
        token._set_state(WAITING)
        return False

    def join(self, token: Token, machine: Machine) -> bool:
        """Fire if nothing more can come; called when no token is ready. True when it fired."""
        here = waiting_at(self, token)
        if self.may_come({flow for flow in self.upstream if flow not in here}, set(here), token):
            return False
        consume(here, token, machine)
        token.internal_data["done"] = 1
        token._set_state(READY)
        machine.ready.append(token)
        return True

    def may_come(self, empty: Collection[str], full: Collection[str | None], token: Token) -> bool:
        """Whether a token elsewhere in the scope can reach one of the empty flows but none of the full ones."""
        for other in dict.values(token.workflow.tasks):  # what sleeps hangs on another
            if not other.live or other.armed or other.host is not None or other.task_spec is self:
                continue
            name = other.task_spec.name
            if any(name in self.upstream[flow] for flow in empty) and not any(
                name in self.upstream[flow] for flow in full if flow is not None
            ):
                return True
        return False

    def choose(self, token: Token, machine: Machine) -> Sequence[Flow]:
        if self.default is None and all(flow.condition is None for flow in self.out):
            return self.out
        return choose_open(self, token, machine)


class ComplexGateway(InclusiveGateway):
    """Fires when its activation condition (over ``activationCount``) holds, then takes in the tokens that belong
    to the same round until none of them can come any more. Splits like an inclusive gateway.

    Without a condition it waits for all. The round's memory is an armed token with the flows that have come.
    """

    activation: Expr | None = None

    def work(self, token: Token, machine: Machine) -> bool:
        if len(self.incoming) < 2:
            return True
        memory = self._memory(token)
        if memory is not None and token.flow not in memory.internal_data["came"]:
            memory.internal_data["came"].append(token.flow)
            if len(memory.internal_data["came"]) == len(self.incoming):
                machine.cancel(memory)
            token.internal_data["late"] = 1
            return True
        token._set_state(WAITING)
        return memory is None and self._fire(token, machine)

    def choose(self, token: Token, machine: Machine) -> Sequence[Flow]:
        if "late" in token.internal_data:
            return ()
        return super().choose(token, machine)

    def join(self, token: Token, machine: Machine) -> bool:
        """Nothing moves any more: end a round whose other tokens cannot come, and look at what waits."""
        memory = self._memory(token)
        if memory is not None:
            came = memory.internal_data["came"]
            if self.may_come({f for f in self.upstream if f not in came}, set(), token):
                return False
            machine.cancel(memory)
        if token.armed or not self._fire(token, machine):
            return memory is not None
        token.internal_data["done"] = 1
        token._set_state(READY)
        machine.ready.append(token)
        return True

    def _memory(self, token: Token) -> Token | None:
        here = token.workflow.tasks.values()
        return next((t for t in here if t.task_spec is self and t.armed and t.live), None)

    def _fire(self, token: Token, machine: Machine) -> bool:
        here = waiting_at(self, token)
        if self.activation is None:
            enough = len(here) == len(self.incoming)
        else:
            view = machine.view(token, {"activationCount": len(here)})
            enough = self.activation.value(view) is True
        if not enough:
            return False
        consume(here, token, machine)
        if len(here) < len(self.incoming):
            memory = machine.spawn(token.workflow, self, armed=True)
            memory.internal_data["came"] = list(here)
        return True


class EventGateway(Node):
    """Waits for the first of the events behind it; the others are given up.

    ``together``: one that starts the process by its first event and waits for all of them (BPMN 2.0, 10.6.6).
    """

    hosts = True
    waits = True
    together = False

    def work(self, token: Token, machine: Machine) -> bool:
        if self.together:
            return True  # started by hand: all of its events are awaited, none decides
        for flow in self.out:
            child = machine.spawn(token.workflow, flow.target, flow.id, host=token)
            child.armed = True
        return False

    def decided(self, token: Token, child: Token, machine: Machine) -> Token:
        """One of the events has come; returns the token that goes on from it."""
        goes = machine.instance.new_token(token.workflow, child.task_spec, WAITING)
        goes.flow, goes.since, goes.detail = child.flow, child.since, child.detail
        token.workflow.live += 1
        token.chosen = ()
        token.detail = {"event": child.task_spec.origin}
        token._set_state(READY)
        token.complete()
        return goes


def waiting_at(node: Node, token: Token) -> dict[str | None, Token]:
    """The oldest waiting token per flow at a join, in this token's scope."""
    oldest: dict[str | None, Token] = {}
    for other in dict.values(token.workflow.tasks):
        if other.task_spec is node and other.state == WAITING and not other.armed:
            oldest.setdefault(other.flow, other)
    return oldest


def consume(tokens: dict[str | None, Token], fires: Token, machine: Machine) -> None:
    """The join takes these tokens in; only the firing one goes on."""
    for token in tokens.values():
        if token is not fires:
            machine.swallow(token)
            if token.since < fires.since:
                fires.since = token.since
