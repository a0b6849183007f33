"""SLA clocks on both databases: started by the model, paused, met, breached, explained, moved.  # C8 E4 A16"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bench.measure import recording
from engine.domain.access import SYSTEM
from engine.domain.commands import CancelInstance, ClaimTask, CompleteTask, Deploy, SendMessage, StartInstance
from engine.domain.errors import CrmflowError, Forbidden, Invalid, NotFound
from engine.domain.estimate import FEW
from engine.domain.questions import GetTask, ListIncidents, ListTasks, ListTimers
from engine.domain.sla_values import (
    EstimateTask,
    HangCalendar,
    ListCalendars,
    ListClocks,
    ListPolicies,
    MeetClocks,
    PauseClocks,
    PreviewCalendar,
    PreviewPolicy,
    RecomputeClocks,
    ResumeClocks,
    SaveCalendar,
    SavePolicy,
    ShowWall,
    WhyDeadline,
)
from engine.jobs import drain
from tests.store.drawing import END, START, catch, flow, message, model, timer, user

OFFICE = {"zone": "UTC", "week": {n: [["09:00", "17:00"]] for n in range(5)}}
HOUR = timedelta(hours=1)
SUPPORT = {
    "targets": {"accept": "PT1H", "first_response": "PT4H", "resolve": "PT16H"},
    "calendar": "office",
    "ladder": [{"at": "100%", "acts": [{"do": "notify", "to": ["assignee"]}]}],
}


def sla(metric: str, more: str = 'policy="support"') -> str:
    return f'<crmflow:sla metric="{metric}" {more}/>'


def case(key: str, *, on_case: str = "", on_work: str = "", wait: str = "", answer: str = ""):
    """start → answer → wait for the customer → work → end, with marks of time where they are given."""
    inner = (
        START
        + user("answer", more=answer)
        + catch("reply", "reply").replace(
            "<bpmn:messageEventDefinition",
            f"<bpmn:extensionElements>{wait}</bpmn:extensionElements><bpmn:messageEventDefinition",
        )
        + user("work", more=on_work)
        + END
        + flow("start>answer", "answer>reply", "reply>work", "work>end")
    )
    about = f'owner="team:bench" goal="g" kpi="k"/>{on_case}<crmflow:stage value="x"'
    return model(key, inner, extra=message("reply", "=reference"), about=about)


@pytest.fixture
def office(engine):
    engine.do(SaveCalendar("office", OFFICE, SYSTEM))
    engine.do(SavePolicy("support", SUPPORT, SYSTEM))


@pytest.fixture
def support(engine, bench, office):
    """A case with a clock of its own, a response clock, a task to be accepted, and a wait for the customer."""
    file = case(
        "support",
        on_case=sla("resolve") + sla("first_response"),
        answer=sla("accept") + '<crmflow:meets clocks="first_response"/>',
        wait='<crmflow:pauses clocks="resolve" reason="waiting for the customer"/>',
        on_work=sla("resolve", 'target="PT4H" calendar="office" name="The work"'),
    )
    engine.do(Deploy((file,), SYSTEM, publish=True))


def start(engine, by):
    return engine.do(StartInstance("support", by, variables={"reference": "R1", "tier": "gold"}, business_key="R1"))


def clocks(engine, started):
    return {c.name + " " + c.metric: c for c in engine.ask(ListClocks(SYSTEM, instance_id=started.instance_id))}


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-03-{text}:00").replace(tzinfo=UTC)


def test_a_case_starts_its_clocks_on_its_calendar(engine, alice, support):
    found = clocks(engine, start(engine, alice))
    assert {name: (c.state, c.due_at) for name, c in found.items()} == {
        "Support resolve": ("running", at("03 17:00")),
        "Support first_response": ("running", at("02 13:00")),
        "Answer accept": ("running", at("02 10:00")),
    }


def test_answering_meets_the_response_clock_and_only_that(engine, clock, alice, support):
    started = start(engine, alice)
    engine.do(ClaimTask(started.tasks[0], alice))
    assert clocks(engine, started)["Answer accept"].state == "met"
    clock.move(2 * HOUR)
    engine.do(CompleteTask(started.tasks[0], alice))
    found = clocks(engine, started)
    assert found["Support first_response"].state == "met"
    assert found["Support resolve"].state == "paused"  # the model waits for the customer now


def test_a_pause_counts_by_its_working_time_and_says_why(engine, clock, alice, support):
    started = start(engine, alice)
    clock.set(at("02 15:00"))
    engine.do(CompleteTask(started.tasks[0], alice))
    paused = clocks(engine, started)["Support resolve"]
    assert (paused.due_at, paused.paused_for) == (None, "waiting for the customer")
    assert paused.used == pytest.approx(6 / 16)
    clock.set(at("03 08:00"))  # Tuesday morning, out of hours: Monday 15–17 was lost, nothing else
    assert clocks(engine, started)["Support resolve"].used == pytest.approx(6 / 16)  # paused does not tick
    engine.do(SendMessage("reply", SYSTEM, "R1"))
    again = clocks(engine, started)
    assert again["Support resolve"].due_at == at("04 11:00")
    assert again["The work resolve"].due_at == at("03 13:00")
    why = engine.ask(WhyDeadline(again["Support resolve"].id, SYSTEM))
    assert [(p["kind"], p["seconds"] / 3600) for p in why.why["parts"]] == [("work", 6), ("pause", 2), ("work", 10)]
    assert why.same
    assert why.replayed == at("04 11:00")
    assert [c["reason"] for c in why.changes] == ["paused: waiting for the customer", "resumed"]


def test_the_due_date_of_a_task_comes_from_its_policy(engine, clock, alice, support):
    started = start(engine, alice)
    engine.do(CompleteTask(started.tasks[0], alice))
    engine.do(SendMessage("reply", SYSTEM, "R1"))
    (task_id,) = [c.task_id for c in clocks(engine, started).values() if c.name == "The work"]
    assert engine.ask(GetTask(task_id, alice)).row.due_at == at("02 13:00")
    shown = {c.name: c.id for c in engine.ask(ListClocks(alice, task_id=task_id))}
    assert set(shown) == {"The work", "Support"}
    # Where the model names no policy, the usual ladder stands.
    rungs = engine.ask(WhyDeadline(shown["The work"], alice)).rungs
    assert [r.rung for r in rungs] == ["50%", "75%", "100%", "150%"]
    engine.do(CompleteTask(task_id, alice))
    found = clocks(engine, started)
    assert {c.state for c in found.values()} <= {"met", "cancelled"}
    assert found["The work resolve"].state == "met"


def test_what_is_late_is_breached_and_stays_so(engine, clock, alice, support):
    started = start(engine, alice)
    clock.set(at("02 13:00"))
    drain(engine)
    assert clocks(engine, started)["Support first_response"].breached_at == at("02 13:00")
    clock.set(at("02 14:00"))
    engine.do(CompleteTask(started.tasks[0], alice))
    late = clocks(engine, started)["Support first_response"]
    assert (late.state, late.ended_at) == ("breached", at("02 14:00"))
    assert engine.ask(WhyDeadline(late.id, SYSTEM)).same


def test_a_cancelled_case_leaves_no_clock_and_no_alarm(engine, clock, alice, support):
    started = start(engine, alice)
    engine.do(CancelInstance(started.instance_id, SYSTEM, "a test"))
    assert {c.state for c in clocks(engine, started).values()} == {"cancelled"}
    clock.move(timedelta(days=30))
    assert drain(engine) == 0


def test_people_pause_with_a_reason_and_two_pauses_are_their_union(engine, clock, alice, support):
    started = start(engine, alice)
    clock.set(at("02 12:00"))
    assert engine.do(PauseClocks(started.instance_id, alice, "supplier", ("resolve",))) == 1
    clock.set(at("02 12:30"))
    engine.do(CompleteTask(started.tasks[0], alice))  # the model pauses it, too
    clock.set(at("02 13:00"))
    assert engine.do(ResumeClocks(started.instance_id, SYSTEM)) == 1
    assert clocks(engine, started)["Support resolve"].state == "paused"
    clock.set(at("02 14:00"))
    engine.do(SendMessage("reply", SYSTEM, "R1"))
    assert clocks(engine, started)["Support resolve"].due_at == at("04 11:00")


def test_clocks_are_changed_by_who_works_on_the_case_with_a_reason(engine, alice, carol, support):
    case = start(engine, alice).instance_id
    for command in (PauseClocks(case, carol, "x"), ResumeClocks(case, carol), MeetClocks(case, carol)):
        with pytest.raises(CrmflowError) as told:
            engine.do(command)
        assert told.value.code == "CRM-311"
    for command in (PauseClocks(case, alice, " "), RecomputeClocks(case, alice, "")):
        with pytest.raises(CrmflowError) as told:
            engine.do(command)
        assert told.value.code == "CRM-037"


def test_a_legal_clock_is_not_paused(engine, clock, alice, bench, office):
    engine.do(SavePolicy("legal", {"targets": {"resolve": "PT16H"}, "calendar": "office", "legal": True}, SYSTEM))
    file = case("support", on_case=sla("resolve", 'policy="legal"'), wait='<crmflow:pauses clocks="*"/>')
    engine.do(Deploy((file,), SYSTEM, publish=True))
    started = start(engine, alice)
    engine.do(CompleteTask(started.tasks[0], alice))
    assert clocks(engine, started)["Support resolve"].state == "running"
    assert engine.do(PauseClocks(started.instance_id, SYSTEM, "no")) == 0


def test_a_response_is_asked_for_by_each_message_once(engine, clock, alice, bench, office):
    file = case(
        "support",
        wait=sla("next_response", 'target="PT2H" calendar="office" from="done"'),
        on_work='<crmflow:meets clocks="next_response"/>',
    )
    engine.do(Deploy((file,), SYSTEM, publish=True))
    started = start(engine, alice)
    assert clocks(engine, started) == {}
    engine.do(CompleteTask(started.tasks[0], alice))
    engine.do(SendMessage("reply", SYSTEM, "R1"))
    assert clocks(engine, started)["Support next_response"].due_at == at("02 11:00")
    assert engine.do(MeetClocks(started.instance_id, SYSTEM)) == 1
    assert clocks(engine, started)["Support next_response"].state == "met"


def test_a_new_calendar_reaches_open_clocks_after_a_preview(engine, clock, alice, support):
    started = start(engine, alice)
    closed = {**OFFICE, "closed": ["2026-03-03"]}
    seen = engine.ask(PreviewCalendar("office", closed, SYSTEM))
    assert (seen.open, [(m.before, m.after) for m in seen.moves]) == (3, [(at("03 17:00"), at("04 17:00"))])
    assert clocks(engine, started)["Support resolve"].due_at == at("03 17:00")  # only looked at
    assert engine.do(SaveCalendar("office", closed, SYSTEM)).version == 2
    moved = clocks(engine, started)["Support resolve"]
    assert moved.due_at == at("04 17:00")
    why = engine.ask(WhyDeadline(moved.id, SYSTEM))
    assert why.same
    (change,) = why.changes
    assert change["reason"] == "calendar office version 2"
    assert (change["before"]["due"], change["after"]["due"]) == (at("03 17:00").isoformat(), at("04 17:00").isoformat())
    assert any(day["kind"] == "closed" for day in why.why["parts"][0]["days"]["days"])
    assert engine.do(SaveCalendar("office", closed, SYSTEM)).version == 2  # nothing new, nothing done
    assert [(c.key, c.version) for c in engine.ask(ListCalendars(SYSTEM))] == [("office", 2)]


def test_a_new_policy_reaches_open_clocks_after_a_preview(engine, clock, alice, support):
    started = start(engine, alice)
    tighter = {**SUPPORT, "targets": {**SUPPORT["targets"], "resolve": "PT8H"}}
    seen = engine.ask(PreviewPolicy("support", tighter, SYSTEM))
    assert [(m.before_target, m.after_target) for m in seen.moves] == [("PT16H", "PT8H")]
    engine.do(SavePolicy("support", tighter, SYSTEM))
    moved = clocks(engine, started)["Support resolve"]
    assert moved.due_at == at("02 17:00")
    assert engine.ask(WhyDeadline(moved.id, SYSTEM)).same
    assert [p.version for p in engine.ask(ListPolicies(SYSTEM))] == [2]
    assert engine.do(RecomputeClocks(started.instance_id, SYSTEM)).moves == ()  # idempotent


def test_the_most_specific_calendar_wins_and_says_so(engine, alice, support):
    always = {"zone": "UTC", "week": {n: [["00:00", "24:00"]] for n in range(7)}}
    engine.do(SaveCalendar("always", always, SYSTEM))
    engine.do(SavePolicy("support", {**SUPPORT, "calendar": None}, SYSTEM))
    engine.do(HangCalendar("team", "bench", "always", SYSTEM))
    resolve = clocks(engine, start(engine, alice))["Support resolve"]
    why = engine.ask(WhyDeadline(resolve.id, SYSTEM)).why["calendar"]
    assert (why["key"], why["via"]) == ("always", "team bench")
    engine.do(SavePolicy("support", SUPPORT, SYSTEM))
    resolve = clocks(engine, start(engine, alice))["Support resolve"]
    why = engine.ask(WhyDeadline(resolve.id, SYSTEM)).why["calendar"]
    assert (why["key"], why["considered"]) == ("office", ["policy support: office", "team bench: always"])


def test_the_wall_counts_what_breaches_next(engine, clock, alice, support):
    started = start(engine, alice)
    clock.set(at("02 12:15"))
    drain(engine)
    wall = engine.ask(ShowWall(SYSTEM))
    assert wall.counts == {"breached": 1, "risk": 1, "paused": 0, "running": 1}
    assert wall.groups["bench"] == wall.counts
    assert [c.metric for c in wall.clocks] == ["accept", "first_response", "resolve"]
    (line,) = wall.log
    assert (line.rung, line.state, line.did[0]["told"]) == ("100%", "fired", ["alice"])
    only = engine.ask(ShowWall(SYSTEM, by_what="flow", only={"state": "risk"}))
    assert ([c.metric for c in only.clocks], list(only.groups)) == (["first_response"], ["support"])
    assert started.instance_id == wall.clocks[0].instance_id


def test_a_flow_without_sla_pays_nothing(engine, alice, two_tasks):
    engine.do(StartInstance("two-task", alice, variables={"amount": 200}))
    with recording() as tape:
        engine.do(StartInstance("two-task", alice, variables={"amount": 200}))
    assert not [call for call in tape.calls if "sla_" in str(call)]


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (SaveCalendar("x", {"zone": "Nowhere", "week": {}}, SYSTEM), "CRM-070"),
        (SaveCalendar("", OFFICE, SYSTEM), "CRM-079"),
        (HangCalendar("planet", "x", None, SYSTEM), "CRM-079"),
        (HangCalendar("team", "x", "none", SYSTEM), "CRM-426"),
        (SaveCalendar("new", OFFICE, SYSTEM), "CRM-079"),
        (SavePolicy("new", {"targets": {"done": "PT1H"}}, SYSTEM), "CRM-080"),
        (SavePolicy("x", {"targets": {"new": "PT1H"}}, SYSTEM), "CRM-080"),
        (SavePolicy("x", {"targets": {"done": "P9999999999D"}}, SYSTEM), "CRM-077"),
        (SavePolicy("x", {"decision": "d", "unit": "moons"}, SYSTEM), "CRM-077"),
        (SavePolicy("x", {"targets": {}}, SYSTEM), "CRM-080"),
        (SavePolicy("x", {"aims": {}}, SYSTEM), "CRM-080"),
        (SavePolicy("x", "{", SYSTEM), "CRM-080"),
        (SavePolicy("", SUPPORT | {"calendar": None}, SYSTEM), "CRM-080"),
        (SavePolicy("x", SUPPORT, SYSTEM), "CRM-426"),
        (PauseClocks("none", SYSTEM, "why"), "CRM-402"),
    ],
)
def test_what_cannot_be_meant_is_refused(engine, command, code):
    with pytest.raises((Invalid, NotFound)) as caught:
        engine.do(command)
    assert caught.value.code == code


def test_only_those_who_may_change_time(engine, alice, carol, support):
    with pytest.raises(Forbidden):
        engine.do(SaveCalendar("office", OFFICE, alice))
    with pytest.raises(Forbidden):
        engine.ask(PreviewPolicy("support", SUPPORT, alice))
    started = start(engine, alice)
    clock_id = clocks(engine, started)["Support resolve"].id
    assert engine.ask(WhyDeadline(clock_id, alice)).same
    with pytest.raises(Forbidden):
        engine.ask(WhyDeadline(clock_id, carol))
    assert engine.ask(ListClocks(carol, task_id=started.tasks[0])) == ()
    with pytest.raises(NotFound, match="CRM-417"):
        engine.ask(WhyDeadline("none", SYSTEM))


def test_the_estimate_rests_on_past_runs_of_the_same_step(engine, clock, alice, support):
    def once(hours):
        started = start(engine, alice)
        clock.move(hours * HOUR)
        engine.do(CompleteTask(started.tasks[0], alice))
        engine.do(CancelInstance(started.instance_id, SYSTEM, "enough"))

    for hours in range(1, FEW):
        once(hours)
    few = start(engine, alice)
    assert not engine.ask(EstimateTask(few.tasks[0], alice)).enough
    once(FEW)
    found = engine.ask(EstimateTask(few.tasks[0], alice))
    # The task has waited 20 hours since it was looked at first: only what took longer is comparable, and nothing did.
    assert (found.enough, found.cases) == (False, 0)
    fresh = engine.ask(EstimateTask(start(engine, alice).tasks[0], alice))
    assert (fresh.enough, fresh.cases, fresh.median) == (True, FEW, 10.5 * HOUR)
    assert fresh.risk is not None


def test_a_timer_of_a_model_waits_in_working_time(engine, clock, alice, bench, office):  # A16
    inner = START + user("work") + timer("late", "work", "PT4H on office") + user("rescue") + END
    inner += flow("start>work", "work>end", "late>rescue", "rescue>end")
    engine.do(Deploy((model("waits", inner),), SYSTEM, publish=True))
    clock.set(at("06 16:00"))  # a Friday
    engine.do(StartInstance("waits", alice))
    (due,) = engine.ask(ListTimers(SYSTEM)).items
    assert (due.due_at, due.text) == (at("09 12:00"), "PT4H on office")
    clock.set(at("09 12:00"))
    assert drain(engine) == 1
    assert [t.name for t in engine.ask(ListTasks(alice, box="teams")).items] == ["Rescue"]


def test_a_timer_on_a_calendar_that_is_not_there_is_told(engine, alice, bench):
    inner = START + user("work") + timer("late", "work", "PT4H on nowhere") + user("rescue") + END
    inner += flow("start>work", "work>end", "late>rescue", "rescue>end")
    engine.do(Deploy((model("waits", inner),), SYSTEM, publish=True))
    started = engine.do(StartInstance("waits", alice))
    (incident,) = engine.ask(ListIncidents(SYSTEM)).items
    assert (incident.instance_id, incident.code) == (started.instance_id, "CRM-426")
