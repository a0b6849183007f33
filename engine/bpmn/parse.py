"""XML → specs, in two phases: make all nodes, then connect them. Nothing recurses, so a chain may be long."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lxml import etree

from engine.bpmn.desugar import Plan, global_task, plan_of, starts_of
from engine.bpmn.parse_ext import Extensions
from engine.bpmn.parse_nodes import Site, listener_of, node_of
from engine.bpmn.parse_source import Problems, Source, flag, given, local
from engine.bpmn.specs.base import Flow, Node, ScopeSpec
from engine.bpmn.specs.events import Boundary
from engine.bpmn.specs.gateways import EventGateway, InclusiveGateway, Upstream
from engine.bpmn.specs.loops import Loop
from engine.bpmn.specs.scopes import CallActivity, EventSubProcess
from engine.bpmn.specs.together import PATIENT
from engine.bpmn.specs.undo import CancelEnd, hidden


def scope_of(source: Source, key: str, problems: Problems) -> ScopeSpec | None:
    """Compile one process of a file with everything in it; None where it is not there."""
    process = source.processes().get(key)
    top = global_task(source, key) if process is None else plan_of(source, process, problems)
    if top is None:
        return None
    ext = Extensions(source, problems)
    specs: dict[str, ScopeSpec] = {}
    plans = _walk(top)
    for plan in plans:
        specs[plan.id] = ScopeSpec(plan.id, plan.title, plan.process)
    for plan in plans:
        _make(plan, specs, ext)
    for plan in plans:
        _join(plan, specs[plan.id], ext)
    return specs[top.id]


def _walk(top: Plan) -> list[Plan]:
    plans, todo = [], [top]
    while todo:
        plan = todo.pop()
        plans.append(plan)
        todo.extend(plan.inner.values())
    return plans


def _make(plan: Plan, specs: dict[str, ScopeSpec], ext: Extensions) -> None:
    spec = specs[plan.id]
    for draft in plan.drafts.values():
        inner = specs.get(draft.id) if draft.id in plan.inner else None
        site = Site(draft, plan, spec, ext, inner)
        node = node_of(site)
        if inner is not None:
            spec.children[draft.id] = inner
        if inner is not None and inner.undo is None:
            inner.undo = hidden(inner)
        if isinstance(node, EventSubProcess):
            _listen(site, node, plan.inner[draft.id])


def _listen(site: Site, node: EventSubProcess, inner: Plan) -> None:
    starts = [d for d in inner.drafts.values() if d.kind == "startEvent"]
    if len(starts) != 1:
        site.ext.wrong(site.xml, "an event sub-process has exactly one start event", "事件子流程必须恰好有一个开始事件")
        return
    if {local(event) for event in starts[0].events} == {"compensateEventDefinition"}:
        site.spec.undo = node  # it undoes the sub-process it is in
        return
    made = [listener_of(site, node, starts[0], n) for n in range(max(1, len(starts[0].events)))]
    listeners = tuple(listener for listener in made if listener is not None)
    site.spec.listeners = (*site.spec.listeners, *listeners)
    if len(listeners) > 1 and flag(starts[0].xml, "parallelMultiple", False):
        _together(listeners, site.ext, starts[0].xml)


def _together(nodes: Sequence[Any], ext: Extensions, xml: etree._Element) -> None:
    """Tie the nodes of an event that waits for all of its triggers."""
    impatient = sorted({node.trigger.kind for node in nodes} - PATIENT)
    if impatient:
        kinds = ", ".join(impatient)
        ext.problems.unable(xml, f"waiting for {kinds} together with other triggers", f"与其他触发条件一起等待 {kinds}")
    for node in nodes:
        node.together = tuple(nodes)


def _join(plan: Plan, spec: ScopeSpec, ext: Extensions) -> None:
    incoming: dict[str, list[Flow]] = {}
    for draft in plan.drafts.values():
        node = spec.node(draft.id)
        if node is None:
            continue
        default = given(draft.xml, "default")
        flows = []
        for wire in draft.outgoing:
            target = spec.node(wire.target)
            if target is None:
                continue
            flow = Flow(wire.id, wire.title, node, target, ext.condition(wire.condition, wire.xml), wire.drawn)
            flows.append(flow)
            incoming.setdefault(wire.target, []).append(flow)
            if wire.id == default:
                node.default = flow
        node.out = tuple(flows)
        if isinstance(node, Boundary):
            if node.trigger.kind == "compensate":
                _undo(node, plan, spec, ext, draft.xml)
            else:
                _attach(node, given(draft.xml, "attachedToRef"), spec, ext, draft.xml)
    for id, flows in incoming.items():
        target = spec.node(id)
        assert target is not None
        target.incoming = tuple(flows)
    for draft in plan.drafts.values():
        if draft.together and all(made := [spec.node(id) for id in draft.together]):
            _together(made, ext, draft.xml)
    spec.starts = tuple(node for draft in starts_of(plan) if (node := spec.node(draft.id)) is not None)
    if not spec.starts and not _hollow(plan):
        ext.wrong(plan.xml, "nothing in it can start", "其中没有可以开始的元素")
    _reach(spec)
    _check_events(plan, spec, ext)


def _hollow(plan: Plan) -> bool:
    """Whether it is a process or sub-process drawn without anything in it (collapsed): it is over at once."""
    return not plan.drafts and not flag(plan.xml, "triggeredByEvent", False) and local(plan.xml) != "adHocSubProcess"


def _attach(node: Boundary, ref: str | None, spec: ScopeSpec, ext: Extensions, xml: object) -> None:
    activity = spec.node((ref or "").rpartition(":")[2]) if ref else None
    if activity is None or not activity.told_cancelled:
        ext.wrong(xml, f"it is attached to '{ref}', which is no activity here", "边界事件没有附着在活动上")  # type: ignore[arg-type]
    else:
        activity.boundaries = (*activity.boundaries, node)


def _undo(node: Boundary, plan: Plan, spec: ScopeSpec, ext: Extensions, xml: etree._Element) -> None:
    """A compensation boundary event: tie its activity to the handler that the association leads to."""
    activity = spec.node(given(xml, "attachedToRef") or "")
    handler = plan.drafts.get(plan.links.get(node.name, ""))
    undo = None if handler is None else spec.node(handler.id)
    if activity is None or undo is None or handler is None or not flag(handler.xml, "isForCompensation", False):
        ext.wrong(xml, "no association leads from it to a compensation activity", "没有关联指向补偿活动")
        return
    # Each run of a loop is undone by itself, with its own data.
    (activity.body if isinstance(activity, Loop) else activity).undo = undo


def _check_events(plan: Plan, spec: ScopeSpec, ext: Extensions) -> None:
    for draft in plan.drafts.values():
        node = spec.node(draft.id)
        if draft.kind == "transaction" and node is not None:
            ends = any(isinstance(inner, CancelEnd) for inner in spec.children[draft.id].task_specs.values())
            if ends and not any(b.trigger.kind == "cancel" for b in node.boundaries):
                ext.wrong(
                    draft.xml,
                    "it is cancelled inside but has no cancel boundary event",
                    "事务内有取消，但缺少取消边界事件",
                )
        if isinstance(node, EventGateway):
            for flow in node.out:
                if flow.target.kind not in ("intermediateCatchEvent", "receiveTask") or flow.target.boundaries:
                    ext.wrong(
                        draft.xml,
                        f"'{flow.target.title or flow.target.origin}' behind it is no catching event",
                        "事件网关之后必须是捕获事件",
                    )


def _reach(spec: ScopeSpec) -> None:
    """For each inclusive join: from which nodes its incoming flows can still be reached, worked out when asked."""
    joins = [n for n in spec.task_specs.values() if isinstance(n, InclusiveGateway) and len(n.incoming) > 1]
    spec.inclusive = tuple(joins)
    if not joins:
        return
    before: dict[str, list[Node]] = {}
    for node in spec.task_specs.values():
        for flow in node.out:
            before.setdefault(flow.target.name, []).append(node)
        for boundary in node.boundaries:
            before.setdefault(boundary.name, []).append(node)
    for join in joins:
        join.upstream = Upstream(join, before)


def calls_of(scope: ScopeSpec) -> list[CallActivity]:
    """The call activities of a process, those in its sub-processes included."""
    found, todo = [], [scope]
    while todo:
        spec = todo.pop()
        found += [node for node in spec.task_specs.values() if isinstance(node, CallActivity)]
        todo.extend(spec.children.values())
    return found
