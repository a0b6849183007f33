"""A three-level escalation on the fixed clock, two workers on PostgreSQL, SIGKILL between any two: each rung once."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from engine.app import Engine
from engine.domain.access import SYSTEM
from engine.domain.clock import FixedClock
from engine.domain.commands import AddTeam, AddUser, ClaimTask, Deploy, StartInstance
from engine.domain.questions import ActorNamed, CheckHealth, GetTask
from engine.domain.sla_values import ListClocks, SaveCalendar, SavePolicy, WhyDeadline
from engine.jobs import drain
from engine.store import tables as t
from tests.crash import doomed
from tests.store.drawing import END, START, flow, model, user

pytestmark = [pytest.mark.prove, pytest.mark.postgres]
MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
LADDER = [
    {"at": "50%", "acts": [{"do": "notify", "to": ["assignee"]}]},
    {"at": "100%", "acts": [{"do": "notify", "to": ["manager"]}, {"do": "reassign", "to": "manager"}]},
    {"at": "150%", "acts": [{"do": "notify", "to": ["executive"]}]},
]
MOMENTS = [MONDAY + timedelta(hours=h) for h in (4, 8, 28)]  # 13:00, 17:00, Tuesday 13:00
STEPS = 54  # statements a worker needs at most to fire one rung: any of them may be its last


def prepare(url: str) -> tuple[str, str]:
    """People, policy and a case whose ladder is planned; (task, clock)."""
    engine = Engine.open(url, clock=FixedClock(MONDAY))
    for login, manager in (("zoe", None), ("mary", "zoe"), ("alice", "mary")):
        engine.do(AddUser(login, SYSTEM, name=login.title(), roles=("employee",), manager=manager))
    engine.do(AddTeam("bench", SYSTEM, name="Bench", members=("alice",)))
    week = {n: [["09:00", "17:00"]] for n in range(5)}
    engine.do(SaveCalendar("office", {"zone": "UTC", "week": week}, SYSTEM))
    engine.do(SavePolicy("support", {"targets": {"resolve": "PT8H"}, "calendar": "office", "ladder": LADDER}, SYSTEM))
    mark = '<crmflow:sla metric="resolve" policy="support"/>'
    inner = START + user("work", more=mark) + END + flow("start>work", "work>end")
    engine.do(Deploy((model("climb", inner),), SYSTEM, publish=True))
    alice = engine.ask(ActorNamed("alice"))
    started = engine.do(StartInstance("climb", alice))
    engine.do(ClaimTask(started.tasks[0], alice))
    (clock,) = engine.ask(ListClocks(SYSTEM, instance_id=started.instance_id))
    engine.close()
    return started.tasks[0], clock.id


#: Workers are forked from a process that has loaded everything: most of a hundred and fifty starts would be imports.
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["tests.crash.doomed"])


def worker(url: str, at: datetime, deadly: int) -> multiprocessing.Process:
    one = FORKS.Process(target=doomed.main, args=(url, at.isoformat(), deadly), daemon=True)
    one.start()
    return one


def code_of(one: multiprocessing.Process) -> int | None:
    one.join(timeout=120)
    return one.exitcode


@pytest.mark.timeout(3000)
def test_each_rung_fires_once_wherever_a_worker_is_killed(server, postgres_template, many):
    deadly, killed = range(1, STEPS + 1), 0
    for number in list(deadly)[:: STEPS // many(2, STEPS)]:
        url = server.fresh(template=postgres_template)
        try:
            killed += climb(url, number)
        finally:
            server.drop(url)
    assert killed, "nobody died: the test shows nothing"


def climb(url: str, number: int) -> int:
    """Play all three levels; at each, one worker dies before its ``number``-th statement beside a healthy one."""
    task_id, clock_id = prepare(url)
    killed = 0
    for level, moment in enumerate(MOMENTS):
        both = [worker(url, moment, number), worker(url, moment, 0 if level != 1 else number + 3)]
        codes = [code_of(each) for each in both]
        assert set(codes) <= {0, -9}
        killed += codes.count(-9)
        # What the dead held is free when its lease has run out.
        after = Engine.open(url, clock=FixedClock(moment + timedelta(minutes=10)))
        drain(after)
        check(after, task_id, clock_id, level)
        after.close()
    return killed


def check(engine: Engine, task_id: str, clock_id: str, level: int) -> None:
    """Reminders, reassignment and executive notice so far: each once, none lost."""
    why = engine.ask(WhyDeadline(clock_id, SYSTEM))
    fired = [r.rung for r in why.rungs if r.state == "fired"]
    assert fired == ["50%", "100%", "150%"][: level + 1]
    with engine._db.connect() as conn:
        told = Counter((row.to, row.title) for row in conn.execute(t.notification.select()))
        audited = [row for row in conn.execute(t.audit.select()) if row.action == "sla.rung"]
    expected = [("alice", "Due soon: Work (50%)"), ("mary", "Overdue: Work (100%)"), ("zoe", "Overdue: Work (150%)")]
    given = [("mary", "“Work” is yours now")] if level else []
    assert told == Counter([*expected[: level + 1], *given])
    assert [row.detail["rung"] for row in audited] == fired
    assert engine.ask(GetTask(task_id, SYSTEM)).row.assignee == ("alice", "mary", "mary")[level]
    assert engine.ask(CheckHealth(SYSTEM)) == ()
