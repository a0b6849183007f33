"""Constraints of the standard that no schema can say: what may be tied to what, and how (BPMN 2.0.2)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lxml import etree

from engine.bpmn.dialect import called_by, static
from engine.bpmn.rules.base import ERROR, WARNING, Context, Hit, hit, rule
from engine.bpmn.rules.formal import bearer, foreign
from engine.model.graph import local_ref
from engine.model.soundness import undoing
from engine.model.vocabulary import ACTIVITIES, GATEWAYS
from engine.model.xml import BPMN, line_of, local

#: Data that stand in the diagram, beside activities.
_OUTSIDE = frozenset({"dataObject", "dataObjectReference", "dataStore", "dataStoreReference"})


@rule("CRM-800", ERROR)
def no_end(c: Context) -> Iterator[Hit]:
    """A scope that draws a start event draws an end event, too (10.5.3)."""
    mild = WARNING if foreign(c) else None
    for scope in c.model.scopes():
        if scope.starts() and not any(n.kind == "endEvent" for n in scope.nodes):
            yield Hit(scope.xml, None, mild)


@rule("CRM-801", ERROR)
def lone_condition(c: Context) -> Iterator[Hit]:
    """A conditional flow of an activity has company: with one way only, a false condition loses the case (8.3.13)."""
    for node in c.model.all_nodes():
        if node.kind in ACTIVITIES and len(node.outgoing) == 1 and node.outgoing[0].condition is not None:
            yield hit(node.outgoing[0].xml, node=node.name or node.id)


@rule("CRM-802", ERROR)
def inner_message(c: Context) -> Iterator[Hit]:
    """A message flow joins two pools, not two places of one (9.3)."""
    pools = {}
    for e in c.model.root.iter(f"{{{BPMN}}}participant"):
        pools[e.get("id")] = local_ref(e.get("processRef")) or e.get("id")
    for e in c.model.root.iter(f"{{{BPMN}}}messageFlow"):
        ends = [_pool(c, local_ref(e.get(end)), pools) for end in ("sourceRef", "targetRef")]
        if ends[0] is not None and ends[0] == ends[1] and local(_up(e)) == "collaboration":
            yield hit(e, pool=ends[0])


def _pool(c: Context, ref: str | None, pools: dict[Any, Any]) -> str | None:
    if ref in pools:
        return str(pools[ref])
    node = c.model.nodes.get(ref or "")
    return node.scope.process.id if node is not None else None


@rule("CRM-803", ERROR)
def input_of_scope(c: Context) -> Iterator[Hit]:
    """An embedded sub-process has no inputs and outputs of its own: it sees the variables around it (10.3.5)."""
    for node in c.model.all_nodes():
        if node.body is not None and node.child("ioSpecification") is not None:
            yield hit(node.xml)


@rule("CRM-804", ERROR)
def data_backwards(c: Context) -> Iterator[Hit]:
    """Data go from outputs to inputs: nothing is written into an input from inside, or read from an output (10.4.2)."""
    for name, end, wrong in (
        ("dataInputAssociation", "sourceRef", "dataOutput"),
        ("dataOutputAssociation", "targetRef", "dataInput"),
    ):
        for e in c.model.root.iter(f"{{{BPMN}}}{name}"):
            for ref in e.findall(f"{{{BPMN}}}{end}"):
                target = c.model.elements.get(local_ref(ref.text) or "")
                if target is not None and local(target) == wrong and _owner(target) in ("process", "globalTask"):
                    yield hit(bearer(e), line_of(e), ref=ref.text, wrong=wrong)


@rule("CRM-813", ERROR)
def inner_end(c: Context) -> Iterator[Hit]:
    """What flows into an activity ends in it, what flows out of it begins in it (10.4.2)."""
    for name, end in (("dataInputAssociation", "targetRef"), ("dataOutputAssociation", "sourceRef")):
        for e in c.model.root.iter(f"{{{BPMN}}}{name}"):
            for ref in e.findall(f"{{{BPMN}}}{end}"):
                target = c.model.elements.get(local_ref(ref.text) or "")
                if target is not None and local(target) in _OUTSIDE:
                    yield hit(bearer(e), line_of(e), ref=ref.text, end=end)


def _owner(e: etree._Element) -> str:
    """Kind of the element whose input or output this is."""
    holder = e.getparent()
    owner = holder.getparent() if holder is not None else None
    return local(owner) if owner is not None else ""


@rule("CRM-805", ERROR)
def many_sources(c: Context) -> Iterator[Hit]:
    """A data association with several sources says how they become one (10.4.2)."""
    for e in c.model.root.iter(f"{{{BPMN}}}dataInputAssociation", f"{{{BPMN}}}dataOutputAssociation"):
        sources = e.findall(f"{{{BPMN}}}sourceRef")
        if len(sources) > 1 and e.find(f"{{{BPMN}}}transformation") is None:
            yield hit(bearer(e), line_of(e), count=len(sources))


@rule("CRM-806", ERROR)
def borrowed_trigger(c: Context) -> Iterator[Hit]:
    """A shared event definition stands at the root of the file, not inside another event (10.5.5)."""
    for node in c.model.all_nodes():
        for e in node.xml.findall(f"{{{BPMN}}}eventDefinitionRef"):
            target = c.model.elements.get(local_ref(e.text) or "")
            # One that refers to its own definition says the same twice: odd, and right.
            if target is not None and local(_up(target)) != "definitions" and _up(target) is not node.xml:
                yield hit(node.xml, line_of(e), ref=e.text)


@rule("CRM-807", ERROR)
def uncallable(c: Context) -> Iterator[Hit]:
    """A called process begins by a start event without trigger (10.3.6)."""
    for node in c.model.all_nodes():
        called = c.model.process(static(called_by(node)) or "") if node.kind == "callActivity" else None
        if called is not None and called.starts() and all(s.event != "none" for s in called.starts()):
            yield hit(node.xml, called=called.name or called.id)


@rule("CRM-808", ERROR)
def link_flows(c: Context) -> Iterator[Hit]:
    """A thrown link is only entered, a caught link only left (10.5.5)."""
    for node in c.model.all_nodes():
        if node.event != "link":
            continue
        if node.kind == "intermediateThrowEvent" and (node.outgoing or not node.incoming):
            yield hit(node.xml)
        if node.kind == "intermediateCatchEvent" and (node.incoming or not node.outgoing):
            yield hit(node.xml)


@rule("CRM-814", ERROR)
def many_handlers(c: Context) -> Iterator[Hit]:
    """A compensation boundary event leads to one activity (10.7.1)."""
    for node in c.model.all_nodes():
        if node.kind == "boundaryEvent" and node.event == "compensate" and len(to := undoing(c.model, node)) > 1:
            yield hit(node.xml, handlers=", ".join(sorted(h.name or h.id for h in to)))


@rule("CRM-809", ERROR)
def loose_gateway(c: Context) -> Iterator[Hit]:
    """A gateway is tied to something (10.6.1)."""
    for node in c.model.all_nodes():
        if node.kind in GATEWAYS and not node.incoming and not node.outgoing:
            yield hit(node.xml)


@rule("CRM-810", ERROR)
def loose_event(c: Context) -> Iterator[Hit]:
    """An intermediate catch event is come to and left by flows; it cannot begin a process (10.5.4)."""
    for node in c.model.all_nodes():
        if node.kind in ("intermediateCatchEvent", "intermediateThrowEvent") and node.event != "link":
            if not node.incoming and node.scope.kind != "adHocSubProcess":
                yield hit(node.xml, side="incoming", side_zh="流入")
            elif not node.outgoing and node.scope.kind != "adHocSubProcess":
                yield hit(node.xml, side="outgoing", side_zh="流出")


@rule("CRM-811", ERROR)
def codeless_escalation(c: Context) -> Iterator[Hit]:
    """A thrown escalation has a code, so that somebody can catch it (10.5.5)."""
    escalations = c.model.globals("escalation")
    for node in c.model.all_nodes():
        if node.kind not in ("endEvent", "intermediateThrowEvent"):
            continue
        for event in node.events:
            if event.kind == "escalation" and not _coded(escalations.get(event.ref or "")):
                yield hit(node.xml, event.line)


def _coded(e: etree._Element | None) -> bool:
    return e is not None and bool((e.get("escalationCode") or "").strip())


def _up(e: etree._Element) -> etree._Element:
    parent = e.getparent()
    return e if parent is None else parent
