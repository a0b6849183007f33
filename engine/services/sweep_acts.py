"""What a change to many tasks does to one of them, and how it is taken back.

Neither overwrites what somebody else has done meanwhile: the revision that was seen must still be the task's.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select

from engine.domain.access import SYSTEM, Actor
from engine.domain.commands import CompleteTask, ReassignTask
from engine.domain.desk import SWEEPS, AddComment, PrioritiseTask, RescheduleTask
from engine.domain.errors import Conflict, Invalid
from engine.services import registry
from engine.services.context import Context
from engine.services.tasks import assign, ensure_principal, gone, lock_task
from engine.store import inbox, tables as t
from engine.store.repos import lock_for_task
from engine.store.tables_inbox import comment

#: What is said around a task changes nothing of the task itself.
_BESIDE = ("task.comment", "task.attach", "denied")
_FIELDS = {"assign": ("assignee", "candidates", "delegated_by"), "reschedule": ("due_at",), "prioritise": ("priority",)}


def change_of(action: str, params: Mapping[str, Any], task_id: str, by: Actor) -> Any:
    """The command for one task. Raises CRM-085 for parameters that are missing or wrong."""
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
    except (KeyError, ValueError, TypeError, OverflowError) as error:
        wanted = ", ".join(sorted(SWEEPS[action]))
        raise Invalid("CRM-085", f"'{action}' lacks something or has it wrong.", fix=f"Give: {wanted}.") from error


def do(ctx: Context, action: str, params: Mapping[str, Any], item: dict[str, Any], by: Actor) -> None:
    """Change one task, and note in its item what it was and what it is. Raises CRM-217 if it was changed since."""
    if action != "comment":
        # Under the lock: what it was before must be what this change finds.
        lock_for_task(ctx.conn, item["task"])
        row = inbox.one(ctx.conn, item["task"])
        if row is None:
            raise gone(ctx, item["task"], "CRM-202")
        if row.revision != item["seen"]:
            raise _changed(ctx, row, item["name"])
        item["before"] = _facts(row, action)
    command = change_of(action, params, item["task"], by)
    answer = registry.commands[type(command)](ctx, command)
    item["revision"] = getattr(answer, "revision", None)
    item["made"] = getattr(answer, "id", None)
    if action in _FIELDS:
        item["after"] = _facts(inbox.one(ctx.conn, item["task"]), action)


def take_back(ctx: Context, action: str, item: Mapping[str, Any], by: Actor) -> None:
    """Back to what it was, unless somebody has changed it since. Raises CRM-217, CRM-202 for a task that is over."""
    if action == "comment":
        ctx.conn.execute(delete(comment).where(comment.c.id == item["made"], comment.c.by == by.id))
        return
    if action == "complete":
        raise Conflict("CRM-217", f"'{item['name']}' is completed; that stays.", fix="Ask a manager to move the case.")
    # The sweep is one's own and nothing has changed since: no right to see the task as it is now is needed.
    locked, task = lock_task(ctx, item["task"], SYSTEM, "CRM-202")
    row = inbox.one(ctx.conn, item["task"])
    if row is None:
        raise gone(ctx, item["task"], "CRM-202")
    if row.revision != item["revision"]:
        raise _changed(ctx, row, item["name"])
    if _facts(row, action) != item["after"]:  # a due date has moved with its promise: no person did it
        said = f"'{item['name']}' was changed since by crmflow."
        raise Conflict("CRM-217", said, fix="Look at it, then change it by hand.", by="crmflow", at="")
    values = dict(item["before"])
    if values.get("assignee"):
        ensure_principal(ctx, "user", values["assignee"])  # they may have left since
    if values.get("due_at"):
        values["due_at"] = datetime.fromisoformat(values["due_at"])
    assign(ctx, locked, task, by, "task.undo", {"sweep": action}, **values)


def _changed(ctx: Context, row: Any, name: str) -> Conflict:
    """Who has changed the task since, and when: the newest line of the audit about it."""
    a = t.audit.c
    query = select(a.by, a.at).where(
        a.instance_id == row.instance_id, a.target == row.id, a.action.not_in(_BESIDE)
    )  # fmt: skip
    found = ctx.conn.execute(query.order_by(a.id.desc()).limit(1)).one_or_none()
    who = "crmflow" if found is None or found.by == SYSTEM.id else found.by
    at = "" if found is None else found.at.isoformat(timespec="seconds").replace("+00:00", "Z")
    said = f"'{name}' was changed since by {who}" + (f" at {at}." if at else ".")
    return Conflict("CRM-217", said, fix="Look at it, then change it by hand.", by=who, at=at)


def _facts(row: Any, action: str) -> dict[str, Any]:
    """What an action changes, as JSON."""
    told: dict[str, Any] = {}
    for name in _FIELDS.get(action, ()):
        value = getattr(row, name)
        told[name] = value.isoformat() if isinstance(value, datetime) else value
    if "candidates" in told:
        told["candidates"] = sorted(told["candidates"])
    return told
