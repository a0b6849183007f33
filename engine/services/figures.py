"""Figures of finished cases, per version: on time, hand-offs, rework. Four statements, however many cases.

And how long work waits in the queues of teams.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import and_, case, func, literal, or_, select

from engine.domain.access import Right, ensure
from engine.domain.figures import FigureRow, QueueRow, ShowFigures, ShowQueues
from engine.domain.sla import ClockState
from engine.domain.states import ActivityState, InstanceState
from engine.services.context import Context
from engine.services.registry import answers
from engine.store.tables import activity, audit, definition, instance, task, task_candidate
from engine.store.tables_time import sla_clock
from engine.store.types import field_text

_AGES = (1, 3, 7)  # days
_NONE: tuple[int, ...] = (0, 0, 0)


@answers(ShowFigures)
def show(ctx: Context, ask: ShowFigures) -> tuple[FigureRow, ...]:
    """See the question."""
    ensure(ask.by, Right.TASK_MANAGE)
    i, d = instance.c, definition.c
    finished = and_(i.started_at >= ask.since, i.started_at < ask.until, i.state == InstanceState.COMPLETED.value)
    query = select(d.id, d.key, d.name, d.version, d.variant_of, func.count().label("cases"))
    query = query.join_from(instance, definition, d.id == i.definition_id).where(finished)
    if ask.key:
        query = query.where(or_(d.key == ask.key, d.variant_of == ask.key))
    rows = ctx.conn.execute(query.group_by(d.id, d.key, d.name, d.version, d.variant_of)).all()
    clocks, steps, moves = (
        {row[0]: tuple(int(n or 0) for n in row[1:]) for row in ctx.conn.execute(part)}
        for part in (_clocks(finished), _steps(finished), _moves(finished))
    )
    found = []
    for row in rows:
        promises, kept, *_ = clocks.get(row.id, _NONE)
        done, handoffs, again = steps.get(row.id, _NONE)
        moved = moves.get(row.id, _NONE)[0]
        version = (row.id, row.key, row.name, row.version, row.variant_of, row.cases)
        found.append(FigureRow(*version, promises, kept, done, handoffs, moved, again))
    return tuple(sorted(found, key=lambda one: (one.variant_of or one.key, one.key, -one.version)))


@answers(ShowQueues)
def queues(ctx: Context, ask: ShowQueues) -> tuple[QueueRow, ...]:
    """One statement; a task offered to two teams waits in both queues."""
    ensure(ask.by, Right.TASK_MANAGE)
    t, c = task.c, task_candidate.c
    edges = [ctx.now - timedelta(days=days) for days in _AGES]
    ages = [func.sum(case((t.created_at >= edge, 1), else_=0)) for edge in edges]
    query = select(c.candidate, func.count(), func.min(t.created_at), *ages)
    query = query.join_from(task_candidate, task, t.id == c.task_id)
    query = query.where(c.free.is_(True), c.candidate.startswith("team:")).group_by(c.candidate)
    rows = []
    for candidate, free, oldest, day, three, week in ctx.conn.execute(query.order_by(func.min(t.created_at))):
        since = (int(day), int(three - day), int(week - three), int(free - week))
        rows.append(QueueRow(candidate.removeprefix("team:"), free, oldest, since))
    return tuple(rows)


def _clocks(chosen: Any) -> Any:
    c, i = sla_clock.c, instance.c
    met = func.sum(case((c.state == ClockState.MET.value, 1), else_=0))
    judged = c.ended_at.is_not(None) & c.state.in_((ClockState.MET.value, ClockState.BREACHED.value))
    query = select(i.definition_id, func.count(), met).join_from(instance, sla_clock, c.instance_id == i.id)
    return query.where(chosen, judged).group_by(i.definition_id)


def _steps(chosen: Any) -> Any:
    """Human steps, each beside the one before it: of the case, and of the same element and item."""
    a, i = activity.c, instance.c
    before = func.lag(a.by).over(partition_by=a.instance_id, order_by=a.id)
    # Of a multi-instance activity each item is work of its own.
    same = func.lag(a.ended_at).over(
        partition_by=(a.instance_id, a.element_id, field_text(a.detail, literal("item"))), order_by=a.id
    )
    run = (a.by, before.label("before"), a.started_at.label("began"), same.label("ended"))
    inner = select(i.definition_id, *run).join_from(instance, activity, a.instance_id == i.id)
    s = inner.where(chosen, a.task_id.is_not(None), a.state == ActivityState.COMPLETED.value).subquery().c
    handed = func.sum(case((and_(s.before.is_not(None), s.by.is_not(None), s.before != s.by), 1), else_=0))
    again = func.sum(case((and_(s.ended.is_not(None), s.began >= s.ended), 1), else_=0))
    return select(s.definition_id, func.count(), handed, again).group_by(s.definition_id)


def _moves(chosen: Any) -> Any:
    u, i = audit.c, instance.c
    query = select(i.definition_id, func.count()).join_from(instance, audit, u.instance_id == i.id)
    return query.where(chosen, u.action.in_(("task.reassign", "task.delegate"))).group_by(i.definition_id)
