"""Saved filters (one's own, and those shared with one's teams), the inbox's columns, and what one has done."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import delete, insert, null, or_, select, union_all, update

from engine.domain.access import Right, ensure
from engine.domain.desk import (
    ChooseColumns,
    DoneRow,
    DropFilter,
    FilterRow,
    GetColumns,
    GetLayout,
    Layout,
    ListDone,
    ListFilters,
    SaveFilter,
)
from engine.domain.errors import Forbidden, Invalid, NotFound
from engine.domain.filters import COLOURS, COLUMNS, Wanted
from engine.domain.questions import CountFilters
from engine.domain.values import Page
from engine.i18n import DEFAULT, language
from engine.services.context import Context
from engine.services.inbox import count_filters
from engine.services.registry import answers, handles
from engine.store import tables as t
from engine.store.queries import paged
from engine.store.tables_inbox import preference, saved_filter

_MOST = 50  # filters of one's own
_ROOM = "inbox"
_FIRST = ("flow", "assignee")  # columns before one chooses


@handles(SaveFilter)
def save_filter(ctx: Context, cmd: SaveFilter) -> FilterRow:
    """Only the owner changes a filter; a team's member shares one with the team."""
    ensure(cmd.by, Right.TASK_WORK)
    cmd.wanted.check()
    name = cmd.name.strip()[:80]
    if not name or cmd.colour not in COLOURS:
        raise Invalid("CRM-081", "A filter has a name and a colour.", fix=f"Colours: {', '.join(COLOURS)}.")
    if cmd.team is not None and cmd.team not in cmd.by.teams and Right.PEOPLE_MANAGE not in cmd.by.rights:
        raise Forbidden("CRM-316", f"'{cmd.by.id}' is not in team '{cmd.team}'.", fix="Share it with a team of yours.")
    f = saved_filter.c
    values = {"name": name, "colour": cmd.colour, "team": cmd.team, "wanted": cmd.wanted.plain(), "at": ctx.now}
    if cmd.id is None:
        if len(ctx.conn.execute(select(f.id).where(f.owner == cmd.by.id).limit(_MOST)).all()) >= _MOST:
            raise Invalid("CRM-081", f"You have {_MOST} filters already.", fix="Remove one.")
        filter_id = ctx.new_id()
        ctx.conn.execute(insert(saved_filter), [{"id": filter_id, "owner": cmd.by.id, **values}])
    else:
        filter_id = cmd.id
        change = update(saved_filter).where(f.id == cmd.id, f.owner == cmd.by.id)
        if ctx.conn.execute(change.values(values)).rowcount != 1:
            raise _unknown(cmd.id)
    return FilterRow(filter_id, name, cmd.colour, cmd.by.id, cmd.team, cmd.wanted)


@handles(DropFilter)
def drop_filter(ctx: Context, cmd: DropFilter) -> None:
    f = saved_filter.c
    if ctx.conn.execute(delete(saved_filter).where(f.id == cmd.id, f.owner == cmd.by.id)).rowcount != 1:
        raise _unknown(cmd.id)


@answers(ListFilters)
def list_filters(ctx: Context, ask: ListFilters) -> tuple[FilterRow, ...]:
    """Oldest first, so that places do not change; the counts are the reader's own."""
    rows = get_layout(ctx, GetLayout(ask.by)).filters
    numbers = count_filters(ctx, CountFilters(ask.by, tuple(row.wanted for row in rows)))
    return tuple(replace(row, count=number) for row, number in zip(rows, numbers, strict=True))


@answers(GetLayout)
def get_layout(ctx: Context, ask: GetLayout) -> Layout:
    f, p = saved_filter.c, preference.c
    told = (f.id, f.name, f.colour, f.owner, f.team, f.wanted)
    mine = select(*told).where(or_(f.owner == ask.by.id, f.team.in_(sorted(ask.by.teams)))).order_by(f.id).limit(_MOST)
    chosen = select(*(null().label(column.name) for column in told[:-1]), p.choice.label(f.wanted.name))
    both: Any = union_all(mine.subquery().select(), chosen.where(p.login == ask.by.id, p.room == _ROOM))
    columns: tuple[str, ...] = _FIRST
    filters = []
    for row in ctx.conn.execute(both):
        if row.id is None:
            columns = tuple(row.wanted["columns"])
        else:
            filters.append(FilterRow(row.id, row.name, row.colour, row.owner, row.team, Wanted.of(row.wanted)))
    return Layout(columns, tuple(filters))


@handles(ChooseColumns)
def choose_columns(ctx: Context, cmd: ChooseColumns) -> tuple[str, ...]:
    chosen = tuple(name for name in COLUMNS if name in cmd.columns)
    if len(chosen) != len(set(cmd.columns)):
        raise Invalid("CRM-081", "There is no such column.", fix=f"Choose of: {', '.join(COLUMNS)}.")
    p = preference.c
    ctx.conn.execute(delete(preference).where(p.login == cmd.by.id, p.room == _ROOM))
    ctx.conn.execute(insert(preference), [{"login": cmd.by.id, "room": _ROOM, "choice": {"columns": chosen}}])
    return chosen


@answers(GetColumns)
def get_columns(ctx: Context, ask: GetColumns) -> tuple[str, ...]:
    return get_layout(ctx, GetLayout(ask.by)).columns


@answers(ListDone)
def list_done(ctx: Context, ask: ListDone) -> Page[DoneRow]:
    """One's own completed tasks, newest first; one statement over what one has done."""
    ensure(ask.by, Right.TASK_WORK)
    a, i, m = t.activity.c, t.instance.c, t.definition.c
    query = (
        select(a.id, a.task_id, a.instance_id, a.name, a.element_id, a.ended_at, i.business_key, i.definition_id)
        .add_columns(m.name.label("flow"), m.key)
        .join_from(t.activity, t.instance, i.id == a.instance_id)
        .join(t.definition, m.id == i.definition_id)
        .where(a.by == ask.by.id, a.task_id.is_not(None), a.state == "completed")
    )
    rows, following = paged(ctx.conn, query, [a.id], ask.limit, ask.cursor, down=True)
    locale = language(ask.by.locale)
    return Page(tuple(_done(ctx, row, locale) for row in rows), following)


def _done(ctx: Context, row: Any, locale: str) -> DoneRow:
    name, flow = row.name, row.flow
    if locale != DEFAULT:
        loaded = ctx.library.load(ctx.conn, row.definition_id)
        name, flow = loaded.text(row.element_id, name, locale, row.key), loaded.text(row.key, flow, locale, row.key)
    return DoneRow(row.task_id, row.instance_id, name, flow, row.business_key, row.ended_at)


def _unknown(filter_id: str) -> NotFound:
    return NotFound("CRM-424", f"You have no filter '{filter_id}'.", fix="Load the inbox again.")
