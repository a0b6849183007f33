"""Promises that arise while a case runs: its facts are others now, and the policy promises what it did not before.

Looked at after a step that changed data, when a record the case works on was changed, when somebody gives a task
another priority and when somebody asks for it. A clock that has run already is not begun again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from engine.domain import sla
from engine.domain.access import Actor
from engine.domain.sla_values import Move, Preview
from engine.domain.states import ActivityState
from engine.services import sla_clocks as clocks
from engine.services.context import Context
from engine.services.library import Loaded
from engine.services.sla_moves import reckon_anew
from engine.services.sla_start import ACCEPT, Spot, of_task, pause_by_state, start
from engine.services.sla_terms import TASK_PRIORITY, Asked, Known, Terms, record_in, terms
from engine.services.sla_write import Row
from engine.store.repos import Locked
from engine.store.tables import activity, task
from engine.store.tables_time import sla_clock

Mark = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Place:
    """A case that somebody looks at: its model, who looks, and the nodes that opened in this very step."""

    loaded: Loaded
    instance_id: str
    by: str
    fresh: frozenset[int] = frozenset()


def look_again(ctx: Context, place: Place, open_: Sequence[Row], asked: Asked, reason: str) -> Preview:
    """Reckon the open clocks of a case anew, and start those that are promised only now. The instance is locked."""
    moved = reckon_anew(ctx, open_, asked, place.by, reason)
    new = arise(ctx, place, asked)
    moves = tuple(Move(c["id"], c["name"], c["instance_id"], None, c["due_at"], "", c["target"]) for c in new)
    return Preview(moved.open + len(new), moved.moves + moves, moved.looked + len(new))


def prioritised(ctx: Context, locked: Locked, loaded: Loaded, by: Actor) -> None:
    """A task has another priority: where a table of targets asks for it, the case's clocks are looked at."""
    policies = {str(mark["policy"]) for *_, mark in _promising(loaded)}
    if not policies or locked.blob is None:
        return
    from engine.services.flow import resume, stored  # steps of a case look at its clocks

    held = Known(ctx)
    if not any(held.asks(policy, TASK_PRIORITY) for policy in policies):
        return
    _, run = resume(ctx, locked, by, operate=True)
    place = Place(loaded, locked.id, by.id)
    look_again(ctx, place, clocks.open_of(ctx, locked.id), Asked(ctx, locked.id, stored(run)), "the task's priority")


def arise(ctx: Context, place: Place, asked: Asked) -> list[Row]:
    """Start the clocks that the model asks for, the policies promise now, and that have never run."""
    if not any(True for _ in _promising(place.loaded)):
        return []
    c = sla_clock.c
    query = select(c.metric, c.scope, c.element_id, c.node, c.mark, c.ended_at).where(
        c.instance_id == place.instance_id
    )
    ran = [dict(row) for row in ctx.conn.execute(query).mappings()]
    new = [*_tasks(ctx, place, asked, ran), *_case(ctx, place, asked, ran)]
    for clock, promise, known in new:
        pause_by_state(ctx, clock, promise, known.get("state"), place.by)
    return [clock for clock, *_ in new]


_New = tuple[Row, Terms, Mapping[str, Any]]


def _tasks(ctx: Context, place: Place, asked: Asked, ran: list[Row]) -> Iterator[_New]:
    """Of tasks that were open before this step."""
    marks = [(element, mark) for key, element, mark in _promising(place.loaded) if element and not _from_done(mark)]
    if not marks:
        return
    t = task.c
    wanted = sorted({element for element, _ in marks})
    query = select(task).where(t.instance_id == place.instance_id, t.element_id.in_(wanted)).order_by(t.id)
    for row in [dict(each) for each in ctx.conn.execute(query).mappings()]:
        if row["node"] in place.fresh:
            continue
        had = {clock["metric"] for clock in ran if clock["node"] == row["node"]}
        for mark in (mark for element, mark in marks if element == row["element_id"]):
            metric = str(mark.get("metric") or "resolve")
            if metric in had or (metric == ACCEPT and row["assignee"] is not None):
                continue
            ref = asked.record_of(row)
            known = asked.about(str(mark["policy"]), ref, row["id"])
            promise = terms(ctx, mark, known, held=asked.held)
            if promise.target is not None:
                yield start(ctx, place.loaded, of_task(row, ref), mark, promise, known), promise, known


def _case(ctx: Context, place: Place, asked: Asked, ran: list[Row]) -> Iterator[_New]:
    """Of the case, of the stage it is in, of what somebody asked and nobody has answered."""
    for key, element, mark in _promising(place.loaded):
        if element and not _from_done(mark):
            continue
        if not element and key != place.loaded.key:
            continue  # what a called process promises about itself is not this case's
        scope = "case"
        metric = str(mark.get("metric") or "resolve")
        if metric == "stage" and not element:
            stage = _stage(ctx, place)
            if stage is None or any(c["scope"] == "stage" and c["mark"].get("stage") == stage for c in ran):
                continue
            scope, mark = "stage", {**mark, "stage": stage, "name": stage}
        elif _had(ran, metric, element):
            continue
        ref = record_in(asked.variables)
        known = asked.facts(ref)
        promise = terms(ctx, mark, known, held=asked.held)
        if promise.target is not None and not _answered(ctx, place, metric, element):
            spot = Spot(place.instance_id, scope, place.loaded.name, ref, element or None)
            yield start(ctx, place.loaded, spot, mark, promise, known), promise, known


def _had(ran: list[Row], metric: str, element: str) -> bool:
    """Whether such a clock has run; of a question asked again and again, whether one runs."""
    mine = [c for c in ran if c["metric"] == metric and c["node"] is None and (c["element_id"] or "") == element]
    return any(c["ended_at"] is None for c in mine) if element else bool(mine)


def _answered(ctx: Context, place: Place, metric: str, element: str) -> bool:
    """Whether what a clock would wait for has been done already; a question that was never asked needs no answer."""
    meets = _meeting(place.loaded, metric)
    a = activity.c
    query = select(a.element_id, func.max(a.id).label("last")).where(
        a.instance_id == place.instance_id,
        a.element_id.in_(sorted({*meets, *([element] if element else [])})),
        a.state == ActivityState.COMPLETED.value,
    )
    last = {row.element_id: row.last for row in ctx.conn.execute(query.group_by(a.element_id))}
    done = max((last[one] for one in meets if one in last), default=0)
    return done > 0 if not element else last.get(element, 0) <= done


def _meeting(loaded: Loaded, metric: str) -> set[str]:
    """The elements that meet a clock."""
    marks = (pair for info in loaded.infos.values() for pair in (info.get("time") or {}).items())
    return {element for element, mark in marks if metric in mark.get("meets", ())}


def _stage(ctx: Context, place: Place) -> str | None:
    """The stage of the task that opened last."""
    t = task.c
    query = select(t.stage).where(t.instance_id == place.instance_id, t.stage.is_not(None))
    found: str | None = ctx.conn.scalar(query.order_by(t.created_at.desc(), t.id.desc()).limit(1))
    return found


def _promising(loaded: Loaded) -> Iterator[tuple[str, str, Mark]]:
    """(definition, element or "", mark) of every mark whose promise is a policy's."""
    for key, info in loaded.infos.items():
        yield from ((key, element, mark) for element, mark in sla.by_policy(info.get("time")))


def _from_done(mark: Mark) -> bool:
    return mark.get("from") == "done"
