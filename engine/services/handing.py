"""Giving an open task to somebody, or to a queue: the one place where whose it is changes, and what follows from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.services.context import Context
from engine.services.library import Loaded
from engine.services.sla_accept import handed
from engine.store import due
from engine.store.moves import change_tasks


def hand(ctx: Context, loaded: Loaded, instance_id: str, task_id: str, values: Mapping[str, Any]) -> None:
    """Change columns of a task under its instance's lock; with ``assignee`` its clock of being taken ends or begins."""
    change_tasks(ctx.conn, [task_id], values)
    if "assignee" in values:
        handed(ctx, loaded, instance_id, task_id, values["assignee"])


def tell_assigned(ctx: Context, instance_id: str, node: int, login: str) -> None:
    """A job tells the new assignee, if the task is still theirs then."""
    tell_all(ctx, instance_id, {node: login})


def tell_all(ctx: Context, instance_id: str, given: Mapping[int, str]) -> None:
    """``tell_assigned`` for several tasks of an instance, by node; one statement."""
    payloads = [{"instance": instance_id, "node": node, "login": login} for node, login in given.items()]
    about = {"name": "assigned", "type": "crmflow:assigned"}
    due.add(ctx.conn, ctx.now, [{"id": ctx.new_id(), **about, "payload": payload} for payload in payloads])
    ctx.wake = True
