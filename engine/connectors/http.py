"""``http``: calls a REST service. Inputs: method, url, headers, query, body, timeout (seconds); secrets by reference.

Result: ``status``, ``body`` (JSON where it is JSON, else text), ``headers``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

from engine.connectors.base import ConnectorError, Work

METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"})
LIMIT = 1_000_000  # bytes of an answer
_AGAIN = frozenset({408, 425, 429})  # statuses below 500 that may be different next time


def call(work: Work) -> Mapping[str, Any]:
    """Call once. A status from 400 is a failure: 4xx is final, 5xx, time-outs and lost connections are tried again."""
    method = str(work.get("method") or "GET").upper()
    if method not in METHODS:
        raise ConnectorError("CRM-711", f"'{method}' is no HTTP method.", fix="Mend the service task.", final=True)
    return exchange(
        work,
        method,
        work.allowed(work.text("url")),
        headers=work.opened(work.get("headers") or {}),
        query=work.opened(work.get("query") or {}),
        body=work.opened(work.get("body")),
    )


def exchange(
    work: Work,
    method: str,
    url: str,
    *,
    headers: Mapping[str, str],
    query: Mapping[str, Any] | None = None,
    body: Any = None,
) -> Mapping[str, Any]:
    """One request and its answer, bounded in time and size; what goes wrong raises ``ConnectorError`` CRM-714…716."""
    timeout = min(float(work.get("timeout") or work.settings.http_timeout), work.settings.http_timeout)
    raw = body.encode() if isinstance(body, str) else body if isinstance(body, bytes) else None
    json = None if raw is not None else body
    try:
        with (
            httpx.Client(timeout=timeout, follow_redirects=False, trust_env=False) as client,
            client.stream(
                method, url, headers=dict(headers), params=dict(query or {}) or None, content=raw, json=json
            ) as answer,
        ):
            content = b""
            for part in answer.iter_bytes():
                content += part
                if len(content) > LIMIT:
                    raise ConnectorError("CRM-716", f"The answer is larger than {LIMIT} bytes.", final=True)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        host = httpx.URL(url).host
        raise ConnectorError(
            "CRM-714", f"'{host}' cannot be reached: {type(error).__name__}.", fix="It is tried again."
        ) from error
    if answer.status_code >= 400 or answer.is_redirect:
        final = answer.status_code < 500 and answer.status_code not in _AGAIN
        raise ConnectorError(
            "CRM-715",
            f"'{answer.url.host}' answered {answer.status_code} {answer.reason_phrase}.",
            fix="Look at what was sent." if final else "It is tried again.",
            final=final,
            error_code=str(work.get("errorCode") or "") or None if final else None,
        )
    return {"status": answer.status_code, "body": _read(answer, content), "headers": dict(answer.headers)}


def _read(answer: httpx.Response, content: bytes) -> Any:
    import json

    if "json" in answer.headers.get("content-type", ""):
        try:
            return json.loads(content)
        except ValueError as error:
            raise ConnectorError("CRM-716", "The answer says it is JSON and is not.", final=True) from error
    return content.decode(answer.charset_encoding or "utf-8", errors="replace")
