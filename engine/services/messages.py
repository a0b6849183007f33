"""Messages: correlated exactly once with a waiting instance, or starting one, or kept until somebody waits.  # G4"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from engine.domain.access import Actor, Right, ensure
from engine.domain.commands import SendMessage, SendSignal
from engine.domain.errors import Invalid
from engine.domain.values import MessageSent
from engine.services import idempotency
from engine.services.context import Context
from engine.services.edges import inward
from engine.services.flow import Flow, Outcome, conclude, continued, is_suspended, resume
from engine.services.instances import begin
from engine.services.registry import handles
from engine.store import due, models, post
from engine.store.repos import Locked, lock_instance

_TRIES = 20  # subscriptions that vanish under our eyes before we give the message to the buffer


@handles(SendMessage)
def send(ctx: Context, cmd: SendMessage) -> MessageSent:
    """Deliver a message once: to the instance that has waited longest, else as a start, else to the buffer."""
    ensure(cmd.by, Right.MESSAGE_SEND)
    if not cmd.name:
        raise Invalid("CRM-016", "The message has no name.", fix="Name the message as the model does.")
    request = ""
    if cmd.idempotency_key:
        request = idempotency.request_digest("message", cmd.name, cmd.correlation_key, cmd.payload, cmd.business_key)
        known = idempotency.recall(ctx, cmd.by, cmd.idempotency_key, request)
        if known is not None:
            return MessageSent(**known, repeated=True)
    sent = _correlate(ctx, cmd) or _start(ctx, cmd) or _buffer(ctx, cmd)
    if cmd.idempotency_key:
        answer = {"message_id": sent.message_id, "outcome": sent.outcome, "instance_id": sent.instance_id}
        idempotency.remember(ctx, cmd.by, cmd.idempotency_key, request, answer)
    return sent


@handles(SendSignal)
def broadcast(ctx: Context, cmd: SendSignal) -> str:
    """Note it as a job: each listener is told in a transaction of its own, so that no two are locked at once."""
    ensure(cmd.by, Right.MESSAGE_SEND)
    if not cmd.name:
        raise Invalid("CRM-016", "The signal has no name.", fix="Name the signal as the model does.")
    request = idempotency.request_digest("signal", cmd.name, cmd.payload)
    if cmd.idempotency_key and (known := idempotency.recall(ctx, cmd.by, cmd.idempotency_key, request)):
        return str(known["id"])
    said = {"name": cmd.name, "payload": dict(cmd.payload)}
    row = {"id": ctx.new_id(), "name": cmd.name, "type": "crmflow:signal", "payload": said}
    due.add(ctx.conn, ctx.now, [row])
    ctx.wake = True
    ctx.audit(cmd.by, "signal.send", target=cmd.name)
    if cmd.idempotency_key:
        idempotency.remember(ctx, cmd.by, cmd.idempotency_key, request, {"id": row["id"]})
    return str(row["id"])


def _correlate(ctx: Context, cmd: SendMessage) -> MessageSent | None:
    for _ in range(_TRIES):
        found = post.waiting(ctx.conn, cmd.name, cmd.correlation_key)
        if found is None:
            return None
        subscription, instance_id = found
        locked = lock_instance(ctx.conn, instance_id)
        node = post.node_of(ctx.conn, subscription) if locked else None
        if locked is None or node is None:
            continue  # it was delivered or cancelled while we waited for the lock: look for the next
        if is_suspended(locked):
            said = {"name": cmd.name, "key": cmd.correlation_key, "payload": cmd.payload, "parent": cmd.parent_id}
            said["until"] = (ctx.now + cmd.ttl).isoformat()  # it lives no longer because the case stands still
            keep_for(ctx, locked, cmd.name, "crmflow:message", said)
            return MessageSent(ctx.new_id(), "held", locked.id)
        flow, run = resume(ctx, locked, cmd.by)
        ctx.audit(cmd.by, "message.correlate", instance_id=locked.id, target=cmd.name, detail={"element": node[1]})
        run.deliver(node[0], inward(cmd.payload))
        conclude(ctx, flow, run)
        return MessageSent(ctx.new_id(), "correlated", locked.id)
    return None


def _start(ctx: Context, cmd: SendMessage) -> MessageSent | None:
    starts = models.starts_by(ctx.conn, "message", cmd.name)
    if not starts:
        return None
    definition_id, element = starts[0]
    base = ctx.library.load(ctx.conn, definition_id)
    if any(start.node == element and start.together for start in base.process.starts):
        # Of several messages that begin one instance the second may come in the same moment: one after the other.
        post.lock(ctx.conn, f"start {base.key}", cmd.correlation_key)
        if (met := _correlate(ctx, cmd)) is not None:
            return met
    started = begin(
        ctx,
        base,
        inward(cmd.payload),
        cmd.by,
        business_key=cmd.business_key,
        parent_id=cmd.parent_id,
        start_event=element,
    )
    return MessageSent(ctx.new_id(), "started", started.instance_id)


def _buffer(ctx: Context, cmd: SendMessage) -> MessageSent:
    """Nobody waits: keep it. Looks once more under the message's lock, so that a new subscription is not missed."""
    post.lock(ctx.conn, cmd.name, cmd.correlation_key)
    late = _correlate(ctx, cmd)
    if late is not None:
        return late
    sent = MessageSent(ctx.new_id(), "buffered" if cmd.ttl.total_seconds() > 0 else "expired")
    # What nobody wanted in time is not delivered, but can be looked at for some days.
    row = {
        "id": sent.message_id,
        "name": cmd.name,
        "correlation_key": cmd.correlation_key,
        "payload": cmd.payload,
        "expires_at": ctx.now + cmd.ttl,
        "sent_at": ctx.now,
        "sent_by": cmd.by.id,
        "parent_id": cmd.parent_id,
    }
    post.keep(ctx.conn, row)
    return sent


def catch_up(ctx: Context, flow: Flow, outcome: Outcome) -> Outcome:
    """Deliver buffered messages to what has just begun to wait, in the same transaction."""
    waits = [wait for wait in outcome.step.subscriptions if wait.kind == "message"]
    gone: set[int] = set()
    # One order for everybody, so that two instances never wait for each other's message locks.
    for wait in sorted(waits, key=lambda each: (each.name, each.correlation_key)):
        if wait.key in gone or outcome.step.state is None:
            continue
        post.lock(ctx.conn, wait.name, wait.correlation_key)
        found = post.take(ctx.conn, wait.name, wait.correlation_key, ctx.now)
        if found is None:
            continue
        _, payload, sender = found
        ctx.audit(_sender(sender), "message.correlate", instance_id=flow.id, target=wait.name)
        run = continued(ctx, flow, outcome)
        run.deliver(wait.key, inward(payload))
        # What this opens may meet buffered messages of its own: ``conclude`` comes back here for them.
        then = conclude(ctx, flow, run)
        gone.update(then.step.subscriptions_gone)
        outcome = _joined(outcome, then)
    return outcome


def keep_for(ctx: Context, locked: Locked, name: str, type: str, payload: Mapping[str, Any]) -> None:
    """A job for an instance that stands still: done when it is resumed."""
    row = {"id": ctx.new_id(), "name": name, "type": type, "payload": payload, "instance_id": locked.id}
    due.add(ctx.conn, ctx.now, [{**row, "state": "held", "retries": 5}])


def _sender(login: str) -> Actor:
    return Actor(id=login, name=login)


def _joined(first: Outcome, then: Outcome) -> Outcome:
    """Two steps of one command as one: what the first opened and the second closed was never open."""
    closed = set(then.step.closed)
    kept = {node: task for node, task in first.tasks.items() if node not in closed}
    opened = tuple(task for task in first.step.opened if task.key in kept) + then.step.opened
    faults = tuple(f for f in first.step.faults if f.key not in then.step.faults_gone) + then.step.faults
    step = replace(then.step, opened=opened, faults=faults)
    return Outcome(step, then.revision, {**kept, **then.tasks}, {**first.placed, **then.placed})
