"""One field's value: does it fit its type, and what is it as the process keeps it?

Numbers come back as int or Decimal, dates and times as the ISO texts the browser sends, the rest as it is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from engine import feel
from engine.domain.files import MOST_BYTES
from engine.forms.schema import Field

TEXT_LIMIT = 100_000
LIST_LIMIT = 1_000
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}\Z", re.A)
_TIME = re.compile(r"(\d{2}):(\d{2})(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})?\Z", re.A)


class Misfit(Exception):
    """A value that does not fit; ``key`` is a text of ``texts``."""

    def __init__(self, key: str, **values: Any) -> None:
        super().__init__(key)
        self.key = key
        self.values = values


def is_empty(value: Any) -> bool:
    """What a browser sends for an untouched field."""
    return value is None or value == "" or value == []


def show(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else text[:59] + "…"


def fit(field: Field, value: Any, choices: Sequence[Any]) -> Any:
    """The cleaned value. Raises Misfit."""
    if field.type in ("textfield", "textarea"):
        return text(value)
    if field.type == "number":
        return number(field, value)
    if field.type == "checkbox":
        if value is not None and not isinstance(value, bool):
            raise Misfit("boolean")
        return value
    if field.type == "datetime":
        return moment(field, value)
    if field.type == "filepicker":
        return files(field, value)
    if field.type in ("checklist", "taglist"):
        return many(value, choices)
    if value in (None, ""):
        return None
    return one(value, choices)


def text(value: Any) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise Misfit("text")
    if len(value) > TEXT_LIMIT:
        raise Misfit("too_long", limit=TEXT_LIMIT)
    if "\0" in value:
        raise Misfit("text")
    return value


def number(field: Field, value: Any) -> Any:
    """int or Decimal; the text itself where the form says ``serializeToString``."""
    if value in (None, ""):
        return None
    as_text = field.raw.get("serializeToString") is True
    exact = decimal(value, as_text)
    digits = field.raw.get("decimalDigits")
    digits = int(digits) if digits not in (None, "") else None
    if digits is not None and exact != round(exact, min(digits, 30)):
        raise Misfit("decimals", limit=digits) if digits else Misfit("integer")
    step = field.raw.get("increment")
    if step not in (None, "", 0):
        pace = decimal(step, True)
        if pace and exact % pace:
            raise Misfit("increment", limit=step)
    if as_text:
        return str(value)
    return int(exact) if exact == exact.to_integral_value() and abs(exact) < 2**53 else exact


def decimal(value: Any, from_text: bool) -> Decimal:
    """The exact number. Raises Misfit for what is none, for NaN and infinities."""
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal, str)):
        raise Misfit("number")
    if isinstance(value, str) and (not from_text or len(value) > 64):
        raise Misfit("number")
    try:
        found = Decimal(repr(value) if isinstance(value, float) else value)
    except (InvalidOperation, ValueError) as error:
        raise Misfit("number") from error
    if not found.is_finite() or (abs(found.adjusted()) > 30 and found):
        raise Misfit("number")
    return found


def moment(field: Field, value: Any) -> str | None:
    """A date, time or date and time, as ISO text with the offset the form asks for."""
    if value in (None, ""):
        return None
    kind = str(field.raw.get("subtype") or "date")
    if not isinstance(value, str) or len(value) > 64:
        raise Misfit(kind if kind in ("date", "time", "datetime") else "date")
    date, _, time = value.partition("T") if kind == "datetime" else (value, "", value)
    if kind != "time" and (not _DATE.match(date) or feel.evaluate("date(v)", {"v": date}) is None):
        raise Misfit(kind)
    if kind != "date":
        zone(field, time, kind)
    return value


def zone(field: Field, time: str, kind: str) -> None:
    found = _TIME.match(time)
    if found is None or int(found[1]) > 23 or int(found[2]) > 59:
        raise Misfit(kind)
    wanted = field.raw.get("timeSerializingFormat", "utc_offset")
    if wanted == "no_timezone" and found[5]:
        raise Misfit("no_zone")
    if wanted != "no_timezone" and not found[5]:
        raise Misfit("zone")


def one(value: Any, choices: Sequence[Any]) -> Any:
    if not any(same(value, choice) for choice in choices):
        raise Misfit("choice", value=show(value))
    return value


def many(value: Any, choices: Sequence[Any]) -> list[Any] | None:
    if value is None:
        return None
    if not isinstance(value, list):
        raise Misfit("list")
    if len(value) > LIST_LIMIT:
        raise Misfit("too_many", limit=LIST_LIMIT)
    return [one(item, choices) for item in value]


def same(left: Any, right: Any) -> bool:
    """Equality as JSON has it: true is not 1."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    return bool(left == right)


def files(field: Field, value: Any) -> Any:
    """Uploaded files: objects with ``id``, ``name``, ``size``, ``type``; the browser's own references name nothing."""
    if value in (None, "", []):
        return value
    given = value if isinstance(value, list) else [value]
    if len(given) > LIST_LIMIT:
        raise Misfit("too_many", limit=LIST_LIMIT)
    if len(given) > 1 and field.raw.get("multiple") in (None, False):
        raise Misfit("one_file")
    for file in given:
        if not isinstance(file, Mapping):
            raise Misfit("file")
        fits_file(field, file)
    return value


def fits_file(field: Field, file: Mapping[str, Any]) -> None:
    """Whether one file is of an accepted type and size. Raises Misfit."""
    name, kind = str(file.get("name") or ""), str(file.get("type") or "")
    if not isinstance(file.get("id"), str):
        raise Misfit("file")
    accept = str(field.raw.get("accept") or "")
    wanted = [part.strip().lower() for part in accept.split(",") if part.strip()]
    if wanted and not any(_accepted(part, name.lower(), kind.lower()) for part in wanted):
        raise Misfit("file_type", value=show(name), accept=accept)
    most = (field.raw.get("properties") or {}).get("maxSize")
    size = file.get("size")
    limit = min(int(most), MOST_BYTES) if most not in (None, "") else MOST_BYTES
    if (size is not None or most not in (None, "")) and (not isinstance(size, int) or size > limit):
        raise Misfit("file_size", value=show(name), limit=limit)


def _accepted(wanted: str, name: str, kind: str) -> bool:
    if wanted.startswith("."):
        return name.endswith(wanted)
    return kind == wanted or (wanted.endswith("/*") and kind.startswith(wanted[:-1]))
