"""The facade: one transaction per command, run again when a race was lost, errors in our words."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

import psycopg
import pytest

from engine.app import Engine
from engine.domain.access import SYSTEM
from engine.domain.commands import Command, Deploy, StartInstance
from engine.domain.errors import Conflict, Invalid, Unavailable
from engine.domain.values import RecordRef
from engine.services import registry
from engine.settings import Settings
from engine.store import servers, tables as t
from tests.store.drawing import END, START, flow, model


@dataclass(frozen=True, slots=True)
class Poke(Command[int]):
    """A command of this test's own."""


@pytest.fixture
def poke(monkeypatch):
    def use(handler):
        monkeypatch.setitem(registry.commands, Poke, handler)
        return Poke()

    return use


def _file(ctx, key: str) -> None:
    ctx.conn.execute(t.file.insert().values(hash=key, name="n", media_type="x", content=b"", at=ctx.now, by="me"))


@pytest.mark.parametrize(
    "error",
    [psycopg.errors.SerializationFailure(), psycopg.errors.DeadlockDetected(), sqlite3.OperationalError("locked")],
)
def test_a_lost_race_is_run_again_from_the_start(engine, poke, error):
    tries = []

    def handler(ctx, cmd):
        tries.append(ctx)
        _file(ctx, "once")  # would break the key if the first try had left anything
        if len(tries) == 1:
            raise error
        return len(tries)

    assert engine.do(poke(handler)) == 2


def test_a_race_lost_for_ever_is_a_conflict(engine, poke):
    def handler(ctx, cmd):
        _file(ctx, "same")
        _file(ctx, "same")

    with pytest.raises(Conflict) as error:
        engine.do(poke(handler))
    assert error.value.code == "CRM-299"


def test_a_raise_leaves_no_trace(engine, poke):
    def handler(ctx, cmd):
        _file(ctx, "gone")
        ctx.audit(SYSTEM, "poke")
        raise Invalid("CRM-099", "no")

    with pytest.raises(Invalid):
        engine.do(poke(handler))
    with engine._db.connect() as conn:
        assert conn.execute(t.file.select()).all() == []
        assert conn.execute(t.audit.select()).all() == []


def test_a_record_that_does_not_exist_is_told(engine, bench):
    engine.do(Deploy((model("short", START + END + flow("start>end")),), SYSTEM, publish=True))
    with pytest.raises(Invalid) as error:
        engine.do(StartInstance("short", SYSTEM, {"lead": RecordRef("lead", "nowhere")}))
    assert error.value.code == "CRM-017"


def test_an_absent_database_is_unavailable():
    engine = Engine.open("postgresql://nobody@127.0.0.1:1/none", settings=Settings(retries=0))
    with pytest.raises(Unavailable) as error:
        engine.do(StartInstance("x", SYSTEM))
    assert error.value.code == "CRM-701"
    engine.close()


@pytest.mark.parametrize("url", ["mysql://x/y", "nonsense", "sqlite://"])
def test_other_databases_are_refused(url):
    with pytest.raises(Invalid) as error:
        Engine.open(url)
    assert error.value.code == "CRM-010"


def test_a_fresh_database_of_either_kind_goes_by_its_name(server):
    for name in ("sqlite", "postgresql"):
        engine = Engine.open(servers.resolve(name))
        engine.migrate()
        assert engine.url != name
        engine.close()
