"""Execution and task listeners, rewritten: each is an undrawn job before or after its element, or on its flow.

A listener's job is open on the element itself (``origin``), history and diagram never show it as a step of its own.
What runs before an element runs before its boundary events listen, as Zeebe has it. What runs before a gateway that
joins runs behind an undrawn join; listeners of loops are prepared by ``desugar_loops``. Where before and after are not
exactly what the listener's engine means (input mappings, several ends of a process), it is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from lxml import etree

from engine.bpmn.desugar import Draft, Plan, Wire
from engine.bpmn.parse_source import BPMN, ZEEBE, Problems, child, flag, given, zeebe

JOIN = "#join"  # behind the id of a gateway: the undrawn one that joins before its listeners run
BEFORE_ALL = "beforeAll"  # once before a loop begins
_JOINS = frozenset({"parallelGateway", "inclusiveGateway"})
_SPLITS = frozenset({"parallelGateway", "inclusiveGateway", "complexGateway", "eventBasedGateway"})
_BEFORE, _AFTER = ("start", "creating", BEFORE_ALL), ("end", "completing")


def listeners_of(xml: etree._Element) -> list[etree._Element]:
    """The listeners of an element, in order."""
    found: list[etree._Element] = []
    for group, one in (("executionListeners", "executionListener"), ("taskListeners", "taskListener")):
        holder = zeebe(xml, group)
        found += [] if holder is None else holder.iterchildren(f"{{{ZEEBE}}}{one}")
    return found


def split_listeners(plan: Plan, problems: Problems, *, translated: bool) -> None:
    """Put the jobs of a plan's listeners around their elements.

    ``translated``: the model is of another engine, which runs a listener before a join for each token that comes.
    """
    # An event sub-process has no flow around it: what runs before it runs behind its start event.
    around = plan.id == plan.process or flag(plan.xml, "triggeredByEvent", False)
    for draft in list(plan.drafts.values()):
        if (found := listeners_of(draft.xml)) and not flag(draft.xml, "triggeredByEvent", False):
            if translated and draft.kind in _JOINS and _comes(plan, draft) > 1 and _begins(found):
                _unable(draft.xml, "a listener before each token of a join", problems)
            else:
                _element(plan, draft, found, problems)
    if around and (found := listeners_of(plan.xml)):
        _process(plan, found, problems)
    for wire in list(plan.wires):
        if wire.xml is not None and (found := listeners_of(wire.xml)):
            _flow(plan, wire, found)


def _comes(plan: Plan, draft: Draft) -> int:
    """How many flows lead to an element."""
    return sum(wire.target == draft.id for wire in plan.wires)


def _begins(found: Sequence[etree._Element]) -> bool:
    return any(given(x, "eventType") in _BEFORE for x in found)


def _element(plan: Plan, draft: Draft, found: Sequence[etree._Element], problems: Problems) -> None:
    before = [x for x in found if given(x, "eventType") in _BEFORE]
    after = [x for x in found if given(x, "eventType") in _AFTER]
    for x in found:
        if x not in before and x not in after:
            _unable(draft.xml, f"a listener for '{given(x, 'eventType')}'", problems)
    if draft.kind in ("startEvent", "boundaryEvent"):
        before, after = [], [*before, *after]  # nothing happens between its beginning and its end
    elif draft.kind == "endEvent":
        before, after = [*before, *after], []
        if draft.events and any(given(x, "eventType") in _AFTER for x in before):
            _unable(draft.xml, "a listener after an end event that throws", problems)
            return
    if before and not _wrapped(draft) and (why := _not_before(plan, draft, before)):
        _unable(draft.xml, f"a listener before {why}", problems)
        return
    if after and (why := _not_after(plan, draft)):
        _unable(draft.xml, f"a listener after {why}", problems)
        return
    if before and draft.kind in _JOINS and _comes(plan, draft) > 1:
        _join_first(plan, draft)
    if after and draft.kind == "parallelGateway":
        _split_last(plan, draft)
    _lead(plan, draft, before)
    _trail(plan, draft, after)


def _wrapped(draft: Draft) -> bool:
    """Whether it is a loop whose runs have an undrawn sub-process each; its own listeners run before all of them."""
    return bool(draft.told) and _looped(draft)


def _join_first(plan: Plan, draft: Draft) -> None:
    """An undrawn gateway joins; the drawn one goes on behind the listeners."""
    join = _beside(plan, draft, JOIN)
    for wire in plan.wires:
        if wire.target == draft.id:
            wire.target = join.id
    _chain(plan, [join.id, draft.id])


def _split_last(plan: Plan, draft: Draft) -> None:
    """An undrawn gateway forks behind the listeners."""
    fork = _beside(plan, draft, "#fork")
    for wire in plan.wires:
        if wire.source == draft.id:
            wire.source = fork.id
    _chain(plan, [draft.id, fork.id])


def _beside(plan: Plan, draft: Draft, mark: str) -> Draft:
    xml = etree.Element(draft.xml.tag, id=draft.id)
    made = Draft(f"{draft.id}{mark}", draft.kind, xml, draft.title, origin=draft.id, drawn=False)
    plan.drafts[made.id] = made
    return made


def _not_before(plan: Plan, draft: Draft, found: Sequence[etree._Element]) -> str | None:
    """Why a job before this element would not be exactly what the listener means; None where it is."""
    mapping = zeebe(draft.xml, "ioMapping")
    incoming = [w for w in plan.wires if w.target == draft.id]
    if any(given(x, "eventType") == BEFORE_ALL for x in found):
        return "all runs of what is no loop"
    if _looped(draft):
        return "an activity in a loop"
    if mapping is not None and next(mapping.iterchildren(f"{{{ZEEBE}}}input"), None) is not None:
        return "an element with input mappings"
    if _aside(draft):
        return "an element that no flow leads to"
    if draft.kind == "complexGateway" and len(incoming) > 1:
        return "a complex join"
    if any(w.source in plan.drafts and plan.drafts[w.source].kind == "eventBasedGateway" for w in incoming):
        return "an event behind an event-based gateway"
    return None


def _not_after(plan: Plan, draft: Draft) -> str | None:
    outgoing = [w for w in plan.wires if w.source == draft.id]
    if _looped(draft):
        return "an activity in a loop"
    if _aside(draft):
        return "an element that no flow leads on from"
    if given(draft.xml, "default") or any(w.condition is not None for w in outgoing):
        return "an element that chooses its way"
    if draft.kind in _SPLITS and draft.kind != "parallelGateway" and len(outgoing) > 1:
        return "a gateway that splits"
    return None


def _looped(draft: Draft) -> bool:
    loops = ("multiInstanceLoopCharacteristics", "standardLoopCharacteristics")
    return any(child(draft.xml, name) is not None for name in loops)


def _aside(draft: Draft) -> bool:
    return flag(draft.xml, "isForCompensation", False)


def _process(plan: Plan, found: Sequence[etree._Element], problems: Problems) -> None:
    starts = [d for d in plan.drafts.values() if d.kind == "startEvent"]
    ends = [d for d in plan.drafts.values() if d.kind == "endEvent"]
    first = [x for x in found if given(x, "eventType") in _BEFORE]
    last = [x for x in found if given(x, "eventType") in _AFTER]
    if len(first) + len(last) < len(found) or (first and not starts):
        _unable(plan.xml, "this listener of a process or event sub-process", problems)
    if last and (len(ends) != 1 or ends[0].events or _forks(plan)):
        _unable(plan.xml, "a listener at the end of what may end several times", problems)
        return
    for start in starts:
        _trail(plan, start, first)
    for end in ends:
        _lead(plan, end, last)


def _forks(plan: Plan) -> bool:
    """Whether several tokens may be on their way at once."""
    out: dict[str, int] = {}
    for wire in plan.wires:
        out[wire.source] = out.get(wire.source, 0) + 1
    one = ("exclusiveGateway", "eventBasedGateway")
    going_on = any(d.kind == "boundaryEvent" and not flag(d.xml, "cancelActivity", True) for d in plan.drafts.values())
    return going_on or any(n > 1 and plan.drafts[s].kind not in one for s, n in out.items() if s in plan.drafts)


def _lead(plan: Plan, draft: Draft, found: Sequence[etree._Element]) -> None:
    """Jobs between what leads to the element and the element."""
    jobs = [_job(plan, draft, x, f"{draft.id}#before{n}") for n, x in enumerate(found)]
    if not jobs:
        return
    for wire in plan.wires:
        if wire.target == draft.id:
            wire.target = jobs[0].id
    _chain(plan, [*(j.id for j in jobs), draft.id])


def _trail(plan: Plan, draft: Draft, found: Sequence[etree._Element]) -> None:
    """Jobs between the element and what follows."""
    jobs = [_job(plan, draft, x, f"{draft.id}#after{n}{len(plan.drafts)}") for n, x in enumerate(found)]
    if not jobs:
        return
    for wire in plan.wires:
        if wire.source == draft.id:
            wire.source = jobs[-1].id
    _chain(plan, [draft.id, *(j.id for j in jobs)])


def _flow(plan: Plan, wire: Wire, found: Sequence[etree._Element]) -> None:
    source = plan.drafts.get(wire.source)
    if source is None or wire.target not in plan.drafts or wire.xml is None:
        return
    jobs = [_job(plan, source, x, f"{wire.id}#take{n}") for n, x in enumerate(found)]
    for job in jobs:
        job.title = wire.title or source.title
    target, wire.target = wire.target, jobs[0].id
    _chain(plan, [*(j.id for j in jobs), target])


def _chain(plan: Plan, ids: Sequence[str]) -> None:
    for a, b in pairwise(ids):
        plan.wires.append(Wire(f"{a}>{b}", "", a, b, drawn=False))


def _job(plan: Plan, draft: Draft, x: etree._Element, id: str) -> Draft:
    """An undrawn service task that does what the listener says."""
    task = etree.Element(f"{{{BPMN}}}serviceTask", id=draft.id, name=draft.title)
    holder = etree.SubElement(task, f"{{{BPMN}}}extensionElements")
    definition = etree.SubElement(holder, f"{{{ZEEBE}}}taskDefinition", type=given(x, "type") or "")
    if retries := given(x, "retries"):
        definition.set("retries", retries)
    headers = etree.SubElement(holder, f"{{{ZEEBE}}}taskHeaders")
    etree.SubElement(headers, f"{{{ZEEBE}}}header", key="eventType", value=given(x, "eventType") or "")
    for part in x.iterchildren(f"{{{ZEEBE}}}header"):
        etree.SubElement(headers, f"{{{ZEEBE}}}header", key=part.get("key") or "", value=part.get("value") or "")
    job = Draft(id, "serviceTask", task, draft.title, origin=draft.origin or draft.id, drawn=False)
    plan.drafts[id] = job
    if draft.id in plan.lanes:
        plan.lanes[id] = plan.lanes[draft.id]
    return job


def _unable(xml: etree._Element, what: str, problems: Problems) -> None:
    problems.unable(xml, what, "此处的监听器")
