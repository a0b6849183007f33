"""What a ladder says to people, in the language and the time zone of each."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from engine.domain.spans import spelled
from engine.i18n import language, register, text

_ACTS = {
    "notify": "通知",
    "priority": "提高优先级",
    "reassign": "转交任务",
    "candidate": "扩大候选范围",
    "escalate": "在模型中升级",
    "start": "启动流程",
}
_CAUSES = {
    "CRM-401": "没有这样的流程或版本",
    "CRM-402": "案例已结束",
    "CRM-411": "没有这样的用户或团队",
    "CRM-427": "没有这样的 SLA 策略",
    "CRM-604": "没有这样的决策",
    "CRM-699": "发生意外错误",
}
_KINDS = {"2": "当前状态不允许", "3": "没有权限", "4": "所指的对象不存在", "5": "表达式无法求值", "6": "模型运行失败"}
register(
    {
        "ladder.overdue": ("Overdue: {name} ({rung})", "已超时：{name}（{rung}）"),
        "ladder.soon": ("Due soon: {name} ({rung})", "即将到期：{name}（{rung}）"),
        "ladder.due": (
            "The time for {metric} ({target}) in case {case} is due at {when}.",
            "案例 {case} 的时限“{metric}”（{target}）截止时间为 {when}。",
        ),
        "ladder.failed": ("A step of the ladder failed: {name} ({rung})", "升级步骤未能执行：{name}（{rung}）"),
        "ladder.failure": ("{do}: {code} {message}", "{act}：{cause}{named}（{code}）"),
        "ladder.accept": ("accepting it", "受理"),
        "ladder.first_response": ("the first response", "首次答复"),
        "ladder.next_response": ("the next response", "后续答复"),
        "ladder.resolve": ("solving it", "解决"),
        "ladder.stage": ("this stage", "阶段"),
        "ladder.done": ("doing it", "完成"),
    }
)
_METRICS = ("accept", "first_response", "next_response", "resolve", "stage", "done")
_NAMED = re.compile(r"'([^']{1,80})'")  # our messages name the culprit so


def warning(clock: Mapping[str, Any], rung: str, case: str, locale: str, timezone: str) -> tuple[str, str]:
    """Title and text of a rung that tells."""
    when = clock["due_at"].astimezone(ZoneInfo(timezone)).strftime("%Y-%m-%d %H:%M %Z") if clock["due_at"] else "–"
    title = "ladder.overdue" if clock["breached_at"] is not None else "ladder.soon"
    metric = text(f"ladder.{clock['metric']}", locale) if clock["metric"] in _METRICS else clock["metric"]
    about = {"metric": metric, "target": spelled(str(clock["target"]), language(locale)), "case": case, "when": when}
    return text(title, locale, name=clock["name"], rung=rung), text("ladder.due", locale, **about)


def trouble(clock: Mapping[str, Any], rung: str, failed: list[dict[str, Any]], locale: str) -> tuple[str, str]:
    """Title and text about acts that could not be done."""
    title = text("ladder.failed", locale, name=clock["name"], rung=rung)
    return title, "\n".join(_failure(each, locale) for each in failed)


def _failure(did: Mapping[str, Any], locale: str) -> str:
    """One act. The Chinese says the cause and names the culprit; the engine's own words are in the ladder's log."""
    code, message = str(did["failed"]), str(did["message"])
    named = "、".join(dict.fromkeys(_NAMED.findall(message)))
    chinese = {
        "act": _ACTS.get(did["do"], did["do"]),
        "cause": _CAUSES.get(code) or _KINDS.get(code.removeprefix("CRM-")[:1], "所给的内容不合适"),
        "named": f"：{named}" if named else "",
    }
    return text("ladder.failure", locale, do=did["do"], code=code, message=message, **chinese)
