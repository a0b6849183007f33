"""Service case: classified, ranked, worked in time or escalated, solved, asked about; a promoter closes the loop."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from engine.domain.access import SYSTEM
from engine.domain.commands import SaveRecord
from engine.domain.questions import ListNotifications
from engine.domain.states import InstanceState
from tests.acceptance.conftest import House

BROKEN = {
    "subject": "Lift stands still",
    "type": "repair",
    "affected": 80,
    "severity": "high",
    "name": "Ida Berg",
    "email": "ida@nord.example",
    "tier": "silver",
}


def report(house: House, **more: Any) -> str:
    return house.start("case", by="sue", case={**BROKEN, **more}).instance_id


def customer(house: House, owner: str | None = None) -> str:
    """An account with Ida as its contact; the account's id."""
    account = house.engine.do(SaveRecord("account", SYSTEM, {"name": "Nord AB"}, owner=owner))
    ida = {"name": "Ida Berg", "email": "ida@nord.example"}
    house.engine.do(SaveRecord("contact", SYSTEM, ida, links={"account": account.id}))
    return account.id


def solved(house: House, **more: Any) -> tuple[str, str]:
    """A solved case and its survey."""
    instance = report(house, **more)
    house.done(instance, "Task_WorkCase", case={"solution": "new belt"})
    case = house.record(instance, "case")
    assert case.state == "solved"
    return instance, house.linked(case, "case", inbound=True).id


@pytest.mark.parametrize(
    ("affected", "severity", "tier", "priority", "respond", "solve"),
    [
        (76, "high", "basic", "P1", "PT2H", "PT12H"),
        (75, "high", "silver", "P2", "PT2H", "PT24H"),
        (25, "medium", None, "P3", "PT24H", "P5D"),
        (24.5, "low", "basic", "P4", "PT24H", "P30D"),
        (None, None, "silver", "P4", "PT24H", "P30D"),
        (100, "low", "silver", "P3", "PT8H", "P5D"),
    ],
)
def test_priority_is_impact_times_urgency_and_tier_sets_the_deadline(
    new_house: Any, affected: Any, severity: Any, tier: Any, priority: str, respond: str, solve: str
) -> None:  # E2, E4
    house = new_house()
    instance = report(house, affected=affected, severity=severity, tier=tier)
    data = house.record(instance, "case").data
    assert (data["priority"], data["responseTarget"], data["resolveTarget"]) == (priority, respond, solve)


def test_a_case_is_solved_and_the_customer_asked(house: House) -> None:  # E3, E7
    account = customer(house)
    instance = report(house)
    case = house.record(instance, "case")
    assert house.linked(case, "account").id == account
    task = house.task(instance, "Task_WorkCase")
    assert (task.assignee in {"sue", "sam"}, task.priority) == (True, 100)
    assert task.due_at == house.clock.now() + timedelta(hours=12)
    house.done(instance, "Task_WorkCase", case={"solution": "new belt"})
    survey = house.linked(house.record(instance, "case"), "case", inbound=True)
    house.say("survey.answered", survey.id, score=8, comment="fine")
    house.done(instance, "Task_FollowUp", survey={"action": "asked"})
    assert house.record(instance, "case").state == "closed"
    assert house.view(instance).row.state is InstanceState.COMPLETED


def test_a_late_case_escalates_at_50_75_and_100_percent(house: House) -> None:  # E5
    instance = report(house)  # P1, silver: 12 hours
    first = str(house.task(instance, "Task_WorkCase").assignee)

    def told(login: str) -> int:
        news = house.engine.ask(ListNotifications(house.actor(login))).items
        # The flow's own ladder; what the promise of a first response tells is told by its policy.
        return len([n for n in news if n.title.endswith(f": {BROKEN['subject']}")])

    house.later(hours=5, minutes=59)
    assert (told(first), told("lea")) == (0, 0)
    house.later(minutes=1)
    assert (told(first), told("lea")) == (1, 0)
    house.later(hours=3)
    assert (told(first), told("lea")) == (1, 1)
    house.later(hours=3)
    assert told("lea") == 2
    assert house.record(instance, "case").state == "escalated"
    second = house.task(instance, "Task_WorkCase").assignee
    assert second in {"sue", "sam"} - {first}
    house.later(days=3)
    assert told("lea") == 2, "each rung fires once"


def test_a_promoter_refers_a_new_lead_and_the_loop_closes(house: House) -> None:  # A1, A8
    customer(house)
    instance, survey = solved(house)
    house.say("survey.answered", survey, score=10, comment="splendid")
    friend = {"name": "Per Lund", "company": "Syd AB", "email": "per@syd.example"}
    house.done(instance, "Task_AskReferral", referral=friend)
    assert house.view(instance).row.state is InstanceState.COMPLETED
    account = house.linked(house.record(instance, "case"), "account")
    assert account.data["club"] == "advocate"
    sale = house.newest("lead-to-order")
    assert sale.row.parent_id == instance
    lead = house.record(sale.row.id, "lead")
    assert (lead.name, lead.data["source"]) == ("Per Lund · Syd AB", "referral")
    assert house.linked(lead, "referred-by").id == survey
    assert house.open(sale.row.id) == {"Task_FirstContact"}


def test_a_promoter_may_name_nobody(house: House) -> None:
    instance, survey = solved(house)
    house.say("survey.answered", survey, score=9)
    house.done(instance, "Task_AskReferral")
    assert house.view(instance).row.state is InstanceState.COMPLETED


def test_a_detractor_is_called_within_48_hours(house: House) -> None:  # E7
    instance, survey = solved(house)
    house.say("survey.answered", survey, score=6, comment="slow")
    task = house.task(instance, "Task_Recover")
    assert task.due_at == house.clock.now() + timedelta(hours=48)
    house.done(instance, "Task_Recover", by="lea", survey={"action": "apologised"})
    assert house.record(instance, "case").state == "closed"


def test_who_does_not_answer_is_not_asked_again(house: House) -> None:
    instance, _ = solved(house)
    house.later(days=14)
    assert house.view(instance).row.state is InstanceState.COMPLETED


@pytest.mark.parametrize(
    ("more", "reason"),
    [({"segment": "strategic"}, "segment is strategic"), ({"tier": "gold"}, "the customer has bought the gold tier")],
)
def test_a_strategic_customer_is_called_by_the_owner(house: House, more: dict[str, str], reason: str) -> None:  # F1
    customer(house, owner="kai")
    started = house.start("case", by="sue", case={**BROKEN, **more})
    assert started.definition_key == "case-strategic"
    assert started.choice is not None
    assert started.choice["reason"] == reason
    instance = started.instance_id
    assert house.task(instance, "Task_CallBack").assignee == "kai", "the account's owner"
    house.done(instance, "Task_CallBack", call="reached")
    task = house.task(instance, "Task_WorkCase")
    assert task.assignee == "kai"
    house.done(instance, "Task_WorkCase", case={"solution": "new belt"})
    assert house.record(instance, "case").state == "solved"
