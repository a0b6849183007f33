"""Rules of flow: where it begins and ends, what it never reaches, how gateways decide."""

from __future__ import annotations

from collections.abc import Iterator

from engine.bpmn.rules.base import ERROR, INFO, WARNING, Context, Hit, hit, rule
from engine.bpmn.rules.formal import foreign
from engine.model.graph import Flow, Node, Scope, local_ref
from engine.model.soundness import cycles, dead_ends, dead_nodes, entries, handlers, implicit_start
from engine.model.vocabulary import GATEWAYS
from engine.model.xml import text_of

#: Nodes a token rests at: a cycle through one of them does not spin.
_WAITING = frozenset(
    {"userTask", "manualTask", "serviceTask", "sendTask", "receiveTask", "callActivity", "eventBasedGateway"}
)


def _full(c: Context) -> Iterator[Scope]:
    """Scopes that have content and are entered by tokens in the usual way."""
    return (s for s in c.model.scopes() if s.nodes)


@rule("CRM-130", ERROR)
def no_start(c: Context) -> Iterator[Hit]:
    """Something begins: a start event, or at least a node without incoming flow (then a warning)."""
    for scope in c.model.scopes():
        empty = not scope.nodes and scope.owner is None  # that is for CRM-108
        if empty or not implicit_start(scope) or scope.kind == "adHocSubProcess":
            continue
        begins = [n for n in entries(scope) if not n.event_scope and not n.compensation]
        # BPMN: who draws an end event draws a start event, too (10.5.3).
        ends = any(n.kind == "endEvent" for n in scope.nodes)
        if not scope.nodes and scope.owner is not None and not scope.owner.event_scope:
            begins = [scope.owner]  # collapsed, with nothing in it: it is over at once
        yield Hit(scope.xml, None, WARNING if begins and not ends else ERROR, {"count": len(begins)})


@rule("CRM-131", WARNING)
def unreachable(c: Context) -> Iterator[Hit]:
    """Every node can be reached from a start."""
    aside = handlers(c.model)
    for scope in _full(c):
        for node in dead_nodes(scope):
            if node not in aside:
                yield hit(node.xml)


@rule("CRM-132", WARNING)
def dead_end(c: Context) -> Iterator[Hit]:
    """Where a scope draws end events, every path leads to one."""
    aside = handlers(c.model)
    for scope in _full(c):
        for node in dead_ends(scope):
            if node not in aside:
                yield hit(node.xml)


@rule("CRM-133", ERROR)
def wrong_side(c: Context) -> Iterator[Hit]:
    """Nothing flows into a start or boundary event, nothing out of an end event."""
    for node in c.model.all_nodes():
        if node.kind in ("startEvent", "boundaryEvent") and node.incoming:
            yield hit(node.xml, side="incoming", side_zh="流入", flow=node.incoming[0].id)
        if node.kind == "endEvent" and node.outgoing:
            yield hit(node.xml, side="outgoing", side_zh="流出", flow=node.outgoing[0].id)


def _decides(node: Node) -> bool:
    return node.kind in ("exclusiveGateway", "inclusiveGateway") and len(node.outgoing) > 1


def _default(node: Node, flow: Flow) -> bool:
    return local_ref(node.default) == flow.id


def _conditional(flow: Flow) -> bool:
    return flow.condition is not None and bool(text_of(flow.condition))


@rule("CRM-134", WARNING)
def no_default(c: Context) -> Iterator[Hit]:
    """A gateway that decides has a way out when no condition holds."""
    for node in c.model.all_nodes():
        if _decides(node) and not node.default and all(_conditional(f) for f in node.outgoing):
            yield hit(node.xml)


@rule("CRM-135", ERROR)
def no_condition(c: Context) -> Iterator[Hit]:
    """Each way out of a deciding gateway has a condition, or is the default."""
    for node in c.model.all_nodes():
        if _decides(node):
            for flow in node.outgoing:
                if not _conditional(flow) and not _default(node, flow):
                    yield hit(flow.xml, gateway=node.name or node.id)


@rule("CRM-136", WARNING)
def conditional_default(c: Context) -> Iterator[Hit]:
    """A default flow has no condition: it is taken when no other is."""
    for node in c.model.all_nodes():
        for flow in node.outgoing:
            if _default(node, flow) and flow.condition is not None:
                yield hit(flow.xml)


@rule("CRM-138", WARNING)
def idle_condition(c: Context) -> Iterator[Hit]:
    """Conditions stand only where they are read: not behind parallel and event gateways, not behind events."""
    for node in c.model.all_nodes():
        silent = node.kind in ("parallelGateway", "eventBasedGateway") or node.kind.endswith("Event")
        # The engines whose vocabularies we read look at conditions behind events, and so do we.
        silent = silent and not (node.kind.endswith("Event") and foreign(c))
        for flow in node.outgoing if silent else ():
            if flow.condition is not None:
                # Behind events and event gateways BPMN forbids it; behind parallel ones it is merely not read.
                level = None if node.kind == "parallelGateway" else ERROR
                yield Hit(flow.xml, None, level, {"node": node.name or node.id})


@rule("CRM-139", INFO)
def idle_gateway(c: Context) -> Iterator[Hit]:
    """A gateway splits or joins."""
    for node in c.model.all_nodes():
        if node.kind in GATEWAYS and len(node.incoming) < 2 and len(node.outgoing) < 2:
            yield hit(node.xml)


@rule("CRM-143", ERROR)
def endless(c: Context) -> Iterator[Hit]:
    """A cycle rests somewhere or has a way out."""
    for scope in _full(c):
        for group in cycles(scope):
            inside = set(group)
            leaves = any(f.target not in inside for n in group for f in n.outgoing) or any(n.boundary for n in group)
            waits = any(n.kind in _WAITING or n.kind == "intermediateCatchEvent" for n in group)
            if not leaves:
                yield Hit(group[0].xml, None, WARNING if waits else ERROR, {"nodes": _names(group)})


@rule("CRM-144", WARNING)
def starving_join(c: Context) -> Iterator[Hit]:
    """A parallel join does not wait for two ways of which an exclusive gateway opens only one."""
    for node in c.model.all_nodes():
        if node.kind != "parallelGateway" or len(node.incoming) < 2:
            continue
        splits = {_split_before(f) for f in node.incoming}
        split = splits.pop()
        if not splits and split is not None and split.kind in ("exclusiveGateway", "eventBasedGateway"):
            yield hit(node.xml, split=split.name or split.id)


def _split_before(flow: Flow) -> Node | None:
    """The gateway a chain of single steps comes from; None when something else lies between."""
    seen: set[Node] = set()
    node = flow.source
    while node is not None and node not in seen:
        seen.add(node)
        if node.kind in GATEWAYS and len(node.outgoing) > 1:
            return node
        if len(node.incoming) != 1 or len(node.outgoing) != 1:
            return None
        node = node.incoming[0].source
    return None


def _names(group: list[Node]) -> str:
    return ", ".join(n.name or n.id for n in group[:6])
