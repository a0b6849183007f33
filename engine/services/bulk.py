"""Operations on many: tried out first, noted with all their items, done by jobs one item at a time, each once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from engine import logs
from engine.domain.access import SYSTEM, Actor, Right, ensure
from engine.domain.commands import CancelInstance, Command, RetryIncident
from engine.domain.errors import Conflict, CrmflowError, Invalid, NotFound
from engine.domain.operating import (
    ACTIONS,
    BulkItemRow,
    BulkRow,
    CancelBulk,
    Cause,
    CountChosen,
    EditData,
    Effect,
    GetBulk,
    ListBulk,
    ListBulkItems,
    ListCauses,
    MoveInstance,
    Operation,
    Preview,
    PreviewOperation,
    RestartInstance,
    ResumeInstance,
    RunItem,
    SkipIncident,
    StartBulk,
    SuspendInstance,
)
from engine.domain.questions import ActorNamed
from engine.domain.states import BulkState
from engine.domain.values import Page
from engine.services import idempotency, registry
from engine.services.context import Context
from engine.services.registry import answers, handles
from engine.store import chosen, due, inbox, queries
from engine.store.database import is_retryable

log = logs.get("bulk")

MOST = 100_000
#: Parameters of each action's command, beside the target, the person and the reason.
PARAMS: Mapping[str, frozenset[str]] = {
    "move": frozenset({"to", "leave", "everything", "data"}),
    "data": frozenset({"values", "types", "remove"}),
    "restart": frozenset({"element", "data"}),
    "skip": frozenset({"result"}),
}
_COMMANDS: Mapping[str, type] = {
    "suspend": SuspendInstance,
    "resume": ResumeInstance,
    "cancel": CancelInstance,
    "move": MoveInstance,
    "data": EditData,
    "restart": RestartInstance,
    "retry": RetryIncident,
    "skip": SkipIncident,
}
_RIGHTS = {"cancel": Right.INSTANCE_CANCEL, "retry": Right.INCIDENT_RETRY}
_TYPES: Mapping[str, type | tuple[type, ...]] = {
    "to": (str, type(None)), "leave": (str, type(None)), "everything": bool, "data": str, "values": Mapping,
    "types": Mapping, "remove": (list, tuple), "element": str, "result": Mapping,
}  # fmt: skip


@handles(PreviewOperation)
def preview(ctx: Context, cmd: PreviewOperation) -> Preview:
    """Do it to the first of the chosen, look what became of them, and take it all back."""
    query = _choice(cmd.operation, cmd.by)
    effects = [_tried(ctx, cmd.operation, target, cmd.by) for target in chosen.ids(ctx.conn, query, min(cmd.limit, 50))]
    return Preview(chosen.count(ctx.conn, query), tuple(effects))


@answers(CountChosen)
def count(ctx: Context, ask: CountChosen) -> int:
    """How many a filter chooses."""
    return chosen.count(ctx.conn, _choice(ask.operation, ask.by))


@handles(StartBulk)
def start(ctx: Context, cmd: StartBulk) -> BulkRow:
    """Note the operation with all its items; the heartbeat does them."""
    query = _choice(cmd.operation, cmd.by)
    if not cmd.reason.strip():
        raise Invalid("CRM-037", "A reason is needed.", fix="Say why, so that others understand it later.")
    told: dict[str, Any] = {
        "action": cmd.operation.action,
        "params": cmd.operation.params,
        "chosen": _told(cmd.operation),
    }
    request = idempotency.request_digest("bulk", told, cmd.reason)
    if cmd.idempotency_key and (known := idempotency.recall(ctx, cmd.by, cmd.idempotency_key, request)):
        return _one(ctx, known["id"])
    targets = chosen.ids(ctx.conn, query, MOST + 1)
    if not 0 < len(targets) <= MOST:
        what = "Nothing fits" if not targets else f"More than {MOST} fit"
        raise Invalid("CRM-038", f"{what} this choice.", fix="Choose others.")
    row: dict[str, Any] = {
        **told,
        "id": ctx.new_id(),
        "reason": cmd.reason,
        "state": "running",
        "by": cmd.by.id,
        "started_at": ctx.now,
    }
    chosen.add(ctx.conn, row, targets)
    ctx.audit(cmd.by, "bulk.start", target=row["id"], detail={**told, "items": len(targets), "reason": cmd.reason})
    if cmd.idempotency_key:
        idempotency.remember(ctx, cmd.by, cmd.idempotency_key, request, {"id": row["id"]})
    _ask_for_work(ctx, row["id"], cmd.operation.action)
    return _one(ctx, row["id"])


@handles(CancelBulk)
def cancel(ctx: Context, cmd: CancelBulk) -> BulkRow:
    """Leave alone what was not begun."""
    row = _row(ctx, cmd.bulk_id)
    ensure(cmd.by, _RIGHTS.get(row.action, Right.INSTANCE_OPERATE))
    if not chosen.end(ctx.conn, cmd.bulk_id, BulkState.CANCELLED.value, ctx.now):
        raise Conflict("CRM-222", "The operation is over already.", fix="Look at its results.")
    ctx.audit(cmd.by, "bulk.cancel", target=cmd.bulk_id)
    return _one(ctx, cmd.bulk_id)


@handles(RunItem)
def run_item(ctx: Context, cmd: RunItem) -> bool:
    """Do the next item; what it meets is noted with it. The item and its effect are one transaction."""
    ensure(cmd.by, Right.AUDIT_READ)  # the engine itself; people ask for whole operations
    item = chosen.next_item(ctx.conn, cmd.bulk_id)
    if item is None:
        return False
    bulk = _row(ctx, cmd.bulk_id)
    try:
        with ctx.attempt():
            by = SYSTEM if bulk.by == SYSTEM.id else registry.questions[ActorNamed](ctx, ActorNamed(bulk.by))
            operation = Operation(bulk.action, params=bulk.params)
            answer = _do(ctx, _command(operation, item.target, by, bulk.reason))
    except CrmflowError as error:
        values = {"state": "failed", "code": error.code, "message": f"{error.message} {error.fix}".strip()}
        chosen.end_item(ctx.conn, cmd.bulk_id, item.number, ctx.now, **values)
        return True
    except Exception as error:
        # Everything: one item that breaks the program must not stop the others. What may go well again is run again.
        if is_retryable(error):
            raise
        log.error("bulk_item_broke", bulk=cmd.bulk_id, target=item.target, exc_info=error)
        said = f"Something unexpected happened: {type(error).__name__}: {error}"[:1000]
        chosen.end_item(ctx.conn, cmd.bulk_id, item.number, ctx.now, state="failed", code="CRM-699", message=said)
        return True
    made = getattr(answer, "instance_id", None) if bulk.action == "restart" else None
    chosen.end_item(ctx.conn, cmd.bulk_id, item.number, ctx.now, state="done", made=made)
    return True


def go_on(ctx: Context, bulk_id: str) -> None:
    """A share is done: ask for the next, or close the operation."""
    row = chosen.bulk(ctx.conn, bulk_id)
    if row is None or row.state != BulkState.RUNNING.value:
        return
    if chosen.counts(ctx.conn, [bulk_id]).get(bulk_id, {}).get("waiting"):
        _ask_for_work(ctx, bulk_id, row.action)
    else:
        chosen.end(ctx.conn, bulk_id, BulkState.DONE.value, ctx.now)


@answers(ListBulk)
def list_bulk(ctx: Context, ask: ListBulk) -> Page[BulkRow]:
    """Operations on many, newest first."""
    ensure(ask.by, Right.INCIDENT_RETRY)
    rows, following = chosen.bulks(ctx.conn, ask.limit, ask.cursor)
    numbers = chosen.counts(ctx.conn, [row.id for row in rows])
    return Page(tuple(_bulk_row(row, numbers.get(row.id, {})) for row in rows), following)


@answers(GetBulk)
def get_bulk(ctx: Context, ask: GetBulk) -> BulkRow:
    """One operation and how far it is."""
    ensure(ask.by, Right.INCIDENT_RETRY)
    return _one(ctx, ask.bulk_id)


@answers(ListBulkItems)
def list_items(ctx: Context, ask: ListBulkItems) -> Page[BulkItemRow]:
    """What became of each."""
    ensure(ask.by, Right.INCIDENT_RETRY)
    _row(ctx, ask.bulk_id)
    rows, following = chosen.items(ctx.conn, ask.bulk_id, ask.state, ask.limit, ask.cursor)
    return Page(tuple(_item_row(row) for row in rows), following)


@answers(ListCauses)
def list_causes(ctx: Context, ask: ListCauses) -> tuple[Cause, ...]:
    """Open incidents by cause."""
    ensure(ask.by, Right.INCIDENT_READ)
    rows = chosen.causes(ctx.conn, ask.definition_key, min(ask.limit, queries.MOST))
    return tuple(
        Cause(
            definition_key=row.definition_key,
            element_id=row.element_id,
            name=row.name,
            kind=row.kind,
            code=row.code,
            message=row.message,
            count=row.n,
            instances=row.instances,
            first_at=row.first_at,
            last_at=row.last_at,
        )
        for row in rows
    )


# --- how -------------------------------------------------------------------------------------------


def _choice(operation: Operation, by: Actor) -> Any:
    """The query of what is chosen; checks the action, its parameters and the right to it."""
    if operation.action not in ACTIONS:
        raise Invalid("CRM-036", f"There is no operation '{operation.action}'.", fix=f"Use {', '.join(ACTIONS)}.")
    ensure(by, _RIGHTS.get(operation.action, Right.INSTANCE_OPERATE))
    allowed = PARAMS.get(operation.action, frozenset())
    for name, value in operation.params.items():
        if name not in allowed or not isinstance(value, _TYPES[name]):
            raise Invalid(
                "CRM-036",
                f"'{name}' does not fit the operation '{operation.action}'.",
                fix=f"It takes: {', '.join(sorted(allowed)) or 'nothing'}.",
            )
    if operation.action == "restart" and not operation.params.get("element"):
        raise Invalid("CRM-036", "A restart needs the element to begin at.", fix="Name 'element'.")
    return chosen.chosen(operation.action, operation.chosen)


def _command(operation: Operation, target: str, by: Actor, reason: str) -> Command[Any]:
    params = {name: tuple(value) if name == "remove" else value for name, value in operation.params.items()}
    made: Command[Any] = _COMMANDS[operation.action](target, by=by, reason=reason, **params)
    return made


def _do(ctx: Context, command: Command[Any]) -> Any:
    return registry.commands[type(command)](ctx, command)


def _tried(ctx: Context, operation: Operation, target: str, by: Actor) -> Effect:
    """What the operation would do to one of them."""
    instance_id: str | None = target
    if ACTIONS[operation.action] == "incident":
        row = due.incident(ctx.conn, target)
        instance_id = row.instance_id if row is not None else None
    before = queries.instance(ctx.conn, instance_id) if instance_id else None
    tasks = _tasks(ctx, instance_id)
    try:
        with ctx.trial():
            answer = _do(ctx, _command(operation, target, by, "preview"))
            shown = answer.instance_id if operation.action == "restart" else instance_id
            after = queries.instance(ctx.conn, shown) if shown else None
            there = _tasks(ctx, shown)
            code, message = None, ""
    except CrmflowError as error:
        after, there = before, tasks
        code, message = error.code, f"{error.message} {error.fix}".strip()
    return Effect(
        target=target,
        label=(before.business_key if before else None) or instance_id or target,
        instance_id=instance_id,
        before=before.state if before else "",
        after=after.state if after else "",
        ends=tuple(name for key, name in tasks.items() if key not in there and operation.action != "restart"),
        opens=tuple(name for key, name in there.items() if key not in tasks),
        code=code,
        message=message,
    )


def _tasks(ctx: Context, instance_id: str | None) -> dict[str, str]:
    return {row.id: row.name for row in inbox.of_instance(ctx.conn, instance_id)} if instance_id else {}


def _ask_for_work(ctx: Context, bulk_id: str, action: str) -> None:
    row = {"id": ctx.new_id(), "name": action, "type": "crmflow:bulk", "payload": {"bulk": bulk_id}}
    due.add(ctx.conn, ctx.now, [row])
    ctx.wake = True


def _told(operation: Operation) -> dict[str, Any]:
    """The filter as it is kept: what was asked for, nothing else."""
    return {name: value for name, value in asdict(operation.chosen).items() if value not in (None, "", (), False)}


def _row(ctx: Context, bulk_id: str) -> Any:
    row = chosen.bulk(ctx.conn, bulk_id)
    if row is None:
        raise NotFound("CRM-428", f"There is no bulk operation '{bulk_id}'.", fix="Look at the list of operations.")
    return row


def _one(ctx: Context, bulk_id: str) -> BulkRow:
    return _bulk_row(_row(ctx, bulk_id), chosen.counts(ctx.conn, [bulk_id]).get(bulk_id, {}))


def _bulk_row(row: Any, numbers: Mapping[str, int]) -> BulkRow:
    return BulkRow(
        id=row.id,
        action=row.action,
        state=BulkState(row.state),
        reason=row.reason,
        by=row.by,
        started_at=row.started_at,
        ended_at=row.ended_at,
        total=sum(numbers.values()),
        done=numbers.get("done", 0),
        failed=numbers.get("failed", 0),
        cancelled=numbers.get("cancelled", 0),
        waiting=numbers.get("waiting", 0),
        params=row.params,
        chosen=row.chosen,
    )


def _item_row(row: Any) -> BulkItemRow:
    return BulkItemRow(
        number=row.number,
        target=row.target,
        state=row.state,
        code=row.code,
        message=row.message,
        made=row.made,
        at=row.at,
        instance_id=row.instance_id,
        label=row.business_key or row.instance_id or row.target,
    )
