"""A rung's acts: one that fails is told and stops no other; who gets work has accepted it; wishes are kept.  # C8"""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from engine.domain.access import SYSTEM
from engine.domain.commands import (
    AddTeam,
    AddUser,
    ClaimJobs,
    ClaimTask,
    CompleteTask,
    Deploy,
    FailJob,
    PostJob,
    ReassignTask,
    ReleaseTask,
    StartInstance,
)
from engine.domain.desk import DelegateTask
from engine.domain.errors import Invalid, RunError
from engine.domain.questions import ActorNamed, GetAudit, GetTask, ListNotifications
from engine.domain.sla_values import ListClocks, SaveCalendar, SavePolicy, WhyDeadline
from engine.domain.staff import ListDeliveries, SendAgain, SetWishes
from engine.jobs import drain
from engine.services import ladder_acts
from engine.services.trail import digest
from engine.settings import Settings
from engine.store import tables as t
from tests.store.drawing import END, START, flow, model, user

OFFICE = {"zone": "UTC", "week": {n: [["09:00", "17:00"]] for n in range(5)}}
NOTIFY = {"do": "notify", "to": ["assignee"]}


@pytest.fixture
def people(engine):
    for login, manager, roles in (("mary", None, ("manager",)), ("alice", "mary", ("employee",))):
        engine.do(
            AddUser(login, SYSTEM, name=login.title(), roles=roles, manager=manager, email=f"{login}@example.org")
        )
    engine.do(AddTeam("bench", SYSTEM, name="Bench", members=("alice", "mary")))
    engine.do(SaveCalendar("office", OFFICE, SYSTEM))
    return engine.ask(ActorNamed("alice"))


def desk(engine, ladder, *, metric="resolve", target="PT8H"):
    """A flow of one task with one clock, climbing this ladder."""
    content = {"targets": {metric: target}, "calendar": "office", "ladder": ladder}
    engine.do(SavePolicy("support", content, SYSTEM))
    mark = f'<crmflow:sla metric="{metric}" policy="support"/>'
    file = model("desk", START + user("work", more=mark) + END + flow("start>work", "work>end"))
    engine.do(Deploy((file,), SYSTEM, publish=True))


def begin(engine, alice, *, claim=True):
    started = engine.do(StartInstance("desk", alice))
    if claim:
        engine.do(ClaimTask(started.tasks[0], alice))
    return started


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-03-{text}:00").replace(tzinfo=UTC)


def told(engine):
    with engine._db.connect() as conn:
        return sorted((row.to, row.title) for row in conn.execute(t.notification.select()))


def clocks(engine, started):
    return engine.ask(ListClocks(SYSTEM, instance_id=started.instance_id))


def ring(engine):
    """Only the alarms: other jobs stay as they are."""
    for alarm in engine.do(ClaimJobs(SYSTEM, types=("crmflow:rung",))):
        assert engine.do(PostJob(alarm.id, alarm.fence, SYSTEM))


@pytest.mark.parametrize("broken", ["refused", "broke"])
def test_an_act_that_fails_is_told_and_stops_no_other(engine, clock, people, monkeypatch, broken):
    """A flow that cannot start between two acts: both are done, once; the next rung comes; the manager hears why."""
    if broken == "broke":  # a defect of the program

        def crash(*_, **__):
            raise ZeroDivisionError("a defect")

        monkeypatch.setattr(ladder_acts, "begin", crash)
    review = model("review", START + user("look") + END + flow("start>look", "look>end"))
    acts = [{"do": "priority", "by": 10}, {"do": "start", "process": "review"}, NOTIFY]
    desk(engine, [{"at": "50%", "acts": acts}, {"at": "75%", "acts": [NOTIFY]}])
    engine.do(Deploy((review,), SYSTEM, publish=True))
    started = begin(engine, people)
    if broken == "refused":
        monkeypatch.setattr(ladder_acts.models, "published", lambda conn, key: "no-such-definition")
    clock.set(at("02 13:00"))
    drain(engine)
    (row,) = clocks(engine, started)
    rungs = {r.rung: r for r in engine.ask(WhyDeadline(row.id, SYSTEM)).rungs}
    did = rungs["50%"].did
    assert [(d["do"], d.get("failed")) for d in did] == [
        ("priority", None),
        ("start", {"refused": "CRM-401", "broke": "CRM-699"}[broken]),
        ("notify", None),
    ]
    assert did[1]["message"]
    task = engine.ask(GetTask(started.tasks[0], SYSTEM)).row
    assert task.priority == 60
    assert told(engine) == [("alice", "Due soon: Work (50%)"), ("mary", "A step of the ladder failed: Work (50%)")]
    clock.set(at("02 15:00"))
    drain(engine)
    assert told(engine)[:2] == [("alice", "Due soon: Work (50%)"), ("alice", "Due soon: Work (75%)")]
    assert len(told(engine)) == 3
    assert drain(engine) == 0
    trail = engine.ask(GetAudit(SYSTEM, instance_id=started.instance_id)).items
    assert [row.action for row in trail].count("sla.rung") == 2


def test_an_escalation_that_fails_leaves_the_case_and_its_audit_chain_whole(engine, clock, people, monkeypatch):
    def refuse(*_, **__):
        raise RunError("CRM-600", "It cannot be.", fix="Mend the model.")

    desk(engine, [{"at": "50%", "acts": [{"do": "escalate", "code": "late"}, NOTIFY]}])
    monkeypatch.setattr(ladder_acts, "finished", refuse)  # after everything was written
    started = begin(engine, people)
    clock.set(at("02 13:00"))
    drain(engine)
    (row,) = clocks(engine, started)
    (rung,) = engine.ask(WhyDeadline(row.id, SYSTEM)).rungs
    assert [d.get("failed") for d in rung.did] == [None, "CRM-600"]
    monkeypatch.undo()
    engine.do(CompleteTask(started.tasks[0], people))
    previous = None
    with engine._db.connect() as conn:
        mine = t.audit.c.instance_id == started.instance_id
        for row in conn.execute(t.audit.select().where(mine).order_by(t.audit.c.id)).mappings():
            previous = digest({**row}, previous)
            assert row["digest"] == previous, f"the chain breaks at {row['action']}"


@pytest.mark.parametrize("how", ["claim", "reassign", "delegate", "ladder"])
def test_who_has_the_task_has_accepted_it(engine, clock, people, how):
    desk(engine, [{"at": "50%", "acts": [{"do": "reassign", "to": "user:mary"}]}], metric="accept", target="PT2H")
    started = begin(engine, people, claim=False)
    task_id = started.tasks[0]
    mary = engine.ask(ActorNamed("mary"))
    if how == "claim":
        engine.do(ClaimTask(task_id, people))
    elif how == "reassign":
        engine.do(ReassignTask(task_id, "alice", mary))
    elif how == "delegate":
        engine.do(DelegateTask(task_id, "alice", mary))
    else:
        clock.set(at("02 10:00"))
        drain(engine)
    (row,) = clocks(engine, started)
    assert row.state == "met"
    clock.set(at("09 10:00"))
    assert drain(engine) == 0


def test_what_nobody_has_any_more_waits_to_be_accepted_again(engine, clock, people):
    desk(engine, [{"at": "100%", "acts": [{"do": "notify", "to": ["role:manager"]}]}], metric="accept", target="PT1H")
    started = begin(engine, people)
    clock.set(at("02 12:00"))
    engine.do(ReleaseTask(started.tasks[0], people))
    again, before = clocks(engine, started)
    assert (before.state, again.state, again.due_at) == ("met", "running", at("02 13:00"))
    clock.set(at("02 13:00"))
    drain(engine)
    assert told(engine) == [("mary", "Overdue: Work (100%)")]
    engine.do(ClaimTask(started.tasks[0], people))
    assert {c.state for c in clocks(engine, started)} == {"met", "breached"}
    assert engine.ask(WhyDeadline(again.id, SYSTEM)).same


def mails(engine):
    with engine._db.connect() as conn:
        rows = conn.execute(t.job.select().where(t.job.c.type == "mail")).all()
    return [row.payload["input"]["to"] for row in rows]


@pytest.mark.parametrize(
    ("off", "channels", "expected"),
    [
        ((), ["app", "mail"], ["alice@example.org"]),
        (("reminder",), ["app", "mail"], []),
        (("assigned",), ["app", "mail"], ["alice@example.org"]),
        ((), ["mail"], ["alice@example.org"]),
        (("reminder",), ["mail"], []),
    ],
)
def test_reminders_are_mailed_to_who_wants_them(engine, clock, people, monkeypatch, off, channels, expected):
    monkeypatch.setattr(engine, "settings", Settings(smtp_url="smtp://127.0.0.1:1"))
    engine.do(SetWishes(people, {"off": list(off)}))
    desk(engine, [{"at": "50%", "acts": [{**NOTIFY, "channels": channels}]}])
    begin(engine, people)
    clock.set(at("02 13:00"))
    ring(engine)
    assert mails(engine) == expected


@pytest.mark.parametrize(
    ("channels", "smtp", "seen", "sent"),
    [
        (None, True, ["Due soon: Work (50%)"], ["mail"]),
        (["app"], True, ["Due soon: Work (50%)"], []),
        (["mail"], True, [], ["mail"]),
        (["mail", "webhook"], True, [], ["mail", "webhook"]),
        ("webhook", True, [], ["webhook"]),
        (["mail"], False, ["Due soon: Work (50%)"], []),  # no way out: never nowhere
    ],
)
def test_a_rung_tells_by_its_ways_alone(engine, clock, people, monkeypatch, channels, smtp, seen, sent):
    server = "smtp://127.0.0.1:1" if smtp else None
    monkeypatch.setattr(engine, "settings", Settings(smtp_url=server, allow_hosts="hooks.example.org"))
    engine.do(SetWishes(people, {"webhook": "https://hooks.example.org/alice"} if channels else {}))
    desk(engine, [{"at": "50%", "acts": [{**NOTIFY, **({"channels": channels} if channels else {})}]}])
    begin(engine, people)
    clock.set(at("02 13:00"))
    ring(engine)
    shown = engine.ask(ListNotifications(people))
    assert [row.title for row in shown.items] == seen
    assert engine.ask(ListNotifications(people, unread=True)).total == len(seen)
    rows = engine.ask(ListDeliveries(people, "alice")).items
    assert sorted(row.channel for row in rows) == sent
    assert {(row.title, row.state) for row in rows} <= {("Due soon: Work (50%)", "waiting")}


def test_a_mail_that_was_the_only_way_is_seen_to_fail_and_sent_again(engine, clock, people, monkeypatch):
    monkeypatch.setattr(engine, "settings", Settings(smtp_url="smtp://127.0.0.1:1"))
    desk(engine, [{"at": "50%", "acts": [{**NOTIFY, "channels": ["mail"]}]}])
    begin(engine, people)
    clock.set(at("02 13:00"))
    ring(engine)
    (job,) = engine.do(ClaimJobs(SYSTEM, types=("mail",)))
    engine.do(FailJob(job.id, job.fence, SYSTEM, "no such mailbox", final=True))
    (failed,) = engine.ask(ListDeliveries(people, "alice", failed=True)).items
    assert (failed.state, failed.error) == ("failed", "no such mailbox")
    engine.do(SendAgain(failed.id, people))
    assert [row.state for row in engine.ask(ListDeliveries(people, "alice")).items] == ["waiting"]


def test_a_digest_nobody_wants_any_more_is_read_in_the_app(engine, clock, people, monkeypatch):
    monkeypatch.setattr(engine, "settings", Settings(smtp_url="smtp://127.0.0.1:1"))
    engine.do(SetWishes(people, {"mail": "digest"}))
    desk(engine, [{"at": "50%", "acts": [{**NOTIFY, "channels": ["mail"]}]}])
    begin(engine, people)
    clock.set(at("02 13:00"))
    ring(engine)
    assert engine.ask(ListNotifications(people)).items == ()
    engine.do(SetWishes(people, {"mail": "off"}))
    clock.set(at("03 08:00"))
    (job,) = engine.do(ClaimJobs(SYSTEM, types=("crmflow:digest",)))
    engine.do(PostJob(job.id, job.fence, SYSTEM))
    assert [row.title for row in engine.ask(ListNotifications(people, unread=True)).items] == ["Due soon: Work (50%)"]


@pytest.mark.parametrize("channels", ["sms", ["mail", "sms"], {"mail": True}])
def test_a_way_that_is_none_is_refused(engine, people, channels):
    with pytest.raises(Invalid, match="CRM-078"):
        desk(engine, [{"at": "50%", "acts": [{**NOTIFY, "channels": channels}]}])


@pytest.mark.parametrize("off", [(), ("assigned",)])
def test_who_gets_work_from_a_person_or_the_ladder_is_mailed_if_they_wish(engine, clock, people, monkeypatch, off):
    monkeypatch.setattr(engine, "settings", Settings(smtp_url="smtp://127.0.0.1:1"))
    mary = engine.ask(ActorNamed("mary"))
    engine.do(SetWishes(mary, {"off": list(off)}))
    desk(engine, [{"at": "50%", "acts": [{"do": "reassign", "to": "manager"}]}])
    handed = begin(engine, people)
    engine.do(ReassignTask(handed.tasks[0], "mary", people))
    assert [title for _, title in told(engine)] == ["Alice gave you the task “Work”"]
    assert mails(engine) == ([] if off else ["mary@example.org"])
    begin(engine, people)
    clock.set(at("02 13:00"))
    ring(engine)
    for job in engine.do(ClaimJobs(SYSTEM, types=("crmflow:assigned",))):
        engine.do(PostJob(job.id, job.fence, SYSTEM))
    assert ("mary", "“Work” is yours now") in told(engine)
    assert len(mails(engine)) == (0 if off else 2)


def test_a_chinese_manager_reads_in_chinese_what_failed(engine, clock, people, monkeypatch):
    with engine._db.begin() as conn:
        conn.execute(t.principal.update().where(t.principal.c.id == "mary").values(locale="zh_Hans"))
    review = model("review", START + user("look") + END + flow("start>look", "look>end"))
    desk(engine, [{"at": "50%", "acts": [{"do": "start", "process": "review"}]}])
    engine.do(Deploy((review,), SYSTEM, publish=True))
    begin(engine, people)
    monkeypatch.setattr(ladder_acts.models, "published", lambda conn, key: "no-such-definition")
    clock.set(at("02 13:00"))
    drain(engine)
    with engine._db.connect() as conn:
        (row,) = conn.execute(t.notification.select())
    assert row.title == "升级步骤未能执行：Work（50%）"
    assert row.body == "启动流程：没有这样的流程或版本：no-such-definition（CRM-401）"
