"""Loading under locks, in the order instance → task → deadline → job. What has vanished meanwhile is None.

Each function is one statement. PostgreSQL locks the rows (FOR UPDATE) and re-reads them once it has them;
SQLite holds its one write lock already (``BEGIN IMMEDIATE``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select

from engine.store import tables as t
from engine.store.prepared import Prepared
from engine.store.types import joined


@dataclass(frozen=True, slots=True)
class Locked:
    """An instance under its lock."""

    id: str
    definition_id: str
    state: str
    business_key: str | None
    revision: int
    blob: bytes | None
    audit_digest: str | None
    parent_id: str | None


@dataclass(frozen=True, slots=True)
class TaskLock:
    """An open task under its lock."""

    id: str
    node: int
    element_id: str
    definition_id: str
    name: str
    assignee: str | None
    candidates: tuple[str, ...]
    form_key: str | None
    revision: int
    timers: frozenset[int]  # nodes of the deadlines that go with the task
    why: Any  # the explanation of whose it is


@dataclass(frozen=True, slots=True)
class DeadlineLock:
    """A due deadline under its lock."""

    id: str
    node: int
    element_id: str
    name: str
    task_id: str | None
    state: str
    fence: int
    attempts: int


@dataclass(frozen=True, slots=True)
class JobLock:
    """A job under its lock."""

    id: str
    instance_id: str | None
    node: int | None
    element_id: str | None
    name: str
    type: str
    state: str
    fence: int
    attempts: int
    retries: int
    payload: Any


@dataclass(frozen=True, slots=True)
class End:
    """How a task that is gone ended."""

    name: str
    state: str
    by: str | None
    at: datetime
    instance_id: str


_I, _T, _D, _J = t.instance.c, t.task.c, t.deadline.c, t.job.c
_INSTANCE = (
    _I.id,
    _I.definition_id,
    _I.state,
    _I.business_key,
    _I.revision,
    _I.blob,
    _I.audit_digest,
    _I.parent_id,
)
_TRY = Prepared(select(_I.id).where(_I.id == bindparam("instance")).with_for_update(skip_locked=True))
_TIMERS = select(joined(_D.node)).where(_D.task_id == _T.id).correlate(t.task).scalar_subquery().label("timers")
_LOCK = Prepared(select(*_INSTANCE).where(_I.id == bindparam("instance")).with_for_update())
_LOCK_TASK = Prepared(
    select(
        *_INSTANCE,
        _T.id,
        _T.node,
        _T.element_id,
        _T.definition_id,
        _T.name,
        _T.assignee,
        _T.candidates,
        _T.form_key,
        _T.revision,
        _TIMERS,
        _T.why,
    )
    # The instance stands first, so PostgreSQL locks it first.
    .select_from(t.instance.join(t.task, _T.instance_id == _I.id))
    .where(_T.id == bindparam("task"))
    .with_for_update()
)
_LOCK_DEADLINE = Prepared(
    select(*_INSTANCE, _D.id, _D.node, _D.element_id, _D.name, _D.task_id, _D.state, _D.fence, _D.attempts)
    .select_from(t.instance.join(t.deadline, _D.instance_id == _I.id))
    .where(_D.id == bindparam("deadline"))
    .with_for_update()
)
_JOB_OWNER = Prepared(select(_J.instance_id).where(_J.id == bindparam("job")))
_LOCK_JOB = Prepared(
    select(
        _J.id,
        _J.instance_id,
        _J.node,
        _J.element_id,
        _J.name,
        _J.type,
        _J.state,
        _J.fence,
        _J.attempts,
        _J.retries,
        _J.payload,
    )
    .where(_J.id == bindparam("job"))
    .with_for_update()
)
_END = Prepared(
    select(t.activity.c.name, t.activity.c.state, t.activity.c.by, t.activity.c.ended_at, t.activity.c.instance_id)
    .where(t.activity.c.task_id == bindparam("task"))
    .order_by(t.activity.c.id.desc())
    .limit(1)
)
_WIDTH = len(_INSTANCE)


def lock_instance(conn: Connection, instance_id: str) -> Locked | None:
    """Lock an instance."""
    row = _LOCK.row(conn, instance=instance_id)
    return None if row is None else Locked(*row)


def try_instance(conn: Connection, instance_id: str) -> bool:
    """Lock an instance unless somebody else has it (or it is gone): False at once, without waiting."""
    return _TRY.row(conn, instance=instance_id) is not None


def lock_for_task(conn: Connection, task_id: str) -> tuple[Locked, TaskLock] | None:
    """Lock a task's instance and the task; None if the task is gone by the time the lock is ours."""
    row = _LOCK_TASK.row(conn, task=task_id)
    if row is None:
        return None
    task = list(row[_WIDTH:])
    task[6] = tuple(task[6])
    task[9] = frozenset(int(node) for node in task[9].split(",")) if task[9] else frozenset()
    return Locked(*row[:_WIDTH]), TaskLock(*task)


def lock_for_deadline(conn: Connection, deadline_id: str) -> tuple[Locked, DeadlineLock] | None:
    """Lock a deadline's instance and the deadline."""
    row = _LOCK_DEADLINE.row(conn, deadline=deadline_id)
    return None if row is None else (Locked(*row[:_WIDTH]), DeadlineLock(*row[_WIDTH:]))


def lock_for_job(conn: Connection, job_id: str) -> tuple[Locked | None, JobLock] | None:
    """Lock a job's instance, if it has one, and the job."""
    owner = _JOB_OWNER.row(conn, job=job_id)
    if owner is None:
        return None
    instance = lock_instance(conn, owner[0]) if owner[0] else None
    row = _LOCK_JOB.row(conn, job=job_id)
    return None if row is None else (instance, JobLock(*row))


def lock_job(conn: Connection, job_id: str) -> JobLock | None:
    """Lock a job alone: for those whose instance is not touched (messages to others)."""
    row = _LOCK_JOB.row(conn, job=job_id)
    return None if row is None else JobLock(*row)


def end_of_task(conn: Connection, task_id: str) -> End | None:
    """How a task that is not open any more ended, from the history."""
    row = _END.row(conn, task=task_id)
    return None if row is None else End(*row)
