"""What a model refers to by name: called processes and forms, those an expression may name, and their version tags."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from engine import feel
from engine.bpmn.dialect import called_by, condition_text, form_text, static, zeebe_value
from engine.domain.errors import ExpressionError
from engine.feel import tree
from engine.model.graph import Node

CALLS, FORMS = "calls", "forms"
BINDINGS = ("latest", "deployment", "versionTag")
_FORMED = frozenset({"userTask", "manualTask", "startEvent"})


@dataclass(frozen=True, slots=True)
class Reference:
    """One place that names a process or a form. ``open``: it may name any, an expression computes it."""

    node: Node
    area: str  # calls, forms
    text: str  # as drawn
    names: tuple[str, ...]  # what it may name, as far as the model tells
    open: bool
    binding: str  # "" where nothing is said
    tag: str


def references(nodes: Iterable[Node]) -> Iterator[Reference]:
    """The places of these nodes that name a called process or a form."""
    for node in nodes:
        if node.kind == "callActivity" and (text := called_by(node)):
            yield _reference(node, CALLS, "calledElement", text)
        elif node.kind in _FORMED and (text := form_text(node)):
            yield _reference(node, FORMS, "formDefinition", text)


def _reference(node: Node, area: str, extension: str, text: str) -> Reference:
    literal = static(text)
    names = possible(text) if literal is None else (literal,)
    binding, tag = (zeebe_value(node.xml, extension, name) or "" for name in ("bindingType", "versionTag"))
    return Reference(node, area, text, names or (), names is None, binding, tag)


def possible(text: str) -> tuple[str, ...] | None:
    """The texts an expression may give, where each of its ways ends in a literal; None where it computes them."""
    try:
        program = feel.compile(condition_text(text))
    except ExpressionError:
        return ()  # told by CRM-176
    return _results(program.tree)


def _results(node: tree.Node) -> tuple[str, ...] | None:
    if isinstance(node, tree.Literal):
        return (node.value,) if isinstance(node.value, str) else () if node.value is None else None
    if not isinstance(node, tree.If):
        return None
    found: list[str] = []
    for way in (*(result for _, result in node.branches), node.other):
        names = _results(way)
        if names is None:
            return None
        found += names
    return tuple(dict.fromkeys(found))
