"""Whom a rung means: the assignee, the team's lead, up the reporting line; the absent are skipped. Never nobody."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select

from engine.services.assignment import leads, members
from engine.services.context import Context
from engine.store.tables import principal
from engine.store.tables_people import absence

_HIGHEST = 30  # steps up a reporting line; a ring in it ends there


def available(ctx: Context, login: str, at: datetime) -> bool:
    """Whether a person works here at that time: active and not away."""
    a, p = absence.c, principal.c
    away = select(a.id).where(a.login == login, a.since <= at, a.until > at).exists()
    here = select(p.id).where(p.id == login, p.kind == "user", p.active.is_(True), ~away)
    return ctx.conn.scalar(here) is not None


def line(ctx: Context, login: str) -> list[str]:
    """Those above a person who are there, nearest first."""
    found: list[str] = []
    seen = {login}
    above: str | None = login
    for _ in range(_HIGHEST):
        above = ctx.conn.scalar(select(principal.c.manager).where(principal.c.id == above))
        if above is None or above in seen:
            break
        seen.add(above)
        if available(ctx, above, ctx.now):
            found.append(above)
    return found


def named(ctx: Context, who: str, task: Mapping[str, Any] | None, team: str | None) -> list[str]:
    """The people behind ``assignee``, ``lead``, ``manager``, ``executive``, ``user:…``, ``team:…``, ``role:…``."""
    kind, _, key = who.rpartition(":")
    if kind == "user":
        return [key] if available(ctx, key, ctx.now) else []
    if kind == "team":
        return [m.login for m in members(ctx, key) if m.active]
    if kind == "role":
        return having(ctx, key)
    if who == "assignee":
        return holders(ctx, task, team)
    if who == "lead":
        return [login for login in (leads(ctx, team) if team else ()) if available(ctx, login, ctx.now)]
    above = _above(ctx, task, team)
    if who == "manager":
        return above[:1]
    return above[-1:] if who == "executive" else []


def holders(ctx: Context, task: Mapping[str, Any] | None, team: str | None) -> list[str]:
    """Who has the work: the assignee, else all who may take it."""
    if task is not None and task["assignee"]:
        return [task["assignee"]]
    candidates: Iterable[str] = task["candidates"] if task is not None else ([f"team:{team}"] if team else ())
    found: list[str] = []
    for candidate in candidates:
        found += named(ctx, candidate, None, None)
    return list(dict.fromkeys(found))


def having(ctx: Context, role: str) -> list[str]:
    """Active people with a role."""
    query = select(principal.c.id, principal.c.roles).where(principal.c.kind == "user", principal.c.active.is_(True))
    return sorted(row.id for row in ctx.conn.execute(query) if role in row.roles)


def _above(ctx: Context, task: Mapping[str, Any] | None, team: str | None) -> list[str]:
    """The reporting line over the assignee; without one, the team's lead and the line over them."""
    if task is not None and task["assignee"]:
        above = line(ctx, task["assignee"])
        if above:
            return above
    boss = ctx.conn.scalar(select(principal.c.lead).where(principal.c.id == team)) if team else None
    if boss is None:
        return []
    return [*([boss] if available(ctx, boss, ctx.now) else []), *line(ctx, boss)]
