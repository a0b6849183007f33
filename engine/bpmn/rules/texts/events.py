"""Texts about events, links, loops, messages and timers (CRM-124, CRM-140 … CRM-149)."""

from __future__ import annotations

from engine.bpmn.rules.texts.base import Text

TEXTS: dict[str, Text] = {
    "CRM-124": Text(
        "{el} {why}.",
        "Messages and signals are told apart by their names.",
        "Choose or create one with a name in the properties.",
        "{el}{why_zh}。",
        "消息和信号通过名称区分。",
        "请在属性中选择或新建一个有名称的消息或信号。",
    ),
    "CRM-140": Text(
        "At {el} {why}.",
        "An event-based gateway waits for the first of several events.",
        "Let it lead straight to two or more catch events (message, timer …) or receive tasks, each for itself.",
        "{el}：{why_zh}。",
        "事件网关等待多个事件中最先发生的一个。",
        "请让它直接连接两个或更多捕获事件（消息、定时器等）或接收任务。",
    ),
    "CRM-141": Text(
        "{el} has {why}.",
        "It could never do anything.",
        "Give it a trigger (timer, message, error …) and connect it to the step that follows.",
        "{el}{why_zh}。",
        "它永远不会起作用。",
        "请为它设置触发条件（定时器、消息、错误等），并连接到后续步骤。",
    ),
    "CRM-142": Text(
        "{el} is a second start event without trigger; the first is “{first}”.",
        "Starting the flow could mean either.",
        "Keep one, or give the others a trigger (message, timer).",
        "{el}是第二个无触发条件的开始事件；第一个是“{first}”。",
        "启动流程时无法确定从哪个开始。",
        "请只保留一个，或为其他的设置触发条件（消息、定时器）。",
    ),
    "CRM-145": Text(
        "{el}: {why}.",
        "A sub-process is entered by its flow and begins at a plain start event; an event sub-process by "
        "exactly one trigger, without flows.",
        "Change the start event or the flows accordingly.",
        "{el}：{why_zh}。",
        "子流程由顺序流进入，从普通开始事件开始；事件子流程由唯一的触发条件开始，不连顺序流。",
        "请相应修改开始事件或连线。",
    ),
    "CRM-146": Text(
        "The link “{link}” at {el} has {count} matching ends.",
        "A link jumps to exactly one catching end of the same name in the same scope.",
        "Give both ends the same name, or draw a sequence flow.",
        "{el}的链接“{link}”有 {count} 个匹配端。",
        "链接跳转到同一范围内同名的唯一捕获端。",
        "请为两端设置相同名称，或改画顺序流。",
    ),
    "CRM-147": Text(
        "{el} is multi-instance, but does not say over what (or says both a number and a collection).",
        "The number of repetitions is not known.",
        "Name an input collection (such as = items) or a cardinality.",
        "{el}是多实例，但没有说明遍历什么（或同时给出了次数和集合）。",
        "无法确定重复次数。",
        "请填写输入集合（例如 = items）或次数。",
    ),
    "CRM-148": Text(
        "{el} waits for “{message}” without a correlation key.",
        "The message of any customer would be taken for this case.",
        "Add a correlation key to the message, such as = quote.id.",
        "{el}等待消息“{message}”，但没有关联键。",
        "任何客户的消息都可能被当作本案例的消息。",
        "请为消息添加关联键，例如 = quote.id。",
    ),
    "CRM-149": Text(
        "The timer of {el} {why}.",
        "It could not be set, and the case would stop there.",
        "Write one date (2026-05-01T09:00:00Z), duration (PT15M, P2D) or cycle (R3/PT10M), or FEEL after “=”.",
        "{el}的定时器{why_zh}。",
        "无法设置定时器，流程会停在这里。",
        "请填写一个日期（2026-05-01T09:00:00Z）、时长（PT15M、P2D）或周期（R3/PT10M），或以“=”开头的 FEEL。",
    ),
}
