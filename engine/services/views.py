"""Rows of the store as people see them, and the questions about instances: lists, one page, history, audit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, TypeVar

import msgspec

from engine.domain.access import Actor, Right, ensure
from engine.domain.errors import Hidden, NotFound
from engine.domain.operating import Chosen
from engine.domain.questions import GetAudit, GetHistory, GetInstance, ListInstances, ListJobs, ListTimers
from engine.domain.states import ActivityState, InstanceState, JobState
from engine.domain.values import (
    ActivityRow,
    AuditRow,
    DeadlineRow,
    ElementMark,
    IncidentRow,
    InstanceRow,
    InstanceView,
    JobRow,
    Page,
    RecordRef,
    SubscriptionRow,
    TaskRow,
)
from engine.i18n import language
from engine.services.context import Context
from engine.services.edges import outward
from engine.services.flow import runtime, stored
from engine.services.library import Loaded
from engine.services.registry import answers, port
from engine.services.sight import discreet
from engine.services.spoken import Spoken, spoken
from engine.store import chosen, inbox, queries
from engine.store.apply import state_of

Named = TypeVar("Named", DeadlineRow, IncidentRow, JobRow)


@answers(ListInstances)
def list_instances(ctx: Context, ask: ListInstances) -> Page[InstanceRow]:
    """Instances, newest first."""
    ensure(ask.by, Right.INSTANCE_READ)
    wanted = {
        "definition_key": ask.definition_key,
        "state": ask.state.value if ask.state else None,
        "business_key": ask.business_key,
        "record_id": ask.record_id,
        "search": ask.search,
        "chosen": _narrowed(ask),
    }
    rows, following = queries.instances(ctx.conn, wanted, ask.limit, ask.cursor, language(ask.by.locale))
    return Page(tuple(instance_row(row) for row in rows), following)


def _narrowed(ask: ListInstances) -> Any:
    """Ids by the filters that operations on many have, too; None where none is given."""
    by = Chosen(
        version=ask.version,
        element=ask.element,
        incidents=ask.incidents,
        started_before=ask.started_before,
        started_after=ask.started_after,
    )
    return chosen.chosen("restart", by).order_by(None) if by != Chosen() else None


@answers(GetInstance)
def get_instance(ctx: Context, ask: GetInstance) -> InstanceView:
    """One instance with all its page shows. Raises ``NotFound`` CRM-402, also where one may not look."""
    locale = language(ask.by.locale)
    row = _readable(ctx, queries.instance(ctx.conn, ask.instance_id, locale), ask)
    loaded = ctx.library.load(ctx.conn, row.definition_id)
    every = queries.MOST
    tasks = tuple(task_row(task) for task in inbox.of_instance(ctx.conn, row.id, locale))
    timers = tuple(_named_in(loaded, locale, deadline_row(t)) for t in queries.timers(ctx.conn, row.id, every, None)[0])
    incidents = tuple(
        _named_in(loaded, locale, incident_row(n)) for n in queries.incidents(ctx.conn, row.id, every, None)[0]
    )
    jobs = tuple(_named_in(loaded, locale, job_row(j)) for j in queries.jobs(ctx.conn, row.id, every, None)[0])
    waits = tuple(_subscription(s) for s in queries.subscriptions(ctx.conn, row.id))
    marks = _marks(ctx, loaded, row.id, tasks, timers, incidents, jobs, waits)
    seen = loaded.named() | {mark.definition_key for mark in marks}
    return InstanceView(
        row=discreet_row(ctx, instance_row(row), ask.by),
        variables=_variables(ctx, loaded, row.id),
        marks=marks,
        tasks=tasks,
        timers=timers,
        incidents=incidents,
        subscriptions=waits,
        jobs=jobs,
        diagrams=tuple(
            (definition, loaded.text(key, loaded.names[key], locale, key))
            for key, definition in _own_first(loaded)
            if key in seen
        ),
    )


@answers(GetHistory)
def get_history(ctx: Context, ask: GetHistory) -> Page[ActivityRow]:
    """What happened in an instance, oldest first.  # E3"""
    row = _readable(ctx, queries.instance(ctx.conn, ask.instance_id), ask)
    loaded = ctx.library.load(ctx.conn, row.definition_id)
    keys = {definition: key for key, definition in loaded.pinned.items()}
    rows, following = queries.history(ctx.conn, ask.instance_id, ask.limit, ask.cursor)
    locale = language(ask.by.locale)
    past = (_activity(row, keys.get(row.definition_id or loaded.id, loaded.key)) for row in rows)
    told = (replace(row, detail=discreet(ctx, row.detail, ask.by)) for row in past)
    return Page(tuple(_spoken(loaded, locale, row) for row in told), following)


def discreet_row(ctx: Context, row: InstanceRow, by: Actor) -> InstanceRow:
    """An instance whose choice of a variant tells nothing that is hidden from the reader."""
    return replace(row, choice=discreet(ctx, row.choice, by))


def _spoken(loaded: Loaded, locale: str, row: ActivityRow) -> ActivityRow:
    """A step with its name, and those of the ways it took, in the reader's language."""
    key, detail = row.definition_key, row.detail
    if detail and "taken" in detail:
        named = [(way, loaded.text(way["flow"], way.get("name", ""), locale, key)) for way in detail["taken"]]
        detail = {**detail, "taken": [{**way, "name": text} if text else way for way, text in named]}
    return replace(row, name=loaded.text(row.element_id, row.name, locale, key), detail=detail)


@answers(GetAudit)
def get_audit(ctx: Context, ask: GetAudit) -> Page[AuditRow]:
    """Who did what, when."""
    ensure(ask.by, Right.AUDIT_READ)
    rows, following = queries.audit(ctx.conn, ask.instance_id, ask.limit, ask.cursor)
    return Page(tuple(AuditRow(r.id, r.at, r.by, r.action, r.instance_id, r.target, r.detail) for r in rows), following)


@answers(ListTimers)
def list_timers(ctx: Context, ask: ListTimers) -> Page[DeadlineRow]:
    """Armed timers, next first."""
    ensure(ask.by, Right.INCIDENT_READ)
    rows, following = queries.timers(ctx.conn, ask.instance_id, ask.limit, ask.cursor)
    said = spoken(ctx, ask.by, [(row.instance_id, row.element_id) for row in rows])
    return Page(tuple(named(deadline_row(row), said) for row in rows), following)


@answers(ListJobs)
def list_jobs(ctx: Context, ask: ListJobs) -> Page[JobRow]:
    """Jobs that wait, run or failed, next first."""
    ensure(ask.by, Right.INCIDENT_READ)
    found, following = queries.jobs(ctx.conn, ask.instance_id, ask.limit, ask.cursor)
    clocks = queries.clocks_of(ctx.conn, [row.id for row in found if row.instance_id is None])
    rows = [_of_clock(job_row(row), clocks.get(row.id)) for row in found]
    said = spoken(ctx, ask.by, [(row.instance_id, row.element_id or row.definition_key) for row in rows])
    return Page(tuple(named(row, said) for row in rows), following)


def _of_clock(row: JobRow, clock: Any) -> JobRow:
    """A rung of a ladder is due for a case, though its job is nobody's but the clock's."""
    if clock is None:
        return row
    about = {"element_id": clock.element_id, "definition_key": clock.definition_key}
    return replace(row, instance_id=clock.instance_id, **about)


def named(row: Named, said: Spoken) -> Named:
    """The row with its element's name in the reader's language, in a list over many cases."""
    text = said.get((row.instance_id or "", row.element_id or row.definition_key))
    return row if text is None else replace(row, name=text)


def _named_in(loaded: Loaded, locale: str, row: Named) -> Named:
    """The row with its element's name in the reader's language."""
    element = row.element_id or ""
    return replace(row, name=loaded.text(element, row.name, locale, _drawn(loaded, element)))


def _readable(ctx: Context, row: Any, ask: GetInstance | GetHistory) -> Any:
    """The instance's row, for who may read it. Raises ``NotFound`` CRM-402 for others."""
    if row is None:
        raise NotFound("CRM-402", f"There is no instance '{ask.instance_id}'.", fix="Look it up in the list.")
    if not _may_read(ctx, ask.by, ask.instance_id, row.started_by):
        raise Hidden("CRM-402", f"There is no instance '{ask.instance_id}'.", fix="Look it up in the list.")
    return row


def _may_read(ctx: Context, by: Actor, instance_id: str, started_by: str) -> bool:
    """Managers, designers and consultants read any; others what they started or have a task in."""
    if Right.INSTANCE_READ in by.rights or started_by == by.id:
        return True
    wanted = {"instance_id": instance_id}
    rows, _ = inbox.page(
        ctx.conn, box="visible", login=by.id, candidacies=by.candidacies, wanted=wanted, limit=1, cursor=None
    )
    return bool(rows)


def _variables(ctx: Context, loaded: Loaded, instance_id: str) -> dict[str, Any]:
    """Top-level variables as JSON; records with their names."""
    state = queries.instance_state(ctx.conn, instance_id)
    if state is None:
        return {}
    if state.blob is not None:
        shown = outward(stored(runtime(ctx, loaded).resume(loaded.process, state.blob, ctx.now)))
    else:
        shown = msgspec.msgpack.decode(state.variables) if state.variables else {}
    return {name: _named(ctx, value) for name, value in shown.items()}


def _named(ctx: Context, value: Any) -> Any:
    if not isinstance(value, dict) or "$record" not in value:
        return value
    kind, record_id = value["$record"]
    row = port("record.row")(ctx, RecordRef(kind, record_id))
    return {**value, "name": row.name} if row else value


def _own_first(loaded: Loaded) -> list[tuple[str, str]]:
    return sorted(loaded.pinned.items(), key=lambda pair: (pair[0] != loaded.key, pair[0]))


def _marks(ctx: Context, loaded: Loaded, instance_id: str, *parts: Iterable[Any]) -> tuple[ElementMark, ...]:
    """Where the instance stands and what it has done, per element."""
    keys = {definition: key for key, definition in loaded.pinned.items()}
    counts: dict[tuple[str, str], list[int]] = {}

    def add(element: str | None, key: str, column: int, number: int = 1) -> None:
        if element:
            counts.setdefault((element, key or loaded.key), [0, 0, 0])[column] += number

    for row in queries.completed(ctx.conn, instance_id):
        add(row.element_id, keys.get(row.definition_id or loaded.id, loaded.key), 1, row.n)
    for part in parts:
        for item in part:
            if isinstance(item, IncidentRow):
                add(item.element_id, _drawn(loaded, item.element_id), 2)
            elif not (isinstance(item, DeadlineRow) and item.attached_to):
                key = item.definition_key if isinstance(item, TaskRow) else _drawn(loaded, item.element_id)
                add(item.element_id, key, 0)
    return tuple(ElementMark(element, key, *numbers) for (element, key), numbers in counts.items())


def _drawn(loaded: Loaded, element: str | None) -> str:
    """The process an element is drawn in, its own before the called ones."""
    return next((key for key, _ in _own_first(loaded) if element in loaded.infos[key]["elements"]), loaded.key)


def instance_row(row: Any) -> InstanceRow:
    """A row of ``queries.instance_rows``."""
    return InstanceRow(
        id=row.id,
        definition_id=row.definition_id,
        definition_key=row.definition_key,
        definition_name=getattr(row, "told_title", None) or row.definition_name,
        version=row.version,
        state=InstanceState(row.state),
        business_key=row.business_key,
        started_at=row.started_at,
        started_by=row.started_by,
        ended_at=row.ended_at,
        revision=row.revision,
        parent_id=row.parent_id,
        choice=row.choice,
        incidents=row.incidents,
        open_tasks=row.open_tasks,
        error=row.error,
    )


def task_row(row: Any) -> TaskRow:
    """A row of ``inbox.task_rows``."""
    return TaskRow(
        id=row.id,
        instance_id=row.instance_id,
        element_id=row.element_id,
        name=getattr(row, "told_name", None) or row.name,
        state=state_of(row.assignee),
        assignee=row.assignee,
        priority=row.priority,
        created_at=row.created_at,
        due_at=row.due_at,
        follow_up_at=row.follow_up_at,
        definition_id=row.definition_id,
        definition_key=row.definition_key,
        definition_name=getattr(row, "told_title", None) or row.definition_name,
        business_key=row.business_key,
        candidates=tuple(row.candidates),
        revision=row.revision,
        record=RecordRef(row.record_kind, row.record_id) if row.record_id else None,
        subject=row.subject,
        stage=row.stage,
        next_deadline_at=row.next_deadline_at,
        segment=row.segment,
        amount=row.amount,
        delegated_by=row.delegated_by,
    )


def deadline_row(row: Any) -> DeadlineRow:
    """A row of ``queries.timers``."""
    return DeadlineRow(
        id=row.id,
        instance_id=row.instance_id,
        element_id=row.element_id,
        name=row.name,
        due_at=row.due_at,
        kind=row.kind,
        attempts=row.attempts,
        text=row.text,
        definition_key=row.definition_key,
        business_key=row.business_key,
        attached_to=row.attached_to,
        error=row.error,
    )


def job_row(row: Any) -> JobRow:
    """A row of ``queries.jobs``."""
    return JobRow(
        id=row.id,
        instance_id=row.instance_id,
        element_id=row.element_id,
        name=row.name,
        type=row.type,
        state=JobState(row.state),
        due_at=row.due_at,
        attempts=row.attempts,
        retries=row.retries,
        error=row.error,
        definition_key=row.definition_key or "",
    )


def incident_row(row: Any) -> IncidentRow:
    """A row of ``queries.incidents``."""
    return IncidentRow(
        id=row.id,
        instance_id=row.instance_id,
        element_id=row.element_id,
        name=row.name,
        code=row.code,
        message=row.message,
        created_at=row.created_at,
        kind=row.kind,
        definition_key=row.definition_key or "",
        business_key=row.business_key,
    )


def _subscription(row: Any) -> SubscriptionRow:
    return SubscriptionRow(row.id, row.instance_id, row.element_id, row.message, row.correlation_key, row.kind)


def _activity(row: Any, definition_key: str) -> ActivityRow:
    return ActivityRow(
        id=row.id,
        instance_id=row.instance_id,
        element_id=row.element_id,
        name=row.name,
        kind=row.kind,
        state=ActivityState(row.state),
        started_at=row.started_at,
        ended_at=row.ended_at,
        by=row.by,
        scope=row.scope or "",
        detail=row.detail,
        definition_key=definition_key,
    )
