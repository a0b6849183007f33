"""What a model says about itself before it runs: keys, owner and goal, what it needs, how it may start."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from engine.bpmn.dialect import crmflow_value, decision_of, form_of, static, zeebe_value
from engine.bpmn.dialect_camunda7 import speaks, translate
from engine.bpmn.references import CALLS, FORMS, Reference, references
from engine.bpmn.time_marks import time_marks
from engine.model.graph import Model, Node, Scope, from_tree
from engine.model.vocabulary import FLOW_NODES
from engine.model.xml import BPMN, local, read, text_of


@dataclass(frozen=True, slots=True)
class ElementInfo:
    """One thing that is drawn. ``kind`` is its BPMN name."""

    id: str
    name: str
    kind: str
    documentation: str = ""


@dataclass(frozen=True, slots=True)
class DecisionLink:
    """One place that asks a decision, and which version of it: latest, deployment, versionTag (with ``tag``)."""

    element: str
    decision: str
    binding: str = "latest"
    tag: str = ""


@dataclass(frozen=True, slots=True)
class ProcessInfo:
    """One process of a file. References are literal ids, also those an expression chooses between."""

    key: str
    name: str
    executable: bool
    owner: str | None
    goal: str | None
    kpi: str | None
    kind: str | None  # business | management
    stage: str | None
    version_tag: str | None
    variant_of: str | None
    variants: str | None  # id of the decision that picks a variant at start
    start_form: str | None
    forms: tuple[str, ...]
    decisions: tuple[str, ...]
    calls: tuple[str, ...]
    messages_start: tuple[tuple[str, str], ...]  # (element id of the start event, message name)
    elements: Mapping[str, ElementInfo]
    documentation: str = ""
    links: tuple[DecisionLink, ...] = ()  # of ``decisions``, place by place
    time: Mapping[str, Any] = field(default_factory=dict)  # see ``time_marks``
    open: tuple[str, ...] = ()  # of forms and calls: where an expression may name any
    tags: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # forms and calls → name → its version tag


def inspect(xml: bytes) -> tuple[ProcessInfo, ...]:
    """The processes of a file, in its order. Raises ``engine.model.xml.BadXml`` (CRM-100 … CRM-104)."""
    root = read(xml)
    if speaks(xml):
        translate(root)
    model = from_tree(root)
    return tuple(_process(p, model) for p in model.processes if p.id)


def documentation(xml: etree._Element) -> str:
    """The documentation of an element, its parts joined by blank lines."""
    parts = [text_of(d) for d in xml.findall(f"{{{BPMN}}}documentation")]
    return "\n\n".join(p for p in parts if p)


def message_name(model: Model, ref: str | None) -> str | None:
    """Name of a message by its id; None when there is no such message or it has no name."""
    e = model.globals("message").get(ref or "")
    return e.get("name") or None if e is not None else None


def _process(process: Scope, model: Model) -> ProcessInfo:
    nodes = [n for scope in process.walk() for n in scope.nodes]
    decisions = [decision_of(n) for n in nodes]
    variants = crmflow_value(process.xml, "process", "variants")
    named = list(references(nodes))
    return ProcessInfo(
        key=process.id,
        name=process.name or process.id,
        executable=process.executable,
        owner=crmflow_value(process.xml, "process", "owner"),
        goal=crmflow_value(process.xml, "process", "goal"),
        kpi=crmflow_value(process.xml, "process", "kpi"),
        kind=crmflow_value(process.xml, "process", "kind"),
        stage=crmflow_value(process.xml, "process", "stage"),
        version_tag=zeebe_value(process.xml, "versionTag", "value"),
        variant_of=crmflow_value(process.xml, "process", "variantOf"),
        variants=variants,
        start_form=next((form_of(s) for s in process.starts() if s.event == "none" and form_of(s)), None),
        forms=_named(named, FORMS),
        decisions=_unique([*(static(d) for d in decisions), variants]),
        calls=_named(named, CALLS),
        messages_start=_messages(process, model),
        elements=_elements(process),
        documentation=documentation(process.xml),
        links=tuple(_links(process.id, nodes, variants)),
        time=time_marks(process.xml),
        open=_unique(one.area for one in named if one.open),
        tags=_tags(named),
    )


def _named(found: Iterable[Reference], area: str) -> tuple[str, ...]:
    return _unique(name for one in found if one.area == area for name in one.names)


def _tags(found: Iterable[Reference]) -> dict[str, dict[str, str]]:
    """Which version of a form or a called process is meant, where a tag says so."""
    tags: dict[str, dict[str, str]] = {}
    for one in found:
        for name in one.names if one.binding == "versionTag" and one.tag else ():
            tags.setdefault(one.area, {}).setdefault(name, one.tag)
    return tags


def _links(key: str, nodes: Iterable[Node], variants: str | None) -> Iterator[DecisionLink]:
    """Who asks which decision; the one that picks a variant is always the newest."""
    if variants:
        yield DecisionLink(key, variants)
    for node in nodes:
        decision = static(decision_of(node))
        if decision:
            kind = zeebe_value(node.xml, "calledDecision", "bindingType") or "latest"
            tag = zeebe_value(node.xml, "calledDecision", "versionTag") if kind == "versionTag" else None
            yield DecisionLink(node.id, decision, kind, tag or "")


def _messages(process: Scope, model: Model) -> tuple[tuple[str, str], ...]:
    found = []
    for start in process.starts():
        for event in start.events:
            name = message_name(model, event.ref) if event.kind == "message" else None
            if name:
                found.append((start.id, name))
    return tuple(found)


#: What people see beside flow nodes: things that have an id and a label in the diagram.
_LABELLED = FLOW_NODES | {
    "sequenceFlow",
    "lane",
    "textAnnotation",
    "dataObjectReference",
    "dataStoreReference",
}


def _elements(process: Scope) -> Mapping[str, ElementInfo]:
    found: dict[str, ElementInfo] = {}
    for e in process.xml.iter(f"{{{BPMN}}}*"):
        kind, key = local(e), e.get("id")
        if kind in _LABELLED and key and key not in found:
            found[key] = ElementInfo(key, e.get("name", ""), kind, documentation(e))
    return found


def _unique(values: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(v for v in values if v))
