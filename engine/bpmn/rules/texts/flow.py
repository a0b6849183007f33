"""Texts about the shape of the flow (CRM-130 … CRM-144)."""

from __future__ import annotations

from engine.bpmn.rules.texts.base import Text

TEXTS: dict[str, Text] = {
    "CRM-130": Text(
        "{el} has no start event.",
        "Readers do not see where it begins; nodes without incoming flow begin ({count} here).",
        "Draw a start event and connect it to the first step.",
        "{el}没有开始事件。",
        "读者看不出从哪里开始；没有流入的节点会作为起点（这里有 {count} 个）。",
        "请画一个开始事件并连接到第一步。",
    ),
    "CRM-131": Text(
        "{el} can never be reached.",
        "No path leads to it from a start, so it never happens.",
        "Connect it, or delete it.",
        "{el}永远无法到达。",
        "没有从起点到它的路径，它永远不会发生。",
        "请连接它，或删除它。",
    ),
    "CRM-132": Text(
        "{el} leads nowhere.",
        "The path ends there although other paths end at an end event; a flow was probably forgotten.",
        "Connect it to the next step or to an end event.",
        "{el}没有后续。",
        "其他路径以结束事件结束，而这里中断，可能漏画了连线。",
        "请连接到下一步或结束事件。",
    ),
    "CRM-133": Text(
        "{el} has an {side} flow ({flow}).",
        "Start and boundary events are only left, end events only entered.",
        "Remove the flow, or use an intermediate event.",
        "{el}有{side}的顺序流（{flow}）。",
        "开始事件和边界事件只能流出，结束事件只能流入。",
        "请删除该连线，或改用中间事件。",
    ),
    "CRM-134": Text(
        "{el} has no default flow.",
        "When no condition holds, the case stops there with an incident.",
        "Mark the flow for “everything else” as default.",
        "{el}没有默认流。",
        "当所有条件都不成立时，流程会停在这里并产生异常。",
        "请把“其他情况”的连线设为默认流。",
    ),
    "CRM-135": Text(
        "{el} behind the gateway “{gateway}” has no condition.",
        "The gateway cannot tell when to go this way.",
        "Write a condition, such as = amount > 1000, or mark the flow as default.",
        "网关“{gateway}”之后的{el}没有条件。",
        "网关无法判断何时走这条路。",
        "请写条件，例如 = amount > 1000，或把它设为默认流。",
    ),
    "CRM-136": Text(
        "{el} is the default and has a condition.",
        "A default is taken when no other flow is; its condition is never read.",
        "Delete the condition.",
        "{el}是默认流，却带有条件。",
        "默认流在其他流都不走时才走，它的条件不会被读取。",
        "请删除该条件。",
    ),
    "CRM-137": Text(
        "The default flow “{ref}” of {el} is none of its outgoing flows.",
        "The default could never be taken.",
        "Choose one of its outgoing flows.",
        "{el}的默认流“{ref}”不是它的流出连线。",
        "默认流永远无法执行。",
        "请选择它的一条流出连线。",
    ),
    "CRM-138": Text(
        "{el} has a condition, but “{node}” does not read conditions.",
        "The flow is always taken, whatever the condition says.",
        "Delete the condition, or use an exclusive or inclusive gateway.",
        "{el}带有条件，但“{node}”不读取条件。",
        "无论条件如何，这条路都会走。",
        "请删除条件，或改用排他或包容网关。",
    ),
    "CRM-139": Text(
        "{el} neither splits nor joins.",
        "It has no effect.",
        "Delete it, or draw the missing flow.",
        "{el}既不分支也不合并。",
        "它不起作用。",
        "请删除它，或补画缺少的连线。",
    ),
    "CRM-143": Text(
        "The steps {nodes} form a loop without a way out.",
        "A case that enters it never ends.",
        "Add a gateway that leaves the loop.",
        "步骤 {nodes} 构成没有出口的循环。",
        "进入循环的流程永远不会结束。",
        "请加一个离开循环的网关。",
    ),
    "CRM-144": Text(
        "{el} waits for ways of which “{split}” opens only one.",
        "It waits for ever: the other way never comes.",
        "Join with an exclusive gateway, or split with a parallel one.",
        "{el}等待的多条路径中，“{split}”只会打开一条。",
        "它会一直等待，另一条路径永远不会到达。",
        "请用排他网关合并，或用并行网关分支。",
    ),
}
