"""Changing open tasks: the row, and what its candidacies copy of it so that one index range answers an inbox.

Whoever changes a task comes through here: a copy that was forgotten would be a task that somebody never sees.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select, update

from engine.store import tables as t
from engine.store.naming import COPIED, NEVER
from engine.store.prepared import Insert

_TASK, _CANDIDACY = t.task.c, t.task_candidate.c
_CANDIDATE = Insert(t.task_candidate)
_DUE = update(t.task).where(_TASK.id == bindparam("of")).values(due_at=bindparam("at"), breach_at=bindparam("sort"))
_DUE_COPIES = update(t.task_candidate).where(_CANDIDACY.task_id == bindparam("of")).values(breach_at=bindparam("sort"))


def sort_keys(due_at: datetime | None, priority: int) -> dict[str, Any]:
    """What orders a task in lists: by when, then how urgent."""
    return {"breach_at": due_at or NEVER, "rank": 100 - priority}


def candidacies(row: Mapping[str, Any], candidates: Collection[str]) -> list[dict[str, Any]]:
    """Rows of ``task_candidate`` for a row of ``task``."""
    same = {name: row[name] for name in COPIED}
    same |= {"task_id": row["id"], "free": row["assignee"] is None, "lone": len(row["candidates"]) < 2}
    return [{"candidate": candidate, **same} for candidate in dict.fromkeys(candidates)]


def change_tasks(conn: Connection, ids: Sequence[str], values: Mapping[str, Any]) -> None:
    """Set columns of open tasks, and of their candidacies (1 statement; 2 where they copy it; 4 for new candidates).

    Whoever gets a task otherwise than by delegation owes it to nobody: a delegation ends with its assignee, unless
    ``delegated_by`` says what is to be.
    """
    values = dict(values)
    if "assignee" in values:
        values.setdefault("delegated_by", None)
    if "due_at" in values:
        values["breach_at"] = values["due_at"] or NEVER
    if "priority" in values:
        values["rank"] = 100 - values["priority"]
    conn.execute(update(t.task).where(_TASK.id.in_(ids)).values(values))
    copied = {name: values[name] for name in COPIED if name in values}
    if "assignee" in values:
        copied["free"] = values["assignee"] is None
    if "candidates" in values:
        _renew(conn, ids, values["candidates"])
    elif copied:
        conn.execute(update(t.task_candidate).where(_CANDIDACY.task_id.in_(ids)).values(copied))


def move_due(conn: Connection, dues: Mapping[str, datetime | None]) -> None:
    """Give open tasks their due dates, each its own (2 statements)."""
    rows = [{"of": key, "at": due_at, "sort": due_at or NEVER} for key, due_at in dues.items()]
    if rows:
        conn.execute(_DUE, rows)
        conn.execute(_DUE_COPIES, [{"of": row["of"], "sort": row["sort"]} for row in rows])


def change_facts(conn: Connection, record_id: str, segment: str | None, amount: float | None) -> None:
    """A record's facts on its open tasks (3 statements; 1 where nothing is open)."""
    ids = conn.scalars(select(_TASK.id).where(_TASK.record_id == record_id)).all()
    if ids:
        change_tasks(conn, ids, {"segment": segment, "amount": amount})


def _renew(conn: Connection, ids: Sequence[str], candidates: Sequence[str]) -> None:
    conn.execute(delete(t.task_candidate).where(_CANDIDACY.task_id.in_(ids)))
    wanted = select(_TASK.id, _TASK.assignee, _TASK.candidates, *(_TASK[name] for name in COPIED))
    rows = conn.execute(wanted.where(_TASK.id.in_(ids))).mappings().all()
    _CANDIDATE.run(conn, [each for row in rows for each in candidacies(dict(row), candidates)])
