"""What starts a published definition by itself: messages, signals, timers, conditions; a new version takes over."""

from __future__ import annotations

from datetime import datetime

from engine.services.calendars import by_name
from engine.services.conditions import related, watched
from engine.services.context import Context
from engine.services.library import Loaded
from engine.store import due, models


def open_starts(ctx: Context, loaded: Loaded) -> None:
    """Listen for its start messages and signals, plan its start timers, in place of those of the version before."""
    heard = [
        {
            "kind": start.trigger,
            "message": start.message,
            "definition_key": loaded.key,
            "element_id": start.node,
            "definition_id": loaded.id,
        }
        for start in loaded.process.starts
        if start.trigger in ("message", "signal") and start.message
    ]
    heard += [
        {"kind": "conditional", "message": kind, "definition_key": loaded.key, "element_id": element}
        | {"definition_id": loaded.id}
        for kind, element in watched(ctx, loaded).items()
    ]
    heard += [
        {"kind": "related", "message": kind, "definition_key": loaded.key, "element_id": element}
        | {"definition_id": loaded.id}
        for kind, element in related(ctx, loaded).items()
    ]
    models.replace_starts(ctx.conn, loaded.key, heard)
    due.drop_starts(ctx.conn, loaded.key)
    for start in loaded.process.starts:
        if start.trigger == "timer":
            plan_timer(ctx, loaded, start.node, ctx.now.isoformat(), 1)


def plan_timer(ctx: Context, loaded: Loaded, element: str, since: str, number: int) -> None:
    """Write the job that starts the definition for the ``number``-th time, if there is one.

    ``element``: the name of the start's node; ``since``: publication.
    """
    at = loaded.process.next_start(element, datetime.fromisoformat(since), number, by_name(ctx))
    if at is None:
        return
    payload = {"key": loaded.key, "definition": loaded.id, "element": element, "since": since, "round": number}
    row = {"id": ctx.new_id(), "name": loaded.name, "type": "crmflow:start", "payload": payload, "due_at": at}
    due.add(ctx.conn, ctx.now, [row | {"element_id": element.partition("#")[0]}])
