"""The door to the engine for one request: who asks, and the two calls ``ask`` and ``do``."""

from __future__ import annotations

from typing import Any, TypeVar, cast

from flask import current_app, request
from flask_login import current_user

from engine.app import Engine
from engine.domain.access import Actor, Right, ensure
from engine.domain.commands import Command
from engine.domain.errors import Forbidden, Unauthenticated
from engine.domain.questions import Question

R = TypeVar("R")


def the_engine() -> Engine:
    """The engine this application was made for."""
    return cast(Engine, current_app.extensions["crmflow"])


def ask(question: Question[R]) -> R:
    """Answer a question, read-only."""
    return the_engine().ask(question)


def do(command: Command[R]) -> R:
    """Run a command in one transaction."""
    return the_engine().do(command)


def me() -> Actor:
    """Who is logged in. Raises ``Unauthenticated`` CRM-300 if nobody is."""
    if not current_user.is_authenticated:
        raise Unauthenticated("CRM-300", "You are not logged in.", fix="Log in and try again.")
    return cast(Actor, current_user.actor)


def need(right: Right) -> Actor:
    """The person asking, who must hold ``right``; raises ``Forbidden`` CRM-310."""
    actor = me()
    try:
        ensure(actor, right)
    except Forbidden as error:
        the_engine().denied(actor, error, str(request.endpoint))
        raise
    return actor


def is_fragment() -> bool:
    """Whether htmx asks for a part of a page."""
    return request.headers.get("HX-Request") == "true" and request.headers.get("HX-History-Restore-Request") != "true"


def cursor_of() -> str | None:
    """The page cursor in the address, if any."""
    return request.args.get("cursor") or None


def json_body() -> dict[str, Any]:
    """The JSON object sent, or an empty one."""
    body = request.get_json(silent=True)
    return body if isinstance(body, dict) else {}
