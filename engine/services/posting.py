"""Jobs of the engine's own: messages and signals between instances, starts by time or signal, telling people."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from engine.domain.access import Actor
from engine.domain.commands import SendMessage
from engine.services import leaving, notes, outgoing, sla_moves, sla_spread
from engine.services.absences import stand_in
from engine.services.bulk import go_on
from engine.services.context import Context
from engine.services.edges import inward
from engine.services.flow import conclude, is_suspended, resume
from engine.services.holding import hand_out
from engine.services.instances import begin
from engine.services.ladder import ring
from engine.services.messages import keep_for, send
from engine.services.starts import plan_timer
from engine.store import due, models, post
from engine.store.repos import JobLock, lock_instance


def _message(ctx: Context, job: JobLock, by: Actor) -> None:
    """An instance's message to another one."""
    said = job.payload
    parent = said.get("parent", job.instance_id)
    sent = SendMessage(said["name"], by, said["key"] or "", said["payload"] or {}, parent_id=parent)
    if said.get("until"):
        sent = replace(sent, ttl=max(datetime.fromisoformat(said["until"]) - ctx.now, timedelta(0)))
    send(ctx, sent)


def _signal(ctx: Context, job: JobLock, by: Actor) -> None:
    """An instance's signal to all: a job for each who listens, so that no two instances are locked at once."""
    name, payload = job.payload["name"], job.payload["payload"]
    heard = [
        {"subscription": subscription, "payload": payload}
        for subscription, instance in post.listeners(ctx.conn, name)
        if instance != job.instance_id  # its own tokens heard it at once
    ]
    starts = [
        {"definition": definition, "element": element, "key": "", "variables": payload, "parent": job.instance_id}
        for definition, element in models.starts_by(ctx.conn, "signal", name)
    ]
    rows = [{"type": "crmflow:deliver", "payload": one} for one in heard]
    rows += [{"type": "crmflow:start", "payload": one} for one in starts]
    due.add(ctx.conn, ctx.now, [{"id": ctx.new_id(), "name": name, **row} for row in rows])
    ctx.wake = bool(rows)


def _deliver(ctx: Context, job: JobLock, by: Actor) -> None:
    """A signal to one listener; who has stopped listening meanwhile is left alone."""
    subscription = job.payload["subscription"]
    owner = post.owner(ctx.conn, subscription)
    locked = lock_instance(ctx.conn, owner) if owner else None
    node = post.node_of(ctx.conn, subscription) if locked else None
    if locked is None or node is None:
        return
    if is_suspended(locked):
        keep_for(ctx, locked, job.name, job.type, job.payload)
        return
    flow, run = resume(ctx, locked, by)
    ctx.audit(by, "signal.deliver", instance_id=locked.id, target=job.name, detail={"element": node[1]})
    run.deliver(node[0], inward(job.payload["payload"] or {}))
    conclude(ctx, flow, run)


def _look(ctx: Context, job: JobLock, by: Actor) -> None:
    """A record changed outside: the instance's conditional events look at it."""
    locked = lock_instance(ctx.conn, job.payload["instance"])
    if locked is None or locked.blob is None:
        return
    if is_suspended(locked):
        keep_for(ctx, locked, job.name, job.type, job.payload)
        return
    flow, run = resume(ctx, locked, by)
    flow.looked = True
    run.look_again()
    conclude(ctx, flow, run)


def _bulk(ctx: Context, job: JobLock, by: Actor) -> None:
    """A share of a bulk operation is done: the next one is asked for, or the operation is over."""
    go_on(ctx, job.payload["bulk"])


def _start(ctx: Context, job: JobLock, by: Actor) -> None:
    """Start by time, signal or condition; the next time of a cycle is planned in the same transaction.

    What has happened is not lost by a version published since: that one starts, if it begins there as well.
    """
    said = job.payload
    loaded = ctx.library.load(ctx.conn, said["definition"])
    newest = models.published(ctx.conn, loaded.key)
    if newest != loaded.id:
        if said.get("round"):
            return  # another version is published by now, and has its own times
        later = None if newest is None else ctx.library.load(ctx.conn, newest)
        if later is not None and any(start.node == said["element"] for start in later.process.starts):
            loaded = later
    if said.get("round"):
        plan_timer(ctx, loaded, said["element"], said["since"], said["round"] + 1)
    variables = inward(said.get("variables") or {})
    begin(ctx, loaded, variables, by, parent_id=said.get("parent"), start_event=said["element"])


#: Job type → what does it, inside the transaction that deletes the job.
OWN: Mapping[str, Callable[[Context, JobLock, Actor], None]] = {
    "crmflow:message": _message,
    "crmflow:signal": _signal,
    "crmflow:deliver": _deliver,
    "crmflow:start": _start,
    "crmflow:rung": ring,
    "crmflow:look": _look,
    "crmflow:bulk": _bulk,
    "crmflow:assigned": notes.assigned,
    "crmflow:digest": outgoing.digest,
    "crmflow:handout": hand_out,
    "crmflow:away": stand_in,
    leaving.KIND: leaving.give_back,
    "crmflow:replan": sla_moves.go_on,
    sla_spread.KIND: sla_spread.go_on,
}
