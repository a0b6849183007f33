"""What was sent to whom by which way, and what came of it: its job waits, failed, or is gone because it is done."""

from __future__ import annotations

from typing import Any

from sqlalchemy import and_, case, delete, func, select, update

from engine.domain.access import Right, ensure
from engine.domain.errors import Conflict, Invalid, NotFound
from engine.domain.staff import DeliveryRow, ListDeliveries, ReportBounce, SendAgain
from engine.domain.values import Page
from engine.services import outgoing
from engine.services.context import Context
from engine.services.registry import answers, handles
from engine.store import due
from engine.store.repos import lock_job
from engine.store.tables import job, notification, task
from engine.store.tables_people import delivery

_D = delivery.c
_STATE = case(
    (and_(_D.bounced_at.is_not(None), _D.job_id.is_(None)), "failed"),  # nobody to send the digest to
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


@handles(SendAgain)
def send_again(ctx: Context, cmd: SendAgain) -> int:
    """A fresh job instead of the old one: what was wrong may have been the address itself.

    A digest goes out whole again: its other notifications failed with it.
    """
    mine = select(_D.to, _D.channel, _D.job_id).where(_D.id == cmd.delivery_id)
    row = ctx.conn.execute(mine).one_or_none()
    if row is None or (row.to != cmd.by.id and Right.PEOPLE_MANAGE not in cmd.by.rights):
        raise NotFound("CRM-437", f"Nothing '{cmd.delivery_id}' was sent.", fix="Look at the list of what was sent.")
    if row.job_id is not None:
        lock_job(ctx.conn, row.job_id)  # two clicks: the second one finds the first one's job
    these = _D.id == cmd.delivery_id if row.job_id is None else _D.job_id == row.job_id
    source = delivery.join(notification, notification.c.id == _D.notification_id)
    query = select(notification, _D.id.label("delivery_id"), _STATE.label("state"), task.c.due_at)
    source = source.outerjoin(job, job.c.id == _D.job_id).outerjoin(task, task.c.id == notification.c.task_id)
    again = ctx.conn.execute(query.select_from(source).where(these).order_by(_D.id)).mappings().all()
    if not again or any(each["state"] not in ("failed", "bounced") for each in again):
        raise Conflict("CRM-225", "This has not failed, or is on its way again.", fix="Look at what became of it.")
    known = outgoing.readers(ctx, [row.to]).get(row.to)
    if known is None or not (known.email if row.channel == "mail" else known.wishes.webhook):
        raise Invalid(
            "CRM-098", f"'{row.to}' cannot be reached by {row.channel}.", fix="Give their address first, then retry."
        )
    if row.channel == "mail":
        told = [outgoing.news(ctx, dict(each), each["due_at"]) for each in again]
        fresh = outgoing.mail(ctx, known, told, ctx.now, again[0]["instance_id"] if len(again) == 1 else None)
    else:
        fresh = outgoing.hook(ctx, dict(again[0]), known)
    if row.job_id is not None:
        ctx.conn.execute(delete(job).where(job.c.id == row.job_id))  # and with it, its incident
    due.add(ctx.conn, ctx.now, [fresh])
    values: dict[str, Any] = {"job_id": fresh["id"], "bounced_at": None, "reason": None}
    values["message_id"] = outgoing.message_id(fresh["id"]) if row.channel == "mail" else None
    ctx.conn.execute(update(delivery).where(_D.id.in_([each["delivery_id"] for each in again])).values(values))
    ctx.audit(cmd.by, "delivery.again", target=cmd.delivery_id, detail={"to": row.to, "channel": row.channel})
    ctx.wake = True
    return len(again)
