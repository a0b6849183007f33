"""Decision requirement graphs: what a decision sees, functions, services, types, imports (C7)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from dmn_texts import SPACE, decision, definitions, input_data, literal

from engine.dmn import Model
from engine.domain.errors import ExpressionError, NotFound

BKM = (
    '<businessKnowledgeModel id="bkm_{name}" name="{name}"><variable name="{name}"/><encapsulatedLogic>'
    "{params}<literalExpression><text>{body}</text></literalExpression></encapsulatedLogic></businessKnowledgeModel>"
)


def bkm(name: str, params: list[tuple[str, str]], body: str) -> str:
    given = "".join(f'<formalParameter name="{n}" typeRef="{k}"/>' for n, k in params)
    return BKM.format(name=name, params=given, body=body)


def value(parts: list[str], name: str, **inputs: Any) -> Any:
    return Model.load(definitions(*parts)).decide(name, inputs).value


def test_a_decision_sees_what_it_requires() -> None:
    parts = [
        input_data("x", "number"),
        decision("double", literal("2 * x"), needs=["in_x"]),
        decision("more", literal("double + 1"), needs=["d_double"]),
    ]
    assert value(parts, "more", x=4) == 9
    assert value(parts, "d_more", x=4) == 9  # by id


def test_a_decision_does_not_see_what_it_does_not_require() -> None:
    parts = [input_data("x"), decision("d", literal("x = null"))]
    assert value(parts, "d", x=4) is True


def test_inputs_that_are_not_drawn_are_seen() -> None:
    assert value([decision("d", literal("x + 1"))], "d", x=1) == 2


def test_names_with_spaces_are_read_as_the_graph_draws_them() -> None:
    parts = [
        input_data("Annual Income", "number"),
        decision("d", literal("Annual Income / 12"), needs=["in_Annual Income"]),
    ]
    assert value(parts, "d", **{"Annual Income": 24}) == 2


def test_each_decision_is_decided_once() -> None:
    base = '<decisionTable id="t" hitPolicy="FIRST"><input><inputExpression><text>x</text></inputExpression></input>'
    base += "<output/><rule><inputEntry><text>-</text></inputEntry><outputEntry><text>x</text></outputEntry></rule>"
    base += "</decisionTable>"
    parts = [
        input_data("x"),
        decision("base", base, needs=["in_x"]),
        decision("a", literal("base"), needs=["d_base"]),
        decision("b", literal("base"), needs=["d_base"]),
        decision("all", literal("a + b"), needs=["d_a", "d_b"]),
    ]
    outcome = Model.load(definitions(*parts)).decide("all", {"x": 2})
    assert outcome.value == 4
    assert len(outcome.trace) == 1


def test_a_function_of_the_model_is_called_and_calls_itself() -> None:
    parts = [
        bkm("fac", [("n", "number")], "if n &lt;= 1 then 1 else n * fac(n - 1)"),
        decision("d", literal("fac(10)"), needs=["bkm_fac"]),
    ]
    assert value(parts, "d") == 3628800


def test_endless_recursion_ends_in_a_clear_error() -> None:
    parts = [
        bkm("f", [("n", "number")], "f(n + 1)"),
        decision("d", literal("f(1)"), needs=["bkm_f"]),
    ]
    with pytest.raises(ExpressionError) as caught:
        value(parts, "d")
    assert caught.value.code in ("CRM-511", "CRM-522")


def test_a_function_with_a_wrong_argument_is_null() -> None:
    parts = [
        bkm("f", [("n", "number")], "n = null"),
        decision("right", literal("f(1)"), needs=["bkm_f"]),
        decision("wrong", literal('f("a")'), needs=["bkm_f"]),
    ]
    assert value(parts, "right") is False
    assert value(parts, "wrong") is None


def test_a_boxed_invocation_binds_by_name() -> None:
    def bound(name: str, text: str) -> str:
        return f'<binding><parameter name="{name}"/>{literal(text)}</binding>'

    call = f"<invocation>{literal('f')}{bound('b', '1')}{bound('a', '5')}</invocation>"
    wrong = f"<invocation>{literal('f')}{bound('c', '1')}</invocation>"
    parts = [
        bkm("f", [("a", "number"), ("b", "number")], "a - b"),
        decision("d", call, needs=["bkm_f"]),
        decision("w", wrong, needs=["bkm_f"]),
    ]
    assert value(parts, "d") == 4
    assert value(parts, "w") is None


SERVICE = (
    '<decisionService id="ds_s" name="s"><variable name="s"/><outputDecision href="#d_out"/>'
    '<encapsulatedDecision href="#d_half"/><inputDecision href="#d_given"/><inputData href="#in_x"/></decisionService>'
)
SERVED = [
    input_data("x", "number"),
    decision("given", literal("99")),
    decision("half", literal("x / 2"), needs=["in_x"]),
    decision("out", literal("half + given"), needs=["d_half", "d_given"]),
    SERVICE,
]


def test_a_decision_service_takes_decisions_as_inputs() -> None:
    assert value(SERVED, "s", x=4, given=1) == 3


def test_a_decision_service_is_a_function() -> None:
    parts = [*SERVED, decision("d", literal("s(given: 5, x: 2)"), needs=["ds_s"])]
    assert value(parts, "d") == 6


@pytest.mark.parametrize(
    ("logic", "expected"),
    [
        ("<list><literalExpression><text>1</text></literalExpression>"
         "<literalExpression><text>x</text></literalExpression></list>", [1, 3]),
        ('<relation><column name="a"/><column name="b"/><row><literalExpression><text>1</text></literalExpression>'
         "<literalExpression><text>x</text></literalExpression></row></relation>", [{"a": 1, "b": 3}]),
        ("<conditional><if><literalExpression><text>x &gt; 2</text></literalExpression></if>"
         "<then><literalExpression><text>1</text></literalExpression></then>"
         "<else><literalExpression><text>2</text></literalExpression></else></conditional>", 1),
        ("<filter><in><literalExpression><text>[1,2,3,4]</text></literalExpression></in>"
         "<match><literalExpression><text>item &gt;= x</text></literalExpression></match></filter>", [3, 4]),
        ('<for iteratorVariable="i"><in><literalExpression><text>[1,2]</text></literalExpression></in>'
         "<return><literalExpression><text>i * x + count(partial)</text></literalExpression></return></for>", [3, 7]),
        ('<some iteratorVariable="i"><in><literalExpression><text>[1,2]</text></literalExpression></in>'
         "<satisfies><literalExpression><text>i &gt; x</text></literalExpression></satisfies></some>", False),
        ('<every iteratorVariable="i"><in><literalExpression><text>[1,2]</text></literalExpression></in>'
         "<satisfies><literalExpression><text>i &lt; x</text></literalExpression></satisfies></every>", True),
        ('<context><contextEntry><variable name="twice x"/><literalExpression><text>2 * x</text></literalExpression>'
         '</contextEntry><contextEntry><variable name="b"/><literalExpression><text>twice x + 1</text>'
         "</literalExpression></contextEntry></context>", {"twice x": 6, "b": 7}),
        ('<context><contextEntry><variable name="f"/><functionDefinition><formalParameter name="n"/>'
         "<literalExpression><text>n + x</text></literalExpression></functionDefinition></contextEntry>"
         "<contextEntry><literalExpression><text>f(10)</text></literalExpression></contextEntry></context>", 13),
    ],
    ids=["list", "relation", "conditional", "filter", "for", "some", "every", "context", "function"],
)  # fmt: skip
def test_boxed_expressions(logic: str, expected: Any) -> None:
    assert value([decision("d", logic)], "d", x=Decimal(3)) == expected


TYPES = """
<itemDefinition name="tGrade"><typeRef>string</typeRef>
<allowedValues><text>"hot","cold"</text></allowedValues></itemDefinition>
<itemDefinition name="tGrades" isCollection="true"><typeRef>tGrade</typeRef></itemDefinition>
<itemDefinition name="tLead"><itemComponent name="name"><typeRef>string</typeRef></itemComponent>
<itemComponent name="grade"><typeRef>tGrade</typeRef></itemComponent></itemDefinition>
<itemDefinition name="tFew" isCollection="true"><typeRef>number</typeRef>
<typeConstraint><text>count(?) &lt; 3</text></typeConstraint></itemDefinition>
"""


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        ('"hot"', "tGrade", "hot"),
        ('"warm"', "tGrade", None),
        ("1", "tGrade", None),
        ('["hot"]', "tGrade", "hot"),
        ('"hot"', "tGrades", ["hot"]),
        ('["hot","warm"]', "tGrades", None),
        ('{name: "Ann", grade: "hot", more: 1}', "tLead", {"name": "Ann", "grade": "hot", "more": 1}),
        ('{name: "Ann"}', "tLead", None),
        ('{name: "Ann", grade: "warm"}', "tLead", None),
        ("[1,2]", "tFew", [1, 2]),
        ("[1,2,3]", "tFew", None),
        ('string(@"2026-03-01")', "string", "2026-03-01"),
    ],
)
def test_results_are_of_the_decisions_type_or_null(text: str, kind: str, expected: Any) -> None:
    model = Model.load(definitions(TYPES, decision("d", literal(text), kind=kind)))
    outcome = model.decide("d", {})
    assert outcome.value == expected
    if expected is None:
        assert kind in outcome.problems[-1]["text"]


def test_a_date_becomes_a_date_and_time_where_one_is_wanted() -> None:
    model = Model.load(definitions(decision("d", literal('@"2026-03-01"'), kind="date and time")))
    assert model.decide("d", {}).json == "2026-03-01T00:00:00Z"


def test_an_input_of_another_type_is_null_and_says_so() -> None:
    parts = [input_data("x", "number"), decision("d", literal("x"), needs=["in_x"])]
    outcome = Model.load(definitions(*parts)).decide("d", {"x": "many"})
    assert outcome.value is None
    assert '"many"' in outcome.problems[0]["text"]


def test_an_unknown_decision_is_refused_with_the_known_ones() -> None:
    model = Model.load(definitions(decision("d", literal("1"))))
    with pytest.raises(NotFound) as caught:
        model.decide("e", {})
    assert caught.value.code == "CRM-520"
    assert "d_d" in caught.value.fix


def test_what_a_model_offers() -> None:
    parts = [input_data("x"), decision("a", literal("x"), needs=["in_x"]), decision("b", literal("a"), needs=["d_a"])]
    info = Model.load(definitions(*parts)).decisions
    assert info["b"] is info["d_b"]
    assert (info["b"].id, info["b"].name, info["b"].inputs, info["b"].kind) == ("d_b", "b", ("x",), "literal")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{name: "Ann", grade: "hot"} instance of tLead', True),
        ('{name: "Ann"} instance of tLead', False),
        ('["a", "b"] instance of tGrades', True),
        ("[1] instance of tGrades", False),
        ('(function(l: tLead) l.name)({name: "Ann", grade: "hot"})', "Ann"),
        ("(function(l: tLead) true)(1)", None),
    ],
)
def test_expressions_know_the_types_of_the_model(text: str, expected: Any) -> None:
    assert Model.load(definitions(TYPES, decision("d", literal(text)))).decide("d", {}).value == expected


def test_a_decision_names_the_inputs_nobody_drew() -> None:
    function = bkm("f", [("n", "number")], "n * rate")
    parts = [
        input_data("x"),
        function,
        decision("a", literal("for i in lines return i.price + x"), needs=["in_x"]),
        decision("b", literal("f(count(a)) + lead.score"), needs=["d_a", "bkm_f"]),
    ]
    assert Model.load(definitions(*parts)).decisions["b"].inputs == ("x", "lead", "lines", "rate")


OTHER = definitions(
    '<itemDefinition name="tSmall"><typeRef>number</typeRef>',
    "<allowedValues><text>[0..9]</text></allowedValues></itemDefinition>",
    input_data("x", "tSmall"),
    decision("twice it", literal("2 * x"), needs=["in_x"], id="d_twice"),
    bkm("add", [("n", "tSmall")], "n + 1"),
    namespace="urn:other",
    name="other",
)


def test_imported_decisions_types_and_functions() -> None:
    text = definitions(
        f'<import name="the other" namespace="urn:other" importType="{SPACE}"/>',
        '<decision id="d" name="d"><variable name="d" typeRef="the other.tSmall"/>'
        '<informationRequirement><requiredDecision href="urn:other#d_twice"/></informationRequirement>'
        '<knowledgeRequirement><requiredKnowledge href="urn:other#bkm_add"/></knowledgeRequirement>'
        + literal("the other.add(the other.twice it)") + "</decision>",
    )  # fmt: skip
    model = Model.load(text, imports=[OTHER])
    assert model.decide("d", {"x": 2}).value == 5
    assert model.decide("d", {"x": 4}).value == 9
    assert model.decide("d", {"x": 10}).value is None  # not a tSmall


def test_a_fact_nobody_computes_is_taken_from_the_inputs() -> None:
    parts = ['<decision id="d_given" name="given"><variable name="given"/></decision>']
    parts.append(decision("d", literal("given + 1"), needs=["d_given"]))
    assert value(parts, "d", given=1) == 2
