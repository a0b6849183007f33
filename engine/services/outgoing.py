"""The ways out beside the app: mail at once or as a digest, webhook. Rows and jobs of the transaction; jobs send."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, update

from engine.connectors.letters import News, Reader, letter
from engine.connectors.webhook import body_of, header
from engine.domain.access import Actor
from engine.domain.telling import WAYS, Wishes, mail_at
from engine.i18n import language
from engine.services.context import Context
from engine.store import due, locks
from engine.store.repos import JobLock
from engine.store.tables import notification, principal
from engine.store.tables_people import delivery, person

_D = delivery.c
_TRIES = 10  # over an hour and a half: mail servers are restarted, and make strangers wait
#: Waits for the digest: no job has it, and nobody has given it up.
WAITING = (_D.job_id.is_(None), _D.bounced_at.is_(None))


@dataclass(frozen=True, slots=True)
class Known:
    """Somebody who may be written to."""

    email: str | None
    reader: Reader
    wishes: Wishes
    key: str | None = None  # signs their webhooks


def readers(ctx: Context, logins: Iterable[str]) -> dict[str, Known]:
    """The active ones of these people; one statement."""
    p = principal.c
    query = select(p.id, p.email, p.name, p.locale, p.timezone, person.c.tell)
    query = query.select_from(principal.outerjoin(person, person.c.login == p.id))
    found = ctx.conn.execute(query.where(p.id.in_(list(logins)), p.active.is_(True)))
    return {
        login: Known(email, Reader(name, language(locale), zone), Wishes.of(tell or {}), (tell or {}).get("key"))
        for login, email, name, locale, zone, tell in found
    }


def send(
    ctx: Context, rows: Sequence[Mapping[str, Any]], kind: str, due_at: datetime | None, ways: Collection[str] = WAYS
) -> set[str]:
    """A row of ``delivery`` and a job for each of the ways that the people of these notifications wish for.

    Who is reached by any of them; a mail that waits for the digest counts.
    """
    mails = ctx.settings.smtp_url is not None and "mail" in ways
    hooks = "webhook" in ways
    if not mails and not (hooks and ctx.settings.allowed_hosts):
        return set()  # nothing of this leaves the installation
    jobs: list[dict[str, Any]] = []
    sent: list[dict[str, Any]] = []
    digests: dict[str, Known] = {}
    people = readers(ctx, [row["to"] for row in rows])
    for row in rows:
        known = people.get(row["to"])
        if known is None:
            continue
        if hooks and known.wishes.webhook is not None:
            jobs.append(hook(ctx, row, known))
            sent.append(_delivery(ctx, row, "webhook", jobs[-1]["id"]))
        if not mails or not known.email or known.wishes.mail == "off" or kind in known.wishes.off:
            continue
        if known.wishes.mail == "digest":
            digests[row["to"]] = known
            sent.append(_delivery(ctx, row, "mail", None))
            continue
        when = mail_at(known.wishes, ctx.now, known.reader.zone)
        jobs.append(mail(ctx, known, [news(ctx, row, due_at)], when, row["instance_id"]))
        sent.append(_delivery(ctx, row, "mail", jobs[-1]["id"]))
    jobs += _digests(ctx, digests)
    if jobs:
        due.add(ctx.conn, ctx.now, jobs)
        ctx.wake = True
    if sent:
        ctx.conn.execute(insert(delivery), sent)
    return {each["to"] for each in sent}


def message_id(job_id: str) -> str:
    """The Message-ID of a job's mail: the same however often it is sent (the mail connector makes the same)."""
    return f"<{job_id}@crmflow>"


def news(ctx: Context, row: Mapping[str, Any], due_at: datetime | None) -> News:
    """A notification as a letter tells it."""
    base = ctx.settings.base_url.rstrip("/")
    link = f"{base}/tasks/{row['task_id']}" if row["task_id"] else None
    if link is None and row["instance_id"]:
        link = f"{base}/instances/{row['instance_id']}"
    return News(row["title"], row["body"], row["created_at"], link, due_at)


def mail(ctx: Context, known: Known, told: list[News], when: datetime, instance: str | None) -> dict[str, Any]:
    """The job that sends one mail."""
    written = letter(known.reader, told, f"{ctx.settings.base_url.rstrip('/')}/profile")
    given = {"to": known.email, "subject": written.subject, "text": written.text, "html": written.html}
    payload = {"input": given, "headers": {}}
    return _job(ctx, "mail", written.subject, payload, when, instance)


def hook(ctx: Context, row: Mapping[str, Any], known: Known) -> dict[str, Any]:
    """The job that posts one notification. It is signed now: every retry is the same to the byte, and no job holds
    the secret."""
    names = ("id", "to", "title", "body", "task_id", "instance_id")
    data = {**{name: row[name] for name in names}, "at": row["created_at"].isoformat()}
    given: dict[str, Any] = {"url": known.wishes.webhook, "event": "notification", "data": data}
    job = _job(ctx, "webhook", row["title"], {"input": given, "headers": {}}, ctx.now, row["instance_id"])
    key = known.key or new_key(ctx, row["to"])
    given["signature"] = header(key, int(ctx.now.timestamp()), body_of("notification", data, job["id"]))
    return job


def new_key(ctx: Context, login: str) -> str:
    """A fresh secret for somebody's webhooks, kept with their wishes."""
    key = secrets.token_urlsafe(32)
    tell = ctx.conn.scalar(select(person.c.tell).where(person.c.login == login)) or {}
    ctx.conn.execute(update(person).where(person.c.login == login).values(tell={**tell, "key": key}))
    return key


def _job(
    ctx: Context, kind: str, name: str, payload: dict[str, Any], when: datetime, instance: str | None
) -> dict[str, Any]:
    job = {"id": ctx.new_id(), "name": name, "type": kind, "payload": payload, "due_at": when, "retries": _TRIES}
    return {**job, "instance_id": instance}


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


# --- digests -----------------------------------------------------------------------------------------


def _digests(ctx: Context, people: Mapping[str, Known]) -> list[dict[str, Any]]:
    """A job for the next digest of each, unless one is planned that will see what is added now (see ``locks``)."""
    if not people:
        return []
    shared = locks.share(ctx.conn, [_lock_name(login) for login in people])
    calm = [login for login in people if _lock_name(login) in shared]
    planned: Collection[str] = set(ctx.conn.scalars(select(_D.to).distinct().where(_D.to.in_(calm), *WAITING)))
    return [
        _job(ctx, "crmflow:digest", "digest", {"login": login}, mail_at(known.wishes, ctx.now, known.reader.zone), None)
        for login, known in people.items()
        if login not in planned
    ]


def digest(ctx: Context, job: JobLock, by: Actor) -> None:
    """Everything that waited for the digest goes out as one mail; with nobody to send it to, it has failed."""
    login = job.payload["login"]
    locks.lock(ctx.conn, _lock_name(login))
    query = select(_D.id.label("delivery_id"), notification).join_from(
        delivery, notification, notification.c.id == _D.notification_id
    )
    rows = ctx.conn.execute(query.where(_D.to == login, *WAITING).order_by(_D.id)).mappings().all()
    if not rows:
        return
    mine = _D.id.in_([row["delivery_id"] for row in rows])
    known = readers(ctx, [login]).get(login)
    if known is not None and known.wishes.mail == "off":
        ctx.conn.execute(delete(delivery).where(mine))  # changed their mind: they read it in the app
        only = notification.c.in_app.is_(False) & notification.c.id.in_([row["id"] for row in rows])
        ctx.conn.execute(update(notification).where(only).values(in_app=True, read_at=None))
        return
    if known is None or not known.email:
        # Closed: what waited for ever would keep the next digest from being planned.
        ctx.conn.execute(update(delivery).where(mine).values(bounced_at=ctx.now, reason="no mail address"))
        return
    written = mail(ctx, known, [news(ctx, dict(row), None) for row in rows], ctx.now, None)
    due.add(ctx.conn, ctx.now, [written])
    sent = {"job_id": written["id"], "message_id": message_id(written["id"])}
    ctx.conn.execute(update(delivery).where(mine).values(sent))
    ctx.wake = True


def _lock_name(login: str) -> str:
    return f"digest\0{login}"
