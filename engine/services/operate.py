"""Operating a running case: suspend, resume, move, edit data, restart from history, go on past what failed."""

from __future__ import annotations

from typing import Any

from sqlalchemy import update

from engine import bpmn
from engine.domain.access import Actor, Right, ensure
from engine.domain.errors import Conflict, Invalid, NotFound, Stale
from engine.domain.operating import (
    EditData,
    MoveInstance,
    RestartInstance,
    ResumeInstance,
    SkipIncident,
    SuspendInstance,
    UndoEdit,
)
from engine.domain.states import ActivityState, InstanceState
from engine.domain.values import ActivityDone, InstanceRow, Started
from engine.services import idempotency
from engine.services.context import Context
from engine.services.edges import inward, outward
from engine.services.flow import Flow, conclude, finished, resume, runtime
from engine.services.instances import started_again, started_answer
from engine.services.past import data_at, data_then, edited
from engine.services.registry import handles
from engine.services.typed import typed
from engine.services.views import instance_row
from engine.store import due, post, queries, tables as t
from engine.store.apply import EDIT
from engine.store.repos import Locked, lock_instance


@handles(SuspendInstance)
def suspend(ctx: Context, cmd: SuspendInstance) -> InstanceRow:
    """Stand still: nobody works it, no timer fires, messages wait."""
    locked = _locked(ctx, cmd.instance_id, cmd.by, cmd.reason, cmd.revision)
    _ensure_state(locked, InstanceState.ACTIVE)
    _into(ctx, locked, InstanceState.SUSPENDED, cmd.by, "instance.suspend", cmd.reason)
    due.hold(ctx.conn, locked.id)
    return _shown(ctx, locked.id)


@handles(ResumeInstance)
def go_on(ctx: Context, cmd: ResumeInstance) -> InstanceRow:
    """Go on: what fell due meanwhile is due now; messages that came first are delivered."""
    locked = _locked(ctx, cmd.instance_id, cmd.by, cmd.reason or "-", cmd.revision)
    _ensure_state(locked, InstanceState.SUSPENDED)
    _into(ctx, locked, InstanceState.ACTIVE, cmd.by, "instance.resume", cmd.reason)
    due.unhold(ctx.conn, locked.id)
    _catch_up(ctx, locked.id)
    ctx.wake = True
    return _shown(ctx, locked.id)


@handles(MoveInstance)
def move(ctx: Context, cmd: MoveInstance) -> InstanceRow:
    """Put a token at an element, take one away, or both: back to an earlier task, on past a stuck one."""
    locked = _locked(ctx, cmd.instance_id, cmd.by, cmd.reason, cmd.revision)
    _ensure_open(locked)
    if cmd.to is None and cmd.leave is None:
        raise Invalid("CRM-035", "Neither where to go nor what to leave was said.", fix="Name an element.")
    if cmd.data not in ("now", "then") or (cmd.data == "then" and cmd.to is None):
        raise Invalid("CRM-035", f"'{cmd.data}' is no data to go on with.", fix="Say now, or then with an element.")
    flow, run = resume(ctx, locked, cmd.by, operate=True)
    if cmd.data == "then" and cmd.to is not None:
        _change(ctx, flow, run, data_then(ctx, locked.id, cmd.to), whole=True)
    run.go(cmd.to, cmd.leave, everything=cmd.everything)
    detail = {"to": cmd.to, "leave": cmd.leave, "everything": cmd.everything, "data": cmd.data, "reason": cmd.reason}
    ctx.audit(cmd.by, "instance.move", instance_id=locked.id, target=cmd.to or cmd.leave, detail=detail)
    finished(ctx, flow, conclude(ctx, flow, run))
    return _shown(ctx, locked.id)


@handles(EditData)
def edit(ctx: Context, cmd: EditData) -> InstanceRow:
    """Change variables by hand; history tells before and after, conditional events look again."""
    locked = _locked(ctx, cmd.instance_id, cmd.by, cmd.reason, cmd.revision)
    _ensure_open(locked)
    flow, run = resume(ctx, locked, cmd.by, operate=True)
    unknown = [name for name in cmd.remove if name not in flow.before]
    if unknown:
        raise NotFound("CRM-409", f"There is no variable '{unknown[0]}'.", fix="Reload: it may be gone.")
    if not cmd.values and not cmd.remove:
        raise Invalid("CRM-035", "No variable is named.", fix="Name what shall change.")
    clean = typed(cmd.values, cmd.types, flow.before)
    data = {name: value for name, value in flow.before.items() if name not in cmd.remove} | clean
    names = _change(ctx, flow, run, data, whole=True)
    detail = {"names": names, "reason": cmd.reason}  # names only: values are history's, where they can be erased
    ctx.audit(cmd.by, "instance.data", instance_id=locked.id, detail=detail)
    finished(ctx, flow, conclude(ctx, flow, run))
    return _shown(ctx, locked.id)


@handles(UndoEdit)
def undo(ctx: Context, cmd: UndoEdit) -> InstanceRow:
    """Put back what a change by hand has changed, with the types of then; unless somebody has changed it since."""
    locked = _locked(ctx, cmd.instance_id, cmd.by, cmd.reason, None)
    _ensure_open(locked)
    flow, run = resume(ctx, locked, cmd.by, operate=True)
    was, became = edited(ctx, locked.id, cmd.edit_id)
    for name in sorted({*was, *became}):
        if (name in became) != (name in flow.before) or flow.before.get(name) != became.get(name):
            raise Conflict("CRM-217", f"'{name}' was changed since.", fix="Change it by hand.")
    data = {name: value for name, value in flow.before.items() if name not in became} | was
    names = _change(ctx, flow, run, data, whole=True)
    detail = {"names": names, "undoes": cmd.edit_id, "reason": cmd.reason}
    ctx.audit(cmd.by, "instance.data", instance_id=locked.id, detail=detail)
    finished(ctx, flow, conclude(ctx, flow, run))
    return _shown(ctx, locked.id)


@handles(RestartInstance)
def restart(ctx: Context, cmd: RestartInstance) -> Started:
    """A new instance of the same version, begun at an element, with the data of then, of now or none."""
    request = idempotency.request_digest("restart", cmd.instance_id, cmd.element, cmd.data)
    if cmd.idempotency_key and (known := idempotency.recall(ctx, cmd.by, cmd.idempotency_key, request)):
        ensure(cmd.by, Right.INSTANCE_OPERATE)
        return started_again(known)
    locked = _locked(ctx, cmd.instance_id, cmd.by, cmd.reason, None)
    if cmd.data not in ("then", "now", "none"):
        raise Invalid("CRM-035", f"'{cmd.data}' is no data to begin with.", fix="Say then, now or none.")
    variables: dict[str, Any] = {}
    if cmd.data == "then":
        variables = data_then(ctx, locked.id, cmd.element)
    elif cmd.data == "now":
        variables = data_at(ctx, locked.id)
    loaded = ctx.library.load(ctx.conn, locked.definition_id)
    flow = Flow(ctx.new_id(), loaded, cmd.by, locked.business_key, None, None)
    flow.started = {"parent_id": locked.id, "choice": None}
    run = runtime(ctx, loaded).begin_at(
        loaded.process, variables, ctx.now, cmd.element, business_key=locked.business_key, instance_id=flow.id
    )
    told = {"element": cmd.element, "data": cmd.data, "reason": cmd.reason}
    ctx.audit(cmd.by, "instance.restart", instance_id=flow.id, target=locked.id, detail=told)
    outcome = conclude(ctx, flow, run)
    ctx.audit(cmd.by, "instance.restarted", instance_id=locked.id, target=flow.id, detail=told)
    due.chain(ctx.conn, locked.id, ctx.trail.seal(locked.id, locked.audit_digest))
    started = Started(
        instance_id=flow.id,
        definition_id=loaded.id,
        definition_key=loaded.key,
        version=loaded.version,
        state=outcome.step.status,
        revision=outcome.revision,
        tasks=tuple(outcome.tasks.values()),
    )
    if cmd.idempotency_key:
        idempotency.remember(ctx, cmd.by, cmd.idempotency_key, request, started_answer(started))
    return started


@handles(SkipIncident)
def skip(ctx: Context, cmd: SkipIncident) -> InstanceRow:
    """Go on past what failed, as if it had given ``result``."""
    ensure(cmd.by, Right.INSTANCE_OPERATE)
    row = due.incident(ctx.conn, cmd.incident_id)
    locked = _locked(ctx, row.instance_id, cmd.by, cmd.reason, None) if row is not None and row.instance_id else None
    if row is None or locked is None or not due.solve(ctx.conn, row.id):
        raise NotFound(
            "CRM-404",
            f"There is no open incident '{cmd.incident_id}' of an instance.",
            fix="It may be solved; look at the list.",
        )
    node = due.node_of(ctx.conn, t.job, row.job_id) if row.kind == "job" else None
    if row.kind == "job" and node is None:
        raise Conflict(
            "CRM-223",
            f"'{row.name}' is no step of the case: there is nothing to go on past.",
            fix="Try it again, or cancel the case.",
        )
    flow, run = resume(ctx, locked, cmd.by, operate=True)
    detail = {"incident": row.id, "code": row.code, "element": row.element_id, "reason": cmd.reason}
    ctx.audit(cmd.by, "incident.skip", instance_id=locked.id, target=row.id, detail=detail)
    result = inward(cmd.result)
    if row.kind == "fault":
        run.skip(row.node, result)
    elif node is not None:
        run.finish_call(node, result)
    else:
        timer = due.node_of(ctx.conn, t.deadline, row.deadline_id)
        assert timer is not None
        flow.spent = (timer,)
        run.drop_timer(timer)
    finished(ctx, flow, conclude(ctx, flow, run))
    return _shown(ctx, locked.id)


def _locked(ctx: Context, instance_id: str, by: Actor, reason: str, revision: int | None) -> Locked:
    ensure(by, Right.INSTANCE_OPERATE)
    if not reason.strip():
        raise Invalid("CRM-037", "A reason is needed.", fix="Say why, so that others understand it later.")
    locked = lock_instance(ctx.conn, instance_id)
    if locked is None:
        raise NotFound("CRM-402", f"There is no instance '{instance_id}'.", fix="Look it up in the list.")
    if revision is not None and revision != locked.revision:
        raise Stale("CRM-290", "The instance was changed meanwhile.", fix="Load it again.", revision=locked.revision)
    return locked


def _ensure_state(locked: Locked, state: InstanceState) -> None:
    if locked.state != state.value:
        raise Conflict("CRM-201", f"The instance is {locked.state}, not {state.value}.", fix="Look at its history.")


def _ensure_open(locked: Locked) -> None:
    if locked.blob is None:
        raise Conflict("CRM-201", f"The instance is {locked.state} already.", fix="Restart it from its history.")


def _into(ctx: Context, locked: Locked, state: InstanceState, by: Actor, action: str, reason: str) -> None:
    ctx.audit(by, action, instance_id=locked.id, detail={"reason": reason})
    digest = ctx.trail.seal(locked.id, locked.audit_digest)
    values = {"state": state.value, "revision": locked.revision + 1, "audit_digest": digest}
    ctx.conn.execute(update(t.instance).where(t.instance.c.id == locked.id).values(values))


def _change(ctx: Context, flow: Flow, run: bpmn.Run, data: dict[str, Any], *, whole: bool) -> list[str]:
    """Set the variables; a row of history tells what each was and is. The names that differ."""
    before = flow.before
    names = sorted(n for n in {*before, *data} if n not in before or n not in data or before[n] != data[n])
    if not names:
        return names
    told = {
        "before": {name: outward(before[name]) for name in names if name in before},
        "after": {name: outward(data[name]) for name in names if name in data},
    }
    title = flow.loaded.name
    done = ActivityDone(flow.loaded.key, title, EDIT, ActivityState.COMPLETED, ctx.now, ctx.now, detail=told)
    flow.told = (*flow.told, done)
    run.change(data, whole=whole)
    return names


def _catch_up(ctx: Context, instance_id: str) -> None:
    """Messages that were kept while an operator let the suspended instance wait for them."""
    waits = {(row.message, row.correlation_key) for row in queries.subscriptions(ctx.conn, instance_id)}
    rows = []
    for name, key in sorted(waits):
        post.lock(ctx.conn, name, key)
        found = post.take(ctx.conn, name, key, ctx.now)
        if found is not None:
            said = {"name": name, "key": key, "payload": found[1], "parent": None}
            rows.append({"id": ctx.new_id(), "name": name, "type": "crmflow:message", "payload": said})
    due.add(ctx.conn, ctx.now, rows)


def _shown(ctx: Context, instance_id: str) -> InstanceRow:
    row = queries.instance(ctx.conn, instance_id)
    assert row is not None
    return instance_row(row)
