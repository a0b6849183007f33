"""Multi-instance activities and standard loops: an outer token that hosts one token per run of the body."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.bpmn.codec_values import no_yields, opened, sealed, set_yield, yields
from engine.bpmn.runtime_vars import stored
from engine.bpmn.specs.base import Node, ScopeSpec, Token
from engine.bpmn.specs.expr import Expr
from engine.bpmn.specs.tasks import Activity
from engine.bpmn.specs.triggers import Trigger
from engine.domain.errors import RunError
from engine.domain.states import ActivityState

if TYPE_CHECKING:
    from engine.bpmn.runtime_machine import Machine

_MOST = 100_000
#: Readings of BPMN differ: does an event that a loop throws at its own boundary (``behavior`` None, One, Complex)
#: interrupt the loop when the boundary is drawn as interrupting, which is the default of the attribute? Here it
#: does not: the loop's behaviour says when it ends (as the betsy suite reads it).
BEHAVIOR_INTERRUPTS = False


class Loop(Activity):
    """The outer side of a looping activity. State of its token: ``loop`` = [total, begun, done]."""

    hosts = True
    sequential = True
    items: Expr | None = None  # input collection
    item: str | None = None  # name of the input element
    count: Expr | None = None  # loop cardinality
    output: str | None = None  # name of the output collection
    output_item: Expr | None = None
    until: Expr | None = None  # completion condition
    again: Expr | None = None  # standard loop: goes on while true
    test_before = False
    behavior = "All"
    #: what a finished run throws at the boundary: (condition or None, trigger)
    throws: tuple[tuple[Expr | None, Trigger], ...] = ()

    def __init__(self, spec: ScopeSpec, id: str, kind: str, title: str, body: Node) -> None:
        super().__init__(spec, id, kind, title)
        self.body = body
        body.loop = self
        self.drawn = False  # each run of the body is a line of history
        self.local: str | None = None  # the variable that the output element reads, kept to each run
        self.standard = False
        self.maximum: int | None = None

    def work(self, token: Token, machine: Machine) -> bool:
        inner = token.internal_data
        if self.standard and "loop" in inner:  # a fault between two runs is being retried
            if self._more(token, machine):
                self._begin(token, machine, inner["loop"][1], None)
                return False
            return True
        if self.standard:
            inner["loop"] = [None, 0, 0]
            if self.test_before and not self._more(token, machine):
                return self._none(token, machine)
            self._begin(token, machine, 0, None)
            return False
        items = self._items(token, machine)
        inner["loop"] = [len(items), 0, 0]
        if self.output:
            inner["out"] = no_yields(len(items))
        if not items:
            return self._none(token, machine)
        if self.sequential:
            inner["items"] = [sealed(stored(item, "items")) for item in items]
            self._begin(token, machine, 0, items[0])
        else:
            for index, item in enumerate(items):
                self._begin(token, machine, index, item)
        return False

    def collect(self, child: Token, machine: Machine) -> None:
        """After a run's result is written: what it yields, and whether that is enough."""
        inner = child.internal_data
        if self.output_item is not None:
            inner["yield"] = stored(self.output_item.value(machine.view(child)), self.output or "output")
        if self.until is not None or self.throws:
            host = machine.instance.tokens[child.host]  # type: ignore[index]
            total, begun, done = host.internal_data["loop"]
            counts = {
                "numberOfInstances": total,
                "numberOfActiveInstances": begun - done - 1,
                "numberOfCompletedInstances": done + 1,
                "numberOfTerminatedInstances": 0,
            }
            view = machine.view(child, counts)
            inner["enough"] = self.until is not None and self.until.value(view) is True
            if self.behavior != "One" or done == 0:
                due = [n for n, (when, _) in enumerate(self.throws) if when is None or when.value(view) is True]
                inner["throws"] = due

    def child_done(self, token: Token, child: Token, machine: Machine) -> None:
        if not token.live:
            return
        inner = token.internal_data
        index = child.internal_data["index"]
        if "out" in inner and "yield" in child.internal_data:
            set_yield(inner["out"], index, child.internal_data["yield"])
        inner["loop"][2] += 1
        total, begun, done = inner["loop"]
        for n in child.internal_data.get("throws", ()):
            self._announce(token, self.throws[n][1], machine)
            if not token.live:
                return
        if child.internal_data.get("enough") or done == total:
            self._finish(token, machine)
        elif self.standard:
            machine.step(token, lambda: self._next(token, machine))
        elif self.sequential:
            self._begin(token, machine, begun, opened(inner["items"][begun]))

    def _announce(self, token: Token, trigger: Trigger, machine: Machine) -> None:
        """Throw an event at the loop's own boundary; where none catches it, into the instance."""
        for boundary in self.boundaries:
            if boundary.trigger.says(trigger) and not boundary.together:  # one of several is told as all are
                boundary.told_of(token, machine, interrupts=BEHAVIOR_INTERRUPTS)
                return
        trigger.throw(token, machine)

    def _next(self, token: Token, machine: Machine) -> None:
        if self._more(token, machine):
            self._begin(token, machine, token.internal_data["loop"][1], None)
        else:
            self._finish(token, machine)

    def _more(self, token: Token, machine: Machine) -> bool:
        begun = token.internal_data["loop"][1]
        if self.maximum is not None and begun >= self.maximum:
            return False
        counter = {"loopCounter": begun + 1}
        return self.again is None or self.again.value(machine.view(token, counter)) is True

    def _begin(self, token: Token, machine: Machine, index: int, item: Any) -> None:
        child = machine.spawn(token.workflow, self.body, host=token)
        given: dict[str, Any] = {**token.data, "loopCounter": index + 1}
        if self.item:
            given[self.item] = stored(item, self.item)
        if self.local and self.local not in given:
            given[self.local] = None
        child.internal_data["given"] = given
        child.internal_data["index"] = index
        child.detail = {"loop": index + 1}
        token.internal_data["loop"][1] += 1

    def _none(self, token: Token, machine: Machine) -> bool:
        token.detail = {"instances": 0}
        machine.report.done(token, machine.now, ActivityState.COMPLETED)
        self._result(token)
        return True

    def _finish(self, token: Token, machine: Machine) -> None:
        machine.release(token)
        self._result(token)
        machine.resume(token)

    def _result(self, token: Token) -> None:
        if self.output:
            token.internal_data["result"] = {self.output: yields(token.internal_data.pop("out"))}

    def _items(self, token: Token, machine: Machine) -> list[Any]:
        view = machine.view(token)
        if self.items is not None:
            value = self.items.value(view)
            if isinstance(value, list | tuple) and len(value) <= _MOST:
                return list(value)
            expr, want = self.items, "a list"
        else:
            assert self.count is not None
            value = self.count.value(view)
            number = int(value) if isinstance(value, str) and value.isdigit() else value
            if not isinstance(number, bool | str | None) and 0 <= number <= _MOST and number == int(number):
                return [None] * int(number)
            expr, want = self.count, "a whole number"
        raise RunError(
            "CRM-621",
            f"'{expr.text}' of '{self.title or self.origin}' gives {type(value).__name__}, not {want} up to {_MOST}.",
            fix="Set the variable it reads before this activity.",
        )
