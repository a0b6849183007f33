"""Around a task: put off, prioritise, reschedule, delegate and resolve, follow."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import delete, select

from engine.domain.access import Right, ensure
from engine.domain.clock import tellable
from engine.domain.desk import DelegateTask, FollowTask, PostponeTask, PrioritiseTask, RescheduleTask, ResolveTask
from engine.domain.errors import Conflict, Invalid
from engine.domain.values import TaskRow
from engine.i18n import language
from engine.services.context import Context
from engine.services.eyes import ensure_other_eyes
from engine.services.notes import tell
from engine.services.registry import handles
from engine.services.sla_arise import prioritised
from engine.services.spoken import called
from engine.services.tasks import assign, ensure_fresh, ensure_principal, lock_task, shown
from engine.store import tables as t
from engine.store.repos import Locked, TaskLock
from engine.store.tables_inbox import follow


@handles(PostponeTask)
def postpone(ctx: Context, cmd: PostponeTask) -> TaskRow:
    """Follow up later; only one's own work can be put off."""
    _ensure_tellable(cmd.until)
    if cmd.until is not None and cmd.until <= ctx.now:
        raise Invalid("CRM-086", "That time has passed already.", fix="Choose a later time.")
    return _change(ctx, cmd, "task.postpone", {"follow_up_at": cmd.until}, own=True)


@handles(PrioritiseTask)
def prioritise(ctx: Context, cmd: PrioritiseTask) -> TaskRow:
    """0 is the least, 100 the most urgent."""
    if not 0 <= cmd.priority <= 100:
        raise Invalid("CRM-086", f"{cmd.priority} is no priority.", fix="Choose from 0 to 100.")
    locked = _put(ctx, cmd, "task.prioritise", {"priority": cmd.priority})
    prioritised(ctx, locked, ctx.library.load(ctx.conn, locked.definition_id), cmd.by)
    return shown(ctx, cmd.task_id, cmd.by)


@handles(RescheduleTask)
def reschedule(ctx: Context, cmd: RescheduleTask) -> TaskRow:
    """Another due date; what an SLA clock promises is not changed by it."""
    _ensure_tellable(cmd.due_at)
    return _change(ctx, cmd, "task.reschedule", {"due_at": cmd.due_at})


@handles(DelegateTask)
def delegate(ctx: Context, cmd: DelegateTask) -> TaskRow:
    """The other person works on it and resolves it; then it is back with who delegated it."""
    locked, task = lock_task(ctx, cmd.task_id, cmd.by, "CRM-202")
    if task.assignee != cmd.by.id:
        ensure(cmd.by, Right.TASK_MANAGE)
    ensure_fresh(task, cmd.revision)
    ensure_principal(ctx, "user", cmd.to)
    ensure_other_eyes(task.name, task.why, cmd.to)
    owner = task.assignee or cmd.by.id
    if cmd.to == owner:
        raise Invalid("CRM-086", "A task cannot be delegated to its own assignee.", fix="Choose somebody else.")
    detail = {"from": owner, "to": cmd.to, "reason": cmd.reason}
    # Whoever delegated first gets it back, however many hands it goes through.
    first = ctx.conn.scalar(select(t.task.c.delegated_by).where(t.task.c.id == task.id)) or owner
    first = None if first == cmd.to else first  # back with them already
    assign(ctx, locked, task, cmd.by, "task.delegate", detail, assignee=cmd.to, delegated_by=first)
    ctx.conn.execute(delete(follow).where(follow.c.login == owner, follow.c.instance_id == locked.id))
    ctx.conn.execute(follow.insert().values(login=owner, instance_id=locked.id))
    said = in_words(ctx, cmd.to, "{who} delegated “{task}” to you", "{who} 把“{task}”委托给您", cmd.by.name, task)
    tell(ctx, [cmd.to], said, cmd.reason, task_id=task.id, instance_id=locked.id, kind="assigned")
    return shown(ctx, task.id, cmd.by)


@handles(ResolveTask)
def resolve(ctx: Context, cmd: ResolveTask) -> TaskRow:
    """Back to who delegated it, with a word about it."""
    locked, task = lock_task(ctx, cmd.task_id, cmd.by, "CRM-202")
    if task.assignee != cmd.by.id:
        ensure(cmd.by, Right.TASK_MANAGE)
    ensure_fresh(task, cmd.revision)
    owner = ctx.conn.scalar(select(t.task.c.delegated_by).where(t.task.c.id == task.id))
    if owner is None:
        raise Conflict("CRM-216", f"Nobody delegated task '{task.name}'.", fix="Complete it, or give it back.")
    detail = {"from": task.assignee, "to": owner}
    assign(ctx, locked, task, cmd.by, "task.resolve", detail, assignee=owner, delegated_by=None)
    said = in_words(ctx, owner, "{who} resolved “{task}”", "{who} 已处理“{task}”", cmd.by.name, task)
    tell(ctx, [owner], said, cmd.note, task_id=task.id, instance_id=locked.id, kind="assigned")
    return shown(ctx, task.id, cmd.by)


@handles(FollowTask)
def follow_task(ctx: Context, cmd: FollowTask) -> bool:
    """Follow the case of a task one may see."""
    locked, _ = lock_task(ctx, cmd.task_id, cmd.by, "CRM-202")
    ctx.conn.execute(delete(follow).where(follow.c.login == cmd.by.id, follow.c.instance_id == locked.id))
    if cmd.follow:
        ctx.conn.execute(follow.insert().values(login=cmd.by.id, instance_id=locked.id))
    return cmd.follow


def _ensure_tellable(at: datetime | None) -> None:
    if at is not None and not tellable(at):
        raise Invalid("CRM-086", f"The year {at.year} is out of reach.", fix="Choose a year between 1900 and 9000.")


def _change(ctx: Context, cmd: Any, action: str, values: dict[str, Any], *, own: bool = False) -> TaskRow:
    _put(ctx, cmd, action, values, own=own)
    return shown(ctx, cmd.task_id, cmd.by)


def _put(ctx: Context, cmd: Any, action: str, values: dict[str, Any], *, own: bool = False) -> Locked:
    """Change a task's own columns: by its assignee, or (not ``own``) by a candidate or manager."""
    locked, task = lock_task(ctx, cmd.task_id, cmd.by, "CRM-202")
    if task.assignee != cmd.by.id and (own or task.assignee is not None):
        ensure(cmd.by, Right.TASK_MANAGE)
    ensure_fresh(task, cmd.revision)
    detail = {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in values.items()}
    assign(ctx, locked, task, cmd.by, action, detail, **values)
    return locked


def in_words(ctx: Context, to: str, english: str, chinese: str, who: str, task: TaskLock) -> str:
    """A notification's title in its reader's language."""
    locale = ctx.conn.scalar(select(t.principal.c.locale).where(t.principal.c.id == to))
    return (chinese if language(locale) == "zh_Hans" else english).format(who=who, task=called(ctx, task, locale))
