"""Rules: DMN models with their versions; try, check, compare and publish them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.domain.access import Right, ensure
from engine.domain.errors import Forbidden
from engine.domain.rules import (
    CheckRules,
    CompareRules,
    Decide,
    Decided,
    GetRules,
    GetRulesText,
    ListCases,
    ListRules,
    PreviewRules,
    PublishRules,
    RestoreRules,
    RulesCase,
    RulesPreview,
    RulesRow,
    RulesView,
)
from engine.domain.values import Finding, Page
from webui.api.routing import Call, Raw, Route, Tag
from webui.api.rules import (
    CasesQuery,
    DecideBody,
    NewTextBody,
    PairQuery,
    PublishRulesBody,
    RestoreBody,
    RulesQuery,
    VersionQuery,
    XmlBody,
)


def list_rules(call: Call) -> Page[RulesRow]:
    query = call.query
    return call.engine.ask(ListRules(call.by, query.search, limit=query.limit, cursor=query.cursor))


def get_rules(call: Call) -> RulesView:
    return call.engine.ask(GetRules(call.path["key"], call.by, call.query.version))


def get_rules_xml(call: Call) -> Raw:
    row = call.engine.ask(GetRules(call.path["key"], call.by, call.query.version)).row
    content = call.engine.ask(GetRulesText(row.key, call.by, row.version))
    return Raw(content, "application/xml", f"{row.key}-{row.version}.dmn", row.hash)


def compare_rules(call: Call) -> tuple[Mapping[str, Any], ...]:
    return call.engine.ask(CompareRules(call.path["key"], call.query.before, call.query.after, call.by))


def check_rules(call: Call) -> tuple[Finding, ...]:
    return call.engine.ask(CheckRules(call.by, call.path["key"], call.body.version, _xml(call)))


def decide(call: Call) -> Decided:
    body = call.body
    return call.engine.ask(Decide(call.by, body.decision, body.inputs, call.path["key"], body.version, _xml(call)))


def list_cases(call: Call) -> tuple[RulesCase, ...]:
    return call.engine.ask(ListCases(call.path["key"], call.by, call.query.decision, call.query.limit))


def preview_rules(call: Call) -> RulesPreview:
    return call.engine.ask(PreviewRules(call.path["key"], call.body.xml.encode(), call.by))


def publish_rules(call: Call) -> RulesRow:
    """The same content again changes nothing."""
    body = call.body
    return call.engine.do(PublishRules(call.path["key"], body.xml.encode(), call.by, body.base, body.reason))


def restore_rules(call: Call) -> RulesRow:
    body = call.body
    return call.engine.do(RestoreRules(call.path["key"], body.version, call.by, body.base, body.reason))


def _xml(call: Call) -> bytes | None:
    """The caller's own text, if one was sent: only who may publish has one evaluated."""
    xml: str | None = call.body.xml
    if xml is None:
        return None
    try:
        ensure(call.by, Right.MODEL_DEPLOY)
    except Forbidden as error:
        call.engine.denied(call.by, error, "evaluate_own_rules")
        raise
    return xml.encode()


TAG = Tag(
    "decisions",
    "Rules (DMN models): their versions, who asks them, trying, checking, comparing and publishing them.",
    "规则（DMN 模型）：版本、使用者，以及试算、检查、比较与发布。",
    (
        Route(
            "GET", "/decisions", list_rules, "decisions", "List the rules", "列出规则",
            answer=Page[RulesRow], right=Right.MODEL_READ, query=RulesQuery,
        ),
        Route(
            "GET", "/decisions/{key}", get_rules, "decisions",
            "One model: decisions, who asks them, versions", "读取一个规则模型：决策、使用者与版本",
            answer=RulesView, right=Right.MODEL_READ, query=VersionQuery,
        ),
        Route(
            "GET", "/decisions/{key}/xml", get_rules_xml, "decisions", "Its DMN, as published", "读取已发布的 DMN",
            answer=str, right=Right.MODEL_READ, query=VersionQuery, media="application/xml",
        ),
        Route(
            "GET", "/decisions/{key}/diff", compare_rules, "decisions",
            "What changed between two versions", "比较两个版本",
            answer=tuple[dict[str, Any], ...], right=Right.MODEL_READ, query=PairQuery,
            about="Element by element: inputs, outputs, rules and their cells, other texts; no raw XML.",
        ),
        Route(
            "POST", "/decisions/{key}/check", check_rules, "decisions",
            "Check the tables for gaps and overlaps", "检查决策表的缺口与重叠",
            answer=tuple[Finding, ...], right=Right.MODEL_READ, body=XmlBody, errors=(422,),
            about="`params.given` of a finding is an example input that `evaluate` takes. A text of one's own (`xml`) "
            "needs `model.deploy`.",
        ),
        Route(
            "POST", "/decisions/{key}/evaluate", decide, "decisions",
            "Decide, and tell why; nothing is stored", "试算并说明原因，不保存",
            answer=Decided, right=Right.MODEL_READ, body=DecideBody, errors=(422,),
            about="A text of one's own (`xml`) needs `model.deploy`; stored versions are for every reader.",
        ),
        Route(
            "GET", "/decisions/{key}/cases", list_cases, "decisions",
            "Decisions that instances have made", "实例已作出的决策",
            answer=tuple[RulesCase, ...], right=Right.INSTANCE_READ, query=CasesQuery,
        ),
        Route(
            "POST", "/decisions/{key}/preview", preview_rules, "decisions",
            "What publishing this text would change", "预览发布后的变化",
            answer=RulesPreview, right=Right.MODEL_DEPLOY, body=NewTextBody, errors=(422,),
        ),
        Route(
            "POST", "/decisions/{key}/publish", publish_rules, "decisions",
            "Publish a new version; processes stay as they are", "发布新版本，流程保持不变",
            answer=RulesRow, right=Right.MODEL_DEPLOY, body=PublishRulesBody, errors=(409, 422),
            about="`base` guards against others' versions: 409 CRM-240 if another was published meanwhile. Running "
            "instances follow their binding: `latest` takes the new version, the others keep theirs.",
        ),
        Route(
            "POST", "/decisions/{key}/restore", restore_rules, "decisions",
            "Publish an old version again, as a new one", "将旧版本作为新版本重新发布",
            answer=RulesRow, right=Right.MODEL_DEPLOY, body=RestoreBody, errors=(409, 422),
        ),
    ),
)  # fmt: skip
