"""Questions about a definition's picture: the XML to draw, and the heat over all its instances."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, Table, func, literal, select, union_all

from engine.domain.access import Right, ensure
from engine.domain.errors import NotFound
from engine.domain.questions import GetDrawing, GetHeat
from engine.domain.states import ActivityState
from engine.domain.values import ElementMark
from engine.i18n import DEFAULT, language
from engine.model import layout
from engine.model.xml import BPMN, local, read, write
from engine.services.context import Context
from engine.services.registry import answers
from engine.store import models, tables as t


@answers(GetDrawing)
def get_drawing(ctx: Context, ask: GetDrawing) -> bytes:
    """The XML with a diagram in it and with the names that the reader's language has for its elements."""
    ensure(ask.by, Right.MODEL_READ)
    xml = bytes(_row(ctx, ask.definition_id).xml)
    drawn = xml if layout.has_diagram(xml) else layout.lay_out(xml)
    locale = language(ask.by.locale)
    texts = {} if locale == DEFAULT else models.labels(ctx.conn, [ask.definition_id])
    wanted = texts.get(ask.definition_id, {}).get(locale)
    return _named(drawn, wanted) if wanted else drawn


def _named(xml: bytes, texts: Mapping[str, str]) -> bytes:
    """The model with other names; annotations carry theirs in a child."""
    root = read(xml)
    for element in root.iter(f"{{{BPMN}}}*"):
        text = texts.get(element.get("id", ""))
        if text is None:
            continue
        if local(element) == "textAnnotation":
            child = element.find(f"{{{BPMN}}}text")
            if child is not None:
                child.text = text
        else:
            element.set("name", text)
    return write(root)


@answers(GetHeat)
def get_heat(ctx: Context, ask: GetHeat) -> tuple[ElementMark, ...]:
    """Where tokens wait, how often each element ran, what failed: one statement over all instances of this version.

    A token counts where it waits for a person, a time, a message or a job; steps inside a called flow count in
    that flow's own drawing.
    """
    ensure(ask.by, Right.MODEL_READ)
    row = _row(ctx, ask.definition_id)
    a = t.activity
    drawn = func.coalesce(a.c.definition_id, t.instance.c.definition_id) == row.id
    own = t.instance.c.definition_id == row.id
    heat = union_all(
        _counted(t.task, "active", t.task.c.definition_id == row.id),
        _counted(t.deadline, "active", own & t.deadline.c.attached_to.is_(None)),
        _counted(t.subscription, "active", own),
        _counted(t.job, "active", own),
        _counted(t.incident, "incidents", own),
        _counted(a, "completed", drawn & (a.c.state == ActivityState.COMPLETED.value)),
    )
    counts: dict[str, Counter[str]] = {}
    for element, what, number in ctx.conn.execute(heat):
        if element:
            counts.setdefault(element, Counter())[what] += number
    return tuple(
        ElementMark(element, row.key, found["active"], found["completed"], found["incidents"])
        for element, found in counts.items()
    )


def _counted(table: Table, what: str, where: ColumnElement[bool]) -> Select[Any]:
    """Rows of a table per element."""
    element = table.c.element_id
    joined = select(element, literal(what), func.count()).join(t.instance, t.instance.c.id == table.c.instance_id)
    return joined.where(where).group_by(element)


def _row(ctx: Context, definition_id: str) -> Row[Any]:
    row = models.definition(ctx.conn, definition_id)
    if row is None:
        raise NotFound("CRM-401", f"There is no definition '{definition_id}'.", fix="Look it up in the list.")
    return row
