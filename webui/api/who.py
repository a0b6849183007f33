"""Who is asking: a Bearer token, or the browser's session (then changes need the CSRF header too)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Request
from flask_login import current_user
from flask_wtf.csrf import validate_csrf
from wtforms.validators import ValidationError  # type: ignore[import-untyped]

from engine.domain.access import Actor
from engine.domain.errors import Forbidden, Unauthenticated
from engine.domain.questions import ActorOfToken
from webui.door import me

if TYPE_CHECKING:
    from engine.app import Engine

_SAFE = {"GET", "HEAD", "OPTIONS"}


def actor_of(engine: Engine, request: Request) -> Actor:
    """The person behind a request. Raises ``Unauthenticated`` CRM-303 … CRM-305, ``Forbidden`` CRM-319."""
    header = request.headers.get("Authorization")
    if header is not None:
        scheme, _, token = header.partition(" ")
        token = token.strip()
        if scheme.lower() != "bearer" or not token or not token.isascii() or not token.isprintable():
            raise Unauthenticated(
                "CRM-305", "Authorization holds no Bearer token.", fix="Send: Authorization: Bearer <token>."
            )
        return engine.ask(ActorOfToken(token[:200]))
    if not current_user.is_authenticated:
        raise Unauthenticated(
            "CRM-304", "This address is for people we know.", fix="Send a Bearer token, or log in with the browser."
        )
    if request.method not in _SAFE:
        _check_csrf(request)
    return me()


def _check_csrf(request: Request) -> None:
    try:
        validate_csrf(request.headers.get("X-CSRFToken", ""))
    except ValidationError as error:
        raise Forbidden(
            "CRM-319",
            "A change made with the browser's session needs the CSRF token.",
            fix="Send it in the header X-CSRFToken, or use a Bearer token.",
        ) from error
