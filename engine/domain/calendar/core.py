"""The calendar: adds working time to an instant, measures it between two, says what is open and why."""

from __future__ import annotations

from bisect import bisect_right
from datetime import datetime, timedelta
from typing import Any

from engine.domain import yamls
from engine.domain.calendar import spec as specs
from engine.domain.calendar.explain import Explanation, explained
from engine.domain.calendar.years import REACH, Years
from engine.domain.calendar.zones import EPOCH
from engine.domain.errors import Invalid


class Calendar(Years):
    """Working time in one zone. Immutable, safe to share between threads; years are worked out once.

    All instants are aware datetimes (CRM-075 otherwise); results are in the zone of the first argument. Intervals are
    half-open. Working time is elapsed time: a shift over a change of the clocks has its true length.
    """

    __slots__ = ()

    @classmethod
    def build(
        cls,
        zone: str,
        week: Any,
        holidays: Any = (),
        closed: Any = (),
        opened: Any = None,
        shortened: Any = None,
        valid_from: Any = None,
        name: str = "",
    ) -> Calendar:
        """Make a calendar.

        ``week``      {weekday (0 = Monday): [("08:30", "12:00"), …]}; an end not after its start is on the next day
        ``holidays``  ("DE", "BE"), or several: [("DE", "BE"), ("CN",)]; make-up working days are worked
        ``closed``    dates (or {date: name}); ``opened``, ``shortened`` {date: hours}: exactly the hours of that date
        ``valid_from``  nothing is open before it (see ``followed_by`` for a change of hours)

        Raises ``Invalid`` CRM-070 to CRM-073.
        """
        return cls(specs.read(zone, week, holidays, closed, opened, shortened, valid_from, name))

    @classmethod
    def from_mapping(cls, data: Any) -> Calendar:
        """From what ``to_mapping`` (or a YAML file) says. ``then`` holds later versions, each with ``valid_from``."""
        if not isinstance(data, dict) or "then" not in data:
            return cls(specs.from_mapping(data))
        first = cls(specs.from_mapping({k: v for k, v in data.items() if k != "then"}))
        if not isinstance(data["then"], (list, tuple)):
            raise Invalid("CRM-074", "'then' is no list of later versions.", fix="Begin each with '- valid_from:'.")
        for later in data["then"]:
            first = first.followed_by(cls(specs.from_mapping(later)))
        return first

    @classmethod
    def from_yaml(cls, text: str | bytes) -> Calendar:
        """From YAML with the same names as ``build``. Raises ``Invalid`` CRM-074 if it cannot be read."""
        import yaml

        try:
            return cls.from_mapping(yamls.load(text))
        except yaml.YAMLError as error:
            raise Invalid("CRM-074", f"The calendar is no YAML: {error}", fix="Mend the file.") from error

    def to_mapping(self) -> dict[str, Any]:
        """JSON-able; ``from_mapping`` reads it back to an equal calendar."""
        parts = [specs.to_mapping(each.spec) for each in (*self._joined, self)]
        return {**parts[0], "then": parts[1:]} if len(parts) > 1 else parts[0]

    def followed_by(self, later: Calendar) -> Calendar:
        """This calendar until the day ``later`` becomes valid, from then on that one. Raises CRM-073 without a date."""
        since, mine = later.spec.valid_from, self.spec.valid_from
        if since is None or (mine is not None and since <= mine):
            raise Invalid("CRM-073", "A later version needs a later valid_from.", fix="Give the day it begins.")
        if later.spec.zone != self.spec.zone:
            raise Invalid("CRM-073", "A later version stays in its zone.", fix="Make another calendar instead.")
        return Calendar(later.spec, (*self._joined, self))

    def add(self, start: datetime, duration: timedelta) -> datetime:
        """The earliest instant by which ``duration`` of working time has passed since ``start``.

        Zero gives ``start`` itself. Negative: the latest instant from which so much is left until ``start``. Raises
        ``Invalid`` CRM-076 if that much working time is not open within a hundred years.
        """
        at, need = self._in(start), duration // timedelta(microseconds=1)
        if need == 0:
            return start
        found = self._forward(at, need) if need > 0 else self._back(at, -need)
        return (EPOCH + timedelta(microseconds=found)).astimezone(start.tzinfo)

    def between(self, start: datetime, end: datetime) -> timedelta:
        """Working time from ``start`` to ``end``; negative if ``end`` is earlier."""
        a, b = self._in(start), self._in(end)
        sign = 1
        if a > b:
            a, b, sign = b, a, -1
        first, last = (EPOCH + timedelta(microseconds=x) for x in (a, b))
        if first.year == last.year:
            table = self._table(first.year)
            return timedelta(microseconds=sign * (table.worked(b) - table.worked(a)))
        if last.year - first.year > 2 * REACH:
            raise Invalid("CRM-076", f"More than {2 * REACH} years lie between.", fix="Ask for less time.")
        total = self._table(first.year).total - self._table(first.year).worked(a) + self._table(last.year).worked(b)
        total += sum(self._table(year).total for year in range(first.year + 1, last.year))
        return timedelta(microseconds=sign * total)

    def is_open(self, at: datetime) -> bool:
        """Whether working time runs at this instant (the end of an interval is closed)."""
        point = self._in(at)
        table = self._table(at.astimezone(EPOCH.tzinfo).year)
        n = bisect_right(table.starts, point)
        return bool(n) and point < table.ends[n - 1]

    def next_open(self, at: datetime) -> datetime:
        """``at`` itself if it is open, else the next instant that is. Raises ``Invalid`` CRM-076 if there is none."""
        point = self._in(at)
        for year in self._years(point, 1):
            table = self._table(year)
            n = bisect_right(table.starts, point)
            if n and point < table.ends[n - 1]:
                return at
            if n < len(table.starts):
                return (EPOCH + timedelta(microseconds=table.starts[n])).astimezone(at.tzinfo)
        raise self._never()

    def explain(self, start: datetime, duration: timedelta) -> Explanation:
        """``add`` with its reasons: what was counted on each day, and which days were left out for what."""
        return explained(self, start, duration, self.add(start, duration))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Calendar) and (self.spec, self._joined) == (other.spec, other._joined)

    def __hash__(self) -> int:
        return hash((self.spec, self._joined))
