"""What a step of an instance means for its SLA clocks: start, pause, meet, end. Only where a model says so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from engine.domain.states import ActivityState, InstanceState
from engine.domain.values import TaskOpened
from engine.services import sla_clocks as clocks
from engine.services.context import Context
from engine.services.sla_arise import Place, arise
from engine.services.sla_moves import reckon_anew
from engine.services.sla_start import ACCEPT, Spot, pause_by_state, start
from engine.services.sla_terms import Asked, record_in, terms
from engine.services.sla_write import Row

if TYPE_CHECKING:
    from engine.services.flow import Flow, Outcome

_RESPONSES = ("first_response", "next_response")


def follow(ctx: Context, flow: Flow, outcome: Outcome) -> None:
    """Do what the marks of the model say about what has just been written. The instance is locked."""
    case = _Case(ctx, flow, outcome)
    if outcome.revision == 0:
        case.begin()
    else:
        case.open = clocks.open_of(ctx, flow.id)
    case.finished()
    case.opened()
    if outcome.step.status is not InstanceState.ACTIVE:
        case.over()
    elif outcome.revision:
        moved = reckon_anew(ctx, case.open, case.asked, flow.by.id, "the case's facts changed") if case.open else None
        if flow.looked or (moved and moved.moves) or flow.before != outcome.step.variables:
            fresh = frozenset(each.key for each in outcome.step.opened)
            arise(ctx, Place(flow.loaded, flow.id, flow.by.id, fresh), case.asked)


class _Case:
    """One step of one instance, seen from its clocks."""

    def __init__(self, ctx: Context, flow: Flow, outcome: Outcome) -> None:
        self.ctx, self.flow, self.outcome = ctx, flow, outcome
        self.open: list[Row] = []
        self.variables: Mapping[str, Any] = outcome.step.variables
        self.asked = Asked(ctx, flow.id, self.variables)

    def marks(self, element: str, definition: str = "") -> Mapping[str, Any]:
        """What the model says at an element; wherever it is drawn if the definition is not known."""
        infos = self.flow.loaded.infos
        found = [infos[definition]] if definition in infos else infos.values()
        for info in found:
            mark = (info.get("time") or {}).get(element)
            if mark:
                known: Mapping[str, Any] = mark
                return known
        return {}

    def begin(self) -> None:
        """A case starts: the clocks of its process."""
        for mark in self.marks("", self.flow.loaded.key).get("sla", ()):
            self.start(mark, "case", None, None)

    def finished(self) -> None:
        """Elements that are over: their clocks end, their pauses too, they meet what they answer."""
        for done in self.outcome.step.history:
            mark = self.marks(done.element_id, done.definition_key)
            here = [c for c in self.open if c["node"] == done.key and c["element_id"] == done.element_id]
            self.end(here, cancelled=done.state is not ActivityState.COMPLETED)
            if mark.get("pauses"):
                clocks.resume(self.ctx, self.open, "element", f"{done.element_id}#{done.key}", self.flow.by.id)
            if done.state is not ActivityState.COMPLETED:
                continue
            self.meet(mark.get("meets", ()))
            for sla in mark.get("sla", ()):
                if sla.get("from") == "done":
                    self.start(sla, "case", done.element_id, None)

    def opened(self) -> None:
        """Elements that wait now: tasks start their clocks; what pauses, pauses."""
        step = self.outcome.step
        for each in step.opened:
            mark = self.marks(each.element_id, each.definition_key)
            self.stage(each)
            for sla in mark.get("sla", ()):
                if sla.get("from") != "done":
                    self.start(sla, "task", each.element_id, each)
        waits: list[Any] = [*step.opened, *step.subscriptions, *(t for t in step.timers if not t.attached_to)]
        for each in waits:
            for line in self.marks(each.element_id).get("pauses", ()):
                named = [c for c in self.open if _names(line["clocks"], c) and c["node"] != each.key]
                reason = line["reason"] or each.name
                clocks.pause(self.ctx, named, "element", f"{each.element_id}#{each.key}", reason, self.flow.by.id)

    def stage(self, opened: TaskOpened) -> None:
        """A task of another stage: the stage's clock before ends, the new one's starts."""
        marks = [m for m in self.marks("", self.flow.loaded.key).get("sla", ()) if m.get("metric") == "stage"]
        if not opened.stage or not marks:
            return
        running = [c for c in self.open if c["scope"] == "stage"]
        if any(c["mark"].get("stage") == opened.stage for c in running):
            return
        self.end(running)
        for mark in marks:
            self.start({**mark, "stage": opened.stage, "name": opened.stage}, "stage", None, opened)

    def start(self, mark: Mapping[str, Any], scope: str, element: str | None, opened: TaskOpened | None) -> None:
        """Start one clock, unless the policy promises nothing."""
        metric = str(mark.get("metric") or "resolve")
        if scope == "case" and metric == "stage" and element is None:
            return  # stages begin with their first task
        placed = self.outcome.placed.get(opened.key) if opened else None
        if metric == ACCEPT and placed is not None and placed.assignee:
            return  # given to somebody at once: nobody has to accept it
        ticking = any(c["metric"] == metric and c["element_id"] == element and c["node"] is None for c in self.open)
        if ticking and opened is None:
            return  # a second question does not give more time
        ref = (opened.record if opened else None) or record_in(self.variables)
        task_id = self.outcome.tasks[opened.key] if opened and scope == "task" else None
        promise = terms(self.ctx, mark, self.asked.about(mark.get("policy"), ref, task_id), held=self.asked.held)
        if promise.target is None:
            return
        loaded, known = self.flow.loaded, self.asked.facts(ref)
        on_task = opened if task_id is not None else None
        spot = Spot(
            self.flow.id,
            scope,
            on_task.name if on_task else loaded.name,
            ref,
            element,
            task_id=task_id,
            node=on_task.key if on_task else None,
            candidates=placed.candidates if placed else (),
            worker=placed.assignee if placed else None,
            dated=on_task is not None and on_task.due_at is not None,
        )
        clock = start(self.ctx, loaded, spot, mark, promise, known)
        self.open.append(clock)
        pause_by_state(self.ctx, clock, promise, known.get("state"), self.flow.by.id)

    def meet(self, metrics: Iterable[str]) -> None:
        """The clocks named are met, and only those."""
        wanted = set(metrics)
        self.end([c for c in self.open if c["metric"] in wanted])

    def over(self) -> None:
        """The case is over: what it promised is judged; answers nobody gave are no longer wanted."""
        done = self.outcome.step.status is InstanceState.COMPLETED
        lost = [clock for clock in self.open if not done or clock["metric"] in _RESPONSES]
        self.end(lost, cancelled=True)
        self.end(list(self.open))

    def end(self, which: list[Row], *, cancelled: bool = False) -> None:
        clocks.end(self.ctx, which, cancelled=cancelled)
        self.open = [clock for clock in self.open if clock not in which]


def _names(wanted: Iterable[str], clock: Row) -> bool:
    return clock["metric"] in wanted or "*" in wanted
