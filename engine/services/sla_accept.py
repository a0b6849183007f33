"""The clock of being taken: met when somebody has the task, however they got it; it starts anew when nobody has.

A task that is given to somebody at once need not be accepted, so one that is given later need not be any longer: by
claiming, by a colleague, a manager, the hold queue, a stand-in, the ladder or the model. In a queue again it waits.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import select

from engine.domain.values import RecordRef
from engine.services import sla_clocks as clocks
from engine.services.context import Context
from engine.services.library import Loaded
from engine.services.sla_start import ACCEPT, of_task, start
from engine.services.sla_terms import TASK_PRIORITY, facts, terms
from engine.services.sla_write import Row
from engine.store.tables import task
from engine.store.tables_time import sla_clock


def timed(loaded: Loaded) -> bool:
    """Whether the definition, or one it calls, says anything about time. Costs no statement."""
    return any(info.get("time") for info in loaded.infos.values())


def handed(ctx: Context, loaded: Loaded, instance_id: str, task_id: str, assignee: str | None) -> None:
    """A task is somebody's now, or nobody's. The instance is locked."""
    if not timed(loaded):
        return
    mine = [c for c in clocks.open_of(ctx, instance_id) if c["task_id"] == task_id and c["metric"] == ACCEPT]
    if assignee is not None:
        clocks.end(ctx, mine)
    elif not mine:
        _again(ctx, loaded, task_id)


def _again(ctx: Context, loaded: Loaded, task_id: str) -> None:
    """Start the clocks of being taken that the task's element asks for, from now."""
    row = dict(ctx.conn.execute(select(task).where(task.c.id == task_id)).mappings().one())
    marks = [mark for mark in _marks(loaded, row["element_id"]) if mark.get("metric") == ACCEPT]
    if not marks:
        return
    ref = RecordRef(row["record_kind"], row["record_id"]) if row["record_id"] else None
    known = {TASK_PRIORITY: row["priority"], **facts(ctx, _told(ctx, row["instance_id"]), ref)}
    for mark in marks:
        promise = terms(ctx, mark, known)
        if promise.target is not None:
            start(ctx, loaded, of_task(row, ref), mark, promise, known)


def _marks(loaded: Loaded, element: str) -> Iterable[Mapping[str, Any]]:
    for info in loaded.infos.values():
        yield from ((info.get("time") or {}).get(element) or {}).get("sla", ())


def _told(ctx: Context, instance_id: str) -> Row:
    """What the policies of this case were asked with so far: its variables are not read for this."""
    query = select(sla_clock.c.inputs).where(sla_clock.c.instance_id == instance_id).order_by(sla_clock.c.id)
    found: Row = {}
    for inputs in ctx.conn.scalars(query):
        found |= inputs
    return found
