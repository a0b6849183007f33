"""Human tasks: claim, release, reassign, complete, draft."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import delete, insert, select

from engine import forms
from engine.domain.access import (
    Actor,
    Right,
    addressee,
    ensure,
    ensure_may_claim,
    ensure_may_complete,
    may_see_task,
    may_work,
)
from engine.domain.commands import ClaimTask, CompleteTask, ReassignTask, ReleaseTask, SaveDraft
from engine.domain.errors import Conflict, CrmflowError, Forbidden, Invalid, NotFound, Stale
from engine.domain.states import InstanceState, TaskState
from engine.domain.values import RecordRef, TaskDone, TaskOpened, TaskRow
from engine.i18n import language
from engine.services import idempotency
from engine.services.context import Context
from engine.services.edges import inward
from engine.services.eyes import ensure_other_eyes
from engine.services.filed import facts
from engine.services.flow import Outcome, conclude, ensure_moving, resume, stored
from engine.services.handing import hand
from engine.services.library import Loaded
from engine.services.notes import tell
from engine.services.registry import handles, port
from engine.services.sight import without_hidden
from engine.services.spoken import called
from engine.services.views import task_row
from engine.store import due, inbox, tables as t
from engine.store.apply import Placed
from engine.store.repos import Locked, TaskLock, end_of_task, lock_for_task

_WORDS = {"completed": "completed", "cancelled": "cancelled", "failed": "ended by an error"}


@handles(CompleteTask)
def complete(ctx: Context, cmd: CompleteTask) -> TaskDone:
    """Finish a human task and run its instance to the next wait."""
    request = ""
    if cmd.idempotency_key:
        request = idempotency.request_digest("complete", cmd.task_id, cmd.data)
        known = idempotency.recall(ctx, cmd.by, cmd.idempotency_key, request)
        if known is not None:
            return _done_before(ctx, known, cmd.by)
    # Read only now, under the lock: a boundary timer or somebody else may have ended it since its form was drawn.
    locked, task = lock_task(ctx, cmd.task_id, cmd.by, "CRM-202")
    ensure_may_complete(cmd.by, task.name, task.assignee, task.candidates)
    if task.assignee is None:
        ensure_other_eyes(task.name, task.why, cmd.by.id)
    ensure_fresh(task, cmd.revision)
    flow, run = resume(ctx, locked, cmd.by)
    raw = stored(run, task.node)
    given = _not_hidden(ctx, inward(cmd.data), raw, cmd.by)
    data = _checked(ctx, flow.loaded, locked.id, task, given, run.scope(task.node), cmd.by)
    data = _to_records(ctx, data, raw, cmd.by)
    flow.closing = {task.node: task.id}
    flow.own_timers = task.timers
    ctx.audit(cmd.by, "task.complete", instance_id=locked.id, target=task.id, detail={"element": task.element_id})
    run.complete(task.node, forms.merge({name: raw[name] for name in data if name in raw}, data))
    outcome = conclude(ctx, flow, run)
    done = TaskDone(
        instance_id=locked.id,
        instance_state=outcome.step.status,
        revision=outcome.revision,
        next_task=_next(ctx, flow.loaded, locked, outcome, cmd.by),
        faults=outcome.step.faults,
    )
    if cmd.idempotency_key:
        told = {
            "instance_id": done.instance_id,
            "state": done.instance_state.value,
            "revision": done.revision,
            "next": done.next_task.id if done.next_task else None,
        }
        idempotency.remember(ctx, cmd.by, cmd.idempotency_key, request, told)
    return done


def _done_before(ctx: Context, known: Mapping[str, Any], by: Actor) -> TaskDone:
    """The same completion again: its answer, with the next task if it is still open."""
    row = inbox.one(ctx.conn, known["next"], language(by.locale)) if known["next"] else None
    following = task_row(row) if row is not None else None
    return TaskDone(known["instance_id"], InstanceState(known["state"]), known["revision"], following, repeated=True)


@handles(ClaimTask)
def claim(ctx: Context, cmd: ClaimTask) -> TaskRow:
    """Take a task from the queue; claiming one's own again changes nothing."""
    locked, task = lock_task(ctx, cmd.task_id, cmd.by, "CRM-203")
    ensure_may_claim(cmd.by, task.name, task.assignee, task.candidates)
    ensure_other_eyes(task.name, task.why, cmd.by.id)
    ensure_fresh(task, cmd.revision)
    if task.assignee != cmd.by.id:
        assign(ctx, locked, task, cmd.by, "task.claim", assignee=cmd.by.id)
    return shown(ctx, task.id, cmd.by)


@handles(ReleaseTask)
def release(ctx: Context, cmd: ReleaseTask) -> TaskRow:
    """Give a claimed task back to its candidates."""
    locked, task = lock_task(ctx, cmd.task_id, cmd.by, "CRM-202")
    if task.assignee != cmd.by.id:
        ensure(cmd.by, Right.TASK_MANAGE)
    if not task.candidates:
        raise Conflict(
            "CRM-206", f"Task '{task.name}' has no candidates to go back to.", fix="Reassign it to a user or a team."
        )
    ensure_fresh(task, cmd.revision)
    if task.assignee is not None:
        assign(ctx, locked, task, cmd.by, "task.release", assignee=None)
    return shown(ctx, task.id, cmd.by)


@handles(ReassignTask)
def reassign(ctx: Context, cmd: ReassignTask) -> TaskRow:
    """Give a task to a user, or ("team:KEY") to a team's queue. One's own may be handed on, others' by managers."""
    locked, task = lock_task(ctx, cmd.task_id, cmd.by, "CRM-202")
    if task.assignee != cmd.by.id:
        ensure(cmd.by, Right.TASK_MANAGE)
    ensure_fresh(task, cmd.revision)
    hand_on(ctx, locked, task, cmd.by, cmd.to, cmd.reason)
    return shown(ctx, task.id, cmd.by)


def hand_on(ctx: Context, locked: Locked, task: TaskLock, by: Actor, to: str, reason: str) -> None:
    """Give a task that is locked to a user or a team's queue; who may is the caller's matter."""
    kind, key = addressee(to)
    ensure_principal(ctx, kind, key)
    ensure_other_eyes(task.name, task.why, key if kind == "user" else to)
    detail = {"from": task.assignee, "to": to, "reason": reason}
    if kind == "team":
        assign(ctx, locked, task, by, "task.reassign", detail, assignee=None, candidates=(f"team:{key}",))
        return
    assign(ctx, locked, task, by, "task.reassign", detail, assignee=key)
    if key != by.id and key != task.assignee:
        _tell(ctx, locked, task, key, by, reason)


@handles(SaveDraft)
def save_draft(ctx: Context, cmd: SaveDraft) -> None:
    """Keep what was typed; empty data removes it. Drafts are one's own and end with the task."""
    _, task = lock_task(ctx, cmd.task_id, cmd.by, "CRM-202")
    ensure_may_complete(cmd.by, task.name, task.assignee, task.candidates)
    d = t.draft.c
    ctx.conn.execute(delete(t.draft).where(d.task_id == task.id, d.login == cmd.by.id))
    if cmd.data:
        row = {"task_id": task.id, "login": cmd.by.id, "data": dict(cmd.data), "saved_at": ctx.now}
        ctx.conn.execute(insert(t.draft), [row])


def _tell(ctx: Context, locked: Locked, task: TaskLock, to: str, by: Actor, reason: str) -> None:
    """The new assignee hears of it, in their language."""
    locale = ctx.conn.scalar(select(t.principal.c.locale).where(t.principal.c.id == to))
    name = called(ctx, task, locale)
    title = (
        f"{by.name} 把任务“{name}”转给了您"
        if language(locale) == "zh_Hans"
        else (f"{by.name} gave you the task “{name}”")
    )
    tell(ctx, [to], title, reason, task_id=task.id, instance_id=locked.id, kind="assigned")


def lock_task(ctx: Context, task_id: str, by: Actor, code: str) -> tuple[Locked, TaskLock]:
    """The task under its instance's lock. Who may not see it learns nothing of it."""
    found = lock_for_task(ctx.conn, task_id)
    if found is None:
        raise gone(ctx, task_id, code)
    _, task = found
    if not may_see_task(by, task.assignee, task.candidates):
        raise Forbidden("CRM-311", f"'{by.id}' is not a candidate of task '{task.name}'.", fix="Ask a manager.")
    ensure_moving(found[0])
    return found


def gone(ctx: Context, task_id: str, code: str) -> CrmflowError:
    """Why a task is not open: who was first, and when, from the history."""
    end = end_of_task(ctx.conn, task_id)
    if end is None:
        return NotFound("CRM-403", f"There is no task '{task_id}'.", fix="Look in your inbox.")
    word = _WORDS.get(end.state, end.state)
    at = end.at.isoformat(timespec="seconds").replace("+00:00", "Z")
    who = "crmflow" if end.by in (None, "system") else end.by
    return Conflict(
        code,
        f"Task '{end.name}' was already {word} by {who} at {at}.",
        fix="Go back to your inbox; nothing of yours was saved.",
        by=end.by,
        at=at,
        task=end.name,
        instance=end.instance_id,
    )


def ensure_fresh(task: TaskLock, revision: int | None) -> None:
    """If-Match: the task as it was seen. Raises ``Stale`` CRM-290."""
    if revision is not None and revision != task.revision:
        raise Stale(
            "CRM-290", f"Task '{task.name}' was changed meanwhile.", fix="Load it again.", revision=task.revision
        )


def assign(
    ctx: Context,
    locked: Locked,
    task: TaskLock,
    by: Actor,
    action: str,
    detail: Mapping[str, Any] | None = None,
    **values: Any,
) -> None:
    """Change whose a task is; the audit row is chained to the instance's."""
    loaded = ctx.library.load(ctx.conn, locked.definition_id)
    hand(ctx, loaded, locked.id, task.id, {"revision": task.revision + 1, **values})
    ctx.audit(by, action, instance_id=locked.id, target=task.id, detail=detail)
    digest = ctx.trail.seal(locked.id, locked.audit_digest)
    due.chain(ctx.conn, locked.id, digest)


def ensure_principal(ctx: Context, kind: str, key: str) -> None:
    p = t.principal.c
    roles = ctx.conn.scalar(select(p.roles).where(p.id == key, p.kind == kind, p.active.is_(True)))
    if roles is None:
        raise NotFound("CRM-411", f"There is no active {kind} '{key}'.", fix="Choose one of the list.")
    if kind == "user" and not may_work(roles):
        raise NotFound("CRM-411", f"'{key}' has no role that may do tasks.", fix="Choose one of the list.")


def shown(ctx: Context, task_id: str, by: Actor) -> TaskRow:
    row = inbox.one(ctx.conn, task_id, language(by.locale))
    assert row is not None
    return task_row(row)


def _checked(
    ctx: Context,
    loaded: Loaded,
    instance_id: str,
    task: TaskLock,
    data: Mapping[str, Any],
    scope: Mapping[str, Any],
    by: Actor,
) -> dict[str, Any]:
    """The form's data, cleaned. A task without a form takes what it is given."""
    form = loaded.forms.get(task.form_key or "")
    if form is not None:
        data = forms.with_facts(form, data, lambda key: facts(ctx, instance_id, key))
        return form.validate(data, scope, locale=by.locale)
    strange = [name for name in data if not name.isidentifier() or name == "instance"]
    if strange:
        raise Invalid("CRM-014", f"'{strange[0]}' cannot be a variable.", fix="Use letters, digits and _ in names.")
    return dict(data)


def _not_hidden(ctx: Context, data: dict[str, Any], raw: Mapping[str, Any], by: Actor) -> dict[str, Any]:
    """What is hidden from somebody their form shows empty: what it sends of it is not meant, the fields stay."""
    return {
        name: without_hidden(ctx, ref, value, by)
        if isinstance(ref := raw.get(name), RecordRef) and isinstance(value, Mapping)
        else value
        for name, value in data.items()
    }


def _to_records(ctx: Context, data: dict[str, Any], raw: Mapping[str, Any], by: Actor) -> dict[str, Any]:
    """Fields of records among the data are written to the records; the rest stays for the variables.  # D1"""
    rest: dict[str, Any] = {}
    for name, value in data.items():
        ref = raw.get(name)
        if isinstance(ref, RecordRef) and isinstance(value, Mapping):
            port("record.write")(ctx, ref, value, by)
        else:
            rest[name] = value
    return rest


def _next(ctx: Context, loaded: Loaded, locked: Locked, outcome: Outcome, by: Actor) -> TaskRow | None:
    """The same person's next task among those that just opened: assigned to them before claimable by them."""
    mine = [(task, key, placed) for task, key, placed in outcome.opened if _is_for(by, placed)]
    if not mine:
        return None
    task, key, placed = min(mine, key=lambda each: each[2].assignee != by.id)
    row = _fresh_row(ctx, loaded, locked, task, key, placed, outcome)
    locale, drawn = language(by.locale), row.definition_key
    return replace(
        row,
        name=loaded.text(row.element_id, row.name, locale, drawn),
        definition_name=loaded.text(drawn, row.definition_name, locale, drawn),
    )


def _is_for(by: Actor, placed: Placed) -> bool:
    if placed.assignee is not None:
        return placed.assignee == by.id
    return not by.candidacies.isdisjoint(placed.candidates)


def _fresh_row(
    ctx: Context, loaded: Loaded, locked: Locked, task: TaskOpened, task_id: str, placed: Placed, outcome: Outcome
) -> TaskRow:
    """The row of a task that this transaction wrote, without reading it back."""
    own = [
        timer.due_at
        for timer in outcome.step.timers
        if (timer.scope, timer.attached_to) == (task.scope, task.element_id)
    ]
    soonest = min(own, default=None)
    return TaskRow(
        id=task_id,
        instance_id=locked.id,
        element_id=task.element_id,
        name=task.name,
        state=TaskState.OPEN if placed.assignee is None else TaskState.CLAIMED,
        assignee=placed.assignee,
        priority=task.priority,
        created_at=ctx.now,
        due_at=task.due_at,
        follow_up_at=task.follow_up_at,
        definition_id=loaded.pinned.get(task.definition_key, loaded.id),
        definition_key=task.definition_key or loaded.key,
        definition_name=loaded.names.get(task.definition_key, loaded.name),
        business_key=locked.business_key,
        candidates=placed.candidates,
        record=task.record,
        subject=placed.subject,
        stage=task.stage,
        next_deadline_at=soonest,
    )
