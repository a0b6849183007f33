"""The estimate of breach before it happens: past durations of the same step, against the time that is left."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from engine.domain.access import may_see_task
from engine.domain.errors import Forbidden, NotFound
from engine.domain.estimate import RECENT, estimate
from engine.domain.sla_values import Estimate, EstimateTask
from engine.services.context import Context
from engine.services.registry import answers
from engine.store.tables import activity, definition, instance, task
from engine.store.tables_time import sla_clock


@answers(EstimateTask)
def estimate_task(ctx: Context, ask: EstimateTask) -> Estimate:
    """How long this step took in the newest cases of the same flow, whatever the version; and the risk to be late."""
    t = task.c
    row = ctx.conn.execute(
        select(t.assignee, t.candidates, t.element_id, t.created_at, t.due_at, definition.c.key)
        .join(definition, definition.c.id == t.definition_id)
        .where(t.id == ask.task_id)
    ).one_or_none()
    if row is None:
        raise NotFound("CRM-403", f"There is no open task '{ask.task_id}'.", fix="Look in your inbox.")
    if not may_see_task(ask.by, row.assignee, row.candidates):
        raise Forbidden("CRM-311", "That task is not yours to see.", fix="Ask a manager.")
    past = past_durations(ctx, row.key, row.element_id)
    clock = select(sla_clock.c.due_at).where(sla_clock.c.task_id == ask.task_id, sla_clock.c.ended_at.is_(None))
    due = ctx.conn.scalar(clock.order_by(sla_clock.c.due_at.is_(None), sla_clock.c.due_at).limit(1)) or row.due_at
    left = None if due is None else max(due - ctx.now, timedelta(0))
    return estimate(past, ctx.now - row.created_at, left)


def past_durations(ctx: Context, key: str, element: str) -> list[timedelta]:
    """How long people took for a step, the newest cases, oldest first."""
    a = activity.c
    mine = select(definition.c.id).where(definition.c.key == key)
    query = (
        select(a.started_at, a.ended_at)
        .join(instance, instance.c.id == a.instance_id)
        .where(a.element_id == element, a.state == "completed", a.task_id.is_not(None))
        .where((a.definition_id.in_(mine)) | (a.definition_id.is_(None) & instance.c.definition_id.in_(mine)))
    )
    rows = ctx.conn.execute(query.order_by(a.id.desc()).limit(RECENT)).all()
    return [row.ended_at - row.started_at for row in reversed(rows)]
