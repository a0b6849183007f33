"""Filters of the inbox: saved, shared with a team, coloured, with live counts; and the columns a person chooses."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from engine.domain.access import Right
from engine.domain.desk import ChooseColumns, DropFilter, SaveFilter
from engine.domain.errors import Invalid
from engine.domain.filters import COLUMNS
from engine.domain.questions import ListRecords
from webui.door import ask, do, need
from webui.pages.inbox import sheet_of
from webui.pages.wanting import address_of, wanted_of

room = Blueprint("filters", __name__, url_prefix="/inbox/filters")


@room.post("")
def save() -> ResponseReturnValue:
    """Save what one sees, or has typed, under a name; what does not fit is said at its field."""
    actor = need(Right.TASK_WORK)
    form = request.form
    name = form.get("name", "").strip()
    try:
        wanted = wanted_of(form, actor)
        if not name:
            said = {"name": gettext("Give the filter a name.")}
            raise Invalid("CRM-081", "The filter has no name.", fix="Give it one.", fields=said)
        saved = do(SaveFilter(actor, name, wanted, form.get("colour", "blue"), form.get("team", "") or None))
    except Invalid as error:
        return sheet_of(actor, error, form)
    flash(gettext("Filter “%(name)s” is saved.", name=saved.name))
    return redirect(address_of(saved.wanted))


@room.post("/<filter_id>/drop")
def drop(filter_id: str) -> ResponseReturnValue:
    do(DropFilter(filter_id, need(Right.TASK_WORK)))
    flash(gettext("The filter is gone."))
    return redirect(url_for("inbox.show"))


@room.get("/customers")
def customers() -> ResponseReturnValue:
    """Records whose name holds what is being typed, for the field's list."""
    actor = need(Right.TASK_WORK)
    typed = request.args.get("customer", "").strip()[:200]
    may = len(typed) > 1 and Right.RECORD_READ in actor.rights
    found = ask(ListRecords(by=actor, search=typed, limit=20)).items if may else ()
    names = [row.name for row in found]
    return render_template("inbox/customers.html", records=found, twice={n for n in names if names.count(n) > 1})


@room.post("/columns")
def columns() -> ResponseReturnValue:
    """What each row of the list tells."""
    chosen = tuple(name for name in COLUMNS if name in request.form.getlist("column"))
    do(ChooseColumns(need(Right.TASK_WORK), chosen))
    return redirect(url_for("inbox.show"))
