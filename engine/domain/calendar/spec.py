"""What a calendar says, checked once: zone, hours of the week, holidays, dates of its own; from Python or YAML."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence, Set as AbstractSet
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from engine.domain.errors import Invalid

Span = tuple[int, int]  # microseconds after midnight by the wall clock; the end may lie on the next day
Hours = tuple[Span, ...]

SECOND = 1_000_000
DAY = 86_400 * SECOND
_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?")
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_FIELDS = ("zone", "week", "holidays", "closed", "opened", "shortened", "valid_from", "name")


@dataclass(frozen=True, slots=True)
class Spec:
    """A calendar's content: equal specs mean equal calendars."""

    zone: str
    week: tuple[Hours, ...]  # seven, Monday first
    holidays: tuple[tuple[str, str | None], ...] = ()  # (country, subdivision)
    dates: tuple[tuple[date, str, Hours, str], ...] = ()  # own dates: (date, closed|opened|shortened, hours, name)
    valid_from: date | None = None
    name: str = ""
    names: tuple[tuple[str, str], ...] = ()  # in other languages: (locale, name)


def read(
    zone: str,
    week: Mapping[Any, Any],
    holidays: Any = (),
    closed: Any = (),
    opened: Any = None,
    shortened: Any = None,
    valid_from: Any = None,
    name: Any = "",
) -> Spec:
    """Check and normalise. Raises ``Invalid`` CRM-070 (zone), CRM-071 (hours), CRM-072 (holidays), CRM-073 (dates)."""
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, TypeError, OSError) as error:
        raise Invalid("CRM-070", f"There is no time zone '{zone}'.", fix="Name it like Europe/Berlin.") from error
    own: dict[date, tuple[str, Hours, str]] = {}
    for kind, given in (("closed", closed), ("opened", opened), ("shortened", shortened)):
        for day, hours, what in _dates(kind, given):
            if day in own:
                text = f"{day} is said twice: as {own[day][0]} and as {kind}."
                raise Invalid("CRM-073", text, fix="Keep one of them: it gives the hours of that date.")
            own[day] = (kind, hours, what)
    called = {str(k): str(v) for k, v in name.items()} if isinstance(name, Mapping) else {"en": str(name)}
    return Spec(
        zone=zone,
        week=_week(week),
        holidays=_holidays(holidays),
        dates=tuple((day, *own[day]) for day in sorted(own)),
        valid_from=None if valid_from is None else _date(valid_from),
        name=called.pop("en", ""),
        names=tuple(sorted(called.items())),
    )


def from_mapping(data: Any) -> Spec:
    """A spec as YAML or JSON writes it: the arguments of ``read`` by name. Unknown names are refused, CRM-074."""
    if not isinstance(data, Mapping):
        raise Invalid("CRM-074", "A calendar is a mapping.", fix="Give at least zone and week.")
    strange = [str(k) for k in data if k not in _FIELDS]
    lacking = [k for k in ("zone", "week") if k not in data]
    if strange or lacking:
        what = f"does not know '{strange[0]}'" if strange else f"lacks '{lacking[0]}'"
        raise Invalid("CRM-074", f"The calendar {what}.", fix=f"Its fields are {', '.join(_FIELDS)}.")
    return read(**{k: v for k, v in data.items() if v is not None})


def to_mapping(spec: Spec) -> dict[str, Any]:
    """The JSON-able form that ``from_mapping`` reads back to an equal spec."""
    found: dict[str, Any] = {"zone": spec.zone, "week": {}, "holidays": []}
    found["week"] = {_DAYS[n]: _written(hours) for n, hours in enumerate(spec.week) if hours}
    found["holidays"] = [[country, part] if part else [country] for country, part in spec.holidays]
    for day, kind, hours, name in spec.dates:
        value: Any = name if kind == "closed" else _written(hours)
        found.setdefault(kind, {})[day.isoformat()] = value
    if spec.valid_from is not None:
        found["valid_from"] = spec.valid_from.isoformat()
    if spec.name or spec.names:
        found["name"] = {"en": spec.name, **dict(spec.names)} if spec.names else spec.name
    return found


def _week(given: Mapping[Any, Any]) -> tuple[Hours, ...]:
    if not isinstance(given, Mapping):
        raise Invalid("CRM-071", "The week is no mapping of weekdays.", fix="Write {0: [('09:00', '17:00')], …}.")
    found: dict[int, Hours] = {}
    for key, hours in given.items():
        number = _weekday(key)
        if number in found:
            raise Invalid("CRM-071", f"The week says {_DAYS[number]} twice.", fix="Put all its hours into one list.")
        found[number] = _hours(hours, _DAYS[number])
    return tuple(found.get(n, ()) for n in range(7))


def _weekday(key: Any) -> int:
    text = str(key).strip().lower()
    if text in tuple("0123456"):
        return int(text)
    if text[:3] in _DAYS and len(text) >= 3:
        return _DAYS.index(text[:3])
    raise Invalid("CRM-071", f"'{key}' is no weekday.", fix="Write 0 (Monday) to 6 (Sunday), or mon to sun.")


def _hours(given: Any, where: object) -> Hours:
    """Intervals sorted; they may overlap. One whose end is not after its start ends on the next day."""
    return tuple(sorted({_span(each, where) for each in _pairs(given, where)}))


def _pairs(given: Any, where: object) -> Iterable[Any]:
    if given is None:
        return ()
    if isinstance(given, str):
        return [each for each in re.split(r"[,;\s]+", given.strip()) if each]
    if not isinstance(given, Sequence):
        raise Invalid("CRM-071", f"The hours of {where} are no list.", fix="Write [('09:00', '17:00')].")
    return given


def _span(given: Any, where: object) -> Span:
    pair = re.split(r"\s*[-–]\s*", given.strip()) if isinstance(given, str) else given
    if not isinstance(pair, Sequence) or len(pair) != 2:
        raise Invalid("CRM-071", f"{given!r} of {where} is no interval.", fix="Write ('09:00', '17:00').")
    start, end = _time(pair[0], where), _time(pair[1], where)
    if start in (DAY, end):
        text = f"The interval {pair[0]}–{pair[1]} of {where} has no length."
        raise Invalid("CRM-071", text, fix="A whole day is ('00:00', '24:00').")
    return (start, end if end > start else end + DAY)


def _time(given: Any, where: object) -> int:
    match = _TIME.fullmatch(str(given).strip())
    if match is not None:
        hour, minute, second = (int(part or 0) for part in match.groups())
        value = (hour * 3600 + minute * 60 + second) * SECOND
        if minute < 60 and second < 60 and value <= DAY:
            return value
    raise Invalid("CRM-071", f"'{given}' of {where} is no time of day.", fix="Write 00:00 to 24:00, in quotes.")


def _written(hours: Hours) -> list[list[str]]:
    return [[clock(a), clock(b if b <= DAY else b - DAY)] for a, b in hours]


def clock(value: int) -> str:
    """Microseconds after midnight as a wall clock shows them: 08:30, 24:00, 08:30:15."""
    seconds = value // SECOND
    text = f"{seconds // 3600:02}:{seconds // 60 % 60:02}"
    return f"{text}:{seconds % 60:02}" if seconds % 60 else text


def _holidays(given: Any) -> tuple[tuple[str, str | None], ...]:
    """``("DE", "BE")`` is one country and its subdivision; ``[("DE", "BE"), ("CN",)]`` or "DE-BE, CN" are several."""
    if given is None or given == "":
        return ()
    if isinstance(given, str):
        given = [each for each in re.split(r"[,;\s]+", given.strip()) if each]
    elif isinstance(given, Mapping):
        given = list(given.items())
    elif isinstance(given, Sequence) and 0 < len(given) <= 2 and isinstance(given[0], str) and "-" not in given[0]:
        if all(part is None or (isinstance(part, str) and "-" not in part) for part in given):
            given = [given]
    elif not isinstance(given, (Sequence, AbstractSet)):
        raise _no_place(given)
    found: list[tuple[str, str | None]] = []
    for each in given:
        parts = each.split("-", 1) if isinstance(each, str) else each
        if not isinstance(parts, Sequence) or not 1 <= len(parts) <= 2 or not isinstance(parts[0], str):
            raise _no_place(each)
        country, part = parts[0], (str(parts[1]) if len(parts) > 1 and parts[1] else None)
        _known(country, part)
        if (country, part) not in found:
            found.append((country, part))
    return tuple(found)


def _no_place(given: Any) -> Invalid:
    # YAML reads the bare NO of Norway as false: taken for "none", it would lose the holidays without a word.
    text = f"{given!r} is no country whose holidays are meant."
    return Invalid("CRM-072", text, fix="Write countries in quotes: 'NO', or ['DE', 'BE'] with a subdivision.")


def _known(country: str, part: str | None) -> None:
    import holidays

    known = holidays.list_supported_countries(include_aliases=True)
    if country not in known:
        text = f"No holidays are known for the country '{country}'."
        raise Invalid("CRM-072", text, fix="Use its ISO 3166 code, such as DE, CN, US.")
    names = getattr(holidays, country).get_subdivision_aliases() if part else {}
    if part and part not in names and not any(part in aliases for aliases in names.values()):
        text = f"'{country}' has no subdivision '{part}' with holidays of its own."
        raise Invalid("CRM-072", text, fix=f"Choose one of {', '.join(sorted(names)) or 'none'}.")


def _dates(kind: str, given: Any) -> Iterable[tuple[date, Hours, str]]:
    if given is None:
        return
    if kind == "closed":
        if isinstance(given, (str, date)):
            given = [given]
        if not isinstance(given, Iterable):
            raise Invalid("CRM-073", f"'{kind}' is no list of dates.", fix="Write closed: ['2026-12-24'].")
        named = given.items() if isinstance(given, Mapping) else ((each, "") for each in given)
        for day, name in named:
            yield _date(day), (), str(name or "")
        return
    if not isinstance(given, Mapping):
        raise Invalid("CRM-073", f"'{kind}' is no mapping of dates.", fix=f"Write {kind}={{'2026-12-31': [...]}}.")
    for day, hours in given.items():
        found = _hours(hours, day)
        if not found:
            raise Invalid("CRM-073", f"{day} is {kind} but has no hours.", fix="Put it under 'closed', or give hours.")
        yield _date(day), found, ""


def _date(given: Any) -> date:
    if isinstance(given, datetime):
        return given.date()
    if isinstance(given, date):
        return given
    try:
        return date.fromisoformat(str(given))
    except ValueError as error:
        raise Invalid("CRM-073", f"'{given}' is no date.", fix="Write it like 2026-12-24.") from error
