"""Tasks: user and manual, script, business rule, service, send, receive, and the undefined task."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from engine.bpmn.runtime_vars import RecordView, View, stored
from engine.bpmn.specs import timers
from engine.bpmn.specs.base import WAITING, Node, ScopeSpec, Token, own
from engine.bpmn.specs.expr import LOGIN, Expr, compiled, text_of, texts_of
from engine.bpmn.specs.triggers import MessageTrigger
from engine.domain.errors import RunError
from engine.domain.values import RecordRef, ServiceCall, TaskOpened

if TYPE_CHECKING:
    from engine.bpmn.runtime_machine import Machine

_SECRET = re.compile(r"secret:([A-Za-z0-9][A-Za-z0-9_.-]{0,63})")


@dataclass(frozen=True, slots=True)
class Binding:
    """Which version of a decision decides: ``latest``, ``deployment``, or ``versionTag`` with its ``tag``."""

    kind: str
    tag: str = ""


class Activity(Node):
    """What may have boundary events and is worth a line of history when it is cancelled."""

    told_cancelled = True


class PlainTask(Activity):
    """A task that says nothing about how it is done: passes through."""


@dataclass(frozen=True, slots=True)
class Human:
    """What the model says about a person's task; expressions are evaluated when it opens."""

    assignee: Expr | None = None
    users: Expr | None = None
    groups: Expr | None = None
    due: Expr | None = None
    follow_up: Expr | None = None
    priority: Expr | None = None
    form: Expr | None = None
    lane: str | None = None
    record: Expr | None = None
    assignment: tuple[tuple[str, Expr], ...] | None = None
    stage: str | None = None
    documentation: str = ""


class UserTask(Activity):
    """A person does it. Opens an inbox task and waits."""

    def __init__(self, spec: ScopeSpec, id: str, kind: str, title: str, human: Human) -> None:
        super().__init__(spec, id, kind, title)
        self.human = human

    def work(self, token: Token, machine: Machine) -> bool:
        human, view = self.human, machine.view(token)
        now, named = machine.now, self.title or self.origin
        opened = TaskOpened(
            key=token.id,
            element_id=self.origin,
            name=self.title,
            kind="manual" if self.kind == "manualTask" else "user",
            scope=token.workflow.path,
            assignee=text_of(human.assignee, view, f"The assignee of '{named}'", LOGIN) or None,
            candidate_users=texts_of(human.users, view, f"The candidate users of '{named}'", LOGIN),
            candidate_groups=texts_of(human.groups, view, f"The candidate groups of '{named}'", LOGIN),
            lane=human.lane,
            due_at=_when(human.due, view, now, f"The due date of '{named}'"),
            follow_up_at=_when(human.follow_up, view, now, f"The follow-up date of '{named}'"),
            priority=_priority(human.priority, view, named),
            form_key=_form(human.form, view, named, machine),
            definition_key=self.scope_spec.process,
            record=_record(human.record, view, named),
            assignment=_plain(human.assignment, view),
            stage=human.stage,
            documentation=human.documentation,
        )
        machine.report.open(token, "task", opened)
        return False


class ScriptTask(Activity):
    """A FEEL expression whose value becomes a variable; without one, a context's entries become variables."""

    def __init__(self, spec: ScopeSpec, id: str, title: str, expr: Expr, variable: str | None) -> None:
        super().__init__(spec, id, "scriptTask", title)
        self.expr = expr
        self.variable = variable

    def work(self, token: Token, machine: Machine) -> bool:
        value = stored(self.expr.value(machine.view(token)), self.variable or "result")
        if self.variable is not None:
            value = {self.variable: value}
        elif not isinstance(value, dict):
            raise RunError(
                "CRM-614",
                f"The script of '{self.title or self.origin}' gives {type(value).__name__}, and names no variable.",
                fix="Name a result variable, or let the script give a context such as {total: 3}.",
            )
        token.internal_data["result"] = value
        return True


class RuleTask(Activity):
    """A decision (DMN) whose outcome becomes a variable; the trace goes to history."""

    def __init__(
        self, spec: ScopeSpec, id: str, title: str, decision: Expr, variable: str, binding: Binding | None = None
    ) -> None:
        super().__init__(spec, id, "businessRuleTask", title)
        self.decision = decision
        self.variable = variable
        self.binding = () if binding is None else (binding,)  # none drawn: the newest version decides

    def work(self, token: Token, machine: Machine) -> bool:
        view = machine.view(token)
        name = text_of(self.decision, view, "The decision's id")
        if not name:
            raise RunError("CRM-618", f"'{self.decision.text}' gives no decision id.", fix="Name a decision.")
        value, trace, *about = machine.runtime.decide(name, view, *self.binding)
        token.detail = {"decision": name, "trace": trace}
        for which in about:
            token.detail |= which
        token.internal_data["result"] = {self.variable: stored(value, self.variable)}
        return True


@dataclass(frozen=True, slots=True)
class Job:
    """What the model says about a service call."""

    type: Expr
    retries: Expr | None = None
    headers: Mapping[str, str] | None = None


class ServiceTask(Activity):
    """Work outside the instance: opens a call and waits for its result."""

    def __init__(self, spec: ScopeSpec, id: str, kind: str, title: str, job: Job) -> None:
        super().__init__(spec, id, kind, title)
        self.job = job

    def work(self, token: Token, machine: Machine) -> bool:
        open_call(self.job, token, machine)
        return False


class SendTask(Activity):
    """Throws a message and goes on."""

    def __init__(self, spec: ScopeSpec, id: str, title: str, trigger: MessageTrigger) -> None:
        super().__init__(spec, id, "sendTask", title)
        self.trigger = trigger

    def work(self, token: Token, machine: Machine) -> bool:
        self.trigger.throw(token, machine)
        return True


class ReceiveTask(Activity):
    """Waits for a message."""

    waits = True

    def __init__(self, spec: ScopeSpec, id: str, title: str, trigger: MessageTrigger) -> None:
        super().__init__(spec, id, "receiveTask", title)
        self.trigger = trigger

    def work(self, token: Token, machine: Machine) -> bool:
        self.trigger.arm(token, token, machine)
        token._set_state(WAITING)
        return False

    def fired(self, token: Token, machine: Machine, payload: dict[str, Any]) -> None:
        token.detail = self.trigger.told(token)
        gateway = machine.instance.tokens.get(token.host) if token.host else None
        if gateway is not None and gateway.task_spec.waits:
            token = gateway.task_spec.decided(gateway, token, machine)
        machine.resume(token, payload)


def open_call(job: Job, token: Token, machine: Machine) -> None:
    """Open a service call. Its input is what the mappings give; without mappings, all variables in sight."""
    node, view = token.task_spec, machine.view(token)
    name = text_of(job.type, view, "The task type")
    if not name:
        raise RunError("CRM-618", f"'{job.type.text}' gives no task type.", fix="Name the connector or job type.")
    retries = text_of(job.retries, view, "The retries")
    if retries is not None and not retries.isdigit():
        raise RunError("CRM-614", f"The retries '{retries}' are not a whole number.", fix="Write 3.")
    call_headers = job.headers or {}
    mapped = token.workflow.host.task_spec.reads if node.lent else node.reads
    given = dict(own(token)) if mapped else {k: v for k, v in view.raw().items() if k not in machine.instance.base}
    call = ServiceCall(
        key=token.id,
        element_id=node.origin,
        name=node.title,
        type=name,
        input=given,
        headers=call_headers,
        retries=3 if retries is None else int(retries),
        scope=token.workflow.path,
        definition_key=node.scope_spec.process,
        secrets=_named(mapped, tuple(call_headers.values())),
    )
    machine.report.open(token, "call", call)


@lru_cache(maxsize=4096)
def _named(mapped: tuple[tuple[str, Expr], ...], headers: tuple[str, ...]) -> tuple[str, ...]:
    """Secrets that a task's own input mappings and headers name."""
    texts = (*(expr.text for _, expr in mapped), *headers)
    return tuple(sorted({name for text in texts for name in _SECRET.findall(text)}))


def shaped(result: Mapping[str, Any], token: Token, machine: Machine) -> Mapping[str, Any]:
    """A call's result as the task's headers want it: ``resultVariable`` takes it whole, ``resultExpression``
    (FEEL over ``response`` and the result's own entries) says which variables come of it."""
    headers = token.task_spec.job.headers or {}
    whole, text = headers.get("resultVariable"), headers.get("resultExpression")
    if not whole and not text:
        return result
    out: dict[str, Any] = {whole: dict(result)} if whole else {}
    if text and (expr := compiled(text, condition=True)) is not None:
        value = expr.value(machine.view(token, {**result, "response": dict(result)}))
        if not isinstance(value, Mapping):
            raise RunError(
                "CRM-614",
                f"The result expression '{text}' gives {type(value).__name__}, not a context.",
                fix="Write a context such as = {status: response.status}.",
            )
        out.update(value)
    return out


def _when(expr: Expr | None, view: View, now: Any, what: str) -> Any:
    if expr is None:
        return None
    value = expr.value(view)
    return None if value is None else timers.due(value, now, what)


def _priority(expr: Expr | None, view: View, named: str) -> int:
    text = text_of(expr, view, f"The priority of '{named}'")
    if text is None:
        return 50
    if not text.isdigit() or int(text) > 100:
        raise RunError("CRM-614", f"The priority of '{named}' is '{text}'.", fix="Give a whole number from 0 to 100.")
    return int(text)


def _form(expr: Expr | None, view: View, named: str, machine: Machine) -> str | None:
    """Its form; one that an expression names must have come with the process: another is not shown in its place."""
    key = text_of(expr, view, f"The form of '{named}'")
    if expr is None or expr.program is None:
        return key
    key = (key or "").rpartition(":")[2]
    known = machine.runtime.forms
    if not key or (known is not None and key not in known):
        raise RunError(
            "CRM-624",
            f"'{named}' asks for the form '{key or expr.text}', which was not deployed with this process.",
            fix="Deploy that form, then the process again; or correct what the expression gives.",
        )
    return key


def _record(expr: Expr | None, view: View, named: str) -> RecordRef | None:
    value = None if expr is None else expr.value(view)
    if value is None or isinstance(value, RecordRef):
        return value
    if isinstance(value, RecordView):
        return value.ref
    raise RunError("CRM-614", f"The record of '{named}' is no record.", fix="Name a variable that holds a record.")


def _plain(params: tuple[tuple[str, Expr], ...] | None, view: View) -> dict[str, Any] | None:
    if params is None:
        return None
    return {name: stored(expr.value(view), name) for name, expr in params}
