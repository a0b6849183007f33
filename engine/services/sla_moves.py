"""What a change does to open clocks: the same code shows it before (preview) and does it, a page of clocks at a time.

Saving reckons the first page in its own transaction; the rest follow page by page as jobs of our own
(``crmflow:replan``), so that no case is locked for longer than one page takes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import false, func, select

from engine.domain import sla
from engine.domain.access import Actor
from engine.domain.calendar import Calendar
from engine.domain.sla_values import Move, Preview
from engine.domain.values import RecordRef
from engine.services import calendars, sla_clocks as clocks, sla_terms
from engine.services.calendars import choose
from engine.services.calendars_near import Near, versions
from engine.services.context import Context
from engine.services.library import Held
from engine.services.sla_terms import Asked, Known, Terms, offered, own_words, terms
from engine.services.sla_write import Row
from engine.store import due, rules
from engine.store.repos import JobLock
from engine.store.tables import instance
from engine.store.tables_time import sla_clock

PAGE = 500  # clocks reckoned, and cases locked, in one transaction
AGAIN = timedelta(minutes=1)  # after saving, the second look: "0" sorts before every clock's id
LOOK = 2000  # clocks a preview looks at
_Pairs = list[tuple[Row, Row]]  # (before, now)


@dataclass(frozen=True, slots=True)
class _Change:
    """What is saved: whose clocks it concerns, what it does to some of them, and how the job goes on."""

    which: Any
    fresh: Any  # those that have it already
    apply: Callable[[Sequence[Row]], _Pairs]
    drafts: Mapping[tuple[str, int], Calendar]  # calendars that are not saved yet
    reason: str
    job: Mapping[str, Any]


def reckon_anew(ctx: Context, open_: Sequence[Row], asked: Asked, by: str, reason: str) -> Preview:
    """The case's facts may have changed: ask the policies again, and reckon the clocks whose promise is another."""
    promises: list[tuple[Row, Terms, Mapping[str, Any]]] = []
    for clock in open_:
        if clock["policy"] is None:
            continue
        ref = RecordRef(clock["record_kind"], clock["record_id"]) if clock["record_id"] else None
        known = asked.about(clock["policy"], ref, clock["task_id"])
        promises.append((clock, terms(ctx, clock["mark"], known, held=asked.held), known))
    _by_state(ctx, promises, by)
    other = [(c, promise, said) for c, promise, said in promises if promise.target is not None and not same(c, promise)]
    near = Near(ctx, [_about(clock) for clock, _, _ in other]) if other else None
    pairs: _Pairs = []
    for clock, promise, said in other:
        before = dict(clock)
        clock["segment"] = said.get("segment")
        _promise_again(ctx, clock, promise, near)
        pairs.append((before, clock))
    return Preview(len(open_), tuple(_settle(ctx, pairs, by, reason)), len(open_))


def _by_state(ctx: Context, promises: Sequence[tuple[Row, Terms, Mapping[str, Any]]], by: str) -> None:
    """The record's state pauses clocks, or does not any more: also where the policy has dropped the state since."""
    asked = [found for found in promises if found[1].pause_states or found[0]["state"] == sla.ClockState.PAUSED]
    if not asked:
        return
    lines = clocks.pauses_of(ctx, [clock["id"] for clock, _, _ in asked])
    stop: dict[tuple[str, Any], list[Row]] = {}
    carry_on: list[Row] = []
    for clock, promise, said in asked:
        paused = any(line["source"] == "record" and line["until"] is None for line in lines[clock["id"]])
        state = said.get("state")
        if state in promise.pause_states and not paused:
            stop.setdefault((clock["record_id"] or "", state), []).append(clock)
        elif paused and state not in promise.pause_states:
            carry_on.append(clock)
    for (record_id, state), which in stop.items():
        clocks.pause(ctx, which, "record", record_id, f"state: {state}", by)
    if carry_on:
        clocks.resume(ctx, carry_on, "record", None, by)


def _about(clock: Row) -> tuple[str | None, tuple[str, ...]]:
    return clock["record_id"], (clock["team"],) if clock["team"] else ()


def _promise_again(ctx: Context, clock: Row, promise: Terms, near: Near | None) -> None:
    """Give a clock other terms; its start and its ledger stay."""
    clocks.promised(clock, promise, choose(ctx, list(promise.named), *_about(clock), near, clock["mark"].get("worker")))
    clock["ladder"] = [dict(rung) for rung in promise.ladder]
    clock["pausable"] = promise.pausable


def policy_changed(
    ctx: Context, key: str, version: int, content: Mapping[str, Any], *, by: str = "", write: bool = False
) -> Preview:
    """What a new content of a policy does to its open clocks; saving does a page of them, jobs the rest."""
    change = _policy(ctx, key, version, content)
    return _page(ctx, change, by, "") if write else _look(ctx, change)


def calendar_changed(
    ctx: Context, key: str, version: int, calendar: Calendar, *, by: str = "", write: bool = False
) -> Preview:
    """What a new content of a calendar does to the open clocks on it; saving does a page of them, jobs the rest."""
    change = _calendar(key, version, calendar)
    return _page(ctx, change, by, "") if write else _look(ctx, change)


def rules_changed(
    ctx: Context, held: Held, names: Collection[str], *, by: str = "", write: bool = False
) -> Preview | None:
    """What a new version of tables of targets does to the open clocks of the policies that ask them; None: none asks.

    ``held`` may be unsaved; ``names`` are the decisions it is asked by.
    """
    change = _tables(ctx, held, names)
    if change is None:
        return None
    return _page(ctx, change, by, "") if write else _look(ctx, change)


def go_on(ctx: Context, job: JobLock, by: Actor) -> None:
    """The next page of clocks of what somebody saved; if something newer was saved since, that has a job of its own."""
    said = job.payload
    key, version = said["key"], said["version"]
    change: _Change | None
    if said["what"] == "policy":
        content, newest = sla_terms.load(ctx, key)
        change = _policy(ctx, key, version, content)
    elif said["what"] == "rules":
        row = rules.versions(ctx.conn, key)[0]
        newest, change = row.version, _tables(ctx, ctx.library.rules(ctx.conn, row.id), row.provides)
    else:
        calendar, newest = calendars.load(ctx, key)
        change = _calendar(key, version, calendar)
    if newest == version and change is not None:
        _page(ctx, change, said["by"], said["after"])


def _policy(ctx: Context, key: str, version: int, content: Mapping[str, Any]) -> _Change:
    held = Known(ctx)

    def apply(rows: Sequence[Row]) -> _Pairs:
        near = Near(ctx, [_about(clock) for clock in rows])
        pairs = []
        for clock in rows:
            mark = clock["mark"]
            own, pausable = own_words(mark)
            found = offered(key, version, content, clock["metric"], clock["inputs"], mark, own, pausable, held=held)
            if found.target is None:
                continue  # what was promised stays promised
            before = dict(clock)
            _promise_again(ctx, clock, found, near)
            pairs.append((before, clock))
        return pairs

    c = sla_clock.c
    job = {"what": "policy", "key": key, "version": version}
    return _Change(c.policy == key, c.policy_version == version, apply, {}, f"policy {key} version {version}", job)


def _tables(ctx: Context, held: Held, names: Collection[str]) -> _Change | None:
    asking = [row.key for row in sla_terms.all_newest(ctx) if row.content.get("decision") in names]
    if not asking:
        return None
    # What a version leaves out goes on being decided by whoever else has it.
    known = Known(ctx, {name: held for name in names if name in held.model.decisions})

    def apply(rows: Sequence[Row]) -> _Pairs:
        near = Near(ctx, [_about(clock) for clock in rows])
        pairs = []
        for clock in rows:
            found = terms(ctx, clock["mark"], clock["inputs"], held=known)
            if found.target is None or same(clock, found):
                continue
            before = dict(clock)
            _promise_again(ctx, clock, found, near)
            pairs.append((before, clock))
        return pairs

    job = {"what": "rules", "key": held.key, "version": held.version}
    reason = f"rules {held.key} version {held.version}"
    return _Change(sla_clock.c.policy.in_(asking), false(), apply, {}, reason, job)


def _calendar(key: str, version: int, calendar: Calendar) -> _Change:
    def apply(rows: Sequence[Row]) -> _Pairs:
        pairs = []
        for clock in rows:
            before = dict(clock)
            clock["calendar_version"] = version
            about = {**clock["why"]["calendar"], "version": version, "zone": calendar.spec.zone}
            clock["why"] = {**clock["why"], "calendar": about}
            pairs.append((before, clock))
        return pairs

    c = sla_clock.c
    job = {"what": "calendar", "key": key, "version": version}
    reason = f"calendar {key} version {version}"
    return _Change(c.calendar == key, c.calendar_version == version, apply, {(key, version): calendar}, reason, job)


def _look(ctx: Context, change: _Change) -> Preview:
    """What it would do, to the clocks that are due first; nothing is written or locked."""
    c = sla_clock.c
    mine = (change.which, c.ended_at.is_(None))
    total = ctx.conn.scalar(select(func.count()).select_from(sla_clock).where(*mine)) or 0
    query = select(sla_clock).where(*mine).order_by(c.due_at.is_(None), c.due_at, c.id).limit(LOOK)
    rows = [dict(row) for row in ctx.conn.execute(query).mappings()]
    lines = clocks.pauses_of(ctx, [row["id"] for row in rows])
    pairs = change.apply(rows)
    named = {(clock["calendar"], clock["calendar_version"]) for _, clock in pairs if clock["calendar"] is not None}
    known = {**versions(ctx, named - change.drafts.keys()), **change.drafts}
    moves = []
    for before, clock in pairs:
        on = known.get((clock["calendar"], clock["calendar_version"]), sla.ALWAYS)
        clocks.reckon(clock, on, clocks.ledger(lines[clock["id"]]))
        moves += [_move(before, clock)] if _differs(before, clock) else []
    return Preview(total, tuple(moves), len(rows))


def _page(ctx: Context, change: _Change, by: str, after: str) -> Preview:
    """Reckon the next clocks anew; a job does those that are left."""
    if not after and change.job["version"] > 1:
        # Whoever is beginning a case at this moment reads the version before: look once more when they are done.
        _later(ctx, change, by, "0", ctx.now + AGAIN)
    c = sla_clock.c
    waiting = (change.which, ~change.fresh, c.ended_at.is_(None))
    query = select(c.id, c.instance_id).where(*waiting, c.id > after).order_by(c.id).limit(PAGE)
    page = ctx.conn.execute(query).all()
    if not page:
        return Preview(0, (), 0)
    # Instances first, in one order: who works on one of them holds it before its clocks.
    cases = sorted({row.instance_id for row in page})
    list(
        ctx.conn.scalars(
            select(instance.c.id).where(instance.c.id.in_(cases)).order_by(instance.c.id).with_for_update()
        )
    )
    ids = [row.id for row in page]
    query = select(sla_clock).where(*waiting, c.id.in_(ids)).order_by(c.id).with_for_update()
    rows = [dict(row) for row in ctx.conn.execute(query).mappings()]
    moves = _settle(ctx, change.apply(rows), by, change.reason)
    if len(page) == PAGE:
        _later(ctx, change, by, ids[-1], ctx.now)
        ctx.wake = True
    return Preview(len(rows), tuple(moves), len(rows))


def _later(ctx: Context, change: _Change, by: str, after: str, at: datetime) -> None:
    row = {"id": ctx.new_id(), "name": change.reason, "type": "crmflow:replan", "due_at": at}
    due.add(ctx.conn, ctx.now, [{**row, "payload": {**change.job, "after": after, "by": by}}])


def _settle(ctx: Context, pairs: _Pairs, by: str, reason: str) -> list[Move]:
    if pairs:
        clocks.settle(ctx, pairs, by, reason)
    return [_move(before, clock) for before, clock in pairs if _differs(before, clock)]


def same(clock: Row, promise: Terms) -> bool:
    """Whether the promise is the one the clock has: then nothing is written, so that reckoning is idempotent."""
    return (
        (clock["target"], clock["unit"]) == (str(promise.target), promise.target.unit.value if promise.target else "")
        and clock["policy_version"] == promise.version
        and clock["pausable"] == promise.pausable
        and dict(clock["inputs"]) == dict(promise.inputs)
        and clock["ladder"] == [dict(rung) for rung in promise.ladder]
        and (clock["why"].get("policy") or {}).get("answer") == promise.decided.get("answer")  # calendar and unit, too
    )


def _differs(before: Row, after: Row) -> bool:
    return (before["due_at"], before["target"]) != (after["due_at"], after["target"])


def _move(before: Row, after: Row) -> Move:
    times: tuple[datetime | None, datetime | None] = (before["due_at"], after["due_at"])
    return Move(after["id"], after["name"], after["instance_id"], *times, before["target"], after["target"])
