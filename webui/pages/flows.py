"""Flows: what is deployed, how is it doing, what failed?"""

from __future__ import annotations

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from engine.domain.access import Right
from engine.domain.commands import Publish
from engine.domain.questions import GetDefinition, GetDrawing, GetHeat, GetModel, ListDefinitions
from engine.scenarios import ensure_publishable
from webui.door import ask, cursor_of, do, need, the_engine

room = Blueprint("flows", __name__, url_prefix="/flows")


@room.get("")
def show() -> ResponseReturnValue:
    """The newest version of each definition with its counts."""
    actor = need(Right.MODEL_READ)
    return render_template("flows/list.html", page=ask(ListDefinitions(by=actor, cursor=cursor_of())))


@room.get("/<definition_id>")
def one(definition_id: str) -> ResponseReturnValue:
    """One version: its diagram with counts, owner, goal, findings and the other versions."""
    actor = need(Right.MODEL_READ)
    row = ask(GetDefinition(definition_id, actor))
    versions = ask(ListDefinitions(by=actor, key=row.key))
    marks = ask(GetHeat(row.id, actor))
    return render_template("flows/one.html", flow=row, versions=versions.items, marks=marks)


@room.get("/<definition_id>/model")
def model(definition_id: str) -> ResponseReturnValue:
    """The BPMN XML, byte for byte to download, with a diagram to draw; immutable, so browsers keep it."""
    actor = need(Right.MODEL_READ)
    if "download" in request.args:
        answer = make_response(ask(GetModel(definition_id, actor)))
        answer.headers["Content-Disposition"] = f'attachment; filename="{definition_id}.bpmn"'
    else:
        answer = make_response(ask(GetDrawing(definition_id, actor)))
    answer.headers["Content-Type"] = "application/xml; charset=utf-8"
    answer.headers["Cache-Control"] = "private, max-age=86400, immutable"
    return answer


@room.post("/<definition_id>/publish")
def publish(definition_id: str) -> ResponseReturnValue:
    """Let people start this version."""
    actor = need(Right.MODEL_PUBLISH)
    row = ask(GetDefinition(definition_id, actor))
    ensure_publishable(the_engine(), row.key, row.version, actor)
    done = do(Publish(row.key, actor, version=row.version))
    flash(gettext("“%(flow)s”, version %(version)s, is published.", flow=done.name, version=done.version))
    return redirect(url_for("flows.one", definition_id=done.id))
