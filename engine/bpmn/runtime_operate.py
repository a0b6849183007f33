"""What operators do to a running instance: go to an element, take one away, change data, skip what failed.

Nothing of this follows a drawn path, so it is told in history by what it cancels and opens, and in the audit by
whoever asked for it. A scope that is left empty ends with its activity; an instance never does by this way.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from engine import feel
from engine.bpmn.runtime_run import Held
from engine.bpmn.runtime_vars import MISSING, stored
from engine.bpmn.specs.base import READY, WAITING, Node, ScopeSpec, Token
from engine.bpmn.specs.events import Boundary
from engine.bpmn.specs.scopes import CallActivity, Listener, SubProcess, begin
from engine.domain.errors import Conflict, Invalid

_JOINS = frozenset({"parallelGateway", "inclusiveGateway", "complexGateway"})


class Operated(Held):
    """The operator's part of a run."""

    def at(self) -> dict[str, list[int]]:
        """Where tokens are: element id → keys of the outermost tokens there."""
        found: dict[str, list[int]] = {}
        for token in self.instance.tokens.values():
            if token.live and not token.armed and token.host is None:
                found.setdefault(token.task_spec.origin, []).append(token.id)
        return found

    def go(self, to: str | None, leave: str | None = None, *, everything: bool = False) -> None:
        """Take away the tokens at ``leave`` (or everything that is open), and put one at ``to``.

        Raises ``Invalid`` CRM-031 … CRM-034 for a place where no token can be put or taken away, ``Conflict`` CRM-208
        when nothing is at ``leave``, CRM-209 when nothing would be left.
        """
        node = None if to is None else target(self.process, to)
        path = () if node is None else tuple(_path(self.process, node.scope_spec))
        with feel.at(self._clock):
            if everything:
                self._clear(self.instance, path)
            elif leave is not None:
                self._leave(leave)
            if node is not None:
                self.machine.spawn(self._scope(node.scope_spec), node)
            self._prune()
            if self.instance.live == 0:
                raise Conflict(
                    "CRM-209",
                    f"Nothing else is running: without '{leave}' the instance would wait for nothing.",
                    fix="Cancel the instance, or say where it shall go on.",
                )
            self.machine.drain()

    def begin_at(self, element: str) -> None:
        """A new instance's first token, anywhere."""
        node = target(self.process, element)
        with feel.at(self._clock):
            begin(self.instance, (), self.machine)
            self.machine.spawn(self._scope(node.scope_spec), node)
            self.machine.drain()

    def change(self, values: Mapping[str, Any], *, whole: bool = False) -> None:
        """Set variables of the process (``whole``: and forget all others); conditions are looked at again."""
        data = {} if whole else dict(self.instance.data)
        before = self.instance.data
        self.instance.data = {**data, **{name: stored(value, name) for name, value in values.items()}}
        for name in values:
            self.machine.note(self.instance.data, name, before.get(name, MISSING))
        self.look_again(outside=False)

    def look_again(self, *, outside: bool = True) -> None:
        """What conditions read may have changed (``outside``: records as well): look at them."""
        self.machine.outside = outside
        self.machine.forget_records()
        self.machine.changed = True
        with feel.at(self._clock):
            self.machine.drain()

    def skip(self, key: int, result: Mapping[str, Any] | None = None) -> None:
        """Go on past the failed element ``key`` as if it had given this result."""
        token = self._open(key, "fault")
        self.machine.report.close(token)
        inner = token.internal_data
        inner["done"] = 1
        if result:
            inner["result"] = {**inner.get("result", {}), **stored(dict(result), "result")}
        token._set_state(READY)
        self.machine.ready.append(token)
        with feel.at(self._clock):
            self.machine.drain()

    def drop_timer(self, key: int) -> None:
        """A timer at an activity's edge is not wanted any more; one that the flow waits for is taken as fired."""
        token = self._open(key, "timer")
        if token.armed:
            self.machine.cancel(token)
            return
        self._event(token, {})

    # --- how --------------------------------------------------------------------------------------

    def _leave(self, element: str) -> None:
        tokens = [t for t in self.instance.tokens.values() if t.live and not t.armed and t.task_spec.origin == element]
        if not tokens:
            raise Conflict(
                "CRM-208", f"Nothing is at '{element}' now.", fix="Reload: somebody else or a timer was first."
            )
        for token in tokens:
            self.machine.cancel(self._outer(token))

    def _outer(self, token: Token) -> Token:
        """A run of a loop, or an event behind a gateway, goes with what it hangs on."""
        while token.host is not None and (host := self.instance.tokens.get(token.host)) is not None:
            token = host
        return token

    def _clear(self, scope: Any, path: tuple[ScopeSpec, ...]) -> None:
        for token in list(scope.tasks.values()):
            if not token.live or token.armed or token.host is not None:
                continue
            inner = self.instance.subprocesses.get(token.id)
            if inner is not None and inner.spec in path:
                self._clear(inner, path)
            else:
                self.machine.cancel(token)

    def _prune(self) -> None:
        """End the activities of scopes in which nothing is left, inner ones first."""
        for scope in reversed(list(self.instance.subprocesses.values())):
            if scope.live == 0 and not scope.spec.adhoc and self.instance.subprocesses.get(scope.host.id) is scope:
                _ensure_last(scope, self.instance.subprocesses.values())
                self.machine.cancel(self._outer(scope.host))

    def _scope(self, spec: ScopeSpec) -> Any:
        """The running scope of a spec; where there is none, its activity is opened (and those around it)."""
        if spec is self.process.scope:
            return self.instance
        running = [scope for scope in self.instance.subprocesses.values() if scope.spec is spec]
        if len(running) == 1:
            return running[0]
        around = next(_holders(self.process, spec), None)
        if running or around is None or around.loop is not None or around.by_event:
            raise Invalid(
                "CRM-034",
                f"'{spec.title or spec.name}' runs several times or only by an event; it is not clear where to go in.",
                fix="Go to the activity itself.",
            )
        parent = self._scope(around.scope_spec)
        host = self.machine.spawn(parent, around)
        self.machine.ready.remove(host)
        self.machine.read_inputs(host)
        host._set_state(WAITING)
        scope = self.machine.instance.new_scope(host, spec, called=isinstance(around, CallActivity))
        if isinstance(around, CallActivity):
            base = self.instance.base
            given = self.machine.view(host).raw() if around.all_in else dict(host.data)
            scope.data.update({name: stored(value, name) for name, value in given.items() if name not in base})
        begin(scope, (), self.machine)
        for boundary in around.boundaries:
            boundary.arm(host, self.machine)
        return scope


def _ensure_last(scope: Any, scopes: Iterable[Any]) -> None:
    """A run of a loop ends with the whole loop: not while others of its runs are at work elsewhere in it."""
    loop = scope.host.host
    if loop is None:
        return
    for other in scopes:
        if other is not scope and other.host.host == loop and other.live:
            named = scope.spec.title or scope.spec.name
            raise Invalid(
                "CRM-034",
                f"'{named}' runs several times; taking this away would end its other runs, too.",
                fix=f"Take away '{named}' itself, with all its runs, or complete the task.",
            )


def target(process: Any, element: str) -> Node:
    """The node where a token for ``element`` is put. Raises ``Invalid`` CRM-031, CRM-032, CRM-033."""
    nodes: list[Node] = [
        node for spec in _specs(process) for node in spec.task_specs.values() if getattr(node, "origin", "") == element
    ]
    if not nodes:
        raise Invalid("CRM-031", f"There is no element '{element}' in this flow.", fix="Choose one of the diagram.")
    outer = [node for node in nodes if node.loop is None and not isinstance(node, Listener)]
    node = next((n for n in outer if n.name == element), outer[0] if outer else nodes[0])
    if isinstance(node, Boundary | Listener) or node.by_event or node not in outer:
        raise Invalid(
            "CRM-032",
            f"'{node.title or element}' only begins by its event.",
            fix="Go to the element that follows it, or send the event.",
        )
    if any(n.kind in _JOINS and len(n.incoming) > 1 for n in outer):
        raise Invalid(
            "CRM-033",
            f"'{node.title or element}' waits for several ways; one token would wait there for ever.",
            fix="Go to the element after it.",
        )
    return node


def entered(process: Any, node: Node) -> bool:
    """Whether the model says how to come to a node; a process that an expression names is only called by it."""
    path = list(_path(process, node.scope_spec))
    return not path or next(_holders(process, path[-1]), None) is not None


def _specs(process: Any) -> Iterator[ScopeSpec]:
    todo = [process.scope, *(spec for spec in process.scopes.values() if spec is not process.scope)]
    while todo:
        spec = todo.pop(0)
        yield spec
        todo.extend(spec.children.values())


def _holders(process: Any, spec: ScopeSpec) -> Iterator[Any]:
    """The activities whose scope this spec is."""
    for around in _specs(process):
        for node in around.task_specs.values():
            called = process.scopes.get(node.called.constant or "") if isinstance(node, CallActivity) else None
            if called is spec or (isinstance(node, SubProcess) and node.inner is spec):
                yield node


def _path(process: Any, spec: ScopeSpec) -> Iterator[ScopeSpec]:
    """The spec and those around it."""
    seen: set[int] = set()
    while spec is not process.scope and id(spec) not in seen:
        seen.add(id(spec))
        yield spec
        around = next(_holders(process, spec), None)
        if around is None:
            return
        spec = around.scope_spec
