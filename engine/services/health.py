"""Is anything forgotten? Compares what every active state waits for with the rows that would wake it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Select, select

from engine.domain.access import Right, ensure
from engine.domain.errors import CrmflowError
from engine.domain.questions import CheckHealth
from engine.domain.states import Severity
from engine.domain.values import Finding
from engine.services.context import Context
from engine.services.flow import runtime
from engine.services.registry import answers
from engine.store.tables import deadline, incident, instance, job, subscription, task

#: what a token waits for → the table whose row wakes it
_WAKERS = {"task": task, "timer": deadline, "wait": subscription, "call": job, "fault": incident}


@answers(CheckHealth)
def check_health(ctx: Context, ask: CheckHealth) -> tuple[Finding, ...]:
    """Empty = every open step is somebody's task, a deadline, a subscription, a job or an incident."""
    ensure(ask.by, Right.AUDIT_READ)
    rows: dict[str, set[tuple[int, str]]] = defaultdict(set)
    for kind, table in _WAKERS.items():
        query: Select[Any, Any] = select(table.c.instance_id, table.c.node).where(table.c.node.is_not(None))
        for instance_id, node in ctx.conn.execute(query):
            rows[instance_id].add((node, kind))
    return tuple(_compare(ctx, rows))


def _compare(ctx: Context, rows: dict[str, set[tuple[int, str]]]) -> Iterator[Finding]:
    columns = (instance.c.id, instance.c.definition_id, instance.c.blob)
    active = select(*columns).where(instance.c.blob.is_not(None)).order_by(instance.c.id)
    for id_, definition_id, blob in ctx.conn.execute(active).all():
        found = rows.pop(id_, set())
        try:
            loaded = ctx.library.load(ctx.conn, definition_id)
            waits = {
                (node, kind) for node, kind in runtime(ctx, loaded).resume(loaded.process, blob, ctx.now).waits.items()
            }
        except CrmflowError as error:
            yield _finding("CRM-660", id_, f"The state of instance '{id_}' cannot be read: {error.message}")
            continue
        if not waits:
            yield _finding("CRM-661", id_, f"Instance '{id_}' is active but waits for nothing.")
        for node, kind in sorted(waits - found):
            yield _finding("CRM-662", id_, f"Step {node} of instance '{id_}' waits for a {kind} that has no row.")
        for node, kind in sorted(found - waits):
            yield _finding("CRM-663", id_, f"A {kind} row of instance '{id_}' wakes step {node}, which does not wait.")
    for id_, found in rows.items():
        yield _finding("CRM-664", id_, f"Instance '{id_}' is over, but {len(found)} rows still wake it.")


def _finding(code: str, instance_id: str, message: str) -> Finding:
    fix = "Retry or cancel the instance; keep a copy of the database and report this."
    return Finding(code, Severity.ERROR, message, element=instance_id, fix=fix)
