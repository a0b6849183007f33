"""Users and teams, and who belongs to which."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from engine.domain.access import Right
from engine.domain.commands import ChangeMembers
from engine.domain.questions import ListPeople
from webui.door import ask, cursor_of, do, need

room = Blueprint("people", __name__, url_prefix="/people")


@room.get("")
def show() -> ResponseReturnValue:
    """Who works here, in which teams, with which roles."""
    actor = need(Right.PEOPLE_READ)
    kind = "team" if request.args.get("kind") == "team" else "user"
    search = request.args.get("q", "").strip()
    page = ask(ListPeople(by=actor, kind=kind, search=search, cursor=cursor_of()))
    manages = kind == "team" and Right.PEOPLE_MANAGE in actor.rights
    users = ask(ListPeople(by=actor, kind="user", limit=200)).items if manages else ()
    return render_template("people.html", page=page, kind=kind, q=search, users=users)


@room.post("/<key>/members")
def members(key: str) -> ResponseReturnValue:
    """Let somebody belong to a team, or no longer."""
    actor = need(Right.PEOPLE_MANAGE)
    add = tuple(who for who in request.form.getlist("add") if who)
    row = do(ChangeMembers(key, actor, add=add, remove=tuple(request.form.getlist("remove"))))
    flash(gettext("The team “%(team)s” has %(n)s members now.", team=row.name, n=len(row.members)))
    return redirect(url_for("people.show", kind="team"))
