"""Connections kept between commands: lent once at a time, clean when they come back, gone after a driver's error."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import delete, func, select, text

from engine.domain.access import SYSTEM
from engine.domain.commands import Deploy
from engine.domain.errors import CrmflowError, Invalid
from engine.domain.questions import ActorOfToken
from engine.domain.values import FileIn
from engine.store.database import DRIVER_ERRORS
from engine.store.standby import Standby
from engine.store.tables import start_subscription as starts

MODEL = Path(__file__).parents[1] / "models" / "shop.bpmn"


@pytest.fixture
def standby(engine):
    bench = Standby(engine._db, limit=1)
    yield bench
    bench.clear()


def test_the_same_connection_serves_again_without_a_transaction(standby):
    with standby.lend() as first:
        first.execute(text("SELECT 1"))
    assert not first.in_transaction()
    with standby.lend() as second:
        assert second is first
        with standby.lend() as third:  # lent meanwhile: another one
            assert third is not first
    assert not third.closed
    assert first.closed, "above the limit nothing is kept"


def test_a_refusal_rolls_back_and_keeps_the_connection(standby, engine):
    engine.do(Deploy((FileIn("shop.bpmn", MODEL.read_bytes()),), SYSTEM, publish=True))
    with pytest.raises(Invalid), standby.lend() as conn:
        conn.execute(delete(starts))
        raise Invalid("CRM-010", "no", fix="no")
    assert not conn.closed
    with standby.lend() as again:
        assert again is conn
        assert again.execute(select(func.count()).select_from(starts)).scalar_one() > 0


def test_a_drivers_error_ends_the_connection(standby):
    with pytest.raises(DRIVER_ERRORS), standby.lend() as conn:
        conn.execute(delete(starts))
        conn.execute(text("SELECT nothing FROM nowhere"))
    assert conn.closed
    with standby.lend() as next_one:
        assert next_one.execute(text("SELECT 1")).scalar_one() == 1


def test_a_restarted_server_costs_one_answer(postgres):
    def asked() -> str:
        try:
            postgres.ask(ActorOfToken("none"))
        except CrmflowError as error:
            return error.code
        return "answered"

    assert asked() == "CRM-303"
    with postgres._db.connect() as conn:
        mine = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
        conn.execute(text(mine + " AND pid <> pg_backend_pid()"))
    assert [asked(), asked(), asked()] == ["CRM-701", "CRM-303", "CRM-303"]
