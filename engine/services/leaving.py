"""Who is deactivated leaves no work behind: what they had goes back to its candidates, else to their teams, else to
the managers. So does what a model gave to a login that nobody has. A job does it, two hundred tasks at a time:
somebody may have had many."""

from __future__ import annotations

from sqlalchemy import select

from engine.domain.access import Actor, may_work
from engine.services import crew
from engine.services.context import Context
from engine.services.eyes import kept
from engine.services.registry import provides
from engine.services.tasks import assign
from engine.store import due
from engine.store.repos import JobLock, lock_for_task
from engine.store.tables import principal, task

KIND = "crmflow:left"
_MOST = 200
_LEFT = "whoever had it has left; the queue gets it"
_NOBODY = "there is nobody of that name; the queue gets it"


@provides("people.left")
def plan(ctx: Context, login: str) -> None:
    """Look after somebody's work soon; called where they are deactivated."""
    row = {"id": ctx.new_id(), "name": "left", "type": KIND, "payload": {"login": login}}
    due.add(ctx.conn, ctx.now, [row])
    ctx.wake = True


def give_back(ctx: Context, job: JobLock, by: Actor) -> None:
    """Nothing, if they are active again by now (and may do tasks)."""
    login = job.payload["login"]
    p = principal.c
    known = ctx.conn.execute(select(p.active, p.roles).where(p.id == login, p.kind == "user")).one_or_none()
    if known is not None and known.active and may_work(known.roles):
        return
    mine = select(task.c.id).where(task.c.assignee == login).order_by(task.c.instance_id, task.c.id).limit(_MOST)
    ids = ctx.conn.scalars(mine).all()
    teams = tuple(f"team:{team}" for team in crew.teams_above(ctx, login))
    for task_id in ids:
        found = lock_for_task(ctx.conn, task_id)
        if found is None or found[1].assignee != login:
            continue
        instance, open_task = found
        # A candidate who has left, alone, is nobody.
        rest = tuple(each for each in open_task.candidates if each != f"user:{login}")
        candidates = list(rest or teams or ("role:manager",))
        why = {"by": "left", "left": login, "reason": _NOBODY if known is None else _LEFT}
        change = {"assignee": None, "candidates": candidates, "why": kept(open_task.why, why)}
        assign(ctx, instance, open_task, by, "task.left", {"from": login}, **change)
    if len(ids) == _MOST:
        plan(ctx, login)
