"""FEEL as laws, on random programs: reading and printing, generated code and closures, bounds, arithmetic, time."""

from __future__ import annotations

import os
import random
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from engine import feel
from engine.domain.errors import ExpressionError
from engine.feel import tree as t
from engine.feel.bounds import Limits
from engine.feel.calls import Machine
from engine.feel.codegen import generate
from engine.feel.fastloops import generate_tests
from engine.feel.kinds import Type
from engine.feel.printer import names_of, to_text
from engine.feel.program import SURPRISES, Program

pytestmark = pytest.mark.prove
MANY = os.environ.get("CRMFLOW_PROVE") == "1"
LAW = settings(
    max_examples=1_500 if MANY else 80,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    derandomize=not MANY,
)
SMALL = Limits(steps=20_000, seconds=1)

NAMES = st.sampled_from(["a", "b", "item", "order", "line total", "x", "partial", "count", "date", "客户"])
NUMBERS = st.decimals(min_value=0, max_value=10**6, places=2, allow_nan=False) | st.integers(0, 5).map(Decimal)
TEXTS = st.sampled_from(["", "a", "open", 'q"\\', "2020-01-31", "P1D", "10:00:00Z", "(a+)+b", "线索"])
LITERALS = st.builds(t.Literal, st.none() | st.booleans() | NUMBERS | TEXTS)
ATS = st.builds(t.At, st.sampled_from(["2020-01-31", "10:00:00Z", "P1Y", "PT5M", "2020-01-31T10:00:00@Europe/Paris"]))
LEAVES = LITERALS | ATS | st.builds(t.Name, NAMES)
TYPES = st.sampled_from([Type("number"), Type("date and time"), Type("list", (Type("string"),)), Type("Any")])
CALLS = st.sampled_from(
    [
        *("count", "sum", "min", "max", "string", "number", "date", "duration", "contains", "matches", "split"),
        *("floor", "sort", "flatten", "concatenate", "not", "list contains", "string length", "date and time"),
        *("get value", "distinct values", "day of week"),
    ]
)


def _call(name: str, args: list[t.Node]) -> t.Call:
    return t.Call(t.Name(name), tuple(args), None, builtin=name not in ("count", "date"))


def _grow(inner: st.SearchStrategy[t.Node]) -> st.SearchStrategy[t.Node]:
    few = st.lists(inner, min_size=1, max_size=3).map(tuple)
    pairs = st.lists(st.tuples(NAMES, inner), min_size=1, max_size=2).map(tuple)
    span = st.builds(t.Span, inner, inner)
    domains = st.lists(st.tuples(NAMES, inner | span), min_size=1, max_size=2).map(tuple)
    level = st.sampled_from([("+", "-"), ("*", "/"), ("**",)])
    rest = level.flatmap(
        lambda ops: st.lists(st.tuples(st.sampled_from(ops), inner), min_size=1, max_size=2).map(tuple)
    )
    logic = st.builds(t.Logic, st.sampled_from(["and", "or"]), st.lists(inner, min_size=2, max_size=3).map(tuple))
    tests = st.lists(inner | st.builds(t.Test, COMPARISONS, inner), min_size=1, max_size=3).map(tuple)
    return st.one_of(
        st.builds(t.Neg, inner),
        st.builds(t.Chain, inner, rest),
        st.builds(t.Compare, COMPARISONS, inner, inner),
        logic,
        st.builds(t.Between, inner, inner, inner),
        st.builds(t.In, inner, tests),
        st.builds(t.Interval, inner, inner, st.booleans(), st.booleans()),
        st.builds(t.If, st.lists(st.tuples(inner, inner), min_size=1, max_size=2).map(tuple), inner),
        st.builds(t.For, domains, inner),
        st.builds(t.Quantified, st.sampled_from(["some", "every"]), domains, inner),
        st.builds(t.Lambda, st.lists(st.tuples(NAMES, st.none() | TYPES), max_size=2).map(tuple), inner),
        st.builds(_call, CALLS, few.map(list)),
        st.builds(t.Path, inner, st.sampled_from(["a", "line total", "year", "time offset"])),
        st.builds(t.Filter, inner, inner),
        st.builds(t.ListOf, st.lists(inner, max_size=3).map(tuple)),
        st.builds(t.Context, pairs),
        st.builds(t.InstanceOf, inner, TYPES),
    )


COMPARISONS = st.sampled_from(["=", "!=", "<", "<=", ">", ">="])
TREES = st.recursive(LEAVES, _grow, max_leaves=12)
#: Every built-in, from the specification's examples: what the mutations begin with.
_CALLS = Path(__file__).parents[1] / "unit" / "feel" / "spec_calls.txt"
CALLED = [line.split(" => ")[0] for line in _CALLS.read_text(encoding="utf-8").splitlines() if " => " in line]

SCOPE: dict[str, Any] = {
    "a": 3,
    "b": [1, 2.5, "x", None, {"a": 1, "x": "y"}],
    "order": {"a": 7, "line total": 12.5, "x": [3, 1, 2]},
    "x": "open",
    "客户": date(2020, 1, 31),
    "date": "not a function",
}


@LAW
@given(TREES)
def test_printing_and_reading_again_gives_the_same_tree(tree: t.Node) -> None:
    text = to_text(tree)
    once = feel.parse(text, names=names_of(tree))
    assert once == tree, text
    assert to_text(once) == text


def _outcome(call: Any) -> Any:
    """The value as text, or the code of our error; anything else fails the test."""
    try:
        return repr(call())
    except ExpressionError as error:
        return error.code


@LAW
@given(TREES)
def test_evaluation_ends_in_a_value_or_in_our_error(tree: t.Node) -> None:
    program = Program(to_text(tree), "expression", tree)
    _outcome(lambda: program.evaluate(SCOPE, limits=SMALL))
    _outcome(lambda: feel.to_json(program.evaluate(SCOPE, limits=SMALL)))
    _outcome(lambda: program.diagnose(SCOPE, limits=SMALL))


@LAW
@given(TREES)
def test_generated_code_gives_what_the_closures_give(tree: t.Node) -> None:
    quick = generate(tree)
    if quick is None:
        return
    program = Program(to_text(tree), "expression", tree)
    reference = _outcome(lambda: program.evaluate(SCOPE))
    try:
        value = quick(SCOPE)
    except SURPRISES:
        return  # then the closures run
    except ExpressionError as error:
        value = error
    got = value.code if isinstance(value, ExpressionError) else repr(value)
    assert _plain(got) == _plain(reference), to_text(tree)


def _plain(text: str) -> str:
    return "".join(part for part in text.split(" ") if not part.startswith("0x"))


@LAW
@given(st.lists(TREES | st.builds(t.Test, COMPARISONS, TREES), min_size=1, max_size=3), st.booleans(), TREES)
def test_generated_unary_tests_agree(nodes: list[t.Node], negated: bool, value: t.Node) -> None:
    tree = t.UnaryTests(tuple(nodes), negated)
    quick = generate_tests(tree)
    if quick is None:
        return
    program = Program("", "unary-tests", tree)
    try:
        tested = Program("", "expression", value).evaluate(SCOPE, limits=SMALL)
        reference = program._run({**SCOPE, "?": tested}, Machine())
        result = quick(tested, SCOPE)
    except (ExpressionError, *SURPRISES):
        return
    assert result is reference or (type(reference) is not bool and result is None), to_text(tree)


@LAW
@given(st.text(alphabet='ab1 .,()[]{}<>=!+-*/"@?\n:andorinfothlsey', max_size=40))
def test_any_text_reads_or_is_a_syntax_error(text: str) -> None:
    for kind in ("expression", "unary-tests"):
        outcome = _outcome(lambda kind=kind: feel.parse(text, kind) and None)
        assert outcome == "None" or outcome.startswith("CRM-50")


FEEL_NUMBERS = st.decimals(
    min_value=Decimal("-1e20"), max_value=Decimal("1e20"), allow_nan=False, allow_infinity=False, places=6
)


@LAW
@given(FEEL_NUMBERS, FEEL_NUMBERS, st.sampled_from(["+", "-", "*", "/"]))
def test_arithmetic_is_decimal128(one: Decimal, other: Decimal, op: str) -> None:
    exact = Context(prec=34, rounding=ROUND_HALF_EVEN)
    expected: Decimal | None
    if op == "/" and not other:
        expected = None
    else:
        expected = {"+": exact.add, "-": exact.subtract, "*": exact.multiply, "/": exact.divide}[op](one, other)
    assert feel.compile(f"a {op} b").evaluate({"a": one, "b": other}) == expected


@LAW
@given(st.dates(), st.integers(-5000, 5000), st.integers(-500, 500))
def test_dates_and_durations_keep_the_laws_of_time(day: date, days: int, months: int) -> None:
    scope = {"d": day, "n": timedelta(days=days)}
    moved = feel.evaluate("d + n", scope)
    assert feel.evaluate("(d + n) - d = n and (d + n) - n = d", scope) is True
    if isinstance(moved, date):
        assert moved == day + timedelta(days=days)
    text = f'@"{"-" if months < 0 else ""}P{abs(months)}M"'
    shifted = feel.evaluate(f"d + {text}", scope)
    assert (shifted.year * 12 + shifted.month) - (day.year * 12 + day.month) == months
    assert feel.evaluate(f"years and months duration(d, d + {text}) <= {text}", scope) in (True, months < 0)


@LAW
@given(st.datetimes(timezones=st.timezones()), st.integers(-(10**6), 10**6))
def test_zoned_times_move_on_the_time_line(moment: Any, seconds: int) -> None:
    scope = {"m": moment, "s": timedelta(seconds=seconds)}
    assert feel.evaluate("(m + s) - m = s", scope) is True
    if not moment.fold:  # the text of a zoned time cannot tell the second of two equal hours
        assert feel.evaluate("date and time(string(m)) = m", scope) is True


def _json(depth: int) -> st.SearchStrategy[Any]:
    return st.recursive(
        st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
        max_leaves=depth,
    )


@LAW
@given(_json(8))
def test_json_goes_in_and_out_unchanged(value: Any) -> None:
    assert feel.to_json(feel.from_json(value)) == value


@pytest.mark.parametrize("seed", range(8))  # parts, so that workers share them
def test_mutated_programs_end_in_a_value_or_in_our_error(seed: int) -> None:
    """A hundred thousand of them with CRMFLOW_PROVE."""
    rng = random.Random(seed)
    seeds = [
        'for i in 1..9 return if i > 2 then {a: i}.a else "x"',
        "some x in [1,2] satisfies x in (1..3]",
        "a.b[c = 1]",
        *CALLED,
    ]
    for _ in range(12_500 if MANY else 70):
        text = list(rng.choice(seeds))
        for _ in range(rng.randint(1, 4)):
            at = rng.randrange(len(text))
            text[at : at + rng.randint(0, 2)] = rng.choice(
                ["(", ")", "[", "]", "..", "1", "a ", " in ", "not(", '"', "-", ""]
            )
            text = text or ["1"]
        _outcome(lambda text=text: feel.compile("".join(text)).evaluate(SCOPE, limits=SMALL))
