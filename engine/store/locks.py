"""Locks that stand for a name, not a row, until the transaction ends: who plans work and who does it must not miss
each other.

The pattern (hold queue, digests): whoever adds something to a pile *shares* its lock, and plans a job only if the pile
was empty; whoever takes the pile away *locks* it, and so waits for all who were adding. Who cannot share because the
pile is being taken away this moment does not wait, but plans a job of its own: a job that finds nothing is harmless,
a pile without a job would lie for ever. SQLite has one writer at a time: nothing to lock.
"""

from __future__ import annotations

from collections.abc import Collection
from hashlib import blake2b

from sqlalchemy import Connection


def lock(conn: Connection, name: str) -> None:
    """Wait until nobody else shares or holds this name (1 statement on PostgreSQL)."""
    if conn.dialect.name == "postgresql":
        conn.exec_driver_sql("SELECT pg_advisory_xact_lock(%(number)s)", {"number": _number(name)})


def share(conn: Connection, names: Collection[str]) -> frozenset[str]:
    """Those of the names that nobody holds; shared from now on. Never waits (1 statement on PostgreSQL)."""
    if conn.dialect.name != "postgresql" or not names:
        return frozenset(names)
    numbers = {_number(name): name for name in names}
    text = "SELECT k FROM unnest(%(numbers)s::bigint[]) AS k WHERE pg_try_advisory_xact_lock_shared(k)"
    found = conn.exec_driver_sql(text, {"numbers": sorted(numbers)})
    return frozenset(numbers[row[0]] for row in found)


def _number(name: str) -> int:
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "big", signed=True)
