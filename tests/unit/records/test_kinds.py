"""What a record may hold: exact money and numbers, dates, choices, lines; every complaint at once."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import yaml

from engine.domain.errors import BadForm, Invalid
from engine.domain.money import Money
from engine.domain.records import Kind, described, kinds_of

DECLARED = """
kinds:
  deal:
    name: {en: Deal, zh_Hans: 交易}
    title: [name]
    states: {open: {en: Open}, won: {en: Won}}
    currency: CNY
    fields:
      name: {type: text, required: true}
      amount: {type: money, min: 0}
      share: {type: number, min: 0, max: 100}
      mail: {type: email}
      phone: {type: phone}
      closes: {type: date}
      lead: {type: duration}
      hot: {type: boolean}
      way: {type: choice, choices: [web, shop]}
      lines:
        type: lines
        fields:
          product: {type: text, required: true}
          quantity: {type: number, default: 1}
"""


@pytest.fixture
def deal() -> Kind:
    return kinds_of(yaml.safe_load(DECLARED))["deal"]


def test_values_are_stored_exactly_and_read_as_feel_wants_them(deal: Kind) -> None:
    data = deal.clean(
        {"name": " 大单 ", "amount": "0.1", "share": 12.5, "closes": "2026-03-02", "hot": "yes", "lead": "pt36h"}
    )
    assert data == {
        "name": "大单",
        "amount": {"amount": "0.10", "currency": "CNY"},
        "share": "12.5",
        "closes": "2026-03-02",
        "hot": True,
        "lead": "PT36H",
    }
    seen = {f.key: f.read(data.get(f.key)) for f in deal.fields}
    assert seen["amount"] == {"amount": Decimal("0.10"), "currency": "CNY"}
    assert seen["share"] == Decimal("12.5")
    assert seen["closes"] == date(2026, 3, 2)
    assert seen["way"] is None


def test_every_complaint_is_told_at_once(deal: Kind) -> None:  # H1
    wrong: dict[str, Any] = {
        "amount": -1,
        "share": 101,
        "mail": "x",
        "phone": "call me",
        "closes": "31/02",
        "lead": "soon",
        "odd": 1,
    }
    with pytest.raises(BadForm, match="CRM-215") as caught:
        deal.clean({**wrong, "hot": "perhaps", "way": "fax", "lines": [{"quantity": 1}]})
    assert set(caught.value.fields) == {*wrong, "hot", "way", "lines", "name"}


def test_an_empty_value_removes_a_field_and_money_keeps_its_currency(deal: Kind) -> None:
    before = deal.clean({"name": "a", "amount": {"amount": 5, "currency": "JPY"}, "way": "web"})
    after = deal.clean({"amount": {"amount": "1200.6"}, "way": ""}, before)
    assert after == {"name": "a", "amount": {"amount": "1201", "currency": "JPY"}}


def test_lines_take_their_defaults(deal: Kind) -> None:
    data = deal.clean({"name": "a", "lines": [{"product": "Chair"}, {"product": "Sofa", "quantity": "2"}]})
    assert data["lines"] == [{"product": "Chair", "quantity": 1}, {"product": "Sofa", "quantity": 2}]


def test_states_are_those_declared(deal: Kind) -> None:
    assert deal.clean_state(None) == "open"
    with pytest.raises(BadForm, match="'lost' is not a state"):
        deal.clean_state("lost")


@pytest.mark.parametrize("value", ["NaN", "1e999", "Infinity", True, [], "12,5"])
def test_what_is_no_exact_number_is_refused(value: Any) -> None:
    with pytest.raises(Invalid, match="CRM-02"):
        Money.of(value, "EUR")


@pytest.mark.parametrize(
    ("field", "said"),
    [("{type: colour}", "unknown type 'colour'"), ("{type: choice}", "have choices")],
)
def test_a_wrong_declaration_names_kind_and_field(field: str, said: str) -> None:
    with pytest.raises(Invalid, match=rf"CRM-030.*'deal'.*{said}"):
        kinds_of(yaml.safe_load(f"kinds: {{deal: {{fields: {{x: {field}}}}}}}"))


def test_a_kind_is_described_in_both_languages(deal: Kind) -> None:
    told = described(deal)
    assert (told["name"], told["name_zh"]) == ("Deal", "交易")
    assert [f["key"] for f in told["fields"]][-1] == "lines"
