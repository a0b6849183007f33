"""Never nowhere: open tasks that nobody who is there could take go to the managers, tasks of a login that nobody has
back to their queue. What a model says by itself (groups, logins, lanes, an owner) is not looked up when a task opens:
housekeeping looks at all of them, by the indexes of the inbox, once per candidate and not per task."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import msgspec
from sqlalchemy import Column, ColumnElement, Text, cast, func, select

from engine.domain.access import Actor, may_work
from engine.services import leaving
from engine.services.context import Context
from engine.services.eyes import kept
from engine.services.tasks import assign
from engine.store.repos import lock_for_task, try_instance
from engine.store.tables import membership, principal, task, task_candidate

_MOST = 200  # tasks moved in one transaction; the next look finds the others
_LAST = ("role:manager", "role:administrator")  # whom they go to: the first of these who is there


def gather(ctx: Context, by: Actor) -> int:
    """Give what is stranded to whoever can take it; how many tasks that were."""
    offered = _distinct(ctx, task_candidate.c.candidate, task_candidate.c.free)
    there = _active(ctx)
    live = _live(ctx, [*offered, *_LAST], there)
    rescue = next((each for each in _LAST if each in live), None)
    moved = 0
    if rescue is not None and (dead := [each for each in offered if each not in live]):
        moved = sum(_rescued(ctx, task_id, instance_id, rescue, by) for task_id, instance_id in _stranded(ctx, dead))
    holders = _distinct(ctx, task.c.assignee, task.c.assignee.is_not(None))
    for login in set(holders) - there:
        leaving.plan(ctx, login)
    return moved


def _distinct(ctx: Context, column: Column[Any], where: ColumnElement[bool]) -> list[str]:
    """The values of an indexed column, one step of the index for each: rows of one value are not read."""
    walk = select(func.min(column).label("value")).where(where).cte("walk", recursive=True)
    following = select(func.min(column)).where(where, column > walk.c.value).scalar_subquery()
    walk = walk.union_all(select(following).where(walk.c.value.is_not(None)))
    return [value for value in ctx.conn.scalars(select(walk.c.value)) if value is not None]


def _active(ctx: Context) -> set[str]:
    """Who may do tasks."""
    p = principal.c
    rows = ctx.conn.execute(select(p.id, p.roles).where(p.kind == "user", p.active.is_(True)))
    return {login for login, roles in rows if may_work(roles)}


def _live(ctx: Context, candidates: Collection[str], there: Collection[str]) -> set[str]:
    """Those of the candidates behind whom somebody stands who is there (active, and may do tasks)."""
    p, m = principal.c, membership.c
    told = select(cast(p.roles, Text)).where(p.kind == "user", p.active.is_(True)).distinct()
    sets = [roles for roles in ctx.conn.scalars(told) if may_work(msgspec.json.decode(roles))]
    people = (p.kind == "user", p.active.is_(True), cast(p.roles, Text).in_(sets))
    up = select(m.team).join_from(membership, principal, p.id == m.member).where(*people).cte("up", recursive=True)
    up = up.union(select(m.team).where(m.member == up.c.team))
    found = {f"team:{team}" for team in ctx.conn.scalars(select(up.c.team))}
    found |= {f"user:{login}" for login in there}
    found |= {f"role:{role}" for roles in sets for role in msgspec.json.decode(roles)}
    return found & set(candidates)


def _stranded(ctx: Context, dead: list[str]) -> list[tuple[str, str]]:
    """Tasks, and their instances, that nobody has and only the dead might take."""
    mine, other = task_candidate.c, task_candidate.alias("other").c
    t = task.c
    alive = select(other.task_id).where(other.task_id == t.id, other.candidate.not_in(dead)).exists()
    query = select(t.id, t.instance_id).distinct().join_from(task_candidate, task, t.id == mine.task_id)
    query = query.where(mine.candidate.in_(dead), mine.free, t.assignee.is_(None), ~alive)
    return [(row[0], row[1]) for row in ctx.conn.execute(query.order_by(t.instance_id, t.id).limit(_MOST))]


def _rescued(ctx: Context, task_id: str, instance_id: str, to: str, by: Actor) -> bool:
    """One task; what somebody works on at this moment is left for the next look."""
    if not try_instance(ctx.conn, instance_id):
        return False
    found = lock_for_task(ctx.conn, task_id)
    if found is None or found[1].assignee is not None:
        return False
    instance, open_task = found
    why = {"by": "nobody", "exception": True, "reason": "nobody it was offered to is there; managers get it"}
    candidates = list(dict.fromkeys((*open_task.candidates, to)))
    change = {"candidates": candidates, "why": kept(open_task.why, why)}
    assign(ctx, instance, open_task, by, "task.stray", {"to": to}, **change)
    return True
