"""Live counts of filters: exact to 999, in one statement, rights included.

What a person has and may claim is usually a few thousand rows: they are read once, from one index range per candidacy,
and all filters count in that pass. Whoever sees more (managers, crowds of teams) gets one sub-select per filter that
stops at the thousandth row of the index that leads to it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, bindparam, case, func, literal, or_, select, union

from engine.store import tables as t
from engine.store.inbox_where import COPIED, Seen, holds, of_task, values_of
from engine.store.prepared import Prepared
from engine.store.tables_inbox import follow

CAP = 1000  # counts above 999 are not told apart
_BOUND = 20_000  # rows that one pass reads; who sees more is counted by sub-selects
_COPIES = ("breach_at", "rank", "definition_id", "stage", "segment", "amount", "follow_up_at")
#: Columns with an index of their own, the most selective first: it leads the search for the thousandth row.
_LEADS = ("record_id", "amount_from", "amount_to", "stage", "segment", "flows", "rank", "asleep")
_COLUMN = {"flows": "definition_id", "amount_from": "amount", "amount_to": "amount", "asleep": "follow_up_at"}

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
    found = _plan(tuple(shapes), len(who), wide=False).row(conn, **params)
    assert found is not None
    if found[0] > _BOUND:
        found = _plan(tuple(shapes), len(who), wide=True).row(conn, **params)
        assert found is not None
    return [min(int(number), CAP) for number in found[1:]]


@lru_cache(maxsize=512)
def _plan(shapes: tuple[Shape, ...], many: int, *, wide: bool) -> Prepared:
    """One row: how many rows the pass read (0: none was needed), then a number per filter."""
    passed = [n for n, shape in enumerate(shapes) if not wide and _in_pass(shape)]
    columns: list[ColumnElement[Any]] = []
    source = None
    if passed:
        seen = _seen(many)
        rows = Seen({c.key: c for c in seen.c}, literal(value=True))
        tallies = [_tally(rows, shapes[n], n).label(f"n{n}") for n in passed]
        source = select(func.count().label("read"), *tallies).select_from(seen).subquery("tally")
        columns.append(source.c.read)
    else:
        columns.append(literal(0).label("read"))
    for number, shape in enumerate(shapes):
        if source is not None and number in passed:
            columns.append(func.coalesce(source.c[f"n{number}"], 0))
        else:
            columns.append(_capped(shape, number, many))
    query = select(*(column.label(f"c{n}") for n, column in enumerate(columns)))
    return Prepared(query if source is None else query.select_from(source))


def _in_pass(shape: Shape) -> bool:
    box, names = shape
    return box in ("mine", "later", "teams", "visible") and all(name in COPIED for name, _ in names)


def _seen(many: int) -> Any:
    """What a person has and may claim, each task once, ``own`` = 1 where it is theirs."""
    k, c = t.task_candidate.c, t.task.c
    marks = [bindparam(f"who_{n}", type_=k.candidate.type) for n in range(many)]
    claimable = select(
        k.task_id.label("id"), *(k[name].label(name) for name in _COPIES), literal(0).label("own")
    ).where(k.candidate.in_(marks), k.free)
    own = select(c.id, *(c[name].label(name) for name in _COPIES), literal(1).label("own"))
    own = own.where(c.assignee == bindparam("login"))
    every = union(claimable, own).subquery("every")
    return select(every).limit(_BOUND + 1).subquery("seen")


def _tally(rows: Seen, shape: Shape, number: int) -> ColumnElement[Any]:
    box, names = shape
    conditions = holds(rows, names, f"f{number}_")
    if box in ("mine", "later"):
        conditions.append(rows.columns["own"] == 1)
    elif box == "teams":
        conditions.append(rows.columns["own"] == 0)
    if not conditions:
        return func.count()
    return func.sum(case((and_(*conditions), 1), else_=0))


def _capped(shape: Shape, number: int, many: int) -> Any:
    """Count to the thousandth, led by the most telling index."""
    box, names = shape
    c = t.task.c
    lead = next((name for name in _LEADS if any(name == given for given, _ in names)), None)
    query = select(c.id).where(*_rights(box, many), *holds(of_task(), names, f"f{number}_"))
    column = _COLUMN.get(lead or "", lead)
    # The order is that of the index: the planner then walks it instead of reading the table from its start.
    if box == "all" or lead == "record_id":
        query = query.order_by(c[column], c.breach_at) if column else query.order_by(c.breach_at, c.rank, c.id)
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
