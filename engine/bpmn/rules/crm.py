"""Rules of good practice for CRM flows: owner, goal and KPI, clear names, work that is not forgotten."""

from __future__ import annotations

from collections.abc import Iterator

from engine.bpmn.dialect import KINDS, STRATEGIES, crmflow, crmflow_value, static, zeebe_value
from engine.bpmn.rules.base import ERROR, INFO, WARNING, Context, Hit, hit, rule
from engine.bpmn.rules.supported import running
from engine.bpmn.time_marks import wrong_marks
from engine.model.graph import Scope
from engine.model.vocabulary import ACTIVITIES

#: Drawings beyond this many nodes are hard to read (practice of modelling guides: up to 50; we warn later).
MANY_NODES = 100


def _processes(c: Context) -> Iterator[Scope]:
    return (p for p in c.model.processes if p.executable and p.nodes)


def _without(c: Context, attribute: str) -> Iterator[Hit]:
    for process in _processes(c):
        if not crmflow_value(process.xml, "process", attribute):
            yield hit(process.xml)


@rule("CRM-180", WARNING)
def no_owner(c: Context) -> Iterator[Hit]:
    """A process has an owner: the team that answers for it and gets what nobody else gets."""
    yield from _without(c, "owner")


@rule("CRM-181", WARNING)
def no_goal(c: Context) -> Iterator[Hit]:
    """A process has a goal."""
    yield from _without(c, "goal")


@rule("CRM-182", WARNING)
def no_kpi(c: Context) -> Iterator[Hit]:
    """A process has a KPI that measures its goal."""
    yield from _without(c, "kpi")


@rule("CRM-183", ERROR)
def bad_kind(c: Context) -> Iterator[Hit]:
    """``kind`` is business or management; ``strategy`` is one we know; an SLA says what it promises."""
    for process in c.model.processes:
        kind = crmflow_value(process.xml, "process", "kind")
        if kind and kind not in KINDS:
            yield hit(process.xml, attribute="kind", value=kind, allowed=", ".join(KINDS))
    for node in c.model.all_nodes():
        strategy = static(crmflow_value(node.xml, "assignment", "strategy"))
        if strategy and strategy not in STRATEGIES:
            yield hit(node.xml, attribute="strategy", value=strategy, allowed=", ".join(STRATEGIES))
    for process in c.model.processes:
        for element, attribute, value, allowed in wrong_marks(process.xml):
            yield hit(element, attribute=attribute, value=value, allowed=allowed)


@rule("CRM-184", WARNING)
def variant_of_itself(c: Context) -> Iterator[Hit]:
    """A variant is of another process, and does not choose variants itself."""
    for process in c.model.processes:
        base = crmflow_value(process.xml, "process", "variantOf")
        if base and (base == process.id or crmflow_value(process.xml, "process", "variants")):
            yield hit(process.xml, base=base)


@rule("CRM-185", WARNING)
def nameless_process(c: Context) -> Iterator[Hit]:
    """A process has a name."""
    for process in _processes(c):
        if not process.name.strip():
            yield hit(process.xml)


@rule("CRM-186", WARNING)
def nameless_step(c: Context) -> Iterator[Hit]:
    """Activities have names: people find them in their inbox under it."""
    for scope in running(c):
        for node in scope.nodes:
            if node.kind in ACTIVITIES and not node.name.strip():
                yield hit(node.xml)


@rule("CRM-187", INFO)
def no_deadline(c: Context) -> Iterator[Hit]:
    """Work of people has a due date or a timer, so that it is not forgotten."""
    for scope in running(c):
        around = scope.owner
        timed_scope = around is not None and any(b.event == "timer" for b in around.boundary)
        for node in scope.nodes:
            if node.kind != "userTask" or timed_scope:
                continue
            due = zeebe_value(node.xml, "taskSchedule", "dueDate") or crmflow(node.xml, "sla") is not None
            if not due and not any(b.event == "timer" for b in node.boundary):
                yield hit(node.xml)


@rule("CRM-188", INFO)
def wordless_choice(c: Context) -> Iterator[Hit]:
    """A gateway that decides asks a question, and its ways out are answers."""
    for scope in running(c):
        for node in scope.nodes:
            decides = node.kind in ("exclusiveGateway", "inclusiveGateway") and len(node.outgoing) > 1
            if decides and not (node.name.strip() and all(f.name.strip() for f in node.outgoing)):
                yield hit(node.xml)


@rule("CRM-193", WARNING)
def too_large(c: Context) -> Iterator[Hit]:
    """A drawing stays readable."""
    for scope in c.model.scopes():
        if len(scope.nodes) > MANY_NODES:
            yield hit(scope.xml, count=len(scope.nodes), limit=MANY_NODES)
