"""Telling people: in the app always; by mail and webhook as they wish, as jobs of the same transaction, once each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, insert, select, update

from engine.connectors.letters import News, Reader, letter
from engine.domain.access import Actor
from engine.domain.commands import MarkRead
from engine.domain.questions import ListNotifications
from engine.domain.telling import Wishes, mail_at
from engine.domain.values import NotificationRow, Page
from engine.i18n import language, register, text
from engine.services.context import Context
from engine.services.registry import answers, handles
from engine.store import due
from engine.store.repos import JobLock
from engine.store.tables import definition, label, notification, principal, task
from engine.store.tables_people import delivery, person

register(
    {
        "told.assigned": ("“{task}” is yours now", "“{task}”现由您处理"),
        "told.about": ("{flow}: {subject}", "{flow}：{subject}"),
    }
)


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
    kind: str = "told",
    due_at: datetime | None = None,
) -> tuple[str, ...]:
    """Tell people in the app, and by the ways each wishes; the people told. Texts are in their language already.

    ``kind``: assigned, told, reminder: what somebody may want no mail about.
    """
    told = tuple(dict.fromkeys(people))
    if not told:
        return ()
    shared = {"title": title, "body": body, "task_id": task_id, "instance_id": instance_id}
    rows = [{"id": ctx.new_id(), "to": who, "created_at": ctx.now, "read_at": None, **shared} for who in told]
    ctx.conn.execute(insert(notification), rows)
    _send(ctx, rows, kind, due_at)
    return told


@dataclass(frozen=True, slots=True)
class _Reader:
    """Somebody who may be written to."""

    email: str | None
    reader: Reader
    wishes: Wishes


def _readers(ctx: Context, logins: Iterable[str]) -> dict[str, _Reader]:
    p = principal.c
    query = select(p.id, p.email, p.name, p.locale, p.timezone, person.c.tell)
    query = query.select_from(principal.outerjoin(person, person.c.login == p.id))
    found = ctx.conn.execute(query.where(p.id.in_(list(logins)), p.active.is_(True)))
    return {
        login: _Reader(email, Reader(name, language(locale), zone), Wishes.of(tell or {}))
        for login, email, name, locale, zone, tell in found
    }


def _send(ctx: Context, rows: list[dict[str, Any]], kind: str, due_at: datetime | None) -> None:
    """The ways out beside the app: a row of ``delivery`` and a job each."""
    mails = ctx.settings.smtp_url is not None
    if not mails and not ctx.settings.allowed_hosts:
        return  # nothing leaves this installation
    jobs: list[dict[str, Any]] = []
    sent: list[dict[str, Any]] = []
    readers = _readers(ctx, [row["to"] for row in rows])
    for row in rows:
        known = readers.get(row["to"])
        if known is None:
            continue
        if known.wishes.webhook is not None:
            jobs.append(_hook(ctx, row, known.wishes.webhook))
            sent.append(_delivery(ctx, row, "webhook", jobs[-1]["id"]))
        if not mails or not known.email or known.wishes.mail == "off" or kind in known.wishes.off:
            continue
        if known.wishes.mail == "digest":
            _ensure_digest(ctx, row["to"], known)
            sent.append(_delivery(ctx, row, "mail", None))
            continue
        when = mail_at(known.wishes, ctx.now, known.reader.zone)
        jobs.append(_mail(ctx, known, [_news(ctx, row, due_at)], when, row["instance_id"]))
        sent.append(_delivery(ctx, row, "mail", jobs[-1]["id"]))
    if jobs:
        due.add(ctx.conn, ctx.now, jobs)
        ctx.wake = True
    if sent:
        ctx.conn.execute(insert(delivery), sent)


def _delivery(ctx: Context, row: Mapping[str, Any], channel: str, job_id: str | None) -> dict[str, Any]:
    return {
        "id": ctx.new_id(),
        "notification_id": row["id"],
        "to": row["to"],
        "channel": channel,
        "job_id": job_id,
        "message_id": message_id(job_id) if job_id and channel == "mail" else None,
        "created_at": ctx.now,
    }


def message_id(job_id: str) -> str:
    """The Message-ID of a job's mail: the same however often it is sent (the mail connector makes the same)."""
    return f"<{job_id}@crmflow>"


def _news(ctx: Context, row: Mapping[str, Any], due_at: datetime | None) -> News:
    base = ctx.settings.base_url.rstrip("/")
    link = f"{base}/tasks/{row['task_id']}" if row["task_id"] else None
    if link is None and row["instance_id"]:
        link = f"{base}/instances/{row['instance_id']}"
    return News(row["title"], row["body"], row["created_at"], link, due_at)


def _mail(ctx: Context, known: _Reader, news: list[News], when: datetime, instance: str | None) -> dict[str, Any]:
    written = letter(known.reader, news, f"{ctx.settings.base_url.rstrip('/')}/profile")
    given = {"to": known.email, "subject": written.subject, "text": written.text, "html": written.html}
    payload = {"input": given, "headers": {}}
    job = {"id": ctx.new_id(), "name": written.subject, "type": "mail", "payload": payload, "due_at": when}
    return {**job, "instance_id": instance}


def _hook(ctx: Context, row: Mapping[str, Any], url: str) -> dict[str, Any]:
    names = ("id", "to", "title", "body", "task_id", "instance_id")
    data = {**{name: row[name] for name in names}, "at": row["created_at"].isoformat()}
    payload = {"input": {"url": url, "event": "notification", "data": data}, "headers": {}}
    job = {"id": ctx.new_id(), "name": row["title"], "type": "webhook", "payload": payload, "due_at": ctx.now}
    return {**job, "instance_id": row["instance_id"]}


# --- digests -----------------------------------------------------------------------------------------


def _ensure_digest(ctx: Context, login: str, known: _Reader) -> None:
    """A job for the next digest, unless one is planned already."""
    waiting = select(delivery.c.id).where(delivery.c.to == login, delivery.c.job_id.is_(None)).limit(1)
    if ctx.conn.scalar(waiting) is None:
        when = mail_at(known.wishes, ctx.now, known.reader.zone)
        new = {"id": ctx.new_id(), "name": "digest", "type": "crmflow:digest", "payload": {"login": login}}
        due.add(ctx.conn, ctx.now, [{**new, "due_at": when}])


def digest(ctx: Context, job: JobLock, by: Actor) -> None:
    """Everything that waited for the digest goes out as one mail."""
    login = job.payload["login"]
    query = select(delivery.c.id.label("delivery_id"), notification).join_from(
        delivery, notification, notification.c.id == delivery.c.notification_id
    )
    query = query.where(delivery.c.to == login, delivery.c.job_id.is_(None)).order_by(delivery.c.id)
    rows = ctx.conn.execute(query).mappings().all()
    known = _readers(ctx, [login]).get(login)
    if not rows or known is None or not known.email:
        return
    mail = _mail(ctx, known, [_news(ctx, dict(row), None) for row in rows], ctx.now, None)
    due.add(ctx.conn, ctx.now, [mail])
    ids = [row["delivery_id"] for row in rows]
    sent = {"job_id": mail["id"], "message_id": message_id(mail["id"])}
    ctx.conn.execute(update(delivery).where(delivery.c.id.in_(ids)).values(sent))
    ctx.wake = True


# --- work that has come to somebody --------------------------------------------------------------------


def assigned(ctx: Context, job: JobLock, by: Actor) -> None:
    """Tell the new assignee, if the task is still theirs."""
    said = job.payload
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
