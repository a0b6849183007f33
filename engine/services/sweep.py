"""One change to many tasks: noted first, done one by one, undone once; what others changed since is left alone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update

from engine.domain.access import Actor, may_see_task
from engine.domain.desk import (
    SWEEP_MOST,
    SWEEPS,
    GetSweep,
    NoteSweepItem,
    PreviewSweep,
    RunSweepItem,
    StartSweep,
    StartUndo,
    SweepItem,
    SweepRow,
)
from engine.domain.errors import Conflict, CrmflowError, Invalid, NotFound, since_of
from engine.i18n import language
from engine.services import idempotency
from engine.services.context import Context
from engine.services.registry import answers, handles
from engine.services.sweep_acts import change_of, do, take_back
from engine.store import inbox
from engine.store.tables_inbox import sweep

#: Refusals that pass: suspended, too many at once, broke. Such an item may still be undone.
_PASSING = frozenset({"CRM-207", "CRM-299", "CRM-699"})


@handles(StartSweep)
def start_sweep(ctx: Context, cmd: StartSweep) -> SweepRow:
    """Check the action and note the tasks. Raises CRM-085; tasks one may not see are CRM-403 at their item."""
    request = ""
    if cmd.idempotency_key:
        request = idempotency.request_digest(
            "sweep", cmd.action, list(cmd.tasks), dict(cmd.params), dict(cmd.revisions)
        )
        known = idempotency.recall(ctx, cmd.by, cmd.idempotency_key, request)
        if known is not None:
            found, items = _mine(ctx, known["id"], cmd.by)
            return _row(found, items, repeated=True)
    items = _noted(ctx, cmd)
    # The parameters go with the first item: a sweep is read as a whole.
    items[0]["params"] = dict(cmd.params)
    sweep_id = ctx.new_id()
    values = {"id": sweep_id, "by": cmd.by.id, "at": ctx.now, "action": cmd.action, "items": items}
    ctx.conn.execute(insert(sweep), [values])
    if cmd.idempotency_key:
        idempotency.remember(ctx, cmd.by, cmd.idempotency_key, request, {"id": sweep_id})
    return SweepRow(sweep_id, cmd.action, ctx.now, tuple(_shown(item) for item in items), undoable=False)


@handles(PreviewSweep)
def preview_sweep(ctx: Context, cmd: PreviewSweep) -> tuple[SweepItem, ...]:
    """Every task tried out and taken back, under the rights of who asks."""
    items = _noted(ctx, cmd)
    for item in items:
        if item["state"] != "waiting":
            continue
        try:
            with ctx.trial():
                do(ctx, cmd.action, cmd.params, item, cmd.by)
            item["state"] = "done"
        except CrmflowError as error:
            by, at = since_of(error)
            item |= {"state": "failed", "code": error.code, "message": error.message, "by": by, "at": at}
    return tuple(_shown(item) for item in items)


@handles(RunSweepItem)
def run_item(ctx: Context, cmd: RunSweepItem) -> SweepItem:
    """One task: the same command a person would give, with the same rights. Done items stay done."""
    found, items = _mine(ctx, cmd.sweep_id, cmd.by)
    item = _item(items, cmd.number)
    if cmd.undo:
        if item["state"] == "done":
            take_back(ctx, found.action, item, cmd.by)
            item["state"] = "undone"
    elif item["state"] == "waiting":
        do(ctx, found.action, items[0]["params"], item, cmd.by)
        item["state"] = "done"
    _write(ctx, cmd.sweep_id, items)
    return _shown(item)


@handles(NoteSweepItem)
def note_item(ctx: Context, cmd: NoteSweepItem) -> None:
    """A refused change has failed; a refused undo leaves it as it was done."""
    found, items = _mine(ctx, cmd.sweep_id, cmd.by)
    item = _item(items, cmd.number)
    by, at = cmd.since
    item |= {"code": cmd.code, "message": cmd.message, "by": by, "at": at}
    if item["state"] == "waiting":
        item["state"] = "failed"
    elif item["state"] == "done" and found.undone_at is not None and cmd.code not in _PASSING:
        item["state"] = "kept"
    _write(ctx, cmd.sweep_id, items)


@handles(StartUndo)
def start_undo(ctx: Context, cmd: StartUndo) -> SweepRow:
    """Once only. Raises CRM-218 for the second time, CRM-217 for what cannot be taken back at all.

    An undo that was cut off half way may go on: what is still to be undone tells.
    """
    found, items = _mine(ctx, cmd.sweep_id, cmd.by)
    if found.action == "complete":
        raise Conflict("CRM-217", "Completed tasks stay completed.", fix="Ask a manager to move the cases.")
    pending = any(item["state"] == "done" for item in items)
    if found.undone_at is not None and not pending:
        at = found.undone_at.isoformat(timespec="seconds").replace("+00:00", "Z")
        raise Conflict("CRM-218", f"This was undone already at {at}.", fix="Look at what became of each.", at=at)
    if not pending:
        raise Conflict("CRM-217", "Nothing of this was done.", fix="Look at what became of each.")
    if found.undone_at is None:
        ctx.conn.execute(update(sweep).where(sweep.c.id == cmd.sweep_id).values(undone_at=ctx.now))
        found, items = _mine(ctx, cmd.sweep_id, cmd.by)
    return _row(found, items)


@answers(GetSweep)
def get_sweep(ctx: Context, ask: GetSweep) -> SweepRow:
    return _row(*_mine(ctx, ask.sweep_id, ask.by, lock=False))


def _noted(ctx: Context, cmd: StartSweep | PreviewSweep) -> list[dict[str, Any]]:
    """An item per task, with the revision that was seen; what is not there, or not to be seen, has failed."""
    strange = set(cmd.params) - SWEEPS.get(cmd.action, frozenset())
    if cmd.action not in SWEEPS or strange:
        raise Invalid("CRM-085", f"'{cmd.action}' cannot be done like that.", fix=f"Use: {', '.join(SWEEPS)}.")
    ids = list(dict.fromkeys(cmd.tasks))
    if not 1 <= len(ids) <= SWEEP_MOST:
        raise Invalid("CRM-085", f"{len(ids)} tasks were chosen.", fix=f"Choose 1 to {SWEEP_MOST}.")
    change_of(cmd.action, cmd.params, "", cmd.by)  # wrong parameters show now, not two hundred times
    rows = {row.id: row for row in inbox.these(ctx.conn, ids, language(cmd.by.locale))}
    items: list[dict[str, Any]] = []
    for task_id in ids:
        row = rows.get(task_id)
        if row is None or not may_see_task(cmd.by, row.assignee, row.candidates):
            told = {"code": "CRM-403", "message": f"There is no task '{task_id}'."}
            items.append({"task": task_id, "name": task_id, "state": "failed", **told})
            continue
        name = getattr(row, "told_name", None) or row.name
        seen = cmd.revisions.get(task_id, row.revision)
        items.append({"task": task_id, "name": name, "state": "waiting", "seen": seen})
    return items


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


def _row(found: Any, items: list[dict[str, Any]], *, repeated: bool = False) -> SweepRow:
    undoable = found.action != "complete" and any(item["state"] == "done" for item in items)
    told = tuple(_shown(item) for item in items)
    return SweepRow(found.id, found.action, found.at, told, undoable, found.undone_at, repeated)


def _shown(item: Mapping[str, Any]) -> SweepItem:
    at = datetime.fromisoformat(item["at"]) if item.get("at") else None
    said = (item.get("code", ""), item.get("message", ""), item.get("by", ""), at)
    return SweepItem(item["task"], item["name"], item["state"], *said)
