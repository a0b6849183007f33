"""External workers over REST: lock jobs (waiting for them, if need be), hold the lock, hand in what became of them."""

from __future__ import annotations

from datetime import timedelta

from engine.domain.access import Right
from engine.domain.working import ActivateJobs, CompleteJob, ExtendJob, JobAnswer, JobsWait, LockedJob, RefuseJob
from webui.api.operating_models import ActivateBody, CompleteBody, ErrorBody, ExtendBody, FailBody
from webui.api.polling import waited
from webui.api.routing import Call, Route, Tag


def activate_jobs(call: Call) -> tuple[LockedJob, ...]:
    """No transaction is open while it waits: a small read says whether asking is worth it."""
    engine, body = call.engine, call.body
    types = tuple(body.types)
    command = ActivateJobs(call.by, types, body.worker, body.limit, timedelta(seconds=body.lock))
    found = engine.do(command)
    if found or not body.wait:
        return found
    question = JobsWait(call.by, types)
    later = waited(lambda: engine.ask(question), lambda: engine.do(command), body.wait, engine.settings.long_polls)
    return later or ()


def complete_job(call: Call) -> JobAnswer:
    return call.engine.do(CompleteJob(call.path["job_id"], call.body.fence, call.by, call.body.variables))


def fail_job(call: Call) -> JobAnswer:
    body = call.body
    after = None if body.retry_after is None else timedelta(seconds=body.retry_after)
    return call.engine.do(
        RefuseJob(call.path["job_id"], body.fence, call.by, body.message, retries=body.retries, after=after)
    )


def throw_job_error(call: Call) -> JobAnswer:
    body = call.body
    return call.engine.do(
        RefuseJob(
            call.path["job_id"],
            body.fence,
            call.by,
            body.message or body.code,
            error_code=body.code,
            variables=body.variables,
        )
    )


def extend_job(call: Call) -> JobAnswer:
    lock = timedelta(seconds=call.body.lock)
    return call.engine.do(ExtendJob(call.path["job_id"], call.body.fence, call.by, lock))


_STALE = "409 (`CRM-221`) if the lock is not yours any more. Saying the same again is answered with `repeated: true`."

TAG = Tag(
    "workers",
    "Programs that do service tasks: lock jobs by type, do them, hand in the result under the fence of the lock.",
    "外部工作程序：按类型锁定作业、执行，并凭锁的序号交回结果。",
    (
        Route(
            "POST", "/jobs/activate", activate_jobs, "workers", "Lock jobs of some types", "按类型锁定作业",
            answer=tuple[LockedJob, ...], right=Right.JOB_WORK, body=ActivateBody,
            about="With `wait`, the answer comes as soon as there is a job, at the latest after that many seconds.",
        ),
        Route(
            "POST", "/jobs/{job_id}/complete", complete_job, "workers", "Hand in the result", "交回结果",
            answer=JobAnswer, right=Right.JOB_WORK, body=CompleteBody, errors=(409, 422, 500), about=_STALE,
        ),
        Route(
            "POST", "/jobs/{job_id}/fail", fail_job, "workers", "It failed", "报告失败",
            answer=JobAnswer, right=Right.JOB_WORK, body=FailBody, errors=(409,),
            about=f"It is tried again after `retry_after`, or becomes an incident. {_STALE}",
        ),
        Route(
            "POST", "/jobs/{job_id}/error", throw_job_error, "workers", "Throw a BPMN error", "抛出 BPMN 错误",
            answer=JobAnswer, right=Right.JOB_WORK, body=ErrorBody, errors=(409, 422, 500), about=_STALE,
        ),
        Route(
            "POST", "/jobs/{job_id}/extend", extend_job, "workers", "Heartbeat: hold the lock longer", "心跳：延长锁定",
            answer=JobAnswer, right=Right.JOB_WORK, body=ExtendBody, errors=(409,),
        ),
    ),
)  # fmt: skip
