"""The inbox: one statement for a page of tasks, one for its counts, whatever the number of tasks.

Who may see what is part of the statement. A page is the union of short index ranges: one over the person's own tasks
and one per candidacy (``task_candidate`` holds copies of the task's sort keys), each read no further than the page.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Select, and_, bindparam, func, select, tuple_, union
from sqlalchemy.sql.elements import ColumnElement

from engine.domain.filters import ensure_box
from engine.i18n import DEFAULT
from engine.store import tables as t
from engine.store.inbox_where import Seen, holds, of_candidacy, of_task, searches, values_of
from engine.store.naming import SEARCHED
from engine.store.prepared import Prepared
from engine.store.queries import MOST, seal, unseal
from engine.store.tables_inbox import follow

CAP = 1000  # counts above 999 are not told apart
_OWN, _TITLE = t.label.alias("own"), t.label.alias("title")  # a task's and its definition's translated names
_MANY = 200  # candidacies that get a range each; beyond, one range over all of them
_ORDERS = {"due": ("breach_at", "rank", "id"), "priority": ("rank", "breach_at", "id"), "newest": ("id",)}
_KINDS = {"breach_at": t.task.c.breach_at.type, "rank": t.task.c.rank.type, "id": t.task.c.id.type}


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
    sort: str = "due",
) -> tuple[list[Any], str | None]:
    """Tasks of a box and the cursor of the next page. ``wanted``: as ``inbox_where.CONDITIONS``, None = any.

    ``box`` "following" shows what the person follows, "all" everything: whether they may is the caller's matter.
    """
    limit = max(1, min(limit, MOST))
    who = sorted(candidacies)
    names, values = values_of(wanted)
    order = _ORDERS[sort]
    plan = _page(box, len(who), names, sort, cursor is not None, locale)
    params: dict[str, Any] = {"login": login, "most": limit + 1, **values, **_numbered("who", who)}
    if cursor is not None:
        marks = unseal(cursor, [_KINDS[name].python_type for name in order])
        params |= {f"after_{name}": value for name, value in zip(order, marks, strict=True)}
    rows = [_row(locale)(*row) for row in plan.rows(conn, **params)]
    more = len(rows) > limit
    rows = rows[:limit]
    return rows, seal([getattr(rows[-1], name) for name in order]) if more else None


@lru_cache(maxsize=512)
def _page(box: str, many: int, names: tuple[tuple[str, int], ...], sort: str, later: bool, locale: str) -> Prepared:
    order = _ORDERS[sort]
    down = sort == "newest"
    ranges = [_cut(seen, names, order, down, later) for seen in _ranges(box, many)]
    if len(ranges) == 1:
        picked = ranges[0].cte("picked")
    else:
        # Each range is cut by itself (a sub-select, as SQLite wants it); the same task may be in several.
        parts = [select(part.subquery(f"part{n}")) for n, part in enumerate(ranges)]
        picked = union(*parts).cte("picked")
    sorting = [picked.c[name].desc() if down else picked.c[name] for name in order]
    chosen = select(picked.c.id).order_by(*sorting).limit(bindparam("most")).cte("chosen")
    query = task_rows(locale).join(chosen, chosen.c.id == t.task.c.id)
    query = query.order_by(*(t.task.c[name].desc() if down else t.task.c[name] for name in order))
    return Prepared(query, anew=searches(names))


def _cut(seen: Seen, names: tuple[tuple[str, int], ...], order: Sequence[str], down: bool, later: bool) -> Select[Any]:
    """One range in the page's order, no longer than the page."""
    keys = [seen.columns[name] for name in order]
    query = select(*(seen.columns[name].label(name) for name in ("id", "breach_at", "rank"))).where(seen.rights)
    query = seen.joined(query, names).where(*holds(seen, names))
    if later:
        query = query.where(_after(keys, order, down))
    return query.order_by(*(key.desc() if down else key for key in keys)).limit(bindparam("most"))


def _after(keys: Sequence[ColumnElement[Any]], order: Sequence[str], down: bool) -> ColumnElement[bool]:
    marks = tuple_(*(bindparam(f"after_{name}", type_=_KINDS[name]) for name in order))
    return tuple_(*keys) < marks if down else tuple_(*keys) > marks


def _ranges(box: str, many: int) -> list[Seen]:
    """The ranges that make up a box; their right to be seen is their first condition."""
    ensure_box(box)
    c, k = t.task.c, t.task_candidate.c
    if box == "all":
        return [of_task()]
    if box == "following":
        mine = select(follow.c.instance_id).where(follow.c.login == bindparam("login"))
        return [of_task(c.instance_id.in_(mine))]
    own = of_task(c.assignee == bindparam("login"))
    if box in ("mine", "later"):
        return [own]
    if box == "delegated":
        return [of_task(and_(c.assignee == bindparam("login"), c.delegated_by.is_not(None)))]
    marks = [bindparam(f"who_{n}", type_=k.candidate.type) for n in range(many)]
    each = [k.candidate.in_(marks)] if many > _MANY else [k.candidate == mark for mark in marks]
    claimable = [of_candidacy(and_(one, k.free)) for one in each]
    return [own, *claimable] if box == "visible" else claimable


def task_rows(locale: str = DEFAULT) -> Select[Any]:
    """Tasks with their definition, the next deadline that hangs on them, and names in the reader's language."""
    d, m = t.deadline.c, t.definition.c
    following = select(func.min(d.due_at, type_=d.due_at.type)).where(d.task_id == t.task.c.id).correlate(t.task)
    query = select(
        *(column for column in t.task.c if column.key not in SEARCHED),
        m.key.label("definition_key"),
        m.name.label("definition_name"),
        following.scalar_subquery().label("next_deadline_at"),
    ).join_from(t.task, t.definition, m.id == t.task.c.definition_id)
    if locale == DEFAULT:
        return query
    for label, element in ((_OWN, t.task.c.element_id), (_TITLE, m.key)):
        same = and_(
            label.c.definition_id == m.id, label.c.locale == bindparam("locale", locale), label.c.element_id == element
        )
        query = query.outerjoin(label, same)
    return query.add_columns(_OWN.c.text.label("told_name"), _TITLE.c.text.label("told_title"))


@lru_cache(maxsize=8)
def _row(locale: str) -> Any:
    """A light row with the columns of ``task_rows`` as attributes."""
    return namedtuple("TaskLine", [column.key for column in task_rows(locale).selected_columns])  # type: ignore[misc]


@lru_cache(maxsize=64)
def _these(number: int, locale: str) -> Prepared:
    marks = [bindparam(f"task_{n}", type_=t.task.c.id.type) for n in range(number)]
    return Prepared(task_rows(locale).where(t.task.c.id.in_(marks)))


def these(conn: Connection, ids: Sequence[str], locale: str = DEFAULT) -> list[Any]:
    """Tasks by primary key, in the order asked for; those that are gone are left out."""
    if not ids:
        return []
    rows = [_row(locale)(*row) for row in _these(len(ids), locale).rows(conn, **_numbered("task", ids))]
    found = {row.id: row for row in rows}
    return [found[task_id] for task_id in ids if task_id in found]


def _numbered(name: str, values: Sequence[Any]) -> dict[str, Any]:
    return {f"{name}_{n}": value for n, value in enumerate(values)}


def one(conn: Connection, task_id: str, locale: str = DEFAULT) -> Any | None:
    """One open task as a list shows it."""
    found = these(conn, (task_id,), locale)
    return found[0] if found else None


def of_instance(conn: Connection, instance_id: str, locale: str = DEFAULT) -> list[Any]:
    """The open tasks of an instance, oldest first."""
    return list(conn.execute(task_rows(locale).where(t.task.c.instance_id == instance_id).order_by(t.task.c.id)))
