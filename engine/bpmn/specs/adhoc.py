"""Ad-hoc sub-processes: activities without a drawn order, all at once, one by one, or as they are chosen.

At its beginning the activities named by ``zeebe:adHoc activeElementsCollection`` run, without it all that no flow
leads to. It is done when its completion condition (looked at after each of them) is true; without a condition,
when nothing runs in it any more. With a condition that is not true yet it stays open: people may activate more
(``Run.activate``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.bpmn.specs.base import Node, ScopeSpec, Token
from engine.bpmn.specs.expr import Expr, texts_of
from engine.bpmn.specs.scopes import SubProcess, opened
from engine.domain.errors import RunError

if TYPE_CHECKING:
    from engine.bpmn.runtime_machine import Machine


class AdHocSubProcess(SubProcess):
    """A sub-process whose activities are chosen. ``left`` of its token: those still to come, in order."""

    sequential = False
    until: Expr | None = None
    stops_rest = True  # a true condition cancels what still runs
    chosen: Expr | None = None

    def __init__(self, spec: ScopeSpec, id: str, title: str, inner: ScopeSpec) -> None:
        super().__init__(spec, id, "adHocSubProcess", title, inner)

    def work(self, token: Token, machine: Machine) -> bool:
        if "again" in token.internal_data:
            return super().work(token, machine)
        if self.chosen is None:
            names = [node.name for node in self.inner.starts]
        else:
            names = list(texts_of(self.chosen, machine.view(token), "The active elements"))
        for name in names:
            self._node(name)
        if not names and self.until is None:
            return True
        token.internal_data["left"] = names
        scope = opened(token, self.inner, (), machine)
        self._go_on(token, scope, machine)
        return False

    def activate(self, token: Token, element: str, machine: Machine) -> None:
        """Run one of its activities (once more), now or when its turn comes. Raises CRM-622 for others."""
        node = self._node(element)
        scope = machine.instance.subprocesses[token.id]
        if self.sequential and scope.live:
            token.internal_data["left"].append(node.name)
        else:
            machine.spawn(scope, node)

    def element_done(self, token: Token, scope: Any, machine: Machine) -> None:
        """A path in it has ended: is that enough?"""
        if self.until is None or self.until.value(machine.view(token)) is not True:
            return
        token.internal_data["left"] = []
        if self.stops_rest or scope.live == 0:
            for other in list(scope.tasks.values()):
                machine.cancel(other)
            super().scope_done(token, scope, machine)

    def scope_done(self, token: Token, scope: Any, machine: Machine) -> None:
        if "again" in token.internal_data:
            super().scope_done(token, scope, machine)
        elif not self._go_on(token, scope, machine):
            machine.step(token, lambda: self._rest(token, scope, machine))

    def _rest(self, token: Token, scope: Any, machine: Machine) -> None:
        if self.until is None or self.until.value(machine.view(token)) is True:
            for other in list(scope.tasks.values()):
                machine.cancel(other)
            super().scope_done(token, scope, machine)

    def _go_on(self, token: Token, scope: Any, machine: Machine) -> bool:
        left = token.internal_data["left"]
        now = left[:1] if self.sequential else list(left)
        del left[: len(now)]
        for name in now:
            machine.spawn(scope, self._node(name))
        return bool(now)

    def _node(self, element: str) -> Node:
        node = self.inner.node(element)
        if node is None or node not in self.inner.starts:
            known = ", ".join(start.name for start in self.inner.starts)
            raise RunError(
                "CRM-622", f"'{self.title or self.origin}' has no activity '{element}'.", fix=f"Choose: {known}."
            )
        return node
