"""Why a due time is what it is: the days between, what was counted on each, what was left out for which reason."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from engine.domain.calendar.spec import clock
from engine.domain.calendar.table import Day, spans_of
from engine.domain.calendar.zones import EPOCH, micros

if TYPE_CHECKING:
    from engine.domain.calendar.core import Calendar

_MOST = 400  # days told one by one; what lies beyond is summed up
_KINDS = {
    "usual": ("usual hours", "正常工作时间"),
    "free": ("no working hours", "非工作日"),
    "holiday": ("holiday", "节假日"),
    "make-up": ("make-up working day", "调休上班"),
    "closed": ("closed on this date", "当日不办公"),
    "opened": ("opened on this date", "当日特别开放"),
    "shortened": ("shortened on this date", "当日缩短工作时间"),
    "before": ("before the calendar is valid", "日历尚未生效"),
}


@dataclass(frozen=True, slots=True)
class DayNote:
    """One day of an explanation, in the calendar's zone: ``hours`` it offers, ``counted`` ones within start and due."""

    date: str
    kind: str  # usual, free, holiday, make-up, closed, opened, shortened, before
    name: str
    hours: tuple[str, ...]
    counted: tuple[tuple[datetime, datetime], ...]
    total: timedelta
    chinese: str = ""  # the holiday's name in Chinese, where it is another one

    @property
    def skipped(self) -> bool:
        """Whether the day gave nothing because of a rule, not for want of need."""
        return self.kind in ("holiday", "closed", "free", "before")


@dataclass(frozen=True, slots=True)
class Explanation:
    """How ``due`` follows from ``start`` and ``duration``. The totals of ``days`` plus ``beyond`` are ``duration``."""

    start: datetime
    duration: timedelta
    due: datetime
    zone: str
    calendar: str
    days: tuple[DayNote, ...]
    beyond: timedelta = timedelta(0)  # counted on days that are not told one by one

    @property
    def holidays(self) -> tuple[DayNote, ...]:
        """Days left out because they are holidays or closed."""
        return tuple(d for d in self.days if d.kind in ("holiday", "closed"))

    def to_mapping(self) -> dict[str, Any]:
        """JSON-able, to be stored with a deadline."""
        return {
            "start": self.start.astimezone(UTC).isoformat(),
            "due": self.due.astimezone(UTC).isoformat(),
            "seconds": self.duration.total_seconds(),
            "zone": self.zone,
            "calendar": self.calendar,
            "beyond": self.beyond.total_seconds(),
            "days": [_stored(day) for day in self.days],
        }

    def words(self, locale: str = "en") -> tuple[str, ...]:
        """Plain sentences, one per day that mattered, in English or Simplified Chinese."""
        return words(self.to_mapping(), locale)


def explained(calendar: Calendar, start: datetime, duration: timedelta, due: datetime) -> Explanation:
    """The explanation of ``due == calendar.add(start, duration)``."""
    low, high = sorted((micros(start), micros(due)))
    zone = ZoneInfo(calendar.spec.zone)
    notes: list[DayNote] = []
    told = timedelta(0)
    for day in _days(calendar, min(start, due, key=micros), max(start, due, key=micros)):
        spans = []
        for a, b in sorted(spans_of(day, calendar.spec.zone)):
            # What a night shift counted already is not counted again by the next day's hours.
            left, right = max(a, low), min(b, high)
            if left < right:
                spans.append((left, right))
                low = right
        counted = tuple((_at(a, zone), _at(b, zone)) for a, b in spans)
        total = timedelta(microseconds=sum(b - a for a, b in spans))
        told += total
        hours = tuple(f"{clock(a)}–{clock(b if b <= 86_400_000_000 else b - 86_400_000_000)}" for a, b in day.hours)
        notes.append(DayNote(day.date.isoformat(), day.kind, day.name, hours, counted, total, day.chinese))
    # A night shift of the day before that ran into the first day is told only if it counted.
    if notes and len(notes) > 1 and not notes[0].total:
        notes = notes[1:]
    name = calendar.spec.name
    return Explanation(start, duration, due, calendar.spec.zone, name, tuple(notes), abs(duration) - told)


def words(stored: Mapping[str, Any], locale: str = "en") -> tuple[str, ...]:
    """The sentences of a stored explanation."""
    n = 1 if locale.lower().startswith("zh") else 0
    lines = []
    for day in stored["days"]:
        what = _KINDS[day["kind"]][n]
        # What was stored before holidays had Chinese names tells the name it has.
        name = day.get("chinese", day["name"]) if n else day["name"]
        named = f"{what} ({name})" if name and n == 0 else f"{what}（{name}）" if name else what
        if day["counted"]:
            hours = ", ".join(f"{a}–{b}" for a, b in day["counted"])
            spent = span_words(timedelta(seconds=day["seconds"]), locale)
            lines.append(
                f"{day['date']}: {hours} = {spent}, {named}"
                if n == 0
                else f"{day['date']}：{hours}，计 {spent}，{named}"
            )
        elif day["kind"] != "usual":
            lines.append(f"{day['date']}: nothing, {named}" if n == 0 else f"{day['date']}：不计，{named}")
    if stored["beyond"]:
        spent = span_words(timedelta(seconds=stored["beyond"]), locale)
        lines.append(f"and {spent} on later days" if n == 0 else f"其后另计 {spent}")
    return tuple(lines)


def span_words(span: timedelta, locale: str = "en") -> str:
    """A length of time in hours and minutes: "7 h 30 min", "7 小时 30 分钟"."""
    zh = locale.lower().startswith("zh")
    sign = "-" if span < timedelta(0) else ""
    seconds = round(abs(span).total_seconds())
    parts = (seconds // 3600, seconds // 60 % 60, seconds % 60)
    names = ("小时", "分钟", "秒") if zh else ("h", "min", "s")
    told = [f"{value} {name}" for value, name in zip(parts, names, strict=True) if value]
    return sign + (" ".join(told) or f"0 {names[1]}")


def _days(calendar: Calendar, start: datetime, end: datetime) -> Iterator[Day]:
    zone = ZoneInfo(calendar.spec.zone)
    # The night shift of the day before may reach into the first day.
    day, last = start.astimezone(zone).date() - timedelta(days=1), end.astimezone(zone).date()
    for _ in range(_MOST):
        if day > last:
            return
        yield calendar.day(day)
        day += timedelta(days=1)


def _stored(day: DayNote) -> dict[str, Any]:
    return {
        "date": day.date,
        "kind": day.kind,
        "name": day.name,
        "hours": list(day.hours),
        "counted": [[_wall(a), _wall(b)] for a, b in day.counted],
        "seconds": day.total.total_seconds(),
        **({"chinese": day.chinese} if day.chinese else {}),
    }


def _wall(at: datetime) -> str:
    return at.strftime("%H:%M:%S") if at.second else at.strftime("%H:%M")


def _at(value: int, zone: ZoneInfo) -> datetime:
    return (EPOCH + timedelta(microseconds=value)).astimezone(zone)
