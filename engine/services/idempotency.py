"""Idempotency keys: the same request of the same person with the same key is answered again, not done again."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import msgspec
from sqlalchemy import bindparam, delete, select

from engine.domain.access import Actor
from engine.domain.errors import Conflict
from engine.services.context import Context
from engine.services.edges import outward
from engine.store import tables as t
from engine.store.prepared import Insert, Prepared

_FIND = Prepared(
    select(t.idempotency.c.request, t.idempotency.c.answer).where(
        t.idempotency.c.login == bindparam("login"), t.idempotency.c.key == bindparam("key")
    )
)
_ADD = Insert(t.idempotency)


def request_digest(*parts: Any) -> str:
    """What was asked, as a digest: the same key with something else in it is a mistake worth telling."""
    return sha256(msgspec.json.encode(outward(list(parts)), order="deterministic")).hexdigest()


def recall(ctx: Context, by: Actor, key: str, request: str) -> Mapping[str, Any] | None:
    """The stored answer, or None if the key is new. Raises ``Conflict`` CRM-205 for the key of another request."""
    row = _FIND.row(ctx.conn, login=by.id, key=key)
    if row is None:
        return None
    if row[0] != request:
        raise Conflict(
            "CRM-205",
            f"The idempotency key '{key}' was used for another request.",
            fix="Use a new key for each request.",
        )
    answer: Mapping[str, Any] = row[1]
    return answer


def remember(ctx: Context, by: Actor, key: str, request: str, answer: Mapping[str, Any]) -> None:
    """Store the answer. Two at once: the loser's transaction is run again and finds the winner's."""
    _ADD.run(ctx.conn, [{"login": by.id, "key": key, "request": request, "answer": answer, "at": ctx.now}])


def forget(ctx: Context, before: Any) -> int:
    """Housekeeping: drop keys older than ``before``."""
    return ctx.conn.execute(delete(t.idempotency).where(t.idempotency.c.at < before)).rowcount
