"""What a policy newly promises reaches the cases that are open, a page of cases at a time, by jobs of our own.

A million cases are never one transaction: each job locks and looks at ``PAGE`` cases, then asks for the next one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import exists, func, select

from engine import logs
from engine.domain import sla
from engine.domain.access import SYSTEM, Actor
from engine.domain.errors import CrmflowError
from engine.domain.states import InstanceState
from engine.services.context import Context
from engine.services.library import Loaded
from engine.services.sla_arise import Place, arise
from engine.services.sla_terms import Asked
from engine.store import due
from engine.store.repos import JobLock, lock_instance
from engine.store.tables import definition, instance
from engine.store.tables_time import sla_clock

log = logs.get("sla")
KIND = "crmflow:arise"
PAGE = 50  # cases looked at, and locked, in one transaction
AGAIN = timedelta(minutes=1)  # the second look, at cases that were being begun while the policy was saved
_BEGUN = timedelta(minutes=5)  # how long such a beginning may have taken
_OPEN = (InstanceState.ACTIVE.value, InstanceState.SUSPENDED.value)
_MOST = 1000  # cases counted


def promises_more(before: Mapping[str, Any] | None, content: Mapping[str, Any]) -> bool:
    """Whether a policy may promise what its version before did not; what a table answers cannot be known."""
    if before is None or content.get("decision") != before.get("decision"):
        return True
    return not set(content.get("targets") or {}) <= set(before.get("targets") or {})


def without(ctx: Context, policy: str) -> int:
    """How many open cases whose flow asks the policy have no clock of it; 1000 stands for more than 999."""
    flows = _flows(ctx, [policy])
    if not flows:
        return 0
    i, c = instance.c, sla_clock.c
    theirs = exists().where(c.instance_id == i.id, c.policy == policy)
    query = select(i.id).where(i.definition_id.in_(flows), i.state.in_(_OPEN), ~theirs).limit(_MOST)
    return ctx.conn.scalar(select(func.count()).select_from(query.subquery())) or 0


def spread(ctx: Context, policies: Collection[str], by: str) -> None:
    """Plan the looks: at every open case at once, and soon at those that are being begun at this moment."""
    if not policies or not _flows(ctx, policies):
        return
    asked = {"policies": sorted(policies), "by": by, "after": ""}
    since = (ctx.now - _BEGUN).isoformat()
    _plan(ctx, asked, ctx.now)
    _plan(ctx, {**asked, "since": since}, ctx.now + AGAIN)
    ctx.wake = True


def go_on(ctx: Context, job: JobLock, by: Actor) -> None:
    """The next page of cases: what they are promised only now begins now."""
    said = job.payload
    i = instance.c
    flows = _flows(ctx, said["policies"])
    query = select(i.id).where(i.definition_id.in_(flows), i.state.in_(_OPEN), i.id > said["after"])
    if said.get("since"):
        query = query.where(i.started_at >= datetime.fromisoformat(said["since"]))
    page = ctx.conn.scalars(query.order_by(i.id).limit(PAGE)).all()
    for case in page:
        try:
            with ctx.attempt():
                _look(ctx, case, said["by"])
        except CrmflowError as error:
            # One case whose facts cannot be read keeps no other from its promise; its next step tells the fault.
            log.warning("sla_spread_failed", instance=case, code=error.code, message=error.message)
    if len(page) == PAGE:
        _plan(ctx, {**said, "after": page[-1]}, ctx.now)
        ctx.wake = True


def _look(ctx: Context, case: str, by: str) -> None:
    from engine.services.flow import resume, stored  # steps of a case look at its clocks

    locked = lock_instance(ctx.conn, case)
    if locked is None or locked.blob is None:
        return  # over meanwhile
    loaded = ctx.library.load(ctx.conn, locked.definition_id)
    _, run = resume(ctx, locked, SYSTEM, operate=True)
    arise(ctx, Place(loaded, case, by), Asked(ctx, case, stored(run)))


def _flows(ctx: Context, policies: Collection[str]) -> list[str]:
    """The versions of flows that ask one of the policies and have open cases."""
    d, i = definition.c, instance.c
    used = exists().where(i.definition_id == d.id, i.state.in_(_OPEN))
    found = ctx.conn.scalars(select(d.id).where(used).order_by(d.id)).all()
    return [one for one in found if _asks(ctx.library.load(ctx.conn, one), policies)]


def _asks(loaded: Loaded, policies: Collection[str]) -> bool:
    marks = (mark for info in loaded.infos.values() for _, mark in sla.by_policy(info.get("time")))
    return any(mark["policy"] in policies for mark in marks)


def _plan(ctx: Context, payload: Mapping[str, Any], at: datetime) -> None:
    name = f"policy {', '.join(payload['policies'])}"[:200]
    due.add(ctx.conn, ctx.now, [{"id": ctx.new_id(), "name": name, "type": KIND, "due_at": at, "payload": payload}])
