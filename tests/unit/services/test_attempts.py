"""A part of a command that fails, or is only tried, leaves nothing behind: no row, no line of the audit, no wake."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from engine.domain.access import SYSTEM
from engine.services.context import Context

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
UNUSED: Any = None


@pytest.fixture
def ctx() -> Iterator[Context]:
    with create_engine("sqlite://").connect() as conn:
        conn.execute(text("create table kept (name text)"))
        yield Context(conn, NOW, UNUSED, UNUSED, UNUSED, UNUSED)


def write(ctx: Context, name: str) -> None:
    ctx.conn.execute(text("insert into kept values (:name)"), {"name": name})
    ctx.audit(SYSTEM, name, instance_id="one")
    ctx.wake = True


def left(ctx: Context) -> tuple[list[str], list[str], bool]:
    rows = list(ctx.conn.scalars(text("select name from kept")))
    return rows, [row["action"] for row in ctx.trail.rows], ctx.wake


def test_a_failed_attempt_is_undone_and_its_cause_goes_on(ctx: Context) -> None:
    ctx.audit(SYSTEM, "before", instance_id="one")
    with pytest.raises(LookupError), ctx.attempt():
        write(ctx, "inner")
        ctx.trail.seal("one", None)
        raise LookupError
    assert left(ctx) == ([], ["before"], False)
    assert "digest" not in ctx.trail.rows[0], "what was sealed in the attempt is sealed anew"


def test_an_attempt_that_goes_well_stays(ctx: Context) -> None:
    with ctx.attempt():
        write(ctx, "inner")
    assert left(ctx) == (["inner"], ["inner"], True)


def test_a_trial_leaves_nothing_whatever_comes_of_it(ctx: Context) -> None:
    with ctx.trial():
        write(ctx, "inner")
        assert left(ctx) == (["inner"], ["inner"], True)
    assert left(ctx) == ([], [], False)
    with pytest.raises(LookupError), ctx.trial():
        write(ctx, "inner")
        raise LookupError
    assert left(ctx) == ([], [], False)
