"""Runs what is due: claims it, does it, hands in the result. Nothing is held while the outside world is asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from engine import connectors, logs
from engine.app import Engine
from engine.domain.access import SYSTEM
from engine.domain.commands import (
    ClaimDeadlines,
    Claimed,
    ClaimJobs,
    FailDeadline,
    FailJob,
    FinishJob,
    FireDeadline,
    PostJob,
)
from engine.domain.errors import CrmflowError
from engine.jobs import bulk
from engine.services.posting import OWN

log = logs.get("jobs")
_BATCH = 16
_OWN = "crmflow:"

#: What this process does itself; jobs of any other type wait for an external worker.
SERVED: tuple[str, ...] = (*connectors.CONNECTORS, *OWN, "crmflow:result")
_INSIDE = tuple(name for name in SERVED if name not in connectors.CONNECTORS)
_OUTSIDE = tuple(connectors.CONNECTORS)


def run_due(engine: Engine, limit: int = _BATCH, *, outside: bool = True) -> int:
    """Claim and run one batch of due timers and jobs in this thread; how many were claimed.

    Of the calls to the outside one is claimed at a time (``outside=False``: none): a far end that is slow must not keep
    timers waiting behind a batch, nor let the leases of those behind it run out, which would do them twice.
    """
    lease = timedelta(seconds=engine.settings.lease_seconds)
    deadlines = engine.do(ClaimDeadlines(SYSTEM, limit, lease))
    for each in deadlines:
        fire(engine, each)
    jobs = engine.do(ClaimJobs(SYSTEM, limit, lease, _INSIDE))
    for each in jobs:
        work(engine, each)
    calls: tuple[Claimed, ...] = ()
    if outside:
        # Longer than a call lasts: a mail is a dozen exchanges, each of which may take its time.
        longest = timedelta(seconds=12 * engine.settings.http_timeout)
        calls = engine.do(ClaimJobs(SYSTEM, 1, max(lease, longest), _OUTSIDE))
        for each in calls:
            work(engine, each)
    return len(deadlines) + len(jobs) + len(calls)


def drain(engine: Engine, most: int = 100_000) -> int:
    """Run everything that is due now, and what it makes due, in this thread; how many pieces of work that was."""
    done = 0
    while done < most:
        found = run_due(engine)
        if not found:
            break
        done += found
    return done


def fire(engine: Engine, due: Claimed) -> None:
    """Fire one claimed deadline."""
    _guarded(
        lambda: engine.do(FireDeadline(due.id, due.fence, SYSTEM)),
        lambda message, _: engine.do(FailDeadline(due.id, due.fence, SYSTEM, message)),
        due,
    )


def work(engine: Engine, due: Claimed) -> None:
    """Do one claimed job: the engine's own (messages, signals, timed starts), or a call to the outside."""
    if due.type == "crmflow:result":
        _hand_in(engine, due)
        return
    if due.type == "crmflow:bulk":
        _guarded(
            lambda: bulk.work(engine, due),
            lambda message, _: engine.do(FailJob(due.id, due.fence, SYSTEM, message)),
            due,
        )
        return
    if due.type.startswith(_OWN):
        _guarded(
            lambda: engine.do(PostJob(due.id, due.fence, SYSTEM)),
            lambda message, _: engine.do(FailJob(due.id, due.fence, SYSTEM, message)),
            due,
        )
        return

    def call() -> None:
        result: Mapping[str, Any] = connectors.run(due.type, due.payload, engine.settings)
        engine.do(FinishJob(due.id, due.fence, SYSTEM, result or {}))

    def failed(message: str, error: Exception) -> None:
        # A connector may say that its failure is a BPMN error, or that trying again cannot help.
        code, final = getattr(error, "error_code", None), bool(getattr(error, "final", False))
        if isinstance(error, connectors.ConnectorError) and not final:
            message = f"[{error.code}] {error.message}"  # that it is tried again may be true no longer
        engine.do(FailJob(due.id, due.fence, SYSTEM, message, error_code=code, final=final))

    _guarded(call, failed, due)


def _hand_in(engine: Engine, due: Claimed) -> None:
    """What became of a call while its instance was suspended."""
    said, error = due.payload, due.payload.get("error")

    def act() -> None:
        if error:
            handed = said.get("variables") or {}
            engine.do(FailJob(due.id, due.fence, SYSTEM, said["message"], error_code=error, variables=handed))
        else:
            engine.do(FinishJob(due.id, due.fence, SYSTEM, said["result"]))

    _guarded(act, lambda message, _: engine.do(FailJob(due.id, due.fence, SYSTEM, message)), due)


def _guarded(act: Callable[[], Any], failed: Callable[[str, Exception], Any], due: Claimed) -> None:
    """Do it; a failure is noted at the row, never lost, and never stops the heartbeat."""
    try:
        act()
    except Exception as error:  # whatever it was: the row says it, the others that are due go on
        message = str(error) if isinstance(error, CrmflowError) else f"{type(error).__name__}: {error}"
        log.warning("due_work_failed", id=due.id, type=due.type, error=message, exc_info=error)
        try:
            failed(message[:2000], error)
        except Exception as second:  # the lease runs out and the row is due again; the log has both causes
            log.error("due_work_not_noted", id=due.id, type=due.type, exc_info=second)
