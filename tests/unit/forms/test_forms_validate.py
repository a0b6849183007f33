"""Forms: the server says of data what the browser says (A6: forms mean the same on both sides)."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from engine import forms
from engine.domain.errors import BadForm
from engine.forms import Form


def form(*components: dict[str, Any]) -> Form:
    numbered = [{"id": f"F{n}", **c} for n, c in enumerate(components)]
    return forms.load(json.dumps({"type": "default", "id": "f", "components": numbered}))


def complaints(made: Form, data: dict[str, Any], **more: Any) -> dict[str, tuple[str, ...]]:
    with pytest.raises(BadForm) as caught:
        made.validate(data, **more)
    assert caught.value.code == "CRM-210"
    return dict(caught.value.fields)


def accepts(field: dict[str, Any], value: Any) -> bool:
    """Does a form of one field take the value?"""
    try:
        form({"key": "k", **field}).validate({"k": value})
    except BadForm:
        return False
    return True


def test_values_come_back_clean() -> None:
    made = form(
        {"type": "textfield", "key": "name"},
        {"type": "number", "key": "price"},
        {"type": "number", "key": "count"},
        {"type": "checkbox", "key": "ok"},
        {"type": "datetime", "key": "day", "subtype": "date"},
    )
    data = {"name": "Ann", "price": 0.1, "count": 3.0, "ok": True, "day": "2026-03-02"}
    clean = made.validate(data)
    assert clean == {"name": "Ann", "price": Decimal("0.1"), "count": 3, "ok": True, "day": "2026-03-02"}
    assert type(clean["count"]) is int


def test_data_the_form_does_not_declare_is_refused_by_path() -> None:
    made = form(
        {"type": "textfield", "key": "lead.name"},
        {"type": "dynamiclist", "path": "lines", "components": [{"type": "number", "key": "n", "id": "n"}]},
    )
    with pytest.raises(BadForm) as caught:
        made.validate({"x": 1, "lead": {"name": "a", "owner": "eve"}, "lines": [{"n": 1}, {"price": 0}]})
    assert caught.value.code == "CRM-211"
    assert set(caught.value.fields) == {"x", "lead.owner", "lines[1].price"}


def test_every_complaint_is_told_at_once_in_both_languages() -> None:
    made = form(
        {"type": "textfield", "key": "name", "validate": {"required": True}},
        {"type": "number", "key": "n", "validate": {"min": 1, "max": 5}},
    )
    assert complaints(made, {"name": "", "n": 9}) == {
        "name": ("Field is required.",),
        "n": ("Field must have maximum value of 5.",),
    }
    assert complaints(made, {"name": "", "n": 0}, locale="zh-CN") == {
        "name": ("此字段必填。",),
        "n": ("此字段的最小值为 1。",),
    }


@pytest.mark.parametrize(
    ("field", "good", "bad"),
    [
        ({"type": "textfield"}, ["a", "", None], [1, True, ["a"], {"a": 1}, "a\0b", "x" * 100_001]),
        (
            {"type": "textarea", "validate": {"minLength": 2, "maxLength": 4}},
            ["ab", "abcd", " ab   ", ""],
            ["a", "abcde", " a "],
        ),
        ({"type": "textfield", "validate": {"pattern": "^[A-Z]{2}\\d+$"}}, ["AB1", ""], ["ab1", "AB", "AB1\n"]),
        ({"type": "textfield", "validate": {"pattern": "b"}}, ["abc"], ["ac"]),
        (
            {"type": "textfield", "validate": {"validationType": "email"}},
            ["a@b.c", "a@b", ""],
            ["a", "a@", "@b", "a@-b"],
        ),
        (
            {"type": "textfield", "validate": {"validationType": "phone"}},
            ["+4930664040900", "+8613800138000", ""],
            ["123", "+49", "+49306640x"],
        ),
        ({"type": "number"}, [0, 1, -1.5, None, ""], ["1", True, "a", float("nan"), float("inf"), [1]]),
        ({"type": "number", "decimalDigits": 0}, [1, 2.0], [1.5]),
        ({"type": "number", "decimalDigits": 2}, [1.25], [1.255]),
        ({"type": "number", "increment": 0.1}, [0.3, 1], [0.35]),
        ({"type": "number", "serializeToString": True}, ["1.10", 2], ["x", "NaN", "1e999"]),
        ({"type": "number", "validate": {"required": True}}, [0], [None, ""]),
        ({"type": "checkbox"}, [True, False, None], ["true", 1, 0]),
        ({"type": "checkbox", "validate": {"required": True}}, [True], [False, None]),
        ({"type": "radio", "values": [{"label": "A", "value": "a"}]}, ["a", None, ""], ["b", "A", 1]),
        (
            {"type": "select", "values": [{"label": "1", "value": 1}, {"label": "y", "value": True}]},
            [1, True],
            [2, False, "1"],
        ),
        (
            {"type": "checklist", "values": [{"value": "a"}, {"value": "b"}]},
            [["a"], ["b", "a"], [], None],
            ["a", ["c"], [["a"]]],
        ),
        ({"type": "taglist", "values": ["x"], "validate": {"required": True}}, [["x"]], [[], None]),
        (
            {"type": "datetime", "subtype": "date"},
            ["2026-02-28", None],
            ["2026-02-30", "28.2.2026", 20260228, "2026-02-28T00:00"],
        ),
        ({"type": "datetime", "subtype": "time"}, ["09:30+02:00", "09:30Z"], ["09:30", "25:00Z", "noon"]),
        ({"type": "datetime", "subtype": "time", "timeSerializingFormat": "no_timezone"}, ["09:30"], ["09:30Z"]),
        (
            {"type": "datetime", "subtype": "datetime"},
            ["2026-02-28T09:30Z", "2026-02-28T09:30:15+02:00"],
            ["2026-02-28", "2026-02-30T09:30Z"],
        ),
        ({"type": "filepicker"}, [{"id": "1"}, None, []], ["files::1", ["a", "b"], [{"id": "1"}, {"id": "2"}], 5]),
        (
            {"type": "filepicker", "multiple": True, "accept": ".pdf,image/*", "properties": {"maxSize": 10}},
            [
                [{"id": "1", "name": "a.PDF", "size": 10}],
                [{"id": "1", "name": "x", "type": "image/png", "size": 1}],
            ],
            [
                [{"id": "1", "name": "a.exe", "size": 1}],
                [{"id": "1", "name": "a.pdf", "size": 11}],
                [{"name": "a.pdf", "size": 1}],
            ],
        ),
    ],
)
def test_every_type_takes_what_fits_and_nothing_else(field: dict[str, Any], good: list[Any], bad: list[Any]) -> None:
    for value in good:
        assert accepts(field, value), value
    for value in bad:
        assert not accepts(field, value), value


def test_limits_may_be_expressions_over_data_and_variables() -> None:
    made = form(
        {"type": "number", "key": "low"},
        {"type": "number", "key": "n", "validate": {"min": "=low", "max": "=low + span"}},
    )
    assert made.validate({"low": 2, "n": 3}, {"span": 5})["n"] == 3
    assert "n" in complaints(made, {"low": 2, "n": 1}, scope={"span": 5})
    assert "n" in complaints(made, {"low": 2, "n": 8}, scope={"span": 5})


def test_hidden_fields_are_neither_asked_for_nor_kept() -> None:
    made = form(
        {"type": "checkbox", "key": "lost"},
        {
            "type": "textfield",
            "key": "reason",
            "validate": {"required": True},
            "conditional": {"hide": "=lost != true"},
        },
    )
    assert made.validate({"lost": False, "reason": "smuggled"}) == {"lost": False}
    assert complaints(made, {"lost": True}) == {"reason": ("Field is required.",)}


@pytest.mark.parametrize(
    ("condition", "hidden"),
    [
        *(("=true", True), ("=false", False), ("=ok", True), ("=not(ok)", False), ("=not(false)", True)),
        *(("=gone", True), ("=gone > 1", True), ("=not(gone)", False), ("=not(gone > 1)", False)),
        *(("=5", False), ("true", False)),
    ],
)
def test_a_condition_that_is_null_hides_as_it_does_in_the_browser(condition: str, hidden: bool) -> None:
    made = form({"type": "number", "key": "n", "conditional": {"hide": condition}})
    assert made.validate({"n": 1}, {"ok": True}) == ({} if hidden else {"n": 1})


def test_what_is_inside_a_hidden_group_is_hidden() -> None:
    inner = {"type": "textfield", "key": "a", "id": "a", "validate": {"required": True}}
    made = form({"type": "group", "path": "g", "conditional": {"hide": "=true"}, "components": [inner]})
    assert made.validate({"g": {"a": "x"}}) == {}


@pytest.mark.parametrize("rule", [{"readonly": True}, {"readonly": '=stage = "won"'}, {"disabled": True}])
def test_read_only_data_is_dropped(rule: dict[str, Any]) -> None:
    made = form({"type": "number", "key": "price", "validate": {"required": True}, **rule})
    assert made.validate({"price": 1}, {"stage": "won", "price": 100}) == {}


def test_read_only_by_expression_opens_when_it_is_not_true() -> None:
    made = form({"type": "number", "key": "price", "readonly": '=stage = "won"'})
    assert made.validate({"price": 1}, {"stage": "open"}) == {"price": 1}


def test_choices_from_variables_and_from_expressions() -> None:
    by_key = form({"type": "select", "key": "s", "valuesKey": "offers"})
    scope = {"offers": [{"label": "A", "value": "a"}, "b"]}
    assert by_key.validate({"s": "b"}, scope) == {"s": "b"}
    assert "s" in complaints(by_key, {"s": "c"}, scope=scope)
    by_text = form(
        {"type": "taglist", "key": "s", "valuesExpression": "=for i in 1..n return {value: i, label: string(i)}"}
    )
    assert by_text.validate({"s": [1, 3]}, {"n": 3}) == {"s": [1, 3]}
    assert "s" in complaints(by_text, {"s": [4]}, scope={"n": 3})


def test_groups_and_dotted_keys_nest() -> None:
    made = form(
        {"type": "group", "path": "lead", "components": [{"type": "textfield", "key": "name.first", "id": "a"}]},
        {"type": "group", "components": [{"type": "textfield", "key": "note", "id": "b"}]},
    )
    assert made.keys == ("lead.name.first", "note")
    data = {"lead": {"name": {"first": "Ann"}}, "note": "n"}
    assert made.validate(data) == data
    assert complaints(made, {"lead": 5}) == {"lead": ("Value is not a group of fields.",)}


LINES = {
    "type": "dynamiclist",
    "path": "lines",
    "components": [
        {"type": "number", "key": "quantity", "id": "q", "validate": {"min": 1, "required": True}},
        {"type": "textfield", "key": "why", "id": "w", "conditional": {"hide": "=quantity < limit"}},
        {"type": "expression", "key": "total", "id": "t", "expression": "=this.quantity * parent.price + i[1]"},
    ],
}


def test_repeating_lists_are_validated_entry_by_entry() -> None:
    made = form({"type": "number", "key": "price"}, LINES)
    data = {"price": 10, "lines": [{"quantity": 1, "why": "x", "total": 9999}, {"quantity": 5, "why": "many"}]}
    assert made.validate(data, {"limit": 3}) == {
        "price": 10,
        "lines": [{"quantity": 1, "total": 11}, {"quantity": 5, "why": "many", "total": 52}],
    }
    assert set(complaints(made, {"lines": [{"quantity": 0}, {}, 7]}, scope={"limit": 3})) == {
        "lines[0].quantity",
        "lines[1].quantity",
        "lines[2]",
    }


def test_an_entry_of_which_all_is_hidden_comes_as_null() -> None:
    inner = {"type": "number", "key": "n", "id": "n", "conditional": {"hide": "=true"}}
    made = form({"type": "dynamiclist", "path": "lines", "components": [inner]})
    assert made.validate({"lines": [None, {"n": 1}]}) == {"lines": [{}, {}]}


def test_read_only_values_of_list_entries_are_kept() -> None:
    inner = [
        {"type": "textfield", "key": "product", "id": "p", "readonly": True},
        {"type": "number", "key": "quantity", "id": "q"},
    ]
    made = form({"type": "dynamiclist", "path": "lines", "components": inner})
    scope = {"lines": [{"product": "crane", "quantity": 1}]}
    clean = made.validate({"lines": [{"product": "free crane", "quantity": 2}]}, scope)
    assert clean == {"lines": [{"product": "crane", "quantity": 2}]}


def test_a_list_cannot_grow_without_end() -> None:
    made = form(LINES)
    assert set(complaints(made, {"lines": [{"quantity": 1}] * 1001})) == {"lines"}


def test_what_is_not_sent_keeps_the_variable_or_takes_the_default() -> None:
    made = form(
        {"type": "textfield", "key": "name", "validate": {"required": True}},
        {"type": "number", "key": "days", "defaultValue": 14},
    )
    assert made.validate({}, {"name": "Ann"}) == {"days": 14}
    assert complaints(made, {}) == {"name": ("Field is required.",)}
    assert made.validate({"name": "B", "days": None}) == {"name": "B", "days": None}


def test_computed_fields_are_computed_here_whatever_was_sent() -> None:
    made = form(
        {"type": "number", "key": "a"},
        {"type": "expression", "key": "b", "expression": "=a * rate", "computeOn": "change"},
    )
    assert made.validate({"a": 2, "b": 0}, {"rate": 3}) == {"a": 2, "b": 6}


def test_the_same_key_twice_for_two_cases() -> None:
    made = form(
        {"type": "number", "key": "n", "validate": {"max": 5}, "conditional": {"hide": "=vip"}},
        {"type": "number", "key": "n", "validate": {"max": 50}, "conditional": {"hide": "=not(vip)"}},
    )
    assert made.validate({"n": 20}, {"vip": True}) == {"n": 20}
    assert "n" in complaints(made, {"n": 20}, scope={"vip": False})


def test_merging_keeps_what_the_form_does_not_show() -> None:
    variables = {"lead": {"name": "a", "email": "e"}, "lines": [1, 2], "x": 1}
    merged = forms.merge(variables, {"lead": {"name": "b"}, "lines": [3]})
    assert merged == {"lead": {"name": "b", "email": "e"}, "lines": [3], "x": 1}
    assert variables["lead"]["name"] == "a"
