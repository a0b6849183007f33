"""Helpers of the templates that ask the engine or flatten its values: kinds of records, marks, findings, the bell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from flask import Flask, g, request
from flask_babel import gettext

from engine.domain.questions import RecordKinds
from engine.domain.values import ElementMark, Finding, RecordRef
from webui.door import ask, me
from webui.look import human, said
from webui.pages.bell import unread


def theme() -> str:
    """dark or light, as last chosen in this browser (theme.js corrects it before the first paint)."""
    return "dark" if request.cookies.get("theme") == "dark" else "light"


def kind_of(key: str) -> Mapping[str, Any] | None:
    """The declared kind of a record, asked once a request."""
    if "kinds" not in g:
        g.kinds = {kind["key"]: kind for kind in ask(RecordKinds(by=me()))}
    found: Mapping[str, Any] | None = g.kinds.get(key)
    return found


def choice_name(choices: Sequence[Mapping[str, Any]], value: Any) -> str:
    """What a choice is called in the reader's language."""
    for choice in choices:
        if choice["value"] == value:
            return said(choice, "name")
    return str(value)


def shown_field(value: Any, field: Mapping[str, Any]) -> str:
    """A field's value as its type asks."""
    if field.get("choices") and value not in (None, ""):
        return choice_name(field["choices"], value)
    if field["type"] == "date" and value:
        return human(date.fromisoformat(value))
    if field["type"] == "number" and isinstance(value, str):
        return human(Decimal(value))
    return human(value)


def marks_of(marks: Iterable[ElementMark], key: str | None = None) -> list[dict[str, Any]]:
    """Marks as the diagram's script reads them."""
    return [
        {"id": m.element_id, "active": m.active, "completed": m.completed, "incidents": m.incidents}
        for m in marks
        if key is None or m.definition_key == key
    ]


def findings_of(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """Findings as the diagram's script reads them, in the reader's language."""
    return [
        {"element": f.element, "file": f.file, "severity": f.severity.value, "code": f.code, "text": said(f, "message")}
        for f in findings
        if f.element
    ]


def plain(value: Any) -> Any:
    """A value as JSON has it; records keep the form {"$record": [kind, id]}."""
    if value is None or isinstance(value, str | bool | int | float):
        return value.value if isinstance(value, Enum) else value
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, RecordRef):
        return {"$record": [value.kind, value.id]}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, Iterable):
        return [plain(item) for item in value]
    return plain(asdict(value)) if is_dataclass(value) and not isinstance(value, type) else str(value)


def worded(key: str) -> str:
    """The key of a stored explanation as a label; unknown ones are spelt out."""
    known = {
        "rule": gettext("Rule"),
        "decision": gettext("Decided by"),
        "reason": gettext("Reason"),
        "inputs": gettext("Given"),
        "source": gettext("Comes from"),
        "method": gettext("Method"),
        "team": gettext("Team"),
        "lane": gettext("Lane"),
        "by": gettext("By"),
        "assignee": gettext("Assigned to"),
        "candidates": gettext("Offered to"),
        "key": gettext("Key"),
        "output": gettext("Result"),
        "trace": gettext("How"),
        "variant": gettext("Variant"),
        "flow": gettext("Way taken"),
        "text": gettext("As drawn"),
    }
    return known.get(key) or key.replace("_", " ").replace("-", " ").capitalize()


def set_up(app: Flask) -> None:
    """Attach filters and globals."""
    app.jinja_env.filters.update(plain=plain, worded=worded, field=shown_field)
    app.jinja_env.globals.update(
        theme=theme, kind_of=kind_of, choice_name=choice_name, marks_of=marks_of, findings_of=findings_of, unread=unread
    )
