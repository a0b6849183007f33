"""Incidents: what failed and waits for a person, and trying again.  # G6"""

from __future__ import annotations

from engine.domain.access import Right, ensure
from engine.domain.commands import RetryIncident
from engine.domain.errors import NotFound
from engine.domain.questions import ListIncidents
from engine.domain.values import IncidentRow, Page
from engine.services.context import Context
from engine.services.flow import conclude, ensure_moving, resume
from engine.services.registry import answers, handles
from engine.services.spoken import spoken
from engine.services.views import incident_row, named
from engine.store import due, queries, tables as t
from engine.store.repos import lock_instance


@answers(ListIncidents)
def list_incidents(ctx: Context, ask: ListIncidents) -> Page[IncidentRow]:
    """Open incidents, newest first."""
    ensure(ask.by, Right.INCIDENT_READ)
    rows, following = queries.incidents(ctx.conn, ask.instance_id, ask.limit, ask.cursor)
    said = spoken(ctx, ask.by, [(row.instance_id, row.element_id) for row in rows])
    return Page(tuple(named(incident_row(row), said) for row in rows), following)


@handles(RetryIncident)
def retry(ctx: Context, cmd: RetryIncident) -> None:
    """Try again what failed. Raises ``NotFound`` CRM-404 if somebody else has solved it."""
    ensure(cmd.by, Right.INCIDENT_RETRY)
    row = due.incident(ctx.conn, cmd.incident_id)
    locked = lock_instance(ctx.conn, row.instance_id) if row is not None and row.instance_id else None
    if locked is not None:
        ensure_moving(locked)
    # Re-read by deleting: under the lock, only one of two people takes it off the list.
    if row is None or not due.solve(ctx.conn, cmd.incident_id):
        raise NotFound(
            "CRM-404", f"There is no open incident '{cmd.incident_id}'.", fix="It may be solved; look at the list."
        )
    detail = {"incident": row.id, "code": row.code, "element": row.element_id, "reason": cmd.reason}
    ctx.audit(cmd.by, "incident.retry", instance_id=row.instance_id, target=row.id, detail=detail)
    if row.kind == "fault":
        if locked is not None and locked.blob is not None:
            flow, run = resume(ctx, locked, cmd.by)
            run.retry(row.node)
            conclude(ctx, flow, run)
        return
    if row.kind == "job":
        due.revive(ctx.conn, t.job, row.job_id, ctx.now)
    else:
        due.revive(ctx.conn, t.deadline, row.deadline_id, ctx.now)
    if locked is not None:
        due.chain(ctx.conn, locked.id, ctx.trail.seal(locked.id, locked.audit_digest))
    ctx.wake = True
