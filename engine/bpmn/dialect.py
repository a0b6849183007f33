"""What we read beside plain BPMN: Zeebe's extensions and our own, and where expressions hide in them.

Documented in ``docs/dialect.md``. The Camunda 7 family is recognised here and treated in ``dialect_camunda7``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lxml import etree

from engine.model.graph import Node, Scope
from engine.model.xml import BPMN, XSI, line_of, local, space

ZEEBE = "http://camunda.org/schema/zeebe/1.0"
CRMFLOW = "https://crmflow.dev/schema/1.0"
#: The Camunda 7 dialect and its twins, by namespace.
CAMUNDA7: Mapping[str, str] = {
    "http://camunda.org/schema/1.0/bpmn": "Camunda 7",
    "http://activiti.org/bpmn": "Activiti",
    "http://flowable.org/bpmn": "Flowable",
    "http://operaton.org/schema/1.0/bpmn": "Operaton",
}
#: Namespaces of modelers whose extensions only decorate: colours, tool settings.
DECORATION: frozenset[str] = frozenset(
    {
        "http://camunda.org/schema/modeler/1.0",
        "http://bpmn.io/schema/bpmn/biocolor/1.0",
        "http://www.omg.org/spec/BPMN/non-normative/color/1.0",
        "http://www.w3.org/2001/XMLSchema-instance",
        "http://www.w3.org/XML/1998/namespace",
    }
)

#: Zeebe's extension elements that are read: name → attributes.
ZEEBE_ELEMENTS: Mapping[str, frozenset[str]] = {
    "userTask": frozenset(),
    "assignmentDefinition": frozenset({"assignee", "candidateUsers", "candidateGroups"}),
    "taskSchedule": frozenset({"dueDate", "followUpDate"}),
    "priorityDefinition": frozenset({"priority"}),
    "formDefinition": frozenset({"formKey", "formId", "bindingType", "versionTag", "externalReference"}),
    "calledDecision": frozenset({"decisionId", "resultVariable", "bindingType", "versionTag"}),
    "calledElement": frozenset(
        {
            "processId",
            "bindingType",
            "versionTag",
            "propagateAllChildVariables",
            "propagateAllParentVariables",
        }
    ),
    "script": frozenset({"expression", "resultVariable"}),
    "taskDefinition": frozenset({"type", "retries"}),
    "taskHeaders": frozenset(),
    "header": frozenset({"key", "value"}),
    "ioMapping": frozenset(),
    "input": frozenset({"source", "target"}),
    "output": frozenset({"source", "target"}),
    "loopCharacteristics": frozenset({"inputCollection", "inputElement", "outputCollection", "outputElement"}),
    "subscription": frozenset({"correlationKey"}),
    "publishMessage": frozenset({"correlationKey", "timeToLive"}),
    "executionListeners": frozenset(),
    "executionListener": frozenset({"eventType", "type", "retries"}),
    "taskListeners": frozenset(),
    "taskListener": frozenset({"eventType", "type", "retries"}),
    "adHoc": frozenset({"activeElementsCollection"}),
    "conditionalFilter": frozenset({"variableNames", "variableEvents"}),
    "linkedResources": frozenset(),
    "linkedResource": frozenset({"resourceId", "resourceType", "bindingType", "linkName", "versionTag"}),
    "versionTag": frozenset({"value"}),
    "properties": frozenset(),
    "property": frozenset({"name", "value"}),
}

#: Attributes of ``crmflow:assignment``; ``engine.services.asking`` says what each means.
ASSIGNMENT = frozenset({"strategy", "team", "role", "user", "relation", "owner", "skills", "passing", "language"}) | {
    "territory", "exclude", "fourEyes", "default", "decision", "with"
}  # fmt: skip
#: Our own extension elements: name → attributes. Read by ``inspect`` and the runtime; see ``docs/dialect.md``.
CRMFLOW_ELEMENTS: Mapping[str, frozenset[str]] = {
    "process": frozenset({"owner", "goal", "kpi", "kind", "stage", "variantOf", "variants"}),
    "assignment": ASSIGNMENT,
    "record": frozenset({"variable"}),
    "stage": frozenset({"value"}),
    "sla": frozenset({"metric", "policy", "target", "unit", "calendar", "name", "from", "scope", "pausable"}),
    "pauses": frozenset({"clocks", "reason"}),
    "meets": frozenset({"clocks"}),
}
#: How a script task says that its script is FEEL.
FEEL_NAMES = ("feel", "application/feel", "https://www.omg.org/spec/dmn/20230324/feel/")
KINDS = ("business", "management")
STRATEGIES = ("least-loaded", "round-robin", "owner", "skills", "territory")


@dataclass(frozen=True, slots=True)
class Expression:
    """A piece of FEEL in a model: ``text`` is without the leading ``=``."""

    text: str
    what: str  # what it is for, e.g. "condition"
    line: int | None
    owner: etree._Element  # the BPMN element it belongs to
    raw: str = ""  # as drawn


def extensions(xml: etree._Element) -> Iterator[etree._Element]:
    """Direct extension elements of a BPMN element, of any namespace."""
    for holder in xml.findall(f"{{{BPMN}}}extensionElements"):
        for e in holder:
            if isinstance(e.tag, str):
                yield e


def zeebe(xml: etree._Element, name: str) -> etree._Element | None:
    """First ``zeebe:name`` among the extensions of an element."""
    return _extension(xml, ZEEBE, name)


def crmflow(xml: etree._Element, name: str) -> etree._Element | None:
    """First ``crmflow:name`` among the extensions of an element."""
    return _extension(xml, CRMFLOW, name)


def zeebe_value(xml: etree._Element, name: str, attribute: str) -> str | None:
    """An attribute of a Zeebe extension, stripped; None when absent or empty."""
    return _value(zeebe(xml, name), attribute)


def crmflow_value(xml: etree._Element, name: str, attribute: str) -> str | None:
    """An attribute of a crmflow extension, stripped; None when absent or empty.

    A process's card may also stand in Zeebe properties (``crmflow:owner`` …): element templates write those only.
    """
    value = _value(crmflow(xml, name), attribute)
    if value is None and name == "process":
        holder = zeebe(xml, "properties")
        for e in holder if holder is not None else ():
            if e.get("name") == f"crmflow:{attribute}":
                value = _value(e, "value") or value
    return value


def static(text: str | None) -> str | None:
    """The text if it is literal; None when it is an expression (``= …``) or empty."""
    return None if text is None or not text.strip() or text.lstrip().startswith("=") else text.strip()


def condition_text(raw: str) -> str:
    """FEEL of a condition: the leading ``=`` may be there or not (plain models have none)."""
    return raw.strip().removeprefix("=").strip()


def form_of(node: Node) -> str | None:
    """Id of the form of a user task or start event; None when none is named or it is embedded."""
    return static(form_text(node))


def form_text(node: Node) -> str | None:
    """The form of a user task or start event, text as drawn, perhaps an expression; without a prefix."""
    definition = zeebe(node.xml, "formDefinition")
    if definition is None:
        return None
    key = _value(definition, "formId") or _value(definition, "externalReference") or _value(definition, "formKey")
    # camunda-forms:bpmn:… and the like carry a prefix.
    return key if key is None or key.startswith("=") else key.rpartition(":")[2] or None


def decision_of(node: Node) -> str | None:
    """Id of the decision a business rule task calls (text as drawn, perhaps an expression)."""
    return zeebe_value(node.xml, "calledDecision", "decisionId")


def called_by(node: Node) -> str | None:
    """Id of the process a call activity calls (text as drawn, perhaps an expression)."""
    value = zeebe_value(node.xml, "calledElement", "processId")
    return value or (node.xml.get("calledElement") or "").strip().rpartition(":")[2] or None


def groups_of(node: Node) -> tuple[str, ...]:
    """Candidate groups that are named literally: ``team:…``, ``role:…`` or bare team keys."""
    literal = static(zeebe_value(node.xml, "assignmentDefinition", "candidateGroups"))
    return tuple(g.strip() for g in literal.split(",") if g.strip()) if literal else ()


def loop_of(node: Node) -> etree._Element | None:
    """Its multi-instance or standard loop, if any."""
    for name in ("multiInstanceLoopCharacteristics", "standardLoopCharacteristics"):
        loop = node.child(name)
        if loop is not None:
            return loop
    return None


def foreign_language(expression: etree._Element) -> str | None:
    """The language a formal expression or script names, when it is not FEEL; None for FEEL or none."""
    language = (expression.get("language") or expression.get("scriptFormat") or "").strip()
    if not language or "feel" in language.lower():
        return None
    return language


def expressions_of(node: Node) -> Iterator[Expression]:
    """Every FEEL text of a flow node: extensions, timers, loops, scripts, completion conditions."""
    yield from _extension_expressions(node.xml, node.xml)
    for event in node.events:
        yield from _extension_expressions(event.xml, node.xml)
        for part in ("timeDate", "timeDuration", "timeCycle"):
            e = event.xml.find(f"{{{BPMN}}}{part}")
            if e is not None:
                yield from _marked(e.text, "timer", e, node.xml)
        condition = event.xml.find(f"{{{BPMN}}}condition")
        if condition is not None and (condition.text or "").strip():
            yield _expression(condition.text or "", "condition", condition, node.xml)
    yield from carried_by(node)
    loop = loop_of(node)
    if loop is not None:
        yield from _extension_expressions(loop, node.xml)
        for part in ("completionCondition", "loopCondition", "loopCardinality"):
            e = loop.find(f"{{{BPMN}}}{part}")
            if e is not None and (e.text or "").strip():
                yield _expression(e.text or "", part, e, node.xml)
    for part in ("completionCondition", "activationCondition"):
        e = node.child(part)
        if e is not None and (e.text or "").strip():
            yield _expression(e.text or "", part, e, node.xml)


def carried_by(node: Node) -> Iterator[Expression]:
    """FEEL of a node's data associations: assignments and transformations."""
    for side in ("dataInputAssociation", "dataOutputAssociation"):
        for association in node.xml.findall(f"{{{BPMN}}}{side}"):
            for e in association.iter(f"{{{BPMN}}}from", f"{{{BPMN}}}transformation"):
                if (e.text or "").strip():
                    yield _expression(e.text or "", local(e), e, node.xml)


def conditions_of(scope: Scope) -> Iterator[Expression]:
    """The conditions of the sequence flows of a scope."""
    for flow in scope.flows:
        if flow.condition is not None and (flow.condition.text or "").strip():
            yield _expression(flow.condition.text or "", "condition", flow.condition, flow.xml)


#: Attributes of extension elements that hold a literal, or FEEL when they begin with ``=``.
_TEXTS = {
    (ZEEBE, "assignmentDefinition"): ("assignee", "candidateUsers", "candidateGroups"),
    (ZEEBE, "taskSchedule"): ("dueDate", "followUpDate"),
    (ZEEBE, "priorityDefinition"): ("priority",),
    (ZEEBE, "calledDecision"): ("decisionId",),
    (ZEEBE, "calledElement"): ("processId",),
    (ZEEBE, "formDefinition"): ("formId", "externalReference", "formKey"),
    (ZEEBE, "script"): ("expression",),
    (ZEEBE, "taskDefinition"): ("type", "retries"),
    (ZEEBE, "input"): ("source",),
    (ZEEBE, "output"): ("source",),
    (ZEEBE, "loopCharacteristics"): ("inputCollection", "outputElement"),
    (ZEEBE, "subscription"): ("correlationKey",),
    (ZEEBE, "publishMessage"): ("correlationKey", "timeToLive"),
    (ZEEBE, "executionListener"): ("type", "retries"),
    (ZEEBE, "taskListener"): ("type", "retries"),
    (ZEEBE, "adHoc"): ("activeElementsCollection",),
    (CRMFLOW, "assignment"): tuple(sorted(ASSIGNMENT)),
}


def _extension_expressions(xml: etree._Element, owner: etree._Element) -> Iterator[Expression]:
    for top in extensions(xml):
        for e in top.iter():
            if not isinstance(e.tag, str):
                continue
            for attribute in _TEXTS.get((space(e), local(e)), ()):
                yield from _marked(e.get(attribute), f"{local(e)}.{attribute}", e, owner)


def _marked(text: str | None, what: str, e: etree._Element, owner: etree._Element) -> Iterator[Expression]:
    # JUEL is no FEEL, but it is an expression: it must not pass for literal text.
    if text is not None and text.lstrip().startswith(("=", "${", "#{")):
        yield _expression(text, what, e, owner)


def _expression(text: str, what: str, e: etree._Element, owner: etree._Element) -> Expression:
    return Expression(condition_text(text), what, line_of(e), owner, text)


def _extension(xml: etree._Element, namespace: str, name: str) -> etree._Element | None:
    return xml.find(f"{{{BPMN}}}extensionElements/{{{namespace}}}{name}")


def _value(e: etree._Element | None, attribute: str) -> str | None:
    value = e.get(attribute) if e is not None else None
    return value.strip() or None if value is not None else None


def script_text(node: Node) -> tuple[str | None, str | None]:
    """What a script task runs: (FEEL without ``=``, result variable); from zeebe:script or bpmn:script."""
    e = zeebe(node.xml, "script")
    if e is not None:
        return condition_text(e.get("expression") or "") or None, _value(e, "resultVariable")
    plain = node.child("script")
    return (condition_text(plain.text or "") or None, None) if plain is not None else (None, None)


def xsi_type(e: etree._Element) -> str:
    """The local name in ``xsi:type``, "" for none."""
    return (e.get(f"{{{XSI}}}type") or "").rpartition(":")[2]
