"""How values look on a page: due states, people, money, dates; filters and globals of the templates."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from babel.dates import format_skeleton, get_timezone_name
from flask import Flask, request, url_for
from flask_babel import (
    format_currency,
    format_date,
    format_decimal,
    format_timedelta,
    get_locale,
    gettext,
    to_user_timezone,
)
from flask_login import current_user

from engine.domain.access import Right
from webui.door import the_engine
from webui.i18n import is_chinese

#: A deadline is at risk when less than this share of its time is left.
RISK_SHARE = 0.25


def due_state(due: datetime | None, since: datetime, now: datetime | None = None) -> str:
    """on-track, at-risk, overdue or none: the same rule as in static/countdown.js."""
    if due is None:
        return "none"
    now = now or the_engine().clock.now()
    if due <= now:
        return "overdue"
    return "at-risk" if (due - now) <= (due - since) * RISK_SHARE else "on-track"


def when(at: datetime | None) -> str:
    """A moment in the reader's zone and language, to the minute; the year only if it is another one."""
    if at is None:
        return ""
    local = to_user_timezone(at)
    day = "MMMd" if local.year == to_user_timezone(the_engine().clock.now()).year else "yMMMd"
    return " ".join(format_skeleton(s, local, tzinfo=local.tzinfo, locale=get_locale()) for s in (day, "Hm"))


def local_input(at: datetime | None) -> str:
    """A moment in the reader's zone as a browser's date and time field takes it."""
    return "" if at is None else to_user_timezone(at).strftime("%Y-%m-%dT%H:%M")


def ago(at: datetime | None) -> str:
    """How long ago something was, roughly."""
    if at is None:
        return ""
    gap = at - the_engine().clock.now()
    return str(format_timedelta(gap, granularity="second", add_direction=True))


def lasting(start: datetime, end: datetime) -> str:
    """How long something took."""
    gap: timedelta = end - start
    if gap.total_seconds() < 1:
        return str(gettext("at once"))
    return str(format_timedelta(gap, granularity="second"))


def initials(name: str) -> str:
    """One or two letters for a person's badge; the last character of a Chinese name."""
    words = name.split()
    if not words:
        return "?"
    if len(words) == 1:
        return words[0][-1] if words[0][0] > "\u2e80" else words[0][:2].upper()
    return (words[0][0] + words[-1][0]).upper()


def hue(name: str) -> int:
    """A steady colour class (0 to 5) for a name."""
    return sum(name.encode()) % 6


def money(value: Mapping[str, Any]) -> str:
    """{"amount": "12.50", "currency": "EUR"} in the reader's format."""
    try:
        return str(format_currency(Decimal(str(value["amount"])), str(value["currency"])))
    except (InvalidOperation, KeyError):
        return json.dumps(value, ensure_ascii=False)


def human(value: Any) -> str:
    """Any JSON value as a person reads it."""
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return str(gettext("yes") if value else gettext("no"))
    if isinstance(value, int | float | Decimal):
        return str(format_decimal(value))
    if isinstance(value, datetime):
        return when(value)
    if isinstance(value, date):
        return str(format_date(value))
    if isinstance(value, Mapping):
        if {"amount", "currency"} <= set(value):
            return money(value)
        if "$record" in value:
            return str(value.get("name") or value["$record"][1])
        return "; ".join(f"{key}: {human(item)}" for key, item in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(human(item) for item in value) or "–"
    return str(value)


def element_kind(kind: str) -> str:
    """What a step without a name of its own is, in the reader's language."""
    known = {
        "startEvent": gettext("Beginning"),
        "endEvent": gettext("End"),
        "boundaryEvent": gettext("Event"),
        "intermediateCatchEvent": gettext("Event"),
        "intermediateThrowEvent": gettext("Event"),
        "subProcess": gettext("Sub-process"),
        "callActivity": gettext("Sub-process"),
    }
    if kind.endswith("Gateway"):
        return str(gettext("Ways part or meet"))
    return str(known.get(kind) or gettext("Step"))


def zoned(at: datetime | None) -> str:
    """A moment as ``when`` says it, with its zone: for whoever looks twice."""
    if at is None:
        return ""
    return f"{when(at)} {get_timezone_name(to_user_timezone(at), width='short', locale=get_locale())}"


def editable(value: Any) -> str:
    """A variable's value as it is typed in: texts as they are, everything else as JSON."""
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, Mapping) and "$record" in value:
        value = {"$record": value["$record"]}
    return json.dumps(value, ensure_ascii=False, default=str)


def said(thing: Any, field: str) -> str:
    """A text of a finding or a kind in the reader's language: ``field`` or ``field_zh`` where there is one."""
    get = thing.get if isinstance(thing, Mapping) else lambda name, default="": getattr(thing, name, default)
    local = get(f"{field}_zh", "") if is_chinese() else ""
    return str(local or get(field, "") or "")


def here_with(**changes: str | None) -> str:
    """This page's address with some parameters changed (None takes one out)."""
    wanted = {**request.args.to_dict(), **(request.view_args or {}), **changes}
    # What Flask would take for words to itself is no parameter of a page.
    own = {key: value for key, value in wanted.items() if key != "endpoint" and not key.startswith("_")}
    return url_for(str(request.endpoint), **{key: value for key, value in own.items() if value is not None})


def may(right: str) -> bool:
    """Whether whoever is logged in holds a right, by its value (``task.work``)."""
    return current_user.is_authenticated and Right(right) in current_user.actor.rights


def set_up(app: Flask) -> None:
    """Attach filters and globals."""
    app.jinja_env.filters.update(
        editable=editable,
        when=when,
        local_input=local_input,
        ago=ago,
        zoned=zoned,
        initials=initials,
        hue=hue,
        human=human,
        said=said,
        due_state=due_state,
    )
    app.jinja_env.globals.update(
        may=may,
        here_with=here_with,
        lasting=lasting,
        element_kind=element_kind,
        now=lambda: the_engine().clock.now(),
    )
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
