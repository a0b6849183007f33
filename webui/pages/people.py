"""Users and teams, to read."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from engine.domain.access import Right
from engine.domain.questions import ListPeople
from webui.door import ask, cursor_of, need

room = Blueprint("people", __name__, url_prefix="/people")


@room.get("")
def show() -> ResponseReturnValue:
    """Who works here, in which teams, with which roles."""
    actor = need(Right.PEOPLE_READ)
    kind = "team" if request.args.get("kind") == "team" else "user"
    search = request.args.get("q", "").strip()
    page = ask(ListPeople(by=actor, kind=kind, search=search, cursor=cursor_of()))
    return render_template("people.html", page=page, kind=kind, q=search)
