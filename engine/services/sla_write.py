"""Writing many SLA clocks at once: rows, rungs, alarms, history. Statements do not grow with the number of clocks.

The alarm is a job of our own (``crmflow:rung``) that only says "look": it is deleted without waiting, and one too many
does nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, insert, select, update

from engine.services.context import Context
from engine.store import due
from engine.store.tables import job
from engine.store.tables_time import sla_change, sla_clock, sla_rung

ALARM = "crmflow:rung"
Row = dict[str, Any]
Plan = Sequence[tuple[str, datetime | None]]  # (rung, when)
_R = sla_rung.c
_OPEN_RUNG = (_R.clock_id == bindparam("of"), _R.rung == bindparam("key"), _R.state == "planned")
_MOVE = update(sla_rung).where(*_OPEN_RUNG).values(due_at=bindparam("at"))
_DROP = delete(sla_rung).where(*_OPEN_RUNG)
_FIXED = ("id", "instance_id", "task_id", "node", "element_id", "started_at")  # of a clock, never changed
_CHANGED: dict[str, Any] = {c.name: bindparam(f"new_{c.name}") for c in sla_clock.c if c.name not in _FIXED}
_STORE = update(sla_clock).where(sla_clock.c.id == bindparam("of")).values(_CHANGED)


def store(ctx: Context, which: Sequence[Row]) -> None:
    """Write clocks' rows."""
    rows = [{"of": clock["id"], **{f"new_{name}": clock[name] for name in _CHANGED}} for clock in which]
    if rows:
        ctx.conn.execute(_STORE, rows)


def arm(ctx: Context, which: Iterable[tuple[Row, Iterable[datetime | None]]]) -> None:
    """See that somebody looks at each clock at the next time anything is due on it."""
    stale, fresh = [], []
    for clock, times in which:
        awaited = [at for at in times if at is not None]
        if clock["due_at"] is not None and clock["breached_at"] is None and clock["ended_at"] is None:
            awaited.append(clock["due_at"])
        first = min(awaited, default=None)
        if first == clock["alarm_at"] and clock["alarm_id"] is not None:
            continue
        stale.append(clock)
        fresh.append((clock, first))
    silence(ctx, stale)
    jobs = []
    for clock, first in fresh:
        if first is None:
            continue
        clock["alarm_id"], clock["alarm_at"] = ctx.new_id(), first
        row = {"id": clock["alarm_id"], "name": clock["name"], "type": ALARM, "payload": {"clock": clock["id"]}}
        jobs.append({**row, "due_at": first})
        ctx.wake = ctx.wake or first <= ctx.now
    due.add(ctx.conn, ctx.now, jobs)


def silence(ctx: Context, which: Sequence[Row]) -> None:
    """Take alarms away; one that a worker holds at this moment will find nothing to do."""
    ids = [clock["alarm_id"] for clock in which if clock["alarm_id"] is not None]
    if ids:
        mine = select(job.c.id).where(job.c.id.in_(ids)).with_for_update(skip_locked=True)
        ctx.conn.execute(delete(job).where(job.c.id.in_(mine)))
    for clock in which:
        clock["alarm_id"] = clock["alarm_at"] = None


def replan(ctx: Context, plans: Sequence[tuple[Row, Plan]]) -> None:
    """Give the rungs that have not fired their new times. A rung that is new and past already is skipped, and told."""
    known = _rungs_of(ctx, [clock["id"] for clock, _ in plans])
    new: list[Row] = []
    moved: list[Row] = []
    gone: list[Row] = []
    awaited = []
    for clock, plan in plans:
        mine, wanted = known.get(clock["id"], {}), dict(plan)
        times = []
        for rung, when in plan:
            old = mine.get(rung)
            late = old is None and when is not None and when <= ctx.now
            if old is None:
                did = [{"skipped": "its time had passed when it was added"}] if late else None
                row = {"clock_id": clock["id"], "rung": rung, "due_at": when, "did": did}
                new.append({**row, "state": "skipped" if late else "planned"})
            elif old.state == "planned" and old.due_at != when:
                moved.append({"of": clock["id"], "key": rung, "at": when})
            if not late and (old is None or old.state == "planned"):
                times.append(when)
        lost = [rung for rung, row in mine.items() if rung not in wanted and row.state == "planned"]
        gone += [{"of": clock["id"], "key": rung} for rung in lost]
        awaited.append((clock, times))
    for statement, rows in ((insert(sla_rung), new), (_MOVE, moved), (_DROP, gone)):
        if rows:
            ctx.conn.execute(statement, rows)
    arm(ctx, awaited)


def _rungs_of(ctx: Context, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for row in ctx.conn.execute(select(_R.clock_id, _R.rung, _R.state, _R.due_at).where(_R.clock_id.in_(ids))):
        found.setdefault(row.clock_id, {})[row.rung] = row
    return found


def skip_rungs(ctx: Context, ids: Collection[str]) -> None:
    """The rungs that have not fired never will."""
    change = update(sla_rung).where(_R.clock_id.in_(ids), _R.state == "planned")
    ctx.conn.execute(change.values(state="skipped", due_at=None))


def remember(ctx: Context, changed: Sequence[tuple[Row, Row]], by: str, reason: str) -> None:
    """Keep what moved in each clock: (before, now)."""
    line = {"at": ctx.now, "by": by, "reason": reason}
    rows = [
        {**line, "clock_id": clock["id"], "before": brief(before), "after": brief(clock)}
        for before, clock in changed
        if brief(before) != brief(clock)
    ]
    if rows:
        ctx.conn.execute(insert(sla_change), rows)


def brief(clock: Mapping[str, Any]) -> Row:
    """What the history keeps of a clock."""
    at = clock["due_at"]
    names = ("state", "target", "unit", "calendar", "calendar_version", "policy", "policy_version", "span")
    return {**{name: clock[name] for name in names}, "due": at.isoformat() if at else None}
