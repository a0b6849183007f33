"""Dates of any year FEEL knows (-999999999 … 999999999). Everyday ones are plain ``datetime.date``."""

from __future__ import annotations

from datetime import date
from functools import total_ordering

from engine.feel.faults import Unfit

MAX_YEAR = 999_999_999
EPOCH = date(1970, 1, 1).toordinal()


@total_ordering
class FarDate:
    """A date whose year ``datetime.date`` cannot hold; same attributes, compares with ``date``."""

    __slots__ = ("day", "month", "year")

    def __init__(self, year: int, month: int, day: int) -> None:
        self.year = year
        self.month = month
        self.day = day

    def __eq__(self, other: object) -> bool:
        if isinstance(other, FarDate | date):
            return (self.year, self.month, self.day) == (other.year, other.month, other.day)
        return NotImplemented

    def __lt__(self, other: AnyDate) -> bool:
        return (self.year, self.month, self.day) < (other.year, other.month, other.day)

    def __hash__(self) -> int:
        return hash((self.year, self.month, self.day))

    def __repr__(self) -> str:
        return f"FarDate({self.isoformat()})"

    def isoformat(self) -> str:
        """``-0044-03-15``, ``12345-01-01``."""
        return f"{year_text(self.year)}-{self.month:02d}-{self.day:02d}"


AnyDate = date | FarDate


def year_text(year: int) -> str:
    """At least four digits, a minus before the era."""
    return f"-{-year:04d}" if year < 0 else f"{year:04d}"


def leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def month_days(year: int, month: int) -> int:
    """Length of a month."""
    if month == 2:
        return 29 if leap(year) else 28
    return 30 if month in (4, 6, 9, 11) else 31


def make_date(year: int, month: int, day: int) -> AnyDate:
    """A date; ``Unfit`` where there is no such day."""
    if not -MAX_YEAR <= year <= MAX_YEAR:
        raise Unfit(f"the year {year} is out of range")
    if not 1 <= month <= 12:
        raise Unfit(f"there is no month {month}")
    if not 1 <= day <= month_days(year, month):
        raise Unfit(f"there is no day {day} in month {month} of {year}")
    if 1 <= year <= 9999:
        return date(year, month, day)
    return FarDate(year, month, day)


def days_of(value: AnyDate) -> int:
    """Days since 1970-01-01 in the proleptic Gregorian calendar."""
    if isinstance(value, date):
        return value.toordinal() - EPOCH
    return civil_days(value.year, value.month, value.day)


def civil_days(year: int, month: int, day: int) -> int:
    """Days since 1970-01-01; by eras of 400 years, counted from March."""
    if 1 <= year <= 9999:
        return date(year, month, day).toordinal() - EPOCH
    year -= month <= 2
    era, of_era = divmod(year, 400)
    of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    return era * 146097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719468


def civil(days: int) -> tuple[int, int, int]:
    """Year, month and day of a day since 1970-01-01."""
    if -719162 <= days <= 2932896:
        value = date.fromordinal(days + EPOCH)
        return value.year, value.month, value.day
    era, of_era_day = divmod(days + 719468, 146097)
    of_era = (of_era_day - of_era_day // 1460 + of_era_day // 36524 - of_era_day // 146096) // 365
    of_year = of_era_day - (365 * of_era + of_era // 4 - of_era // 100)
    part = (5 * of_year + 2) // 153
    month = part + 3 if part < 10 else part - 9
    return of_era + era * 400 + (month <= 2), month, of_year - (153 * part + 2) // 5 + 1


def date_of(days: int) -> AnyDate:
    """The date so many days after 1970-01-01."""
    return make_date(*civil(days))


def weekday(value: AnyDate) -> int:
    """1 for Monday … 7 for Sunday."""
    return (days_of(value) + 3) % 7 + 1


def shift_months(year: int, month: int, day: int, months: int) -> tuple[int, int, int]:
    """Month arithmetic: the day is cut to the length of the month it lands in."""
    year, month = divmod(year * 12 + month - 1 + months, 12)
    month += 1
    return year, month, min(day, month_days(year, month))
