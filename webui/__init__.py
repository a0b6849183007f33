"""The web entrance: pages for people and the REST API, over one ``engine.app.Engine``. Nothing here knows a flow."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from flask import Flask

from engine.app import Engine
from webui import api, auth, errors, i18n, look, names, pages, parts, security


class Site(Flask):
    """Libraries may be kept for a day; our own scripts and styles are asked for anew, so that they fit the pages."""

    def get_send_file_max_age(self, filename: str | None) -> int | None:
        """Seconds a browser may keep a static file without asking."""
        return 24 * 3600 if filename and filename.startswith("vendor/") else None


def create_app(engine: Engine, config: Mapping[str, Any] | None = None) -> Flask:
    """A Flask application over an open engine; ``config`` overrides Flask settings (tests)."""
    app = Site(__name__)
    settings = engine.settings
    app.config.update(
        SECRET_KEY=secret_of(engine),
        SESSION_COOKIE_NAME="crmflow",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.secure_cookies or settings.base_url.startswith("https:"),
        PERMANENT_SESSION_LIFETIME=12 * 3600,
        MAX_CONTENT_LENGTH=64 * 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=2 * 1024 * 1024,
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=False,  # behind a proxy the Referer's host may differ; the token itself is checked
    )
    app.config.update(config or {})
    app.extensions["crmflow"] = engine
    i18n.set_up(app)
    auth.set_up(app)
    security.set_up(app)
    look.set_up(app)
    parts.set_up(app)
    names.set_up(app)
    errors.set_up(app)
    pages.set_up(app)
    api.register(app)
    return app


def secret_of(engine: Engine) -> str:
    """The configured key, or a random one: then sessions end with the process, which is safe and said at start."""
    configured = engine.settings.secret_key
    return configured.get_secret_value() if configured else secrets.token_hex(32)
