"""Variables that people type in: each value with the type that was asked for, or that the variable has."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

from engine import feel
from engine.domain.errors import BadForm
from engine.domain.values import RecordRef
from engine.feel import temporal
from engine.services.edges import inward

TYPES = ("text", "number", "boolean", "date", "date-time", "time", "duration", "json", "record")
_FEEL = {
    "date": feel.compile("date(value)"),
    "date-time": feel.compile("date and time(value)"),
    "time": feel.compile("time(value)"),
    "duration": feel.compile("duration(value)"),
}
_KINDS: tuple[tuple[str, tuple[type, ...]], ...] = (
    ("boolean", (bool,)),
    ("number", (int, float, Decimal)),
    ("text", (str,)),
    ("date-time", (datetime, temporal.DateTime)),
    ("date", (date, temporal.FarDate)),
    ("time", (time, temporal.Time)),
    ("duration", (timedelta, temporal.Days, temporal.Months)),
    ("record", (RecordRef,)),
    ("json", (list, dict)),
)


def type_of(value: Any) -> str | None:
    """The type of a variable's value; None for null."""
    return next((kind for kind, classes in _KINDS if isinstance(value, classes)), None)


def typed(values: Mapping[str, Any], types: Mapping[str, str], present: Mapping[str, Any]) -> dict[str, Any]:
    """The values as variables. Raises ``BadForm`` CRM-212 with what is wrong with each."""
    clean: dict[str, Any] = {}
    wrong: dict[str, list[str]] = {}
    for name, value in values.items():
        kind = types.get(name) or type_of(present.get(name)) or type_of(inward(value))
        if not name.isidentifier() or name == "instance":
            wrong[name] = ["cannot be the name of a variable"]
        elif kind is not None and kind not in TYPES:
            wrong[name] = [f"'{kind}' is no type; use one of {', '.join(TYPES)}"]
        elif value is None or kind is None:
            clean[name] = None
        else:
            try:
                clean[name] = _read(kind, value)
            except (ValueError, InvalidOperation, RecursionError, msgspec.DecodeError):
                wrong[name] = [f"{_shown(value)} is not {_ARTICLES[kind]}"]
    if strange := sorted(set(types) - set(values)):
        wrong[strange[0]] = ["has a type and no value"]
    if wrong:
        first = min(wrong)
        raise BadForm("CRM-212", f"'{first}': {wrong[first][0]}.", wrong, fix="Mend the value, or name its type.")
    return clean


_ARTICLES = {
    "text": "a text",
    "number": "a number",
    "boolean": "true or false",
    "date": "a date such as 2026-03-02",
    "date-time": "a date and time such as 2026-03-02T09:00:00Z",
    "time": "a time such as 09:00:00",
    "duration": "a duration such as P3D or PT4H",
    "json": "a list or a context in JSON",
    "record": 'a record such as {"$record": ["lead", "ID"]}',
}


def _read(kind: str, value: Any) -> Any:
    if kind == "text":
        if isinstance(value, str):
            return value
    elif kind == "number":
        if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
            return value
        if isinstance(value, str) and (number := Decimal(value.strip())).is_finite():
            return int(number) if number == number.to_integral_value() and abs(number) < 2**53 else number
    elif kind == "boolean":
        if isinstance(value, bool):
            return value
        if value in ("true", "false"):
            return value == "true"
    elif kind in _FEEL:
        if isinstance(value, str) and (found := _FEEL[kind].evaluate({"value": value.strip()})) is not None:
            return found
    else:
        found = inward(msgspec.json.decode(value) if isinstance(value, str) else value)
        if isinstance(found, RecordRef if kind == "record" else (list, dict)):
            return found
    raise ValueError(kind)


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return f"'{text[:40]}'"
