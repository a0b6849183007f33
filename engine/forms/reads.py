"""What a form reads beside its keys: the paths in its expressions, templates and lists of options.

Whoever shows the form gives it these and no more. What cannot be told exactly is told by its root: ``deal``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from engine import feel
from engine.domain.errors import CrmflowError
from engine.feel import tree as t

_PLAIN = ("valuesKey", "dataSource")  # properties that hold a path as it is
_NAMES = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*")
_TEMPLATE = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)


def reads(schema: Mapping[str, Any]) -> tuple[str, ...]:
    """Dotted paths, each once."""
    return tuple(dict.fromkeys(_of(schema, "")))


def _of(value: Any, name: str) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _of(item, str(key))
    elif isinstance(value, list):
        for item in value:
            yield from _of(item, name)
    elif isinstance(value, str):
        if value.startswith("="):
            yield from _expression(value[1:].strip())
        elif name in _PLAIN and value:
            yield value
        else:
            for inside in _TEMPLATE.findall(value):
                yield from _NAMES.findall(inside)


def _expression(text: str) -> Iterator[str]:
    try:
        yield from _paths(feel.compile(text).tree)
    except CrmflowError:
        yield from _NAMES.findall(text)


def _paths(node: t.Node) -> Iterator[str]:
    """The paths of an expression; of ``deal.lines[1].price`` the list, of what is reckoned its parts."""
    exact = _path(node)
    if exact is not None:
        yield exact
        return
    for child in node.children():
        yield from _paths(child)


def _path(node: t.Node) -> str | None:
    if isinstance(node, t.Name):
        return node.name
    if isinstance(node, t.Path):
        before = _path(node.source)
        return None if before is None else f"{before}.{node.name}"
    return None
