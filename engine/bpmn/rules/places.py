"""Constraints on places: which trigger stands where, what comes in and goes out, what gateways and scopes may hold."""

from __future__ import annotations

from collections.abc import Iterator

from engine.bpmn.rules.base import ERROR, WARNING, Context, Hit, hit, rule
from engine.bpmn.rules.formal import foreign
from engine.bpmn.rules.supported import behind_start
from engine.domain.states import Severity
from engine.model.graph import Node, Scope
from engine.model.soundness import handlers
from engine.model.vocabulary import GATEWAYS

#: Kind of event → triggers BPMN allows there (Table 10.93); several together are looked at one by one.
_TRIGGERS = {
    "startEvent": frozenset({"message", "timer", "conditional", "signal"}),
    "intermediateCatchEvent": frozenset({"message", "timer", "conditional", "signal", "link"}),
    "intermediateThrowEvent": frozenset({"message", "escalation", "compensate", "link", "signal"}),
    "endEvent": frozenset({"message", "error", "escalation", "cancel", "compensate", "signal", "terminate"}),
}


@rule("CRM-833", ERROR)
def direction(c: Context) -> Iterator[Hit]:
    """A gateway joins or splits as its ``gatewayDirection`` says (10.6.1)."""
    for node in c.model.all_nodes():
        if node.kind not in GATEWAYS:
            continue
        said, come, go = node.xml.get("gatewayDirection", ""), len(node.incoming), len(node.outgoing)
        wrong = {
            "Converging": go > 1 or come < 2,
            "Diverging": come > 1 or go < 2,
            "Mixed": come < 2 or go < 2,
        }.get(said.strip(), False)
        if wrong:
            yield hit(node.xml, said=said, come=come, go=go)


@rule("CRM-865", ERROR)
def ad_hoc_ends(c: Context) -> Iterator[Hit]:
    """An ad-hoc sub-process has activities, and neither start nor end events (10.3.5)."""
    for scope in c.model.scopes():
        if scope.kind != "adHocSubProcess":
            continue
        for node in scope.nodes:
            if node.kind in ("startEvent", "endEvent"):
                yield hit(node.xml, why="may not stand in an ad-hoc sub-process", why_zh="不能放在即席子流程中")
        if not any(not n.kind.endswith(("Event", "Gateway")) for n in scope.nodes):
            yield hit(scope.xml, why="holds no activity", why_zh="没有任何活动")


@rule("CRM-852", ERROR)
def misplaced_trigger(c: Context) -> Iterator[Hit]:
    """An event has a trigger that BPMN allows at its place (10.5.1, Table 10.93)."""
    for node in c.model.all_nodes():
        allowed = _TRIGGERS.get(node.kind)
        if allowed is None or (node.kind == "startEvent" and node.scope.owner is not None):
            continue  # sub-processes have CRM-145, boundaries CRM-141
        if node.kind == "intermediateCatchEvent" and not node.events:
            yield hit(node.xml, trigger="none", trigger_zh="空")
        for event in node.events:
            if event.kind not in allowed:
                yield hit(node.xml, event.line, trigger=event.kind)
        cancels = any(event.kind == "cancel" for event in node.events)
        if cancels and node.kind == "endEvent" and node.scope.kind != "transaction":
            yield hit(node.xml, trigger="cancel")


def _aside(node: Node, helpers: set[Node]) -> bool:
    """Whether a node is no part of the flow: event sub-processes, compensation."""
    return node.event_scope or node.compensation or node in helpers or node.scope.kind == "adHocSubProcess"


@rule("CRM-855", ERROR)
def never_entered(c: Context) -> Iterator[Hit]:
    """In a scope with a start event a flow leads to every other node (10.5.2)."""
    helpers, mild = handlers(c.model), _mild(c)
    for scope in _with(c, "startEvent"):
        for node in scope.nodes:
            begins = node.kind in ("startEvent", "boundaryEvent") or node.flag("instantiate")
            caught = node.kind == "intermediateCatchEvent" and node.event == "link"
            if not node.incoming and not begins and not caught and not _aside(node, helpers):
                yield Hit(node.xml, None, mild)


@rule("CRM-856", ERROR)
def never_left(c: Context) -> Iterator[Hit]:
    """In a scope with an end event a flow leads on from every other node (10.5.3)."""
    helpers, mild = handlers(c.model), _mild(c)
    for scope in _with(c, "endEvent"):
        for node in scope.nodes:
            ends = node.kind == "endEvent" or (node.kind == "boundaryEvent" and node.event == "compensate")
            thrown = node.kind == "intermediateThrowEvent" and node.event == "link"
            if not node.outgoing and not ends and not thrown and not _aside(node, helpers):
                yield Hit(node.xml, None, mild)


def _mild(c: Context) -> Severity | None:
    """The engines whose vocabularies we read let a path begin or end anywhere, and so does ours: it is only told."""
    return WARNING if foreign(c) else None


def _with(c: Context, kind: str) -> Iterator[Scope]:
    return (s for s in c.model.scopes() if any(n.kind == kind for n in s.nodes))


@rule("CRM-859", ERROR)
def compensation_flows(c: Context) -> Iterator[Hit]:
    """A compensation activity stands beside the flow: nothing leads to it or from it (10.7.1)."""
    for node in c.model.all_nodes():
        if node.compensation and not node.event_scope and (node.incoming or node.outgoing):
            yield hit(node.xml)


@rule("CRM-860", ERROR)
def event_gateway_start(c: Context) -> Iterator[Hit]:
    """An event gateway that starts the process has no way in; a parallel one does start it (10.6.6)."""
    for node in c.model.all_nodes():
        if node.kind != "eventBasedGateway":
            continue
        starts = node.flag("instantiate")
        if starts and any(f.source is not None and f.source.kind != "startEvent" for f in node.incoming):
            yield hit(node.xml, why="starts the process, yet flows lead to it", why_zh="用于启动流程，却有流入的连线")
        if starts and not node.incoming and node.scope.starts():
            why = "starts the process, yet so does a start event that does not lead to it"
            yield Hit(node.xml, None, _mild(c), {"why": why, "why_zh": "用于启动流程，但流程另有与其无关的开始事件"})
        if not starts and node.xml.get("eventGatewayType") == "Parallel":
            yield hit(node.xml, why="is parallel, yet does not start the process", why_zh="是并行网关，却不启动流程")
        if starts and node.scope.owner is not None:
            yield hit(
                node.xml, why="starts a process, yet stands in a sub-process", why_zh="用于启动流程，却在子流程中"
            )


@rule("CRM-861", ERROR)
def receive_start(c: Context) -> Iterator[Hit]:
    """A receive task that starts the process follows the start event, if any, and is in no sub-process (10.3.3)."""
    for node in c.model.all_nodes():
        if node.kind != "receiveTask" or not node.flag("instantiate"):
            continue
        if node.scope.owner is not None or (node.incoming and not behind_start(node)):
            yield hit(node.xml)
        elif not node.incoming and node.scope.starts():
            yield Hit(node.xml, None, _mild(c))
