"""A year of a calendar as sorted open spans with running sums: what makes counting over years fast."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from engine.domain.calendar.feasts import feasts
from engine.domain.calendar.spec import DAY, Hours, Span, Spec
from engine.domain.calendar.zones import runs

_ORDINAL = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True)
class Day:
    """The hours of one date and why they are these."""

    date: date
    hours: Hours
    kind: str  # usual, free, holiday, make-up, closed, opened, shortened, before
    name: str = ""  # of the holiday, of the own date, of the day that is made up for (ISO)
    chinese: str = ""  # the name of the holiday in Chinese, where it is another one


@dataclass(frozen=True, slots=True)
class Table:
    """Open spans of one UTC year, in microseconds since 1970; ``sums[n]`` is the length of the first n spans."""

    starts: tuple[int, ...]
    ends: tuple[int, ...]
    sums: tuple[int, ...]

    @property
    def total(self) -> int:
        return self.sums[-1]

    def worked(self, at: int) -> int:
        """Open time of this year before ``at``."""
        n = bisect_right(self.starts, at)
        return self.sums[n] - max(0, self.ends[n - 1] - at) if n else 0


def day_of(spec: Spec, day: date, own: dict[date, tuple[str, Hours, str]]) -> Day:
    """The hours of a date: own dates win over holidays, these over make-up days, these over the week."""
    if spec.valid_from is not None and day < spec.valid_from:
        return Day(day, (), "before", spec.valid_from.isoformat())
    if day in own:
        kind, hours, name = own[day]
        return Day(day, hours, kind, name)
    usual = spec.week[day.weekday()]
    makeup: date | None = None
    works = False
    for country, part in spec.holidays:
        found = feasts(country, part, day.year)
        if day in found.off:
            name, chinese = found.off[day], found.chinese[day]
            return Day(day, (), "holiday", name, "" if chinese == name else chinese)
        if day in found.makeup:
            works, makeup = True, found.makeup[day]
    if works and not usual:
        # A make-up day is worked like the weekday it makes up for; where that is not told, like a Monday.
        taken = spec.week[makeup.weekday() if makeup else 0]
        return Day(day, taken, "make-up", makeup.isoformat() if makeup else "")
    return Day(day, usual, "usual" if usual else "free")


def spans_of(day: Day, zone: str) -> Iterator[Span]:
    """A date's hours in UTC. Open is what the wall clock shows: a skipped hour is missing, a repeated one is twice."""
    base = (day.date.toordinal() - _ORDINAL) * DAY
    pieces = runs(zone, day.date.year)
    for start, end in day.hours:
        for low, high, offset in pieces:
            left, right = max(base + start - offset, low), min(base + end - offset, high)
            if left < right:
                yield left, right


def build(hours: Callable[[date], Day], zone: str, year: int) -> Table:
    """The table of a UTC year, from the hours of each date."""
    low = (date(year, 1, 1).toordinal() - _ORDINAL) * DAY
    high = (date(year + 1, 1, 1).toordinal() - _ORDINAL) * DAY
    found: list[Span] = []
    day = date(year, 1, 1) - timedelta(days=2)
    while day <= date(year + 1, 1, 2):
        found += spans_of(hours(day), zone)
        day += timedelta(days=1)
    starts: list[int] = []
    ends: list[int] = []
    for left, right in sorted((max(a, low), min(b, high)) for a, b in found):
        if left >= right:
            continue
        if ends and left <= ends[-1]:
            ends[-1] = max(ends[-1], right)
        else:
            starts.append(left)
            ends.append(right)
    sums = [0]
    for left, right in zip(starts, ends, strict=True):
        sums.append(sums[-1] + right - left)
    return Table(tuple(starts), tuple(ends), tuple(sums))
