"""How due work is found: by its index, whatever else waits for next year (issue 4: timers found by index)."""

from __future__ import annotations

from datetime import timedelta

import psycopg
import pytest
from sqlalchemy import Integer, cast, event, insert, literal, select

from bench.measure import raw_connection
from engine.domain.access import SYSTEM
from engine.domain.commands import ClaimDeadlines, ClaimJobs, Deploy, StartInstance
from engine.domain.working import ActivateJobs, JobsWait
from engine.store import due, tables as t
from tests.store.drawing import END, START, flow, model, timer, user

LATER = 900


@pytest.fixture
def waiting(engine, bench):
    """Thousands of timers and jobs of next year, of a kind that is asked for."""
    late = START + user("work") + timer("late", "work", "P1Y") + END + '<bpmn:endEvent id="over"/>'
    engine.do(Deploy((model("timed", late + flow("start>work", "work>end", "late>over")),), SYSTEM, publish=True))
    case = engine.do(StartInstance("timed", SYSTEM)).instance_id
    then = engine.clock.now() + timedelta(days=365)
    jobs = [
        {"id": f"{n}", "name": "x", "type": "erp", "payload": {}, "due_at": then + timedelta(minutes=n)}
        for n in range(LATER)
    ]
    names = [c.name for c in t.deadline.c if c.name not in ("id", "node", "due_at")]
    picked = select(
        literal("d") + t.job.c.id,
        cast(t.job.c.id, Integer) + 1000,
        t.job.c.due_at,
        *(t.deadline.c[name] for name in names),
    )
    picked = picked.select_from(t.deadline.join(t.job, t.deadline.c.instance_id == case))
    with engine._db.begin() as conn:
        due.add(conn, engine.clock.now(), jobs)
        conn.execute(insert(t.deadline).from_select(["id", "node", "due_at", *names], picked))
    raw = raw_connection(engine.url)
    if isinstance(raw, psycopg.Connection):  # SQLite gathers no figures unless it is told to
        raw.execute("ANALYZE")
        raw.commit()
    raw.close()
    return engine


def plan_of(engine, run) -> str:
    """The plan of the statement that looks for due work."""
    told: list[tuple[str, object]] = []

    def hear(conn, cursor, said, params, context, many):
        told.append((said, params))

    event.listen(engine._db, "before_cursor_execute", hear)
    try:
        run()
    finally:
        event.remove(engine._db, "before_cursor_execute", hear)
    said, params = next(one for one in told if "lease_until <=" in one[0])
    raw = raw_connection(engine.url)
    try:
        if isinstance(raw, psycopg.Connection):
            return "\n".join(row[0] for row in psycopg.ClientCursor(raw).execute(f"EXPLAIN {said}", params))
        return "\n".join(row[3] for row in raw.execute(f"EXPLAIN QUERY PLAN {said}", params))
    finally:
        raw.close()


def test_what_is_due_is_found_without_reading_what_is_not(waiting):
    for run in (
        lambda: waiting.do(ClaimDeadlines(SYSTEM)),
        lambda: waiting.do(ClaimJobs(SYSTEM, types=("erp", "http"))),
        lambda: waiting.do(ActivateJobs(SYSTEM, ("erp",))),
        lambda: waiting.ask(JobsWait(SYSTEM, ("erp",))),
    ):
        plan = plan_of(waiting, run)
        if waiting.url.startswith("sqlite"):
            assert "state=? AND due_at<?" in plan, plan
        else:
            found = [line for line in plan.splitlines() if "Index Cond" in line and "due_at <=" in line]
            assert found, plan
