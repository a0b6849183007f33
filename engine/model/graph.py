"""The typed graph of a BPMN file: processes, nodes, flows, events, definitions, with ids, lines and XML at hand.

Reading never fails on a model that is wrong: dangling references become ``None`` ends, duplicate ids keep the
first bearer. Whether a model is good is for the rules (``engine.bpmn.rules``) to say.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree

from engine.model.vocabulary import EVENT_DEFINITIONS, FLOW_NODES, SCOPES
from engine.model.xml import BPMN, line_of, local, read, space


@dataclass(eq=False, slots=True)
class Event:
    """What an event waits for or throws. ``kind`` is timer, message, error … ("" never)."""

    kind: str
    xml: etree._Element
    ref: str | None = None  # id of the message, error, signal, escalation, activity
    line: int | None = None


@dataclass(eq=False, slots=True)
class Flow:
    """A sequence flow. Its id may be made up (BPMN does not demand one): ``drawn`` is False then."""

    id: str
    name: str
    source_ref: str
    target_ref: str
    xml: etree._Element
    scope: Scope
    line: int | None
    source: Node | None = None
    target: Node | None = None
    condition: etree._Element | None = None
    drawn: bool = True


@dataclass(eq=False, slots=True)
class Node:
    """A flow node: event, activity or gateway. ``kind`` is its BPMN name, e.g. ``userTask``."""

    id: str
    name: str
    kind: str
    xml: etree._Element
    scope: Scope
    line: int | None
    incoming: list[Flow] = field(default_factory=list)
    outgoing: list[Flow] = field(default_factory=list)
    events: tuple[Event, ...] = ()
    attached_ref: str | None = None
    attached_to: Node | None = None
    boundary: list[Node] = field(default_factory=list)
    default: str | None = None
    lane: str | None = None  # id of the innermost lane
    body: Scope | None = None  # of a sub-process

    @property
    def event(self) -> str:
        """Kind of the event: none, timer, message …, or multiple; "" for nodes that are no events."""
        if not self.kind.endswith("Event"):
            return ""
        if not self.events:
            return "none"
        return self.events[0].kind if len(self.events) == 1 else "multiple"

    @property
    def event_scope(self) -> bool:
        """Whether it is an event sub-process."""
        return self.kind == "subProcess" and self.xml.get("triggeredByEvent") in ("true", "1")

    @property
    def compensation(self) -> bool:
        return self.xml.get("isForCompensation") in ("true", "1")

    def flag(self, name: str, default: bool = False) -> bool:
        """A boolean attribute of the element."""
        value = self.xml.get(name)
        return default if value is None else value.strip() in ("true", "1")

    def child(self, name: str) -> etree._Element | None:
        """First child of BPMN's namespace with this name."""
        return self.xml.find(f"{{{BPMN}}}{name}")


@dataclass(eq=False, slots=True)
class Lane:
    id: str
    name: str
    xml: etree._Element
    line: int | None
    nodes: tuple[str, ...]
    parent: str | None = None


@dataclass(eq=False, slots=True)
class Scope:
    """A process or the inside of a sub-process."""

    id: str
    name: str
    kind: str
    xml: etree._Element
    line: int | None
    owner: Node | None = None  # the sub-process; None for a process
    nodes: list[Node] = field(default_factory=list)
    flows: list[Flow] = field(default_factory=list)
    lanes: list[Lane] = field(default_factory=list)

    def starts(self) -> list[Node]:
        return [n for n in self.nodes if n.kind == "startEvent"]

    def walk(self) -> Iterator[Scope]:
        """This scope and all scopes inside, outermost first."""
        yield self
        for node in self.nodes:
            if node.body is not None:
                yield from node.body.walk()

    @property
    def process(self) -> Scope:
        """The process this scope belongs to."""
        return self if self.owner is None else self.owner.scope.process

    @property
    def executable(self) -> bool:
        """False only where the model says ``isExecutable="false"``: absent means a bare model, which runs."""
        return self.xml.get("isExecutable", "true").strip() in ("true", "1")


@dataclass(eq=False, slots=True)
class Model:
    """One BPMN file."""

    root: etree._Element
    processes: list[Scope]
    nodes: dict[str, Node]
    flows: dict[str, Flow]
    elements: dict[str, etree._Element]  # id → element in BPMN's namespace, first bearer
    doubles: list[etree._Element]  # further bearers of an id

    def scopes(self) -> Iterator[Scope]:
        """All processes and the insides of their sub-processes."""
        for process in self.processes:
            yield from process.walk()

    def all_nodes(self) -> Iterator[Node]:
        """Every flow node, also those whose id is doubled or missing."""
        for scope in self.scopes():
            yield from scope.nodes

    def globals(self, kind: str) -> dict[str, etree._Element]:
        """Root elements of a kind (message, error, signal …) by id."""
        return {e.get("id", ""): e for e in self.root.findall(f"{{{BPMN}}}{kind}")}

    def process(self, key: str) -> Scope | None:
        return next((p for p in self.processes if p.id == key), None)


def load(xml: bytes, *, limit: int | None = None) -> Model:
    """Read a BPMN file. Raises ``engine.model.xml.BadXml`` (CRM-100 … CRM-104)."""
    return from_tree(read(xml) if limit is None else read(xml, limit=limit))


def from_tree(root: etree._Element) -> Model:
    """The graph of an already parsed file."""
    elements: dict[str, etree._Element] = {}
    doubles = []
    for e in root.iter(f"{{{BPMN}}}*"):
        key = e.get("id")
        if key is None:
            continue
        if key in elements:
            doubles.append(e)
        else:
            elements[key] = e
    model = Model(root, [], {}, {}, elements, doubles)
    model.processes = [_scope(e, None, model) for e in root.findall(f"{{{BPMN}}}process")]
    _connect(model)
    return model


def _scope(xml: etree._Element, owner: Node | None, model: Model) -> Scope:
    scope = Scope(xml.get("id", ""), xml.get("name", ""), local(xml), xml, line_of(xml), owner)
    for e in xml:
        if space(e) != BPMN:
            continue
        kind = local(e)
        if kind in FLOW_NODES:
            node = _node(e, kind, scope)
            scope.nodes.append(node)
            model.nodes.setdefault(node.id, node)
            if kind in SCOPES:
                node.body = _scope(e, node, model)
        elif kind == "sequenceFlow":
            scope.flows.append(_flow(e, scope, model))
        elif kind == "laneSet":
            _lanes(e, None, scope)
    return scope


def _node(e: etree._Element, kind: str, scope: Scope) -> Node:
    node = Node(e.get("id", ""), e.get("name", ""), kind, e, scope, line_of(e))
    node.default = e.get("default")
    node.attached_ref = local_ref(e.get("attachedToRef"))
    if kind.endswith("Event"):
        node.events = tuple(_events(e))
    return node


def _events(e: etree._Element) -> Iterator[Event]:
    seen: list[etree._Element] = []
    for child in e:
        if space(child) != BPMN:
            continue
        if local(child) == "eventDefinitionRef":
            child = _meant(e, child)
        name = local(child)
        if name in EVENT_DEFINITIONS and child not in seen:
            seen.append(child)
            kind = name.removesuffix("EventDefinition")
            ref = child.get("activityRef" if kind == "compensate" else f"{kind}Ref")
            yield Event(kind, child, local_ref(ref), line_of(child))


def _meant(e: etree._Element, ref: etree._Element) -> etree._Element:
    """The definition a reference names: one at the root of the file, or the event's own, said twice; else itself."""
    wanted = local_ref(ref.text)
    found = (x for holder in (e.getroottree().getroot(), e) for x in holder if wanted and x.get("id") == wanted)
    return next(found, ref)


def _flow(e: etree._Element, scope: Scope, model: Model) -> Flow:
    source, target = local_ref(e.get("sourceRef")) or "", local_ref(e.get("targetRef")) or ""
    drawn = e.get("id") is not None
    key = e.get("id") or f"{source}->{target}#{len(scope.flows)}"
    flow = Flow(key, e.get("name", ""), source, target, e, scope, line_of(e), drawn=drawn)
    flow.condition = e.find(f"{{{BPMN}}}conditionExpression")
    model.flows.setdefault(key, flow)
    return flow


def _lanes(lane_set: etree._Element, parent: str | None, scope: Scope) -> None:
    for e in lane_set.findall(f"{{{BPMN}}}lane"):
        refs = [local_ref(r.text) or "" for r in e.findall(f"{{{BPMN}}}flowNodeRef")]
        lane = Lane(e.get("id", ""), e.get("name", ""), e, line_of(e), tuple(refs), parent)
        scope.lanes.append(lane)
        for inner in e.findall(f"{{{BPMN}}}childLaneSet"):
            _lanes(inner, lane.id, scope)


def _connect(model: Model) -> None:
    for scope in model.scopes():
        for flow in scope.flows:
            flow.source, flow.target = model.nodes.get(flow.source_ref), model.nodes.get(flow.target_ref)
            if flow.source is not None:
                flow.source.outgoing.append(flow)
            if flow.target is not None:
                flow.target.incoming.append(flow)
        for node in scope.nodes:
            host = model.nodes.get(node.attached_ref) if node.attached_ref else None
            if host is not None:
                node.attached_to = host
                host.boundary.append(node)
        # Inner lanes come after outer ones, so the innermost wins.
        for lane in scope.lanes:
            for ref in lane.nodes:
                if ref in model.nodes:
                    model.nodes[ref].lane = lane.id


def local_ref(value: str | None) -> str | None:
    """A QName reference without its prefix (``tns:Task_1`` → ``Task_1``); None for none."""
    if value is None or not value.strip():
        return None
    return value.strip().rpartition(":")[2]
