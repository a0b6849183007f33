"""Reachability in a scope: where tokens begin, what they never reach, where they get stuck or turn for ever."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from lxml import etree

from engine.model.graph import Model, Node, Scope
from engine.model.xml import BPMN


def entries(scope: Scope) -> list[Node]:
    """Nodes a token may begin at without a flow leading there: start events, instantiating nodes, event
    sub-processes, compensation handlers; nodes without incoming flows where the scope draws no start event.
    """
    explicit = [n for n in scope.nodes if n.kind == "startEvent" or n.flag("instantiate")]
    aside = [n for n in scope.nodes if n.event_scope or n.compensation]
    loose_start = not explicit or scope.kind == "adHocSubProcess"
    if loose_start:
        explicit += [n for n in scope.nodes if not n.incoming and n.kind != "boundaryEvent" and not _link_catch(n)]
    return explicit + [n for n in aside if n not in explicit]


def implicit_start(scope: Scope) -> bool:
    """Whether the scope begins at nodes without incoming flows because it draws no start event."""
    return not any(n.kind == "startEvent" or n.flag("instantiate") for n in scope.nodes)


def reached(scope: Scope) -> set[Node]:
    """Nodes of the scope (not of scopes inside) that some token may come to."""
    seen: set[Node] = set()
    todo = entries(scope)
    while todo:
        node = todo.pop()
        if node in seen:
            continue
        seen.add(node)
        todo.extend(successors(node))
    return seen


def dead_nodes(scope: Scope) -> list[Node]:
    """Nodes that no token ever comes to, in order of the file."""
    alive = reached(scope)
    return [n for n in scope.nodes if n not in alive]


def dead_ends(scope: Scope) -> list[Node]:
    """Nodes where a token stops although they are no end: no outgoing flow, in a scope that draws end events."""
    if not any(n.kind == "endEvent" for n in scope.nodes):
        return []
    return [n for n in scope.nodes if not n.outgoing and not _may_stop(n)]


def successors(node: Node) -> list[Node]:
    """Where a token goes from a node: its flows, its boundary events, the catching ends of its link."""
    found = [f.target for f in node.outgoing if f.target is not None and f.target.scope is node.scope]
    found += node.boundary
    if node.kind == "intermediateThrowEvent" and node.event == "link":
        name = node.events[0].xml.get("name")
        found += [n for n in node.scope.nodes if _link_catch(n) and n.events[0].xml.get("name") == name]
    return found


def cycles(scope: Scope, within: Callable[[Node], bool] = lambda _: True) -> list[list[Node]]:
    """Strongly connected groups of the nodes that pass ``within`` (a single node counts when it loops)."""
    nodes = [n for n in scope.nodes if within(n)]
    # A boundary event may be drawn in another scope than its activity (which is an error of its own).
    ahead = {n: [s for s in successors(n) if s.scope is scope and within(s)] for n in nodes}
    return [g for g in _components(nodes, ahead) if len(g) > 1 or g[0] in ahead[g[0]]]


def handlers(model: Model) -> set[Node]:
    """Activities that associations tie to compensation boundary events."""
    return {target for source, target in _tied(model) if source.kind == "boundaryEvent"}


def undoing(model: Model, boundary: Node) -> set[Node]:
    """Activities that associations tie to one compensation boundary event: one, if it is drawn right."""
    return {target for source, target in _tied(model) if source is boundary}


def _tied(model: Model) -> Iterator[tuple[Node, Node]]:
    for e in model.root.iter(f"{{{BPMN}}}association"):
        source, target = _end(model, e, "sourceRef"), _end(model, e, "targetRef")
        if source is not None and target is not None:
            yield source, target


def _end(model: Model, e: etree._Element, name: str) -> Node | None:
    return model.nodes.get((e.get(name) or "").rpartition(":")[2])


def _link_catch(node: Node) -> bool:
    return node.kind == "intermediateCatchEvent" and node.event == "link"


def _may_stop(node: Node) -> bool:
    if node.kind in ("endEvent", "boundaryEvent") or node.event_scope or node.compensation:
        return True
    if node.kind == "intermediateThrowEvent" and node.event == "link":
        return True
    return node.scope.kind == "adHocSubProcess"


def _components(nodes: Iterable[Node], ahead: dict[Node, list[Node]]) -> list[list[Node]]:
    """Tarjan's strongly connected components, without recursion (a model may be a chain of thousands)."""
    index: dict[Node, int] = {}
    low: dict[Node, int] = {}
    stack: list[Node] = []
    on_stack: set[Node] = set()
    found: list[list[Node]] = []
    for root in nodes:
        if root in index:
            continue
        work = [(root, iter(ahead[root]))]
        index[root] = low[root] = len(index)
        stack.append(root)
        on_stack.add(root)
        while work:
            node, rest = work[-1]
            step = next(rest, None)
            if step is None:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    found.append(_pop(node, stack, on_stack))
            elif step not in index:
                index[step] = low[step] = len(index)
                stack.append(step)
                on_stack.add(step)
                work.append((step, iter(ahead[step])))
            elif step in on_stack:
                low[node] = min(low[node], index[step])
    return found


def _pop(node: Node, stack: list[Node], on_stack: set[Node]) -> list[Node]:
    group = []
    while True:
        top = stack.pop()
        on_stack.discard(top)
        group.append(top)
        if top is node:
            return group[::-1]
