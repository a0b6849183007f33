"""Timers: due deadlines are claimed, each is fired in a transaction of its own, failures back off to an incident."""

from __future__ import annotations

from datetime import timedelta

from engine.domain.access import Right, ensure
from engine.domain.commands import ClaimDeadlines, Claimed, FailDeadline, FireDeadline
from engine.services.context import Context
from engine.services.flow import conclude, is_suspended, resume
from engine.services.registry import handles
from engine.store import due, tables as t
from engine.store.repos import lock_for_deadline

_LONGEST = timedelta(hours=1)


@handles(ClaimDeadlines)
def claim(ctx: Context, cmd: ClaimDeadlines) -> tuple[Claimed, ...]:
    """Lease due deadlines, those waiting longest first."""
    ensure(cmd.by, Right.INCIDENT_RETRY)
    rows = due.claim(ctx.conn, t.deadline, ctx.now, ctx.now + cmd.lease, cmd.limit)
    return tuple(Claimed(row.id, row.fence) for row in rows)


@handles(FireDeadline)
def fire(ctx: Context, cmd: FireDeadline) -> bool:
    """Fire a claimed deadline. What has vanished, or was claimed by another worker, is normal: False."""
    ensure(cmd.by, Right.INCIDENT_RETRY)
    found = lock_for_deadline(ctx.conn, cmd.deadline_id)
    if found is None:
        return False
    locked, deadline = found
    if deadline.fence != cmd.fence or deadline.state != "leased" or locked.blob is None:
        return False
    if is_suspended(locked):
        due.hold_row(ctx.conn, t.deadline, deadline.id, cmd.fence)  # suspended since it was claimed
        return False
    flow, run = resume(ctx, locked, cmd.by)
    flow.fired = {deadline.element_id: deadline.task_id}
    flow.spent = (deadline.node,)
    ctx.audit(cmd.by, "timer.fire", instance_id=locked.id, target=deadline.element_id)
    run.fire(deadline.node)
    conclude(ctx, flow, run)
    return True


@handles(FailDeadline)
def fail(ctx: Context, cmd: FailDeadline) -> bool:
    """Note a failed firing: try again later, each time later, then leave it to a person as an incident."""
    ensure(cmd.by, Right.INCIDENT_RETRY)
    found = lock_for_deadline(ctx.conn, cmd.deadline_id)
    if found is None or found[1].fence != cmd.fence:
        return False
    locked, deadline = found
    if deadline.attempts < ctx.settings.timer_retries:
        until = ctx.now + backoff(ctx.settings.backoff_seconds, deadline.attempts)
        return due.postpone(ctx.conn, deadline.id, cmd.fence, until, cmd.message) == 1
    incident = {
        "id": ctx.new_id(),
        "instance_id": locked.id,
        "kind": "timer",
        "deadline_id": deadline.id,
        "element_id": deadline.element_id,
        "name": deadline.name,
        "code": "CRM-606",
        "message": cmd.message,
        "created_at": ctx.now,
    }
    return due.park(ctx.conn, t.deadline, deadline.id, cmd.fence, cmd.message, incident) == 1


def backoff(first: float, attempts: int) -> timedelta:
    """How long to wait after a failure: doubles each time, an hour at most."""
    return min(_LONGEST, timedelta(seconds=first * 2 ** min(attempts, 20)))
