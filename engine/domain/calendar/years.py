"""Where a calendar finds its days and years: hours by date, tables by year, the search forward and back."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from engine.domain.calendar.spec import Spec
from engine.domain.calendar.table import Day, Table, build, day_of
from engine.domain.calendar.zones import EPOCH, micros
from engine.domain.errors import Invalid

REACH = 100  # years that are searched before we say that there is not that much working time
_FIRST, _LAST = 1800, 9000  # years in which zones and leap days can be reckoned safely


class Years:
    """One calendar (and its earlier versions) as tables of open spans by year, each worked out once."""

    __slots__ = ("_joined", "_own", "_tables", "spec")

    def __init__(self, spec: Spec, joined: tuple[Years, ...] = ()) -> None:
        self.spec = spec
        self._joined = joined  # earlier versions, for the dates before this one's valid_from
        self._own = {day: (kind, hours, name) for day, kind, hours, name in spec.dates}
        self._tables: dict[int, Table] = {}

    def day(self, day: date) -> Day:
        """The hours of one date, and why they are these."""
        for version in (self, *reversed(self._joined)):
            since = version.spec.valid_from
            if since is None or day >= since or version is (self._joined or (self,))[0]:
                return day_of(version.spec, day, version._own)
        raise AssertionError("the first version answers for every date")

    def _forward(self, at: int, need: int) -> int:
        for year in self._years(at, 1):
            table = self._table(year)
            before = table.worked(at)
            if table.total - before >= need:
                want = before + need
                # The earliest instant: the end of a span, not the start of the next one.
                n = bisect_left(table.sums, want)
                return table.ends[n - 1] - (table.sums[n] - want)
            need -= table.total - before
        raise self._never()

    def _back(self, at: int, need: int) -> int:
        for year in self._years(at, -1):
            table = self._table(year)
            before = table.worked(at)
            if before >= need:
                want = before - need
                n = bisect_right(table.sums, want) - 1
                return table.starts[n] + (want - table.sums[n])
            need -= before
        raise self._never()

    def _years(self, at: int, step: int) -> Iterator[int]:
        year = (EPOCH + timedelta(microseconds=at)).year
        if not any(any(v.spec.week) for v in (self, *self._joined)) and not self._joined:
            # Only dates of its own are open: beyond them there is nothing to look for.
            near = {day.year + d for day, _, hours, _ in self.spec.dates if hours for d in (-1, 0, 1)}
            yield from (y for y in sorted(near, reverse=step < 0) if (y - year) * step >= 0)
            return
        yield from (year + step * n for n in range(REACH + 1) if _FIRST < year + step * n < _LAST)

    def _table(self, year: int) -> Table:
        found = self._tables.get(year)
        if found is None:
            # Two threads may build the same table: it is the same value.
            found = self._tables[year] = build(self.day, self.spec.zone, year)
        return found

    def _in(self, at: datetime) -> int:
        if at.tzinfo is None or at.utcoffset() is None:
            raise Invalid("CRM-075", f"{at.isoformat()} has no time zone.", fix="Give an aware time, best in UTC.")
        if not _FIRST < at.year < _LAST:
            raise Invalid("CRM-076", f"The year {at.year} is out of reach.", fix=f"Stay within {_FIRST} and {_LAST}.")
        return micros(at)

    def _never(self) -> Invalid:
        name = f"'{self.spec.name}' " if self.spec.name else ""
        text = f"The calendar {name}({self.spec.zone}) has not that much working time within {REACH} years."
        return Invalid("CRM-076", text, fix="Give its week open hours, or ask for less time.")
