"""The REST API under ``/api/v1``: one table of routes makes the Flask rules, the rights and the OpenAPI document."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from flask import Blueprint, Flask, Response, request
from werkzeug.exceptions import HTTPException

from engine.domain.errors import CrmflowError, NotFound
from webui.api import problem
from webui.api.docs import page, schema
from webui.api.limits import Bucket, Limiter
from webui.api.routes import ROUTES
from webui.api.routing import PREFIX
from webui.api.serve import Door, log, view_of

if TYPE_CHECKING:
    from engine.app import Engine


def register(app: Flask, engine: Callable[[], Engine] | None = None, limiter: Limiter | None = None) -> Blueprint:
    """Add the API to an application.

    ``engine`` gives the engine (default: ``app.extensions["crmflow"]``). The views check CSRF by themselves where the
    browser's session is used, so the blueprint is taken out of Flask-WTF's check.
    """

    def default() -> Engine:
        found: Engine = app.extensions["crmflow"]
        return found

    get = engine or default
    door = Door(get, limiter or app.config.get("API_LIMITER") or Bucket(get().clock))
    blueprint = Blueprint(
        "api",
        __name__,
        url_prefix=PREFIX,
        template_folder="templates",
        static_folder="static",
        static_url_path="/static",
    )
    for route in ROUTES:
        blueprint.add_url_rule(route.rule, endpoint=route.name, view_func=view_of(route, door), methods=[route.method])
    blueprint.add_url_rule("/openapi.json", view_func=schema)
    blueprint.add_url_rule("/docs", view_func=page)
    blueprint.register_error_handler(Exception, on_unexpected)
    app.before_request(refuse_unrouted)
    app.register_blueprint(blueprint)
    csrf = app.extensions.get("csrf")
    if csrf is not None:
        csrf.exempt(blueprint)
    return blueprint


def refuse_unrouted() -> Response | None:
    """No such address or method below the prefix: a problem, not the page that people would see."""
    error = request.routing_exception
    if error is None or not request.path.startswith(f"{PREFIX}/"):
        return None
    methods = getattr(error, "valid_methods", None)
    if methods:
        wrong = problem.WrongMethod(
            "CRM-441", f"'{request.path}' does not take {request.method}.", fix=f"Use {', '.join(sorted(methods))}."
        )
        return problem.answer(wrong, {"Allow": ", ".join(sorted(methods))})
    if error.code == 404:
        return problem.answer(NotFound("CRM-440", f"There is nothing at '{request.path}'.", fix=f"See {PREFIX}/docs."))
    return None


def on_unexpected(error: Exception) -> Response:
    """The last net: whatever nobody foresaw is logged with its cause and told as CRM-690."""
    if isinstance(error, CrmflowError):
        return problem.answer(error)
    if isinstance(error, HTTPException) and (error.code or 500) < 500:
        refused = problem.BadRequest("CRM-040", "The request could not be read.", fix="See the API's documentation.")
        return problem.answer(refused)
    log.error("api.unexpected", path=request.path, exc_info=error)
    return problem.answer(
        problem.Unexpected("CRM-690", "crmflow failed; the cause is in its log.", fix="Tell an administrator when.")
    )
