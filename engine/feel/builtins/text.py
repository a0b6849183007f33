"""Built-ins on strings (DMN 1.5, 10.3.4.3). Characters are Unicode code points."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from engine.feel.bounds import Run
from engine.feel.builtins.base import builtin
from engine.feel.builtins.numeric import whole
from engine.feel.faults import Unfit, too_large
from engine.feel.ops import MAX_STRING
from engine.feel.pike import MAX_WORK
from engine.feel.regex import pattern
from engine.feel.values import kind_of


@builtin("substring(string: string, start position: number, length?: number)")
def substring(string: str, start: Decimal, length: Decimal | None = None) -> str:
    """From ``start`` (1 is the first, -1 the last character), ``length`` characters or all."""
    begin = whole(start, "start position")
    if begin == 0:
        raise Unfit("the start position is 0; the first character is at 1")
    if abs(begin) > len(string):
        raise Unfit(f"the start position {begin} lies outside of the string")
    begin = begin - 1 if begin > 0 else len(string) + begin
    if length is None:
        return string[begin:]
    count = whole(length, "length")
    if count < 1:
        raise Unfit("the length is less than 1")
    return string[begin : begin + count]


@builtin("string length(string: string)")
def string_length(string: str) -> Decimal:
    return Decimal(len(string))


@builtin("upper case(string: string)")
def upper_case(string: str) -> str:
    return string.upper()


@builtin("lower case(string: string)")
def lower_case(string: str) -> str:
    return string.lower()


@builtin("substring before(string: string, match: string)")
def substring_before(string: str, match: str) -> str:
    at = string.find(match)
    return string[:at] if at > 0 else ""


@builtin("substring after(string: string, match: string)")
def substring_after(string: str, match: str) -> str:
    at = string.find(match)
    return string[at + len(match) :] if at >= 0 else ""


@builtin("contains(string: string, match: string)")
def contains(string: str, match: str) -> bool:
    return match in string


@builtin("starts with(string: string, match: string)")
def starts_with(string: str, match: str) -> bool:
    return string.startswith(match)


@builtin("ends with(string: string, match: string)")
def ends_with(string: str, match: str) -> bool:
    return string.endswith(match)


@builtin("matches(input: string, pattern: string, flags?: string?)", aware=True)
def matches(run: Run, string: str, text: str, flags: str | None = None) -> bool:
    room = [MAX_WORK]
    found = pattern(text, flags or "").find(string, 0, room)
    charge(run, room)
    return found is not None


@builtin("replace(input: string, pattern: string, replacement: string, flags?: string?)", aware=True)
def replace(run: Run, string: str, text: str, replacement: str, flags: str | None = None) -> str:
    room = [MAX_WORK]
    out = pattern(text, flags or "").replace(string, replacement, room)
    charge(run, room)
    if len(out) > MAX_STRING:
        raise too_large("a string")
    return out


@builtin("split(string: string, delimiter: string)", aware=True)
def split(run: Run, string: str, delimiter: str) -> list[str]:
    room = [MAX_WORK]
    out = pattern(delimiter, "").split(string, room)
    charge(run, room)
    return out


def charge(run: Run, room: list[int]) -> None:
    """What a pattern's work used up counts as steps."""
    run.step((MAX_WORK - room[0]) >> 3)


@builtin("string join(list: list, delimiter?: string?)")
def string_join(items: list[Any], delimiter: str | None = None) -> str:
    """Nulls are left out."""
    parts = [item for item in items if item is not None]
    for part in parts:
        if not isinstance(part, str):
            raise Unfit(f"the list holds a {kind_of(part)}, all must be strings")
    if sum(map(len, parts)) + len(parts) * len(delimiter or "") > MAX_STRING:
        raise too_large("a string")
    return (delimiter or "").join(parts)
