"""Absences: who is away until when, who stands in. While somebody is away, what the model gives to them goes on.

Strategies skip the absent (``engine.domain.choosing``). What a model gives to a person by name is moved by a job that
looks every minute of the absence: the common path of opening a task pays nothing for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, func, insert, or_, select, update

from engine.domain.access import Actor, Right, ensure
from engine.domain.clock import tellable
from engine.domain.errors import Invalid, NotFound
from engine.domain.staff import AbsenceRow, AddAbsence, EndAbsence
from engine.services import crew
from engine.services.context import Context
from engine.services.eyes import eyes_of, kept
from engine.services.handing import hand, tell_assigned
from engine.services.registry import handles
from engine.services.staff import kept_by
from engine.store import due
from engine.store.repos import JobLock, lock_for_task
from engine.store.tables import principal, task
from engine.store.tables_people import absence

AGAIN = timedelta(minutes=1)
_MOST = 200


@handles(AddAbsence)
def add_absence(ctx: Context, cmd: AddAbsence) -> AbsenceRow:
    """Raises ``Invalid`` CRM-092 for times or a delegate that make no sense."""
    _ensure_may(ctx, cmd.by, cmd.login)
    if not (tellable(cmd.since) and tellable(cmd.until)):
        raise Invalid("CRM-092", "Such a year is out of reach.", fix="Choose years between 1900 and 9000.")
    if cmd.until <= cmd.since or cmd.until <= ctx.now:
        raise Invalid("CRM-092", "The absence ends before it begins, or is over.", fix="Give a later end.")
    if cmd.delegate == cmd.login:
        raise Invalid("CRM-092", "Nobody stands in for themselves.", fix="Choose somebody else, or the team's queue.")
    for login in filter(None, (cmd.login, cmd.delegate)):
        known = select(principal.c.id).where(principal.c.id == login, principal.c.kind == "user", principal.c.active)
        if ctx.conn.scalar(known) is None:
            raise NotFound("CRM-411", f"There is no active user '{login}'.", fix="Choose one of the list.")
    names = ("login", "since", "until", "delegate", "hand_over", "reason")
    row = {"id": ctx.new_id(), **{name: getattr(cmd, name) for name in names}}
    ctx.conn.execute(insert(absence).values({**row, "at": ctx.now, "by": cmd.by.id}))
    _plan(ctx, row["id"], max(cmd.since, ctx.now))
    detail = {"since": cmd.since.isoformat(), "until": cmd.until.isoformat(), "delegate": cmd.delegate}
    ctx.audit(cmd.by, "absence.add", target=cmd.login, detail=detail)
    return AbsenceRow(**row)


@handles(EndAbsence)
def end_absence(ctx: Context, cmd: EndAbsence) -> None:
    """An absence that has begun ends now; one that has not is taken back."""
    row = ctx.conn.execute(select(absence).where(absence.c.id == cmd.absence_id)).mappings().first()
    if row is None:
        raise NotFound("CRM-421", f"There is no absence '{cmd.absence_id}'.", fix="Look at the person's page.")
    _ensure_may(ctx, cmd.by, row["login"])
    mine = absence.c.id == cmd.absence_id
    if row["since"] > ctx.now:
        ctx.conn.execute(delete(absence).where(mine))
    else:
        ctx.conn.execute(update(absence).where(mine).values(until=min(row["until"], ctx.now)))
    ctx.audit(cmd.by, "absence.end", target=row["login"], detail={"absence": cmd.absence_id})


def _ensure_may(ctx: Context, by: Actor, login: str) -> None:
    """Oneself, their manager, the lead of a team of theirs, or who manages people."""
    if login not in kept_by(ctx, by, [login]):
        ensure(by, Right.PEOPLE_MANAGE)


def stand_in(ctx: Context, job: JobLock, by: Actor) -> None:
    """Move what came to somebody who is away to whoever stands in; look again until they are back."""
    row = ctx.conn.execute(select(absence).where(absence.c.id == job.payload["absence"])).mappings().first()
    if row is None or row["until"] <= ctx.now or row["since"] > ctx.now:
        return
    fresh = task.c.created_at >= row["since"]
    query = select(task.c.id, task.c.why, fresh.label("fresh")).where(task.c.assignee == row["login"])
    if not row["hand_over"]:
        query = query.where(fresh)
    else:
        query = query.where(or_(fresh, task.c.created_at < row["since"]))
    for found in ctx.conn.execute(query.order_by(task.c.id).limit(_MOST)).mappings().all():
        by_model = (found["why"] or {}).get("by") == "element"
        old = row["hand_over"] and not found["fresh"]
        if by_model or old:
            _move(ctx, row, found["id"], by)
    if row["until"] - ctx.now > AGAIN:
        _plan(ctx, row["id"], ctx.now + AGAIN)


def _move(ctx: Context, row: Mapping[Any, Any], task_id: str, by: Actor) -> None:
    """One task to the delegate, else to its candidates, else to the absent one's teams, else to the managers."""
    locked = lock_for_task(ctx.conn, task_id)
    if locked is None or locked[1].assignee != row["login"]:
        return
    instance, mine = locked
    to = _present(ctx, row)
    if to in eyes_of(mine.why):
        to = None
    candidates = mine.candidates
    if to is None and not candidates:
        teams = [f"team:{team}" for team in crew.teams_above(ctx, row["login"])]
        candidates = tuple(teams or ["role:manager"])
    until = row["until"].isoformat(timespec="minutes")
    why = {"by": "absence", "away": row["login"], "until": until, "chosen": to}
    why["reason"] = "stands in for the absent" if to else "the absent have no stand-in; the queue gets it"
    change: dict[str, Any] = {"assignee": to, "candidates": list(candidates), "why": kept(mine.why, why)}
    # A stand-in owes the task to whom the absent one owed it: it goes back there when it is resolved.
    owed = None if to is None else func.nullif(task.c.delegated_by, to)
    change |= {"revision": mine.revision + 1, "delegated_by": owed}
    hand(ctx, ctx.library.load(ctx.conn, instance.definition_id), instance.id, task_id, change)
    detail = {"from": row["login"], "to": to, "reason": "away"}
    ctx.audit(by, "task.stand-in", instance_id=instance.id, target=task_id, detail=detail)
    due.chain(ctx.conn, instance.id, ctx.trail.seal(instance.id, instance.audit_digest))
    if to is not None:
        tell_assigned(ctx, instance.id, mine.node, to)


def _present(ctx: Context, row: Mapping[Any, Any]) -> str | None:
    """Who stands in, and is there; through a chain of stand-ins."""
    seen, login = {row["login"]}, row["delegate"]
    while login is not None and login not in seen:
        seen.add(login)
        found = crew.named(ctx, [login])
        if not found or not found[0].active:
            return None
        if found[0].away is None:
            return str(login)
        login = found[0].delegate
    return None


def _plan(ctx: Context, absence_id: str, at: Any) -> None:
    row = {"id": ctx.new_id(), "name": "absence", "type": "crmflow:away", "payload": {"absence": absence_id}}
    due.add(ctx.conn, ctx.now, [{**row, "due_at": at}])
