"""Rules of events, event gateways, event sub-processes, links, loops and timers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lxml import etree

from engine.bpmn.dialect import loop_of, zeebe_value
from engine.bpmn.rules.base import ERROR, WARNING, Context, Hit, hit, rule
from engine.bpmn.rules.formal import foreign
from engine.bpmn.specs.timers import is_time
from engine.model.graph import Node, Scope, local_ref
from engine.model.xml import BPMN, line_of

#: What may start an event sub-process.
_TRIGGERS = frozenset({"message", "timer", "error", "escalation", "compensate", "conditional", "signal"})
#: Why an event is wrong, in words: (English, Chinese).
_WHY: dict[str, tuple[str, str]] = {
    "few": ("fewer than two ways lead on", "出口少于两条"),
    "mixed": ("message events and receive tasks wait side by side", "消息事件与接收任务同时等待"),
    "target": ("a way leads to {x}, which catches nothing", "有一条路通向不捕获事件的 {x}"),
    "shared": ("other flows come in as well", "还有其他连线流入"),
    "watched": ("a boundary event is attached behind the gateway", "网关之后的任务附有边界事件"),
    "trigger": ("the start event has a trigger ({x})", "开始事件带有触发条件（{x}）"),
    "flows": ("an event sub-process is connected by sequence flows", "事件子流程连接了顺序流"),
    "starts": ("there is not exactly one start event", "开始事件不是恰好一个"),
    "untriggered": ("the start event has no trigger that may start it", "开始事件没有可用的触发条件"),
    "bare": ("no trigger that may stand at a border ({x})", "的触发条件不能用在边界上（{x}）"),
    "going-on": ("a mark that it does not interrupt, which {x} always does", "标记为不中断，但 {x} 总是中断的"),
    "no-transaction": ("a cancel trigger, but its host is no transaction", "使用了取消触发条件，但所附活动不是事务"),
    "going-on-start": ("a start by {x} always interrupts", "由 {x} 触发的开始总是中断的"),
    "no-way": ("no outgoing flow", "没有流出的连线"),
    "no-message": ("names no {x}", "没有指定 {x}"),
    "no-name": ("names a {x} that has no name", "指定的 {x} 没有名称"),
    "parts": ("says {x} times when, not once", "给出了 {x} 个时间，应恰好一个"),
    "empty": ("does not say when", "没有给出时间"),
    "text": ("says “{x}”, which is no time", "的值“{x}”不是时间"),
}
_MODES = {"timeDate": "date", "timeDuration": "duration", "timeCycle": "cycle"}


def _because(why: str, x: str = "") -> dict[str, Any]:
    en, zh = _WHY[why]
    return {"why": en.format(x=x), "why_zh": zh.format(x=x)}


@rule("CRM-140", ERROR)
def event_gateway(c: Context) -> Iterator[Hit]:
    """An event-based gateway leads to at least two catching events or receive tasks, and to nothing else."""
    for node in c.model.all_nodes():
        if node.kind != "eventBasedGateway":
            continue
        if len(node.outgoing) < 2:
            yield hit(node.xml, **_because("few"))
        targets = [f.target for f in node.outgoing if f.target is not None]
        if any(t.kind == "receiveTask" for t in targets) and any(t.event == "message" for t in targets):
            yield hit(node.xml, **_because("mixed"))
        for target in targets:
            caught = target.kind == "intermediateCatchEvent" and target.event not in ("none", "link")
            if target.kind != "receiveTask" and not caught:
                yield hit(node.xml, **_because("target", target.name or target.id))
            elif len(target.incoming) > 1:
                yield hit(target.xml, **_because("shared"))
            elif target.kind == "receiveTask" and target.boundary:
                yield hit(target.xml, **_because("watched"))


@rule("CRM-141", ERROR)
def boundary(c: Context) -> Iterator[Hit]:
    """A boundary event has a trigger that BPMN allows there and a way out."""
    for node in c.model.all_nodes():
        if node.kind != "boundaryEvent":
            continue
        kinds = [event.kind for event in node.events] or ["none"]
        never = next((k for k in kinds if k in ("none", "link", "terminate")), None)
        always = next((k for k in kinds if k in ("error", "cancel", "compensate")), None)
        if never is not None:
            yield hit(node.xml, **_because("bare", never))
        elif always is not None and not node.flag("cancelActivity", True):
            yield hit(node.xml, **_because("going-on", always))
        elif "cancel" in kinds and (node.attached_to is None or node.attached_to.kind != "transaction"):
            yield hit(node.xml, **_because("no-transaction"))
        elif node.event != "compensate" and not node.outgoing:
            # Without a way out an interrupting one just ends its activity, in the engines whose words we read.
            yield Hit(node.xml, None, WARNING if foreign(c) else None, _because("no-way"))


@rule("CRM-142", ERROR)
def many_starts(c: Context) -> Iterator[Hit]:
    """A process has at most one start event without trigger; a sub-process exactly one start event."""
    for scope in c.model.scopes():
        plain = [n for n in scope.starts() if n.event == "none"]
        for extra in plain[1:]:
            yield hit(extra.xml, first=plain[0].name or plain[0].id)


@rule("CRM-145", ERROR)
def sub_process_start(c: Context) -> Iterator[Hit]:
    """A sub-process begins without trigger; an event sub-process by exactly one trigger, and without flows."""
    for node in c.model.all_nodes():
        if node.body is None:
            continue
        starts = node.body.starts()
        if not node.event_scope:
            for start in starts:
                if start.event != "none":
                    yield hit(start.xml, **_because("trigger", start.event))
            continue
        if node.incoming or node.outgoing:
            yield hit(node.xml, **_because("flows"))
        if len(starts) != 1:
            yield hit(node.xml, **_because("starts"))
        elif not starts[0].events or any(event.kind not in _TRIGGERS for event in starts[0].events):
            yield hit(starts[0].xml, **_because("untriggered"))
        elif not starts[0].flag("isInterrupting", True):
            for event in starts[0].events:
                if event.kind in ("error", "compensate"):
                    yield hit(starts[0].xml, **_because("going-on-start", event.kind))


@rule("CRM-146", ERROR)
def links(c: Context) -> Iterator[Hit]:
    """A thrown link has exactly one catching end of its name in the same scope, and the other way round."""
    for scope in c.model.scopes():
        throws, catches = _links(scope, "intermediateThrowEvent"), _links(scope, "intermediateCatchEvent")
        for name, nodes in throws.items():
            if len(catches.get(name, ())) != 1:
                yield hit(nodes[0].xml, link=name, count=len(catches.get(name, ())))
        for name, nodes in catches.items():
            if name not in throws:
                yield hit(nodes[0].xml, link=name, count=0)


def _links(scope: Scope, kind: str) -> dict[str, list[Node]]:
    found: dict[str, list[Node]] = {}
    for node in scope.nodes:
        if node.kind == kind and node.event == "link":
            found.setdefault(node.events[0].xml.get("name") or "", []).append(node)
    return found


@rule("CRM-147", ERROR)
def loops(c: Context) -> Iterator[Hit]:
    """A multi-instance says over what or how often."""
    for node in c.model.all_nodes():
        loop = loop_of(node)
        if loop is None or not str(loop.tag).endswith("multiInstanceLoopCharacteristics"):
            continue
        told = (
            zeebe_value(loop, "loopCharacteristics", "inputCollection")
            or loop.find(f"{{{BPMN}}}loopCardinality") is not None
            or any(str(k).endswith("}collection") for k in loop.attrib)  # Camunda 7, refused by CRM-118
        )
        both = all(loop.find(f"{{{BPMN}}}{part}") is not None for part in ("loopCardinality", "loopDataInputRef"))
        if not told or both:
            yield hit(node.xml, line_of(loop))


@rule("CRM-124", ERROR)
def nameless_message(c: Context) -> Iterator[Hit]:
    """Who waits for or sends a message or signal says which, and it has a name."""
    for node in c.model.all_nodes():
        if zeebe_value(node.xml, "taskDefinition", "type"):
            continue  # a job sends it
        named = [(e.kind, e.ref, e.xml) for e in node.events if e.kind in ("message", "signal")]
        if node.kind == "receiveTask":
            named.append(("message", local_ref(node.xml.get("messageRef")), node.xml))
        for kind, ref, e in named:
            known = c.model.globals(kind)
            if ref is None:
                yield hit(node.xml, line_of(e), **_because("no-message", kind))
            elif ref in known and not (known[ref].get("name") or "").strip():
                yield hit(node.xml, line_of(e), **_because("no-name", kind))


def _messages(c: Context) -> Iterator[tuple[Node, str | None, etree._Element]]:
    for node in c.model.all_nodes():
        if node.kind == "receiveTask":
            yield node, local_ref(node.xml.get("messageRef")), node.xml
        for event in node.events:
            if event.kind == "message":
                yield node, event.ref, event.xml


@rule("CRM-148", WARNING)
def no_correlation(c: Context) -> Iterator[Hit]:
    """A message that a running instance waits for says by which key it is told from the others'."""
    messages = c.model.globals("message")
    for node, ref, e in _messages(c):
        catching = node.kind in ("receiveTask", "intermediateCatchEvent", "boundaryEvent")
        if not catching or node.flag("instantiate") or ref not in messages:
            continue
        if not zeebe_value(messages[ref], "subscription", "correlationKey"):
            yield hit(node.xml, line_of(e), message=messages[ref].get("name") or ref)


@rule("CRM-149", ERROR)
def timers(c: Context) -> Iterator[Hit]:
    """A timer says exactly one of date, duration, cycle, in ISO 8601 (or FEEL after ``=``; a cycle also as cron)."""
    for node in c.model.all_nodes():
        for event in node.events:
            if event.kind != "timer":
                continue
            parts = [(p, event.xml.find(f"{{{BPMN}}}{p}")) for p in ("timeDate", "timeDuration", "timeCycle")]
            given = [(p, (e.text or "").strip(), e) for p, e in parts if e is not None]
            if len(given) != 1:
                yield hit(node.xml, event.line, **_because("parts", str(len(given))))
            for part, text, e in given:
                if not text:
                    yield hit(node.xml, line_of(e), **_because("empty"))
                elif not _time(part, text):
                    yield hit(node.xml, line_of(e), **_because("text", text))


def _time(part: str, text: str) -> bool:
    if text.startswith(("=", "${", "#{")):
        return True  # looked at as an expression
    return is_time(text, _MODES[part]) or is_time(text, "date")
