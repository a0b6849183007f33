"""Service task types ``crmflow:record.*``: create, change, find and link records inside the command's transaction.

Inputs are FEEL values of the model's input mappings; a record is a record variable (``= lead``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from engine.domain.access import SYSTEM, Actor
from engine.domain.errors import RunError
from engine.domain.matching import match_values
from engine.domain.values import RecordRef, ServiceCall
from engine.services import records
from engine.services.context import Context
from engine.services.kinds import kind_of
from engine.services.registry import transactional
from engine.store.tables import record, record_match


def actor(ctx: Context) -> Actor:
    """Who gave the command that runs this instance; a timer's work is the engine's own."""
    return ctx.current.by if ctx.current is not None else SYSTEM


def needed(call: ServiceCall, name: str, kind: type | tuple[type, ...]) -> Any:
    """An input that must be there; raises ``RunError`` CRM-650 naming the element and the input."""
    value = call.input.get(name)
    if not isinstance(value, kind):
        what = "is missing" if value is None else "has the wrong type"
        raise RunError(
            "CRM-650",
            f"Input '{name}' of '{call.name or call.element_id}' ({call.type}) {what}.",
            fix="Mend the input mapping of the service task, or the variable it reads; then retry.",
            element=call.element_id,
        )
    return value


def optional(call: ServiceCall, name: str, kind: type | tuple[type, ...]) -> Any:
    """An input that may be null or left out."""
    return None if call.input.get(name) is None else needed(call, name, kind)


def _links(call: ServiceCall) -> dict[str, str]:
    """``links``: relation → record; null ones are left out."""
    given = optional(call, "links", Mapping) or {}
    return {relation: to.id for relation, to in given.items() if isinstance(to, RecordRef)}


@transactional("crmflow:record.create")
def create(ctx: Context, call: ServiceCall) -> Mapping[str, Any]:
    """Inputs: kind, data, owner, links {relation: record}, copy (a record whose fields of the same name are taken).

    Result: ``record``.
    """
    kind = kind_of(ctx.packs, needed(call, "kind", str))
    data: dict[str, Any] = {}
    source = optional(call, "copy", RecordRef)
    if source is not None:
        held = records.data_of(ctx, source)
        data = {f.key: held[f.key] for f in kind.fields if f.key in held and f.formula is None}
    data |= optional(call, "data", Mapping) or {}
    owner = optional(call, "owner", str)
    return {"record": records.create(ctx, kind.key, data, actor(ctx), owner=owner, links=_links(call))}


@transactional("crmflow:record.ensure")
def ensure(ctx: Context, call: ServiceCall) -> Mapping[str, Any]:
    """The record that these data match (mail, telephone, name), else a new one.  # A3

    Inputs: kind, data, owner, links. Result: ``record``, ``created``. A match keeps its data and gets missing links.
    """
    found = find(ctx, call)["found"]
    if found is None:
        return {**create(ctx, call), "created": True}
    held = {one.relation for one in records.row_of(ctx, found.id).links if not one.inbound}
    records.link(ctx, found, {k: v for k, v in _links(call).items() if k not in held})
    return {"record": found, "created": False}


@transactional("crmflow:record.update")
def update(ctx: Context, call: ServiceCall) -> Mapping[str, Any]:
    """Inputs: record, data (fields and ``state``), owner, links. Result: ``changed``."""
    ref = needed(call, "record", RecordRef)
    data = optional(call, "data", Mapping) or {}
    changed = records.change(ctx, ref, data, actor(ctx), owner=optional(call, "owner", str), links=_links(call))
    return {"changed": changed}


@transactional("crmflow:record.link")
def link(ctx: Context, call: ServiceCall) -> Mapping[str, Any]:
    """Inputs: record, relation, to (a record). Result: nothing."""
    to = needed(call, "to", RecordRef)
    records.link(ctx, needed(call, "record", RecordRef), {needed(call, "relation", str): to.id})
    return {}


@transactional("crmflow:record.find")
def find(ctx: Context, call: ServiceCall) -> Mapping[str, Any]:
    """Is this mail, telephone or name known? Inputs: kind, and ``like`` (a record) or ``data``; ``not`` (states).

    Result: ``found`` (the oldest match, or null), ``how`` (mail, phone, name), ``count``.  # C13
    """
    kind = kind_of(ctx.packs, needed(call, "kind", str))
    like = optional(call, "like", RecordRef)
    data = records.data_of(ctx, like) if like is not None else needed(call, "data", Mapping)
    data = {name: value for name, value in data.items() if isinstance(value, str)}
    refused = optional(call, "not", list) or []
    values = match_values(kind, data)
    query = (
        select(record.c.id, record_match.c.value)
        .join_from(record_match, record, record.c.id == record_match.c.record_id)
        .where(record_match.c.value.in_(values), record.c.kind == kind.key)
        .order_by(record.c.created_at, record.c.id)
        .limit(50)
    )
    if like is not None:
        query = query.where(record.c.id != like.id)
    if refused:
        query = query.where(record.c.state.not_in(refused))
    found = ctx.conn.execute(query).all() if values else []
    if not found:
        return {"found": None, "how": None, "count": 0}
    ref = RecordRef(kind.key, found[0].id)
    return {"found": ref, "how": found[0].value.partition(":")[0], "count": len({row.id for row in found})}
