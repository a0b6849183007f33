"""A calendar feed of one's due dates (RFC 5545), behind a secret address: calendar programs cannot log in."""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import datetime

from sqlalchemy import select

from engine.domain.access import may_work
from engine.domain.errors import NotFound
from engine.domain.staff import EndFeed, MakeFeed, ReadFeed
from engine.i18n import language, register, text
from engine.services.context import Context
from engine.services.registry import answers, handles
from engine.services.staff import _keep
from engine.store.tables import label, principal, task
from engine.store.tables_people import person

_MOST = 500
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029]")
register({"feed.name": ("crmflow: due dates", "crmflow：截止日期")})


@handles(MakeFeed)
def make_feed(ctx: Context, cmd: MakeFeed) -> str:
    """The secret is shown once; only its digest is kept."""
    secret = secrets.token_urlsafe(24)
    _keep(ctx, cmd.by.id, {"feed": _digest(secret)})
    ctx.audit(cmd.by, "feed.make", target=cmd.by.id)
    return secret


@handles(EndFeed)
def end_feed(ctx: Context, cmd: EndFeed) -> None:
    """The secret's digest is forgotten."""
    _keep(ctx, cmd.by.id, {"feed": None})
    ctx.audit(cmd.by, "feed.end", target=cmd.by.id)


@answers(ReadFeed)
def read_feed(ctx: Context, ask: ReadFeed) -> str:
    """Open tasks of the person that are due, each an event of a quarter of an hour that begins when it is due."""
    p = principal.c
    owner = select(p.id, p.locale, p.roles).join_from(person, principal, p.id == person.c.login)
    row = ctx.conn.execute(owner.where(person.c.feed == _digest(ask.secret), p.active.is_(True))).first()
    # The address outlives log-ins: whoever may not work tasks any more does not read them here either.
    if row is None or not may_work(row.roles):
        raise NotFound("CRM-422", "There is no such calendar feed.", fix="Make a new address in your profile.")
    login, locale, _ = row
    t = task.c
    said = (label.c.definition_id == t.definition_id) & (label.c.locale == locale)
    source = task.outerjoin(label, said & (label.c.element_id == t.element_id))
    query = select(t.id, label.c.text, t.name, t.subject, t.due_at).select_from(source)
    query = query.where(t.assignee == login, t.due_at.is_not(None)).order_by(t.due_at, t.id).limit(_MOST)
    name = _escaped(text("feed.name", language(locale)))
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//crmflow//due dates//EN", f"X-WR-CALNAME:{name}"]
    base = ctx.settings.base_url.rstrip("/")
    for task_id, local, name, subject, due_at in ctx.conn.execute(query):
        title = f"{local or name}: {subject}" if subject else local or name
        lines += [
            "BEGIN:VEVENT",
            f"UID:{task_id}@crmflow",
            f"DTSTAMP:{_stamp(ctx.now)}",
            f"DTSTART:{_stamp(due_at)}",
            "DURATION:PT15M",
            f"SUMMARY:{_escaped(title)}",
            f"URL:{base}/tasks/{task_id}",
            "END:VEVENT",
        ]
    return "".join(_folded(line) for line in (*lines, "END:VCALENDAR"))


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _stamp(at: datetime) -> str:
    return at.strftime("%Y%m%dT%H%M%SZ")


def _escaped(said: str) -> str:
    """TEXT of RFC 5545, 3.3.11; control characters have no place in it."""
    said = _CONTROL.sub("", said.replace("\r\n", "\n"))
    for char in ("\\", ";", ","):
        said = said.replace(char, "\\" + char)
    return said.replace("\n", "\\n")


def _folded(line: str) -> str:
    """Lines of at most 75 octets, never cut inside a character (3.1)."""
    parts, size = [""], 0
    for char in line:
        width = len(char.encode())
        if size + width > 74:
            parts.append(" ")
            size = 1
        parts[-1] += char
        size += width
    return "\r\n".join(parts) + "\r\n"
