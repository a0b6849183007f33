"""Lists of records: by kind, state, owner, link, and by words (also two Chinese characters) on both databases."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from engine.domain.access import Right, ensure
from engine.domain.errors import Invalid
from engine.domain.matching import query_words
from engine.domain.questions import ListRecords
from engine.domain.values import Page, RecordRow
from engine.services.context import Context
from engine.services.records import row_from
from engine.services.registry import answers
from engine.services.sight import veiled, within
from engine.store.tables import record, record_link, record_word


@answers(ListRecords)
def list_records(ctx: Context, ask: ListRecords) -> Page[RecordRow]:
    """Last changed first; two statements whatever the number of records."""
    ensure(ask.by, Right.RECORD_READ)
    query = _filtered(ctx, ask)
    total = ctx.conn.scalar(select(func.count()).select_from(query.limit(1000).subquery())) or 0
    if ask.cursor is not None:
        at, record_id = _opened(ask.cursor)
        later = and_(record.c.changed_at == at, record.c.id < record_id)
        query = query.where(or_(record.c.changed_at < at, later))
    query = query.order_by(record.c.changed_at.desc(), record.c.id.desc()).limit(ask.limit + 1)
    found = ctx.conn.execute(query).mappings().all()
    rows = tuple(veiled(ctx, row_from(row), ask.by) for row in found[: ask.limit])
    more = f"{rows[-1].changed_at.isoformat()}~{rows[-1].id}" if len(found) > ask.limit else None
    return Page(rows, next=more, total=min(total, 999), more=total > 999)


def _filtered(ctx: Context, ask: ListRecords) -> Select[Any]:
    query = select(record)
    condition = within(ctx, ask.by)
    if condition is not None:
        query = query.where(condition)
    for column, value in ((record.c.kind, ask.kind), (record.c.state, ask.state), (record.c.owner, ask.owner)):
        if value is not None:
            query = query.where(column == value)
    if ask.linked_to is not None:
        to = select(record_link.c.from_id).where(record_link.c.to_id == ask.linked_to)
        back = select(record_link.c.to_id).where(record_link.c.from_id == ask.linked_to)
        query = query.where(or_(record.c.id.in_(to), record.c.id.in_(back)))
    exact, begins = query_words(ask.search)
    for word in exact:
        query = query.where(_has(record_word.c.word == word))
    for word in begins:
        query = query.where(_has(_begins(ctx, word)))
    return query


def _has(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return record.c.id.in_(select(record_word.c.record_id).where(condition))


def _begins(ctx: Context, word: str) -> ColumnElement[bool]:
    """The words that begin so. SQLite's GLOB uses the index, its LIKE cannot; words hold neither * nor ?."""
    if ctx.dialect == "sqlite":
        return record_word.c.word.op("GLOB")(f"{word}*")
    return record_word.c.word.startswith(word, autoescape=True)


def _opened(cursor: str) -> tuple[datetime, str]:
    try:
        at, _, record_id = cursor.partition("~")
        return datetime.fromisoformat(at), record_id
    except ValueError:
        raise Invalid("CRM-023", "The cursor is not one of ours.", fix="Start at the first page.") from None
