"""What the standard demands of a process that is to run: formal expressions, conditions that can be true."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from engine import feel
from engine.bpmn.dialect import CAMUNDA7, CRMFLOW, ZEEBE, condition_text, xsi_type
from engine.bpmn.rules.base import ERROR, WARNING, Context, Hit, hit, rule
from engine.bpmn.rules.supported import running
from engine.domain.errors import ExpressionError
from engine.model.xml import BPMN, line_of, local, text_of

#: A media type (RFC 2045), as ``textFormat`` wants it (BPMN 2.0.2, 8.4.1.3).
_MIME = re.compile(r"[\w.+-]+/[\w.+*-]+(\s*;.*)?\Z")
#: Elements that hold an expression, formal only where ``xsi:type`` says so.
_EITHER = frozenset(
    [
        "conditionExpression",
        "condition",
        "completionCondition",
        "activationCondition",
        "loopCondition",
        "loopCardinality",
        "timeDate",
        "timeDuration",
        "timeCycle",
        "from",
        "to",
    ]
)
#: Elements whose type in the schema is a formal expression.
_FORMAL = frozenset({"messagePath", "dataPath", "transformation", "formalExpression"})
#: What prose looks like: words only. Who writes an operator, a call or a literal means to compute.
_PROSE = re.compile(r"[^\W\d][\w\s.,'-]*\Z")
_YES_NO = frozenset({"conditionExpression", "condition", "completionCondition", "loopCondition"})


def bearer(e: etree._Element) -> etree._Element:
    """The element a finding is pinned to: itself, or the nearest one around it that has an id."""
    at: etree._Element | None = e
    while at is not None and at.get("id") is None:
        at = at.getparent()
    return e if at is None else at


def _pinned(e: etree._Element) -> etree._Element:
    """Like ``bearer``, but event definitions are shown at their event."""
    at = bearer(e)
    parent = at.getparent()
    if local(at).endswith("EventDefinition") and parent is not None and local(parent) != "definitions":
        return bearer(parent)
    return at


@rule("CRM-830", ERROR)
def text_format(c: Context) -> Iterator[Hit]:
    """A ``textFormat`` is a media type, such as text/plain (8.4.1)."""
    for e in c.model.root.iter(f"{{{BPMN}}}textAnnotation", f"{{{BPMN}}}documentation"):
        value = (e.get("textFormat") or "").strip()
        if value and not _MIME.match(value):
            yield hit(bearer(e), line_of(e), value=value)


def declares(c: Context) -> bool:
    """Whether the file names an expression language of its own: then what is not formal is prose, not FEEL."""
    language = (c.model.root.get("expressionLanguage") or "").strip().lower()
    return bool(language) and "feel" not in language


def foreign(c: Context) -> bool:
    """Whether the file speaks a vocabulary that reads expressions and message events by rules of its own."""
    known = {ZEEBE, CRMFLOW, *CAMUNDA7}
    return any(ns in known for ns in c.model.root.nsmap.values())


def _prose(e: etree._Element) -> bool:
    return local(e).startswith("time") or bool(_PROSE.match(text_of(e)))


def _inside(c: Context) -> Iterator[etree._Element]:
    """The elements of the processes that say they are executable."""
    for process in c.model.processes:
        if process.xml.get("isExecutable", "").strip() in ("true", "1"):
            yield from process.xml.iter(f"{{{BPMN}}}*")


def _complex(e: etree._Element) -> bool:
    parent = e.getparent()
    return local(e) == "condition" and parent is not None and local(parent) == "complexBehaviorDefinition"


@rule("CRM-831", ERROR)
def informal(c: Context) -> Iterator[Hit]:
    """Expressions of an executable process are formal ones (8.4.6): prose cannot be computed."""
    if not declares(c) or foreign(c):
        return
    for e in _inside(c):
        informal = local(e) in _EITHER and not _complex(e) and xsi_type(e) != "tFormalExpression"
        if informal and text_of(e) and _prose(e):
            yield hit(_pinned(e), line_of(e), part=local(e), text=text_of(e)[:60])


@rule("CRM-832", ERROR)
def bodiless(c: Context) -> Iterator[Hit]:
    """A formal expression has a body (8.4.6)."""
    if not any(p.executable for p in c.model.processes):
        return
    for e in c.model.root.iter(f"{{{BPMN}}}*"):
        formal = local(e) in _FORMAL or _complex(e) or (local(e) in _EITHER and xsi_type(e) == "tFormalExpression")
        # An empty condition of a flow is told by CRM-135 and CRM-197.
        if formal and local(e) != "conditionExpression" and not text_of(e) and not len(e):
            yield hit(_pinned(e), line_of(e), part=local(e))


@rule("CRM-835", ERROR)
def not_immediate(c: Context) -> Iterator[Hit]:
    """In an executable process a sequence flow is immediate (8.4.13)."""
    for scope in running(c):
        for flow in scope.flows:
            if (flow.xml.get("isImmediate") or "").strip() in ("false", "0"):
                yield hit(flow.xml)


@rule("CRM-838", ERROR)
def public_runs(c: Context) -> Iterator[Hit]:
    """A public process is a view for partners and is not executable (10.2.1, Table 10.1)."""
    for process in c.model.processes:
        said = process.xml.get("isExecutable", "").strip() in ("true", "1")
        if said and process.xml.get("processType", "").strip() == "Public":
            yield hit(process.xml)


@rule("CRM-845", ERROR)
def never_boolean(c: Context) -> Iterator[Hit]:
    """A condition gives true or false; a constant of another kind never does (8.4.6, Table 10.30)."""
    for scope in running(c):
        for e in _conditions(scope.xml):
            text = condition_text(text_of(e))
            if text and _other(text):
                yield hit(_pinned(e), line_of(e), text=text[:60], part=local(e))


def _conditions(xml: etree._Element) -> Iterator[etree._Element]:
    """Conditions in a scope; those of scopes inside come with their own scope."""
    todo = [xml]
    while todo:
        at = todo.pop()
        for e in at:
            if isinstance(e.tag, str) and local(e) in _YES_NO:
                yield e
            elif isinstance(e.tag, str) and local(e) not in ("subProcess", "transaction", "adHocSubProcess"):
                todo.append(e)


def _other(text: str) -> bool:
    """Whether a text is a constant that is neither true, false nor null."""
    if text.startswith(("${", "#{")):
        return False
    try:
        program = feel.compile(text)
        if program.names or (not text[:1].isdigit() and text[:1] not in "\"'-[{"):
            return False
        value = program.evaluate({})
    except ExpressionError:
        return False  # told by CRM-176
    return value is not None and not isinstance(value, bool)


@rule("CRM-858", WARNING)
def imported_model(c: Context) -> Iterator[Hit]:
    """A file stands alone: other BPMN files it imports are not read (8.2.1)."""
    for e in c.model.root.findall(f"{{{BPMN}}}import"):
        if "BPMN" in (e.get("importType") or ""):
            yield hit(bearer(e), line_of(e), location=e.get("location") or "?")
