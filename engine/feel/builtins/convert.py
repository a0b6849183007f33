"""Built-ins that convert (DMN 1.5, 10.3.4.1): string, number, range."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from engine.domain.errors import ExpressionError
from engine.feel import tree as t
from engine.feel.builtins.base import REGISTRY, builtin, invoke
from engine.feel.compare import comparable, greater
from engine.feel.decimals import CONTEXT, text_of
from engine.feel.faults import Unfit, too_large
from engine.feel.lexer import quote
from engine.feel.ops import MAX_STRING, negate
from engine.feel.temporal import parse_any
from engine.feel.values import Function, Range, adopt

_NO_LOW = re.compile(r"\s*[(\]]\s*\.\.(?P<end>.*?)(?P<close>[\])\[])\s*", re.DOTALL)
_NO_HIGH = re.compile(r"\s*(?P<open>[\[(\]])(?P<end>.*?)\.\.\s*[)\[]\s*", re.DOTALL)
_PLAIN = re.compile(r"-?(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)


@builtin("string(from: any)")
def to_string(value: Any) -> str | None:
    """The FEEL text of a value; a string is its own."""
    if value is None:
        return None
    if isinstance(value, str):
        return value
    return text_of_value(value)


def text_of_value(value: Any) -> str:
    """A value as FEEL text; bounded in size."""
    room = [MAX_STRING]
    return _text(value, room)


def _text(value: Any, room: list[int]) -> str:
    room[0] -= 1
    if isinstance(value, list):
        out = "[" + ", ".join(_text(adopt(item), room) for item in value) + "]"
    elif isinstance(value, Mapping):
        out = "{" + ", ".join(f"{_key(key)}: {_text(adopt(item), room)}" for key, item in value.items()) + "}"
    elif isinstance(value, Range):
        out = _span(value, room)
    else:
        out = _scalar(value)
        room[0] -= len(out)
    if room[0] < 0:
        raise too_large("a string")
    return out


def _key(key: str) -> str:
    return key if re.fullmatch(r"[^\W\d][\w ]*", key) else quote(key)


def _scalar(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return text_of(value)
    if isinstance(value, str):
        return quote(value)
    if isinstance(value, Function):
        return f"function {value.name}".strip()
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _span(value: Range, room: list[int]) -> str:
    if value.low is None:
        return f"({'<=' if value.high_in else '<'} {_text(value.high, room)})"
    if value.high is None:
        return f"({'>=' if value.low_in else '>'} {_text(value.low, room)})"
    return (
        f"{'[' if value.low_in else '('}{_text(value.low, room)}..{_text(value.high, room)}"
        f"{']' if value.high_in else ')'}"
    )


@builtin("number(from: string)", "number(from: string, grouping separator: string?, decimal separator: string?)")
def to_number(text: str, grouping: str | None = None, point: str | None = None) -> Decimal:
    """A number from its text; separators are one of space, comma, period."""
    if grouping is not None and grouping not in (" ", ",", "."):
        raise Unfit("the grouping separator must be a space, a comma or a period")
    if point is not None and point not in (",", "."):
        raise Unfit("the decimal separator must be a comma or a period")
    if grouping is not None and grouping == point:
        raise Unfit("the two separators are the same")
    if len(text) > 1000:
        raise Unfit("the text is too long for a number")
    plain = text.replace(grouping, "") if grouping else text
    plain = plain.replace(point, ".") if point else plain
    if not _PLAIN.fullmatch(plain):
        raise Unfit(f"{text[:40]!r} is not a number")
    return CONTEXT.create_decimal(plain)


@builtin("range(from: string)")
def to_range(text: str) -> Range:
    """A range from its text; the ends are literals, in order. An open end may be left out: ``(..10]``, ``[1..)``."""
    if len(text) > 1000:
        raise Unfit("the text is too long for a range")
    found = _NO_LOW.fullmatch(text)
    if found is not None:
        return Range(None, _alone(found["end"], text), False, found["close"] == "]")
    found = _NO_HIGH.fullmatch(text)
    if found is not None:
        return Range(_alone(found["end"], text), None, found["open"] == "[", False)
    node = _read(text, text)
    if not isinstance(node, t.Interval):
        raise Unfit(f"{text[:40]!r} is not a range such as [1..10]")
    low, high = _end(node.low), _end(node.high)
    if not comparable(low, high):
        raise Unfit("the ends of the range are null or of different kinds")
    if greater(low, high):
        raise Unfit("the range ends before it starts")
    return Range(low, high, node.low_in, node.high_in)


def _read(part: str, text: str) -> t.Node:
    from engine.feel.parser import parse

    try:
        return parse(part)
    except ExpressionError as error:
        raise Unfit(f"{text[:40]!r} is not a range such as [1..10]") from error


def _alone(part: str, text: str) -> Any:
    """The one end of a range that has no other."""
    end = _end(_read(part, text))
    if not comparable(end, end):
        raise Unfit("the end of the range has no order")
    return end


def _end(node: t.Node) -> Any:
    """The value of an end that is a literal, or a constructor of one from a literal."""
    if isinstance(node, t.Literal):
        return node.value
    if isinstance(node, t.At):
        return parse_any(node.text)
    if isinstance(node, t.Neg):
        return negate(_end(node.operand))
    if (
        isinstance(node, t.Call)
        and isinstance(node.function, t.Name)
        and node.function.name in ("date", "time", "date and time", "duration")
        and all(isinstance(arg, t.Literal) for arg in node.args)
    ):
        return invoke(node.function.name, [_end(arg) for arg in node.args], node.names, None)
    raise Unfit("the ends of the range must be literals")


__all__ = ["REGISTRY", "text_of_value"]
