"""Starting a clock, whoever asks: a step that opens something, a promise that arises later, a task given back.

It runs from now. What was not promised before cannot be late at the moment at which it is promised.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.domain.values import RecordRef
from engine.services import sla_clocks as clocks
from engine.services.calendars import choose
from engine.services.context import Context
from engine.services.library import Loaded
from engine.services.sla_terms import Terms
from engine.services.sla_write import Row
from engine.store.moves import change_tasks

ACCEPT = "accept"


@dataclass(frozen=True, slots=True)
class Spot:
    """What a clock is on: an open task, a case, a stage of it, or (``element``) a question that somebody asked."""

    instance_id: str
    scope: str  # task, case, stage
    name: str  # unless the model gives the clock one
    ref: RecordRef | None
    element: str | None = None
    task_id: str | None = None
    node: int | None = None
    candidates: Sequence[str] = ()
    worker: str | None = None
    dated: bool = False  # the task has a due date of its own; else it has the clock's


def of_task(row: Mapping[str, Any], ref: RecordRef | None) -> Spot:
    """An open task, as its row has it."""
    return Spot(
        row["instance_id"],
        "task",
        row["name"],
        ref,
        row["element_id"],
        task_id=row["id"],
        node=row["node"],
        candidates=row["candidates"],
        worker=row["assignee"],
        dated=row["due_at"] is not None,
    )


def start(
    ctx: Context, loaded: Loaded, spot: Spot, mark: Mapping[str, Any], promise: Terms, known: Mapping[str, Any]
) -> Row:
    """Open the clock that a model's mark asks for and ``promise`` gives a target; ``known``: what is known here."""
    teams = teams_of(spot.candidates, loaded.info["owner"])
    metric = str(mark.get("metric") or "resolve")
    drives = spot.task_id is not None and metric != ACCEPT and not spot.dated
    base = {
        "instance_id": spot.instance_id,
        "task_id": spot.task_id,
        "node": spot.node,
        "element_id": spot.element,
        "name": str(mark.get("name") or spot.name),
        "metric": metric,
        "scope": spot.scope,
        "definition_key": loaded.key,
        "team": teams[0] if teams else None,
        "segment": known.get("segment"),
        "record_kind": spot.ref.kind if spot.ref else None,
        "record_id": spot.ref.id if spot.ref else None,
        "mark": {**mark, **({"drives": True} if drives else {}), **({"worker": spot.worker} if spot.worker else {})},
    }
    chosen = choose(ctx, list(promise.named), spot.ref.id if spot.ref else None, teams, person=spot.worker)
    clock = clocks.open_clock(ctx, base, promise, chosen, ctx.now)
    if drives:
        change_tasks(ctx.conn, [clock["task_id"]], {"due_at": clock["due_at"]})
    return clock


def pause_by_state(ctx: Context, clock: Row, promise: Terms, state: Any, by: str) -> None:
    """Where the record is in a state in which the policy does not count, the clock begins paused."""
    if state in promise.pause_states:
        clocks.pause(ctx, [clock], "record", clock["record_id"] or "", f"state: {state}", by)


def teams_of(candidates: Iterable[str], owner: str | None) -> list[str]:
    """Whose work it is: the teams it is offered to, else the flow's owner."""
    named = [c.partition(":")[2] for c in candidates if c.startswith("team:")]
    return named or ([owner.removeprefix("team:")] if owner and not owner.startswith(("user:", "role:")) else [])
