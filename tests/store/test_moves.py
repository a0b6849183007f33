"""Candidacies copy what inboxes order and filter by; every way to change a task keeps the copies, without triggers."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select, text

from engine.domain.access import SYSTEM
from engine.domain.commands import AddTeam, ClaimTask, Deploy, ReassignTask, SaveRecord, StartInstance
from engine.domain.values import RecordRef
from engine.store import tables as t
from engine.store.moves import change_tasks
from engine.store.naming import COPIED, NEVER
from tests.store.drawing import END, START, flow, model, user

ROOT = Path(__file__).parents[2]
RECORD = '<crmflow:record xmlns:crmflow="https://crmflow.dev/schema/1.0" variable="lead"/>'


def copies(engine, task_id):
    """What each candidacy of a task should hold, and what it holds."""
    with engine._db.connect() as conn:
        task = conn.execute(select(t.task).where(t.task.c.id == task_id)).mappings().one()
        rows = conn.execute(select(t.task_candidate).where(t.task_candidate.c.task_id == task_id)).mappings().all()
    same = {name: task[name] for name in COPIED}
    same |= {"free": task["assignee"] is None, "lone": len(task["candidates"]) < 2}
    wanted = dict.fromkeys(task["candidates"], same)
    held = {row["candidate"]: {name: row[name] for name in same} for row in rows}
    return task, wanted, held


def test_every_change_of_a_task_reaches_its_candidacies(engine, alice, clock):
    engine.do(AddTeam("second", SYSTEM, name="Second"))
    engine.do(
        Deploy(
            (model("visit", START + user("call", "bench, second") + END + flow("start>call", "call>end")),),
            SYSTEM,
            publish=True,
        )
    )
    task_id = engine.do(StartInstance("visit", alice)).tasks[0]

    def held(**expected):
        task, wanted, found = copies(engine, task_id)
        assert found == wanted
        assert {name: task[name] for name in expected} == expected

    held(breach_at=NEVER, rank=50)
    engine.do(ClaimTask(task_id, alice))
    held(assignee="alice")
    engine.do(ReassignTask(task_id, "team:second", SYSTEM))
    held(assignee=None, candidates=["team:second"])
    due = clock.now() + timedelta(hours=1)
    with engine._db.begin() as conn:
        change_tasks(conn, [task_id], {"due_at": due, "priority": 90})
    held(breach_at=due, rank=10)
    with engine._db.begin() as conn:
        change_tasks(conn, [task_id], {"due_at": None, "follow_up_at": due, "candidates": ["user:alice", "team:bench"]})
    held(breach_at=NEVER, follow_up_at=due, rank=10)


def test_a_record_s_facts_reach_its_open_tasks(engine, alice):
    drawn = user("call", more=RECORD)
    engine.do(Deploy((model("visit", START + drawn + END + flow("start>call", "call>end")),), SYSTEM, publish=True))
    lead = engine.do(SaveRecord("lead", SYSTEM, data={"name": "Ada", "company": "Engines", "segment": "mass"}))
    variables = {"lead": RecordRef("lead", lead.id)}
    task_id = engine.do(StartInstance("visit", alice, variables=variables)).tasks[0]
    task, wanted, found = copies(engine, task_id)
    assert (task["segment"], task["amount"]) == ("mass", None)
    assert found == wanted
    more = {"segment": "strategic", "expectedValue": {"amount": "46000", "currency": "EUR"}}
    engine.do(SaveRecord("lead", SYSTEM, id=lead.id, data=more))
    task, wanted, found = copies(engine, task_id)
    assert (task["segment"], task["amount"]) == ("strategic", 46000.0)
    assert found == wanted


def test_no_work_hides_in_the_database(engine):
    """Issue 1: no triggers or procedures."""
    lite = engine._db.dialect.name == "sqlite"
    found = (
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        if lite
        else "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal UNION ALL "
        "SELECT proname FROM pg_proc JOIN pg_namespace n ON n.oid = pronamespace WHERE n.nspname = 'public'"
    )
    with engine._db.connect() as conn:
        assert conn.execute(text(found)).all() == []


def test_tasks_are_changed_in_one_place():
    """An UPDATE of ``task`` elsewhere would leave the copies behind."""
    direct = re.compile(r"(update|insert|delete)\((t\.)?(task_candidate|task)\)|Insert\((t\.)?task(_candidate)?\b")
    own = {"engine/store/moves.py", "engine/store/apply.py"}
    found = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "engine").rglob("*.py")
        if direct.search(path.read_text(encoding="utf-8"))
    }
    assert found == own
