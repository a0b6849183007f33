"""Built-ins on dates and times (DMN 1.5, 10.3.4.1, 10.3.4.8, 10.3.4.11)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from engine.feel.bounds import clock
from engine.feel.builtins.base import builtin
from engine.feel.builtins.numeric import whole
from engine.feel.dates import AnyDate, civil_days, days_of, make_date, weekday
from engine.feel.durations import DAY, SECOND, Days, Months
from engine.feel.faults import Unfit
from engine.feel.temporal import parse_date, parse_date_time, parse_duration, parse_time
from engine.feel.times import DateTime, Time, from_datetime, midnight, zone_of

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def _day(value: AnyDate | DateTime) -> AnyDate:
    return value.date if isinstance(value, DateTime) else value


@builtin("date(from: string)", "date(from: moment)")
def to_date(value: Any) -> AnyDate:
    return parse_date(value) if isinstance(value, str) else _day(value)


@builtin("date(year: number, month: number, day: number)")
def date_from(year: Decimal, month: Decimal, day: Decimal) -> AnyDate:
    return make_date(whole(year, "year"), whole(month, "month"), whole(day, "day"))


@builtin("time(from: string)", "time(from: moment)", "time(from: time)")
def to_time(value: Any) -> Time:
    if isinstance(value, str):
        return parse_time(value)
    if isinstance(value, DateTime):
        return value.time
    return value if isinstance(value, Time) else Time(0, 0)


@builtin("time(hour: number, minute: number, second: number, offset?: days?)")
def time_from(hour: Decimal, minute: Decimal, second: Decimal, offset: Days | None = None) -> Time:
    nanos = _nanos(hour, minute, second)
    return Time(nanos, None if offset is None else _offset(offset))


def _nanos(hour: Decimal, minute: Decimal, second: Decimal) -> int:
    if not (0 <= hour < 24 and 0 <= minute < 60 and 0 <= second < 60):
        raise Unfit("there is no such time of day")
    return (int(hour) * 60 + int(minute)) * 60 * SECOND + int(second * SECOND)


def _offset(offset: Days) -> int:
    seconds = offset.nanos // SECOND
    if abs(seconds) > 18 * 3600:
        raise Unfit("the offset is more than 18 hours")
    return seconds


@builtin("date and time(from: string)", "date and time(from: moment)")
def to_date_time(value: Any) -> DateTime:
    if isinstance(value, str):
        return parse_date_time(value)
    return value if isinstance(value, DateTime) else midnight(value)


@builtin("date and time(date: moment, time: time)")
def date_time_from(date: AnyDate | DateTime, time: Time) -> DateTime:
    return DateTime(days_of(_day(date)), time.nanos, None if time.zone else time.offset, time.zone)


@builtin("date and time(date: moment, timezone: string)")
def date_time_in(date: AnyDate | DateTime, timezone: str) -> DateTime:
    zone_of(timezone)
    nanos = date.nanos if isinstance(date, DateTime) else 0
    return DateTime(days_of(_day(date)), nanos, None, timezone)


_PARTS = "date and time(year: number, month: number, day: number, hour: number, minute: number, second: number"


@builtin(_PARTS + ")", _PARTS + ", offset: days?)", _PARTS + ", timezone: string)")
def date_time_parts(
    year: Decimal, month: Decimal, day: Decimal, hour: Decimal, minute: Decimal, second: Decimal, zone: Any = None
) -> DateTime:
    days = days_of(date_from(year, month, day))
    nanos = _nanos(hour, minute, second)
    if isinstance(zone, str):
        zone_of(zone)
        return DateTime(days, nanos, None, zone)
    return DateTime(days, nanos, None if zone is None else _offset(zone))


@builtin("duration(from: string)", "duration(from: duration)")
def to_duration(value: Any) -> Any:
    return parse_duration(value) if isinstance(value, str) else value


@builtin("years and months duration(from: moment, to: moment)")
def months_between(start: AnyDate | DateTime, end: AnyDate | DateTime) -> Months:
    """Whole months from one to the other, cut towards zero."""
    one, two = _day(start), _day(end)
    months = (two.year - one.year) * 12 + two.month - one.month
    clock_one = start.nanos if isinstance(start, DateTime) else 0
    clock_two = end.nanos if isinstance(end, DateTime) else 0
    late = (two.day, clock_two) < (one.day, clock_one)
    early = (two.day, clock_two) > (one.day, clock_one)
    if months > 0 and late:
        months -= 1
    elif months < 0 and early:
        months += 1
    return Months(months)


@builtin("now()")
def now() -> DateTime:
    return from_datetime(clock().now())


@builtin("today()")
def today() -> AnyDate:
    return now().date


@builtin("day of year(date: moment)")
def day_of_year(date: AnyDate | DateTime) -> Decimal:
    day = _day(date)
    return Decimal(days_of(day) - civil_days(day.year, 1, 1) + 1)


@builtin("day of week(date: moment)")
def day_of_week(date: AnyDate | DateTime) -> str:
    return _DAYS[weekday(_day(date)) - 1]


@builtin("month of year(date: moment)")
def month_of_year(date: AnyDate | DateTime) -> str:
    return _MONTHS[_day(date).month - 1]


@builtin("week of year(date: moment)")
def week_of_year(date: AnyDate | DateTime) -> Decimal:
    """ISO 8601: the week belongs to the year of its Thursday."""
    day = _day(date)
    thursday = days_of(day) - weekday(day) + 4
    year = DateTime(thursday, 0).date.year
    return Decimal((thursday - civil_days(year, 1, 1)) // 7 + 1)


__all__ = ["DAY"]
