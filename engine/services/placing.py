"""Whose task it is: the element's own words, then its strategy, then the lane, then the owner. Always explained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.domain.values import TaskOpened
from engine.services.context import Context
from engine.services.library import Loaded
from engine.services.registry import port


@dataclass(frozen=True, slots=True)
class Assignment:
    """Who gets a task. ``candidates`` are "user:alice", "team:sales", "role:manager"; ``why`` is stored and shown."""

    assignee: str | None = None
    candidates: tuple[str, ...] = ()
    why: Mapping[str, Any] = field(default_factory=dict)


def place(ctx: Context, task: TaskOpened, loaded: Loaded) -> Assignment:
    """Decide by the house's precedence. What the element says itself costs no statement.  # G2"""
    if task.assignee or task.candidate_users or task.candidate_groups:
        candidates = (*(f"user:{u}" for u in task.candidate_users), *(group(g) for g in task.candidate_groups))
        return Assignment(task.assignee, candidates, {"by": "element"})
    if task.assignment:
        found: Assignment = port("task.assign")(ctx, task, loaded)
        if found.assignee or found.candidates:
            return found
    if task.lane:
        return Assignment(None, (group(task.lane),), {"by": "lane", "lane": task.lane})
    owner = loaded.infos.get(task.definition_key, loaded.info)["owner"] or loaded.info["owner"]
    if owner:
        return Assignment(None, (group(owner),), {"by": "owner", "owner": owner})
    return Assignment(None, ("role:manager",), {"by": "nobody named", "process": loaded.key})


def group(name: str) -> str:
    """A group as a model writes it: a team's key unless it says ``user:``, ``team:`` or ``role:``."""
    return name if name.startswith(("user:", "team:", "role:")) else f"team:{name}"
