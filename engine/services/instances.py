"""Instances: start (with the choice of a variant), cancel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine import forms
from engine.domain.access import Actor, Right, ensure
from engine.domain.commands import CancelInstance, StartInstance
from engine.domain.errors import Conflict, NotFound, Stale
from engine.domain.states import DefinitionState, InstanceState
from engine.domain.values import InstanceRow, Started
from engine.services import idempotency
from engine.services.choice import choose
from engine.services.context import Context
from engine.services.edges import inward, references
from engine.services.flow import Flow, conclude, resume, runtime
from engine.services.library import Loaded
from engine.services.registry import handles
from engine.services.views import instance_row
from engine.store import due, models, queries
from engine.store.repos import lock_instance


@handles(StartInstance)
def start(ctx: Context, cmd: StartInstance) -> Started:
    """Start an instance and run it to its first wait."""
    ensure(cmd.by, Right.INSTANCE_START)
    request = ""
    if cmd.idempotency_key:
        request = idempotency.request_digest("start", cmd.key, cmd.version, cmd.variables, cmd.business_key)
        known = idempotency.recall(ctx, cmd.by, cmd.idempotency_key, request)
        if known is not None:
            return started_again(known)
    base = ctx.library.load(ctx.conn, _which(ctx, cmd))
    variables = inward(cmd.variables)
    if cmd.validate_form:
        variables = _through_form(base, variables)
    started = begin(ctx, base, variables, cmd.by, business_key=cmd.business_key, parent_id=cmd.parent_id)
    if cmd.idempotency_key:
        idempotency.remember(ctx, cmd.by, cmd.idempotency_key, request, started_answer(started))
    return started


def begin(
    ctx: Context,
    base: Loaded,
    variables: Mapping[str, Any],
    by: Actor,
    *,
    business_key: str | None = None,
    parent_id: str | None = None,
    start_event: str | None = None,
) -> Started:
    """Choose the variant, run to the first wait, write. Rights are the caller's matter."""
    choice = choose(ctx, base, variables)
    loaded = choice.loaded if choice else base
    if loaded is not base:
        start_event = None  # a variant begins at its own start, whatever began the base
    flow = Flow(ctx.new_id(), loaded, by, business_key, None, None)
    flow.started = {"parent_id": parent_id, "choice": choice.why if choice else None}
    run = runtime(ctx, loaded).start(
        loaded.process,
        variables,
        ctx.now,
        start_event=start_event,
        business_key=business_key,
        instance_id=flow.id,
        started_by=by.id,
    )
    detail = {"key": loaded.key, "version": loaded.version}
    ctx.audit(by, "instance.start", instance_id=flow.id, detail=detail)
    outcome = conclude(ctx, flow, run)
    return Started(
        instance_id=flow.id,
        definition_id=loaded.id,
        definition_key=loaded.key,
        version=loaded.version,
        state=outcome.step.status,
        revision=outcome.revision,
        tasks=tuple(outcome.tasks.values()),
        choice=choice.why if choice else None,
    )


@handles(CancelInstance)
def cancel(ctx: Context, cmd: CancelInstance) -> InstanceRow:
    """End an instance before its time; its open tasks, timers and jobs go with it."""
    ensure(cmd.by, Right.INSTANCE_CANCEL)
    locked = lock_instance(ctx.conn, cmd.instance_id)
    if locked is None:
        raise NotFound("CRM-402", f"There is no instance '{cmd.instance_id}'.", fix="Look it up in the list.")
    if cmd.revision is not None and cmd.revision != locked.revision:
        raise Stale("CRM-290", "The instance was changed meanwhile.", fix="Load it again.", revision=locked.revision)
    if locked.blob is None:
        raise Conflict("CRM-201", f"The instance is {locked.state} already.", fix="Look at its history.")
    flow, run = resume(ctx, locked, cmd.by, operate=True)
    run.cancel()
    ctx.audit(cmd.by, "instance.cancel", instance_id=flow.id, detail={"reason": cmd.reason})
    conclude(ctx, flow, run)
    if flow.suspended:
        due.unhold(ctx.conn, flow.id)  # what it had to tell others goes out
        ctx.wake = True
    row = queries.instance(ctx.conn, flow.id)
    assert row is not None
    return instance_row(row)


def _which(ctx: Context, cmd: StartInstance) -> str:
    """Id of the definition to start. A version that is not published is tried by designers only."""
    if cmd.version is None:
        found = models.published(ctx.conn, cmd.key)
        if found is None:
            raise NotFound("CRM-401", f"No version of '{cmd.key}' is published.", fix="Deploy and publish it first.")
        return found
    named = models.version(ctx.conn, cmd.key, cmd.version)
    if named is None:
        raise NotFound("CRM-401", f"There is no version {cmd.version} of '{cmd.key}'.", fix="Deploy it first.")
    if named[1] != DefinitionState.PUBLISHED.value:
        ensure(cmd.by, Right.MODEL_DEPLOY)
    return named[0]


def _through_form(loaded: Loaded, data: Mapping[str, Any]) -> dict[str, Any]:
    form = loaded.forms.get(loaded.info["start_form"] or "")
    if form is None:
        return dict(data)
    # Record references are chosen by a field of the form or handed in by the page; the form sees ids.
    records = {name: value for name, value in data.items() if references({name: value}) and name not in form.keys}
    given = {k: v for k, v in data.items() if k not in records}
    given = forms.with_facts(form, given, lambda key: None)  # there is no instance yet that could hold a file
    return {**inward(form.validate(given)), **records}


def started_answer(started: Started) -> dict[str, Any]:
    return {
        "instance_id": started.instance_id,
        "definition_id": started.definition_id,
        "definition_key": started.definition_key,
        "version": started.version,
        "state": started.state.value,
        "revision": started.revision,
        "tasks": list(started.tasks),
        "choice": started.choice,
    }


def started_again(known: Mapping[str, Any]) -> Started:
    told = {**known, "state": InstanceState(known["state"]), "tasks": tuple(known["tasks"])}
    return Started(**told, repeated=True)
