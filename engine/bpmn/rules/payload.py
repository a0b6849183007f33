"""Constraints on what is handed over: operations and their messages, called elements, payloads of events."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from engine.bpmn.dialect import called_by, static
from engine.bpmn.rules.base import ERROR, Context, Hit, hit, rule
from engine.bpmn.rules.data import flag, item_of, refs, same_item, shown, tag
from engine.bpmn.rules.formal import bearer, declares, foreign
from engine.model.graph import Event, Node, local_ref
from engine.model.xml import line_of, local

#: Kind of task → which side of it an operation or message decides: (data, set, message of the operation).
_IN, _OUT = ("dataInput", "inputSet", "inMessageRef"), ("dataOutput", "outputSet", "outMessageRef")


def _message(c: Context, e: etree._Element | None, name: str) -> etree._Element | None:
    """The message an operation names on one side."""
    found = None if e is None else c.model.elements.get(local_ref(e.findtext(tag(name))) or "")
    return found if found is not None and local(found) == "message" else None


@rule("CRM-864", ERROR)
def operation_data(c: Context) -> Iterator[Hit]:
    """Inputs and outputs of service, send and receive tasks are those of their operation or message (10.3.3)."""
    for node in c.model.all_nodes():
        if node.kind == "serviceTask":
            yield from _service(c, node)
        elif node.kind in ("sendTask", "receiveTask"):
            message = c.model.elements.get(local_ref(node.xml.get("messageRef")) or "")
            operation = c.model.elements.get(local_ref(node.xml.get("operationRef")) or "")
            own = [_message(c, operation, name) for name in ("inMessageRef", "outMessageRef")]
            if message is not None and own[0] is not None and message not in own:
                why, why_zh = "its message is none of the operation's", "消息不属于该操作"
                yield hit(node.xml, why=why, why_zh=why_zh)
            yield from _side(c, node, _IN if node.kind == "sendTask" else _OUT, message)


def _service(c: Context, node: Node) -> Iterator[Hit]:
    operation = c.model.elements.get(local_ref(node.xml.get("operationRef")) or "")
    if operation is None or local(operation) != "operation":
        return
    io = node.child("ioSpecification")
    coming, going = _message(c, operation, "inMessageRef"), _message(c, operation, "outMessageRef")
    if coming is not None and (io is None or io.find(tag("dataInput")) is None):
        yield hit(node.xml, why="it has no data input for it", why_zh="没有相应的数据输入")
    elif going is not None and (io is None or io.find(tag("dataOutput")) is None):
        yield hit(node.xml, why="it has no data output for its answer", why_zh="没有接收应答的数据输出")
    else:
        yield from _side(c, node, _IN, coming)
        yield from _side(c, node, _OUT, going)


def _side(c: Context, node: Node, side: tuple[str, str, str], message: etree._Element | None) -> Iterator[Hit]:
    io = node.child("ioSpecification")
    if io is None:
        return
    one, group, _ = side
    data, sets = io.findall(tag(one)), io.findall(tag(group))
    if len(sets) > 1 or len(data) > 1:
        yield hit(node.xml, line_of(io), why=f"there is more than one {group}", why_zh=f"{group} 多于一个")
    elif data and message is not None:
        item, wanted = item_of(c, data[0]), item_of(c, message, "itemRef")
        if wanted is not None and not same_item(item, wanted):
            why = f"{one} holds {shown(item)}, the message {shown(wanted)}"
            yield hit(node.xml, line_of(data[0]), why=why, why_zh=f"{one} 是 {shown(item)}，消息是 {shown(wanted)}")


@rule("CRM-842", ERROR)
def call_data(c: Context) -> Iterator[Hit]:
    """Inputs and outputs of a call activity are those of what it calls (10.3.4)."""
    for node in c.model.all_nodes():
        called = c.model.elements.get(static(called_by(node)) or "") if node.kind == "callActivity" else None
        if called is None:
            continue
        mine, theirs = node.child("ioSpecification"), called.find(tag("ioSpecification"))
        if theirs is None or (mine is None and foreign(c)):
            continue  # their plain calls pass all variables; who declares data on both sides is held to it
        for one in ("dataInput", "dataOutput"):
            own, other = [] if mine is None else mine.findall(tag(one)), theirs.findall(tag(one))
            if len(own) != len(other):
                counts = {"here": len(own), "there": len(other), "part": one}
                yield hit(node.xml, why="{here} × {part} here, {there} there".format(**counts))
            elif not all(same_item(item_of(c, a), item_of(c, b)) for a, b in zip(own, other, strict=False)):
                yield hit(node.xml, why=f"{one}: {', '.join(shown(item_of(c, a)) for a in own)}")


@rule("CRM-843", ERROR)
def binding_data(c: Context) -> Iterator[Hit]:
    """A binding ties an operation's messages to inputs and outputs of the same items (10.4.2)."""
    for e in c.model.root.iter(tag("ioBinding")):
        operation = c.model.elements.get(local_ref(e.get("operationRef")) or "")
        for attribute, name in (("inputDataRef", "inMessageRef"), ("outputDataRef", "outMessageRef")):
            data = c.model.elements.get(local_ref(e.get(attribute)) or "")
            message = _message(c, operation, name)
            if data is None or message is None:
                continue
            if local(data) in ("inputSet", "outputSet"):
                first = refs(data, "dataInputRefs") + refs(data, "dataOutputRefs")
                data = c.model.elements.get(first[0]) if first else None
            item, wanted = item_of(c, data), item_of(c, message, "itemRef")
            if data is not None and wanted is not None and not same_item(item, wanted):
                yield hit(bearer(e), line_of(e), data=shown(item), message=shown(wanted))


_REFS = {"message": "messageRef", "error": "errorRef", "escalation": "escalationRef", "signal": "signalRef"}


def _payload(c: Context, event: Event) -> etree._Element | None:
    """The item that a message, error, escalation or signal carries."""
    carrier = c.model.elements.get(event.ref or "")
    return item_of(c, carrier, "itemRef" if event.kind == "message" else "structureRef")


@rule("CRM-851", ERROR)
def event_data(c: Context) -> Iterator[Hit]:
    """An event that declares data has one input or output per trigger with payload, of the same item (10.4.2)."""
    for node in c.model.all_nodes():
        if not node.kind.endswith("Event"):
            continue
        one = "dataInput" if node.kind in ("endEvent", "intermediateThrowEvent") else "dataOutput"
        data = node.xml.findall(tag(one))
        carried = [e for e in node.events if e.kind in _REFS]
        if not data or not carried:
            continue
        if len(data) != len(carried):
            yield hit(node.xml, why=f"{len(data)} × {one}, {len(carried)} × payload")
            continue
        for e, event in zip(data, carried, strict=True):
            item, wanted = item_of(c, e), _payload(c, event)
            if wanted is not None and not same_item(item, wanted):
                yield hit(node.xml, line_of(e), why=f"{shown(item)} ≠ {shown(wanted)}")


@rule("CRM-854", ERROR)
def no_operation(c: Context) -> Iterator[Hit]:
    """A message event of an executable plain BPMN model names its operation (10.5.5, Table 10.89)."""
    if foreign(c) or not declares(c):
        return
    for node in c.model.all_nodes():
        process = node.scope.process.xml
        if not flag(process, "isExecutable"):
            continue
        for event in node.events:
            named = event.xml.find(tag("operationRef"))
            if event.kind == "message" and (named is None or not (named.text or "").strip()):
                yield hit(node.xml, event.line)


@rule("CRM-862", ERROR)
def two_ways_to_name(c: Context) -> Iterator[Hit]:
    """A role names a resource with its parameters, or computes who it is: not both (10.3.1, Table 10.5)."""
    for e in c.model.root.iter(*(tag(name) for name in ("resourceRole", "performer", "humanPerformer"))):
        yield from _role(e)
    for e in c.model.root.iter(tag("potentialOwner")):
        yield from _role(e)


def _role(e: etree._Element) -> Iterator[Hit]:
    named = e.find(tag("resourceRef")) is not None
    bound = e.find(tag("resourceParameterBinding")) is not None
    computed = e.find(tag("resourceAssignmentExpression")) is not None
    if (bound and not named) or (computed and (named or bound)):
        yield hit(bearer(e), line_of(e))
