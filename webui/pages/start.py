"""Start a flow: what one may start, its start form, and off it goes."""

from __future__ import annotations

import secrets

from flask import Blueprint, jsonify, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from engine.domain.access import Actor, Right
from engine.domain.commands import StartInstance
from engine.domain.questions import GetDefinition, GetStartForm, ListDefinitions, ListTasks
from engine.domain.states import DefinitionState
from engine.domain.values import Started
from webui.door import ask, cursor_of, do, json_body, need

room = Blueprint("start", __name__, url_prefix="/start")


@room.get("")
def show() -> ResponseReturnValue:
    """Everything this person may start."""
    actor = need(Right.INSTANCE_START)
    return render_template("start/list.html", page=ask(ListDefinitions(by=actor, startable=True, cursor=cursor_of())))


@room.get("/<definition_id>")
def form(definition_id: str) -> ResponseReturnValue:
    """The start form of one version."""
    actor = need(Right.INSTANCE_START)
    definition = ask(GetDefinition(definition_id, actor))
    schema = ask(GetStartForm(definition_id, actor))
    # The key is drawn with the form: sending the form twice starts one instance.
    return render_template("start/form.html", definition=definition, schema=schema, key=secrets.token_urlsafe(12))


@room.post("/<definition_id>")
def begin(definition_id: str) -> ResponseReturnValue:
    """Start an instance with the form's data."""
    actor = need(Right.INSTANCE_START)
    definition = ask(GetDefinition(definition_id, actor))
    trial = definition.state is not DefinitionState.PUBLISHED
    started = do(
        StartInstance(
            definition.key,
            actor,
            variables=json_body(),
            business_key=request.args.get("business_key", "").strip()[:200] or None,
            version=definition.version if trial else None,
            idempotency_key=request.args.get("key") or None,
            validate_form=True,
        )
    )
    note = gettext("“%(flow)s” has started.", flow=definition.name)
    return jsonify(next=where_to(started, actor), note=note)


def where_to(started: Started, actor: Actor) -> str:
    """The person's own first task, else the instance, else the inbox."""
    if started.tasks:
        mine = ask(ListTasks(by=actor, box="mine", instance_id=started.instance_id, limit=1)).items
        if mine:
            return url_for("task.show", task_id=mine[0].id)
    if Right.INSTANCE_READ in actor.rights:
        return url_for("instances.one", instance_id=started.instance_id)
    return url_for("inbox.show", box="teams")
