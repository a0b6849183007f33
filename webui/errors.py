"""One handler for everything that goes wrong on a page: the error's branch gives the status, its code is shown."""

from __future__ import annotations

import structlog
from flask import Flask, g, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from engine.domain.errors import BadForm, CrmflowError, Forbidden, Unauthenticated
from webui.auth import to_login
from webui.door import is_fragment
from webui.said import worded_error

log = structlog.get_logger(part="web")

#: What to say at the top of the page, by status.
TITLES = {
    400: _l("That was not understood"),
    401: _l("Please log in"),
    403: _l("This is not open to you"),
    404: _l("There is nothing here"),
    405: _l("That was not understood"),
    409: _l("Somebody was quicker"),
    412: _l("It changed meanwhile"),
    413: _l("That is too large"),
    422: _l("Some of it does not fit yet"),
    429: _l("A little slower, please"),
    503: _l("Not available right now"),
}
#: The codes of plain web errors, which have no error of the engine behind them.
PLAIN = {400: "CRM-001", 404: "CRM-400", 405: "CRM-002", 413: "CRM-003", 415: "CRM-004", 500: "CRM-690"}


def wants_json() -> bool:
    """Scripts of our pages ask for JSON."""
    best = request.accept_mimetypes.best_match(["text/html", "application/json"])
    return best == "application/json" and "text/html" not in request.headers.get("Accept", "")


def show(
    status: int, code: str, message: str, fix: str, fields: dict[str, list[str]] | None = None
) -> ResponseReturnValue:
    """Draw an error for whoever asked: a script, htmx or a person."""
    if status >= 500:
        g.bare = True  # whatever failed may fail again: this page asks the engine nothing, not even who is there
    title = str(TITLES.get(status, _l("Something went wrong")))
    message, fix, original = worded_error(code, message, fix)
    if wants_json():
        body = {"code": code, "title": title, "message": message, "fix": fix}
        return jsonify(body | ({"fields": fields} if fields else {})), status
    parts = {"status": status, "code": code, "title": title, "message": message, "fix": fix, "original": original}
    if is_fragment():
        return render_template("error/part.html", **parts), status
    return render_template("error/bare.html" if status >= 500 else "error/page.html", **parts), status


def on_crmflow(error: CrmflowError) -> ResponseReturnValue:
    """Any error of the engine."""
    if isinstance(error, Unauthenticated) and not current_user.is_authenticated and not wants_json():
        return to_login()
    if error.status >= 500:
        g.bare = True
        log.error("request.failed", code=error.code, path=request.path, exc_info=error)
    fields = {name: list(says) for name, says in error.fields.items()} if isinstance(error, BadForm) else None
    return show(error.status, error.code, error.message, error.fix, fields)


def on_http(error: HTTPException) -> ResponseReturnValue:
    """Errors of the web itself: unknown address, too large …"""
    status = error.code or 500
    if status < 400 or (status >= 500 and error.response is not None):
        return error
    message, fix = {
        404: (f"No page lives at {request.path}.", "Check the address, or go to your inbox."),
        413: ("The files together are larger than 64 MB.", "Send fewer or smaller files."),
        500: ("crmflow failed; the cause is in its log.", "Try again; if it stays, tell an administrator when."),
    }.get(status, (error.description or error.name, "Go back and try again."))
    return show(status, PLAIN.get(status, "CRM-001"), message, fix)


def on_forgery(_: CSRFError) -> ResponseReturnValue:
    """A form without the session's token."""
    return on_crmflow(
        Forbidden(
            "CRM-315",
            "This form was not sent from a page of this session.",
            fix="Go back, reload the page and send it again.",
        )
    )


def set_up(app: Flask) -> None:
    """Attach the handlers."""
    app.register_error_handler(CrmflowError, on_crmflow)
    app.register_error_handler(CSRFError, on_forgery)
    app.register_error_handler(HTTPException, on_http)
