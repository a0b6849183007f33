"""What a person sets for themselves: the language (kept in the profile), and who they are to crmflow."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from engine.domain.commands import ChangeUser
from engine.domain.errors import Invalid
from engine.i18n import LANGUAGES
from webui.door import do, me
from webui.i18n import COOKIE
from webui.pages.login import is_local

room = Blueprint("profile", __name__)


@room.get("/profile")
def show() -> ResponseReturnValue:
    """Who I am: roles, teams, rights."""
    return render_template("profile.html", actor=me())


@room.post("/language")
def locale() -> ResponseReturnValue:
    """Switch the language at once; a person's choice stays in the profile."""
    wanted = request.form.get("locale", "")
    if wanted not in LANGUAGES:
        raise Invalid("CRM-005", f"crmflow does not speak '{wanted}' yet.", fix="Choose English or 简体中文.")
    if current_user.is_authenticated:
        do(ChangeUser(login=me().id, by=me(), locale=wanted))
    else:
        session["language"] = wanted  # goes into the profile of whoever logs in next
    back = request.form.get("next", "")
    answer = redirect(back if is_local(back) else url_for("login.home"))
    answer.set_cookie(COOKIE, wanted, max_age=365 * 24 * 3600, samesite="Lax", httponly=True)
    return answer
