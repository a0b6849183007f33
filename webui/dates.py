"""Days and times as a browser's fields write them, in the reader's zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def begin_of(day: str | date, timezone: str, later: int = 0) -> datetime:
    """When a day (or the one ``later`` days after it) begins, in UTC. Raises ``ValueError`` for what is no such day."""
    try:
        when = (date.fromisoformat(day) if isinstance(day, str) else day) + timedelta(days=later)
        return datetime.combine(when, time(), ZoneInfo(timezone)).astimezone(UTC)
    except OverflowError as error:  # beside the first and the last day there is
        raise ValueError(str(error)) from error


def moment(text: str, timezone: str) -> datetime:
    """A time, in the reader's zone unless it names another. Raises ``ValueError`` for what is none."""
    at = datetime.fromisoformat(text.strip())
    return at if at.tzinfo else at.replace(tzinfo=ZoneInfo(timezone))
