"""Campaign response: recorded first, matched to customer, known lead or new one, then nurtured or handed to sales."""

from __future__ import annotations

from typing import Any

import pytest

from engine.domain.access import SYSTEM
from engine.domain.commands import SaveRecord
from engine.domain.questions import ListNotifications, ListRecords
from engine.domain.states import InstanceState
from tests.acceptance.conftest import House

SOMEBODY = {"name": "Ida Berg", "company": "Nord AB", "email": "ida@nord.example", "employees": 900}


def respond(house: House, **more: Any) -> str:
    return house.start("campaign-response", by="mark", response={**SOMEBODY, **more}).instance_id


def test_a_ready_response_goes_to_sales(house: House) -> None:  # C4
    instance = respond(house, action="demo", title="Head of Office", text="show me", segment="growth")
    assert house.view(instance).row.state is InstanceState.COMPLETED
    response, lead = house.record(instance, "response"), house.record(instance, "lead")
    assert (response.state, response.data["score"]) == ("handed-over", lead.data["score"])
    assert lead.data["score"] == 85  # 15 + 25 + 10 fit, demo 25, need 10
    sale = house.newest("lead-to-order")
    assert sale.row.parent_id == instance
    assert sale.variables["lead"]["$record"] == ["lead", lead.id]
    assert house.open(sale.row.id) == {"Task_FirstContact"}


def test_a_cold_response_is_nurtured_on_days_0_3_10_30_then_let_go(house: House) -> None:  # C10
    instance = respond(house, action="open", employees=3)
    lead = house.record(instance, "lead")
    assert (lead.state, lead.data["grade"]) == ("nurturing", "cold")
    touches = []
    for day in range(31):
        if day:
            house.later(days=1)
        if len(house.engine.ask(ListNotifications(house.actor("mark"))).items) > len(touches):
            touches.append(day)
    assert touches == [0, 3, 10, 30]
    assert house.view(instance).row.state is InstanceState.COMPLETED
    lead = house.record(instance, "lead")
    assert (lead.state, lead.data["reason"]) == ("lost", "nurtured without success")


def test_what_a_nurtured_lead_does_is_scored_at_once(house: House) -> None:
    instance = respond(house, action="open", title="Director")
    house.later(seconds=0)
    lead = house.record(instance, "lead")
    assert lead.data["score"] == 41  # 15 + 25 fit, 1 opened mail
    house.say("lead.engaged", lead.id, action="click")
    assert house.record(instance, "lead").data["score"] == 46
    house.say("lead.engaged", lead.id, action="webinar")
    lead = house.record(instance, "lead")
    assert (lead.data["score"], lead.data["grade"]) == (66, "warm")
    assert house.view(instance).row.state is InstanceState.COMPLETED
    assert house.newest("lead-to-order").row.parent_id == instance


def test_who_unsubscribes_is_left_alone(house: House) -> None:
    instance = respond(house, action="click")
    lead = house.record(instance, "lead")
    house.say("lead.opted-out", lead.id)
    lead = house.record(instance, "lead")
    assert (lead.state, lead.data["unsubscribed"], lead.data["reason"]) == ("lost", True, "unsubscribed")
    assert house.view(instance).row.state is InstanceState.COMPLETED
    other = respond(house, name="Bo", email="bo@nord.example", action="opt-out")
    assert house.record(other, "lead").data["unsubscribed"] is True


def test_a_customer_gets_an_opportunity_not_a_lead(house: House) -> None:  # R4
    account = house.engine.do(SaveRecord("account", SYSTEM, {"name": "Nord AB"}))
    ida = house.engine.do(
        SaveRecord(
            "contact", SYSTEM, {"name": "Ida", "email": "ida@nord.example"}, owner="ben", links={"account": account.id}
        )
    )
    instance = respond(house, action="reply", text="more chairs")
    opportunity = house.record(instance, "opportunity")
    assert opportunity.owner == "ben"
    assert house.linked(opportunity, "contact").id == ida.id
    assert house.linked(opportunity, "account").id == account.id
    assert house.engine.ask(ListRecords(SYSTEM, kind="lead")).total == 0
    told = house.engine.ask(ListNotifications(house.actor("ben"))).items
    assert [n.title for n in told] == ["A customer responded: Ida Berg"]
    assert house.record(instance, "response").state == "matched"


def test_a_known_lead_is_updated_not_doubled(house: House) -> None:  # C13
    known = house.engine.do(SaveRecord("lead", SYSTEM, {"name": "Ida", "email": "IDA@nord.example", "clicks": 2}))
    instance = respond(house, action="click")
    assert house.engine.ask(ListRecords(SYSTEM, kind="lead")).total == 1
    lead = house.record(instance, "lead")
    assert (lead.id, lead.data["clicks"]) == (known.id, 3)


def test_a_response_from_outside_the_segment_is_flagged(house: House) -> None:  # A2
    campaign = house.engine.do(SaveRecord("campaign", SYSTEM, {"name": "Spring", "segment": "growth"}))
    for segment, inside in (("growth", True), ("mass", False)):
        sent = house.say(
            "campaign.responded",
            response={**SOMEBODY, "email": f"{segment}@nord.example", "action": "open", "segment": segment},
            campaign={"$record": ["campaign", campaign.id]},
        )
        response = house.record(str(sent.instance_id), "response")
        assert response.data["inSegment"] is inside
        assert house.linked(response, "campaign").id == campaign.id


@pytest.mark.parametrize(("interest", "state"), [("yes", "handed-over"), ("no", "matched")])
def test_a_strategic_customer_is_answered_in_person(house: House, interest: str, state: str) -> None:  # F1
    started = house.start("campaign-response", by="mark", response={**SOMEBODY, "action": "open", "employees": 9000})
    assert started.definition_key == "campaign-response-strategic"
    assert started.choice is not None
    assert started.choice["reason"] == "a company of 5,000 or more"
    instance = started.instance_id
    assert house.task(instance, "Task_AnswerPersonally").assignee in {"kim", "kai"}
    house.done(instance, "Task_AnswerPersonally", interest=interest)
    assert house.record(instance, "response").state == state
    assert house.view(instance).row.state is InstanceState.COMPLETED
    assert house.record(instance, "lead").state == ("lost" if interest == "no" else "assigned")
