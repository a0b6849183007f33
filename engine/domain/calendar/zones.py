"""The offsets of a time zone over a year, as runs between its changes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICRO = timedelta(microseconds=1)
_DAY = 86_400


def micros(at: datetime) -> int:
    """Microseconds since 1970 in UTC."""
    return (at.astimezone(UTC) - EPOCH) // MICRO


@lru_cache(maxsize=2048)
def runs(zone: str, year: int) -> tuple[tuple[int, int, int], ...]:
    """``(from, until, offset)`` in UTC microseconds, without gaps, from 29 December before to 4 January after."""
    info = ZoneInfo(zone)
    low = _seconds(year, 1, 1) - 3 * _DAY
    high = _seconds(year + 1, 1, 1) + 3 * _DAY
    found: list[tuple[int, int]] = [(low, _offset(info, low))]
    for left in range(low, high, _DAY):
        right = min(left + _DAY, high)
        if _offset(info, right) != _offset(info, left):
            at = _change(info, left, right)
            found.append((at, _offset(info, at)))
    ends = [start for start, _ in found[1:]] + [high]
    return tuple((a * 10**6, b * 10**6, o * 10**6) for (a, o), b in zip(found, ends, strict=True))


def _seconds(year: int, month: int, day: int) -> int:
    return (datetime(year, month, day, tzinfo=UTC) - EPOCH) // timedelta(seconds=1)


def _offset(info: ZoneInfo, at: int) -> int:
    offset = (EPOCH + timedelta(seconds=at)).astimezone(info).utcoffset()
    assert offset is not None
    return int(offset.total_seconds())


def _change(info: ZoneInfo, left: int, right: int) -> int:
    """The second at which the offset becomes what it is at ``right``."""
    after = _offset(info, right)
    while right - left > 1:
        middle = (left + right) // 2
        if _offset(info, middle) == after:
            right = middle
        else:
            left = middle
    return right
