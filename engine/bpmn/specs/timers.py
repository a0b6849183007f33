"""Times of a model: ISO 8601 dates, durations and cycles, and FEEL values, reckoned on our own clock.

A date-time without a zone is UTC. Months are calendar months: 31 January + P1M is the last day of February.
Cycles (``R3/PT10M``, ``R/2026-01-01T09:00:00Z/P1D``) are reckoned from their start, so do not drift; cron: ``cron``.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from engine import feel
from engine.bpmn.specs.cron import Cron, cron
from engine.domain.calendar.wait import named, until
from engine.domain.clock import tellable
from engine.domain.errors import RunError

#: Key of a calendar → the calendar; None where there are none at hand.
Calendars = Callable[[str], Any] | None
_DURATION = re.compile(
    r"(?P<sign>-)?P(?=.)(?:(?P<y>\d+)Y)?(?:(?P<mo>\d+)M)?(?:(?P<w>\d+)W)?(?:(?P<d>\d+)D)?"
    r"(?:T(?=.)(?:(?P<h>\d+)H)?(?:(?P<m>\d+)M)?(?:(?P<s>\d+(?:[.,]\d+)?)S)?)?\Z"
)


_ANY = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Duration:
    """Calendar months and an exact rest."""

    months: int
    rest: timedelta

    @property
    def forward(self) -> bool:
        """Whether it leads to a later moment."""
        return self.months > 0 or (self.months == 0 and self.rest > timedelta(0))

    def after(self, start: datetime, times: int = 1) -> datetime:
        """``start`` plus this duration ``times`` times."""
        months = start.year * 12 + start.month - 1 + self.months * times
        year, month = months // 12, months % 12 + 1
        day = min(start.day, monthrange(year, month)[1])
        return start.replace(year=year, month=month, day=day) + self.rest * times


@dataclass(frozen=True, slots=True)
class Cycle:
    """``count`` repetitions (None: without end) of ``every`` from ``start`` (None: when it is armed)."""

    count: int | None
    every: Duration
    start: datetime | None = None

    def at(self, base: datetime, round_no: int) -> datetime:
        """The ``round_no``-th time; ``base`` is when it was armed, for cycles without a start of their own."""
        return self.every.after(base, round_no) if self.start is None else self.every.after(self.start, round_no - 1)


def duration(text: str) -> Duration | None:
    """An ISO duration such as ``P1DT2H``; None when the text is not one."""
    found = _DURATION.match(text.strip().upper())
    if not found:
        return None
    part = {name: value for name, value in found.groupdict(default="0").items() if name != "sign"}
    months = int(part["y"]) * 12 + int(part["mo"])
    seconds, _, fraction = part["s"].replace(",", ".").partition(".")
    rest = timedelta(
        weeks=int(part["w"]),
        days=int(part["d"]),
        hours=int(part["h"]),
        minutes=int(part["m"]),
        seconds=int(seconds),
        microseconds=int((fraction + "000000")[:6]),
    )
    return Duration(-months, -rest) if found["sign"] else Duration(months, rest)


def instant(text: str) -> datetime | None:
    """An ISO date or date-time, also with FEEL's ``@Area/City``; None when the text is not one."""
    text, _, zone = text.strip().partition("@")
    try:
        moment = datetime.fromisoformat(text)
        if zone:
            moment = moment.replace(tzinfo=ZoneInfo(zone))
    except (ValueError, ZoneInfoNotFoundError):
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def cycle(text: str) -> Cycle | None:
    """An ISO repeating interval; None when the text is not one."""
    head, *parts = text.strip().split("/")
    if not re.fullmatch(r"R\d*", head.upper()) or len(parts) not in (1, 2):
        return None
    count = int(head[1:]) if head[1:] else None
    start = end = None
    if len(parts) == 2:
        start, end = instant(parts[0]), instant(parts[1])
    every = duration(parts[0] if start is None else parts[1])
    # One that does not go forward would come for ever at the same moment.
    if every is None or not every.forward:
        return None
    if start is not None or len(parts) == 1:
        return Cycle(count, every, start)
    return Cycle(count, every, every.after(end, -count)) if end and count else None


def working(value: Any, now: datetime, calendars: Calendars) -> datetime | None:
    """The end of a wait in working time (``PT8H on office``); None for any other time.

    Raises ``RunError`` CRM-615 where no calendars are at hand, ``NotFound`` CRM-426 for one that is not there.
    """
    found = named(value) if isinstance(value, str) else None
    if found is None:
        return None
    span, key = found
    if calendars is None:
        raise RunError("CRM-615", f"'{value}' names a calendar, and there are none here.", fix="Run it in an engine.")
    return until(calendars(key), now, span)


def due(value: Any, now: datetime, what: str) -> datetime:
    """The instant a value stands for: a date-time, a date (midnight UTC), or a duration from ``now``.

    Raises ``RunError`` CRM-613 for anything else, null and times that not every zone can tell included.
    """
    try:
        at = _instant_of(value, now)
    except (OverflowError, ValueError):
        raise _no_time(value, what, "lies outside the calendar") from None
    if at is None:
        raise _no_time(value, what, "is neither a date-time nor a duration")
    if not tellable(at):
        raise _no_time(value, what, "lies outside the calendar")
    return at


def _instant_of(value: Any, now: datetime) -> datetime | None:
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC)
    if isinstance(value, date):
        return datetime.combine(value, time(), UTC)
    if isinstance(value, timedelta):
        return now + value
    text = value if isinstance(value, str) else feel.to_json(value)
    if not isinstance(text, str):
        return None
    span = duration(text)
    return span.after(now) if span else instant(text)


def cycle_of(value: Any, what: str) -> Cycle | Cron:
    """The cycle a value stands for; a plain duration repeats without end. Raises ``RunError`` CRM-613."""
    text = value if isinstance(value, str) else feel.to_json(value)
    if isinstance(text, str):
        if found := cycle(text):
            return found
        if (span := duration(text)) and span.forward:
            return Cycle(None, span)
        if found_cron := cron(text):
            return found_cron
    raise _no_time(value, what, "is not a cycle such as R3/PT10M or 0 0 9 * * MON-FRI")


def moment(cycle: Cycle | Cron, base: datetime, round_no: int, what: str) -> datetime:
    """The ``round_no``-th time of a cycle. Raises ``RunError`` CRM-613 where there is none."""
    try:
        return cycle.at(base, round_no)
    except (ValueError, OverflowError):
        raise _no_time("the cycle", what, "never comes") from None


def is_time(text: str, kind: str) -> bool:
    """Whether a literal text is a time of this kind (``date``, ``duration`` or ``cycle``) that can come."""
    try:
        if kind == "cycle":
            found = cycle(text) or cron(text)
            year = min(getattr(found, "years", None) or (_ANY.year,))
            # A zone may begin its year half a day before UTC does.
            return found is not None and bool(found.at(_ANY.replace(year=year) - timedelta(days=1), 1))
        if kind == "duration":
            span = duration(text)
            return named(text) is not None if span is None else bool(span.after(_ANY))
        return instant(text) is not None
    except (ValueError, OverflowError):  # the thirtieth of February, a billion years
        return False


def _no_time(value: Any, what: str, why: str) -> RunError:
    return RunError(
        "CRM-613",
        f"{what}: {value!r} {why}.",
        fix="Give an ISO date-time (2026-01-31T09:00:00Z), a duration (PT15M) or a cycle (R3/PT1H).",
    )
