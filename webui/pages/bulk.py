"""One operation on many: choose, try it out, give the reason, watch it go, leave it or stop it."""

from __future__ import annotations

import json
from datetime import datetime
from hashlib import sha256
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from engine.domain.access import Right
from engine.domain.errors import Invalid
from engine.domain.operating import (
    ACTIONS,
    CancelBulk,
    Chosen,
    CountChosen,
    GetBulk,
    ListBulk,
    ListBulkItems,
    Operation,
    Preview,
    PreviewOperation,
    StartBulk,
)
from engine.domain.states import BulkState, InstanceState
from webui.dates import begin_of
from webui.door import ask, cursor_of, do, is_fragment, me, need

room = Blueprint("bulk", __name__, url_prefix="/bulk")
#: Fields of the filter that travel with the address.
FIELDS = ("flow", "version", "state", "q", "element", "incidents", "code", "kind", "before", "after")
_STATES = frozenset({"waiting", "done", "failed", "cancelled"})


@room.get("")
def show() -> ResponseReturnValue:
    """Operations on many, newest first."""
    page = ask(ListBulk(by=need(Right.INCIDENT_RETRY), cursor=cursor_of()))
    return render_template("bulk/list.html", page=page, names=names())


@room.get("/new")
def new() -> ResponseReturnValue:
    """What shall be done, and to whom."""
    actor = need(Right.INCIDENT_RETRY)
    action = request.args.get("action", "suspend" if Right.INSTANCE_OPERATE in actor.rights else "retry")
    return _form(action, _chosen(request.args), None)


@room.post("/preview")
def preview() -> ResponseReturnValue:
    """Tried out on the first of them and taken back."""
    operation = _operation()
    shown = do(PreviewOperation(operation, need(Right.INCIDENT_RETRY)))
    if is_fragment():
        return render_template("operate/effects.html", shown=shown)
    return _form(operation.action, operation.chosen, shown)


@room.post("")
def start() -> ResponseReturnValue:
    """Note it; jobs do it."""
    # The key was drawn with the form: sent twice it begins once. With other words it is another operation.
    said = sorted((name, request.form.getlist(name)) for name in request.form if name not in ("key", "csrf_token"))
    drawn, digest = request.form.get("key", "")[:40], sha256(repr(said).encode()).hexdigest()
    key = f"bulk:{drawn}:{digest}" if drawn else None
    reason = request.form.get("reason", "").strip()
    row = do(StartBulk(_operation(), need(Right.INCIDENT_RETRY), reason, key))
    flash(gettext("It has begun. You can leave this page; it goes on."))
    return redirect(url_for("bulk.one", bulk_id=row.id))


@room.get("/<bulk_id>")
def one(bulk_id: str) -> ResponseReturnValue:
    """How far it is, and what became of each."""
    actor = need(Right.INCIDENT_RETRY)
    row = ask(GetBulk(bulk_id, actor))
    if is_fragment():  # only the numbers; the list below them is left to who reads it
        over = row.state is not BulkState.RUNNING
        # 286: htmx asks no more
        return render_template("bulk/progress.html", row=row, fresh=True), 286 if over else 200
    state = request.args.get("state") if request.args.get("state") in _STATES else None
    page = ask(ListBulkItems(bulk_id, actor, state, cursor=cursor_of()))
    return render_template("bulk/one.html", row=row, page=page, state=state, names=names())


@room.post("/<bulk_id>/cancel")
def cancel(bulk_id: str) -> ResponseReturnValue:
    """Stop it; what was not begun is left alone."""
    do(CancelBulk(bulk_id, need(Right.INCIDENT_RETRY)))
    flash(gettext("Stopped. What was not begun is left alone."))
    return redirect(url_for("bulk.one", bulk_id=bulk_id))


def names() -> dict[str, str]:
    """What each action is called."""
    return {
        "suspend": gettext("Suspend"),
        "resume": gettext("Resume"),
        "cancel": gettext("Cancel"),
        "move": gettext("Go to a step"),
        "data": gettext("Change the data"),
        "restart": gettext("Start anew"),
        "retry": gettext("Try again what failed"),
        "skip": gettext("Skip what failed"),
    }


def _form(action: str, chosen: Chosen, shown: Preview | None) -> ResponseReturnValue:
    actor = need(Right.INCIDENT_RETRY)
    if action not in ACTIONS:
        raise Invalid("CRM-036", f"There is no operation '{action}'.", fix="Choose one of the list.")
    may = [
        one
        for one in ACTIONS
        if Right.INSTANCE_OPERATE in actor.rights or one == "retry" or (one == "cancel" and _may_cancel(actor))
    ]
    trial = Operation(action, chosen, {"element": "-"} if action == "restart" else {})
    total = ask(CountChosen(trial, actor))
    fields = {name: request.values.get(name, "") for name in FIELDS}
    return render_template(
        "bulk/new.html", action=action, actions=may, names=names(), total=total, shown=shown, fields=fields,
        ids=chosen.ids, form=request.form,
    )  # fmt: skip


def _may_cancel(actor: Any) -> bool:
    return Right.INSTANCE_CANCEL in actor.rights


def _chosen(values: Any) -> Chosen:
    """The filter, as the address or the form says it."""
    state = values.get("state", "")
    return Chosen(
        definition_key=values.get("flow") or None,
        version=version_of(values.get("version", "")),
        state=InstanceState(_fitting("state", state, state in set(InstanceState))) if state else None,
        search=values.get("q", "").strip()[:200],
        element=values.get("element") or None,
        incidents=bool(values.get("incidents")),
        code=values.get("code") or None,
        kind=values.get("kind") or None,
        started_before=day(values.get("before", ""), "before"),
        started_after=day(values.get("after", ""), "after"),
        ids=tuple(values.getlist("id")) if values.get("scope") != "all" else (),
    )


def day(text: str, field: str) -> datetime | None:
    """A day as the browser's date field writes it, at its beginning in the reader's zone. Raises CRM-081."""
    try:
        return begin_of(text, me().timezone) if text else None
    except ValueError:
        _fitting(field, text, fits=False)
        raise


def version_of(text: str) -> int | None:
    """The number of a version. Raises CRM-081 for what is none: without it, more would be meant than was asked for."""
    text = text.strip()
    return int(_fitting("version", text, text.isdecimal() and len(text) < 9)) if text else None


def _fitting(field: str, value: str, fits: bool) -> str:
    if not fits:
        raise Invalid("CRM-081", f"'{value[:40]}' does not fit the filter's field '{field}'.", fix="Mend the field.")
    return value


def _operation() -> Operation:
    form = request.form
    action = form.get("action", "")
    params: dict[str, Any] = {}
    if action == "move":
        leave = form.get("leave", "").strip()
        everything = leave in ("", "*")
        params = {"to": form.get("to", "").strip() or None, "data": form.get("data", "now")}
        params |= {"everything": True} if everything else {"leave": leave}
    elif action == "restart":
        params = {"element": form.get("element_at", "").strip(), "data": form.get("data_at", "then")}
    elif action == "data":
        params = {"values": _json(form.get("values", ""))}
    elif action == "skip":
        params = {"result": _json(form.get("result", ""))}
    return Operation(action, _chosen(form), params)


def _json(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text) if text.strip() else {}
    except (ValueError, RecursionError) as error:
        raise Invalid("CRM-009", "This is not JSON.", fix='Write for example {"amount": 3}.') from error
    if not isinstance(found, dict):
        raise Invalid("CRM-009", "This is no JSON object.", fix='Write for example {"amount": 3}.')
    return found
