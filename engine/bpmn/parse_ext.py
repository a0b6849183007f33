"""Extension elements of a node, compiled: Zeebe's vocabulary and crmflow's own."""

from __future__ import annotations

import json
from typing import Any

from lxml import etree

from engine.bpmn.parse_data import SIDES, carried
from engine.bpmn.parse_source import (
    BPMN,
    CRMFLOW,
    ZEEBE,
    Problems,
    Source,
    child,
    children,
    extension,
    flag,
    given,
    local,
    text_in,
    zeebe,
)  # fmt: skip
from engine.bpmn.specs import timers
from engine.bpmn.specs.expr import Expr, compiled, valid_target
from engine.bpmn.specs.tasks import Human, Job
from engine.bpmn.specs.triggers import (
    Cancel,
    CodeTrigger,
    Compensate,
    ConditionTrigger,
    MessageTrigger,
    Several,
    SignalTrigger,
    Terminate,
    TimerTrigger,
    Trigger,
)  # fmt: skip
from engine.domain.errors import ExpressionError

_CHANGES = frozenset({"create", "update"})  # what may become of a variable
_TIMERS = {"timeDate": "date", "timeDuration": "duration", "timeCycle": "cycle"}


class Extensions:
    """Reads what hangs on the elements of one file; what cannot be read becomes a problem."""

    def __init__(self, source: Source, problems: Problems) -> None:
        self.source = source
        self.problems = problems

    def expr(self, text: str | None, at: etree._Element, what: str, *, condition: bool = False) -> Expr | None:
        """Compile an expression; one that cannot be read is a problem at its element."""
        try:
            return compiled(text, condition=condition)
        except ExpressionError as e:
            self.problems.add(
                "CRM-191",
                at,
                f"{what} of '{_name(at)}' cannot be read: {e.message}",
                e.fix or "Correct the FEEL expression.",
                f"“{_name(at)}”的表达式无法解析：{text}",
                "请修正 FEEL 表达式。",
            )
            return None

    def mapping(self, xml: etree._Element, side: str) -> tuple[tuple[str, Expr], ...]:
        """Input or output mappings, in order."""
        holder = zeebe(xml, "ioMapping")
        parts = [] if holder is None else list(holder.iterchildren(f"{{{ZEEBE}}}{side}"))
        pairs = [(given(part, "target") or "", given(part, "source") or "= null") for part in parts]
        if child(xml, SIDES[side]) is not None:
            pairs += carried(xml, side, self.source.ids)
        found = []
        for target, source in pairs:
            if not valid_target(target):
                self.wrong(xml, f"the {side} mapping's target '{target}' is no variable name", "变量映射的目标名称无效")
                continue
            expr = self.expr(source, xml, f"The {side} mapping to '{target}'")
            if expr is not None:
                found.append((target, expr))
        return tuple(found)

    def wrong(self, at: etree._Element, what: str, zh: str) -> None:
        """Something in the model that cannot be compiled."""
        self.problems.add(
            "CRM-191",
            at,
            f"'{_name(at)}': {what}.",
            "Correct it in the modeler.",
            f"“{_name(at)}”：{zh}。",
            "请在建模工具中修正。",
        )

    def human(self, xml: etree._Element, lane: str | None) -> Human:
        """What the model says about a person's task."""
        assigned, schedule = zeebe(xml, "assignmentDefinition"), zeebe(xml, "taskSchedule")
        form = zeebe(xml, "formDefinition")
        form_id = given(form, "formId") or given(form, "externalReference") or given(form, "formKey")
        if form_id and not form_id.startswith("="):
            form_id = form_id.rpartition(":")[2]  # camunda-forms:bpmn:…
        record = extension(xml, CRMFLOW, "record")
        variable = given(record, "variable")
        params = extension(xml, CRMFLOW, "assignment")
        return Human(
            assignee=self.expr(given(assigned, "assignee"), xml, "The assignee"),
            users=self.expr(given(assigned, "candidateUsers"), xml, "The candidate users"),
            groups=self.expr(given(assigned, "candidateGroups"), xml, "The candidate groups"),
            due=self.expr(given(schedule, "dueDate"), xml, "The due date"),
            follow_up=self.expr(given(schedule, "followUpDate"), xml, "The follow-up date"),
            priority=self.expr(given(zeebe(xml, "priorityDefinition"), "priority"), xml, "The priority"),
            form=self.expr(form_id, xml, "The form"),
            lane=lane,
            record=self.expr(variable and "=" + variable.lstrip("= "), xml, "The record"),
            assignment=None if params is None else self._params(params, xml),
            stage=given(extension(xml, CRMFLOW, "stage"), "value"),
            documentation=text_in(child(xml, "documentation")),
        )

    def _params(self, params: etree._Element, xml: etree._Element) -> tuple[tuple[str, Expr], ...]:
        found = []
        for key, text in params.attrib.items():
            name = str(key)
            expr = self.expr(str(text), xml, f"The assignment's '{name}'")
            if expr is not None:
                found.append((name, expr))
        return tuple(found)

    def job(self, xml: etree._Element) -> Job | None:
        """A task definition with its headers; None where there is none."""
        definition = zeebe(xml, "taskDefinition")
        type = self.expr(given(definition, "type"), xml, "The task type")
        if type is None:
            return None
        headers = zeebe(xml, "taskHeaders")
        pairs = () if headers is None else headers.iterchildren(f"{{{ZEEBE}}}header")
        told = {h.get("key") or "": h.get("value") or "" for h in pairs}
        linked = zeebe(xml, "linkedResources")
        if linked is not None:  # handed over as Zeebe does: a header of JSON
            parts = [dict(r.attrib) for r in linked.iterchildren(f"{{{ZEEBE}}}linkedResource")]
            told["linkedResources"] = json.dumps(parts, ensure_ascii=False)
        return Job(type, self.expr(given(definition, "retries"), xml, "The retries"), told)

    def message(
        self, ref: str | None, at: etree._Element, event: etree._Element | None = None
    ) -> MessageTrigger | None:
        """The message an element (or its event definition) refers to, with the correlation key hung on it."""
        message = self.source.ref(ref)
        name = None if message is None else self.expr(given(message, "name"), at, "The message name")
        if message is None or name is None:
            self.wrong(at, "it names no message" if not ref else f"message '{ref}' has no name", "未引用具名的消息")
            return None
        key = self.expr(given(zeebe(message, "subscription"), "correlationKey"), at, "The correlation key")
        own = self.expr(given(zeebe(at, "subscription"), "correlationKey"), at, "The correlation key")
        published = zeebe(at, "publishMessage")
        if published is None and event is not None:
            published = zeebe(event, "publishMessage")
        said = self.expr(given(published, "correlationKey"), at, "The correlation key")
        lives = self.expr(given(published, "timeToLive"), at, "The time to live")
        if lives is not None and lives.program is None and not timers.is_time(lives.text, "duration"):
            self.wrong(at, f"the time to live '{lives.text}' is no ISO duration", f"“{lives.text}”不是有效的 ISO 时长")
        return MessageTrigger(name, said or own or key, lives)

    def trigger(self, events: list[etree._Element], at: etree._Element, kind: str) -> Trigger | None:
        """The trigger of an event of this kind; None (and a problem) where it cannot be executed."""
        if not events:
            return Trigger()
        if len(events) > 1:
            if kind in ("endEvent", "intermediateThrowEvent"):
                parts = [self.trigger([event], at, kind) for event in events]
                return Several([part for part in parts if part is not None])
            self.problems.unable(
                at, "starting by all of several triggers, not all messages", "由多个非消息触发条件共同启动"
            )
            return None
        definition = events[0]
        what = local(definition).removesuffix("EventDefinition")
        match what:
            case "timer":
                return self._timer(definition, at)
            case "message":
                return self.message(definition.get("messageRef"), at, definition)
            case "signal":
                signal = self.source.ref(definition.get("signalRef"))
                name = self.expr(given(signal, "name"), at, "The signal name")
                if name is None:
                    self.wrong(at, "it names no signal", "未引用具名的信号")
                return None if name is None else SignalTrigger(name)
            case "conditional":
                expr = self.expr(text_in(child(definition, "condition")), at, "The condition", condition=True)
                if expr is None:
                    self.wrong(at, "it has no condition", "缺少条件")
                return None if expr is None else self._condition(expr, definition, at)
            case "error" | "escalation":
                return self._code(what, definition, at)
            case "terminate":
                return Terminate()
            case "compensate":
                ref = self.source.ref(definition.get("activityRef"))
                waits = flag(definition, "waitForCompletion", True)
                return Compensate(None if ref is None else ref.get("id"), waits)
            case "cancel":
                return Cancel()
            case "link":
                return Trigger()
        self.problems.unable(at, f"a {what} event", f" {what} 事件")
        return None

    def _timer(self, definition: etree._Element, at: etree._Element) -> Trigger | None:
        for part in children(definition):
            mode = _TIMERS.get(local(part))
            expr = self.expr(text_in(part), at, "The timer") if mode else None
            if mode is None or expr is None:
                continue
            if expr.program is None and not timers.is_time(expr.text, mode) and not timers.is_time(expr.text, "date"):
                self.wrong(at, f"the timer '{expr.text}' is no ISO {mode}", f"定时器“{expr.text}”不是有效的 ISO 时间")
                return None
            return TimerTrigger(mode, expr)
        self.wrong(at, "its timer says no time", "定时器没有设置时间")
        return None

    def _condition(self, expr: Expr, definition: etree._Element, at: etree._Element) -> ConditionTrigger:
        """A condition, and the changes it looks at: of the variables it reads, unless some are named."""
        held = zeebe(definition, "conditionalFilter")
        if held is None:
            return ConditionTrigger(expr)
        kinds, names = (
            frozenset(word.strip() for word in (given(held, part) or "").split(",") if word.strip())
            for part in ("variableEvents", "variableNames")
        )
        if kinds - _CHANGES:
            odd = ", ".join(sorted(kinds - _CHANGES))
            self.wrong(
                at, f"variableEvents '{odd}' is none of create, update", f"variableEvents“{odd}”不是 create 或 update"
            )
        read = frozenset() if expr.program is None else expr.program.names
        return ConditionTrigger(expr, names or read, kinds or _CHANGES)

    def _code(self, kind: str, definition: etree._Element, at: etree._Element) -> Trigger:
        named = self.source.ref(definition.get(f"{kind}Ref"))
        code = given(named, f"{kind}Code") or given(named, "name") or given(named, "id")
        space = "{" + CRMFLOW + "}"
        names = (given(definition, f"{space}codeVariable"), given(definition, f"{space}messageVariable"))
        return CodeTrigger(kind, code, names)

    def condition(self, text: str | None, at: etree._Element | None) -> Expr | None:
        """A flow's condition: FEEL with or without ``=``."""
        if text is None or at is None:
            return None
        return self.expr(text, at, "The condition", condition=True)


def loop_of(xml: etree._Element) -> etree._Element | None:
    """The loop characteristics of an activity."""
    multi = child(xml, "multiInstanceLoopCharacteristics")
    return child(xml, "standardLoopCharacteristics") if multi is None else multi


def _name(at: Any) -> str:
    return str(at.get("name") or at.get("id") or local(at))


__all__ = ["BPMN", "Extensions", "flag", "loop_of"]
