"""The two durations: years and months (months), days and time (nanoseconds). DMN 1.5, 10.3.2.3.7/8."""

from __future__ import annotations

from datetime import timedelta

SECOND = 1_000_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR


class Months:
    """A years and months duration: a whole number of months, with sign."""

    __slots__ = ("months",)

    def __init__(self, months: int) -> None:
        self.months = months

    def __eq__(self, other: object) -> bool:
        return self.months == other.months if isinstance(other, Months) else NotImplemented

    def __lt__(self, other: Months) -> bool:
        return self.months < other.months if isinstance(other, Months) else NotImplemented

    def __le__(self, other: Months) -> bool:
        return self.months <= other.months if isinstance(other, Months) else NotImplemented

    def __hash__(self) -> int:
        return hash(("months", self.months))

    def __repr__(self) -> str:
        return f"Months({self})"

    def __str__(self) -> str:
        """ISO 8601, normal form: ``P1Y2M``, ``-P3M``, ``P0M``."""
        years, months = divmod(abs(self.months), 12)
        text = (f"{years}Y" if years else "") + (f"{months}M" if months or not years else "")
        return ("-P" if self.months < 0 else "P") + text


class Days:
    """A days and time duration: whole nanoseconds, with sign."""

    __slots__ = ("nanos",)

    def __init__(self, nanos: int) -> None:
        self.nanos = nanos

    def __eq__(self, other: object) -> bool:
        return self.nanos == other.nanos if isinstance(other, Days) else NotImplemented

    def __lt__(self, other: Days) -> bool:
        return self.nanos < other.nanos if isinstance(other, Days) else NotImplemented

    def __le__(self, other: Days) -> bool:
        return self.nanos <= other.nanos if isinstance(other, Days) else NotImplemented

    def __hash__(self) -> int:
        return hash(("nanos", self.nanos))

    def __repr__(self) -> str:
        return f"Days({self})"

    def __str__(self) -> str:
        """ISO 8601, normal form: ``P1DT2H3M4.5S``, ``PT0S``."""
        rest = abs(self.nanos)
        if not rest:
            return "PT0S"
        days, rest = divmod(rest, DAY)
        hours, rest = divmod(rest, HOUR)
        minutes, rest = divmod(rest, MINUTE)
        seconds, nanos = divmod(rest, SECOND)
        text = ("-P" if self.nanos < 0 else "P") + (f"{days}D" if days else "")
        if not (hours or minutes or seconds or nanos):
            return text
        text += "T" + (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "")
        if seconds or nanos:
            text += f"{seconds}" + (f".{nanos:09d}".rstrip("0") if nanos else "") + "S"
        return text

    def timedelta(self) -> timedelta:
        """As Python's timedelta, cut to microseconds. OverflowError beyond a billion days."""
        return timedelta(microseconds=self.nanos // 1000 if self.nanos >= 0 else -(-self.nanos // 1000))


def from_timedelta(value: timedelta) -> Days:
    """Python's timedelta as a FEEL duration."""
    return Days((value.days * 86400 + value.seconds) * SECOND + value.microseconds * 1000)


def cut(nanos: int, unit: int, wrap: int | None = None) -> int:
    """A part of a duration, with the duration's sign: whole ``unit``s, modulo ``wrap`` of them."""
    part = abs(nanos) // unit
    if wrap is not None:
        part %= wrap
    return -part if nanos < 0 else part
