"""Live counts of filters: exact to 999, in one statement, rights included.

What a person has and may claim is usually a few thousand rows: they are read once, from one index range per candidacy,
and all filters count in that pass. Whoever sees more (managers, crowds of teams) gets one sub-select per filter that
stops at the thousandth row of the index that leads to it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, bindparam, func, literal, literal_column, or_, select

from engine.store import tables as t
from engine.store.inbox_where import COPIED, Seen, holds, of_task, searches, values_of
from engine.store.prepared import Prepared
from engine.store.tables_inbox import follow

CAP = 1000  # counts above 999 are not told apart
_BOUND = 20_000  # rows that one pass may read; who has seen more is counted by sub-selects from then on
_crowded: set[str] = set()
_COPIES = ("breach_at", "rank", "definition_id", "stage", "segment", "amount", "follow_up_at")
_OWN = ("mine", "later")
#: Conditions with an index of their own, the most telling first: it leads the search for the thousandth row.
_LEADS = {
    "record_id": ("record_id", "breach_at"),
    "amount_from": ("amount", "breach_at"),
    "amount_to": ("amount", "breach_at"),
    "stage": ("stage", "segment", "breach_at"),
    "segment": ("segment", "breach_at"),
    "flows": ("definition_id", "breach_at", "rank", "id"),
    "rank": ("rank", "breach_at", "id"),
    "asleep": ("follow_up_at", "breach_at"),
}

Shape = tuple[str, tuple[tuple[str, int], ...]]  # a box and the conditions on it


def counts(
    conn: Connection, login: str, candidacies: Collection[str], filters: Sequence[tuple[str, Mapping[str, Any]]]
) -> list[int]:
    """The number of tasks for each (box, conditions), at most ``CAP``."""
    if not filters:
        return []
    who = sorted(candidacies)
    shapes: list[Shape] = []
    params: dict[str, Any] = {"login": login, **{f"who_{n}": value for n, value in enumerate(who)}}
    for number, (box, wanted) in enumerate(filters):
        names, values = values_of(wanted, f"f{number}_")
        shapes.append((box, names))
        params |= values
    found = _plan(tuple(shapes), len(who), wide=login in _crowded).row(conn, **params)
    assert found is not None
    if found[0] > _BOUND:
        if len(_crowded) > _BOUND:
            _crowded.clear()
        _crowded.add(login)  # the pass was long this once
    return [min(int(number), CAP) for number in found[1:]]


@lru_cache(maxsize=512)
def _plan(shapes: tuple[Shape, ...], many: int, *, wide: bool) -> Prepared:
    """One row: how many rows the pass read (0: none was needed), then a number per filter."""
    passed = [n for n, shape in enumerate(shapes) if not wide and _in_pass(shape)]
    # Each part counts by itself, so that no part is copied: a task is in one of them only.
    parts = _parts(shapes, passed, many) if passed else []
    columns: list[ColumnElement[Any]] = [_added([part.c.read for part in parts])]
    for number, shape in enumerate(shapes):
        if number in passed:
            columns.append(_added([part.c[f"n{number}"] for part in parts if f"n{number}" in part.c]))
        else:
            columns.append(_capped(shape, number, many))
    query: Select[Any] = select(*(column.label(f"c{n}") for n, column in enumerate(columns)))
    return Prepared(query.select_from(*parts), anew=any(searches(names) for _, names in shapes))


def _added(numbers: Sequence[ColumnElement[Any]]) -> ColumnElement[Any]:
    return sum(numbers[1:], start=numbers[0]) if numbers else literal_column("0")


def _in_pass(shape: Shape) -> bool:
    box, names = shape
    return box in ("mine", "later", "teams", "visible") and all(name in COPIED for name, _ in names)


def _parts(shapes: Sequence[Shape], passed: Sequence[int], many: int) -> list[Any]:
    """What a person has, and may claim: tallies over each, one row per part."""
    k, c = t.task_candidate.c, t.task.c
    marks = [bindparam(f"who_{n}", type_=k.candidate.type) for n in range(many)]
    mine = k.candidate.in_(marks)
    task_of, copies = k.task_id.label("id"), [k[name] for name in _COPIES]
    # Only a task with several candidacies can come twice; the others are counted straight off the index.
    several = select(task_of, *copies).where(mine, k.free, ~k.lone).distinct().subquery("several")
    parts: dict[str, tuple[Seen, Any]] = {
        "lone": (Seen({column.key: column for column in k}, literal(value=True)), select().where(mine, k.free, k.lone)),
        "several": (
            Seen({column.key: column for column in several.c}, literal(value=True)),
            select().select_from(several),
        ),
        "own": (of_task(), select().where(c.assignee == bindparam("login"))),
    }
    made = []
    for name, (seen, rows) in parts.items():
        fitting = [n for n in passed if (name == "own") == (shapes[n][0] in _OWN) or shapes[n][0] == "visible"]
        tallies = [_tally(seen, shapes[n], n).label(f"n{n}") for n in fitting]
        made.append(rows.add_columns(func.count().label("read"), *tallies).subquery(f"tally_{name}"))
    return made


def _tally(rows: Seen, shape: Shape, number: int) -> ColumnElement[Any]:
    conditions = holds(rows, shape[1], f"f{number}_")
    return func.count().filter(*conditions) if conditions else func.count()


def _capped(shape: Shape, number: int, many: int) -> Any:
    """Count to the thousandth, led by the most telling index."""
    box, names = shape
    c = t.task.c
    given = {name for name, _ in names}
    lead = next((order for name, order in _LEADS.items() if name in given), ("breach_at", "rank", "id"))
    query: Select[Any] = (
        select(literal_column("1"))
        .select_from(t.task)
        .where(*_rights(box, many), *holds(of_task(), names, f"f{number}_"))
    )
    # The order is that of the index: the planner then walks it instead of reading the table from its start.
    if box == "all" or "record_id" in given:
        query = query.order_by(*(c[name] for name in lead))
    some = query.limit(CAP).subquery()
    return select(func.count()).select_from(some).scalar_subquery()


def _rights(box: str, many: int) -> list[ColumnElement[bool]]:
    """Which tasks a box holds, as conditions on the task."""
    c, k = t.task.c, t.task_candidate.c
    own = c.assignee == bindparam("login")
    marks = [bindparam(f"who_{n}", type_=k.candidate.type) for n in range(many)]
    free: Select[Any] = select(k.task_id).where(k.candidate.in_(marks), k.free)
    claimable = c.id.in_(free)
    boxes: dict[str, list[ColumnElement[bool]]] = {
        "mine": [own],
        "later": [own],
        "delegated": [own, c.delegated_by.is_not(None)],
        "teams": [claimable],
        "visible": [or_(own, claimable)],
        "following": [c.instance_id.in_(select(follow.c.instance_id).where(follow.c.login == bindparam("login")))],
        "all": [],
    }
    return boxes[box]
