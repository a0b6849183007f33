"""Forms of the settings of time: fields as people type them, content as the engine keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import yaml
from flask_babel import format_date, gettext

from engine.domain.calendar.spec import clock
from engine.domain.calendar.table import Day
from engine.domain.errors import Invalid

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY = 86_400_000_000


def weekdays() -> list[tuple[str, str]]:
    """(field, name in the reader's language), Monday first."""
    monday = date(2024, 1, 1)
    return [(key, str(format_date(monday.replace(day=1 + n), "EEEE"))) for n, key in enumerate(_DAYS)]


def metrics() -> list[tuple[str, str]]:
    """(metric, name in the reader's language)."""
    return [
        ("accept", gettext("Taken by somebody")),
        ("first_response", gettext("First answer")),
        ("next_response", gettext("Every further answer")),
        ("resolve", gettext("Solved")),
        ("stage", gettext("One stage")),
    ]


def calendar_fields(content: Mapping[str, Any]) -> dict[str, str]:
    """Fields of the form from a calendar's content."""
    week = {str(k): v for k, v in content.get("week", {}).items()}
    found = {"zone": content.get("zone", "UTC"), "name": content.get("name", "")}
    found |= {f"day-{key}": _hours(week.get(key)) for key in _DAYS}
    found["holidays"] = ", ".join("-".join(pair) for pair in content.get("holidays", ()))
    closed = content.get("closed") or {}
    found["closed"] = "\n".join(f"{day} {name}".strip() for day, name in closed.items())
    for kind in ("opened", "shortened"):
        found[kind] = "\n".join(f"{day} {_hours(hours)}" for day, hours in (content.get(kind) or {}).items())
    found["valid_from"] = content.get("valid_from", "")
    return found


def calendar_content(given: Mapping[str, str]) -> dict[str, Any]:
    """A calendar's content from the form; the engine checks it."""
    found: dict[str, Any] = {"zone": given.get("zone", "").strip(), "name": given.get("name", "").strip()}
    found["week"] = {key: given[f"day-{key}"] for key in _DAYS if given.get(f"day-{key}", "").strip()}
    found["holidays"] = given.get("holidays", "").strip()
    found["closed"] = dict(_lines(given.get("closed", "")))
    for kind in ("opened", "shortened"):
        found[kind] = dict(_lines(given.get(kind, "")))
    if given.get("valid_from", "").strip():
        found["valid_from"] = given["valid_from"].strip()
    return found


def policy_fields(content: Mapping[str, Any]) -> dict[str, str]:
    """Fields of the form from a policy's content."""
    found = {name: str(content.get(name) or "") for name in ("name", "decision", "unit", "calendar")}
    found |= {f"target-{key}": str(value) for key, value in (content.get("targets") or {}).items()}
    found["legal"] = "yes" if content.get("legal") else ""
    found["pause_states"] = ", ".join(content.get("pause_states") or ())
    found["ladder"] = yaml.safe_dump(list(content.get("ladder") or ()), allow_unicode=True, sort_keys=False)
    return found


def policy_content(given: Mapping[str, str]) -> dict[str, Any]:
    """A policy's content from the form. Raises ``Invalid`` CRM-078 if the ladder cannot be read."""
    found: dict[str, Any] = {
        name: given[name].strip() for name in ("name", "decision", "unit", "calendar") if given.get(name, "").strip()
    }
    targets = {name[7:]: value.strip() for name, value in given.items() if name.startswith("target-")}
    found["targets"] = {name: value for name, value in targets.items() if value}
    states = [state.strip() for state in given.get("pause_states", "").split(",") if state.strip()]
    if states:
        found["pause_states"] = states
    if given.get("legal"):
        found["legal"] = True
    try:
        ladder = yaml.safe_load(given.get("ladder", "")) or []
    except (yaml.YAMLError, ValueError) as error:  # a ValueError for a date that is none
        raise Invalid(
            "CRM-078", "The ladder cannot be read.", fix="Write one rung per line, as in the help."
        ) from error
    if not isinstance(ladder, list) or not all(isinstance(rung, dict) for rung in ladder):
        raise Invalid("CRM-078", "The ladder is no list of rungs.", fix="Begin each rung with '- at:'.")
    found["ladder"] = ladder
    return found


def told_day(day: Day) -> dict[str, Any]:
    """A day for the strip: date, hours, kind."""
    hours = ", ".join(f"{clock(a)}–{clock(b if b <= _DAY else b - _DAY)}" for a, b in day.hours)
    return {"date": day.date, "hours": hours, "kind": day.kind, "word": kind_word(day.kind), "name": day.name}


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


def _hours(hours: Any) -> str:
    return ", ".join(f"{a}-{b}" for a, b in hours or ())


def _lines(text: str) -> list[tuple[str, str]]:
    """Lines of a date and what follows it."""
    parts = (line.strip().partition(" ") for line in text.splitlines() if line.strip())
    return [(day, rest.strip()) for day, _, rest in parts]
