"""What a promise depends on: a decision over the record and its customer; a change reaches the open clock.  # E4"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from engine.domain.access import SYSTEM
from engine.domain.commands import ClaimTask, CompleteTask, Deploy, SaveRecord, StartInstance
from engine.domain.desk import PrioritiseTask
from engine.domain.rules import PreviewRules, PublishRules
from engine.domain.sla_values import ListClocks, RecomputeClocks, SaveCalendar, SavePolicy, WhyDeadline
from engine.domain.values import FileIn
from engine.jobs import drain
from engine.services import sla_moves
from tests.store.drawing import END, START, flow, model, user

OFFICE = {"zone": "UTC", "week": {n: [["09:00", "17:00"]] for n in range(5)}}
RULES = (('"gold"', '"P1"', '"PT1H"', '"PT4H"'), ("-", '"P1"', '"PT2H"', '"PT8H"'), ("-", "-", "null", '"PT16H"'))


def table(rules=RULES, names=("tier", "priority")) -> bytes:
    """tier × priority → first_response, resolve; the first rule that fits."""
    inputs = "".join(
        f'<input id="i-{n}" label="{n}"><inputExpression id="e-{n}" typeRef="string"><text>{n}</text></inputExpression>'
        "</input>"
        for n in names
    )
    outputs = "".join(f'<output id="o-{n}" name="{n}" typeRef="string"/>' for n in ("first_response", "resolve"))
    rules = "".join(
        f'<rule id="r{number}">'
        + "".join(
            f'<{kind}Entry id="r{number}-{n}"><text>{cell}</text></{kind}Entry>'
            for n, (kind, cell) in enumerate(zip(("input", "input", "output", "output"), cells, strict=True))
        )
        + "</rule>"
        for number, cells in enumerate(rules)
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


def test_a_change_of_the_customers_tier_reaches_the_clocks_of_its_cases(engine, clock, desk):
    account, _, started = begin(engine, priority="P1")
    engine.do(SaveRecord("account", SYSTEM, {"tier": "gold"}, id=account.id))
    drain(engine)
    found = clocks(engine, started)["resolve"]
    assert (found.target, found.due_at) == ("PT4H", at("02 13:00"))
    assert engine.do(RecomputeClocks(started.instance_id, SYSTEM)).moves == ()


def test_a_promise_that_arises_starts_its_clock_then_and_once(engine, clock, desk):
    _, record, started = begin(engine)
    assert "first_response" not in clocks(engine, started)
    clock.move(timedelta(hours=5))  # 14:00
    engine.do(SaveRecord("case", SYSTEM, {"priority": "P1"}, id=record.id))
    drain(engine)
    found = clocks(engine, started)["first_response"]
    assert (found.started_at, found.due_at) == (at("02 14:00"), at("02 16:00"))
    assert engine.ask(WhyDeadline(found.id, SYSTEM)).same
    engine.do(SaveRecord("case", SYSTEM, {"priority": "P3"}, id=record.id))
    engine.do(SaveRecord("case", SYSTEM, {"priority": "P1"}, id=record.id))
    drain(engine)
    assert clocks(engine, started)["first_response"].id == found.id


def test_a_case_without_any_promise_gets_its_first_by_a_change_of_its_record(engine, desk):
    nothing = table((RULES[0], RULES[1], ("-", "-", "null", "null")))
    engine.do(PublishRules("sla", nothing, SYSTEM, base=1, reason="only what is urgent"))
    _, record, started = begin(engine)
    assert clocks(engine, started) == {}
    engine.do(SaveRecord("case", SYSTEM, {"priority": "P1"}, id=record.id))
    drain(engine)
    assert {m: c.target for m, c in clocks(engine, started).items()} == {"first_response": "PT2H", "resolve": "PT8H"}


def test_looking_at_will_tells_what_is_promised_only_now(engine, clock, desk):
    _, record, started = begin(engine)
    engine.do(SaveRecord("case", SYSTEM, {"priority": "P1"}, id=record.id))
    moves = {m.after_target: m for m in engine.do(RecomputeClocks(started.instance_id, SYSTEM)).moves}
    assert (moves["PT2H"].before, moves["PT2H"].before_target, moves["PT2H"].after) == (None, "", at("02 11:00"))


MARK = '<crmflow:sla metric="resolve" policy="support"/>'


def urgent(engine):
    """A flow of two tasks whose promise hangs on the task's own priority: none below 80."""
    rules = (("[80..100]", "-", "null", '"PT4H"'), ("-", "-", "null", "null"))
    names = ("task_priority", "tier")
    file = model("urgent", START + user("work", more=MARK) + user("after", more=MARK) + END
                 + flow("start>work", "work>after", "after>end"))  # fmt: skip
    told = b'id="e-task_priority" typeRef='
    text = table(rules, names).replace(told + b'"string"', told + b'"number"')
    engine.do(SaveCalendar("office", OFFICE, SYSTEM))
    engine.do(Deploy((file, FileIn("sla.dmn", text)), SYSTEM, publish=True))
    engine.do(SavePolicy("support", {"decision": "sla-targets", "calendar": "office"}, SYSTEM))


def test_a_task_made_urgent_gets_the_promise_of_urgent_tasks(engine, clock, alice):
    urgent(engine)
    started = engine.do(StartInstance("urgent", alice))
    assert clocks(engine, started) == {}
    clock.move(timedelta(hours=1))
    row = engine.do(PrioritiseTask(started.tasks[0], alice, 90))
    found = clocks(engine, started)["resolve"]
    assert (found.task_id, found.started_at, found.due_at) == (started.tasks[0], at("02 10:00"), at("02 14:00"))
    assert row.due_at == at("02 14:00"), "the task shows the promise's due date"
    engine.do(PrioritiseTask(started.tasks[0], alice, 95))
    assert clocks(engine, started)["resolve"].id == found.id
    engine.do(ClaimTask(started.tasks[0], alice))
    engine.do(CompleteTask(started.tasks[0], alice))
    assert [c.state for c in engine.ask(ListClocks(SYSTEM, instance_id=started.instance_id))] == ["met"]


def test_new_targets_reach_open_clocks_as_they_were_shown_before(engine, clock, desk):
    _, _, started = begin(engine, priority="P1")
    tighter = table((RULES[0], ("-", '"P1"', '"PT1H"', '"PT6H"'), RULES[2]))
    seen = engine.ask(PreviewRules("sla", tighter, SYSTEM)).deadlines
    assert {(m.before_target, m.after_target, m.after) for m in seen.moves} == {
        ("PT2H", "PT1H", at("02 10:00")),
        ("PT8H", "PT6H", at("02 15:00")),
    }
    assert clocks(engine, started)["resolve"].due_at == at("02 17:00"), "looking writes nothing"
    engine.do(PublishRules("sla", tighter, SYSTEM, base=1, reason="the contract says so"))
    found = clocks(engine, started)["resolve"]
    assert found.due_at == at("02 15:00")
    why = engine.ask(WhyDeadline(found.id, SYSTEM))
    assert why.same
    assert [change["reason"] for change in why.changes] == ["rules sla version 2"]


def test_a_table_that_no_policy_asks_moves_no_deadline(engine, desk):
    other = table().replace(b'id="sla"', b'id="other"').replace(b'"sla-targets"', b'"other-targets"')
    assert engine.ask(PreviewRules("other", other, SYSTEM)).deadlines is None


def test_deployed_targets_reach_open_clocks_page_by_page(engine, clock, desk, monkeypatch):
    monkeypatch.setattr(sla_moves, "PAGE", 1)
    _, _, started = begin(engine, priority="P1")
    tighter = table((RULES[0], ("-", '"P1"', '"PT1H"', '"PT6H"'), RULES[2]))
    engine.do(Deploy((FileIn("sla.dmn", tighter),), SYSTEM))
    assert sorted(c.target for c in clocks(engine, started).values()) in (["PT1H", "PT8H"], ["PT2H", "PT6H"])
    drain(engine)
    assert sorted(c.target for c in clocks(engine, started).values()) == ["PT1H", "PT6H"]


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
