"""What the linter and the editors learn about a program without running it."""

from __future__ import annotations

import pytest

from engine.feel import Type, analyse

NUMBER, STRING = Type("number"), Type("string")
TYPES = {"amount": NUMBER, "status": STRING, "order": Type("context", (NUMBER, STRING), ("total", "state"))}


@pytest.mark.parametrize(
    ("text", "kind", "part", "column"),
    [
        ('amount = "5"', "types", "'=' of number and string", 8),
        ("status = open", "name", 'is it the text "open"?', 10),
        ("amuont > 1", "name", "did you mean 'amount'?", 1),
        ("cuont([1])", "function", "did you mean 'count'?", 1),
        ("sqrt(1, 2)", "argument", "takes no 2 arguments", 1),
        ('substring(string: "a", start: 1)', "argument", "no argument 'start'", 1),
        ("if amount then 1 else 2", "condition", "the condition is a number", 4),
        ("if true then 1 else 2", "condition", "always true", 4),
        ('"Total: " + amount', "types", "use string(…)", 13),
        ("order.totl > 5", "member", "did you mean 'total'?", 7),
        ("amount and true", "condition", "needs booleans", 1),
        ("amount > null", "types", "always null", 8),
        ('@"2020-13-01"', "literal", "no date", 1),
        ('date("2020-13-01")', "constant", "there is no month 13", 1),
        ('[{a: 1}][a = "x"]', "types", "'=' of number and string", 12),
        ("1 +\n cuont([1])", "function", "did you mean 'count'?", 2),
    ],
)
def test_likely_mistakes_are_told_with_their_place_in_both_languages(
    text: str, kind: str, part: str, column: int
) -> None:
    hints = [hint for hint in analyse(text, names=TYPES, types=TYPES).hints if hint.kind == kind]
    assert [hint.column for hint in hints] == [column]
    assert part in hints[0].message
    assert any("\u4e00" <= char <= "\u9fff" for char in hints[0].message_zh)


@pytest.mark.parametrize(
    "text",
    [
        "order.total * 2 > amount",
        "for x in [1, 2] return x + amount",
        "[1, 2][item > amount]",
        "if amount = null then 0 else amount",
        "function(p) p + amount",
        "{a: 1, b: a + amount}.b",
        "some x in [order] satisfies x.total > 1",
    ],
)
def test_sound_programs_give_no_hints(text: str) -> None:
    assert analyse(text, names=TYPES, types=TYPES).hints == ()


def test_names_nobody_declared_are_not_reported_where_the_names_are_unknown() -> None:
    assert analyse("whatever > 1").hints == ()


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("1 + amount", "number"),
        ("amount > 1", "boolean"),
        ('if amount > 1 then "a" else null', "string"),
        ("[1, 2]", "list<number>"),
        ("{a: 1}.a", "number"),
        ('@"2020-01-01" + @"P1D"', "date"),
        ('@"2020-01-01" - @"2019-01-01"', "days and time duration"),
        ("for x in [1] return string(x)", "list<string>"),
        ("[1..5]", "range<number>"),
        ("min([1, 2])", "number"),
        ("order.state", "string"),
        ("function(a: number) a > 1", "function<number> -> boolean"),
        ("unknown", "None"),
    ],
)
def test_the_result_type_is_inferred_where_it_is_known(text: str, result: str) -> None:
    assert str(analyse(text, types=TYPES).result) == result


def test_constant_programs_are_known_with_their_value() -> None:
    assert analyse("1 + 2 * 3").constant
    assert analyse("1 + 2 * 3").value == 7
    assert not analyse("amount + 1").constant
    assert not analyse("now()").constant


@pytest.mark.parametrize(
    ("cell", "count"), [('"a"', 1), ("< 5", 0), ('> "a"', 1), ('["a".."b"], 5', 1), ("null", 0), ("-", 0)]
)
def test_a_cell_is_checked_against_the_type_of_its_input(cell: str, count: int) -> None:
    assert len(analyse(cell, "unary-tests", types={"?": NUMBER}).hints) == count
