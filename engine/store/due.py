"""Due work: claiming by lease, one statement each; giving back, failing, incidents.

A claim raises the row's ``fence``. Whoever hands in a result shows the fence of their claim: if another worker has
claimed the row meanwhile (the lease ran out), the fence differs and the late result is turned away.
PostgreSQL skips rows that another worker is claiming at this moment.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Table, and_, case, delete, insert, or_, select, true, update

from engine.store import tables as t
from engine.store.prepared import Insert

_ADD = Insert(t.job)
_NEW = {"state": "ready", "fence": 0, "attempts": 0, "retries": 5}


def claim(
    conn: Connection,
    table: Table,
    now: datetime,
    until: datetime,
    limit: int,
    types: Collection[str] | None = None,
    **values: Any,
) -> list[Row[Any]]:
    """Lease due rows of ``deadline`` or ``job`` (of these types), those waiting longest first.

    A job's lease that ran out counts as an attempt: whoever held it is gone, and may have been killed by the work.
    """
    c = table.c
    if table is t.job:
        values["attempts"] = case((c.state == "leased", c.attempts + 1), else_=c.attempts)
    query = select(c.id).where(_due(table, now, types))
    query = query.order_by(c.due_at, c.id).limit(limit).with_for_update(skip_locked=True)
    # Materialised: PostgreSQL may run a plain sub-query again for each row it looks at, and lock more than ``limit``.
    due = query.cte("due").prefix_with("MATERIALIZED", dialect="postgresql")
    lease = (
        update(table)
        .where(c.id.in_(select(due.c.id)))
        .values(state="leased", lease_until=until, fence=c.fence + 1, **values)
    )
    # SQLite promises no order of RETURNING, nor does PostgreSQL.
    return sorted(conn.execute(lease.returning(*c)), key=lambda row: (row.due_at, row.id))


def any_due(conn: Connection, types: Collection[str], now: datetime) -> bool:
    """Whether a job of these types could be claimed now."""
    return conn.scalar(select(t.job.c.id).where(_due(t.job, now, types)).limit(1)) is not None


def _due(table: Table, now: datetime, types: Collection[str] | None) -> ColumnElement[bool]:
    """Ready and due, or leased by somebody who is gone."""
    c = table.c
    # The types stand in both ways: beside them, all jobs of a type would be read, also the many that are due in a year.
    named = () if types is None else (c.type.in_(sorted(types)),)
    ready = and_(*named, c.state == "ready", c.due_at <= now)
    return or_(ready, and_(*named, c.state == "leased", c.lease_until <= now))


def extend(conn: Connection, row_id: str, fence: int, until: datetime) -> bool:
    """Hold a job's lease until then; False if it is another's by now."""
    c = t.job.c
    mine = update(t.job).where(c.id == row_id, c.fence == fence, c.state == "leased")
    return conn.execute(mine.values(lease_until=until)).rowcount == 1


def hold(conn: Connection, instance_id: str) -> None:
    """A suspended instance's timers and jobs wait. What a worker holds at this moment it may hand in."""
    for table, also in ((t.deadline, t.deadline.c.kind == "timer"), (t.job, true())):
        c = table.c
        conn.execute(update(table).where(c.instance_id == instance_id, c.state == "ready", also).values(state="held"))


def unhold(conn: Connection, instance_id: str) -> None:
    """A resumed instance's timers and jobs are due again, those whose time came meanwhile at once."""
    for table in (t.deadline, t.job):
        c = table.c
        conn.execute(update(table).where(c.instance_id == instance_id, c.state == "held").values(state="ready"))


def park_result(conn: Connection, row_id: str, fence: int, values: Mapping[str, Any]) -> int:
    """A result for an instance that stands still: the job becomes one of our own that hands it in later."""
    # Its attempts begin anew: handing in is work of ours, and the worker's failures before do not count against it.
    values = {**values, "state": "held", "lease_until": None, "type": "crmflow:result", "attempts": 0}
    return _change(conn, t.job, row_id, fence, **values)


def hold_row(conn: Connection, table: Table, row_id: str, fence: int) -> int:
    """A claimed row whose instance was suspended meanwhile."""
    c = table.c
    mine = update(table).where(c.id == row_id, c.fence == fence, c.state == "leased")
    return conn.execute(mine.values(state="held", lease_until=None)).rowcount


def retry(conn: Connection, row_id: str, fence: int, due_at: datetime, error: str, retries: int) -> int:
    """Give a failed job back, to be tried again at ``due_at``, ``retries`` times in all; 0 if the lease was lost."""
    values = {"due_at": due_at, "lease_until": None, "error": error, "retries": retries}
    return _change(conn, t.job, row_id, fence, state="ready", **values)


def postpone(conn: Connection, row_id: str, fence: int, until: datetime, error: str) -> int:
    """Try a deadline again at ``until``; its due time stays what the model says."""
    return _change(conn, t.deadline, row_id, fence, lease_until=until, error=error)


def park(conn: Connection, table: Table, row_id: str, fence: int, error: str, incident: Mapping[str, Any]) -> int:
    """Out of retries: the row waits for a person, who finds the incident."""
    changed = _change(conn, table, row_id, fence, state="incident", lease_until=None, error=error)
    if changed:
        conn.execute(insert(t.incident), [dict(incident)])
    return changed


def revive(conn: Connection, table: Table, row_id: str, now: datetime) -> int:
    """A person says: try again now, from the first attempt."""
    values: dict[str, Any] = {"state": "ready", "lease_until": None, "attempts": 0, "error": None}
    if table is t.job:
        values["due_at"] = now
    return conn.execute(update(table).where(table.c.id == row_id, table.c.state == "incident").values(values)).rowcount


def add(conn: Connection, now: datetime, rows: list[dict[str, Any]]) -> None:
    """Write jobs that belong to no step: {"id", "name", "type", "payload"} and what else differs."""
    _ADD.run(conn, [{**_NEW, "due_at": now, "created_at": now, **row} for row in rows])


def drop_starts(conn: Connection, key: str) -> None:
    """Delete the jobs that would start a definition by time."""
    c = t.job.c
    waiting = conn.execute(select(c.id, c.payload).where(c.type == "crmflow:start", c.instance_id.is_(None)))
    ids = [row.id for row in waiting if row.payload["key"] == key and row.payload.get("round")]
    if ids:
        conn.execute(delete(t.job).where(c.id.in_(ids)))


def done(conn: Connection, table: Table, row_id: str, fence: int) -> bool:
    """Delete a row whose lease is still ours; False if it is not."""
    c = table.c
    return conn.execute(delete(table).where(c.id == row_id, c.fence == fence, c.state == "leased")).rowcount == 1


def node_of(conn: Connection, table: Table, row_id: str) -> int | None:
    """The step that a job or deadline belongs to; None for a job of no step (a notification's mail)."""
    node: int | None = conn.execute(select(table.c.node).where(table.c.id == row_id)).scalar_one()
    return node


def incident(conn: Connection, incident_id: str) -> Row[Any] | None:
    """One open incident."""
    found: Row[Any] | None = conn.execute(select(t.incident).where(t.incident.c.id == incident_id)).one_or_none()
    return found


def solve(conn: Connection, incident_id: str) -> bool:
    """Take an incident off the list; False if somebody else was first."""
    return conn.execute(delete(t.incident).where(t.incident.c.id == incident_id)).rowcount == 1


def chain(conn: Connection, instance_id: str, digest: str | None) -> None:
    """Keep the digest of an instance's last audit row where no step was written."""
    conn.execute(update(t.instance).where(t.instance.c.id == instance_id).values(audit_digest=digest))


def _change(conn: Connection, table: Table, row_id: str, fence: int, **values: Any) -> int:
    c = table.c
    mine = update(table).where(c.id == row_id, c.fence == fence, c.state == "leased")
    return conn.execute(mine.values({"attempts": c.attempts + 1, **values})).rowcount
