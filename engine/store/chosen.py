"""Which instances or incidents a filter chooses, incidents grouped by cause, and the rows of bulk operations."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, case, func, insert, or_, select, update

from engine.domain.operating import ACTIONS, Chosen
from engine.domain.states import InstanceState
from engine.store import tables as t
from engine.store.prepared import Insert
from engine.store.queries import contains, paged

_I, _N, _M, _B, _X = t.instance.c, t.incident.c, t.definition.c, t.bulk.c, t.bulk_item.c
_ITEMS = Insert(t.bulk_item)
#: The failed job's own code where its message begins with one: "could not be done" is no cause.
CODE = case((_N.message.like("[CRM-___]%"), func.substr(_N.message, 2, 7)), else_=_N.code)
_OPEN = (InstanceState.ACTIVE.value, InstanceState.SUSPENDED.value)
#: Whom an action can mean, where no state is asked for.
_STATES = {
    "suspend": (InstanceState.ACTIVE.value,),
    "resume": (InstanceState.SUSPENDED.value,),
    "cancel": _OPEN,
    "move": _OPEN,
    "data": _OPEN,
}


def chosen(action: str, by: Chosen) -> Select[Any]:
    """The ids a filter chooses for an action, oldest first."""
    if ACTIONS[action] == "incident":
        query = select(_N.id).outerjoin_from(t.incident, t.instance, _I.id == _N.instance_id)
        query = query.outerjoin(t.definition, _M.id == _I.definition_id).where(*_incidents(by), *_instances(by))
        return query.order_by(_N.created_at, _N.id)
    conditions = _instances(by)
    if by.ids:
        conditions.append(_I.id.in_(by.ids))
    elif by.state is None and action in _STATES:
        conditions.append(_I.state.in_(_STATES[action]))
    if by.element:
        rows = (t.task, t.incident, t.deadline, t.subscription, t.job)
        conditions.append(or_(*(_I.id.in_(_at(table, by.element)) for table in rows)))
    if by.incidents or by.code or by.kind:
        troubles = select(_N.instance_id).where(*_incidents(Chosen(code=by.code, kind=by.kind)))
        conditions.append(_I.id.in_(troubles))
    return select(_I.id).join_from(t.instance, t.definition).where(*conditions).order_by(_I.started_at, _I.id)


def _at(table: Any, element: str) -> Select[Any]:
    return select(table.c.instance_id).where(table.c.element_id == element, table.c.instance_id.is_not(None))


def _instances(by: Chosen) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    for column, value in ((_M.key, by.definition_key), (_M.version, by.version), (_I.business_key, by.business_key)):
        if value is not None:
            found.append(column == value)
    if by.state is not None:
        found.append(_I.state == by.state.value)
    if by.search:
        found.append(or_(contains(_I.business_key, by.search), contains(_M.name, by.search), _I.id == by.search))
    if by.started_before is not None:
        found.append(_I.started_at < by.started_before)
    if by.started_after is not None:
        found.append(_I.started_at >= by.started_after)
    return found


def _incidents(by: Chosen) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if by.ids:
        found.append(_N.id.in_(by.ids))
    if by.code:
        found.append(CODE.in_([by.code]))
    if by.kind:
        found.append(_N.kind == by.kind)
    if by.element:
        found.append(_N.element_id == by.element)
    return found


def ids(conn: Connection, query: Select[Any], limit: int) -> list[str]:
    """The first ids of a choice."""
    return [row[0] for row in conn.execute(query.limit(limit))]


def count(conn: Connection, query: Select[Any]) -> int:
    """How many a choice has."""
    return int(conn.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0)


def causes(conn: Connection, definition_key: str | None, limit: int) -> list[Row[Any]]:
    """Open incidents by definition, element, kind and code, the largest group first; words of the newest."""
    key = func.coalesce(_M.key, "").label("definition_key")
    groups = (
        select(
            key,
            func.coalesce(_N.element_id, "").label("element_id"),
            _N.kind,
            CODE.label("code"),
            func.count().label("n"),
            func.count(_N.instance_id.distinct()).label("instances"),
            func.min(_N.created_at, type_=_N.created_at.type).label("first_at"),
            func.max(_N.created_at, type_=_N.created_at.type).label("last_at"),
            func.max(_N.id).label("newest"),
        )
        .outerjoin_from(t.incident, t.instance, _I.id == _N.instance_id)
        .outerjoin(t.definition, _M.id == _I.definition_id)
        .group_by(_M.key, _N.element_id, _N.kind, CODE)
    )
    if definition_key is not None:
        groups = groups.where(_M.key == definition_key)
    found = groups.subquery()
    query = select(found, _N.name, _N.message).join_from(found, t.incident, _N.id == found.c.newest)
    return list(conn.execute(query.order_by(found.c.n.desc(), found.c.last_at.desc()).limit(limit)))


# --- bulk operations -------------------------------------------------------------------------------


def add(conn: Connection, row: dict[str, Any], targets: Sequence[str]) -> None:
    """Write an operation with its items."""
    conn.execute(insert(t.bulk), [row])
    _ITEMS.run(
        conn,
        [
            {"bulk_id": row["id"], "number": number, "target": target, "state": "waiting"}
            for number, target in enumerate(targets, 1)
        ],
    )


def bulk(conn: Connection, bulk_id: str) -> Row[Any] | None:
    """One operation."""
    found: Row[Any] | None = conn.execute(select(t.bulk).where(_B.id == bulk_id)).one_or_none()
    return found


def bulks(conn: Connection, limit: int, cursor: str | None) -> tuple[list[Row[Any]], str | None]:
    """Operations, newest first."""
    return paged(conn, select(t.bulk), [_B.started_at, _B.id], limit, cursor, down=True)


def counts(conn: Connection, ids_: Collection[str]) -> dict[str, dict[str, int]]:
    """Items per state of some operations."""
    query = select(_X.bulk_id, _X.state, func.count()).where(_X.bulk_id.in_(ids_)).group_by(_X.bulk_id, _X.state)
    found: dict[str, dict[str, int]] = {}
    for bulk_id, state, number in conn.execute(query):
        found.setdefault(bulk_id, {})[state] = number
    return found


def items(
    conn: Connection, bulk_id: str, state: str | None, limit: int, cursor: str | None
) -> tuple[list[Row[Any]], str | None]:
    """Items in their order, with the instance each is about where it is still to be found."""
    query = (
        select(t.bulk_item, _I.id.label("instance_id"), _I.business_key)
        .outerjoin_from(t.bulk_item, t.incident, _N.id == _X.target)
        .outerjoin(t.instance, _I.id == func.coalesce(_N.instance_id, _X.target))
        .where(_X.bulk_id == bulk_id)
    )
    if state is not None:
        query = query.where(_X.state == state)
    return paged(conn, query, [_X.number], limit, cursor, down=False)


def next_item(conn: Connection, bulk_id: str) -> Row[Any] | None:
    """The next waiting item of a running operation, locked; another worker's is passed over."""
    running = select(_B.id).where(_B.id == bulk_id, _B.state == "running")
    query = (
        select(_X.number, _X.target)
        .where(_X.bulk_id.in_(running), _X.state == "waiting")
        .order_by(_X.number)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    row: Any = conn.execute(query).one_or_none()
    found: Row[Any] | None = row
    return found


def end_item(conn: Connection, bulk_id: str, number: int, now: datetime, **values: Any) -> None:
    """What became of an item."""
    mine = and_(_X.bulk_id == bulk_id, _X.number == number)
    conn.execute(update(t.bulk_item).where(mine).values(at=now, **values))


def end(conn: Connection, bulk_id: str, state: str, now: datetime) -> bool:
    """Close a running operation; what waits is left alone. False: it was over."""
    over = update(t.bulk).where(_B.id == bulk_id, _B.state == "running").values(state=state, ended_at=now)
    if conn.execute(over).rowcount != 1:
        return False
    left = update(t.bulk_item).where(_X.bulk_id == bulk_id, _X.state == "waiting")
    conn.execute(left.values(state="cancelled", at=now))
    return True
