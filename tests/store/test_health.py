"""CheckHealth finds what is forgotten, and nothing where nothing is."""  # G6

from __future__ import annotations

from sqlalchemy import create_engine, text

from engine.domain.access import SYSTEM
from engine.domain.commands import AddTeam, AddUser, Deploy, StartInstance
from engine.domain.questions import CheckHealth
from engine.domain.values import FileIn
from tests.conftest import ROOT

MODEL = ROOT / "bench" / "two_task.bpmn"


def test_a_lost_row_and_a_stray_row_are_both_found(engine):
    engine.do(AddTeam("bench", SYSTEM, name="Bench"))
    engine.do(AddUser("ann", SYSTEM, name="Ann", roles=("employee",), teams=("bench",)))
    engine.do(Deploy((FileIn(MODEL.name, MODEL.read_bytes()),), SYSTEM, publish=True))
    started = engine.do(StartInstance("two-task", SYSTEM, variables={"amount": 5}))
    assert engine.ask(CheckHealth(SYSTEM)) == ()
    sql = create_engine(engine.url)
    with sql.begin() as db:  # what a bug or a careless hand might do
        db.execute(text("update task set node = 99"))
    sql.dispose()
    found = engine.ask(CheckHealth(SYSTEM))
    assert {f.code for f in found} == {"CRM-662", "CRM-663"}
    assert all(started.instance_id in f.message for f in found)
