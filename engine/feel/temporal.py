"""Temporal values in one place: their classes, reading them from text, and their arithmetic (DMN 1.5, 10.3.2.3)."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache
from typing import Any

from engine.feel.dates import AnyDate, FarDate, date_of, days_of, make_date, shift_months
from engine.feel.decimals import CONTEXT
from engine.feel.durations import DAY, HOUR, MINUTE, SECOND, Days, Months, from_timedelta
from engine.feel.faults import Unfit
from engine.feel.times import DateTime, Time, from_datetime, midnight, moved, zone_of

__all__ = [
    "AnyDate",
    "DateTime",
    "Days",
    "FarDate",
    "Months",
    "Time",
    "from_datetime",
    "from_timedelta",
    "midnight",
    "parse_any",
    "parse_date",
    "parse_date_time",
    "parse_duration",
    "parse_time",
]

_DATE = r"(?P<year>-?(?:[1-9]\d{4,8}|\d{4}))-(?P<month>\d\d)-(?P<day>\d\d)"
_TIME = (
    r"(?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d)(?:\.(?P<fraction>\d+))?"
    r"(?:(?P<utc>[Zz])|(?P<sign>[+-])(?P<oh>\d\d):(?P<om>\d\d)(?::(?P<os>\d\d))?|@(?P<zone>[A-Za-z0-9_+\-/]+))?"
)
_IS_DATE = re.compile(_DATE, re.ASCII)
_IS_TIME = re.compile(_TIME, re.ASCII)
_IS_BOTH = re.compile(_DATE + "T" + _TIME, re.ASCII)
_IS_MONTHS = re.compile(r"(-?)P(?:(\d{1,18})Y)?(?:(\d{1,18})M)?", re.ASCII)
_IS_DAYS = re.compile(
    r"(-?)P(?:(\d{1,18})D)?(T(?:(\d{1,18})H)?(?:(\d{1,18})M)?(?:(\d{1,18})(?:\.(\d*))?S)?)?", re.ASCII
)


@lru_cache(maxsize=4096)
def parse_date(text: str) -> AnyDate:
    """``2020-01-31``; ``Unfit`` otherwise."""
    found = _IS_DATE.fullmatch(text)
    if found is None:
        raise Unfit(f"{_short(text)} is not a date such as 2020-01-31")
    return make_date(int(found["year"]), int(found["month"]), int(found["day"]))


def _clock(found: re.Match[str]) -> tuple[int, int | None, str | None]:
    hour, minute, second = int(found["hour"]), int(found["minute"]), int(found["second"])
    nanos = int((found["fraction"] or "0")[:9].ljust(9, "0"))
    if hour > 24 or minute > 59 or second > 59 or (hour == 24 and (minute or second or nanos)):
        raise Unfit(f"{_short(found[0])} is not a time of day")
    nanos += ((hour * 60 + minute) * 60 + second) * SECOND
    if found["zone"]:
        zone_of(found["zone"])
        return nanos, None, found["zone"]
    if found["utc"]:
        return nanos, 0, None
    if not found["sign"]:
        return nanos, None, None
    offset = int(found["oh"]) * 3600 + int(found["om"]) * 60 + int(found["os"] or 0)
    if int(found["om"]) > 59 or int(found["os"] or 0) > 59 or offset > 18 * 3600:
        raise Unfit(f"{_short(found[0])} has no such offset from UTC")
    return nanos, -offset if found["sign"] == "-" else offset, None


@lru_cache(maxsize=1024)
def parse_time(text: str) -> Time:
    """``10:15:30``, with fraction, offset or ``@zone``; ``Unfit`` otherwise."""
    found = _IS_TIME.fullmatch(text)
    if found is None:
        raise Unfit(f"{_short(text)} is not a time such as 10:15:30")
    nanos, offset, zone = _clock(found)
    return Time(nanos % DAY, offset, zone)


@lru_cache(maxsize=4096)
def parse_date_time(text: str) -> DateTime:
    """``2020-01-31T10:15:30``, or a date alone (its midnight); ``Unfit`` otherwise."""
    found = _IS_BOTH.fullmatch(text)
    if found is not None:
        day = make_date(int(found["year"]), int(found["month"]), int(found["day"]))
        return DateTime(days_of(day), *_clock(found))
    if _IS_DATE.fullmatch(text):
        return DateTime(days_of(parse_date(text)), 0)
    raise Unfit(f"{_short(text)} is not a date and time such as 2020-01-31T10:15:30")


@lru_cache(maxsize=1024)
def parse_duration(text: str) -> Months | Days:
    """``P1Y2M`` or ``P3DT4H5M6.7S``; ``Unfit`` otherwise."""
    found = _IS_MONTHS.fullmatch(text)
    if found is not None and (found[2] or found[3]):
        months = int(found[2] or 0) * 12 + int(found[3] or 0)
        return Months(-months if found[1] else months)
    found = _IS_DAYS.fullmatch(text)
    if found is None or not any(found[k] for k in (2, 4, 5, 6)) or found[3] == "T":
        raise Unfit(f"{_short(text)} is not a duration such as P1Y2M or P3DT4H")
    nanos = int(found[2] or 0) * DAY + int(found[4] or 0) * HOUR + int(found[5] or 0) * MINUTE
    nanos += int(found[6] or 0) * SECOND + int((found[7] or "0")[:9].ljust(9, "0"))
    return Days(-nanos if found[1] else nanos)


def parse_any(text: str) -> AnyDate | Time | DateTime | Months | Days:
    """The text of an ``@`` literal; ``Unfit`` if it is none of the temporal values."""
    if text.lstrip("-").startswith("P"):
        return parse_duration(text)
    clock = text.partition("@")[0]  # a zone's name has its own T and colons: 10:00:00@Etc/UTC
    if "T" in clock[1:]:
        return parse_date_time(text)
    return parse_time(text) if ":" in clock else parse_date(text)


def _short(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:40] + "…")


# --- arithmetic; None where the types do not fit ----------------------------------------------------


def plus(left: Any, right: Any) -> Any:
    """``+`` where at least one side is temporal."""
    if isinstance(left, Days | Months) and not isinstance(right, Days | Months):
        left, right = right, left
    if isinstance(right, Months):
        return _plus_months(left, right.months)
    if isinstance(right, Days):
        return _plus_nanos(left, right.nanos)
    return None


def _plus_months(left: Any, months: int) -> Any:
    if isinstance(left, Months):
        return Months(left.months + months)
    if isinstance(left, DateTime):
        day = left.date
        days = days_of(make_date(*shift_months(day.year, day.month, day.day, months)))
        return DateTime(days, left.nanos, None if left.zone else left.offset, left.zone)
    if isinstance(left, AnyDate):
        return make_date(*shift_months(left.year, left.month, left.day, months))
    return None


def _plus_nanos(left: Any, nanos: int) -> Any:
    if isinstance(left, Days):
        return Days(left.nanos + nanos)
    if isinstance(left, DateTime):
        later = moved(left, nanos)
        date_of(later.days)  # refuses years out of range
        return later
    if isinstance(left, Time):
        return Time((left.nanos + nanos) % DAY, left.offset, left.zone)
    if isinstance(left, AnyDate):
        return date_of((days_of(left) * DAY + nanos) // DAY)
    return None


def minus(left: Any, right: Any) -> Any:
    """``-`` where at least one side is temporal."""
    if isinstance(right, Months):
        return _plus_months(left, -right.months)
    if isinstance(right, Days):
        return _plus_nanos(left, -right.nanos)
    if isinstance(left, Time) and isinstance(right, Time):
        return Days(left.value - right.value) if (left.offset is None) is (right.offset is None) else None
    if isinstance(left, AnyDate) and isinstance(right, AnyDate):
        return Days((days_of(left) - days_of(right)) * DAY)
    left, right = _joined(left, right), _joined(right, left)
    if isinstance(left, DateTime) and isinstance(right, DateTime):
        return Days(left.value - right.value) if (left.offset is None) is (right.offset is None) else None
    return None


def _joined(value: Any, other: Any) -> Any:
    """A date beside a date and time becomes one: its midnight in UTC."""
    return midnight(value) if isinstance(value, AnyDate) and isinstance(other, DateTime) else value


def times(left: Any, right: Any) -> Any:
    """A duration by a number, either way round."""
    if isinstance(left, Decimal):
        left, right = right, left
    if not isinstance(right, Decimal):
        return None
    if isinstance(left, Months):
        return Months(_int(CONTEXT.multiply(Decimal(left.months), right)))
    if isinstance(left, Days):
        return Days(_int(_wide(left.nanos) * right))
    return None


def divided(left: Any, right: Any) -> Any:
    """A duration by a number, or by a duration of its kind."""
    if isinstance(right, Decimal) and right:
        if isinstance(left, Months):
            return Months(_int(CONTEXT.divide(Decimal(left.months), right)))
        if isinstance(left, Days):
            return Days(_int(CONTEXT.divide(_wide(left.nanos), right)))
    if isinstance(left, Months) and isinstance(right, Months) and right.months:
        return CONTEXT.divide(Decimal(left.months), Decimal(right.months))
    if isinstance(left, Days) and isinstance(right, Days) and right.nanos:
        return CONTEXT.divide(_wide(left.nanos), _wide(right.nanos))
    return None


def _wide(value: int) -> Decimal:
    return CONTEXT.plus(Decimal(value))


def _int(value: Decimal) -> int:
    if value.adjusted() > 40:
        raise Unfit("the duration is out of range")
    return int(value)
