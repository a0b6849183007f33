"""Item definitions at work: conversions wherever a type is named (DMN 1.5, 10.3.2.9.4), and values that are allowed."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from dmn_texts import decision, definitions, input_data, literal

from engine.dmn import Model

NUMBERS = '<itemDefinition name="Numbers" isCollection="true"><typeRef>number</typeRef></itemDefinition>'
RISK = (
    '<itemDefinition name="Risk"><typeRef>string</typeRef><allowedValues><text>"high", "low"</text></allowedValues>'
    "</itemDefinition>"
)
PERSON = (
    '<itemDefinition name="Person"><itemComponent name="age"><typeRef>number</typeRef>'
    "<allowedValues><text>[0..150]</text></allowedValues></itemComponent></itemDefinition>"
)
FUNCTION = (
    '<businessKnowledgeModel id="bkm_f" name="f"><variable name="f"/><encapsulatedLogic>'
    '<formalParameter name="a" typeRef="{kind}"/><literalExpression><text>a</text></literalExpression>'
    "</encapsulatedLogic></businessKnowledgeModel>"
)
SERVICE = '<decisionService id="ds_s" name="s"><outputDecision href="#d_y"/><inputData href="#in_x"/></decisionService>'
MOMENT = 'date and time("2020-01-01T00:00:00Z")'


def holds(parts: list[str], name: str, **inputs: Any) -> Any:
    return Model.load(definitions(NUMBERS, RISK, PERSON, *parts)).decide(name, inputs).value


@pytest.mark.parametrize(
    ("kind", "given", "wanted"),
    [
        ("number", [5], "5"),
        ("Numbers", 5, "[5]"),
        ("dateTime", dt.date(2020, 1, 1), MOMENT),
        ("number", "five", "null"),
        ("Numbers", ["a"], "null"),
        ("Risk", "high", '"high"'),
        ("Risk", "other", "null"),
        ("Person", {"age": 200}, "null"),
        ("Person", {"age": 20, "more": 1}, "{age: 20, more: 1}"),
        ("Person", {}, "null"),
    ],
)
def test_an_input_is_converted_to_its_type_or_null(kind: str, given: Any, wanted: str) -> None:
    parts = [input_data("x", kind), decision("d", literal(f"x = {wanted}"), needs=["in_x"])]
    assert holds(parts, "d", x=given) is True


@pytest.mark.parametrize(
    ("kind", "given", "wanted"),
    [
        ("number", "[5]", "5"),
        ("Numbers", "5", "[5]"),
        ("dateTime", 'date("2020-01-01")', MOMENT),
        ("number", '"five"', "null"),
        ("Risk", '"other"', "null"),
    ],
)
def test_parameters_entries_and_results_are_converted_alike(kind: str, given: str, wanted: str) -> None:
    binding = f'<binding><parameter name="a"/><literalExpression><text>{given}</text></literalExpression></binding>'
    boxed = f"<invocation><literalExpression><text>f</text></literalExpression>{binding}</invocation>"
    entry = f'<contextEntry><variable name="a" typeRef="{kind}"/>{literal(given)}</contextEntry>'
    parts = [
        FUNCTION.format(kind=kind),
        decision("called", literal(f"f({given})"), needs=["bkm_f"]),
        decision("bound", boxed, needs=["bkm_f"]),
        decision("entry", f"<context>{entry}<contextEntry>{literal('a')}</contextEntry></context>"),
        decision("result", literal(given), kind=kind),
        decision("typed", literal(given, kind)),
    ]
    for name in ("called", "bound", "entry", "result", "typed"):
        parts.append(decision(f"{name}_holds", literal(f"{name} = {wanted}"), needs=[f"d_{name}"]))
        assert holds(parts, f"{name}_holds") is True, name


def test_a_service_converts_what_it_is_given() -> None:
    parts = [
        input_data("x", "number"),
        decision("y", literal("x + 1"), needs=["in_x"]),
        SERVICE,
        decision("d", literal("s([4])"), needs=["ds_s"]),
        decision("wrong", literal('s("four")'), needs=["ds_s"]),
    ]
    assert holds(parts, "d") == 5
    assert holds(parts, "wrong") is None


def test_priority_takes_its_order_from_the_type_where_the_column_names_none() -> None:
    rules = "".join(
        f"<rule><inputEntry><text>-</text></inputEntry><outputEntry><text>{text}</text></outputEntry></rule>"
        for text in ('"low"', '"high"')
    )
    column = "<input><inputExpression><text>x</text></inputExpression></input>"
    logic = f'<decisionTable hitPolicy="PRIORITY">{column}<output typeRef="Risk"/>{rules}</decisionTable>'
    assert holds([decision("d", logic)], "d", x=1) == "high"


def test_a_reference_may_name_the_files_own_namespace() -> None:
    link = '<informationRequirement><requiredInput href="urn:test#in_x"/></informationRequirement>'
    own = f'<decision id="d" name="d"><variable name="d"/>{link}{literal("x + 1")}</decision>'
    assert holds([input_data("x", "number"), own], "d", x=1) == 2


def test_an_output_that_says_null_needs_no_explanation() -> None:
    model = Model.load(definitions(decision("d", literal("null"))))
    outcome = model.decide("d", {})
    assert (outcome.value, outcome.problems) == (None, ())
