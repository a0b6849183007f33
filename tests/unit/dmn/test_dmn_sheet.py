"""What a decision is tried with: fields by type, values as their type asks, and values found back from columns."""

from __future__ import annotations

import pytest
from dmn_texts import decision, definitions, input_data, literal

from engine import feel
from engine.dmn import Model
from engine.dmn.sheet import Sheet, fit

TYPES = (
    '<itemDefinition name="tLead"><itemComponent name="grade"><typeRef>string</typeRef>'
    '<allowedValues><text>"hot", "cold"</text></allowedValues></itemComponent>'
    '<itemComponent name="since"><typeRef>date</typeRef></itemComponent></itemDefinition>'
)


def column(text: str, kind: str, label: str = "") -> str:
    inner = f'<inputExpression typeRef="{kind}"><text>{text}</text></inputExpression>'
    return f'<input label="{label or text}">{inner}</input>'


def sheet(columns: str, cells: list[str], *more: str, needs: tuple[str, ...] = ()) -> Sheet:
    entries = "".join(f"<inputEntry><text>{cell}</text></inputEntry>" for cell in cells)
    rule = f"<rule>{entries}<outputEntry><text>1</text></outputEntry></rule>"
    box = f'<decisionTable id="t" hitPolicy="FIRST">{columns}<output name="o"/>{rule}</decisionTable>'
    return Sheet(Model.load(definitions(*more, decision("d", box, needs=needs))), "d_d")


def told(made: Sheet) -> dict[str, tuple[str, tuple[object, ...], bool]]:
    return {field.path: (field.kind, field.choices, field.closed) for field in made.fields}


def test_fields_come_from_columns_types_and_cells() -> None:
    columns = column("lead.grade", "string") + column("lead.since", "date") + column("region", "string")
    made = sheet(columns, ["-", "-", '"north", "south"'], TYPES, input_data("lead", "tLead"), needs=("in_lead",))
    assert told(made) == {
        "lead.grade": ("string", ("hot", "cold"), True),
        "lead.since": ("date", (), False),
        "region": ("string", ("north", "south"), False),
    }


def test_computed_columns_ask_for_what_they_read() -> None:
    columns = column("if rate = null then 0 else rate", "number") + column("need != null", "boolean")
    made = sheet(columns + column("day.year", "number"), ["&gt; 1", "true", "-"])
    assert told(made) == {"rate": ("number", (), False), "need": ("any", (), False), "day": ("number", (), False)}


def test_required_decisions_may_be_assumed() -> None:
    other = decision("base", literal("amount * 2"), needs=("in_amount",))
    made = sheet(column("base", "number"), ["&gt; 3"], input_data("amount", "number"), other, needs=("d_base",))
    assert [(field.path, field.assumed) for field in made.fields] == [("amount", False), ("base", True)]
    assert made.scope({"amount": "2"}) == ({"amount": 2}, {})
    inputs, assumed = made.scope({"base": "7"})
    assert (inputs, assumed) == ({"amount": None}, {"d_base": 7})


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("12.5", "number", "12.5"),
        ("many", "number", "many"),
        ("true", "boolean", True),
        ("2026-03-02", "date", "2026-03-02"),
        ("2026-03-02T10:30", "date and time", "2026-03-02T10:30:00"),
        ("08:15", "time", "08:15:00"),
        ("PT4H", "days and time duration", "PT4H"),
        ("[1, 2]", "list", [1, 2]),
        ("[1, 2", "list", "[1, 2"),
        ("7", "any", 7),
        ("null", "any", None),
        ("seven", "any", "seven"),
        ("NaN", "any", "NaN"),
    ],
)
def test_texts_become_what_the_type_asks(text: str, kind: str, value: object) -> None:
    made = feel.to_json(fit(text, kind))
    assert str(made) == value if kind == "number" else made == value


@pytest.mark.parametrize(
    ("expression", "value", "found"),
    [
        ("lead.size", 5, ("lead.size", 5)),
        ("if lead.size = null then 0 else lead.size", 5, ("lead.size", 5)),
        ("lead.need != null", True, ("lead.need", True)),
        ("lead.need != null", False, ("lead.need", None)),
        ("a + b", 5, None),
        ("count(items)", 3, None),
    ],
)
def test_values_are_found_back_from_what_a_column_held(expression: str, value: object, found: object) -> None:
    made = sheet(column("x", "number"), ["-"])
    assert made.solve(expression, value) == found


def test_why_a_value_is_null_is_told_in_chinese() -> None:
    outcome = Model.load(definitions(decision("d", literal('1 + "a"', "number")))).decide("d", {})
    assert outcome.value is None
    for problem in outcome.problems:
        assert any("\u4e00" <= char <= "\u9fff" for char in problem["text_zh"])
