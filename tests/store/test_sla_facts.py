"""What a promise depends on: a decision over the record and its customer; a change reaches the open clock.  # E4"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from engine.domain.access import SYSTEM
from engine.domain.commands import Deploy, SaveRecord, StartInstance
from engine.domain.sla_values import ListClocks, RecomputeClocks, SaveCalendar, SavePolicy, WhyDeadline
from engine.domain.values import FileIn
from engine.jobs import drain
from tests.store.drawing import END, START, flow, model, user

OFFICE = {"zone": "UTC", "week": {n: [["09:00", "17:00"]] for n in range(5)}}
RULES = (('"gold"', '"P1"', '"PT1H"', '"PT4H"'), ("-", '"P1"', '"PT2H"', '"PT8H"'), ("-", "-", "null", '"PT16H"'))


def table() -> bytes:
    """tier × priority → first_response, resolve; the first rule that fits."""
    inputs = "".join(
        f'<input id="i-{n}" label="{n}"><inputExpression id="e-{n}" typeRef="string"><text>{n}</text></inputExpression>'
        "</input>"
        for n in ("tier", "priority")
    )
    outputs = "".join(f'<output id="o-{n}" name="{n}" typeRef="string"/>' for n in ("first_response", "resolve"))
    rules = "".join(
        f'<rule id="r{number}">'
        + "".join(
            f'<{kind}Entry id="r{number}-{n}"><text>{cell}</text></{kind}Entry>'
            for n, (kind, cell) in enumerate(zip(("input", "input", "output", "output"), cells, strict=True))
        )
        + "</rule>"
        for number, cells in enumerate(RULES)
    )
    return (
        '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="sla" name="SLA" namespace="urn:test">'
        '<decision id="sla-targets" name="SLA targets"><variable id="v" name="SLA targets"/>'
        f'<decisionTable id="t" hitPolicy="FIRST">{inputs}{outputs}{rules}</decisionTable></decision></definitions>'
    ).encode()


@pytest.fixture
def desk(engine, bench):
    """A policy that asks a table, and a flow over a service case of a customer."""
    engine.do(SaveCalendar("office", OFFICE, SYSTEM))
    marks = '<crmflow:sla metric="resolve" policy="support"/><crmflow:sla metric="first_response" policy="support"/>'
    about = f'owner="team:bench" goal="g" kpi="k"/>{marks}<crmflow:stage value="x"'
    file = model("desk", START + user("work") + END + flow("start>work", "work>end"), about=about)
    engine.do(Deploy((file, FileIn("sla.dmn", table())), SYSTEM, publish=True))
    policy = {"decision": "sla-targets", "calendar": "office", "pause_states": ["solved"]}
    engine.do(SavePolicy("support", policy, SYSTEM))


def begin(engine, **case):
    account = engine.do(SaveRecord("account", SYSTEM, {"name": "Nordlicht", "tier": "silver"}))
    record = engine.do(SaveRecord("case", SYSTEM, {"subject": "It is broken", **case}, links={"account": account.id}))
    started = engine.do(StartInstance("desk", SYSTEM, {"case": {"$record": ["case", record.id]}}))
    return account, record, started


def clocks(engine, started):
    return {c.metric: c for c in engine.ask(ListClocks(SYSTEM, instance_id=started.instance_id))}


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-03-{text}:00").replace(tzinfo=UTC)


def test_the_table_decides_and_its_answer_is_kept(engine, desk):
    _, _, started = begin(engine, priority="P1")
    found = clocks(engine, started)
    assert {m: c.due_at for m, c in found.items()} == {"first_response": at("02 11:00"), "resolve": at("02 17:00")}
    why = engine.ask(WhyDeadline(found["resolve"].id, SYSTEM))
    assert why.same
    assert why.why["policy"]["decision"] == "sla-targets"
    assert why.why["policy"]["answer"] == {"first_response": "PT2H", "resolve": "PT8H"}


def test_what_the_table_leaves_open_is_not_promised(engine, desk):
    _, _, started = begin(engine)
    assert {m: c.target for m, c in clocks(engine, started).items()} == {"resolve": "PT16H"}


def test_a_change_of_priority_elsewhere_reaches_the_open_clock(engine, clock, desk):
    _, record, started = begin(engine)
    clock.move(timedelta(hours=1))
    engine.do(SaveRecord("case", SYSTEM, {"priority": "P1"}, id=record.id))
    drain(engine)
    found = clocks(engine, started)["resolve"]
    assert (found.target, found.due_at) == ("PT8H", at("02 17:00"))
    (change,) = engine.ask(WhyDeadline(found.id, SYSTEM)).changes
    assert (change["before"]["target"], change["after"]["target"]) == ("PT16H", "PT8H")
    assert engine.do(RecomputeClocks(started.instance_id, SYSTEM)).moves == ()


def test_a_change_of_the_customers_tier_is_reckoned_at_will(engine, clock, desk):
    account, _, started = begin(engine, priority="P1")
    engine.do(SaveRecord("account", SYSTEM, {"tier": "gold"}, id=account.id))
    (moved,) = [m for m in engine.do(RecomputeClocks(started.instance_id, SYSTEM)).moves if m.before_target == "PT8H"]
    assert (moved.after_target, moved.after) == ("PT4H", at("02 13:00"))


def test_a_state_of_the_record_pauses_and_resumes(engine, clock, desk):
    _, record, started = begin(engine, priority="P1")
    clock.set(at("02 12:00"))
    engine.do(SaveRecord("case", SYSTEM, {"state": "solved"}, id=record.id))
    drain(engine)
    paused = clocks(engine, started)["resolve"]
    assert (paused.state, paused.paused_for) == ("paused", "state: solved")
    clock.set(at("02 13:00"))
    engine.do(SaveRecord("case", SYSTEM, {"state": "working"}, id=record.id))
    drain(engine)
    again = clocks(engine, started)["resolve"]
    assert (again.state, again.due_at) == ("running", at("03 10:00"))
    assert engine.ask(WhyDeadline(again.id, SYSTEM)).same


def test_a_policy_that_no_longer_pauses_lets_its_clocks_go_on(engine, clock, desk):
    _, record, started = begin(engine, priority="P1")
    engine.do(SaveRecord("case", SYSTEM, {"state": "solved"}, id=record.id))
    drain(engine)
    assert clocks(engine, started)["resolve"].state == "paused"
    engine.do(SavePolicy("support", {"decision": "sla-targets", "calendar": "office"}, SYSTEM))
    done = engine.do(RecomputeClocks(started.instance_id, SYSTEM))
    assert done.looked == done.open > 0
    assert clocks(engine, started)["resolve"].state == "running"
