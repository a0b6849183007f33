"""Sub-processes, called processes and event sub-processes: activities with a scope of their own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from engine.bpmn.runtime_sleep import awake
from engine.bpmn.runtime_vars import stored
from engine.bpmn.specs.base import Flow, Node, ScopeSpec, Token, own
from engine.bpmn.specs.events import EventNode, take
from engine.bpmn.specs.expr import Expr, text_of
from engine.bpmn.specs.tasks import Activity
from engine.bpmn.specs.together import all_said, anew, noted
from engine.bpmn.specs.triggers import TimerTrigger, Trigger
from engine.domain.errors import RunError
from engine.domain.states import ActivityState

if TYPE_CHECKING:
    from engine.bpmn.runtime_machine import Machine

_DEEPEST = 40  # levels of sub-processes and calls


def begin(scope: Any, starts: tuple[Node, ...], machine: Machine) -> None:
    """Put tokens at the start nodes and arm the scope's event sub-processes."""
    for node in starts:
        machine.spawn(scope, node)
    for listener in scope.spec.listeners:
        listener.listen(scope, machine)


def opened(token: Token, spec: ScopeSpec, starts: tuple[Node, ...], machine: Machine) -> Any:
    """A sub-process begins; its event sub-processes listen from now on."""
    scope = machine.instance.new_scope(token, spec, called=False)
    begin(scope, starts, machine)
    return scope


class SubProcess(Activity):
    """An embedded sub-process: sees the variables around it, is done when no token is left in it."""

    def __init__(self, spec: ScopeSpec, id: str, kind: str, title: str, inner: ScopeSpec) -> None:
        super().__init__(spec, id, kind, title)
        self.inner = inner

    def work(self, token: Token, machine: Machine) -> bool:
        if (log := token.internal_data.get("again")) is not None:  # opened only to be undone
            scope = machine.instance.new_scope(token, self.inner, called=False)
            scope.log = log
            machine.spawn(scope, self.inner.undo)
        elif not self.inner.starts:
            return True  # nothing is drawn in it
        else:
            opened(token, self.inner, self.inner.starts, machine)
        return False

    def choose(self, token: Token, machine: Machine) -> Sequence[Flow]:
        return () if "again" in token.internal_data else super().choose(token, machine)

    def scope_done(self, token: Token, scope: Any, machine: Machine) -> None:
        if scope.log and "again" not in token.internal_data:
            token.internal_data["log"] = scope.log
        forget(token, scope, machine)
        machine.resume(token)


class EventSubProcess(SubProcess):
    """A sub-process that its listener starts; the event's payload arrives at its start event."""

    by_event = True

    def work(self, token: Token, machine: Machine) -> bool:
        scope = opened(token, self.inner, self.inner.starts, machine)
        given = token.internal_data.pop("event", None)
        if given:
            for start in scope.tasks.values():
                if not start.armed:
                    start.detail, start.internal_data["result"] = given
        return False


class Listener(EventNode):
    """The start event of an event sub-process, as it listens in the scope around it."""

    def __init__(self, spec: ScopeSpec, id: str, title: str, trigger: Trigger, interrupting: bool) -> None:
        super().__init__(spec, id, "startEvent", title, trigger)
        self.drawn = False  # the sub-process's own start event tells history
        self.interrupting = interrupting
        self.sub: EventSubProcess

    def listen(self, scope: Any, machine: Machine, round: list[Any] | None = None, *, held: bool = False) -> None:
        """Wait for the trigger as long as the scope lives; ``held``: as for a boundary event."""
        if self.trigger.kind in ("error", "escalation", "compensate"):
            return
        token = machine.spawn(scope, self, armed=True)
        if round is not None:
            token.internal_data["round"] = round
        self.trigger.arm(token, token, machine)
        if held and "condition" in token.internal_data:
            token.internal_data["condition"] = 1

    def fired(self, token: Token, machine: Machine, payload: dict[str, Any]) -> None:
        scope = token.workflow
        if self.together:
            noted(token, machine, self.trigger.told(token), payload)
            self._all_came(scope, machine)
            return
        self._launch(scope, machine, self.trigger.told(token), payload, ActivityState.CANCELLED)
        if not self.interrupting and not self.trigger.repeats and self.trigger.kind != "conditional":
            machine.cancel(token)
            if isinstance(self.trigger, TimerTrigger) and (again := self.trigger.next_round(token)):
                self.listen(scope, machine, again)

    def _all_came(self, scope: Any, machine: Machine) -> None:
        """Start the event sub-process once each of its triggers has come."""
        tokens = [t for t in awake(scope.tasks) if t.live and t.task_spec in self.together]
        said = all_said(tokens, len(self.together))
        if said is None:
            return
        self._launch(scope, machine, *said, ActivityState.CANCELLED)
        if not self.interrupting:
            anew(tokens, machine, lambda node, round: node.listen(scope, machine, round, held=True))

    def catch(self, scope: Any, machine: Machine, given: dict[str, Any], state: ActivityState) -> None:
        """An error or escalation from inside the scope."""
        told = {self.trigger.kind: given["code"], "message": str(given.get("message") or "")}
        probe = machine.instance.new_token(scope, self, 0)
        take(probe, self.trigger, given)
        del scope.tasks[probe.id], machine.instance.tokens[probe.id]
        self._launch(scope, machine, told, probe.internal_data["result"], state)

    def check(self, token: Token, machine: Machine) -> None:
        """A conditional event looks at its condition again."""
        if self.trigger.check(token, token, machine):  # type: ignore[attr-defined]
            self.fired(token, machine, {})

    def _launch(self, scope: Any, machine: Machine, told: Any, payload: Any, state: ActivityState) -> None:
        host = machine.spawn(scope, self.sub)
        host.internal_data["event"] = (told, payload)
        if self.interrupting:
            for other in list(scope.tasks.values()):
                if other is not host:
                    machine.cancel(other, state)


class CallActivity(Activity):
    """Calls another process, which runs inside this instance with variables of its own."""

    def __init__(
        self, spec: ScopeSpec, id: str, title: str, called: Expr, *, all_in: bool = True, all_out: bool = True
    ) -> None:
        super().__init__(spec, id, "callActivity", title)
        self.called = called
        self.all_in = all_in
        self.all_out = all_out

    def work(self, token: Token, machine: Machine) -> bool:
        view = machine.view(token)
        key = text_of(self.called, view, "The called process")
        spec = machine.process.scopes.get(key)
        if spec is None:
            raise RunError(
                "CRM-619",
                f"'{self.title or self.origin}' calls process '{key}', which was not deployed with this definition.",
                fix="Deploy that process first, then this one again.",
            )
        if token.workflow.depth >= _DEEPEST:
            raise RunError(
                "CRM-620", f"Calls are nested more than {_DEEPEST} deep at '{key}'.", fix="End the recursion."
            )
        if not spec.task_specs:
            return True  # nothing is drawn in it
        given = view.raw() if self.all_in else dict(own(token))
        scope = machine.instance.new_scope(token, spec, called=True)
        base = machine.instance.base
        scope.data.update({name: stored(value, name) for name, value in given.items() if name not in base})
        begin(scope, _called(spec.starts), machine)
        return False

    def scope_done(self, token: Token, scope: Any, machine: Machine) -> None:
        if self.writes:
            result = scope.data
        else:
            # Only what the called process wrote: its copies of our variables may be older than ours.
            written = {name: value for name, value in scope.data.items() if name in scope.written}
            result = written if self.all_out else {}
        forget(token, scope, machine)
        machine.resume(token, result)


def _called(starts: tuple[Node, ...]) -> tuple[Node, ...]:
    """Where a call begins: at the plain start event (10.3.6), else at the first; without start events, everywhere."""
    events = [node for node in starts if node.kind == "startEvent"]
    plain = [node for node in events if getattr(node, "trigger").kind == "none"]  # noqa: B009
    return tuple((plain or events)[:1]) or starts


def forget(token: Token, scope: Any, machine: Machine) -> None:
    """The scope is over: nothing of it is kept."""
    machine.instance.subprocesses.pop(token.id, None)
    for key in scope.tasks:
        machine.instance.tokens.pop(key, None)
