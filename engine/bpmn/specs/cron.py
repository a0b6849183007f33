"""Cron expressions as times of a cycle: ``0 0 9 * * MON-FRI`` (second minute hour day month weekday), also five fields.

As Zeebe reads them (Spring's CronExpression): 0 and 7 are Sunday, ``?`` is ``*``, ``L`` the last day of the month,
``FRIL`` the last Friday, ``MON#2`` the second Monday; ``@yearly``, ``@monthly``, ``@weekly``, ``@daily``, ``@hourly``.
Reckoned in UTC, or in the zone named behind ``@``: ``0 0 9 * * MON-FRI @Europe/Berlin``. A year may stand seventh.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_MACROS = {
    "@yearly": "0 0 0 1 1 *",
    "@annually": "0 0 0 1 1 *",
    "@monthly": "0 0 0 1 * *",
    "@weekly": "0 0 0 * * 0",
    "@daily": "0 0 0 * * *",
    "@midnight": "0 0 0 * * *",
    "@hourly": "0 0 * * * *",
}
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_WEEK = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
#: How far ahead a matching day is looked for: a leap day on a given weekday comes within 40 years.
_FAR = 366 * 41


@dataclass(frozen=True, slots=True)
class Cron:
    """When it is time; ``count`` is always None: it repeats without end. Weekdays count from Sunday = 0."""

    seconds: tuple[int, ...]
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: frozenset[int] | None
    months: frozenset[int]
    week: frozenset[int] | None
    last: bool = False  # the last day of the month
    ordinal: frozenset[tuple[int, int]] = frozenset()  # (weekday, n-th in the month; 0 = last)
    years: frozenset[int] | None = None
    zone: tzinfo = UTC
    count: None = None

    def at(self, base: datetime, round_no: int) -> datetime:
        """The ``round_no``-th time after ``base``. Raises ``ValueError`` where there is none."""
        local = base.astimezone(self.zone)
        left, day = round_no, local.date()
        per_day = len(self.seconds) * len(self.minutes) * len(self.hours)
        for _ in range(_FAR + round_no // per_day * 366):
            if self._fits(day):
                if day != local.date() and left > per_day and not self._changes(day):
                    left -= per_day
                else:
                    for moment in self._times(day):
                        if moment > base:
                            left -= 1
                            if not left:
                                return moment
            day += timedelta(days=1)
        raise ValueError("no such time")

    def _times(self, day: date) -> Iterable[datetime]:
        walls = (
            datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=self.zone)
            for hour in self.hours
            for minute in self.minutes
            for second in self.seconds
        )
        if not self._changes(day):
            return (wall.astimezone(UTC) for wall in walls)
        if len(self.hours) < 24:  # a time that is skipped comes an hour later by the wall, one that is there twice once
            return sorted({wall.astimezone(UTC) for wall in walls})
        both = {wall.replace(fold=fold).astimezone(UTC) for wall in walls for fold in (0, 1)}
        shown = ((moment, moment.astimezone(self.zone)) for moment in sorted(both))
        return [moment for moment, wall in shown if wall.minute in self.minutes and wall.second in self.seconds]

    def _changes(self, day: date) -> bool:
        """Whether the clocks of the zone are changed on this day."""
        if self.zone is UTC:
            return False
        begins = datetime(day.year, day.month, day.day, tzinfo=self.zone)
        return begins.utcoffset() != (begins + timedelta(days=1)).utcoffset()

    def _fits(self, day: date) -> bool:
        if day.month not in self.months or (self.years is not None and day.year not in self.years):
            return False
        if self.last and (day + timedelta(days=1)).month == day.month:
            return False
        if self.days is not None and day.day not in self.days:
            return False
        weekday = day.isoweekday() % 7
        if self.ordinal:
            ends = (day + timedelta(days=7)).month != day.month
            return any(weekday == w and ((day.day - 1) // 7 + 1 == n or (n == 0 and ends)) for w, n in self.ordinal)
        return self.week is None or weekday in self.week


def cron(text: str) -> Cron | None:
    """A cron expression; None when the text is none."""
    head, at, zone = text.strip().rpartition(" @")
    text = head if at else text.strip()
    fields = _MACROS.get(text.lower(), text).upper().split()
    if len(fields) == 5:
        fields.insert(0, "0")
    if len(fields) not in (6, 7):
        return None
    try:
        return _read(fields, ZoneInfo(zone) if at else UTC)
    except (ValueError, ZoneInfoNotFoundError):
        return None


def _read(fields: list[str], zone: tzinfo) -> Cron:
    second, minute, hour, day, month, weekday, *year = fields
    ordinal: frozenset[tuple[int, int]] = frozenset()
    week: frozenset[int] | None = None
    if weekday.endswith("L") or "#" in weekday:
        name, _, number = weekday.removesuffix("L").partition("#")
        if number and number not in ("1", "2", "3", "4", "5"):
            raise ValueError(weekday)
        ordinal = frozenset({(_one(name, _WEEK) % 7, int(number or "0"))})
    elif weekday not in ("*", "?"):
        week = frozenset(n % 7 for n in _numbers(weekday, 0, 7, _WEEK))
    days = None if day in ("*", "?", "L") else frozenset(_numbers(day, 1, 31))
    return Cron(
        _numbers(second, 0, 59),
        _numbers(minute, 0, 59),
        _numbers(hour, 0, 23),
        days,
        frozenset(_numbers(month, 1, 12, _MONTHS)),
        week,
        day == "L",
        ordinal,
        frozenset(_numbers(year[0], 1970, 2199)) if year and year[0] != "*" else None,
        zone,
    )


def _numbers(field: str, low: int, high: int, names: tuple[str, ...] = ()) -> tuple[int, ...]:
    """The numbers a field allows. Raises ``ValueError`` for what is no field."""
    found: set[int] = set()
    for part in field.split(","):
        span, slash, step = part.partition("/")
        if slash and (not step.isdigit() or not int(step)):
            raise ValueError(field)
        if span in ("*", "?"):
            first, last = low, high
        else:
            begin, dash, end = span.partition("-")
            first = _one(begin, names)
            last = _one(end, names) if dash else high if slash else first
        if not low <= first <= last <= high:
            raise ValueError(field)
        found.update(range(first, last + 1, int(step) if slash else 1))
    return tuple(sorted(found))


def _one(text: str, names: tuple[str, ...]) -> int:
    if text in names:
        return names.index(text) + (1 if names is _MONTHS else 0)
    if not text.isdigit():
        raise ValueError(text)
    return int(text)
