"""No expression fills the memory or the time by making large values, as closures or as generated code."""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine import feel
from engine.domain.errors import ExpressionError
from engine.feel.program import WARM

ROOM = 1_000 << 20  # bytes that one program may add to the process

LONG = 'string join(for i in 1..60000 return "0123456789")'
DOUBLED = "for i in 1..40 return if i = 1 then [1] else [partial[-1], partial[-1]]"
ATTACKS = {
    "a text replaced by itself": f'{{s: {LONG}, r: replace(s, "0", s)}}.r',
    "a text many times, in a list": f"{{s: {LONG}, r: for i in 1..90000 return s + s}}.r",
    "a text many times, without a loop": f"{{s: {LONG}, r: [{', '.join(['s + s'] * 5000)}]}}.r",
    "a text in capitals, many times": f"{{s: {LONG}, r: [{', '.join(['upper case(s)'] * 5000)}]}}.r",
    "a list so far, many times": "for i in 1..100000 return partial",
    "a list backwards, many times": f"{{l: for i in 1..90000 return i, r: [{', '.join(['reverse(l)'] * 9000)}]}}.r",
    "the entries of a list, many times": f"{{l: for i in 1..90000 return {{a: i}}, "
    f"r: [{', '.join(['l.a'] * 20000)}]}}.r",
    "long lists written out": f"for i in 1..900000 return [{', '.join(['i'] * 500)}]",
    "long contexts written out": f"for i in 1..900000 return {{{', '.join(f'k{n}: i' for n in range(200))}}}",
    "a context that grows": "count(for i in 1..90000 return context put("
    "if i = 1 then {a: 0} else partial[-1], string(i), i))",
    "lists compared with each other": f"{{l: {DOUBLED}, "
    "r: count(distinct values(for i in 1..3000 return [l[18], i]))}.r",
    "a list looked for": f"{{l: {DOUBLED}, r: list contains(for i in 1..3000 return [l[18], i], [l[18], 0])}}.r",
    "a deep type": "{l: " + DOUBLED + ", r: l[-1] instance of " + "list<" * 40 + "number" + ">" * 40 + "}.r",
    "huge powers": "(10 ** 1000000) + (9 ** 9 ** 9 ** 9)",
    "a pattern of many optional parts": 'matches(string join(for i in 1..50000 return "ab"), "(a?b?){500}c")',
}


@pytest.fixture
def little_room() -> Iterator[None]:
    """A process that may only grow by ``ROOM``."""
    before = resource.getrlimit(resource.RLIMIT_AS)
    statm = Path("/proc/self/statm")
    size = int(statm.read_text().split()[0]) * resource.getpagesize() if statm.exists() else 16 << 30
    resource.setrlimit(resource.RLIMIT_AS, (size + ROOM, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_AS, before)


QUICK = ("a text replaced by itself", "a text many times, in a list", "a list so far, many times", "a deep type")
CASES = [
    pytest.param(text, id=name, marks=() if name in QUICK else pytest.mark.prove(only=True))
    for name, text in ATTACKS.items()
]


@pytest.mark.parametrize("text", CASES)
def test_no_expression_fills_the_memory(text: str, little_room: None) -> None:
    """It ends in null or in an error with a code, in bounded time and memory. (C2)"""
    begun = time.monotonic()
    assert ended(feel.compile(text)) in (None, "CRM-510", "CRM-512", "CRM-513")
    assert time.monotonic() - begun < 40  # 5 s on a quiet machine


def ended(program: feel.Program) -> Any:
    """The value, or the code of the error."""
    try:
        return program.evaluate({})
    except ExpressionError as error:
        return error.code


WARMED = {
    "+": "[" + ", ".join(["s + s"] * 2000) + "]",
    "+ in a loop": "for i in l return s + s",
    "upper case": "[" + ", ".join(["upper case(s)"] * 900) + "]",
    "reverse": "[" + ", ".join(["reverse(l)"] * 900) + "]",
    "path": "[" + ", ".join(["l.a"] * 900) + "]",
    "partial": "if big then for i in l return partial else null",
    "string join": "[" + ", ".join(['string join(t, "x")'] * 900) + "]",
}


@pytest.mark.parametrize("text", WARMED.values(), ids=WARMED)
def test_generated_code_counts_the_same(text: str, little_room: None) -> None:
    """Warm on small values, then given large ones."""
    program = feel.compile(text)
    small = {"s": "a", "l": [{"a": 1}], "t": ["a"], "big": False}
    for _ in range(WARM + 5):
        program.evaluate(small)
    assert program.quick is not None
    large = {"s": "a" * 400_000, "l": [{"a": 1}] * 60_000, "t": ["0123456789"] * 60_000, "big": True}
    with pytest.raises(ExpressionError) as caught:
        program.evaluate(large)
    assert caught.value.code in ("CRM-510", "CRM-513")
