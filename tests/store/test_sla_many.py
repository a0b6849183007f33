"""Hundreds of open clocks: saving and previewing cost what they cost for ten; what is left goes on as jobs.  # C8 E4"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert, select

from bench.measure import recording
from engine.domain.access import SYSTEM
from engine.domain.commands import ClaimTask, Deploy, StartInstance
from engine.domain.sla_values import (
    ListClocks,
    PreviewCalendar,
    PreviewPolicy,
    SaveCalendar,
    SavePolicy,
    ShowWall,
    WhyDeadline,
)
from engine.jobs import drain
from engine.services import sla_moves
from engine.store import tables as t, tables_time as tt
from tests.store.drawing import END, START, flow, model, user

OFFICE = {"zone": "UTC", "week": {n: [["09:00", "17:00"]] for n in range(5)}}
CLOSED = {**OFFICE, "closed": ["2026-03-03"]}
OLD = {"targets": {"resolve": "PT16H"}, "calendar": "office"}
NEW = {"targets": {"resolve": "PT12H"}, "calendar": "office", "ladder": [{"at": "60%", "acts": [{"do": "notify"}]}]}


@pytest.fixture
def desk(engine, alice):
    """A flow with a clock of its task, whose due date it gives; one case of it."""
    engine.do(SaveCalendar("office", OFFICE, SYSTEM))
    engine.do(SavePolicy("support", OLD, SYSTEM))
    mark = '<crmflow:sla metric="resolve" policy="support"/>'
    engine.do(Deploy((model("desk", START + user("work", more=mark) + END + flow("start>work", "work>end")),), SYSTEM,
                     publish=True))  # fmt: skip
    started = engine.do(StartInstance("desk", alice))
    engine.do(ClaimTask(started.tasks[0], alice))
    return started


def multiply(engine, started, first: int, last: int) -> None:
    """More cases like the first one: rows copied, each with its clock, its rungs, its alarm."""
    with engine._db.begin() as conn:
        for table, key in (
            (t.instance, "id"),
            (t.task, "instance_id"),
            (tt.sla_clock, "instance_id"),
            (tt.sla_rung, "clock_id"),
        ):
            (clock_id,) = conn.scalars(select(tt.sla_clock.c.id).where(tt.sla_clock.c.id.not_like("%-%")))
            owner = clock_id if key == "clock_id" else started.instance_id
            rows = [dict(row) for row in conn.execute(select(table).where(table.c[key] == owner)).mappings()]
            conn.execute(insert(table), [_copy(row, n) for n in range(first, last) for row in rows])


def _copy(row: dict, n: int) -> dict:
    new = {name: f"{row[name][:11]}-{n:04d}" for name in ("id", "instance_id", "task_id", "clock_id") if row.get(name)}
    return {**row, **new, **({"alarm_id": None, "alarm_at": None} if "alarm_id" in row else {})}


def cost(act) -> int:
    with recording() as tape:
        act()
    return tape.statements


def test_statements_do_not_grow_with_the_clocks(engine, desk):
    def round_of(number: int) -> list[int]:
        return [
            cost(lambda: engine.ask(PreviewPolicy("support", NEW, SYSTEM))),
            cost(lambda: engine.ask(PreviewCalendar("office", CLOSED, SYSTEM))),
            cost(lambda: engine.do(SavePolicy("support", {**NEW, "name": str(number)}, SYSTEM))),
            cost(lambda: engine.do(SaveCalendar("office", {**CLOSED, "name": str(number)}, SYSTEM))),
            cost(lambda: engine.ask(ShowWall(SYSTEM))),
        ]

    multiply(engine, desk, 1, 10)
    engine.do(SavePolicy("support", {**OLD, "name": "first"}, SYSTEM))  # all is warm
    few = round_of(10)
    engine.do(SaveCalendar("office", OFFICE, SYSTEM))
    engine.do(SavePolicy("support", OLD, SYSTEM))
    multiply(engine, desk, 10, 200)
    assert engine.ask(PreviewPolicy("support", NEW, SYSTEM)).open == 200
    many = round_of(200)
    assert many == few
    assert max(many) <= 30, many
    due = {c.due_at for c in engine.ask(ShowWall(SYSTEM)).clocks}
    assert due == {datetime(2026, 3, 4, 13, tzinfo=UTC)}  # 8 hours on Monday, none on Tuesday, 4 on Wednesday
    with engine._db.connect() as conn:
        assert set(conn.scalars(select(t.task.c.due_at))) == due
        assert set(conn.scalars(select(tt.sla_rung.c.rung))) == {"60%"}


def test_what_one_page_leaves_the_jobs_reckon(engine, clock, desk, monkeypatch):
    monkeypatch.setattr(sla_moves, "PAGE", 4)
    multiply(engine, desk, 1, 10)
    engine.do(SavePolicy("support", NEW, SYSTEM))
    targets = [c.target for c in engine.ask(ShowWall(SYSTEM)).clocks]
    assert sorted(targets) == ["PT12H"] * 4 + ["PT16H"] * 6
    # Saved once more before the rest was reached: the older job leaves the field to the newer one.
    engine.do(SavePolicy("support", {**NEW, "targets": {"resolve": "PT10H"}}, SYSTEM))
    drain(engine)
    assert [c.target for c in engine.ask(ShowWall(SYSTEM)).clocks] == ["PT10H"] * 10
    with engine._db.connect() as conn:
        versions = conn.execute(select(tt.sla_change.c.clock_id, tt.sla_change.c.reason)).all()
    assert len(set(versions)) == len(versions), "a clock was moved twice by the same version"
    assert drain(engine) == 0


def test_a_case_that_was_beginning_meanwhile_is_reached_by_a_second_look(engine, clock, desk):
    multiply(engine, desk, 1, 3)
    engine.ask(PreviewPolicy("support", NEW, SYSTEM))
    engine.do(SavePolicy("support", NEW, SYSTEM))
    with engine._db.begin() as conn:  # as if its transaction had read the version before and ended after the saving
        late = conn.scalars(select(tt.sla_clock.c.id).order_by(tt.sla_clock.c.id)).first()
        change = tt.sla_clock.update().where(tt.sla_clock.c.id == late)
        conn.execute(change.values(policy_version=1, target="PT16H"))
    drain(engine)
    assert sorted(c.target for c in engine.ask(ShowWall(SYSTEM)).clocks) == ["PT12H", "PT12H", "PT16H"]
    clock.set(clock.now() + timedelta(minutes=1))
    drain(engine)
    assert [c.target for c in engine.ask(ShowWall(SYSTEM)).clocks] == ["PT12H"] * 3
    with engine._db.connect() as conn:
        assert conn.scalars(select(t.job.c.id).where(t.job.c.type == "crmflow:replan")).all() == []


def test_a_preview_says_how_many_it_looked_at(engine, desk, monkeypatch):
    monkeypatch.setattr(sla_moves, "LOOK", 3)
    multiply(engine, desk, 1, 10)
    seen = engine.ask(PreviewPolicy("support", NEW, SYSTEM))
    assert (seen.open, seen.looked, len(seen.moves)) == (10, 3, 3)


def test_a_date_a_person_gave_stays_while_the_promise_does(engine, clock, desk, alice):
    from engine.domain.desk import RescheduleTask
    from engine.domain.questions import GetTask

    task_id, later = desk.tasks[0], datetime(2026, 3, 9, 12, tzinfo=UTC)
    engine.do(RescheduleTask(task_id, alice, later))
    engine.do(SavePolicy("support", {**OLD, "name": "Support"}, SYSTEM))
    assert engine.ask(GetTask(task_id, alice)).row.due_at == later
    engine.do(SavePolicy("support", NEW, SYSTEM))
    assert engine.ask(GetTask(task_id, alice)).row.due_at == datetime(2026, 3, 3, 13, tzinfo=UTC)
    (row,) = engine.ask(ListClocks(SYSTEM, instance_id=desk.instance_id))
    assert engine.ask(WhyDeadline(row.id, SYSTEM)).same
    assert row.due_at - clock.now() == timedelta(hours=28)
