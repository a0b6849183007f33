"""How findings call an element in words: its kind, its name as drawn, its id; English and Chinese."""

from __future__ import annotations

from lxml import etree

from engine.model.xml import local

_KINDS: dict[str, tuple[str, str]] = {
    "definitions": ("file", "文件"),
    "process": ("process", "流程"),
    "subProcess": ("sub-process", "子流程"),
    "transaction": ("transaction", "事务子流程"),
    "adHocSubProcess": ("ad-hoc sub-process", "即席子流程"),
    "callActivity": ("call activity", "调用活动"),
    "task": ("task", "任务"),
    "userTask": ("user task", "用户任务"),
    "manualTask": ("manual task", "手工任务"),
    "serviceTask": ("service task", "服务任务"),
    "sendTask": ("send task", "发送任务"),
    "receiveTask": ("receive task", "接收任务"),
    "scriptTask": ("script task", "脚本任务"),
    "businessRuleTask": ("business rule task", "业务规则任务"),
    "startEvent": ("start event", "开始事件"),
    "endEvent": ("end event", "结束事件"),
    "intermediateCatchEvent": ("catch event", "中间捕获事件"),
    "intermediateThrowEvent": ("throw event", "中间抛出事件"),
    "boundaryEvent": ("boundary event", "边界事件"),
    "exclusiveGateway": ("exclusive gateway", "排他网关"),
    "parallelGateway": ("parallel gateway", "并行网关"),
    "inclusiveGateway": ("inclusive gateway", "包容网关"),
    "eventBasedGateway": ("event-based gateway", "事件网关"),
    "complexGateway": ("complex gateway", "复杂网关"),
    "sequenceFlow": ("sequence flow", "顺序流"),
    "messageFlow": ("message flow", "消息流"),
    "participant": ("pool", "泳池"),
    "lane": ("lane", "泳道"),
    "message": ("message", "消息"),
    "error": ("error", "错误"),
    "signal": ("signal", "信号"),
    "escalation": ("escalation", "升级"),
    "association": ("association", "关联"),
    "textAnnotation": ("annotation", "注释"),
    "dataObject": ("data object", "数据对象"),
    "dataObjectReference": ("data object", "数据对象"),
    "dataStoreReference": ("data store", "数据存储"),
}


def kind_of(xml: etree._Element) -> tuple[str, str]:
    """The kind of an element in words, (English, Chinese)."""
    name = local(xml)
    return _KINDS.get(name, (f"<{name}>", f"<{name}>"))


def label(xml: etree._Element | None) -> tuple[str, str]:
    """An element in words, (English, Chinese): ``user task “Call” (Task_1)``."""
    if xml is None:
        return "the file", "文件"
    kind, kind_zh = kind_of(xml)
    name, key = " ".join((xml.get("name") or "").split()), xml.get("id")
    if local(xml) == "sequenceFlow" and not name:
        name = f"{xml.get('sourceRef', '?')} → {xml.get('targetRef', '?')}"
    if local(xml) == "definitions":
        return kind, kind_zh
    en = kind + (f" “{name}”" if name else "") + (f" ({key})" if key else "")
    zh = kind_zh + (f"“{name}”" if name else "") + (f"（{key}）" if key else "")
    return en, zh
