"""Rules of reference: what an element points at exists and is of the right kind, in the file and in the company."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from lxml import etree

from engine.bpmn.dialect import crmflow_value, decision_of, groups_of, static
from engine.bpmn.references import CALLS, FORMS, references
from engine.bpmn.rules.base import ERROR, WARNING, Context, Hit, hit, rule
from engine.bpmn.rules.formal import foreign
from engine.model.graph import Node, local_ref
from engine.model.vocabulary import ACTIVITIES, CHOREOGRAPHY, CONVERSATIONS, EVENT_DEFINITIONS, FLOW_NODES
from engine.model.xml import BPMN, line_of, local

_ANY: frozenset[str] = frozenset()
_ITEM, _MESSAGE, _OPERATION = frozenset({"itemDefinition"}), frozenset({"message"}), frozenset({"operation"})
#: What holds data and may be the end of a data association (10.4.1).
_AWARE = frozenset(
    {
        *("dataObject", "dataObjectReference", "dataStore", "dataStoreReference", "dataInput", "dataOutput"),
        *("property", "inputDataItem", "outputDataItem"),
    }
)
_CALLABLE = frozenset({"process", "globalTask"}) | {
    f"global{kind}Task" for kind in ("User", "Manual", "Script", "BusinessRule")
}
#: (element, attribute or child) → kinds it may point at; an empty set allows every kind.
_TARGETS: Mapping[tuple[str, str], frozenset[str]] = {
    ("messageEventDefinition", "messageRef"): frozenset({"message"}),
    ("receiveTask", "messageRef"): frozenset({"message"}),
    ("sendTask", "messageRef"): frozenset({"message"}),
    ("messageFlow", "messageRef"): frozenset({"message"}),
    ("errorEventDefinition", "errorRef"): frozenset({"error"}),
    ("signalEventDefinition", "signalRef"): frozenset({"signal"}),
    ("escalationEventDefinition", "escalationRef"): frozenset({"escalation"}),
    ("compensateEventDefinition", "activityRef"): ACTIVITIES,
    ("boundaryEvent", "attachedToRef"): ACTIVITIES,
    ("dataObjectReference", "dataObjectRef"): frozenset({"dataObject"}),
    ("dataStoreReference", "dataStoreRef"): frozenset({"dataStore"}),
    ("participant", "processRef"): frozenset({"process"}),
    ("association", "sourceRef"): _ANY,
    ("association", "targetRef"): _ANY,
    ("messageFlow", "sourceRef"): FLOW_NODES | {"participant"},
    ("messageFlow", "targetRef"): FLOW_NODES | {"participant"},
    ("lane", "flowNodeRef"): FLOW_NODES,
    ("lane", "partitionElementRef"): _ANY,
    ("dataInputAssociation", "sourceRef"): _AWARE,
    ("dataInputAssociation", "targetRef"): _AWARE,
    ("dataOutputAssociation", "sourceRef"): _AWARE,
    ("dataOutputAssociation", "targetRef"): _AWARE,
    ("group", "categoryValueRef"): frozenset({"categoryValue"}),
    ("startEvent", "eventDefinitionRef"): EVENT_DEFINITIONS,
    ("endEvent", "eventDefinitionRef"): EVENT_DEFINITIONS,
    ("intermediateCatchEvent", "eventDefinitionRef"): EVENT_DEFINITIONS,
    ("intermediateThrowEvent", "eventDefinitionRef"): EVENT_DEFINITIONS,
    ("boundaryEvent", "eventDefinitionRef"): EVENT_DEFINITIONS,
    ("correlationSubscription", "correlationKeyRef"): frozenset({"correlationKey"}),
    ("correlationPropertyRetrievalExpression", "messageRef"): _MESSAGE,
    ("correlationKey", "correlationPropertyRef"): frozenset({"correlationProperty"}),
    ("correlationPropertyBinding", "correlationPropertyRef"): frozenset({"correlationProperty"}),
    ("callActivity", "calledElement"): _CALLABLE,
    ("callConversation", "calledCollaborationRef"): frozenset({"collaboration", "globalConversation"}),
    ("choreographyTask", "messageFlowRef"): frozenset({"messageFlow"}),
    ("collaboration", "choreographyRef"): frozenset({"choreography", "globalChoreographyTask"}),
    **{(kind, "participantRef"): frozenset({"participant"}) for kind in (*CONVERSATIONS, *CHOREOGRAPHY)},
    **{(kind, "initiatingParticipantRef"): frozenset({"participant"}) for kind in sorted(CHOREOGRAPHY)},
    **{(kind, "messageFlowRef"): frozenset({"messageFlow"}) for kind in sorted(CONVERSATIONS)},
    ("conversationAssociation", "innerConversationNodeRef"): CONVERSATIONS,
    ("conversationAssociation", "outerConversationNodeRef"): CONVERSATIONS,
    ("messageFlowAssociation", "innerMessageFlowRef"): frozenset({"messageFlow"}),
    ("messageFlowAssociation", "outerMessageFlowRef"): frozenset({"messageFlow"}),
    ("conversationLink", "sourceRef"): _ANY,
    ("conversationLink", "targetRef"): _ANY,
    ("inputSet", "dataInputRefs"): frozenset({"dataInput", "inputDataItem"}),
    ("inputSet", "optionalInputRefs"): frozenset({"dataInput"}),
    ("inputSet", "whileExecutingInputRefs"): frozenset({"dataInput"}),
    ("inputSet", "outputSetRefs"): frozenset({"outputSet"}),
    ("outputSet", "dataOutputRefs"): frozenset({"dataOutput", "outputDataItem"}),
    ("outputSet", "optionalOutputRefs"): frozenset({"dataOutput"}),
    ("outputSet", "whileExecutingOutputRefs"): frozenset({"dataOutput"}),
    ("outputSet", "inputSetRefs"): frozenset({"inputSet"}),
    ("ioBinding", "operationRef"): _OPERATION,
    ("ioBinding", "inputDataRef"): frozenset({"dataInput", "inputSet"}),
    ("ioBinding", "outputDataRef"): frozenset({"dataOutput", "outputSet"}),
    ("linkEventDefinition", "source"): frozenset({"linkEventDefinition"}),
    ("linkEventDefinition", "target"): frozenset({"linkEventDefinition"}),
    ("multiInstanceLoopCharacteristics", "loopDataInputRef"): _AWARE,
    ("multiInstanceLoopCharacteristics", "loopDataOutputRef"): _AWARE,
    ("multiInstanceLoopCharacteristics", "oneBehaviorEventRef"): EVENT_DEFINITIONS,
    ("multiInstanceLoopCharacteristics", "noneBehaviorEventRef"): EVENT_DEFINITIONS,
    ("operation", "inMessageRef"): _MESSAGE,
    ("operation", "outMessageRef"): _MESSAGE,
    ("operation", "errorRef"): frozenset({"error"}),
    ("message", "itemRef"): _ITEM,
    ("error", "structureRef"): _ITEM,
    ("escalation", "structureRef"): _ITEM,
    ("signal", "structureRef"): _ITEM,
    ("participant", "interfaceRef"): frozenset({"interface"}),
    ("participant", "endPointRef"): frozenset({"endPoint"}),
    ("partnerEntity", "participantRef"): frozenset({"participant"}),
    ("partnerRole", "participantRef"): frozenset({"participant"}),
    ("participantAssociation", "innerParticipantRef"): frozenset({"participant"}),
    ("participantAssociation", "outerParticipantRef"): frozenset({"participant"}),
    ("process", "definitionalCollaborationRef"): frozenset({"collaboration", "choreography", "globalConversation"}),
    ("process", "supports"): frozenset({"process"}),
    ("process", "supportedInterfaceRef"): frozenset({"interface"}),
    ("resourceParameterBinding", "parameterRef"): frozenset({"resourceParameter"}),
    **{(kind, "operationRef"): _OPERATION for kind in ("serviceTask", "sendTask", "receiveTask")},
    ("messageEventDefinition", "operationRef"): _OPERATION,
    **{(kind, "resourceRef"): frozenset({"resource"}) for kind in ("resourceRole", "performer")},
    **{(kind, "resourceRef"): frozenset({"resource"}) for kind in ("humanPerformer", "potentialOwner")},
    **{(kind, "itemSubjectRef"): _ITEM for kind in sorted(_AWARE)},
}
#: What is called may be in another file, and the structure of data is a type of some language, in any file.
_ELSEWHERE = frozenset({"calledElement", "structureRef"})
#: Names that other engines' files use freely: they may also mean something outside of the file.
_ABROAD = _ELSEWHERE | {"itemSubjectRef", "itemRef"}
#: Pure drawing: a broken reference there stops nothing.
_MILD = frozenset({"association", "group", "messageFlow", "dataStoreReference", "lane", "operation"})


def _references(e: etree._Element) -> Iterator[tuple[str, str, int | None]]:
    """(attribute or child name, id pointed at, line) of an element."""
    kind = local(e)
    for owner, name in _BY_KIND.get(kind, ()):
        value = local_ref(e.get(name))
        if value:
            yield name, value, line_of(e)
        for child in e.findall(f"{{{BPMN}}}{name}"):
            value = local_ref(child.text)
            if value:
                yield name, value, line_of(child)
        assert owner == kind


_BY_KIND: dict[str, list[tuple[str, str]]] = {}
for _key in _TARGETS:
    _BY_KIND.setdefault(_key[0], []).append(_key)


def _imported(c: Context, e: etree._Element, name: str) -> bool:
    """Whether a QName points into another file: its prefix is bound to a foreign namespace."""
    prefix = (e.get(name) or "").strip().rpartition(":")[0]
    ns = e.nsmap.get(prefix) if prefix else None
    return ns is not None and ns not in (c.model.root.get("targetNamespace"), BPMN)


@rule("CRM-122", ERROR)
def dangling(c: Context) -> Iterator[Hit]:
    """What an element points at is in the file."""
    abroad = _ABROAD if foreign(c) else _ELSEWHERE
    for e in c.model.root.iter(f"{{{BPMN}}}*"):
        for name, ref, line in _references(e):
            if ref not in c.model.elements and name not in abroad and not _imported(c, e, name):
                # Pure drawing stops nothing; but plain BPMN that is not what it says is not to be trusted.
                mild = WARNING if local(e) in _MILD and foreign(c) else None
                yield Hit(_pin(e), line, mild, {"attribute": name, "ref": ref, "here": local(e)})


@rule("CRM-123", ERROR)
def wrong_kind(c: Context) -> Iterator[Hit]:
    """What an element points at is of the right kind."""
    for e in c.model.root.iter(f"{{{BPMN}}}*"):
        for name, ref, line in _references(e):
            target, allowed = c.model.elements.get(ref), _TARGETS[local(e), name]
            if name == "calledElement" and target is not None and target.getparent() is not c.model.root:
                continue  # a process of another file may be called as an element here is
            if target is not None and allowed and local(target) not in allowed:
                wanted = "task, sub-process or call activity" if allowed == ACTIVITIES else ", ".join(sorted(allowed))
                params = {"attribute": name, "ref": ref, "is": local(target), "wanted": wanted, "here": local(e)}
                yield Hit(_pin(e), line, None, params)


def _pin(e: etree._Element) -> etree._Element:
    """Event definitions are shown at their event."""
    parent = e.getparent()
    if local(e) in EVENT_DEFINITIONS and parent is not None and local(parent) != "definitions":
        return parent
    at: etree._Element | None = e
    while at is not None and at.get("id") is None:
        at = at.getparent()
    return e if at is None or local(at) == "definitions" else at


@rule("CRM-120", ERROR)
def loose_flows(c: Context) -> Iterator[Hit]:
    """Both ends of a sequence flow are flow nodes of the file."""
    for scope in c.model.scopes():
        for flow in scope.flows:
            for end, ref, node in (
                ("sourceRef", flow.source_ref, flow.source),
                ("targetRef", flow.target_ref, flow.target),
            ):
                if node is None and ref:
                    other = c.model.elements.get(ref)
                    what = f"<{local(other)}>" if other is not None else "nothing"
                    yield hit(flow.xml, attribute=end, ref=ref, what=what)


@rule("CRM-121", ERROR)
def crossing_flows(c: Context) -> Iterator[Hit]:
    """A sequence flow stays inside its process or sub-process."""
    for scope in c.model.scopes():
        for flow in scope.flows:
            if flow.source is None or flow.target is None:
                continue
            if flow.source.scope is not flow.target.scope:
                yield hit(flow.xml, source=flow.source.scope.id, target=flow.target.scope.id)


@rule("CRM-129", ERROR)
def contradicting_flows(c: Context) -> Iterator[Hit]:
    """``incoming`` and ``outgoing`` of a node say the same as the sequence flows."""
    for node in c.model.all_nodes():
        for name, flows in (("incoming", node.incoming), ("outgoing", node.outgoing)):
            real = {f.id for f in flows}
            for e in node.xml.findall(f"{{{BPMN}}}{name}"):
                ref = local_ref(e.text) or ""
                if ref and ref not in real:
                    yield hit(node.xml, line_of(e), side=name, ref=ref)


@rule("CRM-137", ERROR)
def foreign_default(c: Context) -> Iterator[Hit]:
    """A default flow is one of the element's own outgoing flows."""
    for node in c.model.all_nodes():
        if node.default and local_ref(node.default) not in {f.id for f in node.outgoing}:
            yield hit(node.xml, ref=node.default)


@rule("CRM-195", WARNING)
def two_lanes(c: Context) -> Iterator[Hit]:
    """A node is in one lane (and those around it)."""
    for scope in c.model.scopes():
        inside: dict[str, list[str]] = {}
        for lane in scope.lanes:
            for ref in lane.nodes:
                inside.setdefault(ref, []).append(lane.id)
        parents = {lane.id: lane.parent for lane in scope.lanes}
        for ref, lanes in inside.items():
            leaves = [one for one in lanes if not any(_within(x, one, parents) for x in lanes if x != one)]
            if len(leaves) > 1 and ref in c.model.nodes:
                yield hit(c.model.nodes[ref].xml, lanes=", ".join(leaves))


def _within(lane: str | None, outer: str, parents: Mapping[str, str | None]) -> bool:
    while lane is not None:
        lane = parents.get(lane)
        if lane == outer:
            return True
    return False


def _unknown(c: Context, found: Collection[str] | None, wanted: Iterator[tuple[Node, str]]) -> Iterator[Hit]:
    for node, ref in wanted:
        if found is not None and ref not in found:
            yield hit(node.xml, ref=ref)


def _named(c: Context, area: str) -> Iterator[tuple[Node, str]]:
    """What nodes name, also what an expression chooses between."""
    found = (one for one in references(c.model.all_nodes()) if one.area == area)
    return ((one.node, name) for one in found for name in one.names)


@rule("CRM-125", ERROR)
def unknown_form(c: Context) -> Iterator[Hit]:
    """Forms that tasks and start events name exist."""
    yield from _unknown(c, c.catalogue.forms, _named(c, FORMS))


@rule("CRM-126", ERROR)
def unknown_decision(c: Context) -> Iterator[Hit]:
    """Decisions that business rule tasks and processes name exist."""
    named = ((n, static(decision_of(n))) for n in c.model.all_nodes())
    yield from _unknown(c, c.catalogue.decisions, ((n, d) for n, d in named if d))
    for process in c.model.processes:
        ref = crmflow_value(process.xml, "process", "variants")
        if ref and c.catalogue.decisions is not None and ref not in c.catalogue.decisions:
            yield hit(process.xml, ref=ref)


@rule("CRM-127", ERROR)
def unknown_process(c: Context) -> Iterator[Hit]:
    """Processes that call activities name exist, here or in the company."""
    known = c.catalogue.processes
    here = {p.id for p in c.model.processes} | set(c.model.elements)
    everything = None if known is None else set(known) | here
    yield from _unknown(c, everything, _named(c, CALLS))


@rule("CRM-128", ERROR)
def unknown_group(c: Context) -> Iterator[Hit]:
    """Groups that user tasks name exist; roles are fixed and not looked up."""
    groups = c.catalogue.groups
    known = None if groups is None else {g.removeprefix("team:") for g in groups}
    wanted = (
        (n, g.removeprefix("team:")) for n in c.model.all_nodes() for g in groups_of(n) if not g.startswith("role:")
    )
    yield from _unknown(c, known, wanted)
