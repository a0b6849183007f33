"""Timers in working time: ``PT8H on berlin-office``, ``3 business days on berlin-office``.

For ``engine.bpmn``: ``named`` tells such a text from other times (``None``), ``until`` says when it fires. The calendar
is looked up by its key by whoever runs the instance (``engine.services.calendars.by_name``).
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from engine.domain.calendar.core import Calendar
from engine.domain.errors import Invalid

_NAMED = re.compile(r"(?P<span>\S+|\d+\s+business days?)\s+on\s+(?P<calendar>[\w.-]+)", re.IGNORECASE)
_SPAN = re.compile(r"P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")
_DAYS = re.compile(r"(\d{1,4})\s+business days?", re.IGNORECASE)


def named(text: str) -> tuple[str, str] | None:
    """(span, calendar's key) of a text that names a calendar; None for any other time."""
    found = _NAMED.fullmatch(text.strip())
    if found is None or (_SPAN.fullmatch(found["span"].upper()) is None and _DAYS.fullmatch(found["span"]) is None):
        return None
    return found["span"], found["calendar"]


def until(calendar: Calendar, start: datetime, span: str) -> datetime:
    """When a wait of ``span`` ends that begins at ``start``.

    A duration is working time (a day is 24 hours of it); business days end with the n-th open day after the start's.
    Raises ``Invalid`` CRM-077 for what is neither, CRM-076 if the calendar is never open that long.
    """
    days = _DAYS.fullmatch(span.strip())
    if days is not None:
        return _day_end(calendar, start, max(1, int(days[1])))
    match = _SPAN.fullmatch(span.strip().upper())
    if match is None or not any(match.groups()):
        raise Invalid("CRM-077", f"'{span}' is no working time.", fix="Write PT8H or 3 business days.")
    weeks, number, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return calendar.add(start, timedelta(weeks=weeks, days=number, hours=hours, minutes=minutes, seconds=seconds))


def _day_end(calendar: Calendar, start: datetime, days: int) -> datetime:
    from engine.domain.sla import Target, Unit, due, span_of

    span = span_of(calendar, start, Target(Unit.DAYS, days=days))
    found = due(calendar, start, span, [])
    assert found is not None  # nothing is paused here
    return found
