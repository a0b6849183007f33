"""What an event waits for or throws: timers, messages, signals, conditions, errors, escalations.

``arm`` says to the outside what a token waits for. Expressions are evaluated at that moment, in the view of the
token the event belongs to (for a boundary event: its activity's, locals included).
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from engine import feel
from engine.bpmn.specs import timers
from engine.bpmn.specs.base import BpmnError, Token, own
from engine.bpmn.specs.expr import Expr, text_of
from engine.domain.errors import RunError
from engine.domain.values import MessageThrown, SubscriptionSet, TimerSet

if TYPE_CHECKING:
    from engine.bpmn.runtime_machine import Machine


class Trigger:
    """The none event, and what all triggers share. ``code`` is an error's or escalation's; None catches all."""

    kind = "none"
    repeats = False  # a non-interrupting event stays armed after it fired
    code: str | None = None
    raises = False  # throwing it takes the thrower away

    def arm(self, token: Token, at: Token, machine: Machine) -> None:
        """Say what the token waits for; ``at`` is the token whose variables are seen."""

    def told(self, token: Token) -> dict[str, Any] | None:
        """What history says about it."""
        return None

    def throw(self, token: Token, machine: Machine) -> None:
        """Send it out."""

    def says(self, other: Trigger) -> bool:
        """Whether catching this catches what the other throws, as far as the model alone tells."""
        mine, theirs = getattr(self, "name", None), getattr(other, "name", None)
        if self.kind != other.kind or other.kind == "none":
            return False
        return self.code in (None, other.code) if mine is None else mine.text == getattr(theirs, "text", None)


class TimerTrigger(Trigger):
    """A timer; ``mode`` is ``date``, ``duration`` or ``cycle``."""

    kind = "timer"

    def __init__(self, mode: str, expr: Expr) -> None:
        self.mode = mode
        self.expr = expr

    def arm(self, token: Token, at: Token, machine: Machine) -> None:
        inner, what = token.internal_data, f"The timer of '{token.task_spec.title or token.task_spec.origin}'"
        if "round" in inner:
            base, round_no, text = inner["round"]
        else:
            value = self.expr.value(machine.view(at))
            text = self.expr.text if self.expr.program is None else _plain(value)
            base, round_no = machine.now, 1
            if self.mode != "cycle":
                when = timers.working(value, machine.now, machine.runtime.calendars)
                self._set(token, at, machine, when or timers.due(value, machine.now, what), text)
                return
        cycle = timers.cycle_of(text if "round" in inner else value, what)
        inner["round"] = [base, round_no, text]
        self._set(token, at, machine, timers.moment(cycle, base, round_no, what), text)

    def _set(self, token: Token, at: Token, machine: Machine, when: Any, text: str) -> None:
        node = token.task_spec
        attached = at.task_spec.origin if at is not token else None
        token.internal_data["text"] = text
        timer = TimerSet(token.id, node.origin, node.title, when, token.workflow.path, attached, text)
        machine.report.open(token, "timer", timer)

    def at_round(self, since: datetime, round_no: int, calendars: timers.Calendars = None) -> datetime | None:
        """The instant of a round, reckoned from ``since`` without variables (for start events)."""
        value, what = self.expr.value({}), f"The timer '{self.expr.text}'"
        if self.mode != "cycle":
            if round_no > 1:
                return None
            return timers.working(value, since, calendars) or timers.due(value, since, what)
        cycle = timers.cycle_of(value, what)
        if cycle.count is not None and round_no > cycle.count:
            return None
        return timers.moment(cycle, since, round_no, what)

    def next_round(self, token: Token) -> list[Any] | None:
        """The next round of a cycle after this one fired; None when it has no more."""
        if "round" not in token.internal_data:
            return None
        base, round_no, text = token.internal_data["round"]
        cycle = timers.cycle_of(text, "The timer")
        return [base, round_no + 1, text] if cycle.count is None or round_no < cycle.count else None

    def told(self, token: Token) -> dict[str, Any] | None:
        return {"timer": token.internal_data.get("text", self.expr.text)}


class MessageTrigger(Trigger):
    """A message, by name and correlation key."""

    kind = "message"
    repeats = True

    def __init__(self, name: Expr, key: Expr | None, lives: Expr | None = None) -> None:
        self.name = name
        self.key = key
        self.lives = lives  # how long what is thrown waits for somebody to wait for it

    def _said(self, at: Token, machine: Machine) -> tuple[str, str]:
        view = machine.view(at)
        name = text_of(self.name, view, "The message name")
        key = text_of(self.key, view, "The correlation key")
        if not name or (self.key is not None and key is None):
            what = f"The correlation key {self.key.text!r}" if name and self.key else "The message name"
            raise RunError("CRM-617", f"{what} gives null.", fix="Set the variables it reads before this element.")
        return name, key or ""

    def arm(self, token: Token, at: Token, machine: Machine) -> None:
        name, key = self._said(at, machine)
        token.internal_data["text"] = name
        node = token.task_spec
        wait = SubscriptionSet(token.id, node.origin, name, "message", key, token.workflow.path)
        machine.report.open(token, "wait", wait)

    def told(self, token: Token) -> dict[str, Any] | None:
        return {"message": token.internal_data.get("text", self.name.text)}

    def throw(self, token: Token, machine: Machine) -> None:
        name, key = self._said(token, machine)
        token.detail = {"message": name, "correlationKey": key}
        payload, until = dict(own(token)), None
        if self.lives is not None:
            what = f"The time to live of message '{name}'"
            until = timers.due(self.lives.value(machine.view(token)), machine.now, what)
        machine.report.messages.append(MessageThrown(token.task_spec.origin, name, key, payload, until=until))


class SignalTrigger(Trigger):
    """A signal, by name: reaches all who listen."""

    kind = "signal"
    repeats = True

    def __init__(self, name: Expr) -> None:
        self.name = name

    def _said(self, at: Token, machine: Machine) -> str:
        name = text_of(self.name, machine.view(at), "The signal name")
        if not name:
            raise RunError("CRM-617", "The signal name gives null.", fix="Set the variables it reads before.")
        return name

    def arm(self, token: Token, at: Token, machine: Machine) -> None:
        name = self._said(at, machine)
        token.internal_data["signal"] = name
        node = token.task_spec
        wait = SubscriptionSet(token.id, node.origin, name, "signal", "", token.workflow.path)
        machine.report.open(token, "wait", wait)

    def told(self, token: Token) -> dict[str, Any] | None:
        return {"signal": token.internal_data.get("signal", self.name.text)}

    def throw(self, token: Token, machine: Machine) -> None:
        name = self._said(token, machine)
        token.detail = {"signal": name}
        payload = dict(token.data)
        machine.report.messages.append(MessageThrown(token.task_spec.origin, name, "", payload, kind="signal"))
        machine.signal(name, payload)


class ConditionTrigger(Trigger):
    """A condition over variables: looked at when armed and whenever variables change."""

    kind = "conditional"

    def __init__(self, expr: Expr, names: frozenset[str] = frozenset(), changes: frozenset[str] = frozenset()) -> None:
        self.expr = expr
        self.names = names  # of the variables whose changes it looks at …
        self.changes = changes  # … and which ones: create, update; none: it looks whenever anything may have changed

    def arm(self, token: Token, at: Token, machine: Machine) -> None:
        token.internal_data["condition"] = 0
        if self.changes:
            token.internal_data["fresh"] = 1  # the first look is at how things stand, whatever changes
        machine.instance.conditions += 1
        machine.changed = True
        node = token.task_spec
        # A row of its own, so that a change of a record outside can find who looks at it.
        wait = SubscriptionSet(token.id, node.origin, self.expr.text[:255], "conditional", "", token.workflow.path)
        machine.report.open(token, "wait", wait)

    def check(self, token: Token, at: Token, machine: Machine) -> bool:
        """Whether the condition has become true since it was last looked at."""
        fresh = token.internal_data.pop("fresh", None)
        if self.changes and not fresh and not machine.saw(at, self.names, self.changes):
            return False
        was, now = token.internal_data["condition"], self.expr.value(machine.view(at)) is True
        token.internal_data["condition"] = int(now)
        return now and not was

    def told(self, token: Token) -> dict[str, Any] | None:
        return {"condition": self.expr.text}


class CodeTrigger(Trigger):
    """An error or an escalation, by code; ``names`` are variables that take the code and the message."""

    def __init__(self, kind: str, code: str | None, names: tuple[str | None, str | None] = (None, None)) -> None:
        self.kind = kind
        self.raises = kind == "error"
        self.code = code
        self.names = names

    def told(self, token: Token) -> dict[str, Any] | None:
        return {self.kind: token.internal_data.get("text", self.code or "")}

    def throw(self, token: Token, machine: Machine) -> None:
        token.detail = {self.kind: self.code or ""}
        payload = dict(token.data)
        if self.kind == "error":
            raise BpmnError(self.code or "", str(payload.get("message") or token.task_spec.title or ""))
        machine.escalate(token, self.code or "", payload)


class Several(Trigger):
    """What throws several things at once: all of them, an error or the end last."""

    kind = "multiple"

    def __init__(self, parts: list[Trigger]) -> None:
        self.parts = sorted(parts, key=lambda part: part.kind in ("error", "terminate"))
        self.raises = any(part.raises for part in parts)

    def throw(self, token: Token, machine: Machine) -> None:
        told: dict[str, Any] = {}
        for part in self.parts:
            if token.live:
                part.throw(token, machine)
                told.update(token.detail or {})
        token.detail = told


class Compensate(Trigger):
    """Compensation; ``ref`` names one activity, None stands for all of the scope."""

    kind = "compensate"

    def __init__(self, ref: str | None = None, waits: bool = True) -> None:
        self.ref = ref
        self.waits = waits  # whether the throwing event goes on only when all is undone


class Cancel(Trigger):
    """Cancels a transaction."""

    kind = "cancel"


class Terminate(Trigger):
    """Ends the scope with everything in it."""

    kind = "terminate"

    def throw(self, token: Token, machine: Machine) -> None:
        for other in list(token.workflow.tasks.values()):
            if other is not token:
                machine.cancel(other)
        if token.workflow.host is None:
            machine.terminated = True


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else str(feel.to_json(value))
