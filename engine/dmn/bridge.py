"""Small bridges to FEEL: functions, lists and texts, so that the rest of this package need not know its insides."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from engine import feel
from engine.dmn import tree
from engine.dmn.run import Run, Scope
from engine.dmn.types import Types
from engine.domain.errors import ExpressionError
from engine.feel import tree as t
from engine.feel.calls import Machine
from engine.feel.faults import Unfit


def function(params: Sequence[str], call: Callable[..., Any], name: str) -> Any:
    """A FEEL function made of a Python one that takes its values in order."""
    return feel.Function(tuple(params), call, name)


def invoke(target: Any, given: Mapping[str, Any], run: Run, owner: str) -> Any:
    """Call a function value with named arguments; what does not fit gives null with the reason.

    Parameters that are not bound are null (DMN 1.5, 7.3.6); a built-in takes its own names.
    """
    names = list(given)
    params = getattr(target, "params", None)
    if params is not None and all(name in params for name in names):
        names = list(params)
    try:
        return Machine().call(target, [given.get(name) for name in names], names)
    except Unfit as fault:
        text = str(fault)
        run.note(owner, text, text)
        return None


def apply(target: Any, inputs: Mapping[str, Any], run: Run, owner: str) -> Any:
    """Call a decision service or BKM with the inputs it names."""
    params = getattr(target, "params", None) or ()
    return invoke(target, {name: inputs[name] for name in params if name in inputs}, run, owner)


def retyped(target: Any, convert: Callable[[Any], Any]) -> Any:
    """The same function with every result converted."""
    if not isinstance(target, feel.Function):
        return target
    inner = target.call
    made = feel.Function(target.params, lambda *values: convert(inner(*values)), target.name, target.types)
    made.aware = target.aware
    return made


def why_null(program: Any, scope: Scope) -> tuple[str, str]:
    """The diagnostics that explain a null."""
    _, found = program.diagnose(scope)
    text = "; ".join(one.message for one in found) or "the expression is null"
    zh = "；".join(one.message_zh for one in found) or "表达式为空"
    return f"{program.text}: {text}", f"{program.text}：{zh}"


def show(value: Any, limit: int = 80) -> str:
    """A value as a person reads it in a message."""
    text = json.dumps(feel.to_json(value), ensure_ascii=False, default=str)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def item_scope(scope: Scope, item: Any) -> Scope:
    """What a filter's condition sees: the item, and the item's entries by name."""
    inner = dict(scope)
    if isinstance(item, Mapping):
        inner.update(item)
    inner["item"] = item
    return inner


def nested(given: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters with dotted names (``Person.Age``) are seen as paths: ``{"Person": {"Age": …}}``."""
    made: dict[str, Any] = {}
    for name, value in given.items():
        head, *rest = name.split(".")
        if not rest:
            made[name] = value
            continue
        here = made.setdefault(head, {})
        for part in rest[:-1]:
            here = here.setdefault(part, {})
        here[rest[-1]] = value
    return made


@lru_cache(maxsize=64)
def _program(text: str) -> Any:
    return feel.compile(text)


def items(value: Any) -> list[Any] | None:
    """What an iterator goes over: a list, a range counted out, or one value."""
    if value is None:
        return None
    if isinstance(value, list):
        return value
    found = _program("for i in given return i").evaluate({"given": value})
    return found if isinstance(found, list) else None


def quantify(kind: str, tests: list[Any]) -> Any:
    """``some`` or ``every`` over truth values, with FEEL's three-valued logic."""
    return _program(f"{kind} test in tests satisfies test").evaluate({"tests": tests})


def listed(text: str) -> list[Any] | None:
    """Allowed values in their order; None when they are not a plain list of values."""
    try:
        found = feel.evaluate(f"[{text}]")
    except ExpressionError:
        return None
    return found if isinstance(found, list) else None


def with_types(program: Any, names: frozenset[str], types: Types) -> Any:
    """The program with the model's item definitions in its ``instance of`` and its parameters."""
    if not any(isinstance(node, (t.InstanceOf, t.Lambda)) for node in t.walk(program.tree)):
        return program
    node = feel.parse(program.text, program.kind, names)  # our own copy: compiled programs are shared
    for part in t.walk(node):
        if isinstance(part, t.InstanceOf):
            part.type = types.shape(part.type)
        elif isinstance(part, t.Lambda):
            part.params = tuple((name, types.shape(kind) if kind else None) for name, kind in part.params)
    return feel.Program(program.text, program.kind, node)


def kind_of(logic: tree.Expression | None) -> str:
    """Kind of a decision's logic, as people call it."""
    if logic is None:
        return "none"
    names = {"functionbox": "function", "listbox": "list"}
    name = type(logic).__name__.lower()
    return names.get(name, name)


def inner_names(box: Any) -> set[str]:
    """Names that values made by this expression may have: entries, columns, outputs."""
    names: set[str] = set()
    stack = [box]
    while stack:
        here = stack.pop()
        if isinstance(here, tree.Context):
            names |= {entry.name for entry in here.entries if entry.name}
        if isinstance(here, tree.Relation):
            names |= {column.name for column in here.columns}
        if isinstance(here, tree.Table):
            names |= {output.name for output in here.outputs if output.name}
        elif isinstance(here, tree.Node):
            parts = (getattr(here, slot, None) for slot in type(here).__dataclass_fields__)
            stack.extend(part for part in parts if isinstance(part, (tree.Node, tuple)))
        elif isinstance(here, tuple):
            stack.extend(here)
    return names
