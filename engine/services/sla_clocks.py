"""SLA clocks as rows: opened with their explanation, reckoned anew, paused, ended.

Locks: the instance is held by whoever comes here; clocks, rungs and alarms follow it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, select, update

from engine.domain import sla
from engine.domain.calendar import Calendar
from engine.domain.sla import OPEN, ClockState, Pause, Unit
from engine.services import sla_write as write
from engine.services.calendars import Chosen
from engine.services.calendars_near import versions
from engine.services.context import Context
from engine.services.sla_terms import Terms
from engine.services.sla_write import Row
from engine.store.moves import move_due
from engine.store.tables_time import sla_clock, sla_pause, sla_rung


def open_of(ctx: Context, instance_id: str) -> list[Row]:
    """The clocks of a case that have not ended, locked (a breached clock runs on until its work is done)."""
    c = sla_clock.c
    query = select(sla_clock).where(c.instance_id == instance_id, c.ended_at.is_(None)).order_by(c.id)
    return [dict(row) for row in ctx.conn.execute(query.with_for_update()).mappings()]


def pauses_of(ctx: Context, clock_ids: Iterable[str]) -> dict[str, list[Row]]:
    """The ledgers of clocks."""
    ids = list(clock_ids)
    found: dict[str, list[Row]] = {key: [] for key in ids}
    query = select(sla_pause).where(sla_pause.c.clock_id.in_(ids)).order_by(sla_pause.c.since, sla_pause.c.id)
    for row in ctx.conn.execute(query).mappings():
        found[row["clock_id"]].append(dict(row))
    return found


def ledger(rows: Iterable[Mapping[str, Any]]) -> list[Pause]:
    """Rows as the domain has them."""
    return [Pause(row["since"], row["until"], row["reason"], row["by"]) for row in rows]


def open_clock(ctx: Context, base: Row, terms: Terms, chosen: Chosen, started: datetime) -> Row:
    """Start a clock: its row, its rungs, its alarm."""
    assert terms.target is not None
    clock: Row = {
        **base,
        "id": ctx.new_id(),
        "policy": terms.policy,
        "policy_version": terms.version,
        "pausable": terms.pausable,
        "inputs": dict(terms.inputs),
        "ladder": [dict(rung) for rung in terms.ladder],
        "state": ClockState.RUNNING.value,
        "started_at": started,
        "breached_at": None,
        "ended_at": None,
        "alarm_id": None,
        "alarm_at": None,
    }
    promised(clock, terms, chosen)
    reckon(clock, chosen.calendar if clock["calendar"] else sla.ALWAYS, [])
    plan = rungs(clock, chosen.calendar if clock["calendar"] else sla.ALWAYS, [])
    write.arm(ctx, [(clock, [when for _, when in plan])])
    ctx.conn.execute(insert(sla_clock), [clock])
    rows = [{"clock_id": clock["id"], "rung": key, "due_at": when, "state": "planned"} for key, when in plan]
    if rows:
        ctx.conn.execute(insert(sla_rung), rows)
    return clock


def promised(clock: Row, terms: Terms, chosen: Chosen) -> None:
    """Write the promise into a clock: target, calendar, and where both come from."""
    target = terms.target
    assert target is not None
    by_wall = target.unit is Unit.CALENDAR
    clock["target"], clock["unit"] = str(target), target.unit.value
    clock["calendar"], clock["calendar_version"] = (None, None) if by_wall else (chosen.key, chosen.version)
    clock["policy"], clock["policy_version"], clock["inputs"] = terms.policy, terms.version, dict(terms.inputs)
    clock["why"] = {
        "policy": {"key": terms.policy, "version": terms.version, **terms.decided},
        "calendar": {
            "key": clock["calendar"],
            "version": clock["calendar_version"],
            "zone": "UTC" if by_wall else chosen.calendar.spec.zone,
            "via": "the target counts every hour" if by_wall else chosen.via,
            "considered": list(chosen.considered),
        },
    }


def reckon(clock: Row, calendar: Calendar, pauses: Sequence[Pause]) -> None:
    """Work out span, due time, state and explanation from target, start and ledger. Pure but for the row."""
    target = sla.duration(clock["target"], clock["unit"])
    started = clock["started_at"]
    counted = pauses if clock["pausable"] else []
    span = sla.span_of(calendar, started, target)
    due_at = sla.due(calendar, started, span, counted)
    clock["span"], clock["due_at"] = sla.iso(span), due_at
    if clock["breached_at"] is None:
        clock["state"] = (ClockState.PAUSED if due_at is None else ClockState.RUNNING).value
    told = []
    for part in sla.parts(calendar, started, span, counted):
        line: Row = {
            "kind": part.kind,
            "start": part.start.isoformat(),
            "end": part.end.isoformat() if part.end else None,
            "seconds": part.counted.total_seconds(),
            "reason": part.reason,
        }
        if part.kind == "work" and part.counted:
            line["days"] = calendar.explain(part.start, part.counted).to_mapping()
        told.append(line)
    clock["why"] = {
        **clock["why"],
        "metric": clock["metric"],
        "target": clock["target"],
        "unit": clock["unit"],
        "start": started.isoformat(),
        "due": due_at.isoformat() if due_at else None,
        "parts": told,
    }


def rungs(clock: Row, calendar: Calendar, pauses: Sequence[Pause]) -> list[tuple[str, datetime | None]]:
    """When each rung of a clock's ladder is due."""
    span = sla.duration(clock["span"]).span
    counted = pauses if clock["pausable"] else []
    ladder = sla.ladder(clock["ladder"])
    return [(r.key, sla.rung_at(r, calendar, clock["started_at"], span, counted)) for r in ladder]


def end(ctx: Context, which: Sequence[Row], *, cancelled: bool = False) -> None:
    """The work is done (or no longer wanted): met or breached, and the open rungs go.

    A pause that lasts stays open in the ledger: it ends with its clock, and replaying must know that nothing else did.
    """
    if not which:
        return
    for clock in which:
        clock["ended_at"] = ctx.now
        late = clock["breached_at"] is not None or (clock["due_at"] is not None and ctx.now > clock["due_at"])
        if cancelled:
            clock["state"] = ClockState.CANCELLED.value
            continue
        if late and clock["breached_at"] is None:
            clock["breached_at"] = clock["due_at"]
        clock["state"] = (ClockState.BREACHED if late else ClockState.MET).value
    write.silence(ctx, which)
    write.store(ctx, which)
    write.skip_rungs(ctx, [clock["id"] for clock in which])


def pause(ctx: Context, clocks: Sequence[Row], source: str, ref: str, reason: str, by: str) -> int:
    """Begin a pause of these clocks; those that cannot be paused (legal ones) tick on. How many stopped."""
    stopped = [clock for clock in clocks if clock["pausable"] and clock["state"] in OPEN]
    if not stopped:
        return 0
    line = {"since": ctx.now, "until": None, "reason": reason, "source": source, "ref": ref, "by": by}
    rows = [{"id": ctx.new_id(), "clock_id": clock["id"], **line} for clock in stopped]
    ctx.conn.execute(insert(sla_pause), rows)
    _resettle(ctx, stopped, by, f"paused: {reason}")
    return len(stopped)


def resume(ctx: Context, clocks: Sequence[Row], source: str, ref: str | None, by: str) -> int:
    """End the pauses that this source (and ref) made; how many clocks it touched."""
    p = sla_pause.c
    ids = [clock["id"] for clock in clocks]
    mine = [p.clock_id.in_(ids), p.source == source, p.until.is_(None)]
    if ref is not None:
        mine.append(p.ref == ref)
    touched = set(ctx.conn.scalars(select(p.clock_id).where(*mine)))
    if not touched:
        return 0
    ctx.conn.execute(update(sla_pause).where(*mine).values(until=ctx.now))
    _resettle(ctx, [clock for clock in clocks if clock["id"] in touched], by, "resumed")
    return len(touched)


def _resettle(ctx: Context, clocks: Sequence[Row], by: str, reason: str) -> None:
    settle(ctx, [(dict(clock), clock) for clock in clocks], by, reason)


def settle(ctx: Context, changed: Sequence[tuple[Row, Row]], by: str, reason: str) -> None:
    """Reckon clocks anew after something changed ((before, now) each), re-plan their open rungs, keep what moved.

    As many statements for a hundred clocks as for one.
    """
    which = [clock for _, clock in changed]
    lines = pauses_of(ctx, [clock["id"] for clock in which])
    known = versions(ctx, [(c["calendar"], c["calendar_version"]) for c in which if c["calendar"] is not None])
    plans = []
    for clock in which:
        calendar = known.get((clock["calendar"], clock["calendar_version"]), sla.ALWAYS)
        pauses = ledger(lines[clock["id"]])
        reckon(clock, calendar, pauses)
        if clock["breached_at"] is not None and clock["due_at"] is not None and clock["due_at"] > ctx.now:
            clock["breached_at"], clock["state"] = None, ClockState.RUNNING.value  # the promise was mended in time
        plans.append((clock, rungs(clock, calendar, pauses)))
    write.replan(ctx, plans)
    write.store(ctx, which)
    write.remember(ctx, changed, by, reason)
    # A date that a person gave the task stays as long as the promise does not move.
    drives = [c for was, c in changed if c["task_id"] and c["mark"].get("drives") and was["due_at"] != c["due_at"]]
    move_due(ctx.conn, {c["task_id"]: c["due_at"] for c in drives})


def used(clock: Mapping[str, Any], calendar: Calendar, pauses: Sequence[Pause], now: datetime) -> float:
    """Share of the target that has passed: 1.0 = due."""
    span = sla.duration(clock["span"]).span
    until = clock["ended_at"] or now
    counted = pauses if clock["pausable"] else []
    return sla.elapsed(calendar, clock["started_at"], until, counted) / (span or timedelta(seconds=1))
