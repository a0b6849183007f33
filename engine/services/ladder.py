"""The escalation ladder: an alarm says "look", the rungs that are due fire, each once, with its acts.

Whatever crashes: the alarm (a job of our own) is deleted, the rung's row says "fired" and its acts are done in the same
transaction, or none of it happened and the job's lease runs out.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import select, update

from engine.domain.access import SYSTEM, Actor
from engine.domain.sla import ClockState, ladder
from engine.services.context import Context
from engine.services.ladder_acts import Scene, act
from engine.services.sla_write import Row, arm, store
from engine.store import due
from engine.store.repos import JobLock, Locked, lock_instance
from engine.store.tables import task
from engine.store.tables_time import sla_clock, sla_rung


def ring(ctx: Context, job: JobLock, by: Actor) -> None:
    """Look at a clock: breach it if its time is over, fire the rungs that are due, plan the next look."""
    clock_id = job.payload["clock"]
    owner = ctx.conn.scalar(select(sla_clock.c.instance_id).where(sla_clock.c.id == clock_id))
    locked = lock_instance(ctx.conn, owner) if owner else None
    if locked is None:
        return
    row = ctx.conn.execute(select(sla_clock).where(sla_clock.c.id == clock_id).with_for_update()).mappings().one()
    clock = dict(row)
    if clock["ended_at"] is not None or clock["alarm_id"] != job.id:
        return  # met meanwhile, or another alarm is set: this one is one too many
    clock["alarm_id"] = clock["alarm_at"] = None
    if clock["breached_at"] is None and clock["due_at"] is not None and clock["due_at"] <= ctx.now:
        clock["state"], clock["breached_at"] = ClockState.BREACHED.value, clock["due_at"]
    mine, later = _due(ctx, clock_id)
    arm(ctx, [(clock, later)])
    store(ctx, [clock])
    _fire(ctx, locked, clock, mine)


def _due(ctx: Context, clock_id: str) -> tuple[list[str], list[Any]]:
    """The rungs that are due now, in order, and the times of the others."""
    c = sla_rung.c
    query = select(c.rung, c.due_at).where(c.clock_id == clock_id, c.state == "planned", c.due_at.is_not(None))
    rows = ctx.conn.execute(query.order_by(c.due_at, c.rung)).all()
    return [r.rung for r in rows if r.due_at <= ctx.now], [r.due_at for r in rows if r.due_at > ctx.now]


def _fire(ctx: Context, locked: Locked, clock: Row, due_now: list[str]) -> None:
    known = {rung.key: rung for rung in ladder(clock["ladder"])}
    fired = []
    for key in due_now:
        rung = known.get(key)
        open_task = _task(ctx, clock)
        taken = rung is not None and rung.unaccepted and (open_task is None or open_task["assignee"])
        state = "skipped" if rung is None or taken else "fired"
        if not _mark(ctx, clock["id"], key, state):
            continue  # another worker was first
        did: list[Any] = [{"skipped": "it was taken in time"}] if taken else []
        if rung is not None and state == "fired":
            fired.append(key)
            # An escalation runs the model, which may end the task: it comes last.
            acts = sorted(rung.acts, key=lambda one: one["do"] == "escalate")
            throws = [one for one in acts if one["do"] == "escalate"]
            scene = Scene(ctx, locked, clock, key, open_task)
            did += [act(scene, one) for one in acts if one["do"] != "escalate"]
            ctx.audit(SYSTEM, "sla.rung", instance_id=locked.id, target=clock["id"], detail={"rung": key})
            if throws and locked.blob is not None and open_task is not None:
                did += [act(scene, throws[0])]
                _note(ctx, clock["id"], key, did)
                return _again(ctx, clock, due_now[due_now.index(key) + 1 :], fired)
        _note(ctx, clock["id"], key, did)
    if fired:
        due.chain(ctx.conn, locked.id, ctx.trail.seal(locked.id, locked.audit_digest))


def _again(ctx: Context, clock: Row, rest: list[str], fired: list[str]) -> None:
    """The model ran: look at the instance and the clock as they are now before the next rung."""
    locked = lock_instance(ctx.conn, clock["instance_id"])
    row = ctx.conn.execute(select(sla_clock).where(sla_clock.c.id == clock["id"])).mappings().one()
    if locked is not None and rest and row["ended_at"] is None:
        _fire(ctx, locked, dict(row), rest)


def _task(ctx: Context, clock: Row) -> Row | None:
    """The clock's task, locked; of a case's clock, its one open task."""
    where = task.c.id == clock["task_id"] if clock["task_id"] else task.c.instance_id == clock["instance_id"]
    query = select(task).where(where).order_by(task.c.created_at, task.c.id).limit(1).with_for_update()
    row = ctx.conn.execute(query).mappings().one_or_none()
    return None if row is None else dict(row)


def _mark(ctx: Context, clock_id: str, rung: str, state: str) -> bool:
    c = sla_rung.c
    change = update(sla_rung).where(c.clock_id == clock_id, c.rung == rung, c.state == "planned")
    return ctx.conn.execute(change.values(state=state, fired_at=ctx.now)).rowcount == 1


def _note(ctx: Context, clock_id: str, rung: str, did: list[Any]) -> None:
    c = sla_rung.c
    ctx.conn.execute(update(sla_rung).where(c.clock_id == clock_id, c.rung == rung).values(did=did))
