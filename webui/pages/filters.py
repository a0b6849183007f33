"""Filters of the inbox: saved, shared with a team, coloured, with live counts; and the columns a person chooses."""

from __future__ import annotations

from dataclasses import replace

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from werkzeug.datastructures import MultiDict

from engine.domain.access import Actor, Right
from engine.domain.desk import ChooseColumns, DropFilter, SaveFilter
from engine.domain.filters import COLUMNS, Wanted
from webui.door import do, need

room = Blueprint("filters", __name__, url_prefix="/inbox/filters")
_FIELDS = ("search", "flow", "stage", "segment", "customer", "assignee", "priority", "amount_from", "amount_to", "due")


@room.post("")
def save() -> ResponseReturnValue:
    """Save what one sees now under a name."""
    actor = need(Right.TASK_WORK)
    form = request.form
    team = form.get("team", "") or None
    saved = do(SaveFilter(actor, form.get("name", ""), wanted_of(form, actor), form.get("colour", "blue"), team))
    flash(gettext("Filter “%(name)s” is saved.", name=saved.name))
    return redirect(address_of(saved.wanted))


@room.post("/<filter_id>/drop")
def drop(filter_id: str) -> ResponseReturnValue:
    do(DropFilter(filter_id, need(Right.TASK_WORK)))
    flash(gettext("The filter is gone."))
    return redirect(url_for("inbox.show"))


@room.post("/columns")
def columns() -> ResponseReturnValue:
    """What each row of the list tells."""
    chosen = tuple(name for name in COLUMNS if name in request.form.getlist("column"))
    do(ChooseColumns(need(Right.TASK_WORK), chosen))
    return redirect(url_for("inbox.show"))


def wanted_of(given: MultiDict[str, str], actor: Actor) -> Wanted:
    """The conditions in an address or a form; what a person may not see falls back to their own."""
    values = {name: given[name].strip() for name in _FIELDS if given.get(name, "").strip()}
    if given.get("q", "").strip():
        values["search"] = given["q"].strip()[:200]
    wanted = Wanted.of({**values, "box": given.get("box") or "mine", "sort": given.get("sort") or "due"})
    return replace(wanted, box="mine") if wanted.box == "all" and Right.TASK_MANAGE not in actor.rights else wanted


def address_of(wanted: Wanted) -> str:
    """The inbox with these conditions."""
    values = wanted.plain()
    values["q"] = values.pop("search", None)
    if wanted.sort == "due":
        values.pop("sort", None)
    return url_for("inbox.show", **values)
