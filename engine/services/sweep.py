"""One change to many tasks: noted first with what each was, done one by one, undone where that is possible."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, update

from engine.domain.access import SYSTEM, Actor, may_see_task
from engine.domain.commands import CompleteTask, ReassignTask
from engine.domain.desk import (
    SWEEP_MOST,
    SWEEPS,
    AddComment,
    GetSweep,
    NoteSweepItem,
    PrioritiseTask,
    RescheduleTask,
    RunSweepItem,
    StartSweep,
    SweepItem,
    SweepRow,
)
from engine.domain.errors import Conflict, Invalid, NotFound
from engine.i18n import language
from engine.services import registry
from engine.services.context import Context
from engine.services.registry import answers, handles
from engine.services.tasks import assign, lock_task
from engine.store import inbox
from engine.store.tables_inbox import comment, sweep


@handles(StartSweep)
def start_sweep(ctx: Context, cmd: StartSweep) -> SweepRow:
    """Check the action and note every task as it is now. Raises CRM-085; tasks one may not see are CRM-403."""
    strange = set(cmd.params) - SWEEPS.get(cmd.action, frozenset())
    if cmd.action not in SWEEPS or strange:
        raise Invalid("CRM-085", f"'{cmd.action}' cannot be done like that.", fix=f"Use: {', '.join(SWEEPS)}.")
    ids = list(dict.fromkeys(cmd.tasks))
    if not 1 <= len(ids) <= SWEEP_MOST:
        raise Invalid("CRM-085", f"{len(ids)} tasks were chosen.", fix=f"Choose 1 to {SWEEP_MOST}.")
    _change(cmd.action, cmd.params, "", cmd.by)  # wrong parameters show now, not two hundred times
    rows = {row.id: row for row in inbox.these(ctx.conn, ids, language(cmd.by.locale))}
    items: list[dict[str, Any]] = []
    for task_id in ids:
        row = rows.get(task_id)
        if row is None or not may_see_task(cmd.by, row.assignee, row.candidates):
            told = {"code": "CRM-403", "message": f"There is no task '{task_id}'."}
            items.append({"task": task_id, "name": task_id, "state": "failed", **told})
            continue
        before: dict[str, Any] = {"assignee": row.assignee, "candidates": list(row.candidates)}
        before |= {"priority": row.priority, "due_at": row.due_at.isoformat() if row.due_at else None}
        name = getattr(row, "told_name", None) or row.name
        items.append({"task": task_id, "name": name, "state": "waiting", "before": before})
    sweep_id = ctx.new_id()
    values = {"id": sweep_id, "by": cmd.by.id, "at": ctx.now, "action": cmd.action}
    # The parameters go with the first item: a sweep is read as a whole.
    items[0]["params"] = dict(cmd.params)
    ctx.conn.execute(insert(sweep), [{**values, "items": items}])
    return _row(sweep_id, cmd.action, ctx.now, items)


@handles(RunSweepItem)
def run_item(ctx: Context, cmd: RunSweepItem) -> SweepItem:
    """One task: the same command a person would give, with the same rights. Done items stay done."""
    found, items = _mine(ctx, cmd.sweep_id, cmd.by)
    item = _item(items, cmd.number)
    if cmd.undo:
        if item["state"] == "done":
            _undo(ctx, found.action, item, cmd.by)
            item["state"] = "undone"
    elif item["state"] == "waiting":
        answer = _run(ctx, _change(found.action, items[0]["params"], item["task"], cmd.by))
        item["state"] = "done"
        item["revision"] = getattr(answer, "revision", None)
        item["made"] = getattr(answer, "id", None)
    _write(ctx, cmd.sweep_id, items)
    return _shown(item)


@handles(NoteSweepItem)
def note_item(ctx: Context, cmd: NoteSweepItem) -> None:
    _, items = _mine(ctx, cmd.sweep_id, cmd.by)
    item = _item(items, cmd.number)
    item |= {"code": cmd.code, "message": cmd.message}
    if item["state"] == "waiting":
        item["state"] = "failed"
    _write(ctx, cmd.sweep_id, items)


@answers(GetSweep)
def get_sweep(ctx: Context, ask: GetSweep) -> SweepRow:
    found, items = _mine(ctx, ask.sweep_id, ask.by, lock=False)
    return _row(found.id, found.action, found.at, items)


def _change(action: str, params: Mapping[str, Any], task_id: str, by: Actor) -> Any:
    """The command for one task."""
    try:
        if action == "assign":
            return ReassignTask(task_id, str(params["to"]), by, reason=str(params.get("reason", "")))
        if action == "reschedule":
            due = datetime.fromisoformat(params["due_at"]) if params["due_at"] else None
            if due is not None and due.tzinfo is None:
                raise ValueError("a time without a zone")
            return RescheduleTask(task_id, by, due)
        if action == "prioritise":
            return PrioritiseTask(task_id, by, int(params["priority"]))
        if action == "complete":
            return CompleteTask(task_id, by, data=dict(params.get("data") or {}))
        return AddComment(task_id, by, str(params["text"]))
    except (KeyError, ValueError, TypeError) as error:
        wanted = ", ".join(sorted(SWEEPS[action]))
        raise Invalid("CRM-085", f"'{action}' lacks something or has it wrong.", fix=f"Give: {wanted}.") from error


def _run(ctx: Context, command: Any) -> Any:
    return registry.commands[type(command)](ctx, command)


def _undo(ctx: Context, action: str, item: Mapping[str, Any], by: Actor) -> None:
    """Back to what it was, unless somebody has changed it since. Raises CRM-217."""
    if action == "comment":
        ctx.conn.execute(delete(comment).where(comment.c.id == item["made"], comment.c.by == by.id))
        return
    if action == "complete":
        raise Conflict("CRM-217", f"'{item['name']}' is completed; that stays.", fix="Ask a manager to move the case.")
    before = item["before"]
    # The sweep is one's own and nothing has changed since: no right to see the task as it is now is needed.
    locked, task = lock_task(ctx, item["task"], SYSTEM, "CRM-202")
    if task.revision != item["revision"]:
        raise Conflict("CRM-217", f"'{item['name']}' was changed since.", fix="Change it by hand.")
    if action == "assign":
        values: dict[str, Any] = {"assignee": before["assignee"], "candidates": before["candidates"]}
    elif action == "reschedule":
        values = {"due_at": datetime.fromisoformat(before["due_at"]) if before["due_at"] else None}
    else:
        values = {"priority": before["priority"]}
    assign(ctx, locked, task, by, "task.undo", {"sweep": action}, **values)


def _mine(ctx: Context, sweep_id: str, by: Actor, *, lock: bool = True) -> tuple[Any, list[dict[str, Any]]]:
    query = select(sweep).where(sweep.c.id == sweep_id, sweep.c.by == by.id)
    found = ctx.conn.execute(query.with_for_update() if lock else query).one_or_none()
    if found is None:
        raise NotFound("CRM-425", f"You have made no change '{sweep_id}'.", fix="Look at the inbox.")
    return found, list(found._mapping["items"])


def _item(items: list[dict[str, Any]], number: int) -> dict[str, Any]:
    if not 0 <= number < len(items):
        raise NotFound("CRM-425", f"The change has no item {number}.", fix="Load it again.")
    return items[number]


def _write(ctx: Context, sweep_id: str, items: list[dict[str, Any]]) -> None:
    ctx.conn.execute(update(sweep).where(sweep.c.id == sweep_id).values(items=items))


def _row(sweep_id: str, action: str, at: datetime, items: list[dict[str, Any]]) -> SweepRow:
    undoable = action != "complete" and any(item["state"] == "done" for item in items)
    return SweepRow(sweep_id, action, at, tuple(_shown(item) for item in items), undoable)


def _shown(item: Mapping[str, Any]) -> SweepItem:
    return SweepItem(item["task"], item["name"], item["state"], item.get("code", ""), item.get("message", ""))
