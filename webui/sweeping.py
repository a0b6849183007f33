"""One change to many tasks, item by item, each in its own transaction: for the inbox and for the API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import structlog

from engine.app import Engine
from engine.domain.access import Actor
from engine.domain.desk import GetSweep, NoteSweepItem, RunSweepItem, StartSweep, StartUndo, SweepRow
from engine.domain.errors import CrmflowError, since_of

log = structlog.get_logger("crmflow.sweep")


def sweep(
    engine: Engine,
    by: Actor,
    action: str,
    tasks: Sequence[str],
    params: Mapping[str, Any],
    revisions: Mapping[str, int] | None = None,
    key: str | None = None,
) -> SweepRow:
    """Do it; what each task said is in the answer. A refusal of one keeps none of the others from being done.

    The same ``key`` again goes on with what was left undone, if anything was, and shows what became of each.
    """
    row = engine.do(StartSweep(by, action, tuple(tasks), params, revisions or {}, key))
    return replace(_each(engine, by, row, undo=False), repeated=row.repeated)


def undo(engine: Engine, by: Actor, sweep_id: str) -> SweepRow:
    """Take back what was done, once, but for what somebody has changed since."""
    return _each(engine, by, engine.do(StartUndo(sweep_id, by)), undo=True)


def _each(engine: Engine, by: Actor, row: SweepRow, *, undo: bool) -> SweepRow:
    state = "done" if undo else "waiting"
    for number, item in enumerate(row.items):
        if item.state != state:
            continue
        try:
            engine.do(RunSweepItem(row.id, number, by, undo=undo))
        except CrmflowError as error:  # told at its item; the others go on
            engine.do(NoteSweepItem(row.id, number, by, error.code, error.message, since_of(error)))
        except Exception as error:  # one item that breaks the program must not stop the others; the log has the cause
            log.error("sweep_item_broke", sweep=row.id, task=item.task_id, exc_info=error)
            said = f"Something unexpected happened: {type(error).__name__}."
            engine.do(NoteSweepItem(row.id, number, by, "CRM-699", said))
    return engine.ask(GetSweep(row.id, by))
