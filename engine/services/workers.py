"""External workers: jobs locked for a time, done elsewhere, handed in under the lock's fencing token, once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, NoReturn

from sqlalchemy import select

from engine.domain.access import Actor, Right, ensure
from engine.domain.commands import FailJob, FinishJob
from engine.domain.errors import Conflict, Invalid
from engine.domain.states import JobState
from engine.domain.working import ActivateJobs, CompleteJob, ExtendJob, JobAnswer, JobsWait, LockedJob, RefuseJob
from engine.services import idempotency
from engine.services.context import Context
from engine.services.outbox import hand_in, held, note_failure, spent
from engine.services.posting import OWN
from engine.services.registry import answers, handles
from engine.services.timers import backoff
from engine.store import due, tables as t

_MOST = 100  # jobs of one request
_LONGEST = timedelta(days=1)  # of a lock
_SYSTEMS = frozenset(OWN) | {"crmflow:result"}


@handles(ActivateJobs)
def activate(ctx: Context, cmd: ActivateJobs) -> tuple[LockedJob, ...]:
    """Lock due jobs of the types the worker can do."""
    _check(cmd.by, cmd.types, cmd.lock)
    until = ctx.now + cmd.lock
    limit = max(1, min(cmd.limit, _MOST))
    rows = due.claim(ctx.conn, t.job, ctx.now, until, limit, cmd.types, worker=cmd.worker or cmd.by.id)
    rows = [row for row in rows if not spent(ctx, row)]
    told = _told(ctx, [row.instance_id for row in rows if row.instance_id])
    return tuple(
        LockedJob(
            id=row.id,
            fence=row.fence,
            type=row.type,
            instance_id=row.instance_id,
            element_id=row.element_id,
            name=row.name,
            input=row.payload.get("input") or {},
            headers=row.payload.get("headers") or {},
            attempt=row.attempts + 1,
            retries=row.retries,
            locked_until=until,
            business_key=told.get(row.instance_id, (None, ""))[0],
            definition_key=told.get(row.instance_id, (None, ""))[1],
        )
        for row in rows
    )


@answers(JobsWait)
def jobs_wait(ctx: Context, ask: JobsWait) -> bool:
    """Whether asking for a lock would give one."""
    _check(ask.by, ask.types, timedelta(seconds=1))
    return due.any_due(ctx.conn, ask.types, ctx.now)


@handles(CompleteJob)
def complete(ctx: Context, cmd: CompleteJob) -> JobAnswer:
    """Hand in the result; saying it again is answered again."""
    ensure(cmd.by, Right.JOB_WORK)
    request = idempotency.request_digest("job", cmd.job_id, cmd.fence, "completed", cmd.variables)
    if (known := _recalled(ctx, cmd.by, cmd.job_id, cmd.fence, request)) is not None:
        return known
    found = _mine(ctx, cmd.job_id, cmd.fence)
    hand_in(ctx, FinishJob(cmd.job_id, cmd.fence, cmd.by, cmd.variables))
    answer = JobAnswer(cmd.job_id, "completed", found.instance_id)
    return _remembered(ctx, cmd.by, cmd.fence, request, answer)


@handles(RefuseJob)
def refuse(ctx: Context, cmd: RefuseJob) -> JobAnswer:
    """It failed: again later, an incident, or the BPMN error that it says."""
    ensure(cmd.by, Right.JOB_WORK)
    told = ("failed", cmd.message, cmd.error_code, cmd.retries, cmd.variables)
    request = idempotency.request_digest("job", cmd.job_id, cmd.fence, *told)
    if (known := _recalled(ctx, cmd.by, cmd.job_id, cmd.fence, request)) is not None:
        return known
    if cmd.after is not None and not timedelta(0) <= cmd.after <= timedelta(days=30):
        raise Invalid("CRM-035", "A failed job is tried again within 30 days.", fix="Name a shorter time.")
    job = _mine(ctx, cmd.job_id, cmd.fence)
    final = cmd.retries == 0
    said = FailJob(
        cmd.job_id,
        cmd.fence,
        cmd.by,
        cmd.message[:2000],
        cmd.error_code,
        final=final,
        after=cmd.after,
        left=cmd.retries,
        variables=cmd.variables,
    )
    note_failure(ctx, said)
    if cmd.error_code:
        state = ctx.conn.scalar(select(t.job.c.state).where(t.job.c.id == job.id))
        outcome = "incident" if state == JobState.INCIDENT.value else "error"  # nobody catches it
        answer = JobAnswer(cmd.job_id, outcome, job.instance_id)
    elif final or (cmd.retries is None and job.attempts + 1 >= job.retries):
        answer = JobAnswer(cmd.job_id, "incident", job.instance_id)
    else:
        wait = backoff(ctx.settings.backoff_seconds, job.attempts) if cmd.after is None else cmd.after
        answer = JobAnswer(cmd.job_id, "retried", job.instance_id, due_at=ctx.now + wait)
    return _remembered(ctx, cmd.by, cmd.fence, request, answer)


@handles(ExtendJob)
def extend(ctx: Context, cmd: ExtendJob) -> JobAnswer:
    """The worker is still at it."""
    ensure(cmd.by, Right.JOB_WORK)
    _check(cmd.by, ("-",), cmd.lock)
    until = ctx.now + cmd.lock
    if not due.extend(ctx.conn, cmd.job_id, cmd.fence, until):
        _lost(cmd.job_id)
    return JobAnswer(cmd.job_id, "extended", locked_until=until)


def _check(by: Actor, types: tuple[str, ...], lock: timedelta) -> None:
    ensure(by, Right.JOB_WORK)
    if not types or any(not name or name.startswith("crmflow:") or name in _SYSTEMS for name in types):
        raise Invalid(
            "CRM-039",
            "Name the types of jobs you can do; types that begin with 'crmflow:' are done by crmflow.",
            fix='Send for example {"types": ["erp.book"]}.',
        )
    if not timedelta(seconds=1) <= lock <= _LONGEST:
        raise Invalid("CRM-039", "A lock lasts between a second and a day.", fix="Ask for less, and extend it.")


def _mine(ctx: Context, job_id: str, fence: int) -> Any:
    found = held(ctx, job_id, fence)
    if found is None:
        _lost(job_id)
    return found[1]


def _lost(job_id: str) -> NoReturn:
    raise Conflict(
        "CRM-221",
        f"The lock on job '{job_id}' is not yours any more: it ran out, or the job is done or cancelled.",
        fix="Drop the result, and extend locks before they run out.",
        job=job_id,
    )


def _told(ctx: Context, instances: list[str]) -> dict[str, tuple[str | None, str]]:
    """Business key and definition of the jobs' instances."""
    if not instances:
        return {}
    i, m = t.instance, t.definition
    query = select(i.c.id, i.c.business_key, m.c.key).join_from(i, m).where(i.c.id.in_(instances))
    return {row[0]: (row[1], row[2]) for row in ctx.conn.execute(query)}


def _key(job_id: str, fence: int) -> str:
    return f"job:{job_id}:{fence}"


def _recalled(ctx: Context, by: Actor, job_id: str, fence: int, request: str) -> JobAnswer | None:
    known = idempotency.recall(ctx, by, _key(job_id, fence), request)
    if known is None:
        return None
    at = known["due_at"]
    due_at = datetime.fromisoformat(at) if at else None
    return JobAnswer(job_id, known["outcome"], known["instance_id"], due_at=due_at, repeated=True)


def _remembered(ctx: Context, by: Actor, fence: int, request: str, answer: JobAnswer) -> JobAnswer:
    told = {
        "outcome": answer.outcome,
        "instance_id": answer.instance_id,
        "due_at": answer.due_at.isoformat() if answer.due_at else None,
    }
    idempotency.remember(ctx, by, _key(answer.job_id, fence), request, told)
    return answer
