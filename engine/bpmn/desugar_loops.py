"""Listeners of looping activities, rewritten: each run of the loop is an undrawn sub-process around the activity.

Zeebe runs ``start`` and ``end`` listeners before and after each run, ``beforeAll`` ones once before the loop begins.
So the loop, its mappings and its boundary events stay with the element's id; in each run stands the activity itself
(``…#in``), whose listeners are then those of any activity. What is in the undrawn sub-process has the loop's item as
its own variables (``Node.lent``).
"""

from __future__ import annotations

from copy import deepcopy

from lxml import etree

from engine.bpmn.desugar import INSIDE, Draft, Plan
from engine.bpmn.desugar_listeners import BEFORE_ALL, listeners_of
from engine.bpmn.parse_data import SIDES
from engine.bpmn.parse_ext import loop_of
from engine.bpmn.parse_source import BPMN, ZEEBE, children, flag, given, local, zeebe

#: Attributes that belong to the loop as a whole.
_OUTER = ("default", "startQuantity", "completionQuantity")
#: Children of the activity that belong to the loop, or that only repeat what the flows say.
_MOVED = frozenset({*SIDES.values(), "multiInstanceLoopCharacteristics", "standardLoopCharacteristics"})
_DROPPED = frozenset({"incoming", "outgoing"})


def wrap_loops(plan: Plan) -> None:
    """Rewrite the plan's looping activities that have listeners."""
    for draft in plan.drafts.values():
        looped = loop_of(draft.xml) is not None and not flag(draft.xml, "isForCompensation", False)
        if looped and listeners_of(draft.xml):
            _wrap(draft)


def _wrap(draft: Draft) -> None:
    run = deepcopy(draft.xml)
    run.set("id", f"{draft.id}{INSIDE}")
    around = etree.Element(f"{{{BPMN}}}subProcess", id=draft.id, name=draft.title)
    held = etree.SubElement(around, f"{{{BPMN}}}extensionElements")
    for name in _OUTER:
        if (value := run.get(name)) is not None:
            around.set(name, value)
            del run.attrib[name]
    if (mapping := zeebe(run, "ioMapping")) is not None:
        held.append(mapping)
    for listener in listeners_of(run):
        if given(listener, "eventType") == BEFORE_ALL:
            group = etree.SubElement(held, f"{{{ZEEBE}}}{local(listener)}s")
            group.append(listener)
    for part in list(children(run)):
        if local(part) in _MOVED:
            around.append(part)
        elif local(part) in _DROPPED:
            run.remove(part)
    around.append(run)
    draft.xml, draft.told, draft.kind, draft.drawn = around, draft.kind, "subProcess", False
