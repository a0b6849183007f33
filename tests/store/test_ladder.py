"""The escalation ladder on the fixed clock: each rung once, to the right people; edited, it is re-planned.  # C8"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from engine.domain.access import SYSTEM
from engine.domain.commands import (
    AddTeam,
    AddUser,
    ChangeUser,
    ClaimJobs,
    ClaimTask,
    CompleteTask,
    Deploy,
    PostJob,
    StartInstance,
)
from engine.domain.operating import MoveInstance, SuspendInstance
from engine.domain.questions import ActorNamed, GetTask, ListInstances, ListJobs, ListNotifications, ListTasks
from engine.domain.sla_values import (
    ListClocks,
    PauseClocks,
    ResumeClocks,
    SaveCalendar,
    SavePolicy,
    WhyDeadline,
)
from engine.domain.staff import AddAbsence
from engine.domain.values import FileIn
from engine.jobs import drain
from engine.settings import Settings
from engine.store import tables as t
from tests.store.drawing import END, START, flow, model, service, user

OFFICE = {"zone": "UTC", "week": {n: [["09:00", "17:00"]] for n in range(5)}}
LADDER = [
    {"at": "50%", "acts": [{"do": "notify", "to": ["assignee"]}]},
    {"at": "75%", "acts": [{"do": "notify", "to": ["lead"]}, {"do": "priority", "by": 20}]},
    {"at": "100%", "acts": [{"do": "notify", "to": ["manager"]}, {"do": "reassign", "to": "manager"}]},
    {"at": "150%", "acts": [{"do": "notify", "to": ["executive"]}]},
]
MARK = '<crmflow:sla metric="resolve" policy="support"/>'
CLIMB = model("climb", START + user("work", more=MARK) + END + flow("start>work", "work>end"))
LABELS = FileIn("labels.zh_Hans.yaml", "climb:\n  work: 处理\n".encode())


def policy(ladder, target="PT8H"):
    return {"targets": {"resolve": target}, "calendar": "office", "ladder": ladder}


@pytest.fixture
def people(engine):
    """zoe above mary above alice; lena leads the team; roy is any manager."""
    for login, manager, roles in (
        ("zoe", None, ("manager",)),
        ("mary", "zoe", ("manager",)),
        ("alice", "mary", ("employee",)),
        ("lena", None, ("employee",)),
        ("roy", None, ("manager",)),
    ):
        engine.do(
            AddUser(login, SYSTEM, name=login.title(), roles=roles, manager=manager, email=f"{login}@example.org")
        )
    engine.do(AddTeam("bench", SYSTEM, name="Bench", lead="lena", members=("alice",)))
    return engine.ask(ActorNamed("alice"))


@pytest.fixture
def ladder(engine, people):
    engine.do(SaveCalendar("office", OFFICE, SYSTEM))
    engine.do(SavePolicy("support", policy(LADDER), SYSTEM))
    engine.do(Deploy((CLIMB,), SYSTEM, publish=True))


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-03-{text}:00").replace(tzinfo=UTC)


def told(engine):
    with engine._db.connect() as conn:
        seen = t.notification.select().where(t.notification.c.in_app.is_(True))
        rows = conn.execute(seen.order_by(t.notification.c.id))
        return [(row.to, row.title) for row in rows]


def begin(engine, alice):
    started = engine.do(StartInstance("climb", alice, business_key="K1"))
    engine.do(ClaimTask(started.tasks[0], alice))
    (clock,) = engine.ask(ListClocks(SYSTEM, instance_id=started.instance_id))
    return started, clock.id


def rungs(engine, clock_id):
    return {r.rung: (r.state, r.due_at or r.fired_at) for r in engine.ask(WhyDeadline(clock_id, SYSTEM)).rungs}


def test_the_ladder_is_climbed_rung_by_rung_each_once(engine, clock, people, ladder):
    started, clock_id = begin(engine, people)
    played = {
        "02 13:00": [("alice", "Due soon: Work (50%)")],
        "02 15:00": [("lena", "Due soon: Work (75%)")],
        "02 17:00": [("mary", "Overdue: Work (100%)"), ("mary", "“Work” is yours now")],
        "03 13:00": [("zoe", "Overdue: Work (150%)")],
    }
    seen = []
    for moment, expected in played.items():
        clock.set(at(moment) - timedelta(seconds=1))
        assert drain(engine) == 0
        clock.set(at(moment))
        drain(engine)
        assert drain(engine) == 0
        seen += expected
        assert sorted(told(engine)) == sorted(seen)
    row = engine.ask(GetTask(started.tasks[0], SYSTEM)).row
    assert (row.assignee, row.priority) == ("mary", 70)
    why = engine.ask(GetTask(started.tasks[0], SYSTEM)).why
    assert (why["by"], why["previous"], why["chosen"]) == ("ladder", "alice", "mary")
    assert {r: s for r, (s, _) in rungs(engine, clock_id).items()} == dict.fromkeys(played_rungs(), "fired")
    engine.do(CompleteTask(started.tasks[0], engine.ask(ActorNamed("mary"))))
    clock.move(timedelta(days=9))
    assert drain(engine) == 0


def played_rungs():
    return [rung["at"] for rung in LADDER]


def test_late_workers_find_all_that_was_due_in_order(engine, clock, people, ladder):
    begin(engine, people)
    clock.set(at("09 09:00"))
    drain(engine)
    expected = [*(f"Overdue: Work ({r})" for r in played_rungs()), "“Work” is yours now"]
    assert sorted(title for _, title in told(engine)) == sorted(expected)


def test_work_done_in_time_climbs_no_further(engine, clock, people, ladder):
    started, clock_id = begin(engine, people)
    clock.set(at("02 13:00"))
    drain(engine)
    engine.do(CompleteTask(started.tasks[0], people))
    clock.set(at("09 09:00"))
    assert drain(engine) == 0
    assert len(told(engine)) == 1
    assert {r: s for r, (s, _) in rungs(engine, clock_id).items()} == {
        "50%": "fired",
        "75%": "skipped",
        "100%": "skipped",
        "150%": "skipped",
    }


def test_the_ladder_waits_with_a_paused_clock(engine, clock, people, ladder):
    started, clock_id = begin(engine, people)
    clock.set(at("02 12:00"))
    engine.do(PauseClocks(started.instance_id, people, "waiting"))
    clock.set(at("02 16:00"))
    assert drain(engine) == 0
    engine.do(ResumeClocks(started.instance_id, people))
    assert rungs(engine, clock_id)["50%"] == ("planned", at("02 17:00"))
    clock.set(at("02 17:00"))
    drain(engine)
    assert [who for who, _ in told(engine)] == ["alice"]


def test_the_absent_are_skipped_up_the_line(engine, clock, people, ladder):
    started, _ = begin(engine, people)
    engine.do(ChangeUser("mary", SYSTEM, active=False))
    clock.set(at("02 17:00"))
    drain(engine)
    assert ("zoe", "Overdue: Work (100%)") in told(engine)
    assert engine.ask(GetTask(started.tasks[0], SYSTEM)).row.assignee == "zoe"


def test_who_is_away_is_skipped_while_they_are(engine, clock, people, ladder):
    begin(engine, people)
    engine.do(AddAbsence("mary", SYSTEM, since=at("02 12:00"), until=at("05 09:00"), reason="leave"))
    clock.set(at("02 17:00"))
    drain(engine)
    assert ("zoe", "Overdue: Work (100%)") in told(engine)


def test_where_nobody_is_above_managers_are_told(engine, clock, people, ladder):
    engine.do(SavePolicy("support", policy([{"at": "10%", "acts": [{"do": "notify", "to": "executive"}]}]), SYSTEM))
    engine.do(ChangeUser("mary", SYSTEM, active=False))
    engine.do(ChangeUser("zoe", SYSTEM, active=False))
    engine.do(ChangeUser("lena", SYSTEM, active=False))
    _, clock_id = begin(engine, people)
    clock.set(at("02 11:00"))
    drain(engine)
    (rung,) = engine.ask(WhyDeadline(clock_id, SYSTEM)).rungs
    assert (rung.did[0]["told"], rung.did[0]["instead"]) == (["roy"], "role:manager")


def test_editing_replans_open_ladders(engine, clock, people, ladder):
    _, clock_id = begin(engine, people)
    clock.set(at("02 13:00"))
    drain(engine)
    edited = [{"at": "25%", "acts": [{"do": "notify"}]}, LADDER[0], {**LADDER[2], "at": "90%"}]
    engine.do(SavePolicy("support", policy(edited), SYSTEM))
    assert rungs(engine, clock_id) == {
        "25%": ("skipped", at("02 11:00")),  # its time had passed when it was added
        "50%": ("fired", at("02 13:00")),
        "90%": ("planned", datetime(2026, 3, 2, 16, 12, tzinfo=UTC)),
    }
    clock.set(at("02 16:12"))
    drain(engine)
    assert [who for who, _ in told(engine)] == ["alice", "mary", "mary"]
    # A tighter promise makes what was still to come due at once, once.
    engine.do(SavePolicy("support", policy([*edited, LADDER[3]], "PT4H"), SYSTEM))
    drain(engine)
    assert drain(engine) == 0
    assert rungs(engine, clock_id)["150%"][0] == "skipped"


def test_nobody_accepts_and_somebody_is_told(engine, clock, people):
    engine.do(SaveCalendar("office", OFFICE, SYSTEM))
    unaccepted = {"at": "PT30M", "unaccepted": True}
    acts = [{"do": "notify", "to": ["lead"]}, {"do": "candidate", "add": ["lead", "role:manager"]}]
    engine.do(SavePolicy("support", policy([{**unaccepted, "acts": acts}]), SYSTEM))
    inner = START + user("work", more=MARK) + END + flow("start>work", "work>end")
    engine.do(Deploy((model("climb", inner),), SYSTEM, publish=True))
    taken = engine.do(StartInstance("climb", people))
    engine.do(ClaimTask(taken.tasks[0], people))
    left = engine.do(StartInstance("climb", people))
    clock.set(at("02 09:30"))
    drain(engine)
    assert told(engine) == [("lena", "Due soon: Work (unaccepted PT30M)")]
    row = engine.ask(GetTask(left.tasks[0], SYSTEM)).row
    assert row.candidates == ("team:bench", "user:lena", "role:manager")
    (clock_id,) = [c.id for c in engine.ask(ListClocks(SYSTEM, instance_id=taken.instance_id))]
    assert rungs(engine, clock_id)["unaccepted PT30M"][0] == "skipped"


def test_a_rung_escalates_in_the_model_and_starts_a_flow(engine, clock, people):
    engine.do(SaveCalendar("office", OFFICE, SYSTEM))
    acts = [{"do": "escalate", "code": "late"}, {"do": "start", "process": "review"}, {"do": "start", "process": "x"}]
    engine.do(SavePolicy("support", policy([{"at": "100%", "acts": acts}]), SYSTEM))
    boundary = (
        '<bpmn:boundaryEvent id="late" name="Late" attachedToRef="work" cancelActivity="true">'
        '<bpmn:escalationEventDefinition id="late_e" escalationRef="e_late"/></bpmn:boundaryEvent>'
    )
    inner = START + user("work", more=MARK) + boundary + user("rescue") + END
    inner += flow("start>work", "work>end", "late>rescue", "rescue>end")
    extra = '<bpmn:escalation id="e_late" name="late" escalationCode="late"/>'
    review = model("review", START + user("look") + END + flow("start>look", "look>end"))
    engine.do(Deploy((model("climb", inner, extra=extra), review), SYSTEM, publish=True))
    started = engine.do(StartInstance("climb", people))
    (clock_id,) = [c.id for c in engine.ask(ListClocks(SYSTEM, instance_id=started.instance_id))]
    clock.set(at("02 17:00"))
    drain(engine)
    assert sorted(r.name for r in engine.ask(ListTasks(people, box="teams")).items) == ["Look", "Rescue"]
    assert {r.definition_key for r in engine.ask(ListInstances(SYSTEM)).items} == {"climb", "review"}
    (rung,) = engine.ask(WhyDeadline(clock_id, SYSTEM)).rungs
    assert [(d["do"], d.get("caught"), d.get("nothing")) for d in rung.did] == [
        ("start", None, None),
        ("start", None, "no such flow is published"),
        ("escalate", True, None),
    ]
    (row,) = engine.ask(ListClocks(SYSTEM, instance_id=started.instance_id))
    assert row.state in ("cancelled", "breached")


def test_an_escalation_into_a_suspended_case_opens_work_that_waits(engine, clock, people):
    engine.do(SaveCalendar("office", OFFICE, SYSTEM))
    engine.do(SavePolicy("support", policy([{"at": "100%", "acts": [{"do": "escalate", "code": "late"}]}]), SYSTEM))
    boundary = (
        '<bpmn:boundaryEvent id="late" name="Late" attachedToRef="work" cancelActivity="true">'
        '<bpmn:escalationEventDefinition id="late_e" escalationRef="e_late"/></bpmn:boundaryEvent>'
    )
    inner = START + user("work", more=MARK) + boundary + service("call", "erp") + END
    inner += flow("start>work", "work>end", "late>call", "call>end")
    extra = '<bpmn:escalation id="e_late" name="late" escalationCode="late"/>'
    engine.do(Deploy((model("climb", inner, extra=extra),), SYSTEM, publish=True))
    case = engine.do(StartInstance("climb", people)).instance_id
    engine.do(SuspendInstance(case, SYSTEM, "wait"))
    clock.set(at("02 17:00"))
    for alarm in engine.do(ClaimJobs(SYSTEM, types=("crmflow:rung",))):
        assert engine.do(PostJob(alarm.id, alarm.fence, SYSTEM))
    assert [(row.type, row.state) for row in engine.ask(ListJobs(SYSTEM)).items if row.instance_id] == [("erp", "held")]


def test_a_rung_mails_nobody_twice(engine, clock, people, ladder, monkeypatch):
    monkeypatch.setattr(engine, "settings", Settings(smtp_url="smtp://127.0.0.1:1"))
    begin(engine, people)
    clock.set(at("02 13:00"))
    (alarm,) = engine.do(ClaimJobs(SYSTEM, types=("crmflow:rung",)))
    assert engine.do(PostJob(alarm.id, alarm.fence, SYSTEM))
    assert told(engine) == [("alice", "Due soon: Work (50%)")]
    with engine._db.connect() as conn:
        assert [row.type for row in conn.execute(t.job.select()) if not row.type.startswith("crmflow:")] == ["mail"]


def test_where_a_case_is_moved_the_clocks_go_with_it(engine, clock, people, ladder):
    """Those of what was left end there, and their rungs with them; what is begun (again) has its whole time."""
    steps = START + user("first", more=MARK) + user("second", more=MARK) + END
    engine.do(Deploy((model("walk", steps + flow("start>first", "first>second", "second>end")),), SYSTEM, publish=True))
    case = engine.do(StartInstance("walk", people, business_key="K1")).instance_id
    clock.set(at("02 13:00"))
    for to in ("second", "first"):
        engine.do(MoveInstance(case, SYSTEM, "as agreed", to=to, everything=True))
        clocks = engine.ask(ListClocks(SYSTEM, instance_id=case))
        (runs,) = [row for row in clocks if row.state == "running"]
        assert (runs.name, runs.started_at, runs.due_at) == (to.title(), at("02 13:00"), at("03 13:00"))
        assert {row.state for row in clocks if row is not runs} == {"cancelled"}
        with engine._db.connect() as conn:
            (rung,) = [row.payload for row in conn.execute(t.job.select()) if row.type == "crmflow:rung"]
        assert rung == {"clock": runs.id}


def test_mails_and_webhooks_are_jobs_of_the_same_transaction(engine, clock, people, ladder, monkeypatch):
    monkeypatch.setattr(engine, "settings", Settings(smtp_url="smtp://127.0.0.1:1"))
    acts = [{"do": "notify", "to": "assignee", "channels": ["mail", "webhook"], "url": "https://hooks.example.org/sla"}]
    engine.do(SavePolicy("support", policy([{"at": "50%", "acts": acts}]), SYSTEM))
    engine.do(ChangeUser("alice", SYSTEM, locale="zh_Hans", timezone="Asia/Shanghai"))
    engine.do(Deploy((CLIMB, LABELS), SYSTEM, publish=True))
    begin(engine, people)
    clock.set(at("02 13:00"))
    (alarm,) = engine.do(ClaimJobs(SYSTEM, types=("crmflow:rung",)))
    assert engine.do(PostJob(alarm.id, alarm.fence, SYSTEM))
    assert not engine.do(PostJob(alarm.id, alarm.fence, SYSTEM))  # a late second worker finds nothing
    with engine._db.connect() as conn:
        jobs = {row.type: row.payload.get("input") for row in conn.execute(t.job.select())}
    assert jobs["mail"]["to"] == "alice@example.org"
    assert jobs["mail"]["subject"] == "即将到期：处理（50%）"
    assert "时限“解决”（8小时）" in jobs["mail"]["text"]
    assert "2026-03-03 01:00 CST" in jobs["mail"]["text"]
    assert jobs["webhook"]["data"]["rung"] == "50%"
    assert told(engine) == []
    assert engine.ask(ListNotifications(people)).items == ()
