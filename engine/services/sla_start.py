"""Starting a clock on a task that is open already, or on a case that runs: now, not when the task or the case began.

What was not promised before cannot be late at the moment at which it is promised.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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


def on_task(
    ctx: Context,
    loaded: Loaded,
    row: Mapping[str, Any],
    mark: Mapping[str, Any],
    promise: Terms,
    known: Mapping[str, Any],
) -> Row:
    """A clock of an open task; if the task has no due date, it has the clock's from now on."""
    teams = teams_of(row["candidates"], loaded.info["owner"])
    metric = str(mark.get("metric") or "resolve")
    drives = metric != ACCEPT and row["due_at"] is None
    more = {**({"drives": True} if drives else {}), **({"worker": row["assignee"]} if row["assignee"] else {})}
    base = {
        **{name: row[name] for name in ("instance_id", "node", "element_id", "record_kind", "record_id")},
        "task_id": row["id"],
        "name": str(mark.get("name") or row["name"]),
        "metric": metric,
        "scope": "task",
        "definition_key": loaded.key,
        "team": teams[0] if teams else None,
        "segment": known.get("segment"),
        "mark": {**mark, **more},
    }
    chosen = choose(ctx, list(promise.named), row["record_id"], teams, person=row["assignee"])
    clock = clocks.open_clock(ctx, base, promise, chosen, ctx.now)
    if drives:
        change_tasks(ctx.conn, [row["id"]], {"due_at": clock["due_at"]})
    return clock


def on_case(
    ctx: Context,
    loaded: Loaded,
    instance_id: str,
    mark: Mapping[str, Any],
    promise: Terms,
    known: Mapping[str, Any],
    ref: RecordRef | None,
) -> Row:
    """A clock of a case, of its stage (the mark says which), or of a question somebody asked (it names the element)."""
    teams = teams_of((), loaded.info["owner"])
    base = {
        "instance_id": instance_id,
        "task_id": None,
        "node": None,
        "element_id": mark.get("element"),
        "name": str(mark.get("name") or loaded.name),
        "metric": str(mark.get("metric") or "resolve"),
        "scope": "stage" if mark.get("stage") else "case",
        "definition_key": loaded.key,
        "team": teams[0] if teams else None,
        "segment": known.get("segment"),
        "record_kind": ref.kind if ref else None,
        "record_id": ref.id if ref else None,
        "mark": {name: value for name, value in mark.items() if name != "element"},
    }
    chosen = choose(ctx, list(promise.named), ref.id if ref else None, teams)
    return clocks.open_clock(ctx, base, promise, chosen, ctx.now)


def teams_of(candidates: Iterable[str], owner: str | None) -> list[str]:
    """Whose work it is: the teams it is offered to, else the flow's owner."""
    named = [c.partition(":")[2] for c in candidates if c.startswith("team:")]
    return named or ([owner.removeprefix("team:")] if owner and not owner.startswith(("user:", "role:")) else [])
