"""Rules of execution: each step says what it does, who does it, and in FEEL that can be read."""

from __future__ import annotations

from collections.abc import Iterator

from engine import feel
from engine.bpmn.dialect import (
    FEEL_NAMES,
    Expression,
    called_by,
    conditions_of,
    crmflow,
    decision_of,
    expressions_of,
    foreign_language,
    script_text,
    static,
    xsi_type,
    zeebe,
    zeebe_value,
)
from engine.bpmn.rules.base import ERROR, INFO, WARNING, Context, Hit, hit, rule
from engine.bpmn.rules.formal import declares, foreign
from engine.bpmn.rules.supported import running
from engine.bpmn.specs.expr import valid_target
from engine.domain.errors import ExpressionError
from engine.feel.free import strange_calls
from engine.model.graph import Node
from engine.model.xml import BPMN, line_of, local, text_of


def _nodes(c: Context, *kinds: str) -> Iterator[Node]:
    return (n for scope in running(c) for n in scope.nodes if not kinds or n.kind in kinds)


def _job(node: Node) -> bool:
    """Whether a worker does the step: a Zeebe task definition with a type."""
    return bool(zeebe_value(node.xml, "taskDefinition", "type"))


@rule("CRM-171", ERROR)
def scripts(c: Context) -> Iterator[Hit]:
    """A script task has a script, in FEEL."""
    for node in _nodes(c, "scriptTask"):
        if _job(node):
            continue
        plain = zeebe(node.xml, "script") is None
        language = node.xml.get("scriptFormat", "").strip() or "of no language"
        text, _ = script_text(node)
        if not text:
            yield hit(node.xml, why="it has no script", why_zh="没有脚本")
        elif plain and language.lower() not in FEEL_NAMES:
            yield hit(node.xml, why=f"its script is {language}, not FEEL", why_zh=f"脚本语言是 {language}，不是 FEEL")


@rule("CRM-172", ERROR)
def no_decision(c: Context) -> Iterator[Hit]:
    """A business rule task names its decision and the variable for its result."""
    for node in _nodes(c, "businessRuleTask"):
        if _job(node):
            continue
        if not decision_of(node):
            yield hit(node.xml, why="names no decision", why_zh="没有指定决策")
        elif not zeebe_value(node.xml, "calledDecision", "resultVariable"):
            yield hit(node.xml, why="has no variable for the result", why_zh="没有保存结果的变量")


@rule("CRM-173", ERROR)
def no_work(c: Context) -> Iterator[Hit]:
    """A service task names the type of its work; a send task that or its message."""
    for node in _nodes(c, "serviceTask", "sendTask"):
        if not _job(node) and not (node.kind == "sendTask" and node.xml.get("messageRef")):
            yield hit(node.xml)


@rule("CRM-174", WARNING)
def nobody(c: Context) -> Iterator[Hit]:
    """A user task says who does it: itself, or by its lane."""
    for node in _nodes(c, "userTask", "manualTask"):
        who = zeebe(node.xml, "assignmentDefinition")
        named = who is not None and any((v or "").strip() for v in who.attrib.values())
        if not named and crmflow(node.xml, "assignment") is None and not _lane(node):
            yield hit(node.xml)


def _lane(node: Node | None) -> bool:
    """Whether the node, or a sub-process around it, is in a lane."""
    while node is not None:
        if node.lane:
            return True
        node = node.scope.owner
    return False


@rule("CRM-175", ERROR)
def nothing_called(c: Context) -> Iterator[Hit]:
    """A call activity names the process it calls."""
    for node in _nodes(c, "callActivity"):
        if not called_by(node):
            yield hit(node.xml)


def _expressions(c: Context) -> Iterator[Expression]:
    for scope in running(c):
        yield from conditions_of(scope)
        for node in scope.nodes:
            yield from expressions_of(node)
            if node.kind == "scriptTask" and zeebe(node.xml, "script") is None and not _job(node):
                text, _ = script_text(node)
                if text and not foreign_language(node.xml):
                    yield Expression(text, "script", node.line, node.xml, text)
    for message in c.model.root.findall(f"{{{BPMN}}}message"):
        key = zeebe_value(message, "subscription", "correlationKey")
        if key and static(key) is None:
            yield Expression(key.lstrip().removeprefix("="), "correlation key", line_of(message), message, key)


def _juel(text: str) -> bool:
    return text.strip().startswith(("${", "#{"))


@rule("CRM-176", ERROR)
def bad_feel(c: Context) -> Iterator[Hit]:
    """Every expression can be read as FEEL."""
    for e in _expressions(c):
        if _juel(e.text):
            continue
        try:
            feel.compile(e.text)
        except ExpressionError as error:
            place = {k: error.context.get(k) for k in ("line", "column") if error.context.get(k) is not None}
            params = {"what": e.what, "text": _short(e.text), "reason": error.message, "feel": error.code}
            yield Hit(e.owner, e.line, None, {**params, **{f"feel_{k}": v for k, v in place.items()}})


@rule("CRM-879", ERROR)
def no_function(c: Context) -> Iterator[Hit]:
    """Functions that expressions call are FEEL's: of another a call is always null, as variables hold no functions."""
    for e in _expressions(c):
        if _juel(e.text):
            continue
        try:
            strangers = strange_calls(feel.compile(e.text).tree)
        except ExpressionError:
            continue  # told by CRM-176
        for name in sorted(strangers):
            yield hit(e.owner, e.line, what=e.what, text=_short(e.text), name=name)


@rule("CRM-177", ERROR)
def other_language(c: Context) -> Iterator[Hit]:
    """Conditions and expressions are FEEL, not JUEL, XPath, Groovy or JavaScript."""
    for e in _expressions(c):
        if _juel(e.text):
            yield hit(e.owner, e.line, language="JUEL", text=_short(e.text))
    for scope in running(c):
        for flow in scope.flows:
            language = foreign_language(flow.condition) if flow.condition is not None else None
            if flow.condition is not None and language:
                text = (flow.condition.text or "").strip()
                if not _juel(text):
                    yield hit(flow.xml, line_of(flow.condition), language=language, text=_short(text))


def _short(text: str) -> str:
    one = " ".join(text.split())
    return one if len(one) <= 80 else one[:77] + "…"


@rule("CRM-178", ERROR)
def codeless_error(c: Context) -> Iterator[Hit]:
    """A thrown error has a code, so that somebody can catch it (10.5.3, Table 10.88).

    In a process that says it is executable, in a file that speaks no vocabulary that says otherwise, only
    ``errorCode`` is one; else the name stands for it.
    """
    errors = c.model.globals("error")
    plain = declares(c) and not foreign(c)
    for node in _nodes(c, "endEvent"):
        strict = plain and node.scope.process.xml.get("isExecutable", "").strip() in ("true", "1")
        words = ("errorCode",) if strict else ("errorCode", "name")
        for event in node.events:
            if event.kind != "error":
                continue
            e = errors.get(event.ref or "")
            named = e is not None and any((e.get(a) or "").strip() for a in words)
            if event.ref is None or (e is not None and not named):
                yield hit(node.xml, event.line)


@rule("CRM-179", INFO)
def no_form(c: Context) -> Iterator[Hit]:
    """A user task has a form; one is generated otherwise."""
    for node in _nodes(c, "userTask"):
        if zeebe(node.xml, "formDefinition") is None:
            yield hit(node.xml)


@rule("CRM-196", ERROR)
def odd_mapping(c: Context) -> Iterator[Hit]:
    """Targets of mappings are names of variables, or paths of such names."""
    for node in _nodes(c):
        mapping = zeebe(node.xml, "ioMapping")
        for e in mapping if mapping is not None else ():
            target = (e.get("target") or "").strip()
            if isinstance(e.tag, str) and not valid_target(target):
                yield hit(node.xml, line_of(e), part=local(e), target=target)


@rule("CRM-819", WARNING)
def sourceless(c: Context) -> Iterator[Hit]:
    """A mapping says where its value comes from; without a source its target becomes null, as in Zeebe."""
    for node in _nodes(c):
        mapping = zeebe(node.xml, "ioMapping")
        for e in mapping if mapping is not None else ():
            if isinstance(e.tag, str) and not (e.get("source") or "").strip():
                yield hit(node.xml, line_of(e), part=local(e), target=(e.get("target") or "?").strip())


@rule("CRM-197", WARNING)
def formal_type(c: Context) -> Iterator[Hit]:
    """A condition has a text; an empty one is never true."""
    for scope in running(c):
        for flow in scope.flows:
            if flow.condition is not None and not text_of(flow.condition):
                yield hit(flow.xml, line_of(flow.condition), type=xsi_type(flow.condition))
