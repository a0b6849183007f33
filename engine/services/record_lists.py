"""Lists of records: by kind, state, owner, link, and by words (also two Chinese characters) on both databases."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select

from engine.domain.access import Right, ensure
from engine.domain.matching import query_words
from engine.domain.questions import ListRecords
from engine.domain.values import Page, RecordRow
from engine.services.context import Context
from engine.services.records import row_from
from engine.services.registry import answers
from engine.services.sight import veiled, within
from engine.store.queries import paged
from engine.store.tables import record, record_link, record_word


@answers(ListRecords)
def list_records(ctx: Context, ask: ListRecords) -> Page[RecordRow]:
    """Last changed first; two statements whatever the number of records."""
    ensure(ask.by, Right.RECORD_READ)
    query = _filtered(ctx, ask)
    total = ctx.conn.scalar(select(func.count()).select_from(query.limit(1000).subquery())) or 0
    rows, following = paged(ctx.conn, query, [record.c.changed_at, record.c.id], ask.limit, ask.cursor, down=True)
    found = tuple(veiled(ctx, row_from(row._mapping), ask.by) for row in rows)
    return Page(found, next=following, total=min(total, 999), more=total > 999)


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
