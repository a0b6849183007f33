"""One change to many tasks, item by item, each in its own transaction: for the inbox and for the API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.app import Engine
from engine.domain.access import Actor
from engine.domain.desk import GetSweep, NoteSweepItem, RunSweepItem, StartSweep, SweepRow
from engine.domain.errors import CrmflowError


def sweep(engine: Engine, by: Actor, action: str, tasks: Sequence[str], params: Mapping[str, Any]) -> SweepRow:
    """Do it; what each task said is in the answer. A refusal of one keeps none of the others from being done."""
    row = engine.do(StartSweep(by, action, tuple(tasks), params))
    return _each(engine, by, row, undo=False)


def undo(engine: Engine, by: Actor, sweep_id: str) -> SweepRow:
    """Take back what was done, but for what somebody has changed since."""
    return _each(engine, by, engine.ask(GetSweep(sweep_id, by)), undo=True)


def _each(engine: Engine, by: Actor, row: SweepRow, *, undo: bool) -> SweepRow:
    state = "done" if undo else "waiting"
    for number, item in enumerate(row.items):
        if item.state != state:
            continue
        try:
            engine.do(RunSweepItem(row.id, number, by, undo=undo))
        except CrmflowError as error:  # told at its item; the others go on
            engine.do(NoteSweepItem(row.id, number, by, error.code, error.message))
    return engine.ask(GetSweep(row.id, by))
