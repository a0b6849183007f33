"""Decision tables: every hit policy, defaults, allowed values, several outputs, and the explanation (C7)."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from dmn_texts import decision, definitions, table

from engine.dmn import Model, Outcome

SCORES = [["< 50", '"cold"'], ["[40..80)", '"warm"'], [">= 70", '"hot"']]


def decide(logic: str, **inputs: Any) -> Outcome:
    return Model.load(definitions(decision("d", logic))).decide("d", inputs)


def scored(hit: str, score: int, **more: Any) -> Any:
    return decide(table(["score"], ["grade"], SCORES, hit=hit, **more), score=score).value


def test_unique_gives_the_one_rule_that_matches() -> None:
    assert scored("UNIQUE", 10) == "cold"


def test_unique_with_two_matches_is_null_and_says_why() -> None:
    outcome = decide(table(["score"], ["grade"], SCORES), score=45)
    assert outcome.value is None
    assert "UNIQUE" in outcome.problems[0]["text"]
    assert "UNIQUE" in outcome.problems[0]["text_zh"]


def test_any_wants_equal_results() -> None:
    assert scored("ANY", 10) == "cold"
    assert scored("ANY", 45) is None
    same = table(["x"], ["y"], [["> 1", "1"], ["> 2", "1"]], hit="ANY")
    assert decide(same, x=3).value == 1


def test_first_takes_the_first_in_order() -> None:
    assert scored("FIRST", 45) == "cold"
    assert scored("FIRST", 75) == "warm"


def test_priority_takes_the_best_of_the_allowed_values() -> None:
    allowed = ['"hot","warm","cold"']
    assert scored("PRIORITY", 45, allowed=allowed) == "warm"
    assert scored("PRIORITY", 75, allowed=allowed) == "hot"


def test_output_order_sorts_by_the_allowed_values() -> None:
    assert scored("OUTPUT ORDER", 45, allowed=['"hot","warm","cold"']) == ["warm", "cold"]


def test_rule_order_and_collect_give_lists() -> None:
    assert scored("RULE ORDER", 75) == ["warm", "hot"]
    assert scored("COLLECT", 75) == ["warm", "hot"]
    assert scored("COLLECT", 45) == ["cold", "warm"]


@pytest.mark.parametrize(("aggregation", "value"), [("SUM", 60), ("MIN", 10), ("MAX", 30), ("COUNT", 3)])
def test_collect_aggregates(aggregation: str, value: int) -> None:
    rules = [["> 0", "10"], ["> 1", "20"], ["> 2", "30"], ["> 9", "40"]]
    logic = table(["x"], ["y"], rules, hit="COLLECT", aggregation=aggregation)
    assert decide(logic, x=5).value == Decimal(value)


def test_no_match_is_null_or_the_default_or_an_empty_list() -> None:
    rules = [["> 10", "1"]]
    assert decide(table(["x"], ["y"], rules), x=1).value is None
    assert decide(table(["x"], ["y"], rules, default="7"), x=1).value == 7
    assert decide(table(["x"], ["y"], rules, hit="COLLECT"), x=1).value == []
    assert decide(table(["x"], ["y"], rules, hit="COLLECT", aggregation="COUNT"), x=1).value == 0


def test_several_outputs_make_a_context() -> None:
    logic = table(["x"], ["team", "days"], [["> 1", '"north"', "2 * x"], ["<= 1", '"south"', "1"]])
    assert decide(logic, x=3).value == {"team": "north", "days": 6}


def test_priority_over_several_outputs_goes_from_left_to_right() -> None:
    rules = [["-", '"b"', "1"], ["-", '"a"', "2"], ["-", '"a"', "1"]]
    logic = table(["x"], ["p", "q"], rules, hit="PRIORITY", allowed=['"a","b"', "1,2"])
    assert decide(logic, x=0).value == {"p": "a", "q": 1}


def test_an_input_outside_its_allowed_values_matches_nothing() -> None:
    logic = table(["s"], ["y"], [["-", "1"]], inputs_allowed=['"A","B"'])
    assert decide(logic, s="A").value == 1
    outcome = decide(logic, s="C")
    assert outcome.value is None
    assert "not among its allowed values" in outcome.problems[0]["text"]


def test_an_input_of_another_type_is_null_for_the_rules() -> None:
    logic = table([("n", "number")], ["y"], [["> 0", "1"], ["null", "2"], ["-", "3"]], hit="FIRST")
    outcome = decide(logic, n="many")
    assert outcome.value == 2
    assert outcome.problems[0]["text"] == "'n' is \"many\": not of type 'number'"


def test_an_output_outside_its_allowed_values_is_null() -> None:
    logic = table(["x"], ["y"], [["-", "x"]], allowed=["1,2"])
    assert decide(logic, x=2).value == 2
    outcome = decide(logic, x=3)
    assert outcome.value is None
    assert "3" in outcome.problems[0]["text"]


def test_cells_see_other_inputs_and_the_value_itself() -> None:
    logic = table(["x"], ["y"], [["> limit", "1"], ["? * 2 = limit", "2"]], hit="FIRST")
    assert decide(logic, x=9, limit=5).value == 1
    assert decide(logic, x=3, limit=6).value == 2


def test_the_trace_tells_what_matched_and_what_just_missed() -> None:
    logic = table(
        ["score", "region"],
        ["grade"],
        [["> 50", '"EU"', '"hot"'], ["> 50", '"US"', '"warm"'], ["< 10", '"US"', '"cold"']],
        hit="FIRST",
    )
    (step,) = decide(logic, score=60, region="EU").trace
    assert (step["decision"], step["table"], step["hit"], step["output"]) == ("d", "t", "F", "hot")
    first, near = step["rules"]
    assert first["index"] == 1
    assert first["matched"]
    assert first["inputs"] == {"score": 60, "region": "EU"}
    assert first["tests"] == {"score": "> 50", "region": '"EU"'}
    assert (near["index"], near["matched"], near["missed"]) == (2, False, ["region"])
    assert json.loads(json.dumps(step)) == step


def test_a_large_table_tells_few_of_the_rules_that_missed() -> None:
    rules = [[str(n), str(n)] for n in range(500)]
    (step,) = decide(table(["x"], ["y"], rules), x=250).trace
    assert [r["index"] for r in step["rules"] if r["matched"]] == [251]
    assert len(step["rules"]) == 51
