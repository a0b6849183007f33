"""What a change does to open clocks: the same code shows it before (preview) and does it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from engine.domain import sla
from engine.domain.calendar import Calendar
from engine.domain.sla_values import Move, Preview
from engine.domain.values import RecordRef
from engine.services import sla_clocks as clocks
from engine.services.calendars import Chosen, choose
from engine.services.context import Context
from engine.services.sla_clocks import Row
from engine.services.sla_terms import Terms, facts, offered, terms
from engine.store.tables import instance
from engine.store.tables_time import sla_clock

_Change = Callable[[Row], Calendar | None]  # changes the row; the calendar it runs on then, or None: unchanged


def reckon_anew(ctx: Context, open_: Sequence[Row], variables: Mapping[str, Any], by: str, reason: str) -> Preview:
    """The case's facts may have changed: ask the policies again, and reckon the clocks whose promise is another."""
    moves = []
    known: dict[RecordRef | None, Mapping[str, Any]] = {}
    for clock in open_:
        if clock["policy"] is None:
            continue
        ref = RecordRef(clock["record_kind"], clock["record_id"]) if clock["record_id"] else None
        if ref not in known:
            known[ref] = facts(ctx, variables, ref)
        promise = terms(ctx, clock["mark"], known[ref])
        if promise.pause_states:
            _by_state(ctx, clock, promise, ref, known[ref].get("state"), by)
        if promise.target is None or _same(clock, promise):
            continue
        before = dict(clock)
        clock["segment"] = known[ref].get("segment")
        promise_again(ctx, clock, promise)
        moves += _apply(ctx, [(before, clock)], by, reason)
    return Preview(len(open_), tuple(moves))


def _by_state(ctx: Context, clock: Row, promise: Terms, ref: RecordRef | None, state: Any, by: str) -> None:
    """The record's state pauses the clock, or does not any more."""
    lines = clocks.pauses_of(ctx, [clock["id"]])[clock["id"]]
    paused = any(line["source"] == "record" and line["until"] is None for line in lines)
    if state in promise.pause_states and not paused:
        clocks.pause(ctx, [clock], "record", ref.id if ref else "", f"state: {state}", by)
    elif paused and state not in promise.pause_states:
        clocks.resume(ctx, [clock], "record", None, by)


def promise_again(ctx: Context, clock: Row, promise: Terms, hold: Chosen | None = None) -> Chosen:
    """Give a clock other terms; its start and its ledger stay."""
    teams = [clock["team"]] if clock["team"] else []
    chosen = hold or choose(ctx, list(promise.named), clock["record_id"], teams)
    clocks.promised(clock, promise, chosen)
    clock["ladder"] = [dict(rung) for rung in promise.ladder]
    clock["pausable"] = promise.pausable
    return chosen


def policy_changed(
    ctx: Context, key: str, version: int, content: Mapping[str, Any], *, by: str = "", write: bool = False
) -> Preview:
    """What a new content of a policy does to its open clocks."""

    def change(clock: Row) -> Calendar | None:
        mark = clock["mark"]
        own = (("the element", str(mark["calendar"])),) if mark.get("calendar") else ()
        found = offered(ctx, key, version, content, clock["metric"], clock["inputs"], mark, own)
        if found.target is None:
            return None
        return promise_again(ctx, clock, found).calendar

    return _over(ctx, sla_clock.c.policy == key, change, by, f"policy {key} version {version}", write)


def calendar_changed(
    ctx: Context, key: str, version: int, calendar: Calendar, *, by: str = "", write: bool = False
) -> Preview:
    """What a new content of a calendar does to the open clocks on it."""

    def change(clock: Row) -> Calendar | None:
        clock["calendar_version"] = version
        about = {**clock["why"]["calendar"], "version": version, "zone": calendar.spec.zone}
        clock["why"] = {**clock["why"], "calendar": about}
        return calendar

    return _over(ctx, sla_clock.c.calendar == key, change, by, f"calendar {key} version {version}", write)


def _over(ctx: Context, which: Any, change: _Change, by: str, reason: str, write: bool) -> Preview:
    """Apply a change to all open clocks it concerns, or only say what it would do."""
    c = sla_clock.c
    query = select(sla_clock).where(which, c.ended_at.is_(None)).order_by(c.id)
    if write:
        # Instances first, in one order: who works on one of them holds it before its clocks.
        mine = select(c.instance_id).where(which, c.ended_at.is_(None))
        lock = select(instance.c.id).where(instance.c.id.in_(mine)).order_by(instance.c.id).with_for_update()
        held = list(ctx.conn.scalars(lock))
        # Those of other instances began since, with the new content already; these are read as they are now.
        query = query.where(c.instance_id.in_(held)).with_for_update()
    rows = [dict(row) for row in ctx.conn.execute(query).mappings()]
    lines = clocks.pauses_of(ctx, [row["id"] for row in rows])
    pairs, moves = [], []
    for clock in rows:
        before = dict(clock)
        calendar = change(clock)
        if calendar is None:
            continue
        if write:
            pairs.append((before, clock))
            continue
        clocks.reckon(clock, sla.ALWAYS if clock["calendar"] is None else calendar, clocks.ledger(lines[clock["id"]]))
        moves += [_move(before, clock)] if _differs(before, clock) else []
    if write:
        moves = _apply(ctx, pairs, by, reason)
    return Preview(len(rows), tuple(moves))


def _apply(ctx: Context, pairs: Sequence[tuple[Row, Row]], by: str, reason: str) -> list[Move]:
    lines = clocks.pauses_of(ctx, [clock["id"] for _, clock in pairs])
    moves = []
    for before, clock in pairs:
        clocks.settle(ctx, clock, clocks.ledger(lines[clock["id"]]), before, by, reason)
        if _differs(before, clock):
            moves.append(_move(before, clock))
    return moves


def _same(clock: Row, promise: Terms) -> bool:
    """Whether the promise is the one the clock has: then nothing is written, so that reckoning is idempotent."""
    return (
        (clock["target"], clock["unit"]) == (str(promise.target), promise.target.unit.value if promise.target else "")
        and clock["policy_version"] == promise.version
        and clock["pausable"] == promise.pausable
        and dict(clock["inputs"]) == dict(promise.inputs)
        and clock["ladder"] == [dict(rung) for rung in promise.ladder]
    )


def _differs(before: Row, after: Row) -> bool:
    return (before["due_at"], before["target"]) != (after["due_at"], after["target"])


def _move(before: Row, after: Row) -> Move:
    times: tuple[datetime | None, datetime | None] = (before["due_at"], after["due_at"])
    return Move(after["id"], after["name"], after["instance_id"], *times, before["target"], after["target"])
