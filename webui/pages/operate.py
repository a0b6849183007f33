"""What a manager does to one running case: suspend, send elsewhere, change its data, restart it, skip what failed."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from engine.domain.access import Right
from engine.domain.errors import Invalid
from engine.domain.operating import (
    Chosen,
    EditData,
    ListEdits,
    MoveInstance,
    Operation,
    PreviewOperation,
    RestartInstance,
    ResumeInstance,
    SkipIncident,
    SuspendInstance,
    UndoEdit,
)
from webui.door import ask, do, need

room = Blueprint("operate", __name__, url_prefix="/instances")
EVERYTHING = "*"


@room.post("/<instance_id>/suspend")
def suspend(instance_id: str) -> ResponseReturnValue:
    """Let it stand still."""
    do(SuspendInstance(instance_id, need(Right.INSTANCE_OPERATE), _text("reason")))
    flash(gettext("The case stands still. “Resume” lets it go on."))
    return _back(instance_id)


@room.post("/<instance_id>/resume")
def resume(instance_id: str) -> ResponseReturnValue:
    """Let it go on."""
    do(ResumeInstance(instance_id, need(Right.INSTANCE_OPERATE), _text("reason")))
    flash(gettext("The case goes on."))
    return _back(instance_id)


@room.post("/<instance_id>/move")
def move(instance_id: str) -> ResponseReturnValue:
    """Go to a step, leave one, or both."""
    do(MoveInstance(instance_id, need(Right.INSTANCE_OPERATE), _text("reason"), **_way()))
    flash(gettext("Done. The diagram shows where the case is now."))
    return _back(instance_id)


@room.post("/<instance_id>/move/preview")
def preview(instance_id: str) -> ResponseReturnValue:
    """What that would do, tried out and taken back."""
    operation = Operation("move", Chosen(ids=(instance_id,)), _way())
    shown = do(PreviewOperation(operation, need(Right.INSTANCE_OPERATE)))
    return render_template("operate/effects.html", shown=shown)


@room.post("/<instance_id>/restart")
def restart(instance_id: str) -> ResponseReturnValue:
    """A new instance from a step of this one's history."""
    element, data = _text("element"), _text("data") or "then"
    # The key was drawn with the page: a second click begins no second case.
    key = f"restart:{_text('key')[:40]}:{element}:{data}"[:200] if _text("key") else None
    command = RestartInstance(instance_id, need(Right.INSTANCE_OPERATE), _text("reason"), element, data, key)
    started = do(command)
    flash(gettext("Started anew. This is the new case."))
    return _back(started.instance_id)


@room.post("/<instance_id>/data")
def data(instance_id: str) -> ResponseReturnValue:
    """Change variables: only what differs from what was shown is sent."""
    names = request.form.getlist("name")
    values, was, types = _lines("value"), _lines("was"), request.form.getlist("type")
    changed: dict[str, Any] = {}
    kinds: dict[str, str] = {}
    for name, value, before, kind in zip(names, values, was, types, strict=True):
        if not name.strip() or (value == before and not kind):
            continue
        changed[name.strip()] = _value(value, kind)
        if kind:
            kinds[name.strip()] = kind
    gone = tuple(request.form.getlist("remove"))
    changed = {name: value for name, value in changed.items() if name not in gone}
    kinds = {name: kind for name, kind in kinds.items() if name in changed}
    do(EditData(instance_id, need(Right.INSTANCE_OPERATE), _text("reason"), changed, kinds, gone))
    flash(gettext("The data is changed. History keeps what it was."))
    return _back(instance_id)


@room.post("/<instance_id>/data/<int:edit_id>/undo")
def undo(instance_id: str, edit_id: int) -> ResponseReturnValue:
    """Put back what a change of data has changed."""
    do(UndoEdit(instance_id, need(Right.INSTANCE_OPERATE), edit_id, gettext("Undone")))
    flash(gettext("The data is as it was before."))
    return _back(instance_id)


@room.get("/<instance_id>/edits")
def edits(instance_id: str) -> ResponseReturnValue:
    """How the data came about."""
    actor = need(Right.INSTANCE_READ)
    found = ask(ListEdits(instance_id, actor, limit=50))
    return render_template("operate/edits.html", edits=found, instance_id=instance_id)


@room.post("/<instance_id>/incidents/<incident_id>/skip")
def skip(instance_id: str, incident_id: str) -> ResponseReturnValue:
    """Go on past what failed, with the result given."""
    text = _text("result")
    try:
        result = json.loads(text) if text else {}
    except (ValueError, RecursionError) as error:
        raise Invalid("CRM-009", "The result is not JSON.", fix='Write for example {"approved": true}.') from error
    if not isinstance(result, dict):
        raise Invalid("CRM-009", "The result is no JSON object.", fix='Write for example {"approved": true}.')
    do(SkipIncident(incident_id, need(Right.INSTANCE_OPERATE), _text("reason"), result))
    flash(gettext("The failed step was skipped."))
    return _back(instance_id)


def _way() -> dict[str, Any]:
    """Where to go and what to leave, as the form says."""
    leave = _text("leave")
    found: dict[str, Any] = {"to": _text("to") or None, "data": _text("data") or "now"}
    if leave == EVERYTHING:
        found["everything"] = True
    else:
        found["leave"] = leave or None
    return found


def _value(text: str, kind: str) -> Any:
    """A typed-in value: the engine reads it by its type; an empty one is null unless it is a text."""
    if text == "" and kind != "text":
        return None
    return text


def _lines(name: str) -> list[str]:
    """Texts with line ends as the engine keeps them: browsers send them all as CR LF."""
    return [text.replace("\r\n", "\n").replace("\r", "\n") for text in request.form.getlist(name)]


def _text(name: str) -> str:
    return request.form.get(name, "").strip()


def _back(instance_id: str) -> ResponseReturnValue:
    return redirect(url_for("instances.one", instance_id=instance_id))
