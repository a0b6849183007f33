"""Telling people: in the app always; by mail and webhook as they wish, as jobs of the same transaction, once each."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, insert, select, update

from engine.domain.access import Actor, may_work
from engine.domain.commands import MarkRead
from engine.domain.questions import ListNotifications
from engine.domain.telling import WAYS
from engine.domain.values import NotificationRow, Page
from engine.i18n import language, register, text
from engine.services.context import Context
from engine.services.outgoing import send
from engine.services.registry import answers, handles, port
from engine.store.repos import JobLock
from engine.store.tables import definition, label, notification, principal, task

register(
    {
        "told.assigned": ("“{task}” is yours now", "“{task}”现由您处理"),
        "told.about": ("{flow}: {subject}", "{flow}：{subject}"),
    }
)


@answers(ListNotifications)
def list_notifications(ctx: Context, ask: ListNotifications) -> Page[NotificationRow]:
    """One's own, newest first."""
    shown = [column for column in notification.c if column.name != "in_app"]
    query = select(*shown).where(notification.c.to == ask.by.id, notification.c.in_app.is_(True))
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
    kind: str = "told",
    due_at: datetime | None = None,
    ways: Collection[str] = WAYS,
) -> tuple[str, ...]:
    """Tell people in the app, and by the ways each wishes; the people told. Texts are in their language already.

    ``kind``: assigned, told, reminder: what somebody may want no mail about. ``ways``: by these alone; whom none of
    them reaches is told in the app all the same.
    """
    titles = dict.fromkeys(people, title)
    about: dict[str, Any] = {"task_id": task_id, "instance_id": instance_id}
    return tell_each(ctx, titles, body, **about, kind=kind, due_at=due_at, ways=ways)


def tell_each(
    ctx: Context,
    titles: Mapping[str, str],
    body: str = "",
    *,
    task_id: str | None = None,
    instance_id: str | None = None,
    kind: str = "told",
    due_at: datetime | None = None,
    ways: Collection[str] = WAYS,
) -> tuple[str, ...]:
    """``tell`` for people who read different titles (login → title): as many statements for a hundred as for one."""
    if not titles:
        return ()
    in_app = "app" in ways
    shared = {"body": body, "task_id": task_id, "instance_id": instance_id, "created_at": ctx.now, "in_app": in_app}
    shared["read_at"] = None if in_app else ctx.now
    rows = [{"id": ctx.new_id(), "to": who, "title": title, **shared} for who, title in titles.items()]
    ctx.conn.execute(insert(notification), rows)
    reached = send(ctx, rows, kind, due_at, ways)
    missed = [row["id"] for row in rows if row["to"] not in reached]
    if missed and not in_app:
        # No address, no mail server, or no wish for mail of this kind: never nowhere.
        change = update(notification).where(notification.c.id.in_(missed))
        ctx.conn.execute(change.values(in_app=True, read_at=None))
    return tuple(titles)


# --- work that has come to somebody --------------------------------------------------------------------


def assigned(ctx: Context, job: JobLock, by: Actor) -> None:
    """Tell the new assignee, if the task is still theirs. A login that nobody has, or no longer, keeps no work."""
    said = job.payload
    p = principal.c
    there = select(p.roles).where(p.id == said["login"], p.kind == "user", p.active.is_(True))
    if not may_work(ctx.conn.scalar(there) or ()):
        port("people.left")(ctx, said["login"])
        return
    row = _task(ctx, said["instance"], said["node"], said["login"])
    if row is None:
        return
    locale = language(row["locale"])
    body = text("told.about", locale, flow=row["flow"], subject=row["subject"] or row["business_key"] or "–")
    about = {"task_id": row["id"], "instance_id": said["instance"], "kind": "assigned", "due_at": row["due_at"]}
    tell(ctx, [said["login"]], text("told.assigned", locale, task=row["name"]), body, **about)


def _task(ctx: Context, instance: str, node: int, login: str) -> Mapping[Any, Any] | None:
    """The open task, named in the language of its assignee."""
    said, title = label.alias("said"), label.alias("title")
    t, p = task.c, principal.c
    mine = and_(said.c.definition_id == t.definition_id, said.c.locale == p.locale, said.c.element_id == t.element_id)
    flow = and_(title.c.definition_id == definition.c.id, title.c.locale == p.locale,
                title.c.element_id == definition.c.key)  # fmt: skip
    source = task.join(principal, p.id == t.assignee).join(definition, definition.c.id == t.definition_id)
    query = select(
        t.id, t.subject, t.business_key, t.due_at, p.locale,
        func.coalesce(said.c.text, t.name).label("name"),
        func.coalesce(title.c.text, definition.c.name).label("flow"),
    ).select_from(source.outerjoin(said, mine).outerjoin(title, flow))  # fmt: skip
    query = query.where(t.instance_id == instance, t.node == node, t.assignee == login)
    return ctx.conn.execute(query).mappings().first()
