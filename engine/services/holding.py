"""The hold queue: work that waits until somebody has room. A job per pool looks again; claiming by hand works, too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, and_, delete, insert, literal, or_, select, tuple_

from engine.domain.access import Actor
from engine.domain.choosing import Asked
from engine.domain.values import TaskOpened
from engine.services.context import Context
from engine.services.handing import hand, tell_assigned
from engine.store import due, locks
from engine.store.repos import JobLock, lock_for_task, try_instance
from engine.store.tables import job as job_table, task
from engine.store.tables_people import held
from engine.store.types import field_text

AGAIN = timedelta(seconds=20)  # how soon freed capacity is seen
_MOST = 200  # tasks looked at in one transaction; a job each for the others


def hold(ctx: Context, opened: TaskOpened, asked: Asked) -> None:
    """Keep a task that opens now for whoever has room first; called inside the instance's run."""
    if ctx.current is None:
        return
    pool = ",".join(asked.among)[:250]
    # Shared, not held: tasks of one pool open side by side. Whoever hands out waits for them, see ``locks``.
    shared = locks.share(ctx.conn, [_lock_name(pool)])
    waiting = ctx.conn.scalar(select(held.c.node).where(held.c.pool == pool).limit(1)) if shared else None
    plain: dict[str, Any] = msgspec.to_builtins(asked)
    row = {"instance_id": ctx.current.id, "node": opened.key, "pool": pool, "priority": opened.priority}
    ctx.conn.execute(insert(held).values({**row, "asked": plain, "since": ctx.now}))
    if waiting is None:
        _look_again(ctx, pool)


def later(ctx: Context, node: int, login: str) -> None:
    """Tell the person, once the task is written; not who gave the command: they see it at once."""
    if ctx.current is None or ctx.current.by.id == login:
        return
    tell_assigned(ctx, ctx.current.id, node, login)


def hand_out(ctx: Context, job: JobLock, by: Actor) -> None:
    """Give out what a pool holds, the most urgent first and page by page; look again while something is left.

    One worker at a time for a pool: two would each count the room that is left, and fill it twice. What waits for
    people who are full must not hide who waits behind it for others: where a page ends, the next job goes on.
    """
    pool = job.payload["pool"]
    locks.lock(ctx.conn, _lock_name(pool))
    at = and_(task.c.instance_id == held.c.instance_id, task.c.node == held.c.node)
    query = select(held, task.c.id.label("task_id"), task.c.assignee).select_from(held.outerjoin(task, at))
    query = query.where(held.c.pool == pool, *_behind(job.payload.get("after")))
    query = query.order_by(held.c.priority.desc(), held.c.since, held.c.instance_id, held.c.node)
    full: list[Any] = []  # what was asked for in vain: asking the same again cannot help
    busy = False
    rows = ctx.conn.execute(query.limit(_MOST)).mappings().all()
    for row in rows:
        if row["asked"] in full:
            continue
        # Who has the instance may be waiting for a row of ours: never wait for them.
        if row["task_id"] is not None and not try_instance(ctx.conn, row["instance_id"]):
            busy = True
            continue
        if row["task_id"] is None or row["assignee"] is not None or _give(ctx, row, by):
            gone = (held.c.instance_id == row["instance_id"], held.c.node == row["node"])
            ctx.conn.execute(delete(held).where(*gone))
        else:
            full.append(row["asked"])
    left = bool(full or busy or job.payload.get("left"))
    on = _after(rows[-1]) if len(rows) == _MOST else None
    # Two jobs that began at once become one again.
    if (left or on) and not _planned(ctx, pool):
        _look_again(ctx, pool, on, left=left)


def _after(row: Mapping[Any, Any]) -> list[Any]:
    """Where a page ends, as a job's payload keeps it."""
    return [row["priority"], row["since"].isoformat(), row["instance_id"], row["node"]]


def _behind(after: Sequence[Any] | None) -> tuple[ColumnElement[bool], ...]:
    """What comes after the page before; nothing said is the beginning."""
    if after is None:
        return ()
    c, since = held.c, datetime.fromisoformat(after[1])
    later = or_(
        c.since > since, and_(c.since == since, tuple_(c.instance_id, c.node) > tuple_(*map(literal, after[2:])))
    )
    return (or_(c.priority < after[0], and_(c.priority == after[0], later)),)


def _give(ctx: Context, row: Mapping[Any, Any], by: Actor) -> bool:
    """Choose again for one task; False: still nobody has room."""
    from engine.services.assignment import settle  # which holds

    locked = lock_for_task(ctx.conn, row["task_id"])
    if locked is None or locked[1].assignee is not None:
        return True
    found = settle(ctx, msgspec.convert(row["asked"], Asked))
    if found.login is None and found.full:
        return False
    instance, open_task = locked
    why = {**found.why, "held_since": row["since"].isoformat(timespec="seconds")}
    change: dict[str, Any] = {"assignee": found.login, "why": why, "revision": open_task.revision + 1}
    if found.login is None:  # nobody will have room: not one of them is there any more
        change["why"] = {**why, "exception": True}
        change["candidates"] = list(dict.fromkeys((*open_task.candidates, "role:manager")))
    hand(ctx, ctx.library.load(ctx.conn, instance.definition_id), instance.id, open_task.id, change)
    ctx.audit(by, "task.hand-out", instance_id=instance.id, target=open_task.id, detail={"to": found.login})
    due.chain(ctx.conn, instance.id, ctx.trail.seal(instance.id, instance.audit_digest))
    if found.login is not None:
        tell_assigned(ctx, instance.id, open_task.node, found.login)
    return True


def _lock_name(pool: str) -> str:
    return f"held\0{pool}"


def _planned(ctx: Context, pool: str) -> bool:
    """Whether another job will look at the pool anyway."""
    j = job_table.c
    mine = field_text(j.payload, literal("pool")) == pool
    found = select(j.id).where(j.type == "crmflow:handout", j.state == "ready", mine).limit(1)
    return ctx.conn.scalar(found) is not None


def _look_again(ctx: Context, pool: str, after: list[Any] | None = None, *, left: bool = False) -> None:
    """From the beginning in a while; the next page (``after``) at once. ``left``: an earlier page has some still."""
    payload = {"pool": pool} if after is None else {"pool": pool, "after": after, "left": left}
    row = {"id": ctx.new_id(), "name": "hold queue", "type": "crmflow:handout", "payload": payload}
    due.add(ctx.conn, ctx.now + AGAIN if after is None else ctx.now, [row])
    ctx.wake = ctx.wake or after is not None
