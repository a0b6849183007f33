"""Constraints on collaborations: participants, conversations, choreographies, and where message flows may end."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from engine.bpmn.rules.base import ERROR, Context, Hit, hit, rule
from engine.bpmn.rules.data import refs, tag
from engine.bpmn.rules.formal import bearer
from engine.model.graph import Node, local_ref
from engine.model.vocabulary import CHOREOGRAPHY, CONVERSATIONS
from engine.model.xml import line_of, local

#: What a global conversation, being "an empty collaboration", does not have (9.5.4).
_NOT_GLOBAL: tuple[str, ...] = (
    *sorted(CONVERSATIONS),
    "association",
    "group",
    "textAnnotation",
    "conversationLink",
    "messageFlowAssociation",
)
_NOT_GLOBAL += ("participantAssociation", "conversationAssociation", "choreographyRef")


@rule("CRM-836", ERROR)
def full_conversation(c: Context) -> Iterator[Hit]:
    """A global conversation has participants, message flows and correlation keys, nothing else (9.5.4)."""
    for e in c.model.root.iter(tag("globalConversation")):
        for part in e:
            if isinstance(part.tag, str) and local(part) in _NOT_GLOBAL:
                yield Hit(e, line_of(part), None, {"part": local(part)})
                break
    for e in c.model.root.iter(tag("choreography"), tag("globalChoreographyTask")):
        if e.find(tag("choreographyRef")) is not None:
            yield hit(e, line_of(e), part="choreographyRef")


@rule("CRM-812", ERROR)
def conversation_link(c: Context) -> Iterator[Hit]:
    """A conversation link ties a conversation to who takes part in it (9.5.5)."""
    for e in c.model.root.iter(tag("conversationLink")):
        ends = [c.model.elements.get(local_ref(e.get(end)) or "") for end in ("sourceRef", "targetRef")]
        talks = [e is not None and local(e) in CONVERSATIONS for e in ends]
        if None not in ends and talks[0] == talks[1]:
            yield hit(e)


@rule("CRM-837", ERROR)
def multiplicity(c: Context) -> Iterator[Hit]:
    """A participant's minimum is 0 or more, its maximum 1 or more and not below the minimum (9.3.1)."""
    for e in c.model.root.iter(tag("participantMultiplicity")):
        low, high = _number(e.get("minimum"), 0), _number(e.get("maximum"), 1)
        if low is not None and high is not None and (low < 0 or high < 1 or high < low):
            yield hit(bearer(e), line_of(e), minimum=low, maximum=high)


def _number(text: str | None, otherwise: int) -> int | None:
    if text is None:
        return otherwise
    text = text.strip()
    return int(text) if text.lstrip("+-").isdigit() else None  # told by CRM-112


@rule("CRM-839", ERROR)
def closed_choreography(c: Context) -> Iterator[Hit]:
    """Where a choreography is closed, no message flows beside it; flows end at nodes that exchange messages (11.2)."""
    for collaboration in c.model.root.iter(tag("collaboration")):
        closed = [
            e
            for ref in refs(collaboration, "choreographyRef")
            if (e := c.model.elements.get(ref)) is not None and e.get("isClosed", "").strip() in ("true", "1")
        ]
        beside = collaboration.findall(tag("messageFlow"))
        if closed and beside:
            yield hit(closed[0], flow=beside[0].get("id"), why="closed")
        for flow in beside:
            ends = [c.model.elements.get(local_ref(flow.get(end)) or "") for end in ("sourceRef", "targetRef")]
            if any(e is not None and local(e) in CHOREOGRAPHY for e in ends):
                yield hit(flow, flow=flow.get("id"), why="choreography")


@rule("CRM-853", ERROR)
def message_ends(c: Context) -> Iterator[Hit]:
    """Message flows begin where messages are sent and end where they are caught (10.5.2, 10.5.3, 10.5.4)."""
    for e in c.model.root.iter(tag("messageFlow")):
        source, target = (c.model.nodes.get(local_ref(e.get(end)) or "") for end in ("sourceRef", "targetRef"))
        if source is not None and (why := _cannot_send(source)):
            yield _end(e, source, why)
        if target is not None and (why := _cannot_get(target)):
            yield _end(e, target, why)


def _end(flow: etree._Element, node: Node, why: tuple[str, str]) -> Hit:
    return hit(node.xml, line_of(node.xml), flow=flow.get("id") or "?", why=why[0], why_zh=why[1])


def _messages(node: Node) -> bool:
    """Whether one of its triggers is a message."""
    return any(event.kind == "message" for event in node.events)


def _cannot_send(node: Node) -> tuple[str, str] | None:
    if node.kind in ("startEvent", "intermediateCatchEvent", "boundaryEvent"):
        return "sends nothing: it catches", "只捕获，不发送"
    if node.kind in ("endEvent", "intermediateThrowEvent") and not _messages(node):
        return "has no message to send", "没有要发送的消息"
    if node.kind.endswith("Gateway"):
        return "is a gateway, which sends nothing", "是网关，不发送消息"
    return None


def _cannot_get(node: Node) -> tuple[str, str] | None:
    if node.kind in ("endEvent", "intermediateThrowEvent"):
        return "receives nothing: it throws", "只抛出，不接收"
    if node.kind.endswith("Event") and not _messages(node):
        return "waits for no message", "不等待消息"
    if node.kind.endswith("Gateway"):
        return "is a gateway, which receives nothing", "是网关，不接收消息"
    return None
