"""Why? replays: also of clocks that end in the very step in which a pause begins or ends.  # issue 5, "must show" 6"""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from engine.domain.access import SYSTEM
from engine.domain.commands import CompleteTask, Deploy, SendMessage, StartInstance
from engine.domain.sla_values import ListClocks, PauseClocks, ResumeClocks, SaveCalendar, SavePolicy, WhyDeadline
from tests.store.drawing import END, START, catch, flow, message, model, user

OFFICE = {"zone": "UTC", "week": {n: [["09:00", "17:00"]] for n in range(5)}}
SLA = '<crmflow:sla metric="resolve" policy="support"/>'


@pytest.fixture
def desk(engine, bench):
    """A wait for the customer pauses the case's clock; the step after it, or the message itself, meets it."""
    engine.do(SaveCalendar("office", OFFICE, SYSTEM))
    engine.do(SavePolicy("support", {"targets": {"resolve": "PT16H", "accept": "PT1H"}, "calendar": "office"}, SYSTEM))
    marks = '<crmflow:pauses clocks="resolve" reason="customer"/><crmflow:meets clocks="resolve"/>'
    wait = catch("reply", "reply").replace(
        "<bpmn:messageEventDefinition",
        f"<bpmn:extensionElements>{marks}</bpmn:extensionElements><bpmn:messageEventDefinition",
    )
    inner = START + user("answer") + wait + user("work") + END + flow("start>answer", "answer>reply", "reply>work")
    about = f'owner="team:bench" goal="g" kpi="k"/>{SLA}<crmflow:stage value="x"'
    file = model("desk", inner + flow("work>end"), extra=message("reply", "=reference"), about=about)
    engine.do(Deploy((file,), SYSTEM, publish=True))


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-03-{text}:00").replace(tzinfo=UTC)


def start(engine, by):
    started = engine.do(StartInstance("desk", by, variables={"reference": "R1"}))
    (row,) = engine.ask(ListClocks(SYSTEM, instance_id=started.instance_id))
    return started, row.id


def why(engine, clock_id):
    found = engine.ask(WhyDeadline(clock_id, SYSTEM))
    assert found.same, (found.why, found.replayed)
    return found


def test_a_pause_that_ends_in_the_step_that_ends_the_clock(engine, clock, alice, desk):
    started, clock_id = start(engine, alice)
    clock.set(at("02 12:00"))
    engine.do(CompleteTask(started.tasks[0], alice))
    clock.set(at("02 15:00"))
    engine.do(SendMessage("reply", SYSTEM, "R1"))  # ends the pause and meets the clock, at once
    found = why(engine, clock_id)
    assert (found.clock.state, found.replayed) == ("met", at("04 12:00"))
    assert [(p["since"], p["until"]) for p in found.pauses] == [(at("02 12:00"), at("02 15:00"))]


def test_a_pause_that_lasts_ends_with_its_clock(engine, clock, alice, desk):
    from engine.domain.commands import CancelInstance

    started, clock_id = start(engine, alice)
    clock.set(at("02 12:00"))
    engine.do(PauseClocks(started.instance_id, SYSTEM, "a supplier"))
    clock.set(at("02 14:00"))
    engine.do(CancelInstance(started.instance_id, SYSTEM, "enough"))
    found = why(engine, clock_id)
    assert (found.replayed, found.clock.state, found.clock.paused_since) == (None, "cancelled", None)
    assert [p["until"] for p in found.pauses] == [at("02 14:00")]


def test_two_pauses_one_of_which_ends_in_the_clocks_last_step(engine, clock, alice, desk):
    started, clock_id = start(engine, alice)
    clock.set(at("02 11:00"))
    engine.do(PauseClocks(started.instance_id, SYSTEM, "a supplier"))
    clock.set(at("02 12:00"))
    engine.do(CompleteTask(started.tasks[0], alice))
    clock.set(at("02 13:00"))
    engine.do(SendMessage("reply", SYSTEM, "R1"))
    found = why(engine, clock_id)
    assert (found.clock.state, found.replayed) == ("met", None)


def test_business_days_pause_and_go_on(engine, clock, alice, desk):
    engine.do(SavePolicy("support", {"targets": {"resolve": "1 business days"}, "calendar": "office"}, SYSTEM))
    started, clock_id = start(engine, alice)
    assert why(engine, clock_id).replayed == at("03 17:00")
    clock.set(at("03 16:00"))
    engine.do(PauseClocks(started.instance_id, SYSTEM, "a supplier"))
    assert why(engine, clock_id).replayed is None
    clock.set(at("04 10:00"))
    engine.do(ResumeClocks(started.instance_id, SYSTEM))
    assert why(engine, clock_id).replayed == at("04 11:00")


@pytest.mark.parametrize("again", [False, True])
def test_a_mark_that_is_not_pausable_stays_so(engine, clock, alice, desk, again):
    """Also after its policy is saved anew."""
    inner = START + user("work") + END + flow("start>work", "work>end")
    about = 'owner="team:bench" goal="g" kpi="k"/><crmflow:sla metric="resolve" policy="support" pausable="false"/>'
    file = model("firm", inner, about=about + '<crmflow:stage value="x"')
    engine.do(Deploy((file,), SYSTEM, publish=True))
    case = engine.do(StartInstance("firm", alice)).instance_id
    if again:
        engine.do(SavePolicy("support", {"targets": {"resolve": "PT8H"}, "calendar": "office"}, SYSTEM))
    assert engine.do(PauseClocks(case, SYSTEM, "no")) == 0
    (row,) = engine.ask(ListClocks(SYSTEM, instance_id=case))
    assert row.state == "running"
