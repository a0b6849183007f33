"""Lead to order, played by its people on a fixed clock: every way through, to an order or a loss with its reason."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from engine.domain.access import SYSTEM
from engine.domain.commands import SaveRecord, StartInstance
from engine.domain.questions import GetRecord, ListNotifications, ListRecords
from engine.domain.states import InstanceState
from tests.acceptance.conftest import House

HOT = {
    "name": "Zoe Hart",
    "company": "Acme Ltd",
    "title": "VP Sales",
    "employees": 800,
    "email": "zoe+fair@acme.example",
    "phone": "+44 20 7946 0958",
    "source": "referral",
    "need": "120 chairs",
}
BANT = {"budget": {"amount": 50000, "currency": "EUR"}, "authority": "CFO", "decisionBy": "2026-04-01"}
LINE = {"product": "Chair", "quantity": 100, "price": 200, "cost": 120}


def to_quote(house: House, **lead: Any) -> str:
    """A lead qualified, waiting for its quote to be prepared."""
    instance = house.start("lead-to-order", lead={**HOT, **lead}).instance_id
    house.done(instance, "Task_FirstContact", contact="reached")
    house.done(instance, "Task_Qualify", lead=BANT, verdict="qualified")
    return instance


def quoted(house: House, instance: str, discount: float = 0, **line: Any) -> None:
    lines = [{**LINE, "discount": discount, **line}]
    house.done(instance, "Task_PrepareQuote", quote={"subject": "Chairs", "currency": "EUR", "lines": lines})


def test_a_hot_lead_becomes_an_order(house: House) -> None:  # A3, A5, C11
    started = house.start("lead-to-order", lead=HOT)
    instance = started.instance_id
    assert started.choice is not None
    assert started.choice["reason"] == "standard segment and value"

    lead = house.record(instance, "lead")
    assert (lead.state, lead.data["grade"], lead.data["colour"]) == ("assigned", "hot", "red")
    assert lead.data["score"] == 80  # VP 15 + 800 staff 25, referral 30 + need 10
    contact = house.task(instance, "Task_FirstContact")
    assert contact.assignee == lead.owner
    assert contact.due_at == house.clock.now() + timedelta(minutes=15)
    assert contact.subject == "Zoe Hart · Acme Ltd"

    house.done(instance, "Task_FirstContact", contact="reached", lead={"note": "wants a visit"})
    house.done(instance, "Task_Qualify", lead=BANT, verdict="qualified")
    quoted(house, instance)
    quote = house.record(instance, "quote")
    assert quote.state == "sent"
    assert house.say("quote.accepted", quote.id).outcome == "correlated"

    house.done(instance, "Task_HandOver", by="olga", order={"dueDate": "2026-04-15"})
    view = house.view(instance)
    assert view.row.state is InstanceState.COMPLETED

    order, quote = house.record(instance, "order"), house.record(instance, "quote")
    assert (order.state, quote.state) == ("handed-over", "accepted")
    for field in ("lines", "net", "total", "currency"):
        assert order.data[field] == quote.data[field]
    assert order.data["total"] == {"amount": "20000.00", "currency": "EUR"}
    opportunity = house.record(instance, "opportunity")
    assert (opportunity.state, opportunity.data["amount"]["amount"]) == ("won", "20000.00")
    assert house.record(instance, "account").state == "customer"
    lead = house.record(instance, "lead")
    assert lead.state == "converted"
    assert {link.relation for link in lead.links if not link.inbound} == {"account", "contact", "opportunity"}


def test_nobody_calls_so_it_is_reminded_then_reassigned_and_the_lead_knows(house: House) -> None:  # C8, E5
    instance = house.start("lead-to-order", lead=HOT).instance_id
    first = house.task(instance, "Task_FirstContact").assignee
    assert first in {"ann", "ben"}

    def told(login: str) -> list[str]:
        news = house.engine.ask(ListNotifications(house.actor(login))).items
        return [n.title for n in news if not n.title.endswith("is yours now")]

    house.later(minutes=4, seconds=59)
    assert told(first) == []
    house.later(seconds=1)
    assert told(first) == ["First contact is due: Zoe Hart"]
    assert house.task(instance, "Task_FirstContact").assignee == first

    house.later(minutes=10)
    task = house.task(instance, "Task_FirstContact")
    assert task.assignee in {"ann", "ben"} - {first}
    assert house.record(instance, "lead").owner == task.assignee
    assert told("mia") == ["First contact was late: Zoe Hart"]
    (late,) = [n for n in house.engine.ask(ListNotifications(house.actor("mia"))).items if "late" in n.title]
    was, has = (house.actor(str(login)).name for login in (first, task.assignee))
    assert late.body == f"Taken from {was}, given to {has}.", "people are told of by name"
    assert told(str(task.assignee)) == ["First contact was late: Zoe Hart"]
    house.later(hours=5)
    assert told(first) == ["First contact is due: Zoe Hart"], "a reminder fires once"

    house.done(instance, "Task_FirstContact", contact="message")
    assert house.open(instance) == {"Task_Qualify"}


def test_nothing_is_due_once_the_contact_is_made(house: House) -> None:
    instance = house.start("lead-to-order", lead=HOT).instance_id
    house.done(instance, "Task_FirstContact", contact="reached")
    house.later(hours=1)
    for login in ("ann", "ben", "mia"):
        news = house.engine.ask(ListNotifications(house.actor(login))).items
        assert all(n.title.endswith("is yours now") for n in news)


@pytest.mark.parametrize(
    ("discount", "approver"),
    [(0, None), (10, None), (10.01, "mia"), (20, "mia"), (20.01, "dan"), (30, "dan"), (30.01, "vic")],
)
def test_the_discount_decides_who_approves(new_house: Any, discount: float, approver: str | None) -> None:  # D9
    house = new_house()
    instance = to_quote(house)
    quoted(house, instance, discount, cost=10)
    if approver is None:
        assert house.record(instance, "quote").state == "sent"
        return
    assert house.open(instance) == {"Task_ApproveDiscount"}
    house.done(instance, "Task_ApproveDiscount", by=approver, approval={"verdict": "approve"})
    assert house.record(instance, "quote").state == "sent"


def test_margin_and_credit_are_approved_beside_the_discount(house: House) -> None:  # D13, D15
    house.engine.do(SaveRecord("account", SYSTEM, {"name": "Acme", "creditLimit": 1000}))
    instance = to_quote(house)
    quoted(house, instance, 15, cost=150)
    assert house.open(instance) == {"Task_ApproveDiscount", "Task_ApproveMargin", "Task_ApproveCredit"}
    house.done(instance, "Task_ApproveMargin", by="fay", approval={"verdict": "approve"})
    house.done(instance, "Task_ApproveDiscount", by="mia", approval={"verdict": "approve"})
    house.done(instance, "Task_ApproveCredit", by="rex", approval={"verdict": "refuse", "comment": "pay first"})
    assert house.open(instance) == {"Task_PrepareQuote"}, "one refusal sends the quote back"
    assert house.record(instance, "quote").data["reason"] == "pay first"
    quoted(house, instance, 0, quantity=1)
    assert house.record(instance, "quote").state == "sent"


def test_a_changed_quote_is_approved_again(house: House) -> None:  # D9
    instance = to_quote(house)
    quoted(house, instance)
    house.say("quote.change-requested", house.record(instance, "quote").id, text="cheaper, please")
    quote = house.record(instance, "quote")
    assert (quote.state, quote.data["note"]) == ("draft", "cheaper, please")
    quoted(house, instance, 25)
    assert house.open(instance) == {"Task_ApproveDiscount"}
    house.done(instance, "Task_ApproveDiscount", by="dan", approval={"verdict": "approve"})
    house.say("quote.accepted", quote.id)
    assert house.open(instance) == {"Task_HandOver"}
    assert house.record(instance, "quote").data["net"]["amount"] == "15000.00"


@pytest.mark.parametrize(
    ("answer", "state", "reason"),
    [("decline", "declined", "too dear"), ("silence", "expired", "no answer")],
)
def test_a_lost_opportunity_says_why(house: House, answer: str, state: str, reason: str) -> None:  # C8
    instance = to_quote(house)
    quoted(house, instance)
    quote = house.record(instance, "quote")
    if answer == "decline":
        house.say("quote.declined", quote.id, reason="too dear")
    else:
        house.later(days=13, hours=23)
        assert house.view(instance).row.state is InstanceState.ACTIVE
        house.later(hours=1)
    assert house.view(instance).row.state is InstanceState.COMPLETED
    quote, opportunity = house.record(instance, "quote"), house.record(instance, "opportunity")
    assert (quote.state, quote.data["reason"]) == (state, reason)
    assert (opportunity.state, opportunity.data["reason"]) == ("lost", reason)


def test_bant_must_be_evidenced(house: House) -> None:  # C15
    instance = house.start("lead-to-order", lead=HOT).instance_id
    house.done(instance, "Task_FirstContact", contact="reached")
    house.done(instance, "Task_Qualify", lead={"authority": "CFO"}, verdict="qualified")
    assert house.open(instance) == {"Task_Qualify"}, "budget and time are missing"
    house.done(instance, "Task_Qualify", lead={"reason": "no money"}, verdict="unqualified")
    lead = house.record(instance, "lead")
    assert (lead.state, lead.data["reason"]) == ("lost", "no money")
    assert house.view(instance).row.state is InstanceState.COMPLETED


def test_not_now_hands_the_lead_to_marketing(house: House) -> None:  # C10
    instance = house.start("lead-to-order", lead=HOT).instance_id
    house.done(instance, "Task_FirstContact", contact="reached")
    house.done(instance, "Task_Qualify", verdict="nurture")
    assert house.record(instance, "lead").state == "nurturing"
    nurture = house.newest("campaign-response")
    assert nurture.row.parent_id == instance
    assert [t.element_id for t in nurture.timers] == ["Timer_Touch"]
    house.later(days=20)
    again = house.newest("lead-to-order")
    assert again.row.parent_id == nurture.row.id, "after the pause it is scored again, and sales gets it back"


@pytest.mark.parametrize("known", [{"email": "ZOE@acme.example"}, {"phone": "020 7946 0958"}])
def test_a_duplicate_is_asked_about(house: House, known: dict[str, str]) -> None:  # C13
    house.engine.do(SaveRecord("lead", SYSTEM, {"name": "Z. Hart", **known}))
    instance = house.start("lead-to-order", lead=HOT).instance_id
    assert house.open(instance) == {"Task_JudgeDuplicate"}
    house.done(instance, "Task_JudgeDuplicate", judgement="same")
    lead = house.record(instance, "lead")
    assert lead.state == "duplicate"
    assert lead.data["reason"] == f"duplicate by {'mail' if 'email' in known else 'phone'}"
    other = house.start("lead-to-order", lead={**HOT, "phone": None}).instance_id
    if house.open(other) == {"Task_JudgeDuplicate"}:
        house.done(other, "Task_JudgeDuplicate", judgement="other")
    assert house.open(other) == {"Task_FirstContact"}


def test_a_strategic_customer_gets_the_variant(house: House) -> None:  # F1, B6
    lead = house.engine.do(SaveRecord("lead", SYSTEM, {**HOT, "segment": "strategic"}, owner="kai"))
    started = house.engine.do(
        StartInstance("lead-to-order", house.actor("kim"), {"lead": {"$record": ["lead", lead.id]}})
    )
    instance = started.instance_id
    assert started.definition_key == "lead-to-order-strategic"
    assert started.choice is not None
    assert started.choice["reason"] == "segment is strategic"
    assert house.view(instance).row.choice == started.choice
    assert house.task(instance, "Task_FirstContact").assignee == "kai", "the owner stays"
    house.done(instance, "Task_FirstContact", contact="reached")
    scores = {"metrics": 4, "buyer": 3, "criteria": 3, "process": 2, "pain": 4, "champion": 4}
    house.done(instance, "Task_Discover", meddic=scores, lead=BANT)
    assert house.open(instance) == {"Task_ReviewDeal"}, "20 points are at risk"
    house.done(instance, "Task_ReviewDeal", by="mia", review="go")
    quoted(house, instance)
    house.say("quote.accepted", house.record(instance, "quote").id)
    house.done(instance, "Task_HandOver", order={"dueDate": "2026-04-15"})
    assert house.record(instance, "order").state == "handed-over"


@pytest.mark.parametrize(("points", "ends"), [(2, "lost"), (5, "quote")])
def test_meddic_decides(house: House, points: int, ends: str) -> None:
    instance = house.start("lead-to-order", lead={**HOT, "expectedValue": {"amount": 250000}}).instance_id
    house.done(instance, "Task_FirstContact", contact="reached")
    scores = dict.fromkeys(("metrics", "buyer", "criteria", "process", "pain", "champion"), points)
    house.done(instance, "Task_Discover", meddic=scores)
    if ends == "lost":
        assert house.record(instance, "lead").state == "lost"
    else:
        assert house.open(instance) == {"Task_PrepareQuote"}


def test_a_referred_lead_arrives_by_message(house: House) -> None:  # A8
    sent = house.say("lead.arrived", lead={"name": "Ida", "company": "Nord", "source": "referral"})
    assert sent.outcome == "started"
    assert house.open(str(sent.instance_id)) == {"Task_FirstContact"}
    assert house.engine.ask(ListRecords(SYSTEM, kind="lead", search="ida")).total == 1


def test_accounts_and_contacts_are_found_again(house: House) -> None:  # A3, A9
    for name in ("one", "two"):
        instance = to_quote(house, email=f"{name}@acme.example", phone=None, name=f"Zoe {name}")
    records = house.engine.ask(ListRecords(SYSTEM, kind="account"))
    assert [r.name for r in records.items] == ["Acme Ltd"]
    assert house.engine.ask(ListRecords(SYSTEM, kind="contact")).total == 2
    account = house.engine.ask(GetRecord(records.items[0].id, SYSTEM))
    assert sum(link.kind == "opportunity" for link in account.links) == 2
    assert house.open(instance) == {"Task_PrepareQuote"}
