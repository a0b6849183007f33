"""What a person wants to see of the inbox, as they typed it: read, checked field by field, written back."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from math import isfinite
from typing import Any

from flask import url_for
from flask_babel import gettext
from werkzeug.datastructures import MultiDict

from engine.domain.access import Actor, Right
from engine.domain.errors import CrmflowError, Invalid
from engine.domain.filters import DUES, SORTS, Wanted
from engine.domain.questions import GetRecord, ListRecords
from engine.domain.values import RecordRow
from webui.door import ask

FIELDS = ("search", "flow", "stage", "segment", "customer", "assignee", "priority", "amount_from", "amount_to", "due")
_ID = re.compile(r"[0-9a-hjkmnp-tv-z]{16}")
_LONGEST = 200


def wanted_of(given: MultiDict[str, str], actor: Actor) -> Wanted:
    """The conditions in an address or a form; what a person may not see falls back to their own.

    Raises ``Invalid`` CRM-081 for what is no condition: ``context["fields"]`` says which field, in the reader's words.
    Nothing is dropped silently: that would show more than was asked for.
    """
    values = typed_of(given)
    wrong = complaints(values)
    if "customer" in values and "customer" not in wrong:
        found = customer_of(values["customer"], actor)
        if isinstance(found, RecordRow):
            values["customer"] = found.id
        elif found:
            wrong["customer"] = found
    if wrong:
        name = min(wrong)
        raise Invalid("CRM-081", f"'{name}' does not fit the filter.", fix="Mend the field.", fields=wrong)
    values["search"] = values.pop("q", "")
    wanted = Wanted.of({**values, "box": values.get("box") or "mine", "sort": values.get("sort") or "due"})
    return replace(wanted, box="mine") if wanted.box == "all" and Right.TASK_MANAGE not in actor.rights else wanted


def typed_of(given: Mapping[str, str]) -> dict[str, str]:
    """What was typed, without what was left empty; words are called ``q``."""
    values = {name: given[name].strip() for name in (*FIELDS, "q", "box", "sort") if given.get(name, "").strip()}
    words = values.pop("search", "")
    return {**values, "q": values.get("q") or words} if words else values


def complaints(values: Mapping[str, str]) -> dict[str, str]:
    """What is wrong, by field."""
    found: dict[str, str] = {}
    for name, value in values.items():
        if len(value) > _LONGEST:
            found[name] = gettext("At most %(number)d characters.", number=_LONGEST)
    for name in ("priority", "amount_from", "amount_to"):
        if name in values and _number(values[name]) is None:
            found[name] = gettext("Write a number.")
    if "priority" in values and "priority" not in found and not values["priority"].isdecimal():
        found["priority"] = gettext("Write a whole number from 0 to 100.")
    if "priority" in values and "priority" not in found and int(values["priority"]) > 100:
        found["priority"] = gettext("Write a whole number from 0 to 100.")
    low, high = (_number(values.get(name, "")) for name in ("amount_from", "amount_to"))
    if low is not None and high is not None and low > high:
        found["amount_to"] = gettext("This is less than where the value begins.")
    for name, legal in (("due", DUES), ("sort", SORTS)):
        if name in values and values[name] not in legal:
            found[name] = gettext("Choose one of the list.")
    return found


def customer_of(typed: str, actor: Actor) -> RecordRow | str | None:
    """The record meant by its id or name; why none is meant, in the reader's words; None to take it as it is."""
    if _ID.fullmatch(typed) or Right.RECORD_READ not in actor.rights:
        return None
    near = ask(ListRecords(by=actor, search=typed, limit=20)).items
    same = [row for row in near if row.name.casefold() == typed.casefold()] or list(near)
    if len(same) == 1:
        return same[0]
    if not same:
        return str(gettext("There is no customer of this name."))
    return str(gettext("Several are called like that; choose one of the list."))


def name_of(record_id: str, actor: Actor) -> str:
    """A record's name to show for its id; the id itself where it cannot be read."""
    if not _ID.fullmatch(record_id) or Right.RECORD_READ not in actor.rights:
        return record_id
    try:
        return ask(GetRecord(record_id, actor)).name
    except CrmflowError:
        return record_id


def plain(wanted: Wanted) -> dict[str, Any]:
    """The parameters of the inbox's address."""
    values = wanted.plain()
    values["q"] = values.pop("search", None)
    if wanted.sort == "due":
        values.pop("sort", None)
    return {name: value for name, value in values.items() if value is not None}


def address_of(wanted: Wanted) -> str:
    """The inbox with these conditions."""
    return url_for("inbox.show", **plain(wanted))


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if isfinite(number) and abs(number) <= 1e15 else None
