"""Forms of the settings of time: fields as people type them, content as the engine keeps it, what is wrong where."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from datetime import date
from functools import partial
from typing import Any

from flask_babel import format_date, gettext

from engine.domain import sla
from engine.domain.calendar import Calendar
from engine.domain.calendar.spec import clock
from engine.domain.calendar.table import Day
from engine.domain.errors import CrmflowError, Invalid
from webui.i18n import is_chinese
from webui.pages import settings_ladder as ladders
from webui.said import worded_error

Wrong = dict[str, CrmflowError]  # by field
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY = 86_400_000_000
_KEY = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}\Z")
_METRIC = re.compile(r"[a-z][a-z0-9_-]{0,39}\Z")
_DATED = ("closed", "opened", "shortened")
NEW = "new"  # no key and no target: the address and the field of what is made
_UNSHOWN = ("pausable",)  # of a policy: kept as it is


def named(content: Mapping[str, Any], key: str) -> str:
    """The name of a calendar or policy in the reader's language, else its key."""
    name = content.get("name")
    if isinstance(name, Mapping):
        name = name.get("zh_Hans" if is_chinese() else "en") or name.get("en")
    return str(name or key)


def weekdays() -> list[tuple[str, str]]:
    """(field, name in the reader's language), Monday first."""
    monday = date(2024, 1, 1)
    return [(key, str(format_date(monday.replace(day=1 + n), "EEEE"))) for n, key in enumerate(_DAYS)]


def metrics(given: Mapping[str, str]) -> list[tuple[str, str]]:
    """(metric, name in the reader's language); after the usual ones those that the form names besides."""
    usual = {
        "accept": gettext("Taken by somebody"),
        "first_response": gettext("First answer"),
        "next_response": gettext("Every further answer"),
        "resolve": gettext("Solved"),
        "stage": gettext("One stage"),
        "done": gettext("Done"),
    }
    own = sorted(name[7:] for name in given if name.startswith("target-") and name[7:] not in (*usual, "new"))
    return [*usual.items(), *((name, name) for name in own)]


# --- calendars -------------------------------------------------------------------------------------


def calendar_fields(content: Mapping[str, Any]) -> dict[str, str]:
    """Fields of the form from a calendar's content."""
    week = {str(k): v for k, v in content.get("week", {}).items()}
    found = {"zone": content.get("zone", "UTC"), **_names(content)}
    found |= {f"day-{key}": _hours(week.get(key)) for key in _DAYS}
    found["holidays"] = ", ".join("-".join(pair) for pair in content.get("holidays", ()))
    closed = content.get("closed") or {}
    found["closed"] = "\n".join(f"{day} {name}".strip() for day, name in closed.items())
    for kind in ("opened", "shortened"):
        found[kind] = "\n".join(f"{day} {_hours(hours)}" for day, hours in (content.get(kind) or {}).items())
    found["valid_from"] = content.get("valid_from", "")
    return found


def calendar_content(given: Mapping[str, str], old: Mapping[str, Any]) -> tuple[dict[str, Any], Wrong]:
    """A calendar's content from the form, and what is wrong with it by field."""
    found: dict[str, Any] = {"zone": given.get("zone", "").strip(), "name": _name(given)}
    found["week"] = {key: given[f"day-{key}"] for key in _DAYS if given.get(f"day-{key}", "").strip()}
    found["holidays"] = given.get("holidays", "").strip()
    for kind in _DATED:
        found[kind] = dict(_lines(given.get(kind, "")))
    if given.get("valid_from", "").strip():
        found["valid_from"] = given["valid_from"].strip()
    bare: dict[str, Any] = {"zone": "UTC", "week": {}}
    tries: dict[str, dict[str, Any]] = {"zone": {**bare, "zone": found["zone"]}}
    tries |= {f"day-{key}": {**bare, "week": {key: hours}} for key, hours in found["week"].items()}
    tries |= {name: {**bare, name: found[name]} for name in ("holidays", *_DATED, "valid_from") if name in found}
    wrong = _wrong({field: partial(Calendar.from_mapping, part) for field, part in tries.items()})
    return found, wrong


# --- policies --------------------------------------------------------------------------------------


def policy_fields(content: Mapping[str, Any]) -> dict[str, str]:
    """Fields of the form from a policy's content, but for its ladder."""
    found = {name: str(content.get(name) or "") for name in ("decision", "unit", "calendar")} | _names(content)
    found |= {f"target-{key}": str(value) for key, value in (content.get("targets") or {}).items()}
    found["legal"] = "yes" if content.get("legal") else ""
    found["pause_states"] = ", ".join(content.get("pause_states") or ())
    return found


def policy_content(given: Mapping[str, str], old: Mapping[str, Any]) -> tuple[dict[str, Any], Wrong]:
    """A policy's content from the form, and what is wrong with it by field."""
    found: dict[str, Any] = {name: old[name] for name in _UNSHOWN if name in old}
    found |= {name: given[name].strip() for name in ("decision", "unit", "calendar") if given.get(name, "").strip()}
    if _name(given):
        found["name"] = _name(given)
    targets = {name[7:]: value.strip() for name, value in given.items() if name.startswith("target-")}
    new, metric = targets.pop("new", ""), given.get("metric-new", "").strip()
    wrong: Wrong = {}
    if new or metric:
        if _METRIC.match(metric) and metric != NEW:
            targets[metric] = new
        else:
            fix = "Use small letters, digits and “_”, beginning with a letter."
            wrong["metric-new"] = Invalid("CRM-080", f"'{metric}' cannot be the name of a target.", fix=fix)
    found["targets"] = {name: value for name, value in targets.items() if value}
    unit = str(found.get("unit") or "")
    tries = {f"target-{name}": partial(sla.duration, value, unit) for name, value in found["targets"].items()}
    wrong |= _wrong(tries)
    states = [state.strip() for state in given.get("pause_states", "").replace("，", ",").split(",") if state.strip()]
    if states:
        found["pause_states"] = states
    if given.get("legal"):
        found["legal"] = True
    found["ladder"], more = _ladder(given)
    # What was left to the default stays left to it: a mark of a model may say otherwise.
    for name, usual in (("unit", sla.Unit.WORKING), ("ladder", list(sla.DEFAULT))):
        if old.get(name) is None and found.get(name) == usual:
            del found[name]
    return found, wrong | more


def by_text(given: Mapping[str, str]) -> bool:
    """Whether the ladder's text is meant, not its rows."""
    return given.get("ladder_as") == "yaml" or ("rungs" not in given and "ladder" in given)


def _ladder(given: Mapping[str, str]) -> tuple[list[dict[str, Any]], Wrong]:
    if not by_text(given):
        return ladders.content(ladders.typed(given))
    try:
        return ladders.of_text(given.get("ladder", "")), {}
    except CrmflowError as error:
        return [], {"ladder": error}


def rows_of(given: Mapping[str, str], content: Mapping[str, Any], wrong: Wrong) -> ladders.Rows:
    """The ladder's rows as the page shows them."""
    return ladders.rows_of(content.get("ladder")) if by_text(given) and "ladder" not in wrong else ladders.typed(given)


# --- both ------------------------------------------------------------------------------------------


def key_wrong(name: str, taken: Collection[str]) -> Wrong:
    """What is wrong with the key of something new."""
    if not _KEY.match(name) or name == NEW:
        fix = "Use small letters, digits, “.”, “_” and “-”, such as 'berlin-office'."
        return {"key": Invalid("CRM-079", f"'{name}' cannot be a key.", fix=fix)}
    if name in taken:
        return {"key": Invalid("CRM-079", f"'{name}' is there already.", fix="Take another key, or change that one.")}
    return {}


def told(error: CrmflowError) -> str:
    """What is wrong with a field, and what to do, in the reader's language."""
    what, way, original = worded_error(error.code, error.message, error.fix or "")
    return " ".join(part for part in (what, way, original and f"({original})") if part)


def told_day(day: Day) -> dict[str, Any]:
    """A day for the strip: date, hours, kind."""
    hours = ", ".join(f"{clock(a)}–{clock(b if b <= _DAY else b - _DAY)}" for a, b in day.hours)
    name = day.chinese or day.name if is_chinese() else day.name
    return {"date": day.date, "hours": hours, "kind": day.kind, "word": kind_word(day.kind), "name": name}


def kind_word(kind: str) -> str:
    """Why a day has the hours it has."""
    known = {
        "usual": gettext("usual hours"),
        "free": gettext("free"),
        "holiday": gettext("holiday"),
        "make-up": gettext("make-up working day"),
        "closed": gettext("closed"),
        "opened": gettext("opened"),
        "shortened": gettext("shortened"),
        "before": gettext("not valid yet"),
    }
    return str(known.get(kind, kind))


def _wrong(tries: Mapping[str, Callable[[], Any]]) -> Wrong:
    found: Wrong = {}
    for field, attempt in tries.items():
        try:
            attempt()
        except CrmflowError as error:
            found[field] = error
    return found


def _names(content: Mapping[str, Any]) -> dict[str, str]:
    name = content.get("name") or ""
    if not isinstance(name, Mapping):
        return {"name": str(name), "name-zh": ""}
    return {"name": str(name.get("en", "")), "name-zh": str(name.get("zh_Hans", ""))}


def _name(given: Mapping[str, str]) -> Any:
    name, chinese = given.get("name", "").strip(), given.get("name-zh", "").strip()
    return {"en": name or chinese, "zh_Hans": chinese} if chinese else name


def _hours(hours: Any) -> str:
    return ", ".join(f"{a}-{b}" for a, b in hours or ())


def _lines(text: str) -> list[tuple[str, str]]:
    """Lines of a date and what follows it."""
    parts = (line.strip().partition(" ") for line in text.splitlines() if line.strip())
    return [(day, rest.strip()) for day, _, rest in parts]
