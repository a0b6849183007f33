"""What the runtime executes, and the rule that refuses everything else by element, with reason and way out."""

from __future__ import annotations

from collections.abc import Iterator

from engine.bpmn.dialect import loop_of, zeebe_value
from engine.bpmn.parse_data import SIDES, carried
from engine.bpmn.process import SUPPORTED
from engine.bpmn.rules.base import ERROR, Context, Hit, hit, rule
from engine.bpmn.specs.expr import valid_target
from engine.model.graph import Node, Scope
from engine.model.soundness import handlers
from engine.model.vocabulary import ACTIVITIES
from engine.model.xml import local

#: What to draw instead: construct → (English, Chinese). The longest matching key wins.
_INSTEAD: dict[str, tuple[str, str]] = {
    "complexGateway": ("Use exclusive, parallel or inclusive gateways.", "请改用排他、并行或包容网关。"),
    "transaction": ("Use a sub-process with an error boundary event.", "请改用带错误边界事件的子流程。"),
    "adHocSubProcess": (
        "Draw the order with gateways, or one user task with a checklist.",
        "请用网关画出顺序，或用带清单的用户任务。",
    ),
    "feature:compensation": (
        "Draw the undoing steps behind an error boundary event.",
        "请在错误边界事件之后画出撤销步骤。",
    ),
    ":conditional": ("Wait by a timer and check the condition with a gateway.", "请用定时器等待，再用网关检查条件。"),
    ":signal": ("Use messages.", "请改用消息。"),
    ":escalation": ("Use an error, or a message.", "请改用错误或消息事件。"),
    ":link": ("Draw a sequence flow instead of the link.", "请用顺序流代替链接。"),
    ":cancel": ("Use an error event.", "请改用错误事件。"),
    ":multiple": ("Draw one event per trigger.", "请为每个触发条件各画一个事件。"),
    "feature:event-sub-process": ("Use a boundary event on a sub-process.", "请在子流程上使用边界事件。"),
    "feature:multi-instance": (
        "Loop with a gateway, or call one process per item.",
        "请用网关循环，或为每一项启动一个流程。",
    ),
    "feature:standard-loop": ("Draw the loop with an exclusive gateway.", "请用排他网关画出循环。"),
    "feature:instantiate behind a start event": (
        "Delete the start event, or let it take the message itself.",
        "请删除该开始事件，或让它自己接收消息。",
    ),
    "feature:instantiate": ("Draw a message start event.", "请画一个消息开始事件。"),
    "feature:quantity": (
        "Remove startQuantity and completionQuantity, or draw parallel gateways.",
        "请去掉 startQuantity 和 completionQuantity，或画并行网关。",
    ),
    "feature:conditional-flow": (
        "Draw an exclusive or inclusive gateway behind the activity.",
        "请在活动之后画排他或包容网关。",
    ),
    "feature:worker of an ad-hoc sub-process": (
        "Let a service task before it choose, and name its choice in zeebe:adHoc activeElementsCollection.",
        "请在它之前用服务任务做出选择，并写入 zeebe:adHoc activeElementsCollection。",
    ),
    "feature:implicit-start": ("Draw a start event.", "请画一个开始事件。"),
}
_OTHERWISE = ("Remove it, or draw it with constructs of the coverage page.", "请删除，或用支持范围页列出的元素重画。")


def constructs(node: Node) -> Iterator[str]:
    """The constructs a node uses, in the words of ``SUPPORTED``."""
    if node.kind in ("endEvent", "intermediateThrowEvent") and zeebe_value(node.xml, "taskDefinition", "type"):
        yield "serviceTask"  # a job does it, whatever is drawn inside the circle
    elif node.kind.endswith("Event"):
        armed = node.kind == "startEvent" and node.scope.owner is not None and node.scope.owner.event_scope
        if not armed or node.event in ("multiple", "cancel"):
            yield f"{node.kind}:{node.event}"
    elif node.event_scope:
        yield "feature:event-sub-process"
    else:
        yield node.kind
    if node.kind == "adHocSubProcess" and zeebe_value(node.xml, "taskDefinition", "type"):
        yield "feature:worker of an ad-hoc sub-process"
    if node.compensation or node.event == "compensate":
        yield "feature:compensation"
    loop = loop_of(node)
    if loop is not None:
        yield "feature:multi-instance" if local(loop).startswith("multi") else "feature:standard-loop"
        if loop.get("behavior", "All") != "All":
            yield "feature:multi-instance-behavior"
    if node.flag("instantiate"):
        # The start event would begin the case without the message, which starts none then.
        late = node.kind == "receiveTask" and node.scope.owner is None and behind_start(node)
        yield "feature:instantiate behind a start event" if late else "feature:instantiate"
    if any(node.xml.get(q, "1") != "1" for q in ("startQuantity", "completionQuantity")):
        yield "feature:quantity"
    if node.kind in ACTIVITIES and any(f.condition is not None for f in node.outgoing):
        yield "feature:conditional-flow"


def behind_start(node: Node) -> bool:
    """Whether the one flow to a node comes from a start event."""
    sources = [flow.source for flow in node.incoming]
    return len(sources) == 1 and sources[0] is not None and sources[0].kind == "startEvent"


def instead(construct: str) -> tuple[str, str]:
    """What to draw in place of a construct, (English, Chinese)."""
    found = [k for k in _INSTEAD if construct == k or (k.startswith(":") and construct.endswith(k))]
    return _INSTEAD[max(found, key=len)] if found else _OTHERWISE


def running(c: Context) -> Iterator[Scope]:
    """Scopes of processes that are to run."""
    return (s for p in c.model.processes if p.executable for s in p.walk())


@rule("CRM-170", ERROR)
def not_executed(c: Context) -> Iterator[Hit]:
    """Everything drawn in a process that is to run, runs exactly; the rest is refused by name."""
    aside = handlers(c.model)
    for scope in running(c):
        for node in scope.nodes:
            used = set(constructs(node)) | ({"feature:compensation"} if node in aside else set())
            used -= SUPPORTED
            if "feature:compensation" in used:
                used = {k for k in used if not k.endswith(":compensate")}
            for construct in sorted(used):
                fix, fix_zh = instead(construct)
                yield hit(node.xml, construct=_said(construct), instead=fix, instead_zh=fix_zh)


@rule("CRM-194", ERROR)
def data_is_drawing(c: Context) -> Iterator[Hit]:
    """Assignments and transformations of data associations give a named variable the value of FEEL (10.4.2)."""
    for scope in running(c):
        for node in scope.nodes:
            for side, name in SIDES.items():
                if node.child(name) is None:
                    continue
                for target, text in carried(node.xml, side, c.model.elements):
                    if not valid_target(target) or not text:
                        yield hit(node.xml, target=target or "?")


def _said(construct: str) -> str:
    kind, _, trigger = construct.partition(":")
    return trigger if kind == "feature" else f"{kind} ({trigger})" if trigger else kind
