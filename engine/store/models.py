"""Statements about definitions and resources: immutable once written, found by key, version and content."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Connection, Row, and_, bindparam, delete, func, insert, select, update

from engine.domain.states import DefinitionState
from engine.store import tables as t
from engine.store.prepared import Prepared

PUBLISHED = Prepared(
    select(t.definition.c.id)
    .where(t.definition.c.key == bindparam("key"), t.definition.c.state == "published")
    .order_by(t.definition.c.version.desc())
    .limit(1)
)
VERSION = Prepared(
    select(t.definition.c.id, t.definition.c.state).where(
        t.definition.c.key == bindparam("key"), t.definition.c.version == bindparam("version")
    )
)
_ONE = select(t.definition)
_STARTS = Prepared(
    select(t.start_subscription.c.definition_id, t.start_subscription.c.element_id)
    .where(t.start_subscription.c.message == bindparam("message"), t.start_subscription.c.kind == bindparam("kind"))
    .order_by(t.start_subscription.c.definition_key)
)


def published(conn: Connection, key: str) -> str | None:
    """Id of the version of ``key`` that people start."""
    row = PUBLISHED.row(conn, key=key)
    return None if row is None else str(row[0])


def version(conn: Connection, key: str, number: int) -> tuple[str, str] | None:
    """(id, state) of one version."""
    row = VERSION.row(conn, key=key, version=number)
    return None if row is None else (row[0], row[1])


def starts_by(conn: Connection, kind: str, name: str) -> list[tuple[Any, ...]]:
    """(definition id, start event id) of the published definitions that this message or signal starts."""
    return _STARTS.rows(conn, message=name, kind=kind)


def definition(conn: Connection, definition_id: str) -> Row[Any] | None:
    """The whole row, the XML included."""
    return conn.execute(_ONE.where(t.definition.c.id == definition_id)).one_or_none()


def definitions(conn: Connection, ids: Collection[str]) -> list[Row[Any]]:
    """The whole rows of some definitions."""
    return list(conn.execute(_ONE.where(t.definition.c.id.in_(ids)))) if ids else []


def resources(conn: Connection, ids: Collection[str]) -> list[Row[Any]]:
    """The whole rows of some resources."""
    return list(conn.execute(select(t.resource).where(t.resource.c.id.in_(ids)))) if ids else []


def latest(conn: Connection, keys: Collection[str] | None = None) -> list[Row[Any]]:
    """The newest version of each definition (of these keys): id, key, version, hash, pins, info."""
    d = t.definition
    newest = select(d.c.key, func.max(d.c.version).label("version")).group_by(d.c.key).subquery()
    query = select(d.c.id, d.c.key, d.c.version, d.c.hash, d.c.pins, d.c.info, d.c.state, d.c.name).join(
        newest, and_(newest.c.key == d.c.key, newest.c.version == d.c.version)
    )
    return list(conn.execute(query if keys is None else query.where(d.c.key.in_(keys))))


def tagged(conn: Connection, key: str, tag: str) -> Any:
    """The newest version of a process that carries a version tag: id, key, version, info."""
    d = t.definition.c
    query = select(d.id, d.key, d.version, d.info).where(d.key == key).order_by(d.version.desc())
    return next((row for row in conn.execute(query) if row.info.get("version_tag") == tag), None)


def form_versions(conn: Connection, key: str) -> list[Row[Any]]:
    """The versions of a form, newest first: id, hash, content."""
    r = t.resource.c
    query = select(r.id, r.hash, r.content).where(r.kind == "form", r.key == key)
    return list(conn.execute(query.order_by(r.version.desc())))


def latest_resources(conn: Connection) -> list[Row[Any]]:
    """The newest version of each DMN model and form, without the content."""
    r = t.resource
    newest = select(r.c.kind, r.c.key, func.max(r.c.version).label("version")).group_by(r.c.kind, r.c.key).subquery()
    query = select(r.c.id, r.c.kind, r.c.key, r.c.version, r.c.name, r.c.hash, r.c.provides, r.c.deployed_at)
    same = and_(newest.c.kind == r.c.kind, newest.c.key == r.c.key, newest.c.version == r.c.version)
    return list(conn.execute(query.join(newest, same)))


def group_keys(conn: Connection) -> list[str]:
    """Keys of the teams there are."""
    return list(conn.scalars(select(t.principal.c.id).where(t.principal.c.kind == "team")))


def add_definitions(conn: Connection, rows: list[dict[str, Any]]) -> None:
    if rows:
        conn.execute(insert(t.definition), rows)


def add_resources(conn: Connection, rows: list[dict[str, Any]]) -> None:
    if rows:
        conn.execute(insert(t.resource), rows)


def add_labels(conn: Connection, definition_id: str, labels: Mapping[str, Mapping[str, str]]) -> None:
    """Texts of a definition: locale → element id → text."""
    rows = [
        {"definition_id": definition_id, "locale": locale, "element_id": element, "text": text}
        for locale, texts in labels.items()
        for element, text in texts.items()
    ]
    if rows:
        conn.execute(insert(t.label), rows)


def labels(conn: Connection, ids: Collection[str]) -> dict[str, dict[str, dict[str, str]]]:
    """Definition id → locale → element id → text."""
    found: dict[str, dict[str, dict[str, str]]] = {}
    for row in conn.execute(select(t.label).where(t.label.c.definition_id.in_(ids))):
        found.setdefault(row.definition_id, {}).setdefault(row.locale, {})[row.element_id] = row.text
    return found


def publish(conn: Connection, row: Row[Any], **when: Any) -> None:
    """Make one version the published one of its key; the one before is retired."""
    d = t.definition
    conn.execute(
        update(d)
        .where(d.c.key == row.key, d.c.state == DefinitionState.PUBLISHED.value, d.c.id != row.id)
        .values(state=DefinitionState.RETIRED.value)
    )
    conn.execute(update(d).where(d.c.id == row.id).values(state=DefinitionState.PUBLISHED.value, **when))


def replace_starts(conn: Connection, key: str, starts: list[dict[str, Any]]) -> None:
    """What starts a definition by itself from now on: messages and signals."""
    conn.execute(delete(t.start_subscription).where(t.start_subscription.c.definition_key == key))
    if starts:
        conn.execute(insert(t.start_subscription), starts)
