"""JUEL, the expression language of the Camunda 7 family, turned into FEEL where both mean the same.

Property access, comparison, arithmetic, boolean logic, ``empty``, ternary, indexes and literals are translated;
method and bean calls, lambdas and functions are not: they are code, and the model says so in a finding.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

#: Words of the engine's own scope that have another name here.
_NAMES: Mapping[str, str] = {
    "nrOfInstances": "numberOfInstances",
    "nrOfCompletedInstances": "numberOfCompletedInstances",
    "nrOfActiveInstances": "numberOfActiveInstances",
}
_TOKEN = re.compile(
    r"""\s*(?:(?P<number>\d+\.\d+|\d+)|(?P<text>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
    r"""|(?P<name>[^\W\d]\w*)|(?P<op>&&|\|\||==|!=|<=|>=|[-+*/%<>!?:.,\[\]()]))"""
)
_COMPARE = {"==": "=", "eq": "=", "!=": "!=", "ne": "!=", "<": "<", "lt": "<", ">": ">", "gt": ">",
            "<=": "<=", "le": "<=", ">=": ">=", "ge": ">="}  # fmt: skip
_PIECE = re.compile(r"[$#]\{((?:[^{}'\"]|'[^']*'|\"[^\"]*\")*)\}")
#: Deepest nesting that is followed.
_DEPTH = 60


class Untranslatable(ValueError):
    """The expression has no equal in FEEL; the message says why."""


def is_juel(text: str) -> bool:
    """Whether the text holds a JUEL expression."""
    return bool(re.search(r"[$#]\{", text))


def to_feel(text: str) -> str:
    """A literal stays as it is; ``${…}`` becomes ``= …``; text around expressions is joined with ``+``.

    Raises ``Untranslatable``.
    """
    if not is_juel(text):
        return text
    stripped = text.strip()
    whole = _PIECE.fullmatch(stripped)
    if whole is not None:
        return "= " + feel_of(whole[1])
    parts, at = [], 0
    for piece in _PIECE.finditer(text):
        if piece.start() > at:
            parts.append(json.dumps(text[at : piece.start()], ensure_ascii=False))
        parts.append(f"string({feel_of(piece[1])})")
        at = piece.end()
    if at < len(text):
        parts.append(json.dumps(text[at:], ensure_ascii=False))
    if not at:
        raise Untranslatable("braces within braces are not read")
    return "= " + " + ".join(parts)


def feel_of(juel: str) -> str:
    """FEEL of the inside of ``${…}``. Raises ``Untranslatable``."""
    reader = _Reader(juel)
    feel = reader.ternary(0)
    if reader.peek() is not None:
        raise Untranslatable(f"'{reader.peek()}' is not expected")
    return feel


class _Reader:
    """Recursive descent over tokens; each method gives FEEL text."""

    def __init__(self, text: str) -> None:
        self.tokens: list[tuple[str, str]] = []
        at = 0
        while at < len(text.rstrip()):
            found = _TOKEN.match(text, at)
            if found is None:
                raise Untranslatable(f"'{text[at:].strip()[:20]}' is not read")
            kind = str(found.lastgroup)
            self.tokens.append((kind, found[kind]))
            at = found.end()
        self.at = 0

    def peek(self) -> str | None:
        return self.tokens[self.at][1] if self.at < len(self.tokens) else None

    def take(self, *wanted: str) -> str | None:
        """The next token if it is one of these (never a text literal)."""
        if self.at < len(self.tokens) and self.tokens[self.at][0] != "text" and self.peek() in wanted:
            self.at += 1
            return self.tokens[self.at - 1][1]
        return None

    def need(self, token: str) -> None:
        if self.take(token) is None:
            raise Untranslatable(f"'{token}' is missing")

    def ternary(self, depth: int) -> str:
        if depth > _DEPTH:
            raise Untranslatable("it is nested too deeply")
        first = self.either(depth + 1)
        if self.take("?") is None:
            return first
        yes = self.ternary(depth + 1)
        self.need(":")
        return f"if {first} then {yes} else {self.ternary(depth + 1)}"

    def either(self, depth: int) -> str:
        found = self.both(depth)
        while self.take("||", "or"):
            found = f"{found} or {self.both(depth)}"
        return found

    def both(self, depth: int) -> str:
        found = self.compare(depth)
        while self.take("&&", "and"):
            found = f"{found} and {self.compare(depth)}"
        return found

    def compare(self, depth: int) -> str:
        left = self.sum(depth)
        sign = self.take(*_COMPARE)
        return left if sign is None else f"{left} {_COMPARE[sign]} {self.sum(depth)}"

    def sum(self, depth: int) -> str:
        found = self.product(depth)
        while sign := self.take("+", "-"):
            found = f"{found} {sign} {self.product(depth)}"
        return found

    def product(self, depth: int) -> str:
        found = self.unary(depth)
        while sign := self.take("*", "/", "%", "div", "mod"):
            right = self.unary(depth)
            if sign in ("%", "mod"):
                found = f"modulo({found}, {right})"
            else:
                found = f"{found} {'*' if sign == '*' else '/'} {right}"
        return found

    def unary(self, depth: int) -> str:
        if depth > _DEPTH:
            raise Untranslatable("it is nested too deeply")
        if self.take("!", "not"):
            # In JUEL what is no truth is false, and its opposite true; FEEL's not(null) is null.
            return f"not({self.unary(depth + 1)} = true)"
        if self.take("-"):
            return f"-{self.unary(depth + 1)}"
        if self.take("empty"):
            inner = self.unary(depth + 1)
            return f'(({inner} = null or {inner} = "" or {inner} = []) = true)'
        return self.path(depth)

    def path(self, depth: int) -> str:
        found = self.primary(depth)
        while True:
            if self.take("."):
                kind, name = self.tokens[self.at] if self.at < len(self.tokens) else ("", "")
                if kind != "name":
                    raise Untranslatable("a name is missing after '.'")
                self.at += 1
                if self.peek() == "(":
                    found = _call(self, found, name)
                else:
                    found = f"{found}.{name}"
            elif self.take("["):
                found = _index(self, found, depth)
            elif self.peek() == "(":
                raise Untranslatable("functions are code")
            else:
                return found

    def primary(self, depth: int) -> str:
        if self.take("("):
            inner = self.ternary(depth + 1)
            self.need(")")
            return f"({inner})"
        if self.at >= len(self.tokens):
            raise Untranslatable("it ends too early")
        kind, text = self.tokens[self.at]
        self.at += 1
        if kind == "number":
            return text
        if kind == "text":
            return _literal(text)
        if kind != "name":
            raise Untranslatable(f"'{text}' is not expected")
        if text in _VARIABLES and self.peek() == ":":
            return _function(self, depth)
        return _NAMES.get(text, text)


def _call(r: _Reader, owner: str, name: str) -> str:
    """Only reading a variable by its name is no code."""
    if owner == "execution" and name in ("getVariable", "getVariableLocal"):
        r.need("(")
        kind, text = r.tokens[r.at] if r.at < len(r.tokens) else ("", "")
        if kind == "text" and re.fullmatch(r"[^\W\d]\w*", text[1:-1]):
            r.at += 1
            r.need(")")
            return text[1:-1]
    raise Untranslatable(f"the call '{owner}.{name}(…)' is code")


#: Flowable's functions over variables: name → FEEL of (variable, value).
_VARIABLES = frozenset({"var", "vars", "variables"})
_FUNCTIONS = {
    **dict.fromkeys(("equals", "eq"), "{0} = {1}"),
    **dict.fromkeys(("notEquals", "ne"), "{0} != {1}"),
    **dict.fromkeys(("lowerThan", "lessThan", "lt"), "{0} < {1}"),
    **dict.fromkeys(("lowerThanOrEquals", "lessThanOrEquals", "lte"), "{0} <= {1}"),
    **dict.fromkeys(("greaterThan", "gt"), "{0} > {1}"),
    **dict.fromkeys(("greaterThanOrEquals", "gte"), "{0} >= {1}"),
    **dict.fromkeys(("get",), "{0}"),
    **dict.fromkeys(("isEmpty", "empty"), '(({0} = null or {0} = "" or {0} = []) = true)'),
    **dict.fromkeys(("isNotEmpty", "notEmpty"), 'not(({0} = null or {0} = "" or {0} = []) = true)'),
    **dict.fromkeys(("exists", "exist"), "{0} != null"),
}


def _function(r: _Reader, depth: int) -> str:
    """``var:eq(name, value)``; the variable may be written as a name or as a text."""
    r.need(":")
    shape = _FUNCTIONS.get(r.peek() or "")
    if shape is None:
        raise Untranslatable(f"the function 'var:{r.peek()}' is not known")
    r.at += 1
    r.need("(")
    kind, text = r.tokens[r.at] if r.at < len(r.tokens) else ("", "")
    name = text[1:-1] if kind == "text" else text
    if kind not in ("name", "text") or re.fullmatch(r"[^\W\d]\w*", name) is None:
        raise Untranslatable("the variable's name is computed")
    r.at += 1
    values = []
    while r.take(","):
        values.append(r.ternary(depth + 1))
    r.need(")")
    if len(values) != ("{1}" in shape):
        raise Untranslatable("the function has other parameters")
    return "(" + shape.format(name, *values) + ")"


def _index(r: _Reader, owner: str, depth: int) -> str:
    """Lists count from 0 in JUEL and from 1 in FEEL; a text is the name of a property."""
    kind, text = r.tokens[r.at] if r.at < len(r.tokens) else ("", "")
    inner = r.ternary(depth + 1)
    r.need("]")
    if kind == "text" and inner == _literal(text):
        if re.fullmatch(r"[^\W\d]\w*", text[1:-1]) is None:
            raise Untranslatable("the name of the property is no plain name")
        return f"{owner}.{text[1:-1]}"
    return f"{owner}[{int(inner) + 1}]" if inner.isdigit() else f"{owner}[{inner} + 1]"


def _literal(text: str) -> str:
    """A JUEL text literal as FEEL's."""
    return json.dumps(re.sub(r"\\(.)", r"\1", text[1:-1]), ensure_ascii=False)
