"""Questions about tasks: the inbox, its counts, one task with its form and data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select

from engine import bpmn, forms
from engine.domain.access import Actor, Right, ensure, may_see_task
from engine.domain.errors import Hidden
from engine.domain.filters import Times, Wanted
from engine.domain.questions import CountFilters, CountTasks, GetTask, ListTasks, TasksNamed
from engine.domain.values import Page, RecordRef, TaskRow, TaskView
from engine.i18n import language
from engine.services.context import Context
from engine.services.edges import outward
from engine.services.flow import runtime, stored
from engine.services.library import Loaded
from engine.services.registry import answers, port
from engine.services.sight import discreet, named_in
from engine.services.tasks import gone
from engine.services.views import discreet_row, instance_row, task_row
from engine.store import inbox, inbox_counts, queries, tables as t
from engine.store.naming import NEVER_TEXT
from engine.store.prepared import Prepared
from engine.store.tables_inbox import follow

_VERSIONS = Prepared(
    select(t.definition.c.id).where(t.definition.c.key == bindparam("key")).order_by(t.definition.c.version)
)


@answers(ListTasks)
def list_tasks(ctx: Context, ask: ListTasks) -> Page[TaskRow]:
    """One page of a box: what breaches first, then priority, then age, unless asked otherwise. One statement."""
    ensure(ask.by, Right.TASK_WORK)
    wanted = ask.wanted or Wanted(box=ask.box)
    wanted.check()
    if wanted.box == "all":
        ensure(ask.by, Right.TASK_MANAGE)
    conditions = conditions_of(ctx, wanted, ask.by)
    conditions["instance_id"] = ask.instance_id
    if ask.definition_key:
        named = _versions(ctx, ask.definition_key)
        conditions["flows"] = tuple(one for one in named if one in conditions.get("flows", named))
    conditions["search"] = ask.search or wanted.search
    if ask.due_before:
        conditions["due_before"] = min(ask.due_before, conditions.get("due_before", ask.due_before))
    if "flows" in conditions and not conditions["flows"]:
        return Page((), None)
    rows, following = inbox.page(
        ctx.conn,
        box=wanted.box,
        login=ask.by.id,
        candidacies=ask.by.candidacies,
        wanted=conditions,
        limit=ask.limit,
        cursor=ask.cursor,
        locale=language(ask.by.locale),
        sort=wanted.sort,
    )
    return Page(tuple(task_row(row) for row in rows), following)


@answers(CountTasks)
def count_tasks(ctx: Context, ask: CountTasks) -> Mapping[str, int]:
    """Numbers per box, each to 1000 at most; "all" is 0 for who may not see all, "overdue" is of one's own."""
    ensure(ask.by, Right.TASK_WORK)
    asked = {name: Wanted(box=name) for name in ("mine", "teams")}
    asked["overdue"] = Wanted(box="mine", due="overdue")
    if Right.TASK_MANAGE in ask.by.rights:
        asked["all"] = Wanted(box="all")
    return {"all": 0, **dict(zip(asked, _counted(ctx, ask.by, list(asked.values())), strict=True))}


@answers(CountFilters)
def count_filters(ctx: Context, ask: CountFilters) -> tuple[int, ...]:
    """Each filter's number, rights in the same statement. Filters of everything count 0 for who may not see all."""
    ensure(ask.by, Right.TASK_WORK)
    return tuple(_counted(ctx, ask.by, ask.filters))


@answers(TasksNamed)
def tasks_named(ctx: Context, ask: TasksNamed) -> tuple[TaskRow, ...]:
    """Open tasks by primary key."""
    ensure(ask.by, Right.TASK_WORK)
    rows = inbox.these(ctx.conn, ask.ids[: queries.MOST], language(ask.by.locale))
    return tuple(task_row(row) for row in rows if may_see_task(ask.by, row.assignee, row.candidates))


def follows(ctx: Context, by: Actor, instance_id: str) -> bool:
    """Whether a person follows the case: they were mentioned, or delegated it, or chose to. Followers read along."""
    f = follow.c
    return ctx.conn.scalar(select(f.login).where(f.login == by.id, f.instance_id == instance_id)) is not None


def _counted(ctx: Context, by: Actor, filters: Sequence[Wanted]) -> list[int]:
    asked: dict[int, tuple[str, Mapping[str, Any]]] = {}
    for number, wanted in enumerate(filters):
        wanted.check()
        conditions = conditions_of(ctx, wanted, by)
        if wanted.box == "all" and Right.TASK_MANAGE not in by.rights:
            continue
        if "flows" in conditions and not conditions["flows"]:
            continue
        asked[number] = (wanted.box, conditions)
    found = dict(zip(asked, inbox_counts.counts(ctx.conn, by.id, by.candidacies, list(asked.values())), strict=True))
    return [found.get(number, 0) for number in range(len(filters))]


def conditions_of(ctx: Context, wanted: Wanted, by: Actor) -> dict[str, Any]:
    """A filter as the store takes it: moments instead of words, definitions instead of their key."""
    times = Times.of(wanted.due, ctx.now, by.timezone)
    never = datetime.fromisoformat(NEVER_TEXT)
    found: dict[str, Any] = {
        "search": wanted.search,
        "stage": wanted.stage,
        "segment": wanted.segment,
        "record_id": wanted.customer,
        "assignee": wanted.assignee,
        "rank": None if wanted.priority is None else 100 - wanted.priority,
        "amount_from": wanted.amount_from,
        "amount_to": wanted.amount_to,
        "due_before": times.before,
        "due_after": never if times.never else times.after,
    }
    if wanted.flow:
        found["flows"] = _versions(ctx, wanted.flow)
    if wanted.box == "mine":
        found["awake"] = ctx.now
    elif wanted.box == "later":
        found["asleep"] = ctx.now
    return {name: value for name, value in found.items() if value not in (None, "")}


def _versions(ctx: Context, key: str) -> tuple[str, ...]:
    return tuple(row[0] for row in _VERSIONS.rows(ctx.conn, key=key))


@answers(GetTask)
def get_task(ctx: Context, ask: GetTask) -> TaskView:
    """A task with all its page shows. Raises ``NotFound`` CRM-403, ``Conflict`` CRM-202 when it is over."""
    locale = language(ask.by.locale)
    row = inbox.one(ctx.conn, ask.task_id, locale)
    if row is None:
        raise gone(ctx, ask.task_id, "CRM-202")
    if not may_see_task(ask.by, row.assignee, row.candidates) and not follows(ctx, ask.by, row.instance_id):
        raise Hidden("CRM-403", f"There is no task '{ask.task_id}'.", fix="Look in your inbox.")
    instance = queries.instance(ctx.conn, row.instance_id, locale)
    state = queries.instance_state(ctx.conn, row.instance_id)
    if instance is None or state is None or state.blob is None:
        raise gone(ctx, ask.task_id, "CRM-202")
    loaded = ctx.library.load(ctx.conn, instance.definition_id)
    run = runtime(ctx, loaded).resume(loaded.process, state.blob, ctx.now)
    shown = task_row(row)
    draft = ctx.conn.scalar(select(t.draft.c.data).where(t.draft.c.task_id == row.id, t.draft.c.login == ask.by.id))
    schema, data = _form(ctx, loaded, row, run, ask.by)
    return TaskView(
        row=shown,
        form=forms.localise(schema, locale),
        data={**data, **draft} if draft else data,
        draft=draft is not None,
        why=discreet(ctx, row.why, ask.by),
        documentation=loaded.documentation(row.element_id, locale, shown.definition_key),
        instance=discreet_row(ctx, instance_row(instance), ask.by),
        record=port("record.row")(ctx, RecordRef(row.record_kind, row.record_id), ask.by) if row.record_id else None,
        may=_may(ask.by, row),
    )


def _form(ctx: Context, loaded: Loaded, row: Any, run: bpmn.Run, by: Actor) -> tuple[Mapping[str, Any], dict[str, Any]]:
    """The schema and what it shows: the variables and the records' fields that it names, not what is hidden."""
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
    paths = [tuple(path.split(".")) for path in dict.fromkeys((*form.keys, *form.reads))]
    return form.schema, named_in(ctx, scope, paths, by)


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
        "resolve": mine and row.delegated_by is not None,
    }
    return frozenset(name for name, may in able.items() if may)
