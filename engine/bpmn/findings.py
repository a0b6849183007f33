"""All findings of a model at once: bytes in, findings out, never a traceback."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

from lxml import etree

from engine.bpmn.dialect_camunda7 import Oddity, Translation, speaks, translate
from engine.bpmn.inspect import ProcessInfo
from engine.bpmn.rules import RULES, TEXTS
from engine.bpmn.rules.base import Catalogue, Context, Hit
from engine.bpmn.rules.compiled import refusals
from engine.bpmn.rules.labels import label
from engine.domain.states import Severity
from engine.domain.values import Finding
from engine.model.graph import from_tree
from engine.model.vocabulary import FLOW_NODES
from engine.model.xml import BadXml, line_of, read

log = logging.getLogger(__name__)

_ORDER = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}
#: What a process says before people may start it: attribute → the code where it does not.
_DEMANDED = {"owner": "CRM-180", "goal": "CRM-181", "kpi": "CRM-182"}
#: More findings of one rule than this say nothing new; the rest is counted in the last one.
MOST_PER_RULE = 50


def check(xml: bytes, catalogue: Catalogue | None = None) -> list[Finding]:
    """Every finding of a BPMN file, errors first, then by line. A model with an error is not to be deployed.

    Never raises for what is in the file. ``catalogue`` names the forms, decisions, processes and groups
    that exist (processes of the same file count as well).
    """
    try:
        root = read(xml, plain=True)
    except BadXml as e:
        return [_finding(e.code, Severity.ERROR, Hit(None, e.line, None, dict(e.context)))]
    translation = _translated(root, xml)
    context = Context(from_tree(root), catalogue or Catalogue(), xml, translation)
    if found := list(_run("CRM-105", context)):
        return found  # not BPMN: what else could be said would be noise
    found = [f for code in RULES if code != "CRM-105" for f in _run(code, context)]
    if not any(f.severity is Severity.ERROR for f in found):
        found += refusals(context)
    return sorted(found, key=lambda f: (_ORDER[f.severity], f.line or 0, f.code))


def _translated(root: etree._Element, xml: bytes) -> Translation:
    try:
        return translate(root) if speaks(xml) else Translation()
    except Exception as e:
        # Whatever a stranger's file does to the translation, its author gets a finding, never a traceback.
        log.exception("translation_failed")
        return Translation("Camunda 7", [Oddity(root, ["?"], f"{type(e).__name__}: {e}")])


def publishable(process: ProcessInfo) -> list[Finding]:
    """What forbids publishing a process: people start it, so it has steps, an owner, a goal and a KPI."""
    missing = [code for attribute, code in _DEMANDED.items() if not getattr(process, attribute)]
    if not any(e.kind in FLOW_NODES for e in process.elements.values()):
        missing.append("CRM-108")
    en, zh = f"process “{process.name}” ({process.key})", f"流程“{process.name}”（{process.key}）"
    return [_text(code, Severity.ERROR, (en, zh), (process.key, process.name, None), {}) for code in missing]


def _run(code: str, context: Context) -> Iterator[Finding]:
    """One rule's findings; a rule that breaks is told (CRM-199), and what it found until then counts."""
    rule = RULES[code]
    hits: list[Hit] = []
    try:
        hits.extend(rule.check(context))
    except Exception as e:  # one rule's fault must not hide what the other rules find: said as a finding, and logged
        log.exception("rule_failed", extra={"code": code})
        cause = {"code": code, "cause": f"{type(e).__name__}: {e}"[:200]}
        yield _finding("CRM-199", Severity.WARNING, Hit(None, None, None, cause))
    for h in hits[:MOST_PER_RULE]:
        yield _finding(code, h.severity or rule.severity, h)
    if len(hits) > MOST_PER_RULE:
        more = Hit(None, None, None, {"code": code, "count": len(hits) - MOST_PER_RULE})
        yield _finding("CRM-198", Severity.INFO, more)


def _finding(code: str, severity: Severity, h: Hit) -> Finding:
    xml = h.xml
    if xml is None:
        return _text(code, severity, label(None), (None, None, h.line), h.params)
    line = h.line if h.line is not None else line_of(xml)
    return _text(code, severity, label(xml), (xml.get("id"), xml.get("name") or None, line), h.params)


def _text(
    code: str,
    severity: Severity,
    words: tuple[str, str],
    place: tuple[str | None, str | None, int | None],
    params: dict[str, Any],
) -> Finding:
    """Fill the texts of a code. ``words`` call the element (English, Chinese), ``place`` is id, name, line."""
    t = TEXTS[code]
    element, name, line = place
    en = {**params, "el": words[0]}
    zh = {**params, **{k.removesuffix("_zh"): v for k, v in params.items() if k.endswith("_zh")}, "el": words[1]}
    said = [_filled(text, en) for text in (t.message, t.why, t.fix)]
    said_zh = [_filled(text, zh) for text in (t.message_zh, t.why_zh, t.fix_zh)]
    shown = {k: v for k, v in params.items() if isinstance(v, str | int) and not k.endswith("_zh")}
    return Finding(
        code,
        severity,
        said[0],
        element,
        name,
        line,
        why=said[1],
        fix=said[2],
        message_zh=said_zh[0],
        why_zh=said_zh[1],
        fix_zh=said_zh[2],
        params=shown,
    )


def _filled(text: str, values: dict[str, Any]) -> str:
    said = text.format(**values)
    return said[:1].upper() + said[1:]
