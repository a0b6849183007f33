"""The inbox: one statement for a page of tasks, one for its counts, whatever the number of tasks.

"Claimable" goes through ``task_candidate``'s primary key, so the cost follows a person's teams, not the table.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, func, literal, or_, select, union_all

from engine.i18n import DEFAULT
from engine.store import tables as t
from engine.store.queries import contains, paged

CAP = 1000  # counts above this are not told apart
#: Stands for "no due date" in the order: after every date there is.
NEVER = datetime.fromisoformat("9999-12-31T00:00:00+00:00")

_OWN, _TITLE = t.label.alias("own"), t.label.alias("title")  # a task's and its definition's translated names


def page(
    conn: Connection,
    *,
    box: str,
    login: str,
    candidacies: Collection[str],
    wanted: Mapping[str, Any],
    limit: int,
    cursor: str | None,
    locale: str = DEFAULT,
) -> tuple[list[Row[Any]], str | None]:
    """Tasks due first, then by priority, then by age. ``wanted``: instance_id, definition_key, search, due_before."""
    c = t.task.c
    query = task_rows(locale).where(_box(box, login, candidacies))
    if wanted.get("instance_id"):
        query = query.where(c.instance_id == wanted["instance_id"])
    if wanted.get("definition_key"):
        query = query.where(t.definition.c.key == wanted["definition_key"])
    if wanted.get("due_before"):
        query = query.where(c.due_at < wanted["due_before"])
    if wanted.get("search"):
        text = wanted["search"]
        read = [c.name, c.business_key, c.subject] + ([] if locale == DEFAULT else [_OWN.c.text])
        query = query.where(or_(*(contains(column, text) for column in read)))
    keys = [func.coalesce(c.due_at, literal(NEVER, c.due_at.type), type_=c.due_at.type), 100 - c.priority, c.id]
    return paged(conn, query, keys, limit, cursor, down=False)


def task_rows(locale: str = DEFAULT) -> Select[Any]:
    """Tasks with their definition, the next deadline that hangs on them, and names in the reader's language."""
    d, m = t.deadline.c, t.definition.c
    following = select(func.min(d.due_at, type_=d.due_at.type)).where(d.task_id == t.task.c.id).correlate(t.task)
    query = select(
        t.task,
        m.key.label("definition_key"),
        m.name.label("definition_name"),
        following.scalar_subquery().label("next_deadline_at"),
    ).join_from(t.task, t.definition, m.id == t.task.c.definition_id)
    if locale == DEFAULT:
        return query
    for label, element in ((_OWN, t.task.c.element_id), (_TITLE, m.key)):
        same = and_(label.c.definition_id == m.id, label.c.locale == locale, label.c.element_id == element)
        query = query.outerjoin(label, same)
    return query.add_columns(_OWN.c.text.label("told_name"), _TITLE.c.text.label("told_title"))


def one(conn: Connection, task_id: str, locale: str = DEFAULT) -> Row[Any] | None:
    """One open task as a list shows it."""
    return conn.execute(task_rows(locale).where(t.task.c.id == task_id)).one_or_none()


def of_instance(conn: Connection, instance_id: str, locale: str = DEFAULT) -> list[Row[Any]]:
    """The open tasks of an instance, oldest first."""
    return list(conn.execute(task_rows(locale).where(t.task.c.instance_id == instance_id).order_by(t.task.c.id)))


def counts(
    conn: Connection, login: str, candidacies: Collection[str], now: datetime, everything: bool
) -> dict[str, int]:
    """Numbers per box and of my overdue ones, each counted to ``CAP`` at most: one statement."""
    c = t.task.c
    mine = _box("mine", login, candidacies)
    boxes: dict[str, ColumnElement[bool]] = {
        "mine": mine,
        "teams": _box("teams", login, candidacies),
        "overdue": and_(mine, c.due_at < now),
    }
    if everything:
        boxes["all"] = literal(True)
    parts = []
    for name, condition in boxes.items():
        some = select(c.id).where(condition).limit(CAP).subquery()
        parts.append(select(literal(name).label("box"), func.count().label("n")).select_from(some))
    found = {name: int(number) for name, number in conn.execute(union_all(*parts))}
    return {"all": 0, **found} if everything else found


def _box(box: str, login: str, candidacies: Collection[str]) -> ColumnElement[bool]:
    """Which tasks a box holds: mine, teams (claimable), all, or visible (mine and claimable)."""
    c, k = t.task.c, t.task_candidate.c
    if box == "mine":
        return c.assignee == login
    claimable = and_(c.assignee.is_(None), c.id.in_(select(k.task_id).where(k.candidate.in_(sorted(candidacies)))))
    if box == "teams":
        return claimable
    if box == "visible":
        return or_(c.assignee == login, claimable)
    return literal(True)
