"""Log in, log out, and the answer to a load balancer."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Blueprint, make_response, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from engine.domain.commands import ChangeUser, LogIn
from engine.domain.errors import TooMany, Unauthenticated
from webui import auth
from webui.door import do, the_engine
from webui.limits import Failures
from webui.said import worded_error

room = Blueprint("login", __name__)
failures = Failures()


@room.get("/")
def home() -> ResponseReturnValue:
    """The first page is the inbox."""
    return redirect(url_for("inbox.show"))


@room.get("/health")
def health() -> ResponseReturnValue:
    """Alive; says nothing else to strangers."""
    return {"status": "ok"}


@room.get("/login")
def show() -> ResponseReturnValue:
    """The log-in page."""
    if current_user.is_authenticated:
        return redirect(url_for("inbox.show"))
    return render_template("login.html", login="", next=request.args.get("next", ""))


@room.post("/login")
def enter() -> ResponseReturnValue:
    """Check login and password; five failures from one address shut the door for a while."""
    login = request.form.get("login", "").strip()
    target = request.form.get("next", "")
    key, now = f"{request.remote_addr}|{login.lower()}", the_engine().clock.now()
    try:
        failures.check(key, now)
        actor = do(LogIn(login=login, password=request.form.get("password", "")))
    except (Unauthenticated, TooMany) as error:
        if isinstance(error, Unauthenticated):
            failures.add(key, now)
        said = worded_error(error.code, error.message, error.fix)
        page = render_template("login.html", login=login, next=target, error=error, said=said)
        return make_response(page, error.status)
    failures.clear(key)
    chosen = session.get("language")
    if chosen and chosen != actor.locale:
        do(ChangeUser(actor.id, actor, locale=chosen))
    session.clear()  # a session begun before log-in is not carried on
    auth.log_in(actor)
    return redirect(target if is_local(target) else url_for("inbox.show"))


@room.post("/logout")
def leave() -> ResponseReturnValue:
    """End the session."""
    auth.log_out()
    session.clear()
    return redirect(url_for("login.show"))


def is_local(target: str) -> bool:
    """Whether an address stays on this site."""
    if not target.startswith("/") or target.startswith("//") or any(c <= " " or c == "\\" for c in target):
        return False  # browsers drop tabs and line ends, and read a backslash as a slash
    try:
        return urlsplit(target).netloc == ""
    except ValueError:
        return False
