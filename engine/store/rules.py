"""Decisions: which version of which DMN model decides by a name, what a model imports, why it was published.

Their tables stand here beside the statements. A model is a row of ``resource`` (kind ``dmn``); its rows never change.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    ForeignKey,
    Index,
    Row,
    Select,
    Table,
    Text,
    and_,
    bindparam,
    desc,
    func,
    insert,
    select,
    update,
)

from engine.store import tables as t
from engine.store.naming import metadata
from engine.store.prepared import Prepared
from engine.store.types import Id, Json, Key

decision = Table(  # every id and name by which a version of a model can be asked
    "decision",
    metadata,
    Column("name", Key, primary_key=True),
    Column("resource_id", Id, ForeignKey("resource.id", ondelete="CASCADE"), primary_key=True),
    Column("tag", Key),  # zeebe:versionTag of the decision
    Index("ix_decision_resource_id", "resource_id"),
)

rule_note = Table(  # what is known of a version of a model beyond its text
    "rule_note",
    metadata,
    Column("resource_id", Id, ForeignKey("resource.id", ondelete="CASCADE"), primary_key=True),
    Column("namespace", Text, nullable=False),
    Column("imports", Json, nullable=False),  # ids of the resources it imports, direct or not
    Column("findings", Json, nullable=False),  # severity → number, of the table check
    Column("reason", Text),  # why it was published, in a person's words
    Column("labels", Json),  # locale → element id → text
)

_r, _d = t.resource.c, decision.c


def _newest(query: Select[Any]) -> Select[Any]:
    return query.order_by(desc(_r.deployed_at), desc(_r.version), desc(_r.id)).limit(1)


_WHO = select(_r.id, _r.key, _r.version).join(decision, _d.resource_id == _r.id).where(_d.name == bindparam("name"))
LATEST = Prepared(_newest(_WHO))
TAGGED = Prepared(_newest(_WHO.where(_d.tag == bindparam("tag"))))
_ROW = (_r.id, _r.key, _r.version, _r.name, _r.hash, _r.deployed_at, _r.deployed_by, _r.provides)
_NOTE = (rule_note.c.namespace, rule_note.c.imports, rule_note.c.findings, rule_note.c.reason, rule_note.c.labels)


def latest(conn: Connection, name: str) -> tuple[str, str, int] | None:
    """(resource id, model key, version) of the newest model that decides by this name."""
    row = LATEST.row(conn, name=name)
    return None if row is None else (row[0], row[1], row[2])


def tagged(conn: Connection, name: str, tag: str) -> tuple[str, str, int] | None:
    """The same among the versions whose decision carries the tag."""
    row = TAGGED.row(conn, name=name, tag=tag)
    return None if row is None else (row[0], row[1], row[2])


def _models() -> Select[Any]:
    joined = t.resource.outerjoin(rule_note, rule_note.c.resource_id == _r.id)
    return select(*_ROW, *_NOTE).select_from(joined).where(_r.kind == "dmn")


def newest(conn: Connection) -> list[Row[Any]]:
    """The newest version of each model with its notes, by name."""
    last = select(_r.key, func.max(_r.version).label("version")).where(_r.kind == "dmn").group_by(_r.key).subquery()
    query = _models().join(last, and_(last.c.key == _r.key, last.c.version == _r.version))
    return list(conn.execute(query.order_by(_r.name, _r.key)))


def versions(conn: Connection, key: str) -> list[Row[Any]]:
    """All versions of a model with their notes, newest first."""
    return list(conn.execute(_models().where(_r.key == key).order_by(desc(_r.version))))


def notes(conn: Connection, ids: Collection[str]) -> dict[str, Row[Any]]:
    """What is noted of some versions, by resource id."""
    found = conn.execute(select(rule_note).where(rule_note.c.resource_id.in_(ids))) if ids else ()
    return {row.resource_id: row for row in found}


def content(conn: Connection, resource_id: str) -> bytes:
    """The XML of one version."""
    return bytes(conn.scalars(select(_r.content).where(_r.id == resource_id)).one())


def note(conn: Connection, resource_id: str, names: Mapping[str, str | None], about: Mapping[str, Any]) -> None:
    """Write the names of a new version (name → tag) and what is known of it."""
    if names:
        rows = [{"name": name, "resource_id": resource_id, "tag": tag} for name, tag in names.items()]
        conn.execute(insert(decision), rows)
    conn.execute(insert(rule_note), [{"resource_id": resource_id, **about}])


def relabel(conn: Connection, resource_id: str, labels: Mapping[str, Mapping[str, str]]) -> None:
    """Other texts for a version: what it decides does not change."""
    conn.execute(update(rule_note).where(rule_note.c.resource_id == resource_id).values(labels=labels))


def tags(conn: Connection, ids: Collection[str]) -> dict[str, dict[str, str]]:
    """Resource id → decision → tag, where there is one."""
    found: dict[str, dict[str, str]] = {}
    query = select(decision).where(_d.resource_id.in_(ids), _d.tag.is_not(None))
    for row in conn.execute(query) if ids else ():
        found.setdefault(row.resource_id, {})[row.name] = row.tag
    return found


def users(conn: Connection) -> list[Row[Any]]:
    """Every version of a process that runs, is the newest or is published, with its number of running instances."""
    d, i = t.definition.c, t.instance.c
    active = (
        select(i.definition_id, func.count().label("n"))
        .where(i.state.in_(("active", "suspended")))
        .group_by(i.definition_id)
        .subquery()
    )
    last = select(d.key, func.max(d.version).label("version")).group_by(d.key).subquery()
    query = (
        select(d.id, d.key, d.version, d.name, d.state, d.pins, d.info, func.coalesce(active.c.n, 0).label("running"))
        .join(last, last.c.key == d.key)
        .outerjoin(active, active.c.definition_id == d.id)
        .where((active.c.n > 0) | (d.version == last.c.version) | (d.state == "published"))
    )
    return list(conn.execute(query.order_by(d.key, desc(d.version))))


def recent(conn: Connection, definitions: Collection[str], limit: int) -> list[Row[Any]]:
    """The newest instances of some definitions: id, definition, business key, choice, start."""
    i = t.instance.c
    query = select(i.id, i.definition_id, i.business_key, i.choice, i.started_at)
    query = query.where(i.definition_id.in_(definitions)).order_by(desc(i.started_at), desc(i.id)).limit(limit)
    return list(conn.execute(query)) if definitions else []


def decided(conn: Connection, instances: Collection[str], limit: int) -> list[Row[Any]]:
    """The newest business rule tasks of some instances, with what was kept of the decision."""
    a = t.activity.c
    query = select(a.id, a.instance_id, a.name, a.element_id, a.ended_at, a.detail)
    query = query.where(a.instance_id.in_(instances), a.kind == "businessRuleTask", a.detail.is_not(None))
    return list(conn.execute(query.order_by(desc(a.id)).limit(limit))) if instances else []
