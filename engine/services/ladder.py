"""The escalation ladder: an alarm says "look", the rungs that are due fire, each once, with its acts.

Whatever crashes: the alarm (a job of our own) is deleted, the rung's row says "fired" and its acts are done in the same
transaction, or none of it happened and the job's lease runs out. An act that cannot be done is undone alone, noted with
its code and told to the managers; the other acts and the later rungs happen all the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select, update

from engine import logs
from engine.domain.access import SYSTEM, Actor
from engine.domain.errors import CrmflowError
from engine.domain.sla import ClockState, Rung, ladder
from engine.services.context import Context
from engine.services.ladder_acts import Did, Scene, act, tell_failed
from engine.services.sla_write import Row, arm, store
from engine.store import due
from engine.store.database import is_absence, is_retryable
from engine.store.repos import JobLock, lock_instance
from engine.store.tables import task
from engine.store.tables_time import sla_clock, sla_rung

log = logs.get("ladder")


def ring(ctx: Context, job: JobLock, by: Actor) -> None:
    """Look at a clock: breach it if its time is over, fire the rungs that are due, plan the next look."""
    clock_id = job.payload["clock"]
    owner = ctx.conn.scalar(select(sla_clock.c.instance_id).where(sla_clock.c.id == clock_id))
    if owner is None or lock_instance(ctx.conn, owner) is None:
        return
    clock = _clock(ctx, clock_id)
    if clock["ended_at"] is not None or clock["alarm_id"] != job.id:
        return  # met meanwhile, or another alarm is set: this one is one too many
    clock["alarm_id"] = clock["alarm_at"] = None
    if clock["breached_at"] is None and clock["due_at"] is not None and clock["due_at"] <= ctx.now:
        clock["state"], clock["breached_at"] = ClockState.BREACHED.value, clock["due_at"]
    mine, later = _due(ctx, clock_id)
    arm(ctx, [(clock, later)])
    store(ctx, [clock])
    known = {rung.key: rung for rung in ladder(clock["ladder"])}
    for key in mine:
        _fire(ctx, clock_id, key, known.get(key))


def _clock(ctx: Context, clock_id: str) -> Row:
    query = select(sla_clock).where(sla_clock.c.id == clock_id).with_for_update()
    return dict(ctx.conn.execute(query).mappings().one())


def _due(ctx: Context, clock_id: str) -> tuple[list[str], list[Any]]:
    """The rungs that are due now, in order, and the times of the others."""
    c = sla_rung.c
    query = select(c.rung, c.due_at).where(c.clock_id == clock_id, c.state == "planned", c.due_at.is_not(None))
    rows = ctx.conn.execute(query.order_by(c.due_at, c.rung)).all()
    return [r.rung for r in rows if r.due_at <= ctx.now], [r.due_at for r in rows if r.due_at > ctx.now]


def _fire(ctx: Context, clock_id: str, key: str, rung: Rung | None) -> None:
    """One rung with all its acts; each looks at the case as the act before left it."""
    scene = _scene(ctx, clock_id, key)
    taken = rung is not None and rung.unaccepted and (scene.task is None or scene.task["assignee"])
    state = "skipped" if rung is None or taken else "fired"
    if not _mark(ctx, clock_id, key, state):
        return  # another worker was first, or an act before ended the clock
    if rung is None or taken:
        _note(ctx, clock_id, key, [{"skipped": "it was taken in time"}] if taken else [])
        return
    ctx.audit(SYSTEM, "sla.rung", instance_id=scene.locked.id, target=clock_id, detail={"rung": key})
    due.chain(ctx.conn, scene.locked.id, ctx.trail.seal(scene.locked.id, scene.locked.audit_digest))
    did: list[Did] = []
    # An escalation runs the model, which may end the task: it comes last.
    for what in sorted(rung.acts, key=lambda one: one["do"] == "escalate"):
        did.append(_attempt(ctx, _scene(ctx, clock_id, key), what))
    _note(ctx, clock_id, key, did)
    failed = [each for each in did if "failed" in each]
    if failed:
        tell_failed(_scene(ctx, clock_id, key), failed)


def _attempt(ctx: Context, scene: Scene, what: Mapping[str, Any]) -> Did:
    """Do one act. What it wrote before it failed is undone; the rest of the rung stands."""
    try:
        with ctx.attempt():
            return act(scene, what)
    except CrmflowError as error:
        return {"do": what["do"], "failed": error.code, "message": f"{error.message} {error.fix or ''}".strip()}
    except Exception as error:
        # Everything: an act that breaks the program must not silence the clock. What may go well again is run again.
        if is_retryable(error) or is_absence(error):
            raise
        log.error("rung_act_broke", clock=scene.clock["id"], rung=scene.rung, act=what["do"], exc_info=error)
        return {"do": what["do"], "failed": "CRM-699", "message": f"{type(error).__name__}: {error}"[:1000]}


def _scene(ctx: Context, clock_id: str, key: str) -> Scene:
    """Clock, case and task as they are now, all locked."""
    clock = _clock(ctx, clock_id)
    locked = lock_instance(ctx.conn, clock["instance_id"])
    assert locked is not None, "clocks go with their instance, which is locked"
    return Scene(ctx, locked, clock, key, _task(ctx, clock))


def _task(ctx: Context, clock: Row) -> Row | None:
    """The clock's task, locked; of a case's clock, its oldest open one."""
    where = task.c.id == clock["task_id"] if clock["task_id"] else task.c.instance_id == clock["instance_id"]
    query = select(task).where(where).order_by(task.c.created_at, task.c.id).limit(1).with_for_update()
    row = ctx.conn.execute(query).mappings().one_or_none()
    return None if row is None else dict(row)


def _mark(ctx: Context, clock_id: str, rung: str, state: str) -> bool:
    c = sla_rung.c
    change = update(sla_rung).where(c.clock_id == clock_id, c.rung == rung, c.state == "planned")
    return ctx.conn.execute(change.values(state=state, fired_at=ctx.now)).rowcount == 1


def _note(ctx: Context, clock_id: str, rung: str, did: list[Did]) -> None:
    c = sla_rung.c
    ctx.conn.execute(update(sla_rung).where(c.clock_id == clock_id, c.rung == rung).values(did=did))
