"""``http``: calls a REST service. Inputs: method, url, headers, query, body, timeout (seconds); secrets by reference.

Result: ``status``, ``body`` (JSON where it is JSON, else text), ``headers``; secrets in it are references again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

from engine.connectors.alarm import Alarm
from engine.connectors.answers import read
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
        headers={name: work.opened_header(name, text) for name, text in _texts(work, "headers").items()},
        query=work.opened(_context(work, "query")),
        body=work.opened(work.get("body")),
    )


def _context(work: Work, name: str) -> Mapping[str, Any]:
    """An input that is a context, or nothing."""
    given = work.get(name)
    if given is None or given == "":
        return {}
    if not isinstance(given, Mapping):
        raise ConnectorError("CRM-711", f"'{name}' is no context.", fix="Write ={name: value}.", final=True)
    return given


def _texts(work: Work, name: str) -> dict[str, str]:
    """An input that is a context of texts and numbers."""
    given = _context(work, name)
    for key, value in given.items():
        if not isinstance(value, (str, int, float)) or isinstance(value, bool):
            raise ConnectorError(
                "CRM-711", f"'{key}' in '{name}' is neither text nor number.", fix="Mend the service task.", final=True
            )
    return {key: str(value).strip() for key, value in given.items()}


def _timeout(work: Work) -> float:
    """Seconds for the whole exchange: what the task says, at most what the installation allows."""
    given, most = work.get("timeout"), work.settings.http_timeout
    try:
        asked = float(given) if given not in (None, "") else most
    except (TypeError, ValueError):
        asked = 0.0
    if not asked > 0:
        raise ConnectorError("CRM-711", f"'{given}' is no time to wait.", fix="Give seconds, as =5.", final=True)
    return min(asked, most)


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
    timeout = _timeout(work)
    raw = body.encode() if isinstance(body, str) else body if isinstance(body, bytes) else None
    json = None if raw is not None else body
    alarm = Alarm(timeout)
    try:
        with (
            alarm,
            httpx.Client(timeout=timeout, follow_redirects=False, trust_env=False) as client,
            client.stream(
                method,
                url,
                headers=dict(headers),
                params=dict(query or {}) or None,
                content=raw,
                json=json,
                extensions={"trace": alarm.trace},
            ) as answer,
        ):
            content = b""
            for part in answer.iter_bytes():
                content += part
                if len(content) > LIMIT:
                    raise ConnectorError("CRM-716", f"The answer is larger than {LIMIT} bytes.", final=True)
    except (httpx.LocalProtocolError, httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
        # Without its cause, which may quote what was to be sent.
        said = f"The call cannot be made: {type(error).__name__}."
        raise ConnectorError("CRM-711", said, fix="Mend address and headers of the service task.", final=True) from None
    except httpx.HTTPError as error:
        raise _unreached(url, _late(timeout) if alarm.over else type(error).__name__) from error
    if alarm.over:  # without a length told before, a cut answer looks like a whole one
        raise _unreached(url, _late(timeout))
    if answer.status_code >= 400 or answer.is_redirect:
        final = answer.status_code < 500 and answer.status_code not in _AGAIN
        raise ConnectorError(
            "CRM-715",
            f"'{answer.url.host}' answered {answer.status_code} {answer.reason_phrase}.",
            fix="Look at what was sent." if final else "It is tried again.",
            final=final,
            error_code=str(work.get("errorCode") or "") or None if final else None,
        )
    told = {"status": answer.status_code, "body": read(answer, content), "headers": dict(answer.headers)}
    return {name: work.hidden(value) for name, value in told.items()}


def _late(seconds: float) -> str:
    return f"nothing whole within {seconds:g} s"


def _unreached(url: str, why: str) -> ConnectorError:
    return ConnectorError("CRM-714", f"'{httpx.URL(url).host}' cannot be reached: {why}.", fix="It is tried again.")
