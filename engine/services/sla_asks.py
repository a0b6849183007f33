"""Questions about time: the clocks of a task or case, why a deadline is what it is, the wall with the ladder's log."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import case, func, select, union_all

from engine.domain import sla
from engine.domain.access import Actor, Right, ensure, may_see_task
from engine.domain.errors import Forbidden, NotFound
from engine.domain.sla_values import ClockRow, DeadlineWhy, ListClocks, RungRow, ShowWall, Wall, WhyDeadline
from engine.services import sla_clocks as clocks
from engine.services.calendars_near import CUSTOMERS, versions
from engine.services.context import Context
from engine.services.registry import answers
from engine.services.sight import within
from engine.services.sla_write import Row
from engine.services.spoken import spoken
from engine.store.tables import record, record_link, task
from engine.store.tables_time import sla_change, sla_clock, sla_rung

LOOKED = 5000  # clocks that the wall counts: every share of the time used is reckoned on its calendar
AT_RISK = 0.75  # share of the target from which a clock is at risk
_GROUPS = {"team": "team", "flow": "definition_key", "segment": "segment"}


@answers(ListClocks)
def list_clocks(ctx: Context, ask: ListClocks) -> tuple[ClockRow, ...]:
    """Clocks of a task (with those of its case) or of a case, open ones first."""
    ensure(ask.by, Right.TASK_WORK)
    c = sla_clock.c
    instance_id = ask.instance_id
    if ask.task_id is not None:
        row = ctx.conn.execute(
            select(task.c.instance_id, task.c.assignee, task.c.candidates).where(task.c.id == ask.task_id)
        ).one_or_none()
        if row is None or not may_see_task(ask.by, row.assignee, row.candidates):
            return ()
        instance_id = row.instance_id
    else:
        ensure(ask.by, Right.INSTANCE_READ)
    query = select(sla_clock).where(c.instance_id == instance_id)
    if ask.task_id is not None:
        query = query.where((c.task_id == ask.task_id) | c.task_id.is_(None))
    found = [dict(row) for row in ctx.conn.execute(query.order_by(c.ended_at.is_not(None), c.due_at, c.id)).mappings()]
    return _rows(ctx, found, ask.by)


@answers(WhyDeadline)
def why_deadline(ctx: Context, ask: WhyDeadline) -> DeadlineWhy:
    """The stored explanation, and the same reckoned again from the stored inputs. Raises ``NotFound`` CRM-417."""
    clock = _clock(ctx, ask)
    lines = clocks.pauses_of(ctx, [clock["id"]])[clock["id"]]
    again = replay(ctx, clock, lines)
    rungs = select(sla_rung).where(sla_rung.c.clock_id == clock["id"]).order_by(sla_rung.c.due_at, sla_rung.c.rung)
    changes = select(sla_change).where(sla_change.c.clock_id == clock["id"]).order_by(sla_change.c.id)
    return DeadlineWhy(
        clock=_rows(ctx, [clock], ask.by)[0],
        why=clock["why"],
        replayed=again["due_at"],
        same=_bare(again["why"]) == _bare(clock["why"]) and again["due_at"] == clock["due_at"],
        # What still was paused when the clock ended ended with it.
        pauses=tuple({**line, "until": line["until"] or clock["ended_at"]} for line in lines),
        rungs=tuple(_rung(row, clock) for row in ctx.conn.execute(rungs).mappings()),
        changes=tuple(dict(row) for row in ctx.conn.execute(changes).mappings()),
    )


def _bare(why: Any) -> Any:
    """An explanation without the holidays' Chinese names: a better translation does not change what was reckoned."""
    if isinstance(why, dict):
        return {name: _bare(value) for name, value in why.items() if name != "chinese"}
    return [_bare(each) for each in why] if isinstance(why, list) else why


def replay(ctx: Context, clock: Row, lines: Sequence[Mapping[str, Any]]) -> Row:
    """Reckon a clock again from nothing but what is stored: start, target, the calendar's version, the ledger."""
    again = {name: clock[name] for name in ("started_at", "target", "unit", "metric", "pausable", "breached_at")}
    again |= {"state": clock["state"], "calendar": clock["calendar"], "calendar_version": clock["calendar_version"]}
    again["why"] = {"policy": clock["why"]["policy"], "calendar": clock["why"]["calendar"]}
    known = versions(ctx, [(clock["calendar"], clock["calendar_version"])] if clock["calendar"] is not None else ())
    clocks.reckon(again, next(iter(known.values()), sla.ALWAYS), clocks.ledger(lines))
    return again


@answers(ShowWall)
def show_wall(ctx: Context, ask: ShowWall) -> Wall:
    """What breaches now or next, what is paused and why, by team, flow or segment, with the ladder's log."""
    ensure(ask.by, Right.TASK_MANAGE)
    found, open_ = _nearest(ctx)
    rows = _rows(ctx, found, ask.by)
    group = _GROUPS.get(ask.by_what, "team")
    counts = dict.fromkeys(("breached", "risk", "paused", "running"), 0)
    groups: dict[str, dict[str, int]] = {}
    shown = []
    wanted = ask.state or ask.only.get("state")
    for row in rows:
        state, name = look(row), str(getattr(row, group) or "")
        if not _meant(ask, row):
            continue
        counts[state] += 1
        groups.setdefault(name, dict.fromkeys(counts, 0))[state] += 1
        if wanted in (None, state) and ask.only.get("group", name) == name:
            shown.append(row)
    customers = sorted({row.customer for row in rows if row.customer}, key=lambda known: (known[1], known[0]))
    assignees = sorted({row.assignee for row in rows if row.assignee})
    named = dict(sorted(groups.items()))
    shares = {"rows": len(shown), "looked": len(rows), "open": open_}
    clocks_ = tuple(shown[: ask.limit])
    return Wall(counts, clocks_, named, _log(ctx, ask.by), tuple(customers), tuple(assignees), **shares)


def _nearest(ctx: Context) -> tuple[list[Row], int]:
    """The open clocks that the wall looks at, what is due first before what is paused, and how many there are."""
    c = sla_clock.c
    query = select(sla_clock).where(c.ended_at.is_(None)).order_by(c.due_at.is_(None), c.due_at, c.id)
    rows = [dict(row) for row in ctx.conn.execute(query.limit(LOOKED)).mappings()]
    if len(rows) < LOOKED:
        return rows, len(rows)
    # What is paused has no due time and comes last: it would be crowded out, and its number be a false nought.
    paused = [dict(row) for row in ctx.conn.execute(query.where(c.due_at.is_(None)).limit(LOOKED // 3)).mappings()]
    due_first = [row for row in rows if row["due_at"] is not None][: LOOKED - len(paused)]
    return due_first + paused, ctx.conn.scalar(select(func.count()).where(c.ended_at.is_(None))) or 0


def _meant(ask: ShowWall, row: ClockRow) -> bool:
    """Whether a clock is of the customer and of the person asked for."""
    whose = {"": row.assignee, "-": None}.get(ask.assignee, ask.assignee)
    return row.assignee == whose and (not ask.customer or (row.customer or ("",))[0] == ask.customer)


def look(row: ClockRow) -> str:
    """How a clock looks on the wall: breached, paused, risk, running."""
    if row.state in ("breached", "paused"):
        return row.state
    return "risk" if row.used >= AT_RISK else "running"


def _log(ctx: Context, by: Actor) -> tuple[RungRow, ...]:
    r, c = sla_rung.c, sla_clock.c
    query = select(sla_rung, c.name, c.instance_id, c.task_id, c.element_id, c.definition_key)
    query = query.join(sla_clock, c.id == r.clock_id).where(r.fired_at.is_not(None))
    rows = ctx.conn.execute(query.order_by(r.fired_at.desc()).limit(50)).mappings().all()
    said = spoken(ctx, by, [_spot(row) for row in rows])
    return tuple(_rung(row, {**row, "name": said.get(_spot(row), row["name"])}) for row in rows)


def _clock(ctx: Context, ask: WhyDeadline) -> Row:
    row = ctx.conn.execute(select(sla_clock).where(sla_clock.c.id == ask.clock_id)).mappings().one_or_none()
    if row is None:
        raise NotFound("CRM-417", f"There is no SLA clock '{ask.clock_id}'.", fix="Look at the task again.")
    if Right.INSTANCE_READ not in ask.by.rights:
        query = select(task.c.assignee, task.c.candidates).where(task.c.instance_id == row["instance_id"])
        seen = any(may_see_task(ask.by, t.assignee, t.candidates) for t in ctx.conn.execute(query))
        if not seen:
            raise Forbidden("CRM-311", "That deadline is not of a case you work on.", fix="Ask a manager.")
    return dict(row)


def _rows(ctx: Context, found: Sequence[Row], by: Actor) -> tuple[ClockRow, ...]:
    """Clocks as lists show them; a fixed number of statements for any number."""
    ids = [row["id"] for row in found]
    lines = clocks.pauses_of(ctx, ids) if ids else {}
    tasks, customers = _tasks(ctx, found), _customers(ctx, found, by)
    said = spoken(ctx, by, [_spot(row) for row in found])
    known = versions(ctx, [(row["calendar"], row["calendar_version"]) for row in found if row["calendar"]])
    shown = []
    for row in found:
        calendar = known.get((row["calendar"], row["calendar_version"]), sla.ALWAYS)
        open_lines = [line for line in lines[row["id"]] if line["until"] is None and row["ended_at"] is None]
        last = open_lines[-1] if open_lines else None
        about = tasks.get(row["task_id"] or row["instance_id"])
        shown.append(
            ClockRow(
                **{name: row[name] for name in _PLAIN},
                name=said.get(_spot(row), row["name"]),
                assignee=about.assignee if about else None,
                subject=about.subject if about else None,
                customer=customers.get(row["record_id"] or ""),
                paused_since=last["since"] if last else None,
                paused_for=last["reason"] if last else "",
                used=clocks.used(row, calendar, clocks.ledger(lines[row["id"]]), ctx.now),
            )
        )
    return tuple(shown)


def _spot(row: Mapping[Any, Any]) -> tuple[str, str]:
    """Where a clock's name is drawn: at its step; that of a whole case at its flow."""
    return row["instance_id"], row["element_id"] or row["definition_key"]


def _tasks(ctx: Context, found: Iterable[Row]) -> dict[str, Any]:
    """The open tasks of clocks by their id; for the clock of a case the oldest open one, by the case's id."""
    ticking = [row for row in found if row["ended_at"] is None]
    ids = [row["task_id"] for row in ticking if row["task_id"]]
    cases = [row["instance_id"] for row in ticking if not row["task_id"]]
    if not ticking:
        return {}
    t = task.c
    query = select(t.id, t.instance_id, t.assignee, t.subject).where(t.id.in_(ids) | t.instance_id.in_(cases))
    rows = ctx.conn.execute(query.order_by(t.created_at.desc(), t.id.desc())).all()
    return {row.instance_id: row for row in rows} | {row.id: row for row in rows}


def _customers(ctx: Context, found: Iterable[Row], by: Actor) -> dict[str, tuple[str, str]]:
    """Whom cases are about or for, by the case's record: (id, name); only those whose record the reader sees."""
    ids = sorted({row["record_id"] for row in found if row["record_id"]})
    if not ids:
        return {}
    r, a_link = record.c, record_link.c
    themselves = select(r.id.label("about"), r.id, r.name).where(r.id.in_(ids), r.kind.in_(CUSTOMERS))
    linked = select(a_link.from_id.label("about"), r.id, r.name).join_from(record_link, record, r.id == a_link.to_id)
    linked = linked.where(a_link.from_id.in_(ids), r.kind.in_(CUSTOMERS))
    seen = within(ctx, by)
    if seen is not None:
        themselves, linked = themselves.where(seen), linked.where(seen)
    # An account comes before the contact who wrote for it.
    rank = case({kind: n for n, kind in enumerate(CUSTOMERS)}, value=r.kind)
    both = union_all(themselves.add_columns(rank.label("rank")), linked.add_columns(rank.label("rank"))).subquery()
    rows = ctx.conn.execute(select(both).order_by(both.c.rank.desc(), both.c.id.desc()))
    return {row.about: (row.id, row.name) for row in rows}


def _rung(row: Mapping[Any, Any], clock: Mapping[Any, Any]) -> RungRow:
    times: tuple[datetime | None, datetime | None] = (row["due_at"], row["fired_at"])
    about = (clock["name"], clock["instance_id"], clock["task_id"])
    return RungRow(row["clock_id"], row["rung"], row["state"], *times, tuple(row["did"] or ()), *about)


_PLAIN = (
    "id",
    "instance_id",
    "task_id",
    "metric",
    "scope",
    "state",
    "started_at",
    "due_at",
    "breached_at",
    "ended_at",
    "target",
    "calendar",
    "policy",
    "definition_key",
    "team",
    "segment",
)
