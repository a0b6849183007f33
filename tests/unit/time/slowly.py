"""Working time counted minute by minute from hand-written days: slow, obvious, sharing no code with the calendar."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

OFFICE = [("09:00", "17:00")]
SPLIT = [("08:30", "12:00"), ("13:00", "17:30")]
NIGHT = [("22:00", "06:00")]
ROUND = [("00:00", "24:00")]


def days(text: str) -> set[date]:
    return {date(2026, *map(int, each.split("-"))) for each in text.split()}


# Official days off of 2026, typed from the notices, by place.
OFF = {
    "CN": days("1-1 1-2 2-16 2-17 2-18 2-19 2-20 2-23 4-5 4-6 5-1 5-2 5-4 5-5 6-19 9-25 10-1 10-2 10-3 10-5 10-6 10-7"),
    "US": days("1-1 1-19 2-16 5-25 6-19 7-3 7-4 9-7 10-12 11-11 11-26 12-25"),
    "GB": days("1-1 4-3 4-6 5-4 5-25 8-31 12-25 12-26 12-28"),
    "DE": days("1-1 3-8 4-3 4-6 5-1 5-14 5-25 10-3 12-25 12-26"),
    "JP": days("1-1 1-12 2-11 2-23 3-20 4-29 5-3 5-4 5-5 5-6 7-20 8-11 9-21 9-22 9-23 10-12 11-3 11-23"),
    "": set(),
}
# 调休: the weekend days of 2026 that are worked; all usual days are alike, so it does not matter which they stand for.
MAKEUP = {"CN": days("1-4 2-14 2-28 5-9 9-20 10-10")}


class Slow:
    """A calendar by exhaustion: one look at the wall clock per minute."""

    def __init__(self, zone, week, place="", closed=(), special=None):
        self.zone = ZoneInfo(zone)
        self.week, self.place = week, place
        self.closed, self.special = set(closed), special or {}
        self.minutes = lru_cache(maxsize=None)(self._minutes)

    def hours(self, day: date):
        if day in self.special:
            return self.special[day]
        if day in self.closed or day in OFF[self.place]:
            return []
        if day in MAKEUP.get(self.place, ()) and not self.week.get(day.weekday()):
            return self.week[0]
        return self.week.get(day.weekday(), [])

    def open_at(self, at: datetime) -> bool:
        wall = at.astimezone(self.zone)
        minute = wall.hour * 60 + wall.minute
        for back in (0, 1):
            for start, end in self.hours(wall.date() - timedelta(days=back)):
                a, b = (int(x[:2]) * 60 + int(x[3:]) for x in (start, end))
                b = b if b > a else b + 1440
                if a <= minute + 1440 * back < b:
                    return True
        return False

    def _minutes(self, day: date) -> list[bool]:
        first = datetime(day.year, day.month, day.day, tzinfo=UTC)
        return [self.open_at(first + timedelta(minutes=n)) for n in range(1440)]

    def _open(self, at: datetime) -> bool:
        return self.minutes(at.date())[at.hour * 60 + at.minute]

    def add(self, start: datetime, minutes: int) -> datetime:
        at = start.astimezone(UTC)
        while minutes:
            minutes -= self._open(at)
            at += timedelta(minutes=1)
        return at

    def between(self, start: datetime, end: datetime) -> int:
        at, end, total = start.astimezone(UTC), end.astimezone(UTC), 0
        while at < end:
            total += self._open(at)
            at += timedelta(minutes=1)
        return total


def weekdays(hours, first=0, last=4):
    return dict.fromkeys(range(first, last + 1), hours)


#: name → (the arguments of ``Calendar.build``, the same by exhaustion)
PLACES = {
    "berlin": (
        {"zone": "Europe/Berlin", "week": weekdays(OFFICE), "holidays": ("DE", "BE")},
        Slow("Europe/Berlin", weekdays(OFFICE), "DE"),
    ),
    "berlin-split": (
        {
            "zone": "Europe/Berlin",
            "week": weekdays(SPLIT),
            "holidays": ("DE", "BE"),
            "closed": ["2026-12-24"],
            "opened": {"2026-02-14": OFFICE},
            "shortened": {"2026-12-31": [("09:00", "12:00")]},
        },
        Slow(
            "Europe/Berlin",
            weekdays(SPLIT),
            "DE",
            days("12-24"),
            {date(2026, 2, 14): OFFICE, date(2026, 12, 31): [("09:00", "12:00")]},
        ),
    ),
    "shanghai": (
        {"zone": "Asia/Shanghai", "week": weekdays(SPLIT), "holidays": ("CN",)},
        Slow("Asia/Shanghai", weekdays(SPLIT), "CN"),
    ),
    "new-york": (
        {"zone": "America/New_York", "week": weekdays(OFFICE), "holidays": "US"},
        Slow("America/New_York", weekdays(OFFICE), "US"),
    ),
    "london": (
        {"zone": "Europe/London", "week": weekdays(SPLIT), "holidays": ("GB", "ENG")},
        Slow("Europe/London", weekdays(SPLIT), "GB"),
    ),
    "tokyo": (
        {"zone": "Asia/Tokyo", "week": weekdays(OFFICE, 0, 5), "holidays": ("JP",)},
        Slow("Asia/Tokyo", weekdays(OFFICE, 0, 5), "JP"),
    ),
    "night": (
        {"zone": "America/New_York", "week": weekdays(NIGHT, 0, 6), "closed": ["2026-07-04"]},
        Slow("America/New_York", weekdays(NIGHT, 0, 6), "", days("7-4")),
    ),
    "always": (
        {"zone": "Australia/Lord_Howe", "week": weekdays(ROUND, 0, 6), "closed": ["2026-04-04"]},
        Slow("Australia/Lord_Howe", weekdays(ROUND, 0, 6), "", days("4-4")),
    ),
    "small-hours": (
        {"zone": "Europe/Berlin", "week": weekdays([("02:30", "05:00"), ("23:00", "01:30")], 0, 6)},
        Slow("Europe/Berlin", weekdays([("02:30", "05:00"), ("23:00", "01:30")], 0, 6)),
    ),
    "kathmandu": (
        {"zone": "Asia/Kathmandu", "week": {6: OFFICE, **weekdays(OFFICE, 0, 3), 4: [("09:00", "12:00")]}},
        Slow("Asia/Kathmandu", {6: OFFICE, **weekdays(OFFICE, 0, 3), 4: [("09:00", "12:00")]}),
    ),
}
