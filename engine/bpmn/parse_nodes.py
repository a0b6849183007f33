"""A drawn element becomes a node: one small function per BPMN element."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from lxml import etree

from engine.bpmn.desugar import INSIDE, Draft, Plan
from engine.bpmn.desugar_listeners import JOIN
from engine.bpmn.parse_ext import Extensions, loop_of
from engine.bpmn.parse_source import child, flag, given, local, text_in, zeebe
from engine.bpmn.specs.adhoc import AdHocSubProcess
from engine.bpmn.specs.base import Node, ScopeSpec
from engine.bpmn.specs.events import Boundary, CatchEvent, EndEvent, StartEvent, ThrowEvent
from engine.bpmn.specs.gateways import ComplexGateway, EventGateway, ExclusiveGateway, InclusiveGateway, ParallelGateway
from engine.bpmn.specs.loops import Loop
from engine.bpmn.specs.scopes import CallActivity, EventSubProcess, Listener, SubProcess
from engine.bpmn.specs.tasks import (
    Binding,
    PlainTask,
    ReceiveTask,
    RuleTask,
    ScriptTask,
    SendTask,
    ServiceTask,
    UserTask,
)
from engine.bpmn.specs.triggers import Compensate, ConditionTrigger, MessageTrigger, Trigger
from engine.bpmn.specs.undo import CancelEnd, UndoEvent, unwaited

_FEEL = ("feel", "application/feel", "https://www.omg.org/spec/dmn/20230324/feel/")

#: Triggers that each kind of event executes.
EVENTS: dict[str, frozenset[str]] = {
    "startEvent": frozenset({"none", "timer", "message", "signal", "conditional", "error", "escalation"}),
    "endEvent": frozenset(
        {"none", "compensate", "cancel", "multiple", "message", "signal", "error", "escalation", "terminate"}
    ),
    "intermediateCatchEvent": frozenset({"timer", "message", "signal", "conditional", "link"}),
    "intermediateThrowEvent": frozenset({"none", "compensate", "multiple", "message", "signal", "escalation", "link"}),
    "boundaryEvent": frozenset(
        {"compensate", "cancel", "timer", "message", "signal", "conditional", "error", "escalation"}
    ),
}


@dataclass(slots=True)
class Site:
    """Where a node is being built."""

    draft: Draft
    plan: Plan
    spec: ScopeSpec
    ext: Extensions
    inner: ScopeSpec | None = None  # of a sub-process
    id: str = ""  # of the node: the element's id, or the body's of a loop

    @property
    def xml(self) -> etree._Element:
        return self.draft.xml

    def unable(self, what: str, zh: str) -> None:
        self.ext.problems.unable(self.xml, what, zh)


def _trigger(site: Site) -> Trigger | None:
    trigger = site.ext.trigger(site.draft.events, site.xml, site.draft.kind)
    kind = "link" if site.draft.link else trigger.kind if trigger else ""
    if trigger is not None and kind not in EVENTS[site.draft.kind]:
        site.unable(f"a {kind} trigger at this place", f"此处的 {kind} 触发条件")
        return None
    return trigger


def _start(site: Site) -> Node | None:
    # In an event sub-process the listener around it has looked at the trigger.
    trigger = Trigger() if flag(site.plan.xml, "triggeredByEvent", False) else _trigger(site)
    if isinstance(trigger, ConditionTrigger) and trigger.changes:
        site.unable("a filter on the variables of a condition that starts a process", "启动流程的条件上的变量过滤")
    return None if trigger is None else StartEvent(site.spec, site.id, "startEvent", site.draft.title, trigger)


def _end(site: Site) -> Node | None:
    if site.ext.job(site.xml) is not None:
        return _service(site)
    trigger = _trigger(site)
    if trigger is not None and trigger.kind == "cancel":
        if local(site.plan.xml) != "transaction":
            site.ext.wrong(
                site.xml, "a cancel end event belongs directly into a transaction", "取消结束事件必须直接位于事务内"
            )
        return CancelEnd(site.spec, site.id, "endEvent", site.draft.title, trigger)
    if isinstance(trigger, Compensate):
        return _undo(site, "endEvent", trigger)
    return None if trigger is None else EndEvent(site.spec, site.id, "endEvent", site.draft.title, trigger)


def _undo(site: Site, kind: str, trigger: Compensate) -> UndoEvent:
    node = UndoEvent(site.spec, site.id, kind, site.draft.title, trigger)
    return node if trigger.waits else unwaited(node)


def _throw(site: Site) -> Node | None:
    if site.ext.job(site.xml) is not None:
        return _service(site)
    trigger = _trigger(site)
    if isinstance(trigger, Compensate):
        return _undo(site, "intermediateThrowEvent", trigger)
    return (
        None if trigger is None else ThrowEvent(site.spec, site.id, "intermediateThrowEvent", site.draft.title, trigger)
    )


def _catch(site: Site) -> Node | None:
    trigger = _trigger(site)
    if trigger is not None and site.draft.link:
        return ThrowEvent(site.spec, site.id, "intermediateCatchEvent", site.draft.title, trigger)
    return (
        None if trigger is None else CatchEvent(site.spec, site.id, "intermediateCatchEvent", site.draft.title, trigger)
    )


def _boundary(site: Site) -> Node | None:
    trigger = _trigger(site)
    stops = flag(site.xml, "cancelActivity", True)
    if trigger is not None and trigger.kind == "error" and not stops:
        site.ext.wrong(site.xml, "an error boundary event always interrupts", "错误边界事件必须是中断的")
    return None if trigger is None else Boundary(site.spec, site.id, site.draft.title, trigger, stops)


def _user(site: Site) -> Node | None:
    human = site.ext.human(site.xml, site.plan.lanes.get(site.draft.id))
    return UserTask(site.spec, site.id, site.draft.kind, site.draft.title, human)


def _plain(site: Site) -> Node | None:
    return PlainTask(site.spec, site.id, "task", site.draft.title)


def _script(site: Site) -> Node | None:
    script = zeebe(site.xml, "script")
    text, variable = given(script, "expression"), given(script, "resultVariable")
    if text is None and (given(site.xml, "scriptFormat") or "").lower() in _FEEL:
        text = "=" + text_in(child(site.xml, "script")).lstrip("=")
    if text is None:
        if site.ext.job(site.xml) is not None:
            return _service(site)
        site.unable("a script that is not FEEL", "非 FEEL 脚本")
        return None
    expr = site.ext.expr(text, site.xml, "The script", condition=True)
    return None if expr is None else ScriptTask(site.spec, site.id, site.draft.title, expr, variable)


def _rule(site: Site) -> Node | None:
    called = zeebe(site.xml, "calledDecision")
    decision = site.ext.expr(given(called, "decisionId"), site.xml, "The decision id")
    variable = given(called, "resultVariable")
    if decision is None:
        if site.ext.job(site.xml) is not None:
            return _service(site)
        site.unable("a business rule task without a decision", "没有决策的业务规则任务")
        return None
    if variable is None:
        site.ext.wrong(site.xml, "the decision's result has no variable (resultVariable)", "决策结果没有变量名")
        return None
    return RuleTask(site.spec, site.id, site.draft.title, decision, variable, _binding(site, called))


def _binding(site: Site, called: etree._Element | None) -> Binding | None:
    """Which version decides; None is the newest, as Zeebe has it where nothing is said."""
    kind, tag = given(called, "bindingType"), given(called, "versionTag")
    if kind in (None, "latest"):
        return None
    if kind == "versionTag" and tag is None:
        site.ext.wrong(site.xml, "bindingType 'versionTag' names no versionTag", "绑定为 versionTag，但没有版本标签")
    elif kind not in ("deployment", "versionTag"):
        site.ext.wrong(
            site.xml,
            f"bindingType '{kind}' is none of latest, deployment, versionTag",
            f"bindingType“{kind}”不是 latest、deployment 或 versionTag",
        )
    return Binding(kind, tag or "")


def _service(site: Site) -> Node | None:
    job = site.ext.job(site.xml)
    if job is None:
        site.unable("a task that does not say which connector or job type does it", "未指定连接器或作业类型的任务")
        return None
    return ServiceTask(site.spec, site.id, site.draft.kind, site.draft.title, job)


def _send(site: Site) -> Node | None:
    # As at an event that throws: a job sends what it says, whatever message is drawn beside it.
    if given(site.xml, "messageRef") is None or site.ext.job(site.xml) is not None:
        return _service(site)
    message = site.ext.message(given(site.xml, "messageRef"), site.xml)
    return None if message is None else SendTask(site.spec, site.id, site.draft.title, message)


def _receive(site: Site) -> Node | None:
    message = site.ext.message(given(site.xml, "messageRef"), site.xml)
    return None if message is None else ReceiveTask(site.spec, site.id, site.draft.title, message)


def _sub(site: Site) -> Node | None:
    assert site.inner is not None
    made = EventSubProcess if flag(site.xml, "triggeredByEvent", False) else SubProcess
    return made(site.spec, site.id, site.draft.kind, site.draft.title, site.inner)


def _adhoc(site: Site) -> Node | None:
    assert site.inner is not None
    node = AdHocSubProcess(site.spec, site.id, site.draft.title, site.inner)
    site.inner.adhoc = True
    node.sequential = given(site.xml, "ordering") == "Sequential"
    node.stops_rest = flag(site.xml, "cancelRemainingInstances", True)
    held = zeebe(site.xml, "adHoc")
    node.chosen = site.ext.expr(given(held, "activeElementsCollection"), site.xml, "The active elements")
    condition = text_in(child(site.xml, "completionCondition"))
    node.until = site.ext.expr(condition, site.xml, "The completion condition", condition=True)
    if any(True for _ in site.xml.iterchildren("{*}startEvent", "{*}endEvent")):
        site.ext.wrong(site.xml, "an ad-hoc sub-process has no start or end events", "即席子流程不能有开始或结束事件")
    return node


def _call(site: Site) -> Node | None:
    called = zeebe(site.xml, "calledElement")
    text = given(called, "processId") or given(site.xml, "calledElement")
    key = site.ext.expr(text, site.xml, "The called process")
    if key is None:
        site.unable("a call activity that names no process", "未指定被调用流程的调用活动")
        return None
    if key.program is None and given(called, "processId") is None:
        key.constant = key.text.rpartition(":")[2]  # BPMN's own attribute is a qualified name
    return CallActivity(
        site.spec,
        site.id,
        site.draft.title,
        key,
        all_in=flag(called, "propagateAllParentVariables", True),
        all_out=flag(called, "propagateAllChildVariables", True),
    )


def _gateway(made: type[Node]) -> Callable[[Site], Node | None]:
    return lambda site: made(site.spec, site.id, site.draft.kind, site.draft.title)


def _events(site: Site) -> Node | None:
    gateway = EventGateway(site.spec, site.id, site.draft.kind, site.draft.title)
    gateway.together = given(site.xml, "eventGatewayType") == "Parallel"
    if gateway.together and not flag(site.xml, "instantiate", False):
        site.ext.wrong(site.xml, "a parallel event-based gateway starts the process", "并行事件网关必须用于启动流程")
    return gateway


def _complex(site: Site) -> Node | None:
    gateway = ComplexGateway(site.spec, site.id, site.draft.kind, site.draft.title)
    text = text_in(child(site.xml, "activationCondition"))
    gateway.activation = site.ext.expr(text, site.xml, "The activation condition", condition=True)
    return gateway


BUILDERS: dict[str, Callable[[Site], Node | None]] = {
    "startEvent": _start,
    "endEvent": _end,
    "intermediateThrowEvent": _throw,
    "intermediateCatchEvent": _catch,
    "boundaryEvent": _boundary,
    "task": _plain,
    "userTask": _user,
    "manualTask": _user,
    "scriptTask": _script,
    "businessRuleTask": _rule,
    "serviceTask": _service,
    "sendTask": _send,
    "receiveTask": _receive,
    "subProcess": _sub,
    "transaction": _sub,
    "adHocSubProcess": _adhoc,
    "callActivity": _call,
    "exclusiveGateway": _gateway(ExclusiveGateway),
    "parallelGateway": _gateway(ParallelGateway),
    "inclusiveGateway": _gateway(InclusiveGateway),
    "complexGateway": _complex,
    "eventBasedGateway": _events,
}


def node_of(site: Site) -> Node | None:
    """The node of a drawn element, wrapped in a loop where it has one; None (and problems) if refused."""
    draft, xml = site.draft, site.xml
    builder = BUILDERS.get(draft.kind)
    if builder is None:
        site.unable(f"'{draft.kind}'", f"“{draft.kind}”")
        return None
    _refuse_features(site)
    loop = loop_of(xml)
    site.id = draft.id if loop is None else f"{draft.id}#body"
    node = builder(site)
    if node is None:
        return None
    node.origin, node.drawn = draft.origin or draft.id, draft.drawn
    node.kind = draft.told or node.kind
    node.lent = draft.id.endswith(INSIDE)
    if not draft.drawn and draft.kind == "parallelGateway" and not draft.id.endswith(JOIN):
        node.waits = True  # the fork of an event that waits for several things
    node.reads = site.ext.mapping(xml, "input")
    if loop is None:
        node.writes = site.ext.mapping(xml, "output")
        node.keeps = zeebe(xml, "ioMapping") is None
    else:
        node = _loop(site, node, loop)
    node.needs, node.yields = _quantity(site, "startQuantity"), _quantity(site, "completionQuantity")
    return node


def _quantity(site: Site, name: str) -> int:
    text = given(site.xml, name) or "1"
    if not text.isdigit() or not 1 <= int(text) <= 1000:
        site.ext.wrong(
            site.xml, f"{name} is '{text}', not a whole number from 1 to 1000", f"{name} 应为 1 到 1000 的整数"
        )
        return 1
    return int(text)


def _refuse_features(site: Site) -> None:
    xml = site.xml
    if flag(xml, "isForCompensation", False) and site.draft.outgoing:
        site.ext.wrong(xml, "a compensation activity has no outgoing flow", "补偿活动不能有流出顺序流")


def _loop(site: Site, body: Node, xml: etree._Element) -> Node:
    ext, at = site.ext, site.xml
    loop = Loop(site.spec, site.draft.id, site.draft.told or site.draft.kind, site.draft.title, body)
    loop.writes = ext.mapping(at, "output")
    if local(xml) == "standardLoopCharacteristics":
        loop.standard = True
        loop.test_before = flag(xml, "testBefore", False)
        loop.again = ext.expr(text_in(child(xml, "loopCondition")), at, "The loop condition", condition=True)
        most = given(xml, "loopMaximum")
        loop.maximum = int(most) if most and most.isdigit() else None
        return loop
    _behavior(site, loop, xml)
    details = next((e for e in xml.iter("{*}loopCharacteristics") if e is not xml), None)
    loop.sequential = flag(xml, "isSequential", False)
    loop.items = ext.expr(given(details, "inputCollection"), at, "The input collection", condition=True)
    loop.item = given(details, "inputElement")
    loop.count = ext.expr(text_in(child(xml, "loopCardinality")), at, "The cardinality", condition=True)
    loop.output = given(details, "outputCollection")
    loop.output_item = ext.expr(given(details, "outputElement"), at, "The output element", condition=True)
    text = (given(details, "outputElement") or "").lstrip("= ")
    loop.local = text if text.isidentifier() else None
    loop.until = ext.expr(text_in(child(xml, "completionCondition")), at, "The completion condition", condition=True)
    if loop.items is None and loop.count is None:
        ext.wrong(at, "the loop has neither a collection nor a cardinality", "多实例既没有集合也没有次数")
    return loop


def _behavior(site: Site, loop: Loop, xml: etree._Element) -> None:
    """What each finished run throws: nothing (All), always (None), the first (One), by condition (Complex)."""
    loop.behavior = given(xml, "behavior") or "All"
    if loop.behavior == "All":
        return
    pairs: list[tuple[etree._Element | None, str | None]] = []
    if loop.behavior == "Complex":
        for definition in xml.iterchildren("{*}complexBehaviorDefinition"):
            event = child(definition, "event")
            held = None if event is None else next((e for e in event if local(e).endswith("EventDefinition")), None)
            pairs.append((held, text_in(child(definition, "condition"))))
    else:
        pairs.append((site.ext.source.ref(given(xml, f"{loop.behavior.lower()}BehaviorEventRef")), None))
    for thrown, text in pairs or [(None, None)]:
        trigger = None if thrown is None else site.ext.trigger([thrown], site.xml, "intermediateThrowEvent")
        if trigger is None or trigger.kind not in ("signal", "message", "escalation", "error"):
            site.ext.wrong(
                site.xml, "its loop throws no signal, message, escalation or error", "循环未引用可抛出的事件"
            )
            continue
        when = site.ext.expr(text, site.xml, "The loop's condition", condition=True)
        loop.throws = (*loop.throws, (when, trigger))


def listener_of(site: Site, node: EventSubProcess, start: Draft, n: int) -> Listener | None:
    """The listener, in the scope around it, for one trigger of an event sub-process."""
    trigger = site.ext.trigger(start.events[n : n + 1], start.xml, "startEvent")
    if trigger is None or trigger.kind == "none":
        site.ext.wrong(
            start.xml, "the start of an event sub-process needs a trigger", "事件子流程的开始事件需要触发条件"
        )
        return None
    stops = flag(start.xml, "isInterrupting", True)
    listener = Listener(site.spec, f"{start.id}#{n}" if n else start.id, start.title, trigger, stops)
    listener.origin = start.id
    listener.sub = node
    return listener


def is_start(node: Node) -> bool:
    """Whether an instance may begin here: a start event, or what waits for the message that starts it."""
    return isinstance(node, StartEvent) or isinstance(getattr(node, "trigger", None), MessageTrigger)
