"""Instances: where each one stands, what happened, what it knows, and stopping it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from engine.domain.access import Right
from engine.domain.commands import CancelInstance
from engine.domain.errors import Invalid
from engine.domain.operating import Chosen, CountChosen, ListPlaces, Operation
from engine.domain.questions import GetAudit, GetHistory, GetInstance, ListInstances
from engine.domain.states import InstanceState
from webui.door import ask, cursor_of, do, need
from webui.pages.bulk import FIELDS, day, version_of

room = Blueprint("instances", __name__, url_prefix="/instances")


@room.get("")
def show() -> ResponseReturnValue:
    """Instances, newest first, by state, definition and words."""
    actor = need(Right.INSTANCE_READ)
    state = request.args.get("state", "active")
    wanted = InstanceState(state) if state in set(InstanceState) else None
    key, q = request.args.get("flow") or None, request.args.get("q", "").strip()[:200]
    more = narrowed()
    page = ask(ListInstances(by=actor, state=wanted, definition_key=key, search=q, cursor=cursor_of(), **more))
    total = None
    if Right.INSTANCE_OPERATE in actor.rights and page.items:
        chosen = Chosen(key, state=wanted, search=q, **more)
        total = ask(CountChosen(Operation("resume", chosen) if wanted else Operation("move", chosen), actor))
    return render_template(
        "instance/list.html", page=page, state=state, flow=key, q=q, states=list(InstanceState), total=total,
        fields={name: request.args.get(name, "") for name in FIELDS},
    )  # fmt: skip


def narrowed() -> dict[str, Any]:
    """The filters beside state, flow and words."""
    return {
        "version": version_of(request.args.get("version", "")),
        "element": request.args.get("element") or None,
        "incidents": bool(request.args.get("incidents")),
        "started_before": day(request.args.get("before", ""), "before"),
        "started_after": day(request.args.get("after", ""), "after"),
    }


@room.get("/<instance_id>")
def one(instance_id: str) -> ResponseReturnValue:
    """One instance with its diagram, tokens, variables, timers, incidents."""
    actor = need(Right.INSTANCE_READ)
    view = ask(GetInstance(instance_id, actor))
    places = ask(ListPlaces(instance_id, actor)) if Right.INSTANCE_OPERATE in actor.rights else ()
    return render_template("instance/one.html", view=view, row=view.row, places=places)


@room.get("/<instance_id>/history")
def history(instance_id: str) -> ResponseReturnValue:
    """The append-only history."""
    page = ask(GetHistory(instance_id, need(Right.TASK_WORK), cursor=cursor_of()))
    return render_template("instance/history.html", page=page, instance_id=instance_id)


@room.get("/<instance_id>/audit")
def audit(instance_id: str) -> ResponseReturnValue:
    """Who did what."""
    page = ask(GetAudit(need(Right.AUDIT_READ), instance_id=instance_id, cursor=cursor_of()))
    return render_template("instance/audit.html", page=page, instance_id=instance_id)


@room.post("/<instance_id>/cancel")
def cancel(instance_id: str) -> ResponseReturnValue:
    """Stop an instance for good, with a reason."""
    actor = need(Right.INSTANCE_CANCEL)
    reason = request.form.get("reason", "").strip()
    if not reason:
        raise Invalid("CRM-008", "A reason is needed to cancel.", fix="Say why, so that others understand it later.")
    row = do(CancelInstance(instance_id, actor, reason))
    flash(gettext("“%(flow)s” was cancelled.", flow=row.definition_name))
    return redirect(url_for("instances.one", instance_id=instance_id))
