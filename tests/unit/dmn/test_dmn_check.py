"""The table check: gaps, forbidden overlaps, dead and doubled rules, each with an example that is true (C7)."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import product
from typing import Any

import pytest
from dmn_texts import decision, definitions, input_data, table
from hypothesis import given, settings, strategies as st

from engine.dmn import Model, check
from engine.domain.states import Severity
from engine.domain.values import Finding


def found(inputs: Sequence[Any], rules: Sequence[Sequence[str]], **more: Any) -> list[Finding]:
    return check(definitions(decision("d", table(inputs, ["y"], rules, **more))))


def codes(findings: list[Finding]) -> list[str]:
    return [f.code for f in findings]


def test_a_complete_table_has_no_findings() -> None:
    assert found(["x"], [["< 0", "1"], ["[0..10)", "2"], [">= 10", "3"]]) == []


def test_a_gap_of_numbers_is_found_with_an_example() -> None:
    (finding,) = found(["score"], [["< 10", "1"], ["> 20", "3"]])
    assert finding.code == "CRM-156"
    assert finding.severity is Severity.WARNING
    assert "[10..20]" in finding.message
    assert "[10..20]" in finding.message_zh
    assert finding.params["example"] == {"score": 10}


def test_a_gap_of_one_point_is_found() -> None:
    (finding,) = found(["x"], [["< 10", "1"], ["> 10", "3"]])
    assert finding.params["example"] == {"x": 10}


def test_a_gap_between_fractions_is_found_unless_numbers_are_whole() -> None:
    rules = [["<= 5", "1"], [">= 6", "2"]]
    assert codes(found([("x", "number")], rules)) == ["CRM-156"]
    assert found([("x", "integer")], rules) == []


def test_gaps_of_texts_truth_values_and_dates() -> None:
    (text,) = found(["s"], [['"A","B"', "1"]])
    assert 'not("A", "B")' in text.message
    assert text.params["example"] == {"s": "other"}
    (truth,) = found(["b"], [["true", "1"]])
    assert truth.params["example"] == {"b": False}
    rules = [['< @"2026-01-01"', "1"], ['> date("2026-01-02")', "2"]]
    (day,) = found(["d"], rules)
    assert day.params["example"] == {"d": "2026-01-01"}
    assert found(["d"], [['<= @"2026-01-01"', "1"], ['>= @"2026-01-02"', "2"]]) == []


@pytest.mark.parametrize(
    ("low", "high"),
    [('@"10:00:00"', '@"11:00:00"'), ('@"P1D"', '@"P2D"'), ('@"P1Y"', '@"P3Y"'),
     ('@"2026-01-01T00:00:00Z"', '@"2026-01-01T01:00:00Z"'), ('"b"', '"d"')],
    ids=["time", "days", "months", "date and time", "text"],
)  # fmt: skip
def test_gaps_between_other_values(low: str, high: str) -> None:
    (finding,) = found(["x"], [[f"<= {low}", "1"], [f">= {high}", "2"]])
    assert finding.code == "CRM-156"
    assert found(["x"], [[f"<= {low}", "1"], [f"> {low}", "2"]]) == []


def test_allowed_values_bound_the_gaps() -> None:
    assert found(["s"], [['"A"', "1"], ['"B"', "2"]], inputs_allowed=['"A","B"']) == []
    (finding,) = found(["s"], [['"A"', "1"]], inputs_allowed=['"A","B"'])
    assert finding.params["example"] == {"s": "B"}
    assert found(["n"], [["[0..5]", "1"], ["(5..10]", "2"]], inputs_allowed=["[0..10]"]) == []


def test_the_type_of_the_input_data_bounds_the_gaps() -> None:
    kind = (
        '<itemDefinition name="tG"><typeRef>string</typeRef>'
        '<allowedValues><text>"A","B"</text></allowedValues></itemDefinition>'
    )
    logic = table(["g"], ["y"], [['"A"', "1"], ['"B"', "2"]])
    assert check(definitions(kind, input_data("g", "tG"), decision("d", logic, needs=["in_g"]))) == []


def test_gaps_in_two_dimensions() -> None:
    (finding,) = found(["a", "b"], [["< 5", "true", "1"], [">= 5", "-", "2"]])
    assert "a is < 5" in finding.message
    assert "b is false" in finding.message
    assert finding.params["example"]["b"] is False


def test_a_default_and_lists_of_matches_have_no_gaps() -> None:
    assert found(["x"], [["< 5", "1"]], default="0") == []
    assert found(["x"], [["< 5", "1"]], hit="COLLECT") == []


def test_overlaps_are_errors_where_the_hit_policy_forbids_them() -> None:
    rules = [["<= 5", "1"], [">= 5", "2"]]
    (finding,) = found(["x"], rules)
    assert (finding.code, finding.severity) == ("CRM-157", Severity.ERROR)
    assert finding.params["rules"] == [1, 2]
    assert finding.params["example"] == {"x": 5}
    assert finding.line
    assert codes(found(["x"], rules, hit="ANY")) == ["CRM-157"]
    assert found(["x"], [["<= 5", "1"], [">= 5", "1"]], hit="ANY") == []
    assert found(["x"], rules, hit="FIRST") == []
    assert found(["x"], rules, hit="RULE ORDER") == []


def test_a_rule_that_others_always_win_over() -> None:
    rules = [["< 5", "1"], [">= 5", "2"], ["[3..7]", "3"]]
    (finding,) = found(["x"], rules, hit="FIRST")
    assert finding.code == "CRM-158"
    assert finding.params["rules"] == [1, 2, 3]
    assert finding.params["example"] == {"x": 3}
    allowed = ['"high","low"']
    best = [["-", '"high"'], ["< 5", '"low"']]
    assert codes(found(["x"], best, hit="PRIORITY", allowed=allowed)) == ["CRM-158"]


def test_a_rule_that_no_allowed_value_fits() -> None:
    (finding,) = found(["x"], [["-", "1"], ["[5..3]", "2"]], hit="FIRST")
    assert finding.code == "CRM-158"
    rules = [['"A"', "1"], ['"B"', "2"], ['"C"', "3"]]
    (other,) = found(["s"], rules, inputs_allowed=['"A","B"'])
    assert other.code == "CRM-158"
    assert other.params["rules"] == [3]
    assert "example" not in other.params  # there is none


def test_doubled_rules() -> None:
    (finding,) = found(["x"], [["-", "1"], ["-", "1"]], hit="COLLECT")
    assert (finding.code, finding.params["rules"]) == ("CRM-159", [1, 2])
    assert finding.params["example"] == {}  # any input
    assert codes(found(["x"], [["< 5", "1"], [">= 5", "2"], [">=  5", "2"]])) == ["CRM-159"]


def test_computed_cells_are_named_and_make_no_false_findings() -> None:
    (finding,) = found(["x"], [["< limit", "1"], [">= 10", "2"]])
    assert (finding.code, finding.severity) == ("CRM-155", Severity.INFO)
    assert finding.params["rules"] == [1]


def test_columns_over_the_same_expression_are_one() -> None:
    assert found(["x", "x"], [["< 5", "-", "1"], ["-", ">= 5", "2"]]) == []


def test_a_table_of_hundreds_of_rules_is_checked() -> None:
    rules = [[f"[{n * 10}..{n * 10 + 10})", f'"s{n % 7}"', str(n)] for n in range(400)]
    findings = found(["x", "s"], rules)
    assert codes(findings).count("CRM-157") == 0
    assert "CRM-156" in codes(findings)


_CELLS = st.sampled_from(["-", "< 1", "<= 1", "1", "[1..3]", "(1..3)", ">= 3", "> 3", "not(1)", "2,3"])
_FLAGS = st.sampled_from(["-", "true", "false"])


@settings(max_examples=60)
@given(st.lists(st.tuples(_CELLS, _FLAGS), min_size=1, max_size=5))
def test_the_check_agrees_with_deciding(rules: list[tuple[str, str]]) -> None:
    """A table has a gap (an overlap) exactly when some input finds no rule (two rules)."""
    logic = table(["x", "b"], ["y"], [[*rule, str(n)] for n, rule in enumerate(rules)], hit="RULE ORDER")
    model = Model.load(definitions(decision("d", logic)))
    inputs = product([Decimal(n) / 2 for n in range(0, 9)], [True, False])
    matches = [len(model.decide("d", {"x": x, "b": b}).value) for x, b in inputs]
    told = codes(found(["x", "b"], [[*rule, str(n)] for n, rule in enumerate(rules)]))
    assert (0 in matches) == ("CRM-156" in told)
    assert (max(matches) > 1) == ("CRM-157" in told)


@settings(max_examples=40)
@given(st.lists(st.tuples(_CELLS, _FLAGS), min_size=1, max_size=5))
def test_every_example_of_a_gap_is_true(rules: list[tuple[str, str]]) -> None:
    logic = table(["x", "b"], ["y"], [[*rule, "1"] for rule in rules], hit="ANY")
    model = Model.load(definitions(decision("d", logic)))
    for finding in check(definitions(decision("d", logic))):
        if finding.code == "CRM-156":
            assert model.decide("d", {"b": True, "x": 0, **finding.params["example"]}).value is None
