"""What was typed into a record's form, as the data of its kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from werkzeug.datastructures import MultiDict


def typed_data(fields: Sequence[Mapping[str, Any]], form: MultiDict[str, str]) -> dict[str, Any]:
    """Field key → value as typed; an empty text removes a field. Computed fields are never sent."""
    data: dict[str, Any] = {}
    for field in fields:
        key, kind = field["key"], field["type"]
        if field.get("computed"):
            continue
        if kind == "lines":
            data[key] = typed_lines(field, form)
        else:
            data[key] = typed_value(kind, key, form)
    return data


def typed_value(kind: str, name: str, form: MultiDict[str, str]) -> Any:
    """One input's value."""
    text = form.get(name, "").strip()
    if kind == "boolean":
        return text == "true"
    if kind == "money" and text:
        return {"amount": text, "currency": form.get(f"{name}:currency", "").strip().upper()}
    return text


def typed_lines(field: Mapping[str, Any], form: MultiDict[str, str]) -> list[dict[str, Any]]:
    """The rows of a table of lines; rows left empty are dropped."""
    parts = [part for part in field["fields"] if not part.get("computed")]
    rows = []
    for number in range(min(form.get(f"{field['key']}:rows", 0, type=int), 500)):
        row = {part["key"]: typed_value(part["type"], f"{field['key']}:{number}:{part['key']}", form) for part in parts}
        row = {key: value for key, value in row.items() if value != "" and value is not False}
        if row:
            rows.append(row)
    return rows
