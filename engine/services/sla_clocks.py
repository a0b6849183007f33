"""SLA clocks as rows: opened with their explanation, reckoned anew, paused, ended; their rungs and their alarm.

Locks: the instance is held by whoever comes here; clocks, rungs and alarms follow it. The alarm is a job of our own
(``crmflow:rung``) that only says "look": it is deleted without waiting, and one too many does nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, insert, select, update

from engine.domain import sla
from engine.domain.calendar import Calendar
from engine.domain.sla import OPEN, ClockState, Pause, Unit
from engine.services import calendars
from engine.services.calendars import Chosen
from engine.services.context import Context
from engine.services.sla_terms import Terms
from engine.store import due
from engine.store.moves import change_tasks
from engine.store.tables import job
from engine.store.tables_time import sla_change, sla_clock, sla_pause, sla_rung

ALARM = "crmflow:rung"
Row = dict[str, Any]


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


def calendar_of(ctx: Context, clock: Mapping[str, Any]) -> Calendar:
    """The version a clock runs on."""
    if clock["unit"] == Unit.CALENDAR or clock["calendar"] is None:
        return sla.ALWAYS
    return calendars.load(ctx, clock["calendar"], clock["calendar_version"])[0]


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
    arm(ctx, clock, [when for _, when in plan])
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
    span = sla.span_of(calendar, started, target, counted)
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


def arm(ctx: Context, clock: Row, times: Iterable[datetime | None]) -> None:
    """See that somebody looks at the clock at the next time anything is due on it."""
    awaited = [at for at in times if at is not None]
    if clock["due_at"] is not None and clock["breached_at"] is None and clock["ended_at"] is None:
        awaited.append(clock["due_at"])
    first = min(awaited, default=None)
    if first == clock["alarm_at"] and clock["alarm_id"] is not None:
        return
    silence(ctx, clock)
    if first is None:
        return
    clock["alarm_id"], clock["alarm_at"] = ctx.new_id(), first
    row = {"id": clock["alarm_id"], "name": clock["name"], "type": ALARM, "payload": {"clock": clock["id"]}}
    due.add(ctx.conn, ctx.now, [{**row, "due_at": first}])
    if first <= ctx.now:
        ctx.wake = True


def silence(ctx: Context, clock: Row) -> None:
    """Take the alarm away; one that a worker holds at this moment will find nothing to do."""
    if clock["alarm_id"] is not None:
        mine = select(job.c.id).where(job.c.id == clock["alarm_id"]).with_for_update(skip_locked=True)
        ctx.conn.execute(delete(job).where(job.c.id.in_(mine)))
    clock["alarm_id"] = clock["alarm_at"] = None


def settle(ctx: Context, clock: Row, pauses: Sequence[Pause], before: Row | None, by: str, reason: str) -> None:
    """Reckon a clock anew after something changed, re-plan its open rungs, keep the history of what moved."""
    calendar = calendar_of(ctx, clock)
    reckon(clock, calendar, pauses)
    if clock["breached_at"] is not None and clock["due_at"] is not None and clock["due_at"] > ctx.now:
        clock["breached_at"], clock["state"] = None, ClockState.RUNNING.value  # the promise was mended in time
    replan(ctx, clock, rungs(clock, calendar, pauses))
    store(ctx, clock)
    if before is not None and moved(before, clock):
        row = {"clock_id": clock["id"], "at": ctx.now, "by": by, "reason": reason}
        ctx.conn.execute(insert(sla_change), [{**row, "before": brief(before), "after": brief(clock)}])
    if clock["task_id"] is not None and clock["mark"].get("drives"):
        change_tasks(ctx.conn, [clock["task_id"]], {"due_at": clock["due_at"]})


def replan(ctx: Context, clock: Row, plan: Sequence[tuple[str, datetime | None]]) -> None:
    """Give the rungs that have not fired their new times. A rung that is new and past already is skipped, and told."""
    c = sla_rung.c
    query = select(c.rung, c.state, c.due_at).where(c.clock_id == clock["id"])
    known = {row.rung: row for row in ctx.conn.execute(query)}
    wanted = dict(plan)
    for rung, when in wanted.items():
        old = known.get(rung)
        if old is None:
            late = when is not None and when <= ctx.now
            did = [{"skipped": "its time had passed when it was added"}] if late else None
            row = {"clock_id": clock["id"], "rung": rung, "due_at": when, "did": did}
            ctx.conn.execute(insert(sla_rung), [{**row, "state": "skipped" if late else "planned"}])
        elif old.state == "planned" and old.due_at != when:
            change = update(sla_rung).where(c.clock_id == clock["id"], c.rung == rung, c.state == "planned")
            ctx.conn.execute(change.values(due_at=when))
    gone = [rung for rung, row in known.items() if rung not in wanted and row.state == "planned"]
    if gone:
        ctx.conn.execute(delete(sla_rung).where(c.clock_id == clock["id"], c.rung.in_(gone)))
    waiting = [r for r in wanted if known.get(r) is None or known[r].state == "planned"]
    arm(ctx, clock, [wanted[r] for r in waiting if not (known.get(r) is None and _past(wanted[r], ctx.now))])


def _past(when: datetime | None, now: datetime) -> bool:
    return when is not None and when <= now


def store(ctx: Context, clock: Row) -> None:
    """Write a clock's row."""
    values = {name: value for name, value in clock.items() if name != "id"}
    ctx.conn.execute(update(sla_clock).where(sla_clock.c.id == clock["id"]).values(values))


def end(ctx: Context, clock: Row, *, cancelled: bool = False) -> None:
    """The work is done (or no longer wanted): met or breached, and its open rungs go."""
    silence(ctx, clock)
    clock["ended_at"] = ctx.now
    if cancelled:
        clock["state"] = ClockState.CANCELLED.value
    else:
        late = clock["breached_at"] is not None or (clock["due_at"] is not None and ctx.now > clock["due_at"])
        if late and clock["breached_at"] is None:
            clock["breached_at"] = clock["due_at"]
        clock["state"] = (ClockState.BREACHED if late else ClockState.MET).value
    store(ctx, clock)
    c = sla_rung.c
    ctx.conn.execute(
        update(sla_rung).where(c.clock_id == clock["id"], c.state == "planned").values(state="skipped", due_at=None)
    )
    ctx.conn.execute(
        update(sla_pause).where(sla_pause.c.clock_id == clock["id"], sla_pause.c.until.is_(None)).values(until=ctx.now)
    )


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
    lines = pauses_of(ctx, [clock["id"] for clock in clocks])
    for clock in clocks:
        settle(ctx, clock, ledger(lines[clock["id"]]), dict(clock), by, reason)


def moved(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether anything a person would notice changed."""
    return brief(before) != brief(after)


def brief(clock: Mapping[str, Any]) -> Row:
    """What the history keeps of a clock."""
    at = clock["due_at"]
    names = ("state", "target", "unit", "calendar", "calendar_version", "policy", "policy_version", "span")
    return {**{name: clock[name] for name in names}, "due": at.isoformat() if at else None}


def used(clock: Mapping[str, Any], calendar: Calendar, pauses: Sequence[Pause], now: datetime) -> float:
    """Share of the target that has passed: 1.0 = due."""
    span = sla.duration(clock["span"]).span
    until = clock["ended_at"] or now
    counted = pauses if clock["pausable"] else []
    return sla.elapsed(calendar, clock["started_at"], until, counted) / (span or timedelta(seconds=1))
