"""Names in the reader's language for lists over many cases, where no definition is loaded for its rows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sqlalchemy import select

from engine.domain.access import Actor
from engine.domain.questions import FlowNames
from engine.i18n import DEFAULT, language
from engine.services.context import Context
from engine.services.registry import answers
from engine.store import models
from engine.store.tables import definition, instance, label

Spoken = Mapping[tuple[str, str], str]  # (instance id, element id or the flow's key) → text


@answers(FlowNames)
def flow_names(ctx: Context, ask: FlowNames) -> Mapping[str, str]:
    """The newest version's name of each flow: two statements for any number."""
    rows, locale = models.latest(ctx.conn), language(ask.by.locale)
    drawn = {row.key: row.name for row in rows}
    if locale == DEFAULT:
        return drawn
    said = label.c
    query = select(definition.c.key, said.text).join_from(label, definition, definition.c.id == said.definition_id)
    newest = [row.id for row in rows]
    query = query.where(said.definition_id.in_(newest), said.locale == locale, said.element_id == definition.c.key)
    return {**drawn, **{row.key: row.text for row in ctx.conn.execute(query)}}


def spoken(ctx: Context, by: Actor, wanted: Iterable[tuple[str | None, str | None]]) -> Spoken:
    """Texts of elements (or flows, by their key) of instances, the called flows' too: two statements."""
    return spoken_in(ctx, by.locale, wanted)


def spoken_in(ctx: Context, of: str | None, wanted: Iterable[tuple[str | None, str | None]]) -> Spoken:
    """``spoken`` in the language of a locale."""
    asked = {(case, element) for case, element in wanted if case and element}
    locale = language(of)
    if locale == DEFAULT or not asked:
        return {}
    i, d = instance.c, definition.c
    cases = select(i.id, d.id.label("own"), d.pins).join_from(instance, definition, d.id == i.definition_id)
    found = ctx.conn.execute(cases.where(i.id.in_(sorted({case for case, _ in asked})))).all()
    # A called flow's elements run in the case of the flow that calls it: its own texts come first.
    places = {row.id: (row.own, *row.pins["calls"].values()) for row in found}
    texts = _texts(ctx, {place for each in places.values() for place in each}, {name for _, name in asked}, locale)
    shown = {}
    for case, element in asked:
        text = next((texts[at, element] for at in places.get(case, ()) if (at, element) in texts), None)
        if text is not None:
            shown[case, element] = text
    return shown


def _texts(
    ctx: Context, definitions: Collection[str], elements: Collection[str], locale: str
) -> dict[tuple[str, str], Any]:
    said = label.c
    query = select(said.definition_id, said.element_id, said.text).where(said.locale == locale)
    query = query.where(said.definition_id.in_(sorted(definitions)), said.element_id.in_(sorted(elements)))
    return {(row.definition_id, row.element_id): row.text for row in ctx.conn.execute(query)}


def called(ctx: Context, task: Any, locale: str | None) -> str:
    """What a task (a row or a ``TaskLock``) is called in somebody's language, as it is labelled where it is drawn."""
    drawn = ctx.library.load(ctx.conn, task.definition_id)
    return drawn.text(task.element_id, task.name, language(locale))
