"""Events with several triggers, rewritten: one node per trigger, an undrawn merge behind them.

Any of several: a catching event becomes an undrawn event-based gateway with one catch per trigger; a boundary or
start event becomes one event per trigger. All of several (``parallelMultiple``): an undrawn fork and join, and the
join tells history; at a boundary one listening node per trigger (``specs.together``), of which the first goes on; at
the start of a process, where messages alone can be told apart by their keys, an undrawn parallel event-based gateway.
History knows only the drawn event, once.
"""

from __future__ import annotations

from dataclasses import replace

from lxml import etree

from engine.bpmn.desugar import Draft, Plan, Wire
from engine.bpmn.parse_source import BPMN, flag, local

CATCHING = frozenset({"intermediateCatchEvent", "boundaryEvent", "startEvent"})


def split_events(plan: Plan) -> None:
    """Rewrite the plan's catching events that have several triggers."""
    for draft in list(plan.drafts.values()):
        if len(draft.events) < 2 or draft.kind not in CATCHING or draft.link:
            continue
        if flag(draft.xml, "parallelMultiple", False):
            if draft.kind == "intermediateCatchEvent":
                _all_of(plan, draft)
            elif draft.kind == "boundaryEvent":
                _together(plan, draft)
            elif plan.id == plan.process and {local(e) for e in draft.events} == {"messageEventDefinition"}:
                _begin_by_all(plan, draft)
        elif draft.kind == "intermediateCatchEvent":
            _any_of(plan, draft)
        elif not flag(plan.xml, "triggeredByEvent", False) or draft.kind != "startEvent":
            _one_each(plan, draft)


def _merge(plan: Plan, draft: Draft, kind: str, *, drawn: bool) -> Draft:
    """An undrawn node that takes over the event's outgoing flows."""
    merge = Draft(f"{draft.id}#out", kind, _plain(draft), draft.title, origin=draft.id, drawn=drawn, told=draft.kind)
    for wire in plan.wires:
        if wire.source == draft.id:
            wire.source = merge.id
    plan.drafts[merge.id] = merge
    return merge


def _plain(draft: Draft) -> etree._Element:
    """A bare element in the place of the event: mappings and triggers are read from the event's own nodes."""
    return etree.Element(draft.xml.tag, id=draft.id)


def _wire(plan: Plan, source: str, target: str) -> None:
    plan.wires.append(Wire(f"{source}>{target}", "", source, target, drawn=False))


def _catches(plan: Plan, draft: Draft, *, drawn: bool) -> list[Draft]:
    made = []
    for n, event in enumerate(draft.events):
        catch = replace(
            draft, id=f"{draft.id}#{n}", events=[event], origin=draft.id, drawn=drawn, incoming=[], outgoing=[]
        )
        plan.drafts[catch.id] = catch
        made.append(catch)
    return made


def _any_of(plan: Plan, draft: Draft) -> None:
    merge = _merge(plan, draft, "task", drawn=False)
    for catch in _catches(plan, draft, drawn=True):
        _wire(plan, draft.id, catch.id)
        _wire(plan, catch.id, merge.id)
    draft.kind, draft.events, draft.drawn, draft.xml = "eventBasedGateway", [], False, _plain(draft)


def _all_of(plan: Plan, draft: Draft) -> None:
    merge = _merge(plan, draft, "parallelGateway", drawn=True)
    for catch in _catches(plan, draft, drawn=False):
        _wire(plan, draft.id, catch.id)
        _wire(plan, catch.id, merge.id)
    draft.kind, draft.events, draft.drawn, draft.xml = "parallelGateway", [], False, _plain(draft)


def _together(plan: Plan, draft: Draft) -> None:
    events = draft.events
    for n, event in enumerate(events[1:], 1):
        other = replace(draft, id=f"{draft.id}#{n}", events=[event], origin=draft.id, incoming=[], outgoing=[])
        plan.drafts[other.id] = other
    draft.events = events[:1]
    draft.together = (draft.id, *(f"{draft.id}#{n}" for n in range(1, len(events))))


def _begin_by_all(plan: Plan, draft: Draft) -> None:
    merge = _merge(plan, draft, "parallelGateway", drawn=True)
    for catch in _catches(plan, draft, drawn=False):
        catch.kind = "intermediateCatchEvent"
        _wire(plan, draft.id, catch.id)
        _wire(plan, catch.id, merge.id)
    draft.kind, draft.events, draft.drawn, draft.begins = "eventBasedGateway", [], False, True
    draft.xml = etree.Element(
        f"{{{BPMN}}}eventBasedGateway", id=draft.id, instantiate="true", eventGatewayType="Parallel"
    )


def _one_each(plan: Plan, draft: Draft) -> None:
    merge = _merge(plan, draft, "task", drawn=False)
    events, first = draft.events, draft
    _wire(plan, draft.id, merge.id)
    for n, event in enumerate(events[1:], 1):
        other = replace(first, id=f"{draft.id}#{n}", events=[event], origin=draft.id, incoming=[], outgoing=[])
        plan.drafts[other.id] = other
        _wire(plan, other.id, merge.id)
    draft.events = events[:1]
