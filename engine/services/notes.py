"""Notifications in the app: listing, marking as read, and writing one for each person named."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import func, insert, select, update

from engine.domain.commands import MarkRead
from engine.domain.questions import ListNotifications
from engine.domain.values import NotificationRow, Page
from engine.services.context import Context
from engine.services.registry import answers, handles
from engine.store.tables import notification


@answers(ListNotifications)
def list_notifications(ctx: Context, ask: ListNotifications) -> Page[NotificationRow]:
    """One's own, newest first."""
    query = select(notification).where(notification.c.to == ask.by.id)
    if ask.unread:
        query = query.where(notification.c.read_at.is_(None))
    total = ctx.conn.scalar(select(func.count()).select_from(query.limit(1000).subquery())) or 0
    if ask.cursor is not None:
        query = query.where(notification.c.id < ask.cursor)
    found = ctx.conn.execute(query.order_by(notification.c.id.desc()).limit(ask.limit + 1)).mappings().all()
    rows = tuple(NotificationRow(**row) for row in found[: ask.limit])
    more = rows[-1].id if len(found) > ask.limit else None
    return Page(rows, next=more, total=min(total, 999), more=total > 999)


@handles(MarkRead)
def mark_read(ctx: Context, cmd: MarkRead) -> int:
    change = update(notification).where(notification.c.to == cmd.by.id, notification.c.read_at.is_(None))
    if cmd.ids:
        change = change.where(notification.c.id.in_(cmd.ids))
    return ctx.conn.execute(change.values(read_at=ctx.now)).rowcount


def tell(
    ctx: Context,
    people: Iterable[str],
    title: str,
    body: str = "",
    *,
    task_id: str | None = None,
    instance_id: str | None = None,
) -> tuple[str, ...]:
    """Write a notification for each person; the people told."""
    told = tuple(dict.fromkeys(people))
    if told:
        shared = {"title": title, "body": body, "task_id": task_id, "instance_id": instance_id}
        rows = [{"id": ctx.new_id(), "to": who, "created_at": ctx.now, "read_at": None, **shared} for who in told]
        ctx.conn.execute(insert(notification), rows)
    return told
