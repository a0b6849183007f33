"""What calls, comparisons and arithmetic give in DMN 1.5, 10.3: good, odd and missing arguments, line by line.

Each line of ``spec_calls.txt`` is ``expression => FEEL``; an expression that must not be read gives null, as a
decision with that text does.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine import feel
from engine.domain.errors import ExpressionError
from engine.feel.program import WARM

LINES = Path(__file__).with_name("spec_calls.txt").read_text(encoding="utf-8").splitlines()
CASES = [line.partition(" => ") for line in LINES]


def value(text: str, runs: int = 1) -> Any:
    """What a decision with this text gives, asked so many times."""
    try:
        program = feel.compile(text)
    except ExpressionError as error:
        if error.code not in ("CRM-500", "CRM-501"):
            raise
        return None
    return [program.evaluate({}) for _ in range(runs)][-1]


def different(cases: list[tuple[str, str, str]], runs: int) -> list[str]:
    """The lines that give something else, or a value of another kind."""
    out = []
    for text, _, expected in cases:
        got, want = value(text, runs), value(expected)
        if got != want or type(got) is not type(want):
            out.append(f"{text} gives {got!r}, not {expected}")
    return out


def test_each_line_gives_what_the_specification_says() -> None:
    """C3"""
    assert len(CASES) > 700
    assert different(CASES, 1) == []


def test_lines_give_the_same_once_they_are_written_as_code(many: Callable[[int, int], int]) -> None:
    """C3"""
    assert different(CASES[:: 8 // many(1, 8)], WARM + 2) == []
