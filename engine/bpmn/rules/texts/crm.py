"""Texts about good practice for CRM flows (CRM-180 … CRM-188, CRM-193)."""

from __future__ import annotations

from engine.bpmn.rules.texts.base import Text

TEXTS: dict[str, Text] = {
    "CRM-180": Text(
        "{el} has no owner.",
        "Nobody answers for it, and work without an assignee finds no team. It can be tried, but not published.",
        "Fill in the owner, such as team:sales (crmflow:process owner).",
        "{el}没有负责团队。",
        "无人负责，未指派的工作也找不到团队。可以试运行，但不能发布。",
        "请填写负责团队，例如 team:sales（crmflow:process owner）。",
    ),
    "CRM-181": Text(
        "{el} has no goal.",
        "Without a goal nobody can say whether it works. It can be tried, but not published.",
        "Say in one sentence what it achieves (crmflow:process goal).",
        "{el}没有目标。",
        "没有目标就无法判断流程是否有效。可以试运行，但不能发布。",
        "请用一句话说明它要达成什么（crmflow:process goal）。",
    ),
    "CRM-182": Text(
        "{el} has no KPI.",
        "What is not measured is not improved. It can be tried, but not published.",
        "Name the figure that measures its goal (crmflow:process kpi).",
        "{el}没有 KPI。",
        "不度量就无法改进。可以试运行，但不能发布。",
        "请填写衡量目标的指标（crmflow:process kpi）。",
    ),
    "CRM-183": Text(
        "{el}: {attribute} is “{value}”; allowed: {allowed}.",
        "Anything else would be ignored.",
        "Choose one of the allowed words.",
        "{el}：{attribute} 为“{value}”；允许：{allowed}。",
        "其他值会被忽略。",
        "请选择允许的值。",
    ),
    "CRM-184": Text(
        "{el} says it is a variant of “{base}”, and is that process itself or chooses variants of its own.",
        "Choosing a variant would turn in a circle.",
        "Let variants name the base process, and only the base process choose.",
        "{el}声明为“{base}”的变体，但它就是该流程或自身还选择变体。",
        "选择变体会形成循环。",
        "请让变体引用基础流程，只由基础流程选择变体。",
    ),
    "CRM-185": Text(
        "{el} has no name.",
        "People see its id instead.",
        "Give the process a name.",
        "{el}没有名称。",
        "人们只能看到它的 id。",
        "请为流程命名。",
    ),
    "CRM-186": Text(
        "{el} has no name.",
        "People find work in their inbox and in history by its name.",
        "Name it by verb and object: “Call the lead”.",
        "{el}没有名称。",
        "人们在收件箱和历史中通过名称识别工作。",
        "请用动词加宾语命名，例如“联系线索”。",
    ),
    "CRM-187": Text(
        "{el} has neither due date nor timer.",
        "If nobody touches it, nobody is told.",
        "Set a due date, or attach a timer that reminds or escalates.",
        "{el}既没有到期时间也没有定时器。",
        "如果没人处理，也不会有人得到提醒。",
        "请设置到期时间，或附加用于提醒或升级的定时器。",
    ),
    "CRM-188": Text(
        "{el} or its ways out have no words.",
        "Readers cannot see what is decided.",
        "Write the question at the gateway and the answers at its flows.",
        "{el}或它的出口没有文字。",
        "读者看不出在判断什么。",
        "请在网关写出问题，在连线写出答案。",
    ),
    "CRM-193": Text(
        "{el} has {count} nodes; more than {limit} are hard to read.",
        "Nobody oversees such a drawing; changes become risky.",
        "Move parts into sub-processes or processes called by call activities.",
        "{el}有 {count} 个节点；超过 {limit} 个难以阅读。",
        "这样的图难以掌握，修改风险大。",
        "请把部分内容移到子流程或由调用活动调用的流程。",
    ),
}
