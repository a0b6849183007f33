"""FEEL's grammar (DMN 1.5, 10.3.1.2): what reads, how tightly it binds, and how errors name the place."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine import feel
from engine.domain.errors import ExpressionError


def value(text: str, **scope: object) -> object:
    return feel.compile(text).evaluate(scope)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("2 ** 3 ** 2", 64),  # from the left
        ("-3 ** 2", 9),  # the sign binds tighter than the power
        ("10 - 4 - 3", 3),
        ("100 / 10 / 2", 5),
        ("-10--5", -5),
        (".5 + 1.5", 2),
        ("1.5e3", 1500),
        ("1 + /* two */ 2 // three", 3),
        ("if false then 1 else if true then 2 else 3", 2),
        ("for i in 1..3 return i * i", [1, 4, 9]),
        ("[1, 2, 3][-1]", 3),
        ("{a: 1, b: a + 1}.b", 2),
        ("(function(a, b) a - b)(b: 1, a: 3)", 2),
        ("{f: function(x) x * 2, r: f(4)}.r", 8),
        ("[[1, 2], [3]][2][1]", 3),
    ],
)
def test_binds_and_nests_as_written(text: str, expected: object) -> None:
    assert value(text) == feel.from_json(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 < 2 and 2 = 2", True),
        ("2 > 1 and 2 = 2", True),  # other engines take this for false
        ("not(true or false) = false", True),
        ("5 between 1 and 5 and true", True),
        ("1 in (2, > 0)", True),
        ("3 in ]1..3[", False),
        ("3 in (1..3]", True),
        ("1 + 1 instance of number", True),
        ('"a" in ["a", "b"] or null', True),
        ("some x in [1, 2], y in [2, 3] satisfies x = y", True),
        ("every x in [] satisfies false", True),
    ],
)
def test_logic_reads_from_the_left(text: str, expected: bool) -> None:
    assert value(text) is expected


@pytest.mark.parametrize(
    ("text", "scope", "expected"),
    [
        ("Monthly Salary * 12", {"Monthly Salary": 100}, 1200),
        ("profit-loss", {"profit-loss": 7, "profit": 1, "loss": 1}, 7),
        ("profit - loss", {"profit": 3, "loss": 1}, 2),
        ("Teacher's Evaluation", {"Teacher's Evaluation": 1}, 1),
        ("days in weekend", {"days in weekend": 2}, 2),
        ("order.line total + 1", {"order": {"line total": 4}}, 5),
        ("{foo+bar: 5}.foo+bar", {}, 5),
        ("{a b: 1, c: a b + 1}.c", {}, 2),
        ("for my item in [1, 2] return my item + 1", {}, [2, 3]),
        ("🐎 + 1", {"🐎": 1}, 2),
        ("客户等级 + 1", {"客户等级": 1}, 2),
    ],
)
def test_names_may_hold_spaces_and_operators(text: str, scope: dict[str, object], expected: object) -> None:
    program = feel.compile(text, names=frozenset(scope))
    assert program.evaluate(scope) == feel.from_json(expected)


def test_a_built_in_name_may_be_a_variable_and_still_be_called() -> None:
    assert value('date > date("2020-01-01")', date=feel.evaluate('@"2021-01-01"')) is True
    assert value("count(list) + count", count=1, list=[1, 2]) == 3


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r'"a\"b\\c\n"', 'a"b\\c\n'),
        (r'"\u00e9\U01F40E"', "é🐎"),
        (r'"\ud83d\udc0e"', "🐎"),
        (r'"\d"', r"\d"),  # an unknown escape stays
    ],
)
def test_string_escapes(text: str, expected: str) -> None:
    assert value(text) == expected


@pytest.mark.parametrize(
    ("text", "code", "line", "column"),
    [
        ("1 +", "CRM-500", 1, 4),
        ("if a then b", "CRM-500", 1, 12),
        ("a\n= = b", "CRM-500", 2, 3),
        ('"open', "CRM-501", 1, 1),
        ("a && b", "CRM-501", 1, 3),
        ("/* open", "CRM-501", 1, 1),
        ("[1, 2", "CRM-500", 1, 6),
        ("f(1,", "CRM-500", 1, 5),
        ("1 2", "CRM-500", 1, 3),
        ("", "CRM-500", 1, 1),
        ("function(a) external {java: {}}", "CRM-505", 1, 13),
        ("1e99999", "CRM-501", 1, 1),
        ("not a", "CRM-500", 1, 5),
    ],
)
def test_a_syntax_error_names_line_column_and_what_was_expected(text: str, code: str, line: int, column: int) -> None:
    with pytest.raises(ExpressionError) as caught:
        feel.compile(text)
    error = caught.value
    assert (error.code, error.context["line"], error.context["column"]) == (code, line, column)
    assert error.fix


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("a == b", "equality is a single '='"),
        ("a = 'open'", "double quotes"),
        ("a && b", "Expected and."),
        ("not a", "not(a)"),
        ("“text”", "plain quotes"),
    ],
)
def test_habits_of_other_languages_get_a_hint(text: str, hint: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        feel.compile(text)
    assert hint in caught.value.fix


def test_an_unknown_kind_of_program_is_refused() -> None:
    with pytest.raises(ExpressionError, match="CRM-506"):
        feel.compile("1", "script")


def test_programs_are_cached_by_text_kind_and_names() -> None:
    assert feel.compile("a b", names=["a b"]) is feel.compile("a b", names={"a b"})
    assert feel.compile("1") is not feel.compile("1", "unary-tests")


def test_names_read_from_the_scope() -> None:
    program = feel.compile("for x in list return x + y.z + sum([a])")
    assert program.names == {"list", "y", "a"}
    filtered = feel.compile("count(deal.lines[amount > limit and item.open]) > 0")
    assert filtered.names == {"deal", "amount", "limit"}
    assert filtered.outer == {"deal"}
    assert feel.compile("{a: b, c: a}").names == {"b"}
    assert feel.compile("function(p) p + q").names == {"q"}


@pytest.mark.parametrize(
    ("text", "good", "bad"),
    [
        ("-", 5, None),
        ("< 5", 3, 7),
        ("[1..5]", 5, 6),
        ("(1..5)", 3, 5),
        ('"a", "b"', "b", "c"),
        ('not("a", "b")', "c", "a"),
        ("? > 3 and ? < 5", 4, 5),
        ("not(? > 3)", 3, 4),
        (">= 1, null", None, 0),
        ('contains(?, "x")', "axb", "abc"),
        ("limit", 5, 6),
        ("true", True, False),
        ("= 4", 4, 5),
        ("!= 4", 5, 4),
        ("> limit - 2", 4, 3),
        ("list", 2, 4),
        ('@"P1D"', feel.evaluate('@"PT24H"'), feel.evaluate('@"P2D"')),
    ],
)
def test_unary_tests(text: str, good: object, bad: object) -> None:
    program = feel.compile(text, "unary-tests")
    scope = {"limit": 5, "list": [1, 2, 3]}
    assert program.test(good, scope) is True
    if text != "-":
        assert program.test(bad, scope) is False


def test_a_unary_test_that_cannot_be_said_is_null() -> None:
    assert feel.compile("> 5", "unary-tests").test("text") is None
    assert feel.compile("not(> 5)", "unary-tests").test(None) is None


def test_numbers_have_34_digits_half_even() -> None:
    assert value("1 / 3") == Decimal("0.3333333333333333333333333333333333")
    assert value("0.1 + 0.2") == Decimal("0.3")
    assert value("12345678901234567890123456789012345") == Decimal("12345678901234567890123456789012340")
