"""One instance on the move: what every command that runs an instance has in common.

open → run (the command's own part) → ``conclude``: transactional calls, assignment, the ``Step`` written,
messages that were waiting for what has opened now.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import msgspec

from engine import bpmn
from engine.bpmn import codec
from engine.bpmn.runtime_vars import View
from engine.domain.access import Actor
from engine.domain.errors import Conflict, CrmflowError, NotFound, RunError
from engine.domain.states import InstanceState
from engine.domain.values import ActivityDone, Step, TaskOpened
from engine.services import registry
from engine.services.calendars import by_name
from engine.services.context import Context, Current
from engine.services.deciding import decide
from engine.services.edges import outward, references
from engine.services.handing import tell_all
from engine.services.library import Loaded
from engine.services.placing import place
from engine.services.registry import BpmnError, port
from engine.services.sla_accept import timed
from engine.services.sla_follow import follow
from engine.store import due
from engine.store.apply import Placed, Write, link_records, write_step
from engine.store.repos import Locked

_CALL = "crmflow:"
GONE = "\0gone"  # names of variables that a step took away; no variable is called so


@dataclass(slots=True)
class Flow:
    """An instance that this transaction holds, and what it will be written with."""

    id: str
    loaded: Loaded
    by: Actor
    business_key: str | None
    revision: int | None  # None: new
    digest: str | None
    closing: dict[int, str] = field(default_factory=dict)
    own_timers: Collection[int] = ()
    fired: Mapping[str, str | None] = field(default_factory=dict)
    spent: tuple[int, ...] = ()  # nodes of deadlines that this command has fired
    started: Mapping[str, Any] = field(default_factory=dict)
    before: Mapping[str, Any] = field(default_factory=dict)  # the process's variables as they were written last
    suspended: bool = False
    looked: bool = False  # somebody asks to look again: facts outside the instance may have changed
    told: tuple[ActivityDone, ...] = ()  # rows of history that no run of an element makes


@dataclass(slots=True)
class Outcome:
    """What a command did to an instance."""

    step: Step
    revision: int
    tasks: dict[int, str]  # node → id of the tasks that opened and are open
    placed: dict[int, Placed]

    @property
    def opened(self) -> list[tuple[TaskOpened, str, Placed]]:
        return [(task, self.tasks[task.key], self.placed[task.key]) for task in self.step.opened]


def resume(ctx: Context, locked: Locked, by: Actor, *, operate: bool = False) -> tuple[Flow, bpmn.Run]:
    """Wake a locked instance. Raises ``NotFound`` CRM-402 if it is over, CRM-207 if it is suspended.

    ``operate``: an operator's command, which also works on what stands still.
    """
    if locked.blob is None:
        raise NotFound("CRM-402", f"Instance '{locked.id}' is over.", fix="Look at its history.")
    if not operate:
        ensure_moving(locked)
    loaded = ctx.library.load(ctx.conn, locked.definition_id)
    flow = Flow(locked.id, loaded, by, locked.business_key, locked.revision, locked.audit_digest)
    run = runtime(ctx, loaded).resume(loaded.process, locked.blob, ctx.now)
    flow.before = stored(run)
    flow.suspended = is_suspended(locked)
    return flow, run


def is_suspended(locked: Locked) -> bool:
    """Whether an instance stands still."""
    return locked.state == InstanceState.SUSPENDED.value


def ensure_moving(locked: Locked) -> None:
    """Raise ``Conflict`` CRM-207 if the instance is suspended."""
    if is_suspended(locked):
        raise Conflict(
            "CRM-207",
            f"The case '{locked.business_key or locked.id}' is suspended; nothing of it can be worked.",
            fix="Wait until it is resumed, or ask a manager why it stands still.",
            instance=locked.id,
        )


def runtime(ctx: Context, loaded: Loaded) -> bpmn.Runtime:
    """The runtime of one command: decisions by their binding, records as they stand now."""
    return bpmn.Runtime(
        decide=partial(decide, ctx, loaded),
        records=lambda ref: port("record.read")(ctx, ref),
        limit=ctx.settings.step_limit,
        calendars=by_name(ctx),
        forms=loaded.forms.keys(),
    )


def stored(run: bpmn.Run, key: int | None = None) -> dict[str, Any]:
    """The variables a token sees (the top scope without ``key``) as stored: records are references."""
    if key is None:
        return dict(run.instance.data)  # without what FEEL sees besides: the instance itself, who started it
    view = run.scope(key)
    assert isinstance(view, View)
    return {name: value for name, value in view.raw().items() if name != "instance"}


def conclude(ctx: Context, flow: Flow, run: bpmn.Run) -> Outcome:
    """Do the calls that belong to this transaction, then write everything that happened."""
    ctx.current = Current(flow.id, flow.loaded, flow.business_key, flow.by)
    try:
        _serve(ctx, run)
        outcome = _write(ctx, flow, run.finish())
        waiting = outcome.step.subscriptions
        if waiting and not flow.suspended:
            from engine.services.messages import catch_up  # messages run instances, too

            outcome = catch_up(ctx, flow, outcome)
    finally:
        ctx.current = None
    return outcome


def finished(ctx: Context, flow: Flow, outcome: Outcome) -> None:
    """A step of an operator or the ladder is written: what it opened in an instance that stands still is held, too."""
    if not flow.suspended:
        return
    if outcome.step.state is None:
        due.unhold(ctx.conn, flow.id)  # it is over: what it had to tell others goes out
        ctx.wake = True
    else:
        due.hold(ctx.conn, flow.id)


def continued(ctx: Context, flow: Flow, outcome: Outcome) -> bpmn.Run:
    """Run on from what was just written, in the same transaction."""
    assert outcome.step.state is not None
    flow.revision = outcome.revision
    flow.closing, flow.own_timers, flow.fired, flow.started, flow.spent = {}, (), {}, {}, ()
    return runtime(ctx, flow.loaded).resume(flow.loaded.process, outcome.step.state, ctx.now)


def _serve(ctx: Context, run: bpmn.Run) -> None:
    """Run the transactional calls until none is open; what one answers may open the next."""
    for _ in range(ctx.settings.step_limit):
        call = next((call for call in run.pending if call.type.startswith(_CALL)), None)
        if call is None:
            return
        handler = registry.calls.get(call.type)
        if handler is None:
            raise RunError(
                "CRM-691",
                f"'{call.name}' asks for '{call.type}', which crmflow does not have.",
                fix=f"Use one of: {', '.join(sorted(registry.calls))}.",
            )
        # What a call wrote before it failed is undone; the rest of the command stands.
        try:
            with ctx.attempt():
                result = handler(ctx, call)
        except BpmnError as error:
            run.throw(call.key, error.code, error.message)
        except CrmflowError as error:
            run.fail(call.key, error)
        else:
            run.finish_call(call.key, result)
    raise RunError("CRM-692", "The transactional calls of one command do not end.", fix="Look for a loop in the model.")


def _write(ctx: Context, flow: Flow, step: Step) -> Outcome:
    loaded = flow.loaded
    over = step.status is not InstanceState.ACTIVE
    if step.calls or step.messages:
        step = replace(
            step,
            calls=tuple(replace(call, input=outward(call.input)) for call in step.calls),
            messages=tuple(replace(message, payload=outward(message.payload)) for message in step.messages),
        )
    if flow.spent:
        step = replace(step, timers_gone=tuple({*step.timers_gone, *flow.spent}))
    if flow.told:
        step = replace(step, history=(*step.history, *flow.told))
    placed = {task.key: _placed(ctx, task, loaded) for task in step.opened}
    if over:
        ctx.audit(flow.by, f"instance.{step.status.value}", instance_id=flow.id)
    flow.digest = ctx.trail.seal(flow.id, flow.digest)
    to = Write(
        instance_id=flow.id,
        definition_id=loaded.id,
        business_key=flow.business_key,
        now=ctx.now,
        revision=flow.revision,
        by=flow.by.id,
        digest=flow.digest,
        audit=ctx.trail.take(flow.id),
        drawn_in=loaded.pinned,
        placed=placed,
        closing=flow.closing,
        own_timers=flow.own_timers,
        fired=flow.fired,
        variables=msgspec.msgpack.encode(outward(step.variables)) if over else None,
        started=flow.started,
        suspended=flow.suspended,
        data=changes(flow.before, step.variables),
        labels=loaded.labels,
    )
    tasks = write_step(ctx.conn, step, to)
    _tell_named(ctx, flow, placed)
    outcome = Outcome(step, 0 if flow.revision is None else flow.revision + 1, tasks, placed)
    if timed(loaded):
        follow(ctx, flow, outcome)
    # What was not set again needs no second look: a variable may be a list of thousands.
    linked = references(step.variables, but=flow.before)
    if linked and (linked := linked - references(flow.before)):
        link_records(ctx.conn, flow.id, [ref.id for ref in linked])
    flow.before, flow.told = step.variables, ()
    if step.calls or step.messages:
        ctx.wake = True
    return Outcome(step, 0 if flow.revision is None else flow.revision + 1, tasks, placed)


def _tell_named(ctx: Context, flow: Flow, placed: Mapping[int, Placed]) -> None:
    """Whom the model itself gives a task hears of it; not who gave the command: they see it at once."""
    named = {key: each.assignee for key, each in placed.items() if each.assignee not in (None, flow.by.id)}
    given = {key: who for key, who in named.items() if who and (placed[key].why or {}).get("by") == "element"}
    if given:
        tell_all(ctx, flow.id, given)


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> bytes | None:
    """What a step did to the process's variables, as bytes; None where it changed none."""
    changed = {
        name: value
        for name, value in after.items()
        if name not in before
        or (before[name] is not value and (type(before[name]) is not type(value) or before[name] != value))
    }
    gone = [name for name in before if name not in after]
    if gone:
        changed[GONE] = gone
    return codec.dump_data(changed) if changed else None


def _placed(ctx: Context, task: TaskOpened, loaded: Loaded) -> Placed:
    found = place(ctx, task, loaded)
    about = port("record.brief")(ctx, task.record) if task.record else (None, None, None)
    return Placed(found.assignee, found.candidates, found.why or None, *about)
