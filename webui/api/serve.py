"""Turns a route into a Flask view: who, may they, what came in, run, what goes out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

import structlog
from flask import Response, request
from pydantic import TypeAdapter

from engine.app import Engine
from engine.domain.access import Actor, ensure
from engine.domain.desk import AttachmentRow, CommentRow, FilterRow, SweepRow, TodoRow
from engine.domain.errors import CrmflowError, Forbidden
from engine.domain.values import InstanceView, MessageSent, Page, Started, TaskView
from webui.api import inputs, problem
from webui.api.limits import Limiter, ensure_slow
from webui.api.routing import PREFIX, Call, Raw, Route
from webui.api.who import actor_of

log = structlog.get_logger("crmflow.api")


@dataclass(frozen=True, slots=True)
class Door:
    """What every view needs."""

    engine: Callable[[], Engine]
    limiter: Limiter


def view_of(route: Route, door: Door) -> Callable[..., Response]:
    """The Flask view of a route. No exception leaves it: all become problems."""

    def view(**_: str) -> Response:
        try:
            call = read(route, door)
            return write(route, call, route.run(call))
        except CrmflowError as error:
            if error.status >= 500:
                log.error("api.failed", route=route.name, code=error.code, exc_info=error)
            return problem.answer(error)

    return view


def read(route: Route, door: Door) -> Call:
    """Check a request from the outside in: caller, rate, right, address, headers, body."""
    engine = door.engine()
    actor = actor_of(engine, request)
    ensure_slow(door.limiter, actor.id)
    _ensure(engine, actor, route)
    path = inputs.path_of(request)
    query = inputs.query_of(route, request)
    revision = inputs.revision_of(route, request)
    key = inputs.key_of(route, request)
    body, files = inputs.body_of(route, request)
    return Call(engine, actor, path, query, body, files, revision, key)


def _ensure(engine: Engine, actor: Actor, route: Route) -> None:
    """The right of the route; a refused attempt is kept in the audit."""
    if route.right is None:
        return
    try:
        ensure(actor, route.right)
    except Forbidden as error:
        engine.denied(actor, error, route.name)
        raise


def write(route: Route, call: Call, answer: Any) -> Response:
    """The answer as JSON with its ETag, its Location, the Link to the next page."""
    if isinstance(answer, Raw):
        return _write_raw(answer)
    if answer is None:
        return Response(status=204)
    response = Response(
        adapter(route.answer).dump_json(answer, fallback=str),
        status=200 if getattr(answer, "repeated", False) else route.status,
        content_type="application/json",
    )
    response.headers["Cache-Control"] = "no-store"
    revision = revision_in(answer)
    if revision is not None:
        response.set_etag(str(revision))
    if isinstance(answer, Page) and answer.next:
        query = {**request.args.to_dict(), "cursor": answer.next}
        response.headers["Link"] = f'<{request.path}?{urlencode(query)}>; rel="next"'
    if response.status_code == 201:
        place = location_of(answer)
        if place:
            response.headers["Location"] = f"{PREFIX}{place}"
    return response


def revision_in(answer: Any) -> int | None:
    """The revision that If-Match takes: of the row itself, or of the row a page is about."""
    if isinstance(answer, (TaskView, InstanceView)):
        return answer.row.revision
    found = getattr(answer, "revision", None)
    return found if isinstance(found, int) else None


def location_of(answer: Any) -> str | None:
    """Where what was made can be read."""
    if isinstance(answer, Started):
        return f"/instances/{answer.instance_id}"
    if isinstance(answer, MessageSent):
        return f"/instances/{answer.instance_id}" if answer.instance_id else None
    if isinstance(answer, SweepRow):
        return f"/sweeps/{answer.id}"
    if isinstance(answer, AttachmentRow):
        return f"/tasks/{answer.task_id}/attachments/{answer.id}"
    if isinstance(answer, (CommentRow, TodoRow, FilterRow)):
        return None  # read with their task, or with all filters
    return f"/records/{answer.id}" if hasattr(answer, "id") else None


@lru_cache(maxsize=256)
def adapter(kind: Any) -> TypeAdapter[Any]:
    """pydantic's writer for a type; built once."""
    return TypeAdapter(kind)


def _write_raw(raw: Raw) -> Response:
    response = Response(raw.content, content_type=raw.media_type)
    response.set_etag(raw.tag)
    response.headers["Content-Disposition"] = f'attachment; filename="{_ascii(raw.name)}"'
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.make_conditional(request)
    return response


def _ascii(name: str) -> str:
    return "".join(char if char.isascii() and (char.isalnum() or char in "-_.") else "_" for char in name)
