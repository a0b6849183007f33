"""Times and dates with times: nanoseconds, local, with an offset or with a zone id (DMN 1.5, 10.3.2.3.4/5)."""

from __future__ import annotations

from datetime import UTC, date as plain_date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from engine.feel.dates import AnyDate, civil_days, date_of, make_date, year_text
from engine.feel.durations import DAY, HOUR, MINUTE, SECOND
from engine.feel.faults import Unfit


@lru_cache(maxsize=1024)
def zone_of(name: str) -> ZoneInfo:
    """A zone by its id; ``Unfit`` if there is none of that name."""
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError) as error:
        raise Unfit(f"there is no time zone {name!r}") from error


def zone_offset(name: str, days: int, nanos: int, *, utc: bool = False) -> int:
    """Seconds a zone is ahead of UTC at a local time (or at a point of UTC); far years by their 400-year twin."""
    local = date_of(days)
    year = local.year
    if year > 9998:
        year = 9200 + year % 400
    elif year < 2:
        year = 400 + year % 400
    zone = zone_of(name)
    at = datetime(year, local.month, local.day, tzinfo=UTC if utc else zone) + timedelta(seconds=nanos // SECOND)
    offset = (at.astimezone(zone) if utc else at).utcoffset()
    return int(offset.total_seconds()) if offset is not None else 0


class Time:
    """A time of day. ``offset`` is in seconds; a zone's offset is that of its standard time."""

    __slots__ = ("nanos", "offset", "zone")

    def __init__(self, nanos: int, offset: int | None = None, zone: str | None = None) -> None:
        self.nanos = nanos  # since midnight, local
        self.zone = zone
        self.offset = zone_offset(zone, 10957, nanos) if zone is not None and offset is None else offset

    @property
    def hour(self) -> int:
        return self.nanos // HOUR

    @property
    def minute(self) -> int:
        return self.nanos // MINUTE % 60

    @property
    def second(self) -> int:
        return self.nanos // SECOND % 60

    @property
    def value(self) -> int:
        """Nanoseconds since midnight in UTC where the time has an offset, else local."""
        return self.nanos - (self.offset or 0) * SECOND

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Time):
            return NotImplemented
        return (self.offset is None) is (other.offset is None) and self.value == other.value

    def __lt__(self, other: Time) -> bool:
        """One without an offset takes the other's (DMN 1.5, 10.3.2.13)."""
        if (self.offset is None) is not (other.offset is None):
            return self.nanos < other.nanos
        return self.value < other.value

    def __le__(self, other: Time) -> bool:
        return self < other or self == other

    def __hash__(self) -> int:
        return hash((self.value, self.offset is None))

    def __repr__(self) -> str:
        return f"Time({self})"

    def __str__(self) -> str:
        """``10:15:30.5+01:00``, ``10:15:30@Europe/Paris``."""
        return clock_text(self.nanos) + offset_text(self.offset, self.zone)


class DateTime:
    """A date and a time of day; compares on the time line where it has an offset or a zone."""

    __slots__ = ("days", "nanos", "offset", "zone")

    def __init__(self, days: int, nanos: int, offset: int | None = None, zone: str | None = None) -> None:
        if not 0 <= nanos < DAY:
            extra, nanos = divmod(nanos, DAY)
            days += extra
        self.days = days  # since 1970-01-01, local
        self.nanos = nanos  # since midnight, local
        self.zone = zone
        # Where the clocks go back an hour happens twice: who knows which one gives the offset as well.
        self.offset = zone_offset(zone, days, nanos) if zone is not None and offset is None else offset

    @property
    def date(self) -> AnyDate:
        return date_of(self.days)

    @property
    def time(self) -> Time:
        return Time(self.nanos, self.offset, self.zone)

    @property
    def value(self) -> int:
        """Nanoseconds since 1970 on the time line, or on the local one without an offset."""
        return self.days * DAY + self.nanos - (self.offset or 0) * SECOND

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, DateTime):
            return NotImplemented
        return (self.offset is None) is (other.offset is None) and self.value == other.value

    def __lt__(self, other: DateTime) -> bool:
        """One without an offset takes the other's (DMN 1.5, 10.3.2.13)."""
        if (self.offset is None) is not (other.offset is None):
            return (self.days, self.nanos) < (other.days, other.nanos)
        return self.value < other.value

    def __le__(self, other: DateTime) -> bool:
        return self < other or self == other

    def __hash__(self) -> int:
        return hash((self.value, self.offset is None))

    def __repr__(self) -> str:
        return f"DateTime({self})"

    def __str__(self) -> str:
        """``2020-01-31T10:15:30Z``, ``…@Europe/Paris``."""
        day = self.date
        return (
            f"{year_text(day.year)}-{day.month:02d}-{day.day:02d}T{clock_text(self.nanos)}"
            f"{offset_text(self.offset, self.zone)}"
        )

    def datetime(self) -> datetime:
        """As Python's aware datetime in UTC, cut to microseconds; a local one counts as UTC."""
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=self.value // 1000)


def moved(value: DateTime, nanos: int) -> DateTime:
    """So much later on the time line, in the same offset or zone."""
    if value.zone is None:
        return DateTime(*divmod(value.days * DAY + value.nanos + nanos, DAY), value.offset)
    return in_zone(value.value + nanos, value.zone)


def in_zone(value: int, zone: str) -> DateTime:
    """A point of the time line (nanoseconds since 1970, UTC) as the zone's clocks show it."""
    offset = zone_offset(zone, *divmod(value, DAY), utc=True)
    return DateTime(*divmod(value + offset * SECOND, DAY), offset, zone)


def from_datetime(value: datetime) -> DateTime:
    """Python's datetime as FEEL's: zone ids are kept, other zones become offsets."""
    nanos = (value.hour * 3600 + value.minute * 60 + value.second) * SECOND + value.microsecond * 1000
    days = civil_days(value.year, value.month, value.day)
    shift = value.utcoffset()
    if shift is None:
        return DateTime(days, nanos)
    key = getattr(value.tzinfo, "key", None)
    zone = key if isinstance(key, str) and key not in ("UTC", "Etc/UTC") else None
    return DateTime(days, nanos, int(shift.total_seconds()), zone)


def midnight(value: AnyDate) -> DateTime:
    """A date as the date and time it begins with, in UTC (DMN 1.5, 10.3.2.9.4)."""
    return DateTime(civil_days(value.year, value.month, value.day), 0, 0)


def clock_text(nanos: int) -> str:
    seconds, rest = divmod(nanos, SECOND)
    text = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    return text + f".{rest:09d}".rstrip("0") if rest else text


def offset_text(offset: int | None, zone: str | None) -> str:
    if zone is not None:
        return f"@{zone}"
    if offset is None:
        return ""
    if not offset:
        return "Z"
    size = abs(offset)
    text = f"{'-' if offset < 0 else '+'}{size // 3600:02d}:{size // 60 % 60:02d}"
    return text + (f":{size % 60:02d}" if size % 60 else "")


__all__ = ["DateTime", "Time", "from_datetime", "in_zone", "make_date", "midnight", "plain_date", "zone_of"]
