"""Service task types that reach people: ``crmflow:assign``, ``crmflow:task.reassign``, ``crmflow:notify``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select

from engine.domain.errors import RunError
from engine.domain.values import RecordRef, ServiceCall
from engine.services import notes, records
from engine.services.assignment import leads, members, owner_of, pick
from engine.services.calls_records import actor, needed, optional
from engine.services.context import Context
from engine.services.eyes import eyes_of, kept
from engine.services.handing import hand
from engine.services.registry import transactional
from engine.store.tables import principal, task

_NAMED = re.compile(r"\[\[((?:team:)?[a-z0-9][a-z0-9._@-]*)\]\]")


@transactional("crmflow:assign")
def assign(ctx: Context, call: ServiceCall) -> Mapping[str, Any]:
    """Choose a person of a team, and make them the record's owner. Nobody free: the team's queue, explained.

    Inputs: team, strategy (round-robin | least-loaded | owner), record and data to write into it, owner, exclude
    (logins).
    Result: ``assignee`` (or null), ``team``, ``why``.  # C12
    """
    team = needed(call, "team", str).removeprefix("team:")
    ref = optional(call, "record", RecordRef)
    owner = optional(call, "owner", str) or (owner_of(ctx, ref) if ref is not None else None)
    exclude = optional(call, "exclude", list) or []
    found = pick(ctx, team, needed(call, "strategy", str), owner=owner, exclude=exclude)
    if ref is not None:
        records.change(ctx, ref, optional(call, "data", Mapping) or {}, actor(ctx), owner=found.login)
    return {"assignee": found.login, "team": team, "why": dict(found.why)}


@transactional("crmflow:task.reassign")
def reassign(ctx: Context, call: ServiceCall) -> Mapping[str, Any]:
    """Give an open task of this instance to somebody else of a team.

    Inputs: element (id of the user task), team, strategy, reason, record (its owner changes, too). The present
    assignee is excluded.
    Result: ``assignee`` (null: the team's queue), ``previous``, ``task``; all null if the task is closed.
    """
    element = needed(call, "element", str)
    team = needed(call, "team", str).removeprefix("team:")
    row = _open_task(ctx, element)
    if row is None:
        return {"assignee": None, "previous": None, "task": None}
    strategy = optional(call, "strategy", str) or "least-loaded"
    barred = [*eyes_of(row["why"]), *([row["assignee"]] if row["assignee"] else [])]
    found = pick(ctx, team, strategy, exclude=barred)
    why = {**kept(row["why"], found.why), "previous": row["assignee"], "because": optional(call, "reason", str)}
    candidates = list(dict.fromkeys([*row["candidates"], f"team:{team}"]))
    change = {
        "assignee": found.login,
        "candidates": candidates,
        "why": why,
        "revision": row["revision"] + 1,
    }
    assert ctx.current is not None
    hand(ctx, ctx.current.definition, row["instance_id"], row["id"], change)
    ref = optional(call, "record", RecordRef)
    if ref is not None:
        records.change(ctx, ref, {}, actor(ctx), owner=found.login)
    ctx.audit(
        actor(ctx),
        "task.reassign",
        instance_id=row["instance_id"],
        target=row["id"],
        detail={"from": row["assignee"], "to": found.login, "reason": optional(call, "reason", str)},
    )
    return {"assignee": found.login, "previous": row["assignee"], "task": row["id"]}


def _open_task(ctx: Context, element: str) -> Mapping[Any, Any] | None:
    """The open task of the current instance at an element, the oldest of several."""
    if ctx.current is None:
        raise RunError("CRM-651", "Only an instance can reassign its task.", fix="Call this from a service task.")
    where = (task.c.instance_id == ctx.current.id, task.c.element_id == element)
    return ctx.conn.execute(select(task).where(*where).order_by(task.c.created_at).limit(1)).mappings().first()


@transactional("crmflow:notify")
def notify(ctx: Context, call: ServiceCall) -> Mapping[str, Any]:
    """Tell people in the app, and by the ways each of them wishes.

    Inputs: to (a text or list of: login, ``user:…``, ``team:…``, ``lead:TEAM``, ``task`` = who has or may claim it),
    title, text, and the same with ``_zh_Hans`` for people who read Chinese, ``[[ann]]`` and ``[[team:sales]]`` in them
    being told by name (variables hold log-ins, no names); element (its open task is meant and
    linked). Result: ``told`` (logins).  # G1
    """
    given = needed(call, "to", (str, list))
    element = optional(call, "element", str)
    names = _names(ctx, call)
    row = _open_task(ctx, element) if element else None
    addressed: list[str] = []
    for who in [given] if isinstance(given, str) else [str(g) for g in given if g]:
        addressed += _holders(row) if who == "task" else [who]
    people = _people(ctx, addressed)
    told: list[str] = []
    for locale in sorted({p["locale"] for p in people}):
        readers = [p for p in people if p["locale"] == locale]
        title, text = (_NAMED.sub(lambda m: names.get(m[1], m[1]), _said(call, n, locale)) for n in ("title", "text"))
        told += notes.tell(
            ctx,
            [p["id"] for p in readers],
            title,
            text,
            task_id=None if row is None else row["id"],
            instance_id=None if ctx.current is None else ctx.current.id,
        )
    return {"told": sorted(told)}


def _names(ctx: Context, call: ServiceCall) -> dict[str, str]:
    """What the people and teams are called whom the texts name in double brackets."""
    texts = [
        value for name, value in call.input.items() if name.startswith(("title", "text")) and isinstance(value, str)
    ]
    meant = {login for value in texts for login in _NAMED.findall(value)}
    if not meant:
        return {}
    p = principal.c
    rows = ctx.conn.execute(select(p.id, p.kind, p.name).where(p.id.in_(sorted({m.rpartition(":")[2] for m in meant}))))
    return {f"team:{row.id}" if row.kind == "team" else row.id: row.name for row in rows}


def _holders(row: Mapping[Any, Any] | None) -> list[str]:
    """Whose the task is: its assignee, else all who may claim it."""
    if row is None:
        return []
    return [row["assignee"]] if row["assignee"] else [c for c in row["candidates"] if not c.startswith("role:")]


def _said(call: ServiceCall, name: str, locale: str) -> str:
    return str(call.input.get(f"{name}_{locale}") or call.input.get(name) or "")


def _people(ctx: Context, addressed: Sequence[str]) -> list[Mapping[Any, Any]]:
    """The active people behind ``ann``, ``user:ann``, ``team:sales`` and ``lead:sales``, each once."""
    logins: list[str] = []
    for who in addressed:
        kind, _, key = who.rpartition(":")
        if kind == "lead":
            logins += leads(ctx, key)
        elif kind == "team":
            logins += [m.login for m in members(ctx, key)]
        else:
            logins.append(key)
    known = select(principal.c.id, principal.c.locale)
    active = known.where(principal.c.id.in_(logins), principal.c.kind == "user", principal.c.active.is_(True))
    return list(ctx.conn.execute(active.order_by(principal.c.id)).mappings())
