"""Jobs: the outbox of calls to the outside and of messages between instances. Done once, by whoever holds the lease."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from engine.domain.access import Right, ensure
from engine.domain.commands import Claimed, ClaimJobs, FailJob, FinishJob, PostJob, TidyUp
from engine.services import idempotency, strays
from engine.services.context import Context
from engine.services.edges import inward
from engine.services.flow import conclude, is_suspended, resume
from engine.services.posting import OWN
from engine.services.registry import handles
from engine.services.timers import backoff
from engine.store import due, post, tables as t
from engine.store.repos import JobLock, Locked, lock_for_job, lock_job


@handles(ClaimJobs)
def claim(ctx: Context, cmd: ClaimJobs) -> tuple[Claimed, ...]:
    """Lease due jobs, those waiting longest first."""
    ensure(cmd.by, Right.INCIDENT_RETRY)
    rows = due.claim(ctx.conn, t.job, ctx.now, ctx.now + cmd.lease, cmd.limit, cmd.types)
    return tuple(
        Claimed(row.id, row.fence, row.type, {**row.payload, "job": row.id}) for row in rows if not spent(ctx, row)
    )


def spent(ctx: Context, row: Any) -> bool:
    """Whether a job's last attempt was lost with its worker: it is left to a person, not tried for ever."""
    if row.node is None or row.attempts < max(1, row.retries):
        return False
    said = f"The worker was lost {row.attempts} times while it did '{row.name}'."
    _park(ctx, row, row.fence, "CRM-608", said)
    return True


@handles(FinishJob)
def finish(ctx: Context, cmd: FinishJob) -> bool:
    """Hand in a result; the instance runs on. False: the job is gone, or another worker has it now."""
    ensure(cmd.by, Right.INCIDENT_RETRY)
    return hand_in(ctx, cmd)


def hand_in(ctx: Context, cmd: FinishJob) -> bool:
    """``finish``; who may is the caller's matter."""
    found = held(ctx, cmd.job_id, cmd.fence)
    if found is None:
        return False
    locked, job = found
    if locked is not None and is_suspended(locked):
        return due.park_result(ctx.conn, job.id, cmd.fence, {"payload": {"result": cmd.result}}) == 1
    if not due.done(ctx.conn, t.job, job.id, cmd.fence):
        return False
    if locked is not None and locked.blob is not None and job.node is not None:
        flow, run = resume(ctx, locked, cmd.by)
        run.finish_call(job.node, inward(cmd.result))
        ctx.audit(cmd.by, "job.finish", instance_id=locked.id, target=job.id, detail={"element": job.element_id})
        conclude(ctx, flow, run)
    return True


@handles(PostJob)
def post_own(ctx: Context, cmd: PostJob) -> bool:
    """Do a job of the engine's own. It goes in the same transaction: done once, whatever happens in between."""
    ensure(cmd.by, Right.INCIDENT_RETRY)
    job = lock_job(ctx.conn, cmd.job_id)
    if job is None or not due.done(ctx.conn, t.job, job.id, cmd.fence):
        return False
    OWN[job.type](ctx, job, cmd.by)
    return True


@handles(FailJob)
def fail(ctx: Context, cmd: FailJob) -> bool:
    """Note a failure: a BPMN error is thrown at the element; else back off; out of retries, an incident."""
    ensure(cmd.by, Right.INCIDENT_RETRY)
    return note_failure(ctx, cmd)


def note_failure(ctx: Context, cmd: FailJob) -> bool:
    """``fail``; who may is the caller's matter."""
    found = held(ctx, cmd.job_id, cmd.fence)
    if found is None:
        return False
    locked, job = found
    stands = locked is not None and is_suspended(locked)
    if cmd.error_code and stands:
        said = {"error": cmd.error_code, "message": cmd.message, "variables": cmd.variables}
        return due.park_result(ctx.conn, job.id, cmd.fence, {"payload": said}) == 1
    if cmd.error_code and locked is not None and locked.blob is not None and job.node is not None:
        flow, run = resume(ctx, locked, cmd.by)
        if not run.throw(job.node, cmd.error_code, cmd.message, inward(cmd.variables), outside=True):
            # A slip of the pen in a worker must not end a case of years: a person decides.
            why = f"Nobody catches the error '{cmd.error_code}' of '{job.name}'. {cmd.message}".strip()
            return _park(ctx, job, cmd.fence, "CRM-623", why)
        due.done(ctx.conn, t.job, job.id, cmd.fence)
        conclude(ctx, flow, run)
        return True
    retries = job.retries if cmd.left is None else job.attempts + 1 + cmd.left
    if not cmd.final and job.attempts + 1 < retries:
        wait = backoff(ctx.settings.backoff_seconds, job.attempts) if cmd.after is None else cmd.after
        freed = due.retry(ctx.conn, job.id, cmd.fence, ctx.now + wait, cmd.message, retries) == 1
        if stands and locked is not None:
            due.hold(ctx.conn, locked.id)
        return freed
    return _park(ctx, job, cmd.fence, "CRM-607", cmd.message)


def _park(ctx: Context, job: Any, fence: int, code: str, message: str) -> bool:
    """An incident; the job waits for a person. ``job``: a row or a ``JobLock``."""
    incident = {
        "id": ctx.new_id(),
        "instance_id": job.instance_id,
        "kind": "job",
        "job_id": job.id,
        "element_id": job.element_id,
        "name": job.name,
        "code": code,
        "message": message,
        "created_at": ctx.now,
    }
    return due.park(ctx.conn, t.job, job.id, fence, message, incident) == 1


@handles(TidyUp)
def tidy(ctx: Context, cmd: TidyUp) -> dict[str, int]:
    """Drop what nobody asks for any more (expired messages, old idempotency keys); find work that is nowhere."""
    ensure(cmd.by, Right.INCIDENT_RETRY)
    before = ctx.now - timedelta(hours=ctx.settings.keep_keys_hours)
    unwanted = ctx.now - timedelta(hours=ctx.settings.keep_messages_hours)
    done = {"messages": post.expire(ctx.conn, unwanted), "keys": idempotency.forget(ctx, before)}
    return {**done, "strays": strays.gather(ctx, cmd.by)}


def held(ctx: Context, job_id: str, fence: int) -> tuple[Locked | None, JobLock] | None:
    """The job under its instance's lock, if the lease shown is the present one."""
    found = lock_for_job(ctx.conn, job_id)
    if found is None or found[1].fence != fence or found[1].state != "leased":
        return None
    return found
