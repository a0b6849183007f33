"""What the two-task scenario costs: driver calls and commits, counted; the inbox does not grow with the table."""

from __future__ import annotations

import pytest
from sqlalchemy import insert

from bench.measure import recording
from engine.domain.commands import CompleteTask, StartInstance
from engine.domain.questions import ActorNamed, CountTasks, ListTasks
from engine.store import tables as t


@pytest.fixture
def warm(engine, alice, two_tasks):
    """One instance has run: definitions are loaded, statements compiled."""
    task_id = engine.do(StartInstance("two-task", alice, variables={"amount": 200})).tasks[0]
    done = engine.do(CompleteTask(task_id, alice, data={"amount": 200}))
    engine.do(CompleteTask(done.next_task.id, alice))


def test_start_costs_8_statements_and_1_commit(engine, warm):
    with recording() as tape:
        actor = engine.ask(ActorNamed("alice"))
        engine.do(StartInstance("two-task", actor, variables={"amount": 200}, business_key="B-1"))
    assert tape.commits == 1
    assert tape.statements <= 8, [call[1] for call in tape.calls if call[0] == "sql"]


def test_complete_costs_10_statements_and_1_commit(engine, alice, warm):
    task_id = engine.do(StartInstance("two-task", alice, variables={"amount": 200})).tasks[0]
    for data in ({"amount": 200}, {}):
        with recording() as tape:
            actor = engine.ask(ActorNamed("alice"))
            done = engine.do(CompleteTask(task_id, actor, data=data))
        assert tape.commits == 1
        assert tape.statements <= 10, [call[1] for call in tape.calls if call[0] == "sql"]
        task_id = done.next_task.id if done.next_task else ""


@pytest.mark.parametrize("number", [10, 10_000])
def test_inbox_costs_6_statements_however_many_tasks(engine, alice, warm, number):
    started = engine.do(StartInstance("two-task", alice, variables={"amount": 200}))
    _multiply(engine, started.tasks[0], number)
    with recording() as tape:
        actor = engine.ask(ActorNamed("alice"))
        page = engine.ask(ListTasks(actor, box="teams"))
        counts = engine.ask(CountTasks(actor))
    assert tape.statements <= 6, [call[1] for call in tape.calls if call[0] == "sql"]
    assert tape.commits == 0
    assert len(page.items) == min(number, 50)
    assert counts["teams"] == min(number, 1000)


def _multiply(engine, task_id: str, number: int) -> None:
    """Copies of a task row, so that there are ``number`` of them."""
    with engine._db.begin() as conn:
        row = dict(conn.execute(t.task.select().where(t.task.c.id == task_id)).mappings().one())
        copies = [{**row, "id": f"copy{n:012d}", "node": 10_000 + n} for n in range(number - 1)]
        conn.execute(insert(t.task), copies)
        conn.execute(insert(t.task_candidate), [{"task_id": c["id"], "candidate": "team:bench"} for c in copies])
