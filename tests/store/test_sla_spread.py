"""A policy that newly promises something reaches the cases that are open: page by page, each from that moment on."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.domain.access import SYSTEM
from engine.domain.commands import ClaimTask, CompleteTask, Deploy, StartInstance
from engine.domain.questions import ListTasks
from engine.domain.sla_values import ListClocks, PreviewPolicy, SaveCalendar, SavePolicy
from engine.jobs import drain
from engine.services import sla_spread
from engine.store import tables as t
from engine.store.tables_time import sla_clock
from tests.store.drawing import END, START, flow, model, user

OFFICE = {"zone": "UTC", "week": {n: [["00:00", "24:00"]] for n in range(7)}}
SILENT = {"targets": {"stage": "PT1H"}, "calendar": "office"}
PROMISED = {**SILENT, "targets": {"stage": "PT1H", "resolve": "PT8H"}}


@pytest.fixture
def desk(engine, bench):
    """Open cases of a flow whose policy promises nothing that it asks for."""
    engine.do(SaveCalendar("office", OFFICE, SYSTEM))
    engine.do(SavePolicy("support", SILENT, SYSTEM))
    mark = '<crmflow:sla metric="resolve" policy="support"/>'
    inner = START + user("work", more=mark) + END + flow("start>work", "work>end")
    engine.do(Deploy((model("desk", inner),), SYSTEM, publish=True))
    return [engine.do(StartInstance("desk", SYSTEM)).instance_id for _ in range(5)]


def started(engine, case):
    return [clock.started_at for clock in engine.ask(ListClocks(SYSTEM, instance_id=case))]


def looks(engine):
    with engine._db.connect() as conn:
        return conn.execute(t.job.select().where(t.job.c.type == sla_spread.KIND).order_by(t.job.c.due_at)).all()


def test_open_cases_are_promised_it_from_now_on(engine, clock, desk, alice, monkeypatch):
    monkeypatch.setattr(sla_spread, "PAGE", 2)
    (task,) = engine.ask(ListTasks(SYSTEM, "all", instance_id=desk[0])).items
    engine.do(ClaimTask(task.id, alice))
    engine.do(CompleteTask(task.id, alice))  # over: nothing is promised to it any more
    clock.move(timedelta(hours=3))
    assert engine.ask(PreviewPolicy("support", PROMISED, SYSTEM)).without == 4
    engine.do(SavePolicy("support", PROMISED, SYSTEM))
    assert [started(engine, case) for case in desk] == [[]] * 5, "not in the transaction of who saves"
    now = clock.now()
    drain(engine)
    assert [started(engine, case) for case in desk] == [[], *([[now]] * 4)]
    (row,) = engine.ask(ListTasks(SYSTEM, "all", instance_id=desk[1])).items
    assert row.due_at == now + timedelta(hours=8)
    assert engine.ask(PreviewPolicy("support", PROMISED, SYSTEM)).without == 0
    clock.move(timedelta(minutes=2))
    drain(engine)  # the second look
    assert [len(started(engine, case)) for case in desk] == [0, 1, 1, 1, 1], "each once"
    assert looks(engine) == []


def test_a_case_that_was_being_begun_is_found_by_the_second_look(engine, clock, desk):
    engine.do(SavePolicy("support", PROMISED, SYSTEM))
    first, second = looks(engine)
    assert (first.payload.get("since"), second.due_at - first.due_at) == (None, sla_spread.AGAIN)
    drain(engine)
    late = engine.do(StartInstance("desk", SYSTEM)).instance_id
    with engine._db.begin() as conn:  # it had read the version before
        conn.execute(sla_clock.delete().where(sla_clock.c.instance_id.in_([late, desk[0]])))
    clock.move(timedelta(minutes=2))
    drain(engine)
    assert started(engine, late) == [clock.now()]
    assert looks(engine) == []


def test_what_promises_nothing_new_looks_at_no_case(engine, desk):
    engine.do(SavePolicy("support", PROMISED, SYSTEM))
    drain(engine)
    before = len(looks(engine))
    longer = {**PROMISED, "targets": {"stage": "PT1H", "resolve": "PT4H"}}
    assert engine.ask(PreviewPolicy("support", longer, SYSTEM)).without == 0
    engine.do(SavePolicy("support", longer, SYSTEM))
    engine.do(SavePolicy("other", PROMISED, SYSTEM))  # no flow asks it
    assert len(looks(engine)) == before


def test_a_case_that_cannot_be_looked_at_keeps_no_other_from_its_promise(engine, desk, monkeypatch):
    look = sla_spread._look

    def broken(ctx, case, by):
        look(ctx, case, by)
        if case == desk[1]:
            raise sla_spread.CrmflowError("CRM-690", "its facts cannot be read", fix="")

    monkeypatch.setattr(sla_spread, "_look", broken)
    engine.do(SavePolicy("support", PROMISED, SYSTEM))
    drain(engine)
    assert [len(started(engine, case)) for case in desk] == [1, 0, 1, 1, 1]
