"""Loading forms: everything wrong is found at once, by field; generated forms and translations (A6, A13)."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from engine import forms
from engine.domain.errors import BadForm, Refused
from engine.domain.values import Finding
from engine.forms.patterns import Unsafe, safe


def refused(content: Any) -> list[Finding]:
    with pytest.raises(Refused) as caught:
        forms.load(content if isinstance(content, (str, bytes)) else json.dumps(content))
    assert all(f.message and f.message_zh for f in caught.value.findings)
    return list(caught.value.findings)


def schema(*components: Any) -> dict[str, Any]:
    return {"type": "default", "id": "f", "components": list(components)}


@pytest.mark.parametrize(
    "content",
    ["", "no", "[]", "{}", '{"type":"other","components":[]}', b"\xff\xfe", "[" * 100_000, b" " * (1024 * 1024 + 1),
     '{"components": []}'],
    ids=["empty", "text", "list", "object", "other", "bytes", "deep", "large", "no id"],
)  # fmt: skip
def test_what_is_no_form_is_refused(content: Any) -> None:
    assert refused(content)[0].code == "CRM-160"


@pytest.mark.parametrize(
    ("field", "code"),
    [
        ({"type": "hologram", "key": "k"}, "CRM-161"),
        ({"type": "textfield"}, "CRM-161"),
        ({"type": "textfield", "key": "a b"}, "CRM-161"),
        ({"type": "textfield", "key": "a..b"}, "CRM-161"),
        ({"type": "dynamiclist", "components": []}, "CRM-161"),
        ({"type": "textfield", "key": "k", "conditional": {"hide": "=1 +"}}, "CRM-162"),
        ({"type": "expression", "key": "k", "expression": "=("}, "CRM-162"),
        ({"type": "number", "key": "k", "validate": {"min": "=)"}}, "CRM-162"),
        ({"type": "iframe", "url": "https://example.org"}, "CRM-163"),
        ({"type": "textfield", "key": "k", "validate": {"pattern": "(a+)+$"}}, "CRM-164"),
        ({"type": "textfield", "key": "k", "validate": {"pattern": "["}}, "CRM-164"),
        ({"type": "select", "key": "k"}, "CRM-165"),
        ({"type": "number", "key": "k", "validate": {"min": "low"}}, "CRM-166"),
        ({"type": "number", "key": "k", "increment": "half"}, "CRM-166"),
        ({"type": "number", "key": "k", "decimalDigits": []}, "CRM-166"),
        ({"type": "filepicker", "key": "k", "properties": {"maxSize": "5 MB"}}, "CRM-166"),
    ],
)
def test_what_is_wrong_with_a_field_is_told_with_its_id(field: dict[str, Any], code: str) -> None:
    (finding,) = refused(schema({"id": "Field_1", **field}))
    assert finding.code == code
    assert finding.element == "Field_1"


def test_all_findings_at_once() -> None:
    findings = refused(schema({"type": "x", "id": "a"}, {"type": "iframe", "id": "b"}, {"type": "select", "id": "b"}))
    assert {f.code for f in findings} == {"CRM-161", "CRM-163", "CRM-165"}


def test_every_type_of_form_js_is_known() -> None:
    shown = ["text", "html", "image", "button", "spacer", "separator", "table", "documentPreview"]
    keyed = ["textfield", "textarea", "number", "datetime", "checkbox", "expression", "filepicker"]
    chosen = ["checklist", "radio", "select", "taglist"]
    made = forms.load(
        json.dumps(
            schema(
                *({"type": kind} for kind in shown),
                *({"type": kind, "key": kind} for kind in keyed),
                *({"type": kind, "key": kind, "values": ["a"]} for kind in chosen),
                {"type": "group", "components": []},
                {"type": "dynamiclist", "path": "list", "components": []},
            )
        )
    )
    assert made.keys == (*keyed, *chosen, "list")


def test_endless_nesting_is_refused() -> None:
    inner: dict[str, Any] = {"type": "text"}
    for _ in range(30):
        inner = {"type": "group", "components": [inner]}
    assert refused(schema(inner))[0].code == "CRM-161"


@pytest.mark.parametrize("pattern", ["(a+)+", "(a|a)*b", "(a*)*", "([a-z]+)*$", "(a?a?)*b", "a*a*a*a*a*b"])
def test_patterns_that_backtrack_without_end_are_refused(pattern: str) -> None:
    with pytest.raises(Unsafe):
        safe(pattern)


@pytest.mark.parametrize(
    ("pattern", "good", "bad"),
    [
        ("^\\d{4}$", "2026", "20261"),
        ("^[^@]+@[^@]+$", "a@b", "a@b@"),
        ("^(DE|FR)\\d+$", "DE1", "IT1"),
        ("[$]", "a$", "a"),
        ("^(?<year>\\d{4})-\\d\\d$", "2026-01", "26-01"),
        ("^线索-\\d+$", "线索-1", "线索-一"),
    ],
)
def test_patterns_mean_what_they_mean_in_a_browser(pattern: str, good: str, bad: str) -> None:
    test = safe(pattern)
    assert test(good)
    assert not test(bad)


def test_the_slowest_pattern_that_is_allowed_ends_soon() -> None:
    test = safe("a*a*a*b")
    start = time.perf_counter()
    for length in (100, 10_000, 100_000):
        assert not test("a" * length)
    assert time.perf_counter() - start < 5


@pytest.mark.parametrize(
    "text",
    ["1 < 2 and 2 < 3", 'date(day) > date("2026-01-01")', "count(tags) > 1", "if ok then 1 else 2", "price * 2 > 1.5",
     "for x in list return x.a", "(function(x) x + 1)(2)", "if not(ok) then 1 else 2"],
)  # fmt: skip
def test_expressions_on_which_both_engines_agree_pass_in_silence(text: str) -> None:
    field = {"type": "textfield", "id": "a", "key": "k", "conditional": {"hide": f"={text}"}}
    assert forms.load(json.dumps(schema(field))).findings == ()


@pytest.mark.parametrize(
    "text",
    ["price * 0.1 = 0.3", "a / b != 2", "x instance of number", "during(3, [1..5])", "1 < x < 3",
     "if count(tags) then 1 else 2", "decimal(x, 2) > 1"],
)  # fmt: skip
def test_expressions_on_which_they_differ_are_told(text: str) -> None:
    field = {"type": "textfield", "id": "a", "key": "k", "conditional": {"hide": f"={text}"}}
    (finding,) = forms.load(json.dumps(schema(field))).findings
    assert (finding.code, finding.severity, finding.element) == ("CRM-167", "warning", "a")
    assert text in finding.message
    assert finding.message_zh


def test_a_condition_on_what_may_be_hidden_is_told() -> None:
    """The browser remembers what was typed before a field was hidden; the server never gets it."""
    first = {"type": "textfield", "id": "a", "key": "g.a", "conditional": {"hide": "=ok"}}
    second = {"type": "textfield", "id": "b", "key": "b", "conditional": {"hide": "=g.a = null"}}
    (finding,) = forms.load(json.dumps(schema(first, second))).findings
    assert (finding.code, finding.element) == ("CRM-167", "b")
    other = {**first, "id": "c", "conditional": {"hide": "=not(ok)"}}
    assert forms.load(json.dumps(schema(first, other, second))).findings == ()


# --- generated forms --------------------------------------------------------------------------------


def test_a_default_form_takes_the_data_of_a_task() -> None:
    variables = [("companyName", "string"), ("score", "number"), ("hot_lead", "boolean"), ("due", "date"),
                 ("at", "date and time"), ("bad name", "string")]  # fmt: skip
    made = forms.load(json.dumps(forms.default_form("call", "Call *now*", variables)))
    assert made.keys == ("companyName", "score", "hot_lead", "due", "at")
    labels = [c.get("label") for c in made.schema["components"] if "key" in c]
    assert labels == ["Company name", "Score", "Hot lead", "Due", "At"]
    data = {"companyName": "A", "score": 1, "hot_lead": True, "due": "2026-03-02", "at": "2026-03-02T09:00Z"}
    assert made.validate(data) == data
    with pytest.raises(BadForm):
        made.validate({"score": "many"})


def test_a_task_without_data_gets_a_form_that_only_says_what_to_do() -> None:
    made = forms.load(json.dumps(forms.default_form("call", "Call <b>", [])))
    assert made.keys == ()
    assert made.validate({}) == {}
    assert "<b>" not in made.schema["components"][0]["text"]


# --- languages --------------------------------------------------------------------------------------

TWO = schema(
    {
        "type": "select",
        "id": "a",
        "key": "grade",
        "label": "Grade",
        "label_zh_Hans": "等级",
        "description": "How hot?",
        "values": [{"label": "Hot", "label_zh_Hans": "热", "value": "hot"}],
        "validate": {"required": True},
    },
    {"type": "group", "id": "g", "components": [{"type": "text", "id": "t", "text": "Hi", "text_zh_Hans": "你好"}]},
)


@pytest.mark.parametrize("locale", ["zh", "zh_Hans", "zh-CN", "zh_Hans_CN"])
def test_the_browser_gets_chinese(locale: str) -> None:
    made = forms.localise(TWO, locale)
    field, group = made["components"]
    assert (field["label"], field["description"]) == ("等级", "How hot?")
    assert field["values"] == [{"label": "热", "value": "hot"}]
    assert group["components"][0]["text"] == "你好"
    assert "zh_Hans" not in json.dumps(made)


def test_the_browser_gets_english_and_the_schema_stays() -> None:
    made = forms.localise(TWO, "en")
    assert made["components"][0]["label"] == "Grade"
    assert "zh_Hans" not in json.dumps(made)
    assert TWO["components"][0]["label_zh_Hans"] == "等级"


def test_a_translated_form_validates_the_same() -> None:
    for text in (TWO, forms.localise(TWO, "zh")):
        assert forms.load(json.dumps(text)).validate({"grade": "hot"}) == {"grade": "hot"}
