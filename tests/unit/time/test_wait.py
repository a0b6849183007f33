"""Timers that name a calendar: what they say, and when they fire.  # A16"""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from slowly import OFFICE, weekdays

from engine.domain.calendar import Calendar
from engine.domain.calendar.wait import named, until
from engine.domain.errors import Invalid

BERLIN = ZoneInfo("Europe/Berlin")
CALENDAR = Calendar.build("Europe/Berlin", weekdays(OFFICE))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("PT8H on office", ("PT8H", "office")),
        ("p1dt2h on berlin-office", ("p1dt2h", "berlin-office")),
        ("3 business days on office", ("3 business days", "office")),
        ("PT8H", None),
        ("R3/PT8H on office", None),
        ("2026-03-02T09:00:00Z", None),
        ("0 9 * * MON", None),
    ],
)
def test_texts_that_name_a_calendar(text, found):
    assert named(text) == found


@pytest.mark.parametrize(
    ("span", "start", "end"),
    [
        ("PT4H", "2026-03-06 16:00", "2026-03-09 12:00"),
        ("P1D", "2026-03-02 09:00", "2026-03-04 17:00"),  # 24 working hours
        ("1 business day", "2026-03-06 16:00", "2026-03-09 17:00"),
    ],
)
def test_waits_end_in_working_time(span, start, end):
    begin, expected = (datetime.fromisoformat(t).replace(tzinfo=BERLIN) for t in (start, end))
    assert until(CALENDAR, begin, span) == expected


def test_other_texts_are_refused():
    with pytest.raises(Invalid, match="CRM-077"):
        until(CALENDAR, datetime(2026, 3, 2, tzinfo=BERLIN), "soon")
