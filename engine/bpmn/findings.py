"""All findings of a model at once: bytes in, findings out, never a traceback."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

from engine.bpmn.rules import RULES, TEXTS
from engine.bpmn.rules.base import Catalogue, Context, Hit
from engine.bpmn.rules.labels import label
from engine.domain.states import Severity
from engine.domain.values import Finding
from engine.model.graph import from_tree
from engine.model.xml import BadXml, line_of, read

log = logging.getLogger(__name__)

_ORDER = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}
#: More findings of one rule than this say nothing new; the rest is counted in the last one.
MOST_PER_RULE = 50


def check(xml: bytes, catalogue: Catalogue | None = None) -> list[Finding]:
    """Every finding of a BPMN file, errors first, then by line. A model with an error is not to be deployed.

    Never raises for what is in the file. ``catalogue`` names the forms, decisions, processes and groups
    that exist (processes of the same file count as well).
    """
    try:
        root = read(xml)
    except BadXml as e:
        return [_finding(e.code, Severity.ERROR, Hit(None, e.line, None, dict(e.context)))]
    context = Context(from_tree(root), catalogue or Catalogue(), xml)
    if found := list(_run("CRM-105", context)):
        return found  # not BPMN: what else could be said would be noise
    found = [f for code in RULES if code != "CRM-105" for f in _run(code, context)]
    return sorted(found, key=lambda f: (_ORDER[f.severity], f.line or 0, f.code))


def publishable(findings_of: Any) -> list[Finding]:
    """What forbids publishing a process (``ProcessInfo``): people start it, so it has an owner, a goal and a KPI."""
    missing = (("owner", "CRM-180"), ("goal", "CRM-181"), ("kpi", "CRM-182"))
    return [
        _text(
            code,
            Severity.ERROR,
            f"process “{findings_of.name}” ({findings_of.key})",
            f"流程“{findings_of.name}”（{findings_of.key}）",
            findings_of.key,
            findings_of.name,
            None,
            {},
        )
        for attribute, code in missing
        if not getattr(findings_of, attribute)
    ]


def _run(code: str, context: Context) -> Iterator[Finding]:
    rule = RULES[code]
    hits: list[Hit] = []
    try:
        hits.extend(rule.check(context))
    except Exception as e:
        log.exception("rule_failed", extra={"code": code})
        hits.append(Hit(None, None, Severity.WARNING, {"code": code, "cause": f"{type(e).__name__}: {e}"}))
        yield from (_finding("CRM-199", Severity.WARNING, h) for h in hits[-1:])
        hits.pop()
    for h in hits[:MOST_PER_RULE]:
        yield _finding(code, h.severity or rule.severity, h)
    if len(hits) > MOST_PER_RULE:
        more = Hit(None, None, None, {"code": code, "count": len(hits) - MOST_PER_RULE})
        yield _finding("CRM-198", Severity.INFO, more)


def _finding(code: str, severity: Severity, h: Hit) -> Finding:
    en, zh = label(h.xml)
    element = h.xml.get("id") if h.xml is not None else None
    name = h.xml.get("name") if h.xml is not None else None
    line = h.line if h.line is not None else line_of(h.xml) if h.xml is not None else None
    return _text(code, severity, en, zh, element, name, line, h.params)


def _text(
    code: str, severity: Severity, en: str, zh: str, element: str | None, name: str | None, line: int | None,
    params: dict[str, Any],
) -> Finding:  # fmt: skip
    t = TEXTS[code]
    values_zh = {**params, **{k.removesuffix("_zh"): v for k, v in params.items() if k.endswith("_zh")}}

    def filled(text: str, values: dict[str, Any], el: str) -> str:
        said = text.format(**{**values, "el": el})
        return said[:1].upper() + said[1:]

    return Finding(
        code, severity, filled(t.message, params, en), element, name or None, line,
        filled(t.why, params, en), filled(t.fix, params, en), None,
        filled(t.message_zh, values_zh, zh), filled(t.why_zh, values_zh, zh), filled(t.fix_zh, values_zh, zh),
        {k: v for k, v in params.items() if isinstance(v, (str, int, bool)) and not k.endswith("_zh")},
    )  # fmt: skip
