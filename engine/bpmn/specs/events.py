"""Events: start, end, throw, catch, boundary, and the start of event sub-processes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.bpmn.runtime_sleep import hanging
from engine.bpmn.specs.base import WAITING, Node, ScopeSpec, Token
from engine.bpmn.specs.together import all_said, anew, noted
from engine.bpmn.specs.triggers import TimerTrigger, Trigger
from engine.domain.states import ActivityState

if TYPE_CHECKING:
    from engine.bpmn.runtime_machine import Machine


class EventNode(Node):
    """A node with a trigger."""

    def __init__(self, spec: ScopeSpec, id: str, kind: str, title: str, trigger: Trigger) -> None:
        super().__init__(spec, id, kind, title)
        self.trigger = trigger
        self.together: tuple[Any, ...] = ()  # the nodes of an event that waits for all of several triggers


class StartEvent(EventNode):
    """Where a scope starts; whoever started it has looked at the trigger."""


class ThrowEvent(EventNode):
    """Sends its trigger out and goes on."""

    def work(self, token: Token, machine: Machine) -> bool:
        self.trigger.throw(token, machine)
        return True


class EndEvent(EventNode):
    """Sends its trigger out; the token ends."""

    def work(self, token: Token, machine: Machine) -> bool:
        if self.trigger.raises:
            # The error takes the token away with its scope, so its history is written first.
            token.detail = self.trigger.told(token)
            machine.report.done(token, machine.now)
        self.trigger.throw(token, machine)
        return True


class CatchEvent(EventNode):
    """Waits for its trigger; behind an event-based gateway its token hangs on the gateway's."""

    waits = True
    told_cancelled = True

    def work(self, token: Token, machine: Machine) -> bool:
        self.trigger.arm(token, token, machine)
        token._set_state(WAITING)
        return False

    def fired(self, token: Token, machine: Machine, payload: dict[str, Any]) -> None:
        token.detail = self.trigger.told(token)
        gateway = machine.instance.tokens.get(token.host) if token.host else None
        if gateway is not None:
            token = gateway.task_spec.decided(gateway, token, machine)
        elif isinstance(self.trigger, TimerTrigger) and (again := self.trigger.next_round(token)):
            # A cycle sends a token on at every round; this one goes, another waits for the next.
            waits = machine.spawn(token.workflow, self, token.flow)
            waits.internal_data["round"] = again
        machine.resume(token, payload)

    def check(self, token: Token, machine: Machine) -> None:
        """A conditional event looks at its condition again."""
        if self.trigger.check(token, token, machine):  # type: ignore[attr-defined]
            self.fired(token, machine, {})


class Boundary(EventNode):
    """An event at the edge of an activity; timers, messages, signals and conditions listen with a token."""

    def __init__(self, spec: ScopeSpec, id: str, title: str, trigger: Trigger, interrupting: bool) -> None:
        super().__init__(spec, id, "boundaryEvent", title, trigger)
        self.interrupting = interrupting

    def arm(self, activity: Token, machine: Machine, round: list[Any] | None = None, *, held: bool = False) -> None:
        """Listen while the activity's token waits; ``held``: a condition that is true now must become so again."""
        if self.trigger.kind in ("error", "escalation", "compensate", "cancel") or "again" in activity.internal_data:
            return
        token = machine.spawn(activity.workflow, self, host=activity, armed=True)
        if round is not None:
            token.internal_data["round"] = round
        self.trigger.arm(token, activity, machine)
        if held and "condition" in token.internal_data:
            token.internal_data["condition"] = 1

    def fired(self, token: Token, machine: Machine, payload: dict[str, Any]) -> None:
        activity = machine.instance.tokens[token.host]  # type: ignore[index]
        told = self.trigger.told(token)
        if self.together:
            noted(token, machine, told, payload)
            self._all_came(activity, machine)
            return
        goes = machine.spawn(token.workflow, self)
        goes.since = token.since
        goes.detail = told
        goes.internal_data["done"] = 1
        if payload:
            goes.internal_data["result"] = payload
        if self.interrupting:
            machine.cancel(activity)
        elif not self.trigger.repeats:
            machine.cancel(token)
            if isinstance(self.trigger, TimerTrigger) and (again := self.trigger.next_round(token)):
                self.arm(activity, machine, again)

    def _all_came(self, activity: Token, machine: Machine) -> None:
        """Go on from the drawn event once each of its triggers has come."""
        tokens = [t for t in hanging(machine.instance.tokens, activity.id) if t.live and t.task_spec in self.together]
        said = all_said(tokens, len(self.together))
        if said is None:
            return
        goes = machine.spawn(activity.workflow, self.together[0])
        goes.since = tokens[0].since
        goes.detail = said[0]
        goes.internal_data["done"] = 1
        if said[1]:
            goes.internal_data["result"] = said[1]
        if self.interrupting:
            machine.cancel(activity)
        else:
            anew(tokens, machine, lambda node, round: node.arm(activity, machine, round, held=True))

    def catch(self, activity: Token, machine: Machine, given: dict[str, Any], state: ActivityState) -> None:
        """An error or escalation from inside the activity."""
        goes = machine.spawn(activity.workflow, self)
        goes.since = activity.since
        goes.internal_data["done"] = 1
        if self.trigger.kind != "cancel":
            goes.detail = {self.trigger.kind: given["code"], "message": str(given.get("message", ""))}
            take(goes, self.trigger, given)
        if self.interrupting:
            machine.cancel(activity, state)

    def told_of(self, activity: Token, machine: Machine, *, interrupts: bool) -> None:
        """A loop throws this event at its own boundary."""
        goes = machine.spawn(activity.workflow, self)
        goes.internal_data["done"] = 1
        if interrupts and self.interrupting:
            machine.cancel(activity)

    def check(self, token: Token, machine: Machine) -> None:
        """A conditional event looks at its condition again."""
        activity = machine.instance.tokens[token.host]  # type: ignore[index]
        if not self.trigger.check(token, activity, machine):  # type: ignore[attr-defined]
            return
        if self.interrupting or self.together:
            self.fired(token, machine, {})
        else:  # stays, and fires again when it has been false in between
            goes = machine.spawn(token.workflow, self)
            goes.detail = self.trigger.told(token)
            goes.internal_data["done"] = 1


def take(token: Token, trigger: Any, given: dict[str, Any]) -> None:
    """Hand an error's code and message to the mappings, or to the variables the model names for them; beside them the
    variables that came with an error from outside."""
    code, message = trigger.names
    given, handed = dict(given), given.get("variables") or {}
    if trigger.kind == "error":
        given.pop("variables", None)
    else:
        handed = {}
    if token.task_spec.writes:
        named = {"errorCode": given["code"], "errorMessage": given.get("message"), **given}
    else:
        named = {code: given["code"], message: given.get("message")}
    token.internal_data["result"] = {**handed, **{name: value for name, value in named.items() if name}}
