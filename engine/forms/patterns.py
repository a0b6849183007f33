"""Patterns of form fields: JavaScript's ``test`` (found anywhere) within bounds.

A pattern that could take exponential time is refused when the form is loaded: a repetition or alternatives inside a
repetition without end. What is left takes polynomial time; the longer its exponent, the shorter the texts tried.
"""

from __future__ import annotations

import re
import re._constants as _c  # type: ignore[import-not-found]
import re._parser as _p  # type: ignore[import-not-found]
from collections.abc import Callable, Iterator
from typing import Any

#: The longest text that is tried, by the number of repetitions without end: work stays below 10^8 steps.
LONGEST = {0: 100_000, 1: 100_000, 2: 10_000, 3: 464, 4: 100}


class Unsafe(Exception):
    """The pattern is refused; why, in English and Chinese."""

    def __init__(self, text: str, zh: str) -> None:
        super().__init__(text)
        self.zh = zh


def safe(text: str) -> Callable[[str], bool]:
    """A function that says whether the pattern is found in a text. Raises Unsafe."""
    if len(text) > 1000:
        raise Unsafe("it has more than 1,000 characters", "超过 1000 个字符")
    source = _python(_units(text))
    try:
        parsed = _p.parse(source)
        pattern = re.compile(source)
    except (re.error, OverflowError, RecursionError) as error:
        raise Unsafe(f"it cannot be read ({error})", f"无法解析（{error}）") from error
    if any(_nested(item, False) for item in parsed):
        raise Unsafe("it repeats a repetition or alternatives, which can take for ever", "重复嵌套，可能永远无法完成")
    degree = _open_repeats(parsed) + (0 if source.startswith("(?a:^") else 1)
    if degree > 4:
        raise Unsafe("it has too many repetitions without end", "无上限的重复过多")
    longest = LONGEST[degree]
    return lambda value: len(value) <= longest and pattern.search(_units(value)) is not None


def _units(text: str) -> str:
    """The text as JavaScript counts it: what lies beyond the basic plane is two characters."""
    if text.isascii() or max(text) <= "\uffff":
        return text
    raw = text.encode("utf-16-le", "surrogatepass")
    return "".join(chr(raw[n] | raw[n + 1] << 8) for n in range(0, len(raw), 2))


def _python(text: str) -> str:
    """JavaScript's notation as Python's: ``\\d`` is ASCII, ``$`` is the very end, groups' names differ."""
    text = re.sub(r"\(\?<([A-Za-z_]\w*)>", r"(?P<\1>", text)
    out = []
    escaped = klass = False
    for char in text:
        if escaped:
            out.append({"/": "/", "-": "\\-"}.get(char, "\\" + char))
            escaped = False
        elif char == "\\":
            escaped = True
        else:
            klass = (klass or char == "[") and char != "]"
            out.append("\\Z" if char == "$" and not klass else char)
    return "(?a:" + "".join(out) + ("\\" if escaped else "") + ")"


def _parts(item: Any) -> Iterator[Any]:
    """Items directly inside an item of a parsed pattern."""
    stack = [item[1]]
    while stack:
        here = stack.pop()
        if isinstance(here, _p.SubPattern):
            yield from here
        elif isinstance(here, (list, tuple)):
            stack.extend(part for part in here if isinstance(part, (list, tuple, _p.SubPattern)))


def _is_open(item: Any, most: int = 20) -> bool:
    """A repetition that may match in many ways: its bounds differ by more than ``most``."""
    if item[0] not in (_c.MAX_REPEAT, _c.MIN_REPEAT):
        return False
    low, high = item[1][0], item[1][1]
    return high is _c.MAXREPEAT or high - low > most


def _nested(item: Any, inside: bool) -> bool:
    if inside and (_is_open(item, 0) or item[0] is _c.BRANCH):
        return True
    inner = inside or _is_open(item)
    return any(_nested(part, inner) for part in _parts(item))


def _open_repeats(items: Any) -> int:
    return sum(_is_open(item) + _open_repeats(list(_parts(item))) for item in items)
