"""A form for a task that has none, from the names and types of the data the task reads and writes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

_KEY = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*\Z")
_TYPES: dict[str, dict[str, Any]] = {
    "number": {"type": "number"},
    "integer": {"type": "number", "decimalDigits": 0},
    "boolean": {"type": "checkbox"},
    "date": {"type": "datetime", "subtype": "date"},
    "time": {"type": "datetime", "subtype": "time", "timeSerializingFormat": "no_timezone"},
    "date and time": {"type": "datetime", "subtype": "datetime", "timeSerializingFormat": "utc_offset"},
}


def default_form(id: str, title: str, variables: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """A form-js schema with a field per variable ``(name, type)``; types are FEEL's names, others become text.

    Names that cannot be keys of a form (spaces, brackets) are left out. Without variables the form only says what
    to do: the task is completed by its button.
    """
    fields: list[dict[str, Any]] = []
    if title:
        fields.append({"type": "text", "id": f"{id}_title", "text": f"### {_plain(title)}"})
    for number, (name, kind) in enumerate(dict(variables).items(), 1):
        if not _KEY.match(name):
            continue
        field = {"id": f"{id}_{number}", "key": name, "label": label(name)}
        field.update(_TYPES.get(kind, {"type": "textfield"}))
        if field.get("subtype"):
            field["dateLabel" if field["subtype"] != "time" else "timeLabel"] = field["label"]
        fields.append(field)
    return {"type": "default", "id": id, "schemaVersion": 18, "components": fields}


def label(name: str) -> str:
    """``first_contactDate`` → ``First contact date``."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name.rpartition(".")[2]).replace("_", " ").split()
    text = " ".join(word if word.isupper() else word.lower() for word in words)
    return text[:1].upper() + text[1:]


def _plain(text: str) -> str:
    """Text that Markdown and templates leave alone."""
    return re.sub(r"([\\`*_{}\[\]<>#|])", r"\\\1", " ".join(text.split()))
