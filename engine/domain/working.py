"""Commands, questions and rows of external workers and of messages: what waits for somebody outside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from engine.domain.access import Actor
from engine.domain.commands import Command
from engine.domain.questions import Question
from engine.domain.values import MessageSent, Page

# --- external workers ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LockedJob:
    """A job that a worker holds until ``locked_until``; ``fence`` must be shown with every word about it."""

    id: str
    fence: int
    type: str
    instance_id: str | None
    element_id: str | None
    name: str
    input: Mapping[str, Any]
    headers: Mapping[str, str]
    attempt: int  # 1 = the first
    retries: int  # attempts in all, before an incident
    locked_until: datetime
    business_key: str | None = None
    definition_key: str = ""


@dataclass(frozen=True, slots=True)
class ActivateJobs(Command[tuple[LockedJob, ...]]):
    """Lock due jobs of these types, those waiting longest first. Types of our own are not given away (CRM-039)."""

    by: Actor
    types: tuple[str, ...]
    worker: str = ""
    limit: int = 10
    lock: timedelta = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class JobsWait(Question[bool]):
    """Whether a job of these types is due: one small read, for those who wait for one."""

    by: Actor
    types: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class JobAnswer:
    """What became of a job. ``repeated``: the same was said before, and is answered again."""

    job_id: str
    outcome: str  # completed, retried, incident, error, extended
    instance_id: str | None = None
    locked_until: datetime | None = None
    due_at: datetime | None = None
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class CompleteJob(Command[JobAnswer]):
    """Hand in the result. Raises ``Conflict`` CRM-221 when the lock is another's by now or ran out and was taken."""

    job_id: str
    fence: int
    by: Actor
    variables: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RefuseJob(Command[JobAnswer]):
    """It failed: try again after ``after`` (None: our back-off) as long as attempts are left, else an incident.

    ``retries``: how many attempts are left after this one; None: as many as the model says. With ``error_code`` it is a
    BPMN error, caught at a boundary, which hands over ``variables``. Raises ``Conflict`` CRM-221.
    """

    job_id: str
    fence: int
    by: Actor
    message: str
    error_code: str | None = None
    retries: int | None = None
    after: timedelta | None = None
    variables: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ExtendJob(Command[JobAnswer]):
    """The heartbeat of a worker: hold the lock for another ``lock``. Raises ``Conflict`` CRM-221."""

    job_id: str
    fence: int
    by: Actor
    lock: timedelta = timedelta(minutes=5)


# --- messages --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MessageRow:
    """A message nobody has taken yet (``waiting``) or took in time (``expired``)."""

    id: str
    name: str
    correlation_key: str
    payload: Mapping[str, Any]
    sent_at: datetime
    sent_by: str
    expires_at: datetime
    state: str  # waiting, expired
    parent_id: str | None = None


@dataclass(frozen=True, slots=True)
class ListMessages(Question[Page[MessageRow]]):
    """Messages that nobody wanted so far, newest first."""

    by: Actor
    state: str | None = None
    name: str | None = None
    search: str = ""
    limit: int = 50
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class ResendMessage(Command[MessageSent]):
    """Send a kept message again, as it was, for another time to live. Raises ``NotFound`` CRM-407."""

    message_id: str
    by: Actor
    ttl: timedelta = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class DropMessage(Command[None]):
    """Forget a kept message. Raises ``NotFound`` CRM-407."""

    message_id: str
    by: Actor
    reason: str = ""
