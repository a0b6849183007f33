"""Errors as ``application/problem+json`` (RFC 9457), with crmflow's stable code, the fix and the findings."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from flask import Response

from engine.domain.errors import BadForm, CrmflowError, Invalid, Refused

TITLES = {
    400: "The request is wrong",
    401: "Who are you?",
    403: "Not allowed",
    404: "No such thing",
    405: "No such method here",
    409: "Somebody was first, or it is in another state",
    412: "It was changed meanwhile",
    413: "Too large",
    415: "Not a media type this address takes",
    422: "It was understood, and refused",
    428: "If-Match is needed",
    429: "Slow down",
    500: "crmflow failed",
    503: "Something crmflow depends on does not answer",
}
_UNSENDABLE = re.compile("[\ud800-\udfff]")


class BadRequest(Invalid):
    """The request itself is wrong; ``fields`` maps the path of a field to its complaints."""

    def __init__(self, code: str, message: str, *, fix: str = "", fields: Mapping[str, Sequence[str]] | None = None):
        super().__init__(code, message, fix=fix)
        self.fields = {key: tuple(said) for key, said in (fields or {}).items()}


class TooLarge(Invalid):
    status = 413


class WrongMedia(Invalid):
    status = 415


class NeedsMatch(Invalid):
    """A change that must say which revision it was made from (RFC 6585)."""

    status = 428


class WrongMethod(Invalid):
    status = 405


class Unexpected(CrmflowError):
    """An error nobody foresaw: logged with its cause, told without it."""

    status = 500


def describe(error: CrmflowError) -> dict[str, Any]:
    """The problem's members. Context such as ``assignee`` or ``at`` is added under its own name."""
    body: dict[str, Any] = {
        "type": f"urn:crmflow:error:{error.code}",
        "title": TITLES.get(error.status, "Error"),
        "status": error.status,
        "detail": clean(error.message),
        "code": error.code,
    }
    if error.fix:
        body["fix"] = clean(error.fix)
    if isinstance(error, Refused):
        body["findings"] = [msgspec.to_builtins(finding, enc_hook=str) for finding in error.findings]
    if isinstance(error, (BadForm, BadRequest)) and error.fields:
        body["fields"] = {clean(key): [clean(one) for one in said] for key, said in error.fields.items()}
    for key, value in error.context.items():
        body.setdefault(key, value)
    return body


def answer(error: CrmflowError, headers: Mapping[str, str] | None = None) -> Response:
    """The response for an error; 401 names the schemes that are taken."""
    content = msgspec.json.encode(describe(error), enc_hook=str)
    response = Response(content, status=error.status, content_type="application/problem+json")
    if error.status == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="crmflow"'
    if error.status == 429 and "retry_after" in error.context:
        response.headers["Retry-After"] = str(error.context["retry_after"])
    for key, value in (headers or {}).items():
        response.headers[key] = value
    return response


def clean(text: str) -> str:
    """What was sent may be quoted in a message: lone surrogates cannot be written as UTF-8."""
    return _UNSENDABLE.sub("\ufffd", text)
