"""Reads a request strictly: what is not declared is refused, as is text or a number that the engine cannot keep."""

from __future__ import annotations

import re
from math import isfinite
from typing import Any

import pydantic_core
from flask import Request
from pydantic import BaseModel, ValidationError
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from engine.domain.errors import Stale
from engine.domain.values import FileIn
from webui.api.problem import BadRequest, NeedsMatch, TooLarge, WrongMedia
from webui.api.routing import Route

JSON_LIMIT = 1 << 20  # bytes of an ordinary request
UPLOAD_LIMIT = 64 << 20  # bytes of a deployment or a lint request, all files together
DEPTH = 64  # of nested JSON
INTEGER = 1 << 63  # larger whole numbers are sent as text
_BAD = re.compile("[\x00\ud800-\udfff]")
_REVISION = re.compile(r'(?:W/)?"?(\d{1,9})"?')
_KEY = re.compile(r"[\x21-\x7e]{1,200}")


def path_of(request: Request) -> dict[str, str]:
    """The parameters of the path; their text is checked, what they name is looked up later."""
    values = dict(request.view_args or {})
    for name, value in values.items():
        check_text(value, name)
    return values


def query_of(route: Route, request: Request) -> Any:
    """The query string as the route's model; unknown and repeated parameters are refused (CRM-042)."""
    given: dict[str, str] = {}
    for name, values in request.args.lists():
        check_text(name, "query")
        check_text(values[0], name)
        if len(values) > 1:
            raise BadRequest("CRM-042", f"The parameter '{name}' was given {len(values)} times.", fix="Give it once.")
        given[name] = values[0]
    if route.query is None:
        if given:
            known = f"'{min(given)}' is not a parameter of this address."
            raise BadRequest("CRM-042", known, fix="Leave it out.", fields={min(given): ("unknown parameter",)})
        return None
    try:
        return route.query.model_validate(given)
    except ValidationError as error:
        raise BadRequest(
            "CRM-042",
            "A parameter of the address is wrong.",
            fix="Mend what 'fields' names.",
            fields=complaints(error),
        ) from error


def body_of(route: Route, request: Request) -> tuple[Any, tuple[FileIn, ...]]:
    """The body as the route's model, or the files of an upload. Raises CRM-040 … CRM-046."""
    if route.body is None:
        return None, ()
    request.max_content_length = UPLOAD_LIMIT if route.upload else JSON_LIMIT
    try:
        if route.upload and request.mimetype == "multipart/form-data":
            return _upload(route.body, request)
        raw = request.get_data(cache=False)
    except RequestEntityTooLarge as error:
        limit = request.max_content_length >> 20
        raise TooLarge(
            "CRM-046", f"The request is larger than {limit} MB.", fix="Send less, or in several requests."
        ) from error
    except HTTPException as error:
        raise BadRequest("CRM-040", "The body could not be read.", fix="Send it again, whole.") from error
    if request.mimetype != "application/json" and (raw or request.mimetype):
        wanted = "application/json" + (" or multipart/form-data" if route.upload else "")
        raise WrongMedia(
            "CRM-045",
            f"'{request.mimetype}' is not taken here.",
            fix=f"Send {wanted} and say so in Content-Type.",
        )
    return parse(route.body, raw or b"{}"), ()


def parse(model: type[BaseModel], raw: bytes) -> Any:
    """JSON text to a model: strict types, no unknown fields, no NaN, bounded depth and numbers."""
    try:
        check_value(pydantic_core.from_json(raw, allow_inf_nan=False), "", DEPTH)
    except ValueError as error:
        said = str(error).split("\n", 1)[0]
        raise BadRequest(
            "CRM-040", f"The body is not JSON: {said}.", fix="Send a JSON object in UTF-8 (RFC 8259)."
        ) from error
    try:
        return model.model_validate_json(raw, strict=True)
    except ValidationError as error:
        raise BadRequest(
            "CRM-041", "The body does not fit.", fix="Mend what 'fields' names.", fields=complaints(error)
        ) from error


def check_value(value: Any, at: str, depth: int) -> None:
    """Refuse what the databases or the engine cannot keep, by its place in the body (CRM-043, CRM-044)."""
    if isinstance(value, str):
        check_text(value, at or "body")
    elif isinstance(value, (list, dict)):
        if depth == 0:
            raise BadRequest("CRM-044", f"The body is nested deeper than {DEPTH} levels.", fix="Send it flatter.")
        if isinstance(value, list):
            for index, item in enumerate(value):
                check_value(item, f"{at}[{index}]", depth - 1)
        else:
            for key, item in value.items():
                check_text(key, at or "body")
                check_value(item, f"{at}.{key}" if at else key, depth - 1)
    elif isinstance(value, float) and not isfinite(value):
        raise BadRequest(
            "CRM-044",
            f"The number at '{at}' is too large.",
            fix="Send it as text.",
            fields={at: ("too large a number",)},
        )
    elif isinstance(value, int) and not -INTEGER <= value < INTEGER:
        raise BadRequest(
            "CRM-044", f"The whole number at '{at}' has more than 64 bits.", fix="Send it as text.",
            fields={at: ("too large a number",)},
        )  # fmt: skip


def check_text(text: str, at: str) -> None:
    """Raise CRM-043 for NUL characters and lone surrogates: no database keeps them."""
    if _BAD.search(text):
        raise BadRequest(
            "CRM-043",
            f"'{at}' holds a NUL character or half of a surrogate pair.",
            fix="Send well-formed text without U+0000.",
            fields={at: ("unusable character",)},
        )


def complaints(error: ValidationError) -> dict[str, tuple[str, ...]]:
    """pydantic's errors by field path (``lines[0].price``)."""
    found: dict[str, list[str]] = {}
    for one in error.errors(include_url=False, include_context=False, include_input=False):
        at = ""
        for part in one["loc"]:
            at += f"[{part}]" if isinstance(part, int) else f".{part}" if at else str(part)
        found.setdefault(at or "body", []).append(one["msg"])
    return {at: tuple(said) for at, said in found.items()}


def revision_of(route: Route, request: Request) -> int | None:
    """The revision in If-Match; ``*`` is any. A tag that is none of ours cannot match (CRM-290)."""
    header = request.headers.get("If-Match")
    if not route.guarded or header is None:
        if route.guarded == "must":
            raise NeedsMatch(
                "CRM-048",
                "This change must name the revision it was made from.",
                fix='Read it, then send its ETag back: If-Match: "<revision>".',
            )
        return None
    if header.strip() == "*":
        return None
    found = _REVISION.fullmatch(header.strip())
    if found is None:
        raise Stale("CRM-290", "If-Match names no present revision.", fix="Read it again and send its ETag.")
    return int(found[1])


def key_of(route: Route, request: Request) -> str | None:
    """The Idempotency-Key, 1 to 200 printable ASCII characters (CRM-047)."""
    key = request.headers.get("Idempotency-Key")
    if key is None or not route.repeatable:
        return None
    if not _KEY.fullmatch(key):
        raise BadRequest(
            "CRM-047", "Idempotency-Key is not 1 to 200 printable characters.", fix="Send a UUID, for example."
        )
    return key


def _upload(model: type[BaseModel], request: Request) -> tuple[Any, tuple[FileIn, ...]]:
    files = []
    for _, stored in request.files.items(multi=True):
        name = stored.filename or "file"
        check_text(name, "file name")
        with stored.stream as stream:  # a large one lies in a temporary file
            files.append(FileIn(name[:255], stream.read()))
    if not files:
        raise BadRequest("CRM-049", "The upload holds no file.", fix="Send each file as a part with a file name.")
    fields: dict[str, Any] = {"files": []}
    for name, value in request.form.items():
        check_text(name, "form")
        check_text(value, name)
        fields[name] = value
    try:
        return model.model_validate(fields), tuple(files)
    except ValidationError as error:
        raise BadRequest(
            "CRM-041", "The upload's fields do not fit.", fix="Mend what 'fields' names.", fields=complaints(error)
        ) from error
