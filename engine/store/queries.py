"""Read-only lists: SQL over indexed columns, one statement each; no list ever reads an instance's state.

Cursors are opaque: the sort values of the last row, so that pages stay right while rows come and go.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, Select, and_, func, literal, or_, select, tuple_

from engine.domain.errors import Invalid
from engine.i18n import DEFAULT
from engine.store import tables as t
from engine.store.tables_time import sla_clock

MOST = 500  # rows of a page


def paged(
    conn: Connection, query: Select[Any], keys: list[ColumnElement[Any]], limit: int, cursor: str | None, *, down: bool
) -> tuple[list[Row[Any]], str | None]:
    """One page in the order of ``keys`` (all rising, or all falling), and the cursor of the next."""
    limit = max(1, min(limit, MOST))
    if cursor:
        values = unseal(cursor, [key.type.python_type for key in keys])
        after = tuple_(*(literal(value, key.type) for value, key in zip(values, keys, strict=True)))
        query = query.where(tuple_(*keys) < after if down else tuple_(*keys) > after)
    order = [key.desc() if down else key.asc() for key in keys]
    marks = [key.label(f"_key{index}") for index, key in enumerate(keys)]
    rows = list(conn.execute(query.add_columns(*marks).order_by(*order).limit(limit + 1)))
    more = len(rows) > limit
    rows = rows[:limit]
    return rows, seal([getattr(rows[-1], f"_key{i}") for i in range(len(keys))]) if more else None


def seal(values: list[Any]) -> str:
    """A cursor from the sort values of a row."""
    plain = [["t", value.isoformat()] if isinstance(value, datetime) else ["v", value] for value in values]
    return base64.urlsafe_b64encode(msgspec.json.encode(plain)).decode().rstrip("=")


def unseal(cursor: str, types: list[type]) -> list[Any]:
    """The sort values of a cursor, one of each type. Raises ``Invalid`` CRM-012 for anything else."""
    try:
        plain = msgspec.json.decode(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        values = [datetime.fromisoformat(value) if kind == "t" else value for kind, value in plain]
        for value, kind in zip(values, types, strict=True):
            # A cursor somebody made up must not reach the database: it cannot compare with, or keep, just anything.
            if not isinstance(value, kind) or "\x00" in str(value):
                raise ValueError("not a sort value")
            if isinstance(value, int) and not -(2**31) <= value < 2**31:
                raise ValueError("larger than any column holds")
            if isinstance(value, datetime) and (value.tzinfo is None or value.astimezone(UTC).year < 1900):
                raise ValueError("not a time of ours")
    except (ValueError, TypeError, OverflowError, RecursionError, binascii.Error, msgspec.DecodeError) as error:
        raise Invalid("CRM-012", "The page's cursor cannot be read.", fix="Start again from the first page.") from error
    return values


def contains(column: ColumnElement[Any], needle: str) -> ColumnElement[bool]:
    """Case-insensitive substring test; the needle's own wildcards mean themselves."""
    return func.lower(column).contains(needle.lower(), autoescape=True)


def definitions(
    conn: Connection, *, key: str | None, state: str | None, limit: int, cursor: str | None
) -> tuple[list[Row[Any]], str | None]:
    """Newest version of each key by name (in that state), or all versions of one key, newest first."""
    d = t.definition
    if key is not None:
        query = select(d).where(d.c.key == key)
        if state:
            query = query.where(d.c.state == state)
        return paged(conn, query, [d.c.version], limit, cursor, down=True)
    newest = select(d.c.key, func.max(d.c.version).label("version")).group_by(d.c.key)
    if state:
        newest = newest.where(d.c.state == state)
    found = newest.subquery()
    query = select(d).join(found, and_(found.c.key == d.c.key, found.c.version == d.c.version))
    return paged(conn, query, [d.c.name, d.c.id], limit, cursor, down=False)


def definition_counts(conn: Connection, ids: Collection[str]) -> dict[str, dict[str, int]]:
    """Instances per state and open incidents of some definitions: one statement."""
    if not ids:
        return {}
    i, n = t.instance, t.incident
    states = select(i.c.definition_id, i.c.state, func.count().label("n")).where(i.c.definition_id.in_(ids))
    troubles = (
        select(i.c.definition_id, literal("incidents"), func.count())
        .join(n, n.c.instance_id == i.c.id)
        .where(i.c.definition_id.in_(ids))
        .group_by(i.c.definition_id)
    )
    counts: dict[str, dict[str, int]] = {}
    for definition_id, state, number in conn.execute(states.group_by(i.c.definition_id, i.c.state).union_all(troubles)):
        counts.setdefault(definition_id, {})[state] = number
    return counts


def history(conn: Connection, instance_id: str, limit: int, cursor: str | None) -> tuple[list[Row[Any]], str | None]:
    """What happened in an instance, oldest first."""
    a = t.activity
    return paged(conn, select(a).where(a.c.instance_id == instance_id), [a.c.id], limit, cursor, down=False)


def audit(
    conn: Connection, instance_id: str | None, limit: int, cursor: str | None
) -> tuple[list[Row[Any]], str | None]:
    """Who did what: of an instance oldest first, of everything newest first."""
    a = t.audit
    query = select(a)
    if instance_id is not None:
        return paged(conn, query.where(a.c.instance_id == instance_id), [a.c.id], limit, cursor, down=False)
    return paged(conn, query, [a.c.id], limit, cursor, down=True)


def _of(query: Select[Any], column: ColumnElement[Any], value: str | None) -> Select[Any]:
    return query if value is None else query.where(column == value)


def timers(
    conn: Connection, instance_id: str | None, limit: int, cursor: str | None
) -> tuple[list[Row[Any]], str | None]:
    """Armed timers, next first."""
    d, i, m = t.deadline, t.instance, t.definition
    query = select(d, i.c.business_key, m.c.key.label("definition_key")).join_from(d, i).join(m)
    return paged(conn, _of(query, d.c.instance_id, instance_id), [d.c.due_at, d.c.id], limit, cursor, down=False)


def jobs(
    conn: Connection, instance_id: str | None, limit: int, cursor: str | None
) -> tuple[list[Row[Any]], str | None]:
    """Jobs waiting, next first."""
    j, i, m = t.job, t.instance, t.definition
    query = select(j, m.c.key.label("definition_key")).outerjoin_from(j, i).outerjoin(m, m.c.id == i.c.definition_id)
    return paged(conn, _of(query, j.c.instance_id, instance_id), [j.c.due_at, j.c.id], limit, cursor, down=False)


def clocks_of(conn: Connection, jobs: Collection[str]) -> dict[str, Any]:
    """The open SLA clocks whose next rung is one of these jobs, by the job."""
    c = sla_clock.c
    query = select(c.alarm_id, c.instance_id, c.element_id, c.definition_key).where(c.ended_at.is_(None))
    return {row.alarm_id: row for row in conn.execute(query.where(c.alarm_id.in_(jobs)))} if jobs else {}


def incidents(
    conn: Connection, instance_id: str | None, limit: int, cursor: str | None
) -> tuple[list[Row[Any]], str | None]:
    """Open incidents, newest first."""
    n, i, m = t.incident, t.instance, t.definition
    query = (
        select(n, i.c.business_key, m.c.key.label("definition_key"))
        .outerjoin_from(n, i, i.c.id == n.c.instance_id)
        .outerjoin(m, m.c.id == i.c.definition_id)
    )
    return paged(conn, _of(query, n.c.instance_id, instance_id), [n.c.created_at, n.c.id], limit, cursor, down=True)


def instances(
    conn: Connection, wanted: Mapping[str, Any], limit: int, cursor: str | None, locale: str = DEFAULT
) -> tuple[list[Row[Any]], str | None]:
    """Instances, newest first. ``wanted``: definition_key, state, business_key, record_id, search; None = any."""
    i, m = t.instance, t.definition
    query = instance_rows(locale)
    query = _of(query, m.c.key, wanted.get("definition_key"))
    query = _of(query, i.c.state, wanted.get("state"))
    query = _of(query, i.c.business_key, wanted.get("business_key"))
    if wanted.get("record_id"):
        r = t.instance_record
        query = query.where(i.c.id.in_(select(r.c.instance_id).where(r.c.record_id == wanted["record_id"])))
    if wanted.get("chosen") is not None:
        query = query.where(i.c.id.in_(wanted["chosen"]))
    if wanted.get("search"):
        text = wanted["search"]
        query = query.where(or_(contains(i.c.business_key, text), contains(m.c.name, text), i.c.id == text))
    return paged(conn, query, [i.c.started_at, i.c.id], limit, cursor, down=True)


def instance_rows(locale: str = DEFAULT) -> Select[Any]:
    """Instances with their definition's key, name and version and the numbers of open tasks and incidents."""
    i, m = t.instance, t.definition
    tasks = select(func.count()).where(t.task.c.instance_id == i.c.id).correlate(i).scalar_subquery()
    troubles = select(func.count()).where(t.incident.c.instance_id == i.c.id).correlate(i).scalar_subquery()
    columns = [i.c[name] for name in ROW]
    named = [m.c.key.label("definition_key"), m.c.name.label("definition_name"), m.c.version]
    query = select(*columns, *named, tasks.label("open_tasks"), troubles.label("incidents")).join_from(i, m)
    if locale == DEFAULT:
        return query
    title = t.label.c
    same = and_(title.definition_id == m.c.id, title.locale == locale, title.element_id == m.c.key)
    return query.outerjoin(t.label, same).add_columns(title.text.label("told_title"))


ROW = (
    "id",
    "definition_id",
    "state",
    "business_key",
    "revision",
    "started_at",
    "started_by",
    "ended_at",
    "parent_id",
    "choice",
    "error",
)


def instance(conn: Connection, instance_id: str, locale: str = DEFAULT) -> Row[Any] | None:
    """One instance as a list shows it."""
    return conn.execute(instance_rows(locale).where(t.instance.c.id == instance_id)).one_or_none()


def subscriptions(conn: Connection, instance_id: str) -> list[Row[Any]]:
    """What an instance waits for."""
    s = t.subscription
    return list(conn.execute(select(s).where(s.c.instance_id == instance_id).order_by(s.c.node)))


def completed(conn: Connection, instance_id: str) -> list[Row[Any]]:
    """(element, definition or None, runs) of what an instance has completed, for the diagram."""
    a = t.activity
    query = select(a.c.element_id, a.c.definition_id, func.count().label("n")).where(
        a.c.instance_id == instance_id, a.c.state == "completed"
    )
    return list(conn.execute(query.group_by(a.c.element_id, a.c.definition_id)))


def instance_state(conn: Connection, instance_id: str) -> Any:
    """The live state, or the variables of one that is over; for one instance's page only."""
    i = t.instance
    return conn.execute(select(i.c.blob, i.c.variables).where(i.c.id == instance_id)).one_or_none()
