"""Messages in the store: who waits for one, and those that nobody waits for yet.

A message and a subscription for it that are written at the same moment cannot miss each other: both sides look for
the other under one lock on (name, key), and the second one to get it sees what the first has committed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, literal, or_, select, union

from engine.domain.sla import CUSTOMER
from engine.store import locks, tables as t
from engine.store.prepared import Insert, Prepared

_S, _M = t.subscription.c, t.message.c
_WAITING = Prepared(
    select(_S.id, _S.instance_id)
    .where(_S.message == bindparam("name"), _S.correlation_key == bindparam("key"), _S.kind == "message")
    .order_by(_S.id)
    .limit(1)
)
_LISTENING = Prepared(
    select(_S.id, _S.instance_id).where(_S.message == bindparam("name"), _S.kind == "signal").order_by(_S.id)
)
_ON = t.instance_record.c
_RUNS = or_(t.instance.c.state == "active", t.instance.c.state == "suspended")
_WATCHING = union(
    select(_S.instance_id.label("id"), literal("waits").label("why"), literal("").label("drawn"))
    .join_from(t.instance_record, t.subscription, _S.instance_id == _ON.instance_id)
    .where(_ON.record_id == bindparam("record"), _S.kind == "conditional"),
    # A promise may depend on the record's tier, priority or state: of any case that runs, if its model promises.
    select(t.instance.c.id, literal("runs"), t.instance.c.definition_id)
    .join_from(t.instance_record, t.instance, t.instance.c.id == _ON.instance_id)
    .where(_ON.record_id == bindparam("record"), _RUNS),
    # Or on those of its customer.
    select(t.instance.c.id, literal("runs"), t.instance.c.definition_id)
    .join_from(t.record_link, t.instance_record, _ON.record_id == t.record_link.c.from_id)
    .join(t.instance, t.instance.c.id == _ON.instance_id)
    .where(
        t.record_link.c.to_id == bindparam("customer"),
        or_(*(t.record_link.c.relation == name for name in CUSTOMER)),
        _RUNS,
    ),
    # Published processes that begin when a record of its kind comes to be so.
    select(t.start_subscription.c.definition_id, literal("starts"), literal("")).where(
        t.start_subscription.c.kind == "conditional", t.start_subscription.c.message == bindparam("kind")
    ),
    # And those that look at it over a relation of another record.
    select(t.start_subscription.c.definition_id, literal("related"), literal("")).where(
        t.start_subscription.c.kind == "related", t.start_subscription.c.message == bindparam("kind")
    ),
).subquery("watching")
_CONDITIONAL = Prepared(
    select(_WATCHING.c.id, _WATCHING.c.why, _WATCHING.c.drawn).order_by(_WATCHING.c.why, _WATCHING.c.id)
)
_OWNER = Prepared(select(_S.instance_id).where(_S.id == bindparam("id")))
_NODE = Prepared(select(_S.node, _S.element_id).where(_S.id == bindparam("id")).with_for_update())
_BUFFERED = Prepared(
    select(_M.id, _M.payload, _M.sent_by)
    .where(_M.name == bindparam("name"), _M.correlation_key == bindparam("key"), _M.expires_at > bindparam("now"))
    .order_by(_M.id)
    .limit(1)
    .with_for_update()
)
_DROP = Prepared(delete(t.message).where(_M.id == bindparam("id")))
_ADD = Insert(t.message)


def lock(conn: Connection, name: str, key: str) -> None:
    """Queue with everybody else who deals with this message, until the transaction ends."""
    locks.lock(conn, f"{name}\0{key}")


def waiting(conn: Connection, name: str, key: str) -> tuple[str, str] | None:
    """(subscription, instance) that has waited longest; nothing is locked yet."""
    row = _WAITING.row(conn, name=name, key=key)
    return None if row is None else (row[0], row[1])


def listeners(conn: Connection, name: str) -> list[tuple[str, str]]:
    """(subscription, instance) of all that wait for a signal."""
    return [(row[0], row[1]) for row in _LISTENING.rows(conn, name=name)]


@dataclass(frozen=True, slots=True)
class Watchers:
    """Who looks at a record that changes."""

    waiting: tuple[str, ...]  # instances that work on it and wait for a condition
    starting: tuple[str, ...]  # published definitions that a condition over such a record starts
    related: tuple[str, ...]  # published definitions whose condition looks at it over a relation of another record
    running: tuple[tuple[str, str], ...]  # (instance, definition) of cases whose promises may depend on it


def conditional_on(conn: Connection, record_id: str, kind: str, customer: bool) -> Watchers:
    """Who looks at a record of this kind; ``customer``: also cases whose records it is the customer of."""
    rows = _CONDITIONAL.rows(conn, record=record_id, kind=kind, customer=record_id if customer else "")
    waits, starts, related = (tuple(row[0] for row in rows if row[1] == why) for why in ("waits", "starts", "related"))
    return Watchers(waits, starts, related, tuple((row[0], row[2]) for row in rows if row[1] == "runs"))


def owner(conn: Connection, subscription_id: str) -> str | None:
    """The instance of a subscription; None if it is gone."""
    row = _OWNER.row(conn, id=subscription_id)
    return None if row is None else str(row[0])


def node_of(conn: Connection, subscription_id: str) -> tuple[int, str] | None:
    """(node, element) of a subscription, under the instance's lock; None if it is gone."""
    row = _NODE.row(conn, id=subscription_id)
    return None if row is None else (row[0], row[1])


def take(conn: Connection, name: str, key: str, now: datetime) -> tuple[str, Mapping[str, Any], str] | None:
    """Take the oldest buffered message out: (id, payload, sender). Under ``lock``."""
    row = _BUFFERED.row(conn, name=name, key=key, now=now)
    if row is None:
        return None
    _DROP.run(conn, id=row[0])
    return row[0], row[1], row[2]


def keep(conn: Connection, row: Mapping[str, Any]) -> None:
    """Buffer a message until it expires. Under ``lock``."""
    _ADD.run(conn, [row])


def expire(conn: Connection, now: datetime) -> int:
    """Housekeeping: drop messages whose time is over; how many."""
    return conn.execute(delete(t.message).where(_M.expires_at <= now)).rowcount
