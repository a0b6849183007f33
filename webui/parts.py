"""Helpers of the templates that ask the engine or flatten its values: kinds of records, marks, findings, the bell."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from flask import Flask, g, request
from flask_babel import get_locale, gettext

from engine.domain.questions import RecordKinds
from engine.domain.spans import spelled
from engine.domain.values import ElementMark, Finding, RecordLink, RecordRef, TaskRow
from engine.i18n import language
from webui.door import ask, me
from webui.look import human, said
from webui.said import said_error


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
    if field["type"] == "duration" and value:
        return spelled(str(value), language(str(get_locale())))
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


def role_name(role: str) -> str:
    """A role in the reader's language."""
    known = {
        "designer": gettext("designer"),
        "employee": gettext("employee"),
        "manager": gettext("manager"),
        "consultant": gettext("consultant"),
        "administrator": gettext("administrator"),
        "worker": gettext("worker"),
    }
    return str(known.get(role, role))


def delivery_state(state: str) -> str:
    """What became of a mail or webhook, in the reader's language."""
    known = {
        "waiting": gettext("waits"),
        "digest": gettext("waits for the daily mail"),
        "sent": gettext("sent"),
        "failed": gettext("failed"),
        "bounced": gettext("came back"),
    }
    return str(known.get(state, state))


def delivery_error(error: str) -> str:
    """Why something was not delivered: the engine's codes in the reader's language, others' words as they are."""
    return gettext("no mail address") if error == "no mail address" else said_error({"message": error}).what


def link_name(link: RecordLink) -> str:
    """What a linked record is to this one: its kind, and the relation where that says more."""
    kind = kind_of(link.kind)
    name: str = said(kind, "name") if kind else link.kind
    return name if link.relation in (link.kind, "") or link.inbound else f"{name} ({link.relation})"


def nearest(task: TaskRow) -> datetime | None:
    """What comes first: the due time or the next escalation."""
    times = [at for at in (task.due_at, task.next_deadline_at) if at is not None]
    return min(times, default=None)


def reason(value: Any) -> str:
    """A value of a stored explanation; the engine's own short words are translated."""
    known = {
        "element": gettext("the model, at this step"),
        "lane": gettext("the lane it is drawn in"),
        "owner": gettext("the owner of the flow"),
        "strategy": gettext("the assignment rule"),
        "nobody named": gettext("nobody is named; managers see it"),
        "keeps the owner": gettext("stays with whoever owns the record"),
        "waited longest for a turn": gettext("waited longest for a turn"),
        "has the fewest open tasks for their capacity": gettext("has the fewest open tasks for their capacity"),
        "has the skills, and the fewest open tasks for their capacity": gettext(
            "has the skills, and the fewest open tasks for their capacity"
        ),
        "looks after the territory, and has the fewest open tasks for their capacity": gettext(
            "looks after the territory, and has the fewest open tasks for their capacity"
        ),
        "stands in for the owner": gettext("stands in for the owner"),
        "stands in for the absent": gettext("stands in for the absent"),
        "everybody who fits is full; it waits for room": gettext("everybody who fits is full; it waits for room"),
        "nobody fits; it goes to the default person": gettext("nobody fits; it goes to the default person"),
        "the absent have no stand-in; the queue gets it": gettext("the absent have no stand-in; the queue gets it"),
        "absence": gettext("an absence"),
        "left": gettext("somebody who has left"),
        "whoever had it has left; the queue gets it": gettext("whoever had it has left; the queue gets it"),
        "there is nobody of that name; the queue gets it": gettext("there is nobody of that name; the queue gets it"),
        "nobody": gettext("nobody who is there"),
        "nobody it was offered to is there; managers get it": gettext(
            "nobody it was offered to is there; managers get it"
        ),
        "who gets it could not be worked out; managers get it": gettext(
            "who gets it could not be worked out; managers get it"
        ),
        "away": gettext("away"),
        "inactive": gettext("inactive"),
        "excluded": gettext("left out by the rule"),
        "four eyes": gettext("did the step before (four eyes)"),
        "skills": gettext("lacks the skills"),
        "territory": gettext("looks after other territories"),
        "language": gettext("does not speak the language"),
        "full": gettext("full"),
        "least-loaded": gettext("least loaded"),
        "round-robin": gettext("by turns"),
        "nobody is free; the team's queue gets it": gettext("nobody is free; the team’s queue gets it"),
    }
    return known.get(value, human(value)) if isinstance(value, str) else human(value)


def worded(key: str) -> str:
    """The key of a stored explanation as a label; unknown ones are spelt out."""
    known = {
        "rule": gettext("Rule"),
        "decision": gettext("Decision"),
        "strategy": gettext("Way of assigning"),
        "loads": gettext("Open tasks"),
        "turns": gettext("Last turn"),
        "excluded": gettext("Left out"),
        "chosen": gettext("Chosen"),
        "loop": gettext("Round"),
        "item": gettext("Item"),
        "owner": gettext("Owner"),
        "process": gettext("Flow"),
        "base": gettext("Base flow"),
        "queue": gettext("Queue"),
        "reason": gettext("Reason"),
        "inputs": gettext("Given"),
        "source": gettext("Comes from"),
        "method": gettext("Method"),
        "team": gettext("Team"),
        "lane": gettext("Lane"),
        "by": gettext("Decided by"),
        "assignee": gettext("Assigned to"),
        "candidates": gettext("Offered to"),
        "key": gettext("Key"),
        "output": gettext("Result"),
        "trace": gettext("How"),
        "variant": gettext("Variant"),
        "rules": gettext("Rules that are asked"),
        "rules_version": gettext("Version of the rules"),
        "flow": gettext("Way taken"),
        "text": gettext("As drawn"),
    }
    return known.get(key) or key.replace("_", " ").replace("-", " ").capitalize()


def new_key() -> str:
    """An idempotency key drawn with a form: sending the form twice does it once."""
    return secrets.token_urlsafe(12)


def set_up(app: Flask) -> None:
    """Attach filters and globals."""
    app.jinja_env.filters.update(plain=plain, worded=worded, reason=reason, field=shown_field, said_error=said_error)
    app.jinja_env.globals.update(
        theme=theme,
        kind_of=kind_of,
        link_name=link_name,
        delivery_state=delivery_state,
        delivery_error=delivery_error,
        role_name=role_name,
        nearest=nearest,
        choice_name=choice_name,
        marks_of=marks_of,
        findings_of=findings_of,
        new_key=new_key,
    )
