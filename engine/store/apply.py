"""Writes a ``Step``: the only place that does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from engine.store import tables as t
from engine.store.prepared import Insert

_AUDIT = Insert(t.audit, "instance_id", "at", "by", "action", "target", "detail", "digest")


def write_audit(conn: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Append audit rows in one statement."""
    _AUDIT.run(conn, rows)
