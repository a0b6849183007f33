"""From XML to a plain plan of nodes and wires; constructs that are only another way of drawing are rewritten.

Rewritten here: sequence flows without an id (they get one), link events (an undrawn wire), event definitions
given by reference, scopes without a start event (they start at every node without incoming flows), global
names. What is put in is marked ``drawn=False``; history never shows it. Nothing here recurses over the model.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from lxml import etree

from engine.bpmn.parse_source import Problems, Source, child, children, flag, local, text_in

#: Elements that are no nodes and have no part in execution.
SILENT = frozenset(
    {
        "association", "auditing", "category", "dataObject", "dataObjectReference", "dataStoreReference",
        "documentation", "extensionElements", "group", "incoming", "ioSpecification", "laneSet", "monitoring",
        "multiInstanceLoopCharacteristics", "outgoing", "property", "standardLoopCharacteristics",
        "supportedInterfaceRef", "textAnnotation", "correlationSubscription", "resourceRole", "performer",
        "potentialOwner", "humanPerformer", "completionCondition", "rendering", "supports",
    }
)  # fmt: skip
SCOPES = frozenset({"subProcess", "transaction", "adHocSubProcess"})
INSIDE = "#in"  # behind the id of an activity that stands in an undrawn sub-process of its loop


@dataclass(slots=True)
class Draft:
    """A node as drawn."""

    id: str
    kind: str  # BPMN local name
    xml: etree._Element
    title: str
    events: list[etree._Element] = field(default_factory=list)  # event definitions, references resolved
    incoming: list[Wire] = field(default_factory=list)
    outgoing: list[Wire] = field(default_factory=list)
    link: bool = False
    origin: str = ""  # id of the drawn element, where this node is only part of it
    drawn: bool = True
    told: str = ""  # what history calls it, where not its kind
    begins: bool = False  # stands for a start event
    together: tuple[str, ...] = ()  # ids of the nodes of an event that waits for all of its triggers


@dataclass(slots=True)
class Wire:
    """A sequence flow."""

    id: str
    title: str
    source: str
    target: str
    condition: str | None = None
    xml: etree._Element | None = None
    drawn: bool = True


@dataclass(slots=True)
class Plan:
    """A process or sub-process: nodes, wires, inner plans by the id of their node."""

    id: str
    title: str
    process: str
    xml: etree._Element
    drafts: dict[str, Draft] = field(default_factory=dict)
    wires: list[Wire] = field(default_factory=list)
    inner: dict[str, Plan] = field(default_factory=dict)
    lanes: dict[str, str] = field(default_factory=dict)  # node id → lane
    links: dict[str, str] = field(default_factory=dict)  # associations: source → target


_DEEPEST = 50
#: Global tasks are called like a process of one task.
GLOBAL = {
    "globalTask": "task",
    "globalUserTask": "userTask",
    "globalManualTask": "manualTask",
    "globalScriptTask": "scriptTask",
    "globalBusinessRuleTask": "businessRuleTask",
}


def global_task(source: Source, key: str) -> Plan | None:
    """A process of one task for a global task of the file; None where ``key`` names none."""
    element = source.ids.get(key)
    kind = None if element is None else GLOBAL.get(local(element))
    if element is None or kind is None:
        return None
    title = element.get("name") or ""
    return Plan(key, title, key, element, {key: Draft(key, kind, element, title)})


def plan_of(source: Source, process: etree._Element, problems: Problems) -> Plan:
    """The plan of a process with all its sub-processes, desugared."""
    from engine.bpmn.desugar_events import split_events
    from engine.bpmn.desugar_listeners import split_listeners
    from engine.bpmn.desugar_loops import wrap_loops

    id = process.get("id") or ""
    top = Plan(id, process.get("name") or id, id, process)
    todo, levels = [top], {id: 0}
    while todo:
        plan = todo.pop()
        if levels[plan.id] > _DEEPEST:
            problems.unable(
                plan.xml, f"nesting deeper than {_DEEPEST} sub-processes", f"超过 {_DEEPEST} 层的子流程嵌套"
            )
            continue
        _read(plan, source, problems)
        if not source.translated:  # whether a listener runs once or for each run, other engines' models leave open
            wrap_loops(plan)
        for draft in plan.drafts.values():
            if draft.kind in SCOPES:
                inner = Plan(draft.id, draft.title, id, draft.xml)
                if draft.id in plan.lanes:  # what is in a sub-process is in its lane
                    inner.lanes = dict.fromkeys(_ids_in(draft.xml), plan.lanes[draft.id])
                plan.inner[draft.id] = inner
                levels[draft.id] = levels[plan.id] + 1
                todo.append(inner)
        _link(plan, problems)
        split_listeners(plan, problems, translated=source.translated)
        split_events(plan)
        _connect(plan, problems)
    return top


def _ids_in(xml: etree._Element) -> list[str]:
    return [e.get("id") or "" for e in children(xml)]


def _read(plan: Plan, source: Source, problems: Problems) -> None:
    _lanes(plan)
    nameless = 0
    for element in children(plan.xml):
        kind = local(element)
        if kind == "sequenceFlow":
            id = element.get("id")
            if not id:
                nameless += 1
                id = f"{plan.id}:flow{nameless}"
            condition = child(element, "conditionExpression")
            plan.wires.append(
                Wire(
                    id,
                    element.get("name") or "",
                    (element.get("sourceRef") or "").strip(),
                    (element.get("targetRef") or "").strip(),
                    None if condition is None else text_in(condition) or None,
                    element,
                )
            )
        elif kind == "association":
            plan.links[(element.get("sourceRef") or "").strip()] = (element.get("targetRef") or "").strip()
        elif kind not in SILENT and not kind.endswith("EventDefinition"):
            id = element.get("id") or f"{plan.id}:{kind}{len(plan.drafts)}"
            if id in plan.drafts:
                _twice(element, id, problems)
                continue
            origin = id.removesuffix(INSIDE) if id.endswith(INSIDE) else ""
            events = _events(element, source)
            plan.drafts[id] = Draft(id, kind, element, element.get("name") or "", events, origin=origin)


def _events(element: etree._Element, source: Source) -> list[etree._Element]:
    found: list[etree._Element] = []
    for part in children(element):
        name = local(part)
        if name == "eventDefinitionRef":
            definition = source.ref(part.text)
            part = part if definition is None else definition
        elif not name.endswith("EventDefinition"):
            continue
        if part not in found:  # a reference to the event's own definition says the same again
            found.append(part)
    return found


def _lanes(plan: Plan) -> None:
    for lane in plan.xml.iter("{*}lane"):
        for ref in children(lane, "flowNodeRef"):
            # Document order: a lane within a lane comes later and is the closer one.
            plan.lanes[(ref.text or "").strip()] = lane.get("name") or lane.get("id") or ""


def _link(plan: Plan, problems: Problems) -> None:
    """Link events: each throw gets an undrawn wire to the catch of its name."""
    catches: dict[str, Draft] = {}
    throws: list[tuple[Draft, str]] = []
    for draft in plan.drafts.values():
        if len(draft.events) == 1 and local(draft.events[0]) == "linkEventDefinition":
            name = draft.events[0].get("name") or ""
            draft.link = True
            if draft.kind == "intermediateCatchEvent":
                catches[name] = draft
            else:
                throws.append((draft, name))
    for draft, name in throws:
        if name not in catches:
            problems.add(
                "CRM-191",
                draft.xml,
                f"Link event '{draft.title or draft.id}' leads to '{name}', which no catching link event has.",
                "Give both link events the same link name.",
                f"链接事件“{draft.title or draft.id}”指向“{name}”，但没有同名的捕获事件。",
                "请让两个链接事件使用相同的链接名称。",
            )
            continue
        plan.wires.append(Wire(f"{draft.id}:link", name, draft.id, catches[name].id, drawn=False))


def _connect(plan: Plan, problems: Problems) -> None:
    seen: set[str] = set()
    for wire in plan.wires:
        if wire.id in seen and wire.xml is not None:
            _twice(wire.xml, wire.id, problems)
        seen.add(wire.id)
        source, target = plan.drafts.get(wire.source), plan.drafts.get(wire.target)
        if source is None or target is None:
            missing = wire.target if source is not None else wire.source
            problems.add(
                "CRM-191",
                wire.xml,
                f"Sequence flow '{wire.title or wire.id}' refers to '{missing}', which is not in the same process.",
                "Draw the flow again between two elements of one process.",
                f"顺序流“{wire.title or wire.id}”引用的“{missing}”不在同一流程中。",
                "请在同一流程的两个元素之间重新绘制该顺序流。",
            )
            continue
        source.outgoing.append(wire)
        target.incoming.append(wire)


def starts_of(plan: Plan) -> list[Draft]:
    """Where a scope begins: its start events, else every node that no flow leads to."""
    starts = [d for d in plan.drafts.values() if d.kind == "startEvent" or d.begins]
    if starts:
        return starts
    return [
        d
        for d in plan.drafts.values()
        if not d.incoming
        and d.kind != "boundaryEvent"
        and not flag(d.xml, "triggeredByEvent", False)
        and not flag(d.xml, "isForCompensation", False)
        and not d.link
    ]


def _twice(element: etree._Element, id: str, problems: Problems) -> None:
    problems.add(
        "CRM-191",
        element,
        f"The id '{id}' is used twice.",
        "Give every element an id of its own.",
        f"标识“{id}”被使用了两次。",
        "请为每个元素设置唯一的标识。",
    )
