"""What a far end answers, as a case can keep it: refused at once, since asking again would do the call again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import httpx

from engine.connectors.base import ConnectorError

_DEEPEST = 60  # JSON within JSON
_MOST = 2**63


def read(answer: httpx.Response, content: bytes) -> Any:
    """The body: JSON where it says that it is JSON, else text. Raises ``ConnectorError`` CRM-716."""
    if "json" in answer.headers.get("content-type", ""):
        try:
            value = json.loads(content)
        except (ValueError, RecursionError) as error:
            raise ConnectorError("CRM-716", "The answer says it is JSON and is not.", final=True) from error
    else:
        try:
            value = content.decode(answer.charset_encoding or "utf-8", errors="replace")
        except LookupError:  # a character set that nobody knows
            value = content.decode("utf-8", errors="replace")
    if (why := _odd(value, 0)) is not None:
        raise ConnectorError("CRM-716", f"The answer holds {why}, which no case can keep.", final=True)
    return value


def _odd(value: Any, depth: int) -> str | None:
    """What of it cannot be kept in a database, if something."""
    if isinstance(value, str):
        whole = "\0" not in value and not any("\ud800" <= c <= "\udfff" for c in value if c > "\ud7ff")
        return None if whole else "a NUL character or half a surrogate pair"
    if isinstance(value, int):
        return None if -_MOST <= value < _MOST else "a whole number of more than 64 bits"
    if not isinstance(value, (Mapping, list)):
        return None
    if depth == _DEEPEST:
        return f"more than {_DEEPEST} levels"
    parts = [*value, *value.values()] if isinstance(value, Mapping) else value
    return next((why for part in parts if (why := _odd(part, depth + 1)) is not None), None)
