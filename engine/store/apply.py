"""Writes a ``Step``: the only place that does. At most one statement per table, in the order of the locks."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, bindparam, delete, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as lite_insert

from engine.domain.errors import Conflict
from engine.domain.finding import kept
from engine.domain.ids import new_id
from engine.domain.states import InstanceState, TaskState
from engine.domain.values import Step, TaskOpened
from engine.store import tables as t
from engine.store.moves import candidacies, sort_keys
from engine.store.prepared import Insert, Prepared, batch

_AUDIT = Insert(t.audit, "instance_id", "at", "by", "action", "target", "detail", "digest")
_INSTANCE = Insert(t.instance)
_TASK = Insert(t.task)
_CANDIDATE = Insert(t.task_candidate)
_DEADLINE = Insert(t.deadline)
_JOB = Insert(t.job)
_SUBSCRIPTION = Insert(t.subscription)
_INCIDENT = Insert(t.incident)
_ACTIVITY = Insert(t.activity)
_UPDATE = Prepared(
    update(t.instance)
    .where(t.instance.c.id == bindparam("key"), t.instance.c.revision == bindparam("expected"))
    .values(
        {
            name: bindparam(f"new_{name}")
            for name in ("state", "revision", "blob", "variables", "ended_at", "error", "audit_digest")
        }
    )
)
_DELETE_TASK = Prepared(delete(t.task).where(t.task.c.id == bindparam("key")))


Labels = Mapping[str, Mapping[str, Mapping[str, str]]]  # definition key → locale → element → text
EDIT = "dataEdit"  # kind of the row of history that tells what a person changed


@dataclass(frozen=True, slots=True)
class Placed:
    """Whose a task that opened is."""

    assignee: str | None
    candidates: tuple[str, ...]
    why: Mapping[str, Any] | None = None
    subject: str | None = None  # what the record is called
    segment: str | None = None  # the record's, to filter by
    amount: float | None = None


@dataclass(slots=True)
class Write:
    """What must be known beside the ``Step`` to write it."""

    instance_id: str
    definition_id: str
    business_key: str | None
    now: datetime
    revision: int | None  # the one read under the lock; None = a new instance
    by: str  # login of who gave the command
    codec: int = 1  # version of the state's format
    digest: str | None = None  # of the instance's last audit row, those of this command included
    audit: Sequence[Mapping[str, Any]] = ()  # the instance's audit rows
    drawn_in: Mapping[str, str] = field(default_factory=dict)  # definition key → id
    placed: Mapping[int, Placed] = field(default_factory=dict)  # node → whose it is
    closing: dict[int, str] = field(default_factory=dict)  # node → id of tasks that the command itself ends
    own_timers: Collection[int] = ()  # deadlines that go with those tasks
    fired: Mapping[str, str | None] = field(default_factory=dict)  # element of a fired timer → the task it hung on
    variables: bytes | None = None  # msgpack, when the instance is over
    started: Mapping[str, Any] = field(default_factory=dict)  # more columns of a new instance
    suspended: bool = False  # operated on while it stands still: it goes on standing still
    data: bytes | None = None  # msgpack of the process variables that the step changed
    labels: Labels = field(default_factory=dict)


def write_step(conn: Connection, step: Step, to: Write) -> dict[int, str]:
    """Write everything the step says; ids of the tasks that opened, by node."""
    if to.revision is not None and any(node not in to.closing for node in step.closed):
        # Its answer is needed below; the instance is locked already, so the order of locks is kept.
        to.closing.update(_close_others(conn, step, to))
    opened = {task.key: new_id(to.now) for task in step.opened}
    with batch(conn):
        updated = _write_instance(conn, step, to)
        _write_parts(conn, step, to, opened)
    if updated is not None and updated.rowcount != 1:
        # Cannot happen under the lock; if a lock were ever missed, nothing is overwritten.
        raise Conflict("CRM-204", f"Instance '{to.instance_id}' was changed meanwhile.", fix="Try again.")
    return opened


def _write_parts(conn: Connection, step: Step, to: Write, opened: Mapping[int, str]) -> None:
    ended = _close_tasks(conn, step, to)
    rows = [_task_row(task, opened[task.key], to) for task in step.opened]
    _TASK.run(conn, rows)
    _CANDIDATE.run(conn, [each for row in rows for each in candidacies(row, row["candidates"])])
    _write_deadlines(conn, step, to, opened)
    _delete_nodes(conn, t.job, to.instance_id, step.calls_gone)
    _JOB.run(conn, [*_call_rows(step, to), *_message_rows(step, to)])
    _delete_nodes(conn, t.subscription, to.instance_id, step.subscriptions_gone)
    _write_subscriptions(conn, step, to)
    _delete_nodes(conn, t.incident, to.instance_id, step.faults_gone)
    _write_faults(conn, step, to)
    _write_history(conn, step, to, ended)
    write_audit(conn, to.audit)


def link_records(conn: Connection, instance_id: str, records: Collection[str]) -> None:
    """Note that an instance works on records; what is noted already stays."""
    make = pg_insert if conn.dialect.name == "postgresql" else lite_insert
    rows = [{"record_id": record, "instance_id": instance_id} for record in sorted(set(records))]
    conn.execute(make(t.instance_record).values(rows).on_conflict_do_nothing())


def write_audit(conn: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Append audit rows in one statement."""
    _AUDIT.run(conn, rows)


def _write_instance(conn: Connection, step: Step, to: Write) -> Any:
    """Insert or update; the cursor of an update, so that its row count can be checked."""
    over = step.status is not InstanceState.ACTIVE
    values: dict[str, Any] = {
        "state": InstanceState.SUSPENDED.value if to.suspended and not over else step.status.value,
        "revision": 0 if to.revision is None else to.revision + 1,
        "blob": None if over else step.state,
        "variables": to.variables if over else None,
        "ended_at": to.now if over else None,
        "error": f"{step.error[0]}: {step.error[1]}" if step.error else None,
        "audit_digest": to.digest,
    }
    if to.revision is None:
        new = {"id": to.instance_id, "definition_id": to.definition_id, "business_key": to.business_key}
        values["codec"] = to.codec
        _INSTANCE.run(conn, [{**new, **values, "started_at": to.now, "started_by": to.by, **to.started}])
        return None
    changed = {f"new_{name}": value for name, value in values.items()}
    return _UPDATE.begin(conn, key=to.instance_id, expected=to.revision, **changed)


def _close_tasks(conn: Connection, step: Step, to: Write) -> dict[int, str]:
    """Delete the tasks that are over; their candidates, drafts and deadlines go with them. Node → task id."""
    ended = {node: to.closing[node] for node in step.closed if node in to.closing}
    for task_id in ended.values():
        _DELETE_TASK.begin(conn, key=task_id)
    return ended


def _close_others(conn: Connection, step: Step, to: Write) -> dict[int, str]:
    """Ids of the tasks that end although nobody completed them: by a boundary event, a cancellation, a terminate."""
    c = t.task.c
    others = [node for node in step.closed if node not in to.closing]
    found = select(c.node, c.id).where(c.instance_id == to.instance_id, c.node.in_(others)).with_for_update()
    return {row.node: row.id for row in conn.execute(found)}


def _task_row(task: TaskOpened, task_id: str, to: Write) -> dict[str, Any]:
    placed = to.placed[task.key]
    told = [texts.get(task.element_id) for texts in to.labels.get(task.definition_key, {}).values()]
    words = kept((task.name, *told, placed.subject, to.business_key))
    return {
        "id": task_id,
        "instance_id": to.instance_id,
        "node": task.key,
        "element_id": task.element_id,
        "definition_id": to.drawn_in.get(task.definition_key, to.definition_id),
        "scope": task.scope,
        "name": task.name,
        "kind": task.kind,
        "assignee": placed.assignee,
        "candidates": placed.candidates,
        "priority": task.priority,
        "due_at": task.due_at,
        "follow_up_at": task.follow_up_at,
        "created_at": to.now,
        "form_key": task.form_key,
        "record_kind": task.record.kind if task.record else None,
        "record_id": task.record.id if task.record else None,
        "subject": placed.subject,
        "stage": task.stage,
        "business_key": to.business_key,
        "why": placed.why,
        "revision": 0,
        **sort_keys(task.due_at, task.priority),
        "segment": placed.segment,
        "amount": placed.amount,
        "words": words,
        "grams": words,
    }


def _write_deadlines(conn: Connection, step: Step, to: Write, opened: Mapping[int, str]) -> None:
    _delete_nodes(conn, t.deadline, to.instance_id, [n for n in step.timers_gone if n not in to.own_timers])
    hosts: dict[tuple[str, str], list[str]] = {}
    for task in step.opened:
        hosts.setdefault((task.scope, task.element_id), []).append(opened[task.key])
    rows = []
    for timer in step.timers:
        host = hosts.get((timer.scope, timer.attached_to or ""), [])
        rows.append(
            {
                "id": new_id(to.now),
                "instance_id": to.instance_id,
                # A timer that fires again and again hangs on the task its predecessor hung on.
                "task_id": host[0] if len(host) == 1 else to.fired.get(timer.element_id),
                "kind": "timer",
                "node": timer.key,
                "element_id": timer.element_id,
                "name": timer.name,
                "attached_to": timer.attached_to,
                "text": timer.text,
                "due_at": timer.due_at,
                "state": "ready",
                "fence": 0,
                "attempts": 0,
            }
        )
    _DEADLINE.run(conn, rows)


def _job_row(to: Write, name: str, kind: str, payload: Mapping[str, Any], retries: int) -> dict[str, Any]:
    return {
        "id": new_id(to.now),
        "instance_id": to.instance_id,
        "name": name,
        "type": kind,
        "payload": payload,
        "state": "ready",
        "due_at": to.now,
        "fence": 0,
        "attempts": 0,
        "retries": retries,
        "created_at": to.now,
    }


def _call_rows(step: Step, to: Write) -> list[dict[str, Any]]:
    rows = []
    for call in step.calls:
        payload = {"input": call.input, "headers": call.headers, "secrets": call.secrets}
        row = _job_row(to, call.name, call.type, payload, call.retries)
        rows.append({**row, "node": call.key, "element_id": call.element_id})
    return rows


def _message_rows(step: Step, to: Write) -> list[dict[str, Any]]:
    """Messages thrown are sent by the heartbeat, one transaction each: two instances are never locked at once."""
    rows = []
    for message in step.messages:
        payload = {"name": message.name, "key": message.correlation_key, "payload": message.payload}
        if message.until is not None:
            payload["until"] = message.until.isoformat()
        row = _job_row(to, message.name, f"crmflow:{message.kind}", payload, 5)
        rows.append({**row, "element_id": message.element_id})
    return rows


def _write_subscriptions(conn: Connection, step: Step, to: Write) -> None:
    rows = [
        {
            "id": new_id(to.now),
            "instance_id": to.instance_id,
            "node": each.key,
            "element_id": each.element_id,
            "kind": each.kind,
            "message": each.name,
            "correlation_key": each.correlation_key,
        }
        for each in step.subscriptions
    ]
    _SUBSCRIPTION.run(conn, rows)


def _write_faults(conn: Connection, step: Step, to: Write) -> None:
    rows = [
        {
            "id": new_id(to.now),
            "instance_id": to.instance_id,
            "kind": "fault",
            "node": fault.key,
            "element_id": fault.element_id,
            "name": fault.name,
            "code": fault.code,
            "message": fault.message,
            "created_at": to.now,
        }
        for fault in step.faults
    ]
    _INCIDENT.run(conn, rows)


def _write_history(conn: Connection, step: Step, to: Write, ended: Mapping[int, str]) -> None:
    rows: list[dict[str, Any]] = []
    for done in step.history:
        drawn = to.drawn_in.get(done.definition_key, to.definition_id)
        task_id = ended.get(done.key)
        rows.append(
            {
                "instance_id": to.instance_id,
                "task_id": task_id,
                "element_id": done.element_id,
                "definition_id": drawn if drawn != to.definition_id else None,
                "name": done.name,
                "kind": done.kind,
                "state": done.state.value,
                "scope": done.scope or None,
                "started_at": done.started_at,
                "ended_at": done.ended_at,
                "by": to.by if task_id is not None or done.kind == EDIT else None,
                "detail": done.detail,
            }
        )
    if to.data is not None:
        if not rows:
            rows.append(_data_row(to))
        rows[-1]["data"] = to.data
    _ACTIVITY.run(conn, rows)


def _data_row(to: Write) -> dict[str, Any]:
    """Variables changed although no element ended: a row for them alone."""
    row = {"instance_id": to.instance_id, "element_id": "", "name": "", "kind": "data", "state": "completed"}
    return {**row, "started_at": to.now, "ended_at": to.now}


def _delete_nodes(conn: Connection, table: Table, instance_id: str, nodes: Collection[int]) -> None:
    if nodes:
        conn.execute(delete(table).where(table.c.instance_id == instance_id, table.c.node.in_(nodes)))


def state_of(assignee: str | None) -> TaskState:
    """A task with an assignee is claimed."""
    return TaskState.OPEN if assignee is None else TaskState.CLAIMED
