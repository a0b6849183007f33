"""Which names a tree reads from the scope: those no ``for``, function, context or filter inside it brings along."""

from __future__ import annotations

from engine.feel import tree as t
from engine.feel.builtins import REGISTRY


def free_names(node: t.Node) -> frozenset[str]:
    """Top-level names read. Inside a filter a name may also be an entry of the item: it counts as read."""
    found: set[str] = set()
    _collect(node, frozenset(("?",)), found, found)
    return frozenset(found)


def outer_names(node: t.Node) -> frozenset[str]:
    """Top-level names read outside of filters: those that are certainly no entries of an item."""
    found: set[str] = set()
    _collect(node, frozenset(("?",)), found, set())
    return frozenset(found)


def _collect(node: t.Node, bound: frozenset[str], found: set[str], filtered: set[str]) -> None:
    """``filtered`` takes the names within the conditions of filters."""
    if isinstance(node, t.Name):
        if node.name not in bound:
            found.add(node.name)
    elif isinstance(node, t.For | t.Quantified):
        inner = bound | {"partial"} if isinstance(node, t.For) else bound
        for name, source in node.iterators:
            _collect(source, inner, found, filtered)
            inner |= {name}
        _collect(node.body, inner, found, filtered)
    elif isinstance(node, t.Lambda):
        _collect(node.body, bound | {name for name, _ in node.params}, found, filtered)
    elif isinstance(node, t.Context):
        inner = bound
        for key, value in node.entries:
            _collect(value, inner, found, filtered)
            inner |= {key}
    elif isinstance(node, t.Filter):
        _collect(node.source, bound, found, filtered)
        _collect(node.condition, bound | {"item"}, filtered, filtered)
    elif isinstance(node, t.Call) and isinstance(node.function, t.Name) and node.function.name in REGISTRY:
        for arg in node.args:
            _collect(arg, bound, found, filtered)
    else:
        for child in node.children():
            _collect(child, bound, found, filtered)


def part_names(node: t.Node) -> tuple[str, ...]:
    """Every name that follows a dot, as often as it does."""
    found = []
    todo = [node]
    while todo:
        at = todo.pop()
        if isinstance(at, t.Path):
            found.append(at.name)
        todo.extend(at.children())
    return tuple(sorted(found))


def strange_calls(node: t.Node) -> frozenset[str]:
    """Functions that are called and are there neither as built-ins nor by what the tree itself brings along."""
    found: set[str] = set()
    todo: list[tuple[t.Node, frozenset[str]]] = [(node, frozenset())]
    while todo:
        at, bound = todo.pop()
        called = at.function.name if isinstance(at, t.Call) and isinstance(at.function, t.Name) else None
        if called is not None and called not in bound and called not in REGISTRY:
            found.add(called)
        # Whatever is named inside may hold a function: entries, parameters, items.
        inner = bound | _brought(at)
        todo += [(child, inner) for child in at.children()]
    return frozenset(found)


def _brought(node: t.Node) -> frozenset[str]:
    if isinstance(node, t.Context):
        return frozenset(key for key, _ in node.entries)
    if isinstance(node, t.Lambda):
        return frozenset(name for name, _ in node.params)
    if isinstance(node, t.For | t.Quantified):
        return frozenset(name for name, _ in node.iterators)
    return frozenset()
