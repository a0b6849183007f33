"""Questions about tasks: the inbox, its counts, one task with its form and data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from engine import bpmn, forms
from engine.domain.access import Actor, Right, ensure, may_see_task
from engine.domain.errors import Invalid, NotFound
from engine.domain.questions import CountTasks, GetTask, ListTasks
from engine.domain.values import Page, RecordRef, TaskRow, TaskView
from engine.i18n import language
from engine.services.context import Context
from engine.services.edges import outward
from engine.services.flow import runtime, stored
from engine.services.library import Loaded
from engine.services.registry import answers, port
from engine.services.tasks import gone
from engine.services.views import instance_row, task_row
from engine.store import inbox, queries, tables as t

_BOXES = ("mine", "teams", "all", "visible")


@answers(ListTasks)
def list_tasks(ctx: Context, ask: ListTasks) -> Page[TaskRow]:
    """The inbox: due first, then priority, then age. One statement."""
    ensure(ask.by, Right.TASK_WORK)
    if ask.box not in _BOXES:
        raise Invalid("CRM-015", f"There is no box '{ask.box}'.", fix=f"Use one of: {', '.join(_BOXES)}.")
    if ask.box == "all":
        ensure(ask.by, Right.TASK_MANAGE)
    wanted = {
        "instance_id": ask.instance_id,
        "definition_key": ask.definition_key,
        "search": ask.search,
        "due_before": ask.due_before,
    }
    rows, following = inbox.page(
        ctx.conn,
        box=ask.box,
        login=ask.by.id,
        candidacies=ask.by.candidacies,
        wanted=wanted,
        limit=ask.limit,
        cursor=ask.cursor,
        locale=language(ask.by.locale),
    )
    return Page(tuple(task_row(row) for row in rows), following)


@answers(CountTasks)
def count_tasks(ctx: Context, ask: CountTasks) -> Mapping[str, int]:
    """{"mine", "teams", "all", "overdue"}: each to 1000 at most; "all" is 0 for who may not see all."""
    ensure(ask.by, Right.TASK_WORK)
    everything = Right.TASK_MANAGE in ask.by.rights
    return {"all": 0, **inbox.counts(ctx.conn, ask.by.id, ask.by.candidacies, ctx.now, everything)}


@answers(GetTask)
def get_task(ctx: Context, ask: GetTask) -> TaskView:
    """A task with all its page shows. Raises ``NotFound`` CRM-403, ``Conflict`` CRM-202 when it is over."""
    locale = language(ask.by.locale)
    row = inbox.one(ctx.conn, ask.task_id, locale)
    if row is None:
        raise gone(ctx, ask.task_id, "CRM-202")
    if not may_see_task(ask.by, row.assignee, row.candidates):
        raise NotFound("CRM-403", f"There is no task '{ask.task_id}'.", fix="Look in your inbox.")
    instance = queries.instance(ctx.conn, row.instance_id, locale)
    state = queries.instance_state(ctx.conn, row.instance_id)
    if instance is None or state is None or state.blob is None:
        raise gone(ctx, ask.task_id, "CRM-202")
    loaded = ctx.library.load(ctx.conn, instance.definition_id)
    run = runtime(ctx, loaded).resume(loaded.process, state.blob, ctx.now)
    shown = task_row(row)
    draft = ctx.conn.scalar(select(t.draft.c.data).where(t.draft.c.task_id == row.id, t.draft.c.login == ask.by.id))
    schema, data = _form(loaded, row, run)
    return TaskView(
        row=shown,
        form=forms.localise(schema, locale),
        data={**data, **draft} if draft else data,
        draft=draft is not None,
        why=row.why,
        documentation=loaded.documentation(row.element_id, locale, shown.definition_key),
        instance=instance_row(instance),
        record=port("record.row")(ctx, RecordRef(row.record_kind, row.record_id)) if row.record_id else None,
        may=_may(ask.by, row),
    )


def _form(loaded: Loaded, row: Any, run: bpmn.Run) -> tuple[Mapping[str, Any], dict[str, Any]]:
    """The schema and what it shows: the variables (and records' fields) that the form names."""
    form = loaded.forms.get(row.form_key or "")
    if form is None:
        known = {
            name: value
            for name, value in stored(run, row.node).items()
            if not isinstance(value, (RecordRef, dict, list))
        }
        schema = forms.default_form(row.element_id, row.name, [(name, _type(v)) for name, v in known.items()])
        return schema, outward(known)
    scope = run.scope(row.node)
    names = dict.fromkeys(key.split(".")[0] for key in (*form.keys, *_read(form)))
    return form.schema, {name: _plain(scope[name]) for name in names if name in scope}


def _read(form: forms.Form) -> tuple[str, ...]:
    """Names the form's own expressions read, where the form tells them."""
    return tuple(getattr(form, "reads", ()))


def _plain(value: Any) -> Any:
    """A variable as JSON; a record as its fields."""
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in value.items()}
    return outward(value)


def _type(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    return "string" if isinstance(value, str) or value is None else "number" if _is_number(value) else "string"


def _is_number(value: Any) -> bool:
    return isinstance(outward(value), (int, float))


def _may(by: Actor, row: Any) -> frozenset[str]:
    """What this person may do with the task now."""
    manage, mine = Right.TASK_MANAGE in by.rights, row.assignee == by.id
    candidate = not by.candidacies.isdisjoint(row.candidates)
    able = {
        "claim": row.assignee is None and (candidate or manage),
        "release": row.assignee is not None and (mine or manage) and bool(row.candidates),
        "reassign": mine or manage,
        "complete": mine or (row.assignee is None and (candidate or manage)),
    }
    return frozenset(name for name, may in able.items() if may)
