"""A tree back to FEEL text: reading the text again gives an equal tree."""

from __future__ import annotations

from collections.abc import Callable, Collection
from decimal import Decimal
from typing import Any

from engine.feel import tree as t
from engine.feel.decimals import text_of
from engine.feel.lexer import quote
from engine.feel.names import split

# How tightly each kind of node holds together; an operand that holds less tightly needs parentheses.
_LOOSE, _OR, _AND, _COMPARE, _SUM, _PRODUCT, _POWER, _SIGN, _POSTFIX, _ATOM = range(10)
_LEVELS = {"+": _SUM, "-": _SUM, "*": _PRODUCT, "/": _PRODUCT, "**": _POWER}


def to_text(node: t.Node) -> str:
    """FEEL text of a tree."""
    return _PRINTERS[type(node)](node)


def _level(node: t.Node) -> int:
    if isinstance(node, t.If | t.For | t.Quantified | t.Lambda | t.Test):
        return _LOOSE
    if isinstance(node, t.Logic):
        return _OR if node.op == "or" else _AND
    if isinstance(node, t.Compare | t.Between | t.In | t.InstanceOf):
        return _COMPARE
    if isinstance(node, t.Chain):
        return _LEVELS[node.rest[0][0]]
    if isinstance(node, t.Neg):
        return _SIGN
    if isinstance(node, t.Literal) and isinstance(node.value, Decimal) and node.value.is_signed():
        return _SIGN
    return _ATOM


def _in(node: t.Node, level: int) -> str:
    """A node where something at least as tight as ``level`` is needed."""
    text = to_text(node)
    return text if _level(node) >= level and not isinstance(node, t.Test) else f"({text})"


def _literal(node: t.Literal) -> str:
    value = node.value
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return quote(value) if isinstance(value, str) else _number(value)


def _number(value: Decimal) -> str:
    return text_of(value) if abs(value.adjusted()) < 100 else str(value).replace("E+", "e").replace("E", "e")


def _chain(node: t.Chain) -> str:
    level = _level(node)
    return _in(node.first, level + 1) + "".join(f" {op} {_in(part, level + 1)}" for op, part in node.rest)


def _logic(node: t.Logic) -> str:
    level = _level(node)
    return f" {node.op} ".join(_in(item, level + 1) for item in node.items)


def _compare(node: t.Compare) -> str:
    return f"{_in(node.left, _COMPARE)} {node.op} {_in(node.right, _SUM)}"


def _between(node: t.Between) -> str:
    return f"{_in(node.value, _COMPARE)} between {_in(node.low, _SUM)} and {_in(node.high, _SUM)}"


def _tests(node: t.In) -> str:
    value = _in(node.value, _COMPARE)
    if len(node.tests) == 1:
        test = node.tests[0]
        if isinstance(test, t.Test):
            return f"{value} in {test.op} {_in(test.operand, _SUM)}"
        if isinstance(test, t.Interval):
            return f"{value} in {to_text(test)}"
        return f"{value} in ({_item(test)})"
    return f"{value} in ({', '.join(map(_item, node.tests))})"


def _item(node: t.Node) -> str:
    """A test inside parentheses or a list; a test that is itself in parentheses is a value."""
    return to_text(node)


def _if(node: t.If) -> str:
    parts = [f"if {to_text(test)} then {to_text(then)}" for test, then in node.branches]
    last = to_text(node.other)
    return " else ".join([*parts, f"({last})" if isinstance(node.other, t.If) else last])


def _iterators(iterators: tuple[tuple[str, t.Node], ...]) -> str:
    return ", ".join(f"{name} in {to_text(node)}" for name, node in iterators)


def _lambda(node: t.Lambda) -> str:
    params = ", ".join(name if kind is None else f"{name}: {kind}" for name, kind in node.params)
    return f"function({params}) {to_text(node.body)}"


def _call(node: t.Call) -> str:
    args = [to_text(arg) for arg in node.args]
    if node.names is not None:
        args = [f"{name}: {arg}" for name, arg in zip(node.names, args, strict=True)]
    return f"{_in(node.function, _POSTFIX)}({', '.join(args)})"


def _key(key: str) -> str:
    parts = split(key)
    plain = parts and all(part[0].isalpha() or part[0] == "_" for part in parts) and " ".join(parts) == key
    return key if plain else quote(key)


def _context(node: t.Context) -> str:
    return "{" + ", ".join(f"{_key(key)}: {to_text(value)}" for key, value in node.entries) + "}"


def _interval(node: t.Interval) -> str:
    return f"{'[' if node.low_in else '('}{_in(node.low, _OR)}..{_in(node.high, _OR)}{']' if node.high_in else ')'}"


def _unary(node: t.UnaryTests) -> str:
    if not node.tests:
        return "-"
    inner = ", ".join(map(_item, node.tests))
    return f"not({inner})" if node.negated else inner


_PRINTERS: dict[type, Callable[[Any], str]] = {
    t.Literal: _literal,
    t.At: lambda node: f"@{quote(node.text)}",
    t.Name: lambda node: node.name,
    t.Neg: lambda node: f"-{_in(node.operand, _SIGN)}",
    t.Chain: _chain,
    t.Compare: _compare,
    t.Logic: _logic,
    t.Between: _between,
    t.In: _tests,
    t.Test: lambda node: f"{node.op} {to_text(node.operand)}",
    t.Interval: _interval,
    t.If: _if,
    t.Span: lambda node: f"{_in(node.low, _OR)}..{_in(node.high, _OR)}",
    t.For: lambda node: f"for {_iterators(node.iterators)} return {to_text(node.body)}",
    t.Quantified: lambda node: f"{node.kind} {_iterators(node.iterators)} satisfies {to_text(node.body)}",
    t.Lambda: _lambda,
    t.Call: _call,
    t.Path: lambda node: f"{_in(node.source, _POSTFIX)}.{node.name}",
    t.Filter: lambda node: f"{_in(node.source, _POSTFIX)}[{to_text(node.condition)}]",
    t.ListOf: lambda node: f"[{', '.join(map(_item, node.items))}]",
    t.Context: _context,
    t.InstanceOf: lambda node: f"{_in(node.value, _COMPARE)} instance of {node.type}",
    t.UnaryTests: _unary,
}


def names_of(node: t.Node) -> Collection[str]:
    """Every name in a tree that needs to be known to be read again: those with spaces or operators."""
    out: set[str] = set()
    for part in t.walk(node):
        if isinstance(part, t.Name | t.Path) and len(split(part.name)) > 1:
            out.add(part.name)
    return out
