"""The one clock. Nothing else calls ``now()``; all times are aware and in UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Protocol


def tellable(at: datetime) -> bool:
    """Whether every zone can tell the time: the calendar's first and last days have no time east or west of them."""
    return 1900 <= at.year <= 9000


class Clock(Protocol):
    """What tells the time."""

    def now(self) -> datetime: ...


class SystemClock:
    """The machine's clock, in UTC."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class FixedClock:
    """A clock that a test or a rehearsal moves by hand."""

    def __init__(self, at: datetime) -> None:
        if at.tzinfo is None:
            raise ValueError("FixedClock wants an aware datetime")
        self._now = at.astimezone(UTC)

    def now(self) -> datetime:
        return self._now

    def move(self, by: timedelta) -> datetime:
        """Move forward (or back) and return the new time."""
        self._now += by
        return self._now

    def set(self, at: datetime) -> None:
        self._now = at.astimezone(UTC)
