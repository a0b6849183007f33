"""Records by the relations that lead to them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, select

from engine.store.tables import record, record_link

_SOME = 500  # ids of one statement


def leading(conn: Connection, record_id: str, kind: str, relations: Sequence[str]) -> set[str]:
    """Ids of the records of a kind from which these relations, one after the other, lead to this record."""
    reached = {record_id}
    for step, relation in enumerate(reversed(relations), 1):
        wanted = select(record_link.c.from_id).where(record_link.c.relation == relation)
        if step == len(relations):
            wanted = wanted.join(record, record.c.id == record_link.c.from_id).where(record.c.kind == kind)
        ids = sorted(reached)
        parts = [ids[n : n + _SOME] for n in range(0, len(ids), _SOME)]
        reached = {row[0] for part in parts for row in conn.execute(wanted.where(record_link.c.to_id.in_(part)))}
    return reached
