"""Nothing leaves the sandbox, and everything ends within its bounds with an error of its own."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from engine import feel
from engine.domain.clock import FixedClock
from engine.domain.errors import ExpressionError
from engine.feel.bounds import Limits


def code_of(text: str, limits: Limits | None = None) -> str:
    """The code of the error that evaluating a text ends in."""
    with pytest.raises(ExpressionError) as caught:
        program = feel.compile(text)
        program.evaluate({}, limits=limits or Limits(seconds=60))
    assert caught.value.fix
    return caught.value.code


def nest(depth: int, inner: str, around: str) -> str:
    for _ in range(depth):
        inner = around.replace("#", inner)
    return inner


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("for i in 1..100000000 return i", "CRM-510"),
        ("count(for i in 1..2000, j in 1..2000 return 1)", "CRM-510"),
        ("{f: function(n) f(n + 1), r: f(1)}.r", "CRM-511"),
        ("{f: function(n) if n = 0 then 0 else f(n - 1), r: f(1000)}.r", "CRM-511"),
        (nest(30, '"0123456789"', "{a: #, b: a + a}.b"), "CRM-512"),
        (nest(30, "[1, 2, 3]", "{a: #, b: concatenate(a, a)}.b"), "CRM-512"),
        ("flatten(" + nest(30, "[1, 2, 3]", "{a: #, b: [a, a]}.b") + ")", "CRM-512"),
        ("string(" + nest(30, "[1, 2, 3]", "{a: #, b: [a, a]}.b") + ")", "CRM-512"),
        ("{a: " + nest(30, "[1]", "{a: #, b: [a, a]}.b") + ", b: a = a}.b", "CRM-512"),
        ("(" * 2000 + "1" + ")" * 2000, "CRM-503"),
        ("[" * 500, "CRM-503"),
        ("not(" * 300 + "true" + ")" * 300, "CRM-503"),
        ("-" * 5000 + "1", "CRM-503"),
        ("]1..2[" * 50, "CRM-503"),
        ("1" * 300_000, "CRM-502"),
    ],
)
def test_attempts_to_use_up_the_machine_end_in_a_clear_error(text: str, code: str) -> None:
    assert code_of(text) == code


def test_time_is_bounded() -> None:
    assert code_of("for i in 1..1000000 return i", Limits(steps=10**9, seconds=0.05)) == "CRM-513"


@pytest.mark.parametrize(
    "pattern",
    ["(a+)+b", "(a|a)*b", "(a|aa)+b", "a*a*a*a*a*a*b", "(.*)*x", "(a?){50}a{50}b", "([a-z]+)*b", "(a*)*\\\\1b"],
)
def test_regular_expressions_that_backtrack_do_not_hang(pattern: str) -> None:
    text = "a" * 5000
    begun = time.monotonic()
    try:
        assert feel.evaluate(f'matches("{text}", "{pattern}")') in (False, None)
    except ExpressionError as error:
        assert error.code == "CRM-510"  # noqa: PT017 - both ends are right
    assert time.monotonic() - begun < 20


@pytest.mark.parametrize(
    "text",
    [
        "__class__",
        '"a".__class__',
        "x.__class__.__mro__",
        "{a: 1}.__init__",
        "[1].__len__",
        "string.__globals__",
        "__import__",
        "open",
        "eval",
        "date.__call__",
        "now.call",
        "(function(x) x).call",
    ],
)
def test_python_is_out_of_reach(text: str) -> None:
    value = feel.compile(text).evaluate({"x": object()})
    assert value is None or value == [None]


def test_calling_what_is_no_function_is_null() -> None:
    assert feel.evaluate('__import__("os")') is None
    assert feel.evaluate('x.system("true")', {"x": __import__("os")}) is None


def test_ten_thousand_terms_are_no_nesting() -> None:
    assert feel.evaluate(" + ".join(["1"] * 10_000)) == 10_000
    chain = "".join(f"if a = {n} then {n} else " for n in range(300)) + "null"
    program = feel.compile(chain)
    for _ in range(50):
        assert program.evaluate({"a": 299}) == 299


def test_a_growing_list_in_a_loop_is_seen_as_a_copy() -> None:
    assert feel.evaluate("for i in 1..3 return count(partial)") == [0, 1, 2]
    assert feel.evaluate("for i in 1..2 return partial") == [[], [[]]]


def test_now_reads_the_clock_it_is_given() -> None:
    with feel.at(FixedClock(datetime(2026, 3, 1, 12, 0, tzinfo=UTC))):
        assert feel.evaluate("now()") == feel.evaluate('@"2026-03-01T12:00:00Z"')
        assert feel.evaluate("today()") == feel.evaluate('@"2026-03-01"')
