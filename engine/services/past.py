"""The data of any time: what each step changed, folded together; and how it is told.

A step writes the variables it changed into its last row of history (``activity.data``), each value with its type.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select

from engine.bpmn import codec
from engine.bpmn.runtime_operate import entered, target
from engine.domain.access import Right, ensure
from engine.domain.errors import Invalid, NotFound
from engine.domain.operating import Edit, ListEdits, ListPlaces, Place
from engine.i18n import language
from engine.services.context import Context
from engine.services.edges import outward
from engine.services.flow import GONE, runtime
from engine.services.registry import answers
from engine.store import queries, tables as t
from engine.store.apply import EDIT

_A = t.activity.c
MOST = 500  # rows told at once


def data_at(ctx: Context, instance_id: str, at: datetime | None = None, before: int | None = None) -> dict[str, Any]:
    """The process's variables as they were at a time (before a row of history), or as they are last known."""
    query = select(_A.data).where(_A.instance_id == instance_id, _A.data.is_not(None)).order_by(_A.id)
    if at is not None:
        query = query.where(_A.ended_at <= at)
    if before is not None:
        query = query.where(_A.id < before)
    return folded(codec.load_data(bytes(row.data)) for row in ctx.conn.execute(query))


def folded(changes: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Variables from what each step changed."""
    data: dict[str, Any] = {}
    for change in changes:
        for name, value in change.items():
            if name == GONE:
                for gone in value:
                    data.pop(gone, None)
            else:
                data[name] = value
    return data


def data_then(ctx: Context, instance_id: str, element: str) -> dict[str, Any]:
    """The variables when the element was last begun. Raises ``NotFound`` CRM-408 if it never was."""
    query = select(_A.id, _A.started_at).where(_A.instance_id == instance_id, _A.element_id == element)
    row = ctx.conn.execute(query.order_by(_A.id.desc()).limit(1)).one_or_none()
    if row is not None:
        return data_at(ctx, instance_id, row.started_at, row.id)
    task = t.task.c
    open_ = select(task.created_at).where(task.instance_id == instance_id, task.element_id == element)
    since = ctx.conn.scalar(open_.limit(1))
    if since is None:
        raise NotFound(
            "CRM-408",
            f"History does not know '{element}' of this case, so there is no data of that time.",
            fix="Take the present data, or an element that has been reached.",
        )
    return data_at(ctx, instance_id, since)


#: No row has a larger number; databases refuse to compare with one.
_LARGEST = 2**63 - 1


def edited(ctx: Context, instance_id: str, edit_id: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a change by hand found and what it left, with types. Raises ``NotFound`` CRM-430 if there is none."""
    query = select(t.activity).where(_A.instance_id == instance_id, _A.id == edit_id, _A.kind == EDIT)
    row = ctx.conn.execute(query).one_or_none() if edit_id <= _LARGEST else None
    if row is None or not row.detail or row.data is None:
        raise NotFound("CRM-430", f"There is no change of data '{edit_id}'.", fix="Reload: it may be gone.")
    before = data_at(ctx, instance_id, before=edit_id)
    after = folded([before, codec.load_data(bytes(row.data))])
    was = {name: before[name] for name in row.detail["before"] if name in before}
    return was, {name: after[name] for name in row.detail["after"] if name in after}


@answers(ListPlaces)
def list_places(ctx: Context, ask: ListPlaces) -> tuple[Place, ...]:
    """The elements of the flow (and of those it calls): where something is open, where one can go."""
    ensure(ask.by, Right.INSTANCE_READ)
    row = queries.instance(ctx.conn, ask.instance_id)
    state = queries.instance_state(ctx.conn, ask.instance_id)
    if row is None or state is None:
        raise NotFound("CRM-402", f"There is no instance '{ask.instance_id}'.", fix="Look it up in the list.")
    loaded = ctx.library.load(ctx.conn, row.definition_id)
    here: set[str] = set()
    if state.blob is not None:
        here = set(runtime(ctx, loaded).resume(loaded.process, state.blob, ctx.now).at())
    known = set(ctx.conn.scalars(select(_A.element_id).where(_A.instance_id == ask.instance_id).distinct()))
    locale = language(ask.by.locale)
    found: dict[str, Place] = {}
    for key, info in loaded.infos.items():
        for element, drawn in info["elements"].items():
            place = Place(
                element_id=element,
                name=loaded.text(element, drawn["name"], locale, key) or element,
                kind=drawn["kind"],
                here=element in here,
                reached=element in known or element in here,
                open=_is_open(loaded.process, element),
            )
            if place.open or place.here:
                found.setdefault(element, place)
    return tuple(found.values())


def _is_open(process: Any, element: str) -> bool:
    try:
        return entered(process, target(process, element))
    except Invalid:
        return False


@answers(ListEdits)
def list_edits(ctx: Context, ask: ListEdits) -> tuple[Edit, ...]:
    """How the variables came about: each step that changed some, newest first."""
    ensure(ask.by, Right.INSTANCE_READ)
    instance = queries.instance(ctx.conn, ask.instance_id)
    if instance is None:
        raise NotFound("CRM-402", f"There is no instance '{ask.instance_id}'.", fix="Look it up in the list.")
    loaded, locale = ctx.library.load(ctx.conn, instance.definition_id), language(ask.by.locale)
    keys = {definition: key for key, definition in loaded.pinned.items()}
    query = select(t.activity).where(_A.instance_id == ask.instance_id, _A.data.is_not(None)).order_by(_A.id)
    told: list[Edit] = []
    data: dict[str, Any] = {}
    for row in ctx.conn.execute(query):
        change = codec.load_data(bytes(row.data))
        after = folded([data, change])
        names = {*change, *change.get(GONE, ())} - {GONE}
        told.append(
            Edit(
                at=row.ended_at,
                by=row.by,
                element_id=row.element_id,
                name=loaded.text(row.element_id, row.name, locale, keys.get(row.definition_id or loaded.id, "")),
                kind=row.kind,
                after={name: outward(after.get(name)) for name in sorted(names)},
                before={name: outward(data.get(name)) for name in sorted(names) if name in data},
                id=row.id,
            )
        )
        data = after
    return tuple(reversed(told))[: min(ask.limit, MOST)]
