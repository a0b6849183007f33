"""The handlers, one file per room, and the table of all routes."""

from __future__ import annotations

from webui.api.routes import (
    decisions,
    desk,
    inbox,
    instances,
    models,
    operate,
    people,
    records,
    scenarios,
    sla,
    staff,
    sweeps,
    tasks,
    work,
    workers,
)
from webui.api.routing import Route, Tag

TAGS: tuple[Tag, ...] = (
    models.TAG,
    decisions.TAG,
    instances.TAG,
    tasks.TAG,
    inbox.TAG,
    desk.TAG,
    sweeps.TAG,
    work.TAG,
    operate.TAG,
    scenarios.TAG,
    workers.TAG,
    records.TAG,
    people.TAG,
    staff.TAG,
    sla.TAG,
)
ROUTES: tuple[Route, ...] = tuple(route for tag in TAGS for route in tag.routes)
