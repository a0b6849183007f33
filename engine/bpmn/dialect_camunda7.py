"""The Camunda 7 dialect and its twins (Operaton, Flowable, Activiti), translated to the Zeebe vocabulary on reading.

The file that was uploaded is kept; the parsed tree is rewritten in place before it is checked, inspected and
compiled, so lines and ids stay. What has no equal becomes an ``Oddity``: rule CRM-118 refuses it by element.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from lxml import etree

from engine.bpmn.dialect import CAMUNDA7, CRMFLOW, ZEEBE
from engine.bpmn.dialect_juel import Untranslatable, is_juel, to_feel
from engine.model.xml import BPMN, local, space, text_of

#: Attributes that steer transactions, storage and start pages of the other engine; nothing here needs them.
_IDLE = frozenset(
    {
        "async", "asyncBefore", "asyncAfter", "exclusive", "asyncLeave", "asyncLeaveExclusive", "jobPriority",
        "taskPriority", "historyTimeToLive", "isStartableInTasklist", "diagramRelationId", "modelerTemplate",
        "category", "formFieldValidation", "isEagerExecutionFetching", "sameDeployment",
        "fallbackToDefaultTenant", "processInstanceName", "task-candidates-type", "work-form-field-validation",
        "sourceDockerX", "sourceDockerY", "targetDockerX", "targetDockerY",
    }
)  # fmt: skip
#: Attributes that are looked at together with another one.
_WITH = frozenset(
    {
        "resultVariable", "resultVariableName", "mapDecisionResult", "decisionRefBinding", "type", "elementVariable",
        "calledElementBinding", "calledElementType", "formRefBinding",
    }
)  # fmt: skip


@dataclass(slots=True)
class Oddity:
    """What could not be translated: where, which words of the dialect, and why."""

    xml: etree._Element
    names: list[str] = field(default_factory=list)
    why: str = ""


@dataclass(slots=True)
class Translation:
    """What a translation did: the dialect's name ("" when there was nothing), what is left, how much was changed."""

    dialect: str = ""
    oddities: list[Oddity] = field(default_factory=list)
    translated: int = 0

    def odd(self, xml: etree._Element, name: str, why: str) -> None:
        for known in self.oddities:
            if known.xml is xml and known.why == why:
                known.names.append(name)
                return
        self.oddities.append(Oddity(xml, [name], why))


def translate(root: etree._Element) -> Translation:
    """Rewrite a tree in place; a tree of another dialect is left as it is."""
    found = Translation(_dialect(root))
    if not found.dialect:
        return found
    for e in list(root.iter(f"{{{BPMN}}}*")):
        _texts(e, found)
        _attributes(e, found)
        _elements(e, found)
    return found


def speaks(xml: bytes) -> bool:
    """Whether a file may be of this dialect, or hold JUEL; cheap, so that other files pay nothing."""
    marks = (b"${", b"#{", *(ns.encode() for ns in CAMUNDA7))
    return any(mark in xml for mark in marks) or xml[:2] in (b"\xff\xfe", b"\xfe\xff")


def _dialect(root: etree._Element) -> str:
    """Name of the dialect by the first namespace met; "JUEL" for a plain model with such expressions."""
    juel = False
    for e in root.iter():
        if not isinstance(e.tag, str):
            continue
        for name in (e.tag, *e.attrib):
            ns = str(name)[1:].partition("}")[0] if str(name).startswith("{") else ""
            if ns in CAMUNDA7:
                return CAMUNDA7[ns]
        juel = juel or (local(e) in _EXPRESSIONS and is_juel(e.text or "")) or is_juel(str(e.get("name")))
    return "JUEL" if juel else ""


def _given(e: etree._Element, name: str) -> str | None:
    """An attribute of the dialect, whichever twin's."""
    for ns in CAMUNDA7:
        value = e.get(f"{{{ns}}}{name}")
        if value is not None:
            return str(value)
    return None


def _holder(e: etree._Element) -> etree._Element:
    holder = e.find(f"{{{BPMN}}}extensionElements")
    if holder is None:
        holder = etree.Element(f"{{{BPMN}}}extensionElements")
        documentation = e.findall(f"{{{BPMN}}}documentation")
        e.insert(e.index(documentation[-1]) + 1 if documentation else 0, holder)
    return holder


def _zeebe(e: etree._Element, name: str) -> etree._Element:
    """The Zeebe extension of an element, made where it is missing."""
    holder = _holder(e)
    found = holder.find(f"{{{ZEEBE}}}{name}")
    return etree.SubElement(holder, f"{{{ZEEBE}}}{name}") if found is None else found


def _put(name: str, attribute: str) -> Callable[[etree._Element, str], None]:
    """A setter: the value, as FEEL, into an attribute of a Zeebe extension."""

    def put(e: etree._Element, value: str) -> None:
        _zeebe(e, name).set(attribute, to_feel(value))

    return put


def _form(e: etree._Element, value: str) -> None:
    key = re.sub(r"\.(html?|form)$", "", value.rpartition("/")[2].rpartition(":")[2])
    _zeebe(e, "formDefinition").set("formId", to_feel(key) if is_juel(value) else key)


def _topic(e: etree._Element, value: str) -> None:
    _zeebe(e, "taskDefinition").set("type", to_feel(value))


def _decision(e: etree._Element, value: str) -> None:
    shape = _given(e, "mapDecisionResult")
    if shape not in ("singleEntry", "collectEntries"):
        raise Untranslatable("only mapDecisionResult singleEntry and collectEntries give the same value here")
    called = _zeebe(e, "calledDecision")
    called.set("decisionId", to_feel(value))
    called.set("resultVariable", _given(e, "resultVariable") or "result")
    binding = _given(e, "decisionRefBinding") or "latest"
    if binding not in ("latest", "deployment"):
        raise Untranslatable("only decisionRefBinding latest and deployment are kept; use a version tag of Zeebe's")
    called.set("bindingType", binding)


def _collection(e: etree._Element, value: str) -> None:
    loop = _zeebe(e, "loopCharacteristics")
    feel = to_feel(value)
    loop.set("inputCollection", feel if feel.startswith("=") else f"= {feel}")
    if _given(e, "elementVariable"):
        loop.set("inputElement", _given(e, "elementVariable") or "")


def _code(e: etree._Element, value: str) -> None:
    raise Untranslatable("it is code; let a worker do it: give the task a type (zeebe:taskDefinition)")


def _expression(e: etree._Element, value: str) -> None:
    """An expression that only computes is a script; the drawn element keeps its id."""
    if local(e) not in ("serviceTask", "sendTask", "businessRuleTask"):
        _code(e, value)
    _script(e, value)
    e.tag = f"{{{BPMN}}}scriptTask"


def _script(e: etree._Element, value: str) -> None:
    feel = to_feel(value)
    script = _zeebe(e, "script")
    script.set("expression", feel if feel.startswith("=") else f"= {feel}")
    result = _given(e, "resultVariable") or _given(e, "resultVariableName")
    if result:
        script.set("resultVariable", result)


def _variable(name: str) -> Callable[[etree._Element, str], None]:
    return lambda e, value: e.set(f"{{{CRMFLOW}}}{name}", value)


def _version(e: etree._Element, value: str) -> None:
    _zeebe(e, "versionTag").set("value", value)


_ATTRIBUTES: Mapping[str, Callable[[etree._Element, str], None]] = {
    "assignee": _put("assignmentDefinition", "assignee"),
    "candidateUsers": _put("assignmentDefinition", "candidateUsers"),
    "candidateGroups": _put("assignmentDefinition", "candidateGroups"),
    "dueDate": _put("taskSchedule", "dueDate"),
    "followUpDate": _put("taskSchedule", "followUpDate"),
    "priority": _put("priorityDefinition", "priority"),
    "formKey": _form,
    "formRef": _form,
    "topic": _topic,
    "decisionRef": _decision,
    "collection": _collection,
    "class": _code,
    "delegateExpression": _code,
    "expression": _expression,
    "errorCodeVariable": _variable("codeVariable"),
    "escalationCodeVariable": _variable("codeVariable"),
    "errorMessageVariable": _variable("messageVariable"),
    "versionTag": _version,
}


def _attributes(e: etree._Element, found: Translation) -> None:
    names = [str(key) for key in e.attrib if str(key)[1:].partition("}")[0] in CAMUNDA7]
    for key in names:
        name = key.partition("}")[2]
        put = _ATTRIBUTES.get(name)
        try:
            if put is not None:
                put(e, str(e.attrib[key]).strip())
                found.translated += 1
            elif name == "type" and e.get(key) not in (None, "external"):
                raise Untranslatable(f"the connector '{e.get(key)}' is not known here")
            elif name not in _IDLE and name not in _WITH:
                raise Untranslatable("it has no equal here")
        except Untranslatable as why:
            found.odd(e, name, str(why))
    for key in names:
        del e.attrib[key]


def _elements(e: etree._Element, found: Translation) -> None:
    holder = e.find(f"{{{BPMN}}}extensionElements")
    for x in list(holder) if holder is not None else []:
        if not isinstance(x.tag, str) or space(x) not in CAMUNDA7 or holder is None:
            continue
        try:
            _ELEMENTS.get(local(x), _unknown)(e, x)
            found.translated += 1
        except Untranslatable as why:
            found.odd(e, local(x), str(why))
        holder.remove(x)
    if local(e) == "callActivity" and not _has_called(e):
        try:
            _sealed(e)
        except Untranslatable as why:
            found.odd(e, "calledElement", str(why))


def _unknown(e: etree._Element, x: etree._Element) -> None:
    raise Untranslatable("it has no equal here")


def _listener(e: etree._Element, x: etree._Element) -> None:
    raise Untranslatable("listeners are code; draw a service or script task instead")


def _mapping(e: etree._Element, x: etree._Element) -> None:
    for part in x:
        side = {"inputParameter": "input", "outputParameter": "output"}.get(local(part))
        if side is None:
            continue
        if any(isinstance(child.tag, str) for child in part):
            raise Untranslatable("lists, maps and scripts as parameters are code; write FEEL")
        one = etree.SubElement(_zeebe(e, "ioMapping"), f"{{{ZEEBE}}}{side}")
        one.set("source", _source((part.text or "").strip()))
        one.set("target", part.get("name") or "")


def _source(text: str) -> str:
    """A mapping's source is always FEEL: a literal becomes a text."""
    feel = to_feel(text)
    return feel if feel.startswith("=") else '= "' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _passed(e: etree._Element, x: etree._Element) -> None:
    side = "input" if local(x) == "in" else "output"
    if x.get("businessKey"):
        return  # the called process is a part of the same case here
    if x.get("variables") == "all":
        which = "propagateAllParentVariables" if side == "input" else "propagateAllChildVariables"
        _zeebe(e, "calledElement").set(which, "true")
        return
    source = x.get("sourceExpression")
    feel = to_feel(source) if source else f"= {x.get('source')}"
    one = etree.SubElement(_zeebe(e, "ioMapping"), f"{{{ZEEBE}}}{side}")
    one.set("source", feel)
    one.set("target", x.get("target") or "")


def _has_called(e: etree._Element) -> bool:
    called = e.find(f"{{{BPMN}}}extensionElements/{{{ZEEBE}}}calledElement")
    return called is not None and bool(called.get("processId"))


def _sealed(e: etree._Element) -> None:
    """A call of the Camunda 7 family passes only what it names."""
    called = _zeebe(e, "calledElement")
    called.set("processId", to_feel(e.get("calledElement", "")))
    for which in ("propagateAllParentVariables", "propagateAllChildVariables"):
        if called.get(which) is None:
            called.set(which, "false")


def _retries(e: etree._Element, x: etree._Element) -> None:
    count = re.match(r"R(\d+)/", (x.text or "").strip())
    definition = e.find(f"{{{BPMN}}}extensionElements/{{{ZEEBE}}}taskDefinition")
    if count is not None and definition is not None:
        definition.set("retries", count[1])


def _properties(e: etree._Element, x: etree._Element) -> None:
    for part in x:
        if local(part) == "property":
            one = etree.SubElement(_zeebe(e, "properties"), f"{{{ZEEBE}}}property")
            one.set("name", part.get("name") or part.get("id") or "")
            one.set("value", part.get("value") or "")


def _ignored(e: etree._Element, x: etree._Element) -> None:
    """Generated form fields (a form is generated here, too) and settings of the other tool's pages."""


_ELEMENTS: Mapping[str, Callable[[etree._Element, etree._Element], None]] = {
    "executionListener": _listener,
    "taskListener": _listener,
    "inputOutput": _mapping,
    "in": _passed,
    "out": _passed,
    "failedJobRetryTimeCycle": _retries,
    "properties": _properties,
    "formData": _ignored,
    "formProperty": _ignored,
    **dict.fromkeys(("task-candidates-type", "work-form-field-validation"), _ignored),
}


def _texts(e: etree._Element, found: Translation) -> None:
    """JUEL in the standard's own places: conditions, timers, loops, names of messages, scripts in JUEL."""
    kind = local(e)
    try:
        if kind in _EXPRESSIONS and is_juel(e.text or ""):
            feel = to_feel((e.text or "").strip())
            e.text = feel if kind in _TIMERS else feel.removeprefix("=").strip()
            if e.get("language") is not None:
                del e.attrib["language"]
            found.translated += 1
        if kind in ("message", "signal") and is_juel(e.get("name", "")):
            e.set("name", to_feel(e.get("name", "")))
        if kind == "scriptTask" and (e.get("scriptFormat") or "").lower() == "juel":
            script = e.find(f"{{{BPMN}}}script")
            _script(e, text_of(script) if script is not None else "")
            found.translated += 1
    except Untranslatable as why:
        found.odd(e if e.get("id") else _up(e), kind, f"{why}: {(e.text or '').strip()[:60]}")
        e.text = "null" if kind in _EXPRESSIONS and kind not in _TIMERS else e.text


_TIMERS = frozenset({"timeDate", "timeDuration", "timeCycle"})
_EXPRESSIONS = _TIMERS | {"conditionExpression", "completionCondition", "loopCardinality", "loopCondition", "condition"}


def _up(e: etree._Element) -> etree._Element:
    at: etree._Element | None = e
    while at is not None and at.get("id") is None:
        at = at.getparent()
    return e if at is None else at
