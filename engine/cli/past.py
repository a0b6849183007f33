"""A sample's history: its records come in over the last days, things fall due when they are due, people act meanwhile.

::

    ages: [P2D, PT9H, PT20M]            # how long ago each part of the records came in, oldest first
    plays: [{age: PT5H, task: …}, …]    # as in ``plays``, each at its time

It is played on an engine of its own whose clock runs from then to now, by the same commands as ever.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from engine.cli.plays import play
from engine.domain.access import SYSTEM
from engine.domain.clock import FixedClock
from engine.domain.questions import ListJobs, ListTimers
from engine.domain.sla import duration
from engine.jobs import drain

if TYPE_CHECKING:
    from engine.app import Engine

_CHUNK = 25
_MOST = 1000  # looks at what falls due between two moments
_NOW = timedelta(0)


@contextmanager
def earlier(opened: Engine) -> Iterator[Engine]:
    """An engine on the same database whose clock is moved by hand."""
    from engine.app import Engine

    past = Engine.open(opened.url, clock=FixedClock(opened.clock.now()), settings=opened.settings)
    try:
        yield past
    finally:
        past.close()


def live(
    past: Engine, sample: Mapping[str, Any], count: int, take: Callable[[Engine, int, int], None]
) -> Iterator[str]:
    """Take in ``count`` records at their times and do the sample's plays; what could not be done is told."""
    now = past.clock.now()
    agenda: list[tuple[datetime, Any]] = [
        (now - age, (start, upto)) for start, upto, age in parts(count, [ago(age) for age in sample.get("ages") or ()])
    ]
    agenda += [(now - ago(one["age"]), one) for one in sample.get("plays") or ()]
    agenda.sort(key=lambda each: each[0])
    if agenda:
        past.clock.set(agenda[0][0])  # type: ignore[attr-defined]  # a FixedClock: ``earlier`` made it
    for at, what in agenda:
        _until(past, at)
        if isinstance(what, tuple):
            take(past, *what)
        else:
            yield from play(past, [what])
    if sample.get("ages"):
        _until(past, now)


def parts(count: int, ages: list[timedelta]) -> Iterator[tuple[int, int, timedelta]]:
    """(first, end, age) of the records that come in together; all of them now if no age is said."""
    if not ages:
        yield from ((start, min(start + _CHUNK, count), _NOW) for start in range(0, count, _CHUNK))
        return
    edges = [round(count * n / len(ages)) for n in range(len(ages) + 1)]
    for start, upto, age in zip(edges, edges[1:], ages, strict=False):
        if start < upto:
            yield start, upto, age


def ago(text: str) -> timedelta:
    """A length of time as targets write it; PT0S is now. Raises ``Invalid`` CRM-077."""
    return _NOW if text == "PT0S" else duration(text).span


def _until(past: Engine, at: datetime) -> None:
    """Let the clock run to a time; what falls due on the way happens when it is due."""
    clock = past.clock
    assert isinstance(clock, FixedClock)
    for _ in range(_MOST):
        timers = past.ask(ListTimers(SYSTEM, limit=200)).items
        jobs = past.ask(ListJobs(SYSTEM, limit=200)).items
        awaited = [row.due_at for row in timers] + [row.due_at for row in jobs]
        times = [each for each in awaited if clock.now() < each <= at]
        if not times:
            break
        clock.set(min(times))
        drain(past)
    if clock.now() < at:
        clock.set(at)
        drain(past)
