"""SLA clocks, purely: a target on a calendar, the ledger of pauses, when it is due, when each rung is.

A pause extends a deadline by its overlap with working time and by nothing else; overlapping pauses count once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from engine.domain.calendar import Calendar
from engine.domain.errors import Invalid
from engine.domain.spans import units_of

#: Relations that lead from a record to the customer whose tier, segment and the like count for it.
CUSTOMER = ("account", "customer")
METRICS = ("accept", "first_response", "next_response", "resolve", "stage")
ALWAYS = Calendar.build("UTC", {n: [("00:00", "24:00")] for n in range(7)}, name="always")
_NONE = timedelta(0)
_MOST = timedelta(days=366 * 20)  # of a target: as far as calendars are looked through
_MOST_DAYS = 5200  # working days of twenty years


def by_policy(time: Mapping[str, Any] | None) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """(element, mark) of the promises that policies make, of what a model says about time; "" is the case itself."""
    for element, said in (time or {}).items():
        yield from ((element, mark) for mark in said.get("sla", ()) if mark.get("policy"))


class ClockState(StrEnum):
    RUNNING = "running"
    PAUSED = "paused"
    MET = "met"
    BREACHED = "breached"
    CANCELLED = "cancelled"


OPEN = (ClockState.RUNNING, ClockState.PAUSED)


class Unit(StrEnum):
    WORKING = "working"  # hours of the calendar
    CALENDAR = "calendar"  # hours by the wall
    DAYS = "business days"  # due when the n-th working day after the start's day ends


@dataclass(frozen=True, slots=True)
class Pause:
    """A line of the ledger; ``until`` is None while it lasts."""

    since: datetime
    until: datetime | None = None
    reason: str = ""
    by: str = ""


@dataclass(frozen=True, slots=True)
class Target:
    """How long a clock has: a duration (working or by the wall), or a number of business days."""

    unit: Unit
    span: timedelta = _NONE
    days: int = 0

    def __str__(self) -> str:
        return f"{self.days} business days" if self.unit is Unit.DAYS else iso(self.span)


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a clock's life: work that counted, or a pause and how much working time it took."""

    kind: str  # work, pause
    start: datetime
    end: datetime | None
    counted: timedelta
    reason: str = ""


def union(pauses: Iterable[Pause], start: datetime) -> list[Pause]:
    """The ledger in order, without overlaps and without what lies before ``start``."""
    found: list[Pause] = []
    for pause in sorted(pauses, key=lambda p: p.since):
        since = max(pause.since, start)
        if pause.until is not None and pause.until <= since:
            continue
        last = found[-1] if found else None
        if last is not None and (last.until is None or since <= last.until):
            until = None if last.until is None or pause.until is None else max(last.until, pause.until)
            reason = last.reason if pause.reason in last.reason else f"{last.reason}; {pause.reason}".strip("; ")
            found[-1] = Pause(last.since, until, reason, last.by)
        else:
            found.append(Pause(since, pause.until, pause.reason, pause.by))
    return found


def elapsed(calendar: Calendar, start: datetime, at: datetime, pauses: Sequence[Pause]) -> timedelta:
    """Working time that has counted by ``at``; a pause that lasts reaches to ``at``."""
    total, since = _NONE, start
    for pause in union(pauses, start):
        if pause.since >= at:
            break
        total += calendar.between(since, pause.since)
        since = at if pause.until is None else min(pause.until, at)
    return total + (calendar.between(since, at) if since < at else _NONE)


def due(calendar: Calendar, start: datetime, span: timedelta, pauses: Sequence[Pause]) -> datetime | None:
    """The earliest instant by which ``span`` has counted; None while a pause lasts that it cannot end in."""
    since, rest = start, span
    for pause in union(pauses, start):
        worked = calendar.between(since, pause.since)
        if worked >= rest:
            break
        rest -= worked
        if pause.until is None:
            return None
        since = pause.until
    return calendar.add(since, rest)


def parts(calendar: Calendar, start: datetime, span: timedelta, pauses: Sequence[Pause]) -> tuple[Part, ...]:
    """The way to ``due`` in stretches of work and pauses, for the explanation."""
    found: list[Part] = []
    since, rest = start, span
    for pause in union(pauses, start):
        worked = calendar.between(since, pause.since)
        if worked >= rest:
            break
        found.append(Part("work", since, pause.since, worked))
        lost = _NONE if pause.until is None else calendar.between(pause.since, pause.until)
        found.append(Part("pause", pause.since, pause.until, lost, pause.reason))
        rest -= worked
        if pause.until is None:
            return tuple(found)
        since = pause.until
    found.append(Part("work", since, calendar.add(since, rest), rest))
    return tuple(found)


def span_of(calendar: Calendar, start: datetime, target: Target) -> timedelta:
    """The working time a target stands for: itself, or what the business days after the start hold.

    Pauses are no part of it: they put off the due time of any target by their overlap with working time.
    """
    if target.unit is not Unit.DAYS:
        return target.span
    zone = ZoneInfo(calendar.spec.zone)
    day, left = start.astimezone(zone).date(), target.days
    for _ in range(366 * 20):
        day += timedelta(days=1)
        begin, end = (datetime(each.year, each.month, each.day, tzinfo=zone) for each in (day, day + timedelta(days=1)))
        left -= calendar.between(begin.astimezone(UTC), end.astimezone(UTC)) > _NONE
        if left == 0:
            return calendar.between(start, end.astimezone(UTC))
    raise Invalid("CRM-076", f"{target} are not open within twenty years.", fix="Give the calendar open hours.")


def state_at(due_at: datetime | None, ended: datetime | None, paused: bool, now: datetime) -> ClockState:
    """What a clock is at a moment; one that ended in time was met, even if it is looked at later."""
    if ended is not None:
        return ClockState.MET if due_at is None or ended <= due_at else ClockState.BREACHED
    if due_at is not None and now > due_at:
        return ClockState.BREACHED
    return ClockState.PAUSED if paused else ClockState.RUNNING


# --- the ladder ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rung:
    """One step of a ladder: at a share of the target (1 = due), or a span after the start; what it does then."""

    key: str  # "50%", "PT2H", "unaccepted PT30M": unique within the ladder
    share: float | None = None
    after: timedelta | None = None
    before: timedelta | None = None  # working time before it is due
    unaccepted: bool = False  # only if nobody has taken the task by then
    acts: tuple[Mapping[str, Any], ...] = ()


ACTS = ("notify", "priority", "reassign", "candidate", "escalate", "start")
DEFAULT: tuple[Mapping[str, Any], ...] = (
    {"at": "50%", "acts": [{"do": "notify", "to": ["assignee"]}]},
    {"at": "75%", "acts": [{"do": "notify", "to": ["lead"]}]},
    {"at": "100%", "acts": [{"do": "notify", "to": ["manager"]}, {"do": "reassign", "to": "manager"}]},
    {"at": "150%", "acts": [{"do": "notify", "to": ["executive"]}]},
)


def ladder(given: Iterable[Mapping[str, Any]]) -> tuple[Rung, ...]:
    """Read the rungs of a policy: ``{"at": "75%" | "PT2H" | "-PT30M", "unaccepted": bool, "acts": [{"do": …}]}``.

    Raises ``Invalid`` CRM-078.
    """
    found: dict[str, Rung] = {}
    for each in given:
        rung = _rung(each)
        if rung.key in found:
            raise Invalid("CRM-078", f"The ladder has two rungs '{rung.key}'.", fix="Put their acts into one.")
        found[rung.key] = rung
    return tuple(found.values())


def rung_at(
    rung: Rung, calendar: Calendar, start: datetime, span: timedelta, pauses: Sequence[Pause]
) -> datetime | None:
    """When a rung is due; None while the clock is paused before it."""
    wait = rung.after if rung.after is not None else span * (rung.share or 0)
    if rung.before is not None:
        wait = max(_NONE, span - rung.before)
    return due(calendar, start, wait, pauses)


def _rung(given: Mapping[str, Any]) -> Rung:
    at = str(given.get("at", "")).strip()
    acts = tuple(given.get("acts") or ())
    for act in acts:
        if not isinstance(act, Mapping) or act.get("do") not in ACTS:
            what = act.get("do") if isinstance(act, Mapping) else act
            raise Invalid("CRM-078", f"A rung cannot '{what}'.", fix=f"Use one of {', '.join(ACTS)}.")
    unaccepted = bool(given.get("unaccepted"))
    key = f"unaccepted {at}" if unaccepted else at
    if at.endswith("%"):
        try:
            share = float(at[:-1]) / 100
        except ValueError:
            share = -1.0
        if not 0 < share <= 10:
            raise Invalid("CRM-078", f"'{at}' is no share of the target.", fix="Write 1% to 1000%.")
        return Rung(key, share=share, unaccepted=unaccepted, acts=acts)
    if at.startswith("-"):
        return Rung(key, before=duration(at[1:]).span, unaccepted=unaccepted, acts=acts)
    return Rung(key, after=duration(at).span, unaccepted=unaccepted, acts=acts)


# --- durations -------------------------------------------------------------------------------------


def duration(text: Any, unit: str = "") -> Target:
    """``PT4H``, ``P1DT2H`` (a day is 24 hours), ``5 business days``, a ``timedelta``. Raises ``Invalid`` CRM-077."""
    import re

    if isinstance(text, timedelta) or hasattr(text, "delta"):
        span = text if isinstance(text, timedelta) else text.delta
        return _target(span, unit, str(text))
    said = str(text).strip()
    days = re.fullmatch(r"(\d{1,4})\s*(?:business days?|bd)", said)
    if days is not None:
        return _days(int(days[1]), said)
    found = units_of(said)
    if found is None:
        raise Invalid("CRM-077", f"'{said}' is no target.", fix="Write PT4H, PT30M, P1D or 3 business days.")
    try:
        span = timedelta(**{f"{name}s": number for name, number in found.items()})
    except OverflowError:
        raise _endless(said) from None
    return _target(span, unit, said)


def _target(span: timedelta, unit: str, said: str) -> Target:
    if span <= _NONE:
        raise Invalid("CRM-077", f"The target '{said}' is not longer than nothing.", fix="Give it a length.")
    try:
        kind = Unit(unit or Unit.WORKING)
    except ValueError as error:
        names = ", ".join(Unit)
        raise Invalid("CRM-077", f"'{unit}' is no unit of time.", fix=f"Use one of {names}.") from error
    if kind is Unit.DAYS:
        return _days(round(span / timedelta(days=1)), said)
    if span > _MOST:
        raise _endless(said)
    return Target(kind, span)


def _days(number: int, said: str) -> Target:
    if number > _MOST_DAYS:
        raise _endless(said)
    return Target(Unit.DAYS, days=max(1, number))


def _endless(said: str) -> Invalid:
    return Invalid("CRM-077", f"The target '{said[:60]}' is longer than twenty years.", fix="Give a shorter one.")


def iso(span: timedelta) -> str:
    """A span as ISO 8601, hours and smaller: PT36H, PT1H30M."""
    seconds = span.total_seconds()
    hours, rest = divmod(seconds, 3600)
    minutes, rest = divmod(rest, 60)
    parts = [f"{hours:.0f}H" if hours else "", f"{minutes:.0f}M" if minutes else ""]
    parts.append(f"{rest:.6f}".rstrip("0").rstrip(".") + "S" if rest else "")
    return "PT" + ("".join(parts) or "0S")
