"""Who is logged in: Flask-Login over the engine's actors. A session names a login and the stamp it began with."""

from __future__ import annotations

from flask import Flask, g, redirect, request, url_for
from flask_login import LoginManager, UserMixin, login_user, logout_user
from werkzeug.wrappers import Response

from engine.domain.access import Actor
from engine.domain.errors import Unauthenticated
from engine.domain.questions import ActorNamed
from webui.door import is_fragment, the_engine

OPEN_ENDPOINTS = {"login.show", "login.enter", "static", "profile.locale", "profile.feed", "login.health"}


class Person(UserMixin):  # type: ignore[misc]
    """The actor behind a session."""

    def __init__(self, actor: Actor) -> None:
        self.actor = actor

    def get_id(self) -> str:
        # A raised stamp (new password, deactivation) ends every older session.
        return f"{self.actor.stamp}:{self.actor.id}"


def load(identity: str) -> Person | None:
    """The person of a session cookie; None ends the session."""
    if g.get("bare"):  # the page of a failure asks nobody
        return None
    stamp, _, login = identity.partition(":")
    try:
        actor = the_engine().ask(ActorNamed(login))
    except Unauthenticated:
        return None
    return Person(actor) if str(actor.stamp) == stamp else None


def log_in(actor: Actor) -> None:
    """Begin a session."""
    login_user(Person(actor))


def log_out() -> None:
    """End the session."""
    logout_user()


def to_login() -> Response:
    """Send a stranger to the log-in page and back afterwards."""
    target = url_for("login.show", next=request.full_path if request.method == "GET" else None)
    if is_fragment():
        return Response("", 401, {"HX-Redirect": url_for("login.show")})
    return redirect(target)


def set_up(app: Flask) -> None:
    """Attach the log-in manager."""
    manager = LoginManager()
    manager.session_protection = None  # mobile addresses change; the cookie is signed and HttpOnly
    manager.user_loader(load)
    manager.init_app(app)
