"""The index of a table finds exactly the rules that trying every cell finds, in time that hardly grows (B9)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from dmn_texts import decision, definitions, table
from hypothesis import given, settings, strategies as st

from engine import feel
from engine.dmn import Model
from engine.dmn.index import Column, Index

NUMBERS = ["-", "1", "1.0", "-2", "< 1", "<= 3", "> 1", ">= -2", "= 3", "[1..3]", "(1..3)", "]1..3[", "[3..1]", "1,3"]
NUMBERS += ["< 1, > 3", "[1..3], [2..5]", "not(1)", "not([1..3], 5)", "not(< 1)", "!= 1", "? > 1 and ? < limit"]
NUMBERS += ["> limit", "null", '"a"', "limit", "(< 3)", "[1,3]", "[< 1, 3]", "even(?)"]
TEXTS = ["-", '"a"', '"a","b"', 'not("a")', 'not("a","b")', '["a","c"]', '< "b"', '["a".."b"]', "name", "null", "1"]
TRUTHS = ["-", "true", "false", "true,false", "not(true)", "null", "flag"]
DATES = ["-", '@"2026-03-01"', '> date("2026-03-01")', '[@"2026-03-01"..@"2026-03-31"]', 'not(@"2026-03-01")']
DATES += ["date(2026, 3, 1)", '@"P1D"', "1"]
SCOPE: dict[str, Any] = {"limit": Decimal(3), "name": "b", "flag": True}

Kind = tuple[list[str], list[Any]]
KINDS: dict[str, Kind] = {
    "numbers": (NUMBERS, [*(Decimal(n) / 2 for n in range(-6, 13)), None, "a", True, [Decimal(1)]]),
    "texts": (TEXTS, ["a", "b", "c", "", "ab", None, Decimal(1)]),
    "truths": (TRUTHS, [True, False, None, "true"]),
    "dates": (DATES, [date(2026, 2, 28), date(2026, 3, 1), date(2026, 3, 2), date(2026, 4, 1), None, Decimal(1)]),
}


def programs(cells: Sequence[str]) -> list[Any]:
    return [None if cell == "-" else feel.compile(cell, "unary-tests") for cell in cells]


def tried(cells: Sequence[Any], value: Any) -> int:
    """The rules that match, by trying every cell."""
    return sum(1 << n for n, cell in enumerate(cells) if cell is None or cell.test(value, SCOPE) is True)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_each_cell_alone_is_looked_up_as_it_is_tried(kind: str) -> None:
    cells, values = KINDS[kind]
    for text in cells:
        made = programs([text])
        for value in values:
            assert Column(made, 1).rules(value, SCOPE, 1) == tried(made, value), (text, value)


@settings(max_examples=150)
@given(st.data())
def test_any_column_is_looked_up_as_it_is_tried(data: st.DataObject) -> None:
    cells, values = KINDS[data.draw(st.sampled_from(sorted(KINDS)))]
    made = programs(data.draw(st.lists(st.sampled_from(cells), min_size=1, max_size=12)))
    everyone = (1 << len(made)) - 1
    column = Column(made, everyone)
    for value in values:
        assert column.rules(value, SCOPE, everyone) == tried(made, value)


@settings(max_examples=60)
@given(st.lists(st.tuples(st.sampled_from(NUMBERS), st.sampled_from(TEXTS)), min_size=1, max_size=8))
def test_columns_are_intersected(rules: list[tuple[str, str]]) -> None:
    rows = [programs(rule) for rule in rules]
    index = Index(rows, 2)
    for x in KINDS["numbers"][1]:
        for s in KINDS["texts"][1]:
            expected = tried([row[0] for row in rows], x) & tried([row[1] for row in rows], s)
            assert index.match([x, s], SCOPE) == expected


def test_computed_cells_are_tried_only_while_their_rule_may_still_match() -> None:
    tests: list[str] = []

    class Spy:
        tree = feel.compile("even(?)", "unary-tests").tree

        def test(self, value: Any, scope: Any) -> bool:
            tests.append("tried")
            return True

    one = feel.compile("1", "unary-tests")
    index = Index([[one, Spy()], [feel.compile("2", "unary-tests"), None]], 2)
    assert index.match([Decimal(2), Decimal(4)], {}) == 0b10
    assert tests == []
    assert index.match([Decimal(1), Decimal(4)], {}) == 0b01
    assert tests == ["tried"]


def test_a_table_of_2000_rules_looks_at_few_cells() -> None:
    """Two thousand ranges, no cell is tried one by one: the work is a look-up per column."""
    rules = [[f"[{n}..{n + 1})", f'"s{n % 50}"', str(n)] for n in range(2000)]
    model = Model.load(definitions(decision("d", table(["x", "s"], ["y"], rules))))
    assert model.decide("d", {"x": 1234.5, "s": "s34"}).value == 1234
    (logic,) = model.graph.builder.tables
    assert [(column.computed, len(column.sets) + len(column.named)) for _, column in logic.index.columns] == [
        ([], 2 * 2001 + 1),
        ([], 50),
    ]
