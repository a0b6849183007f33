"""What can be said about a program without running it: for the linter and the editors (names, type, mistakes)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from engine.domain.errors import ExpressionError
from engine.feel import tree as t
from engine.feel.bounds import Limits
from engine.feel.builtins import REGISTRY, SIGNATURES
from engine.feel.faults import place
from engine.feel.infer import bind, element, has_member, infer
from engine.feel.kinds import BOOLEAN, NULL, Type
from engine.feel.parser import parse
from engine.feel.printer import to_text
from engine.feel.program import Program

_TRIAL = Limits(steps=20_000, seconds=0.2)


@dataclass(frozen=True, slots=True)
class Hint:
    """A likely mistake; ``kind`` is stable: name, function, argument, types, condition, constant, literal, member."""

    kind: str
    message: str
    message_zh: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Analysis:
    """``result`` is None where it depends; ``constant`` programs read nothing and always give ``value``."""

    names: frozenset[str]
    result: Type | None
    constant: bool
    value: Any
    hints: tuple[Hint, ...]


def analyse(
    text: str,
    kind: str = "expression",
    *,
    names: Collection[str] | None = None,
    types: Mapping[str, Type | None] | None = None,
) -> Analysis:
    """Look at a text. ``names``: all names there will be (None: unknown, so none is reported missing).

    ``types``: what is known of them. Raises ExpressionError CRM-50x for what cannot be read.
    """
    known = dict(types or {})
    declared = frozenset(names or ()) | known.keys()
    node = parse(text, kind, declared)
    program = Program(text, kind, node)
    constant = not program.names and not _clocked(node) and kind == "expression"
    value = _trial(program) if constant else None
    looker = _Looker(text, declared if names is not None else None)
    looker.look(node, known)
    if constant and value is None and not (isinstance(node, t.Literal) and node.value is None):
        _, notes = program.diagnose({}, limits=_TRIAL) if not looker.hints else (None, ())
        for note in notes[:1]:
            why, why_zh = f"always null: {note.message}", f"结果总是 null：{note.message_zh}"
            looker.hints.append(Hint("constant", why, why_zh, note.line, note.column))
    return Analysis(program.names, infer(node, known), constant, value, tuple(looker.hints))


def _clocked(node: t.Node) -> bool:
    return any(isinstance(part, t.Name) and part.name in ("now", "today") for part in t.walk(node))


def _trial(program: Program) -> Any:
    try:
        return program.evaluate({}, limits=_TRIAL)
    except ExpressionError:
        return None


class _Looker:
    """Walks a tree with the types of names in scope and collects hints."""

    def __init__(self, text: str, names: frozenset[str] | None) -> None:
        self.text = text
        self.names = names
        self.hints: list[Hint] = []

    def hint(self, node: t.Node, kind: str, message: str, message_zh: str) -> None:
        self.hints.append(Hint(kind, message, message_zh, *place(self.text, node.pos)))

    def look(self, node: t.Node, types: Mapping[str, Type | None], opaque: bool = False) -> None:
        """``opaque``: inside a filter any name may be an entry of the item."""
        check = _CHECKS.get(type(node))
        if check is not None:
            check(self, node, types, opaque)
        for part, known, dark in _below(node, types, opaque):
            self.look(part, known, dark)


def _name(looker: _Looker, node: t.Name, types: Mapping[str, Type | None], opaque: bool) -> None:
    if looker.names is None or opaque or node.name in types or node.name in looker.names or node.name in REGISTRY:
        return
    if node.name == "?":
        return
    near = get_close_matches(node.name, [*looker.names, *types], 1, 0.75)
    hint = f"did you mean '{near[0]}'?" if near else f'is it the text "{node.name}"? Then put it in quotes.'
    hint_zh = f"是否应为“{near[0]}”？" if near else f'如果是文本，请加引号："{node.name}"。'
    looker.hint(node, "name", f"there is no '{node.name}' here; {hint}", f"此处没有“{node.name}”；{hint_zh}")


def _call(looker: _Looker, node: t.Call, types: Mapping[str, Type | None], opaque: bool) -> None:
    if not isinstance(node.function, t.Name):
        return
    name = node.function.name
    if name in SIGNATURES:
        if node.builtin:
            _arguments(looker, node, name)
        return
    if name in types or (looker.names is not None and name in looker.names) or opaque:
        return
    near = get_close_matches(name, REGISTRY, 1, 0.6)
    if near or looker.names is not None:
        hint = f"; did you mean '{near[0]}'?" if near else ""
        hint_zh = f"；是否应为“{near[0]}”？" if near else ""
        looker.hint(node, "function", f"there is no function '{name}'{hint}", f"没有函数“{name}”{hint_zh}")


def _arguments(looker: _Looker, node: t.Call, name: str) -> None:
    rows = SIGNATURES[name]
    if node.names is None:
        count = len(node.args)
        if not any(row.required <= count and (row.rest or count <= len(row.params)) for row in rows):
            looker.hint(node, "argument", f"'{name}' takes no {count} arguments", f"“{name}”不接受 {count} 个参数")
        return
    known = [{param.name for param in row.params} for row in rows]
    if not any(set(node.names) <= row for row in known):
        names = "', '".join(sorted(set.union(*known)))
        wrong = next((given for given in node.names if not any(given in row for row in known)), node.names[0])
        looker.hint(
            node,
            "argument",
            f"'{name}' has no argument '{wrong}'; it has '{names}'",
            f"“{name}”没有参数“{wrong}”；可用：'{names}'",
        )


def _compare(looker: _Looker, node: t.Compare, types: Mapping[str, Type | None], opaque: bool) -> None:
    if not opaque:
        _fit(looker, node, node.op, infer(node.left, types), infer(node.right, types))


def _fit(looker: _Looker, node: t.Node, op: str, left: Type | None, right: Type | None) -> None:
    if left is None or right is None or "Any" in (left.name, right.name):
        return
    if NULL in (left, right):
        if op in ("=", "!="):
            return
    elif left.name == right.name and (op in ("=", "!=") or left.name not in ("list", "context", "boolean")):
        return
    looker.hint(
        node,
        "types",
        f"'{op}' of {left} and {right} is always null",
        f"“{op}”比较 {left} 与 {right}，结果总是 null",
    )


def _between(looker: _Looker, node: t.Between, types: Mapping[str, Type | None], opaque: bool) -> None:
    if not opaque:
        value = infer(node.value, types)
        _fit(looker, node, ">=", value, infer(node.low, types))


def _if(looker: _Looker, node: t.If, types: Mapping[str, Type | None], opaque: bool) -> None:
    for test, _ in node.branches:
        kind = infer(test, types)
        if not opaque and kind is not None and kind != BOOLEAN and kind.name != "Any":
            looker.hint(test, "condition", f"the condition is a {kind}, never true", f"条件是 {kind}，永远不为 true")
        elif isinstance(test, t.Literal) and isinstance(test.value, bool):
            word = to_text(test)
            looker.hint(test, "condition", f"the condition is always {word}", f"条件总是 {word}")


def _logic(looker: _Looker, node: t.Logic, types: Mapping[str, Type | None], opaque: bool) -> None:
    for item in node.items:
        kind = infer(item, types)
        if not opaque and kind is not None and kind != BOOLEAN and kind.name != "Any":
            looker.hint(
                item,
                "condition",
                f"'{node.op}' needs booleans, this is a {kind}",
                f"“{node.op}”需要布尔值，这里是 {kind}",
            )


def _chain(looker: _Looker, node: t.Chain, types: Mapping[str, Type | None], opaque: bool) -> None:
    left = infer(node.first, types)
    for op, part in node.rest:
        right = infer(part, types)
        pair = {kind.name for kind in (left, right) if kind is not None}
        if not opaque and op == "+" and pair == {"string", "number"}:
            looker.hint(
                part,
                "types",
                "'+' of a string and a number is null; use string(…)",
                "字符串与数字相加结果为 null；请使用 string(…)",
            )
        left = infer(t.Chain(node.first, node.rest[: node.rest.index((op, part)) + 1]), types)


def _path(looker: _Looker, node: t.Path, types: Mapping[str, Type | None], opaque: bool) -> None:
    source = infer(node.source, types)
    if source is None or opaque or source == NULL or has_member(source, node.name):
        return
    near = get_close_matches(node.name, source.keys, 1, 0.6)
    hint = f"; did you mean '{near[0]}'?" if near else ""
    hint_zh = f"；是否应为“{near[0]}”？" if near else ""
    looker.hint(
        node, "member", f"a {source.name} has no '{node.name}'{hint}", f"{source.name} 没有“{node.name}”{hint_zh}"
    )


def _at(looker: _Looker, node: t.At, types: Mapping[str, Type | None], opaque: bool) -> None:
    if infer(node, types) == NULL:
        looker.hint(
            node,
            "literal",
            f"@{node.text!r} is no date, time or duration: always null",
            f"@{node.text!r} 不是日期、时间或时长：结果总是 null",
        )


def _unary(looker: _Looker, node: t.UnaryTests, types: Mapping[str, Type | None], opaque: bool) -> None:
    """Each test against the type of what is tested, where ``types`` tells it under ``?``."""
    tested = types.get("?")
    for test in node.tests:
        if isinstance(test, t.Test):
            _fit(looker, test, test.op, tested, infer(test.operand, types))
        elif isinstance(test, t.Interval):
            _fit(looker, test, ">=", tested, infer(test.low, types))
        elif isinstance(test, t.Literal | t.At):
            _fit(looker, test, "=", tested, infer(test, types))


_CHECKS: dict[type, Callable[..., None]] = {
    t.Name: _name,
    t.Call: _call,
    t.Compare: _compare,
    t.Between: _between,
    t.If: _if,
    t.Logic: _logic,
    t.Chain: _chain,
    t.Path: _path,
    t.At: _at,
    t.UnaryTests: _unary,
}


def _below(
    node: t.Node, types: Mapping[str, Type | None], opaque: bool
) -> Iterator[tuple[t.Node, Mapping[str, Type | None], bool]]:
    """The children, each with the types of the names it sees."""
    if isinstance(node, t.For | t.Quantified):
        known = dict(types)
        for name, domain in node.iterators:
            yield domain, dict(known), opaque
            known = bind(((name, domain),), known)
        if isinstance(node, t.For):
            known.setdefault("partial", Type("list"))
        yield node.body, known, opaque
    elif isinstance(node, t.Lambda):
        yield node.body, {**types, **dict(node.params)}, opaque
    elif isinstance(node, t.Context):
        known = dict(types)
        for key, value in node.entries:
            yield value, dict(known), opaque
            known[key] = infer(value, known)
    elif isinstance(node, t.Filter):
        yield node.source, types, opaque
        inner = element(infer(node.source, types))
        known = {**types, "item": inner}
        if inner is not None and inner.name == "context" and inner.keys:
            known |= dict(zip(inner.keys, inner.parts, strict=True))
            opaque_inside = opaque
        else:
            opaque_inside = opaque or inner is None or inner.name in ("context", "Any")
        yield node.condition, known, opaque_inside
    elif isinstance(node, t.Call) and isinstance(node.function, t.Name):
        for arg in node.args:
            yield arg, types, opaque
    else:
        for child in node.children():
            yield child, types, opaque


__all__ = ["Analysis", "Hint", "analyse"]
