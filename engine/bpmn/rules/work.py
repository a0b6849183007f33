"""Rules about the work of people and machines: persons named in models, constants that should be data, odd numbers."""

from __future__ import annotations

from collections.abc import Iterator

from engine.bpmn.dialect import crmflow_value, groups_of, static, zeebe, zeebe_value
from engine.bpmn.inspect import message_name
from engine.bpmn.rules.base import ERROR, INFO, WARNING, Context, Hit, hit, rule
from engine.bpmn.rules.supported import running
from engine.model.graph import Node
from engine.model.xml import BPMN, line_of, text_of


def _nodes(c: Context) -> Iterator[Node]:
    return (n for scope in running(c) for n in scope.nodes)


@rule("CRM-820", WARNING)
def person_in_model(c: Context) -> Iterator[Hit]:
    """A model names teams and roles, not persons."""
    for node in _nodes(c):
        for attribute in ("assignee", "candidateUsers"):
            person = static(zeebe_value(node.xml, "assignmentDefinition", attribute))
            if person:
                yield hit(node.xml, person=person)


@rule("CRM-821", WARNING)
def constant_key(c: Context) -> Iterator[Hit]:
    """A correlation key is computed from the case; a constant is the same for all."""
    for message in c.model.root.findall(f"{{{BPMN}}}message"):
        key = static(zeebe_value(message, "subscription", "correlationKey"))
        if key:
            yield hit(message, key=key)


@rule("CRM-822", ERROR)
def odd_number(c: Context) -> Iterator[Hit]:
    """Literal priorities are 0 to 100, literal retries whole numbers from 0."""
    for node in _nodes(c):
        priority = static(zeebe_value(node.xml, "priorityDefinition", "priority"))
        if priority is not None and not (priority.isdigit() and int(priority) <= 100):
            yield hit(node.xml, what="priority", what_zh="优先级", value=priority, allowed="0 … 100")
        retries = static(zeebe_value(node.xml, "taskDefinition", "retries"))
        if retries is not None and not retries.isdigit():
            yield hit(node.xml, what="retries", what_zh="重试次数", value=retries, allowed="0, 1, 2 …")


@rule("CRM-823", INFO)
def twin_names(c: Context) -> Iterator[Hit]:
    """Tasks of one process that people see have different names."""
    for process in c.model.processes:
        seen: dict[str, str] = {}
        for node in (n for s in process.walk() for n in s.nodes if process.executable):
            name = " ".join(node.name.split())
            if node.kind != "userTask" or not name:
                continue
            if name in seen:
                yield hit(node.xml, other=seen[name])
            seen.setdefault(name, node.id)


@rule("CRM-824", WARNING)
def endless_timer(c: Context) -> Iterator[Hit]:
    """A timer that repeats beside a person's work ends some day."""
    for node in _nodes(c):
        for event in node.events:
            cycle = event.xml.find(f"{{{BPMN}}}timeCycle") if event.kind == "timer" else None
            if cycle is not None and node.kind == "boundaryEvent" and text_of(cycle).startswith("R/"):
                yield hit(node.xml, line_of(cycle), text=text_of(cycle))


@rule("CRM-825", WARNING)
def wordless_group(c: Context) -> Iterator[Hit]:
    """A group is a team key or ``role:…``; other prefixes mean nothing."""
    for node in _nodes(c):
        for group in groups_of(node):
            prefix = group.partition(":")[0] if ":" in group else "team"
            if prefix not in ("team", "role"):
                yield hit(node.xml, group=group)


_AMONG = ("team", "role", "user", "relation", "decision")


@rule("CRM-826", WARNING)
def strategy_without_team(c: Context) -> Iterator[Hit]:
    """An assignment strategy chooses from a team: it names one, or keeps an owner."""
    for node in _nodes(c):
        strategy = static(crmflow_value(node.xml, "assignment", "strategy"))
        among = any(crmflow_value(node.xml, "assignment", name) for name in _AMONG)
        if strategy in ("least-loaded", "round-robin", "skills", "territory") and not among:
            yield hit(node.xml, strategy=strategy)


@rule("CRM-899", WARNING)
def inbound_connector(c: Context) -> Iterator[Hit]:
    """What an element template lets wait for another system is not opened here: the other system sends a message."""
    for node in _nodes(c):
        kind = _inbound(node)
        if kind is None:
            continue
        name = next((n for e in node.events if e.kind == "message" and (n := message_name(c.model, e.ref))), None)
        name = name or message_name(c.model, node.xml.get("messageRef"))
        if name is not None:
            how = f"send the message “{name}” to POST /api/v1/messages"
            zh = f"向 POST /api/v1/messages 发送消息“{name}”"
        else:
            key = node.scope.process.id
            how, zh = f"start “{key}” by POST /api/v1/instances", f"通过 POST /api/v1/instances 启动“{key}”"
        yield hit(node.xml, type=kind, how=how, how_zh=zh)


def _inbound(node: Node) -> str | None:
    """The kind of Camunda 8's inbound connector that a template wrote here."""
    holder = zeebe(node.xml, "properties")
    for e in holder if holder is not None else ():
        if e.get("name") == "inbound.type":
            return (e.get("value") or "").strip() or "?"
    return None
