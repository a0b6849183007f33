"""Data a model is started with where nobody says which: what its own expressions read, made to hold once.

The first comparison with a constant that a name is met in decides its value; a collection has two items, a timer an
hour, a yes-no question the answer yes, everything else a word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from engine import feel
from engine.bpmn.dialect import Expression, conditions_of, expressions_of
from engine.bpmn.dialect_camunda7 import speaks, translate
from engine.domain.errors import ExpressionError
from engine.model.graph import Model, from_tree
from engine.model.xml import read

_COMPARED = re.compile(
    r"(?<![\w.\]])([^\W\d][\w.]*)\s*(<=|>=|!=|=|<|>)\s*(\"[^\"]*\"|-?\d+(?:\.\d+)?|true|false)(?![\w.])"
)
_PATH = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*\Z")
_STEPS = {"<": -1, ">": 1}


def start_data(xml: bytes) -> dict[str, Any]:
    """Variables for every name that the model's expressions read from outside."""
    root = read(xml)
    if speaks(xml):
        translate(root)
    data: dict[str, Any] = {}
    found = list(_expressions(from_tree(root)))
    for e in found:
        for path, sign, literal in _COMPARED.findall(e.text):
            _put(data, path, _value(sign, literal))
    for e in found:
        if _PATH.match(e.text):
            _put(data, e.text, _alone(e.what))
    for e in found:
        try:
            names = feel.compile(e.text).names
        except ExpressionError:
            continue
        for name in names:
            data.setdefault(name, "word")
    return data


def _expressions(model: Model) -> Iterator[Expression]:
    for scope in model.scopes():
        yield from conditions_of(scope)
        for node in scope.nodes:
            yield from expressions_of(node)


def _value(sign: str, literal: str) -> Any:
    if literal.startswith('"'):
        return literal[1:-1] + ("!" if sign == "!=" else "")
    if literal in ("true", "false"):
        return (literal == "true") != (sign == "!=")
    number = float(literal) if "." in literal else int(literal)
    return number + (1 if sign == "!=" else _STEPS.get(sign, 0))


def _alone(what: str) -> Any:
    """What a bare name stands for, by where it stands."""
    if what.endswith("inputCollection"):
        return ["first", "second"]
    if what == "loopCardinality":
        return 2
    if what == "timer":
        return "PT1H"
    return True if what.endswith("ondition") else "word"


def _put(data: dict[str, Any], path: str, value: Any) -> None:
    *outer, last = path.split(".")
    at = data
    for name in outer:
        inner = at.setdefault(name, {})
        if not isinstance(inner, dict):
            return
        at = inner
    at.setdefault(last, value)
