"""Records: the customers, leads, quotes … that the packs declare, with the flows that work on them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from engine.domain.access import Actor, Right
from engine.domain.commands import SaveRecord
from engine.domain.errors import BadForm, NotFound
from engine.domain.questions import GetRecord, ListRecords, RecordKinds
from webui import timeline
from webui.choosing import choices, whom_of
from webui.door import ask, cursor_of, do, need
from webui.typed import typed_data

room = Blueprint("records", __name__, url_prefix="/records")
Kind = Mapping[str, Any]


@room.get("")
def home() -> ResponseReturnValue:
    """The first kind there is."""
    kinds = ask(RecordKinds(by=need(Right.RECORD_READ)))
    if not kinds:
        return render_template("records/none.html")
    return redirect(url_for("records.show", kind=kinds[0]["key"]))


@room.get("/<kind>")
def show(kind: str) -> ResponseReturnValue:
    """Records of a kind, by state, owner and words."""
    actor = need(Right.RECORD_READ)
    kinds, this = kinds_and(kind, actor)
    q, state = request.args.get("q", "").strip()[:200], request.args.get("state") or None
    owner = actor.id if request.args.get("owner") == "me" else None
    page = ask(ListRecords(by=actor, kind=kind, search=q, state=state, owner=owner, cursor=cursor_of()))
    return render_template("records/list.html", page=page, kinds=kinds, kind=this, q=q, state=state, owner=owner)


@room.get("/<kind>/new")
def fresh(kind: str) -> ResponseReturnValue:
    """An empty form for a new record."""
    _, this = kinds_and(kind, need(Right.RECORD_WRITE))
    return render_template("records/edit.html", kind=this, record=None, data={}, wrong={})


@room.get("/<kind>/<record_id>")
def one(kind: str, record_id: str) -> ResponseReturnValue:
    """One record: fields, links, flows, one timeline."""
    actor = need(Right.RECORD_READ)
    _, this = kinds_and(kind, actor)
    record = ask(GetRecord(record_id, actor))
    flows, events = timeline.of_record(record, actor, ask)
    return render_template("records/one.html", kind=this, record=record, flows=flows, events=events)


@room.get("/<kind>/<record_id>/edit")
def edit(kind: str, record_id: str) -> ResponseReturnValue:
    """The form of a record."""
    actor = need(Right.RECORD_WRITE)
    _, this = kinds_and(kind, actor)
    record = ask(GetRecord(record_id, actor))
    choice = choices("user")
    return render_template("records/edit.html", kind=this, record=record, data=record.data, wrong={}, choice=choice)


@room.post("/<kind>")
@room.post("/<kind>/<record_id>")
def save(kind: str, record_id: str | None = None) -> ResponseReturnValue:
    """Create or change a record; what was typed stays if it does not fit."""
    actor = need(Right.RECORD_WRITE)
    _, this = kinds_and(kind, actor)
    data = typed_data(this["fields"], request.form)
    revision = request.form.get("revision", type=int)
    owner = whom_of(request.form.get("owner", ""), "user") or None
    try:
        saved = do(SaveRecord(kind, actor, data, id=record_id, revision=revision, owner=owner, state=_said("state")))
    except BadForm as error:
        record = ask(GetRecord(record_id, actor)) if record_id else None
        about = {"kind": this, "record": record, "choice": choices("user"), "error": error}
        page = render_template("records/edit.html", data=data, wrong=error.fields, **about)
        return make_response(page, error.status)
    flash(gettext("“%(name)s” is saved.", name=saved.name))
    return redirect(url_for("records.one", kind=kind, record_id=saved.id))


def _said(name: str) -> str | None:
    return request.form.get(name, "").strip() or None


def kinds_and(key: str, actor: Actor) -> tuple[tuple[Kind, ...], Kind]:
    """All kinds and the one named; raises ``NotFound`` CRM-414."""
    kinds = ask(RecordKinds(by=actor))
    for kind in kinds:
        if kind["key"] == key:
            return kinds, kind
    raise NotFound("CRM-414", f"There is no kind of record '{key}'.", fix="Choose one from the list of records.")
