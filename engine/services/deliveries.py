"""What was sent to whom by which way, and what came of it: its job waits, failed, or is gone because it is done."""

from __future__ import annotations

from typing import Any

from sqlalchemy import and_, case, func, select, update

from engine.domain.access import Right, ensure
from engine.domain.errors import NotFound
from engine.domain.staff import DeliveryRow, ListDeliveries, ReportBounce
from engine.domain.values import Page
from engine.services.context import Context
from engine.services.registry import answers, handles
from engine.store.tables import job, notification
from engine.store.tables_people import delivery

_D = delivery.c
_STATE = case(
    (_D.bounced_at.is_not(None), "bounced"),
    (_D.job_id.is_(None), "digest"),
    (job.c.id.is_(None), "sent"),
    (job.c.state == "incident", "failed"),
    else_="waiting",
)


@answers(ListDeliveries)
def list_deliveries(ctx: Context, ask: ListDeliveries) -> Page[DeliveryRow]:
    """One's own, or (managing people) everybody's; newest first."""
    if ask.login != ask.by.id:
        ensure(ask.by, Right.PEOPLE_MANAGE)
    source = delivery.join(notification, notification.c.id == _D.notification_id)
    query: Any = select(
        _D.id, _D.to, notification.c.title, _D.channel, _STATE.label("state"), _D.created_at,
        job.c.due_at, func.coalesce(_D.reason, job.c.error).label("error"), _D.message_id,
    ).select_from(source.outerjoin(job, and_(job.c.id == _D.job_id)))  # fmt: skip
    if ask.login is not None:
        query = query.where(_D.to == ask.login)
    if ask.failed:
        query = query.where(_STATE.in_(("failed", "bounced")))
    total = ctx.conn.scalar(select(func.count()).select_from(query.limit(1000).subquery())) or 0
    if ask.cursor is not None:
        query = query.where(_D.id < ask.cursor)
    found = ctx.conn.execute(query.order_by(_D.id.desc()).limit(ask.limit + 1)).mappings().all()
    rows = tuple(DeliveryRow(**row) for row in found[: ask.limit])
    more = rows[-1].id if len(found) > ask.limit else None
    return Page(rows, next=more, total=min(total, 999), more=total > 999)


@handles(ReportBounce)
def report_bounce(ctx: Context, cmd: ReportBounce) -> int:
    """A mail came back, says whoever reads the postmaster's box. Raises ``NotFound`` CRM-423."""
    ensure(cmd.by, Right.PEOPLE_MANAGE)
    named = f"<{cmd.message_id.strip().strip('<>')}>"
    values = {"bounced_at": ctx.now, "reason": cmd.reason[:2000]}
    count = ctx.conn.execute(update(delivery).where(_D.message_id == named).values(values)).rowcount
    if not count:
        raise NotFound("CRM-423", f"No mail '{named}' was sent from here.", fix="Check the Message-ID.")
    ctx.audit(cmd.by, "mail.bounce", target=named[:255], detail={"mails": count})
    return count
