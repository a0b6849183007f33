"""The Camunda 7 dialect and its twins (Operaton, Flowable, Activiti), translated to the Zeebe vocabulary on reading.

The file that was uploaded is kept; the parsed tree is rewritten in place before it is checked, inspected and
compiled, so lines and ids stay. What has no equal becomes an ``Oddity``: rule CRM-118 refuses it by element.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from lxml import etree

from engine.bpmn import dialect_code as code
from engine.bpmn.dialect import CAMUNDA7, CRMFLOW, ZEEBE
from engine.bpmn.dialect_code import given, zeebe_of
from engine.bpmn.dialect_juel import Untranslatable, is_juel, to_feel
from engine.bpmn.dialect_times import attempts, quartz
from engine.bpmn.dialect_versions import VERSIONS
from engine.bpmn.dialect_zeebe import modernise, old
from engine.bpmn.specs.cron import cron
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
        "resultVariable", "resultVariableName", "resource", "mapDecisionResult", "type",
        "elementVariable", "calledElementType", "formRefBinding",
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
    hired: list[tuple[etree._Element, str, str]] = field(default_factory=list)  # element, word, job type
    left: list[Oddity] = field(default_factory=list)  # settings that are left out, and why that is no loss

    def odd(self, xml: etree._Element, name: str, why: str) -> None:
        for known in self.oddities:
            if known.xml is xml and known.why == why:
                known.names.append(name)
                return
        self.oddities.append(Oddity(xml, [name], why))


def translate(root: etree._Element) -> Translation:
    """Rewrite a tree in place; a tree of another dialect is left as it is."""
    found = Translation(_dialect(root))
    if rewritten := modernise(root):
        found.dialect, found.translated = found.dialect or "Zeebe before 0.22", rewritten
    if not found.dialect or found.dialect.startswith("Zeebe"):
        return found
    ids = {str(e.get("id")) for e in root.iter(f"{{{BPMN}}}*") if e.get("id")}
    for e in list(root.iter(f"{{{BPMN}}}*")):
        if found.dialect != "JUEL":
            _bare(e, found, ids)
        _texts(e, found)
        _attributes(e, found)
        _elements(e, found)
    return found


def speaks(xml: bytes) -> bool:
    """Whether a file may be of this dialect, or hold JUEL; cheap, so that other files pay nothing."""
    marks = (b"${", b"#{", *(ns.encode() for ns in CAMUNDA7))
    return any(mark in xml for mark in marks) or old(xml) or xml[:2] in (b"\xff\xfe", b"\xfe\xff")


def _dialect(root: etree._Element) -> str:
    """Name of the dialect by the first namespace met; "JUEL" for a plain model with such expressions."""
    juel = False
    declared = next((CAMUNDA7[str(ns)] for ns in root.nsmap.values() if ns in CAMUNDA7), "")
    for e in root.iter():
        if not isinstance(e.tag, str):
            continue
        for name in (e.tag, *e.attrib):
            ns = str(name)[1:].partition("}")[0] if str(name).startswith("{") else ""
            if ns in CAMUNDA7:
                return CAMUNDA7[ns]
        juel = juel or (local(e) in _EXPRESSIONS and is_juel(e.text or "")) or is_juel(str(e.get("name")))
    if declared and ZEEBE not in root.nsmap.values():
        return declared
    return "JUEL" if juel else ""


def _put(name: str, attribute: str) -> Callable[[etree._Element, str], None]:
    """A setter: the value, as FEEL, into an attribute of a Zeebe extension."""

    def put(e: etree._Element, value: str) -> None:
        zeebe_of(e, name).set(attribute, to_feel(value))

    return put


def _form(e: etree._Element, value: str) -> None:
    key = re.sub(r"\.(html?|form)$", "", value.rpartition("/")[2].rpartition(":")[2])
    zeebe_of(e, "formDefinition").set("formId", to_feel(key) if is_juel(value) else key)


def _topic(e: etree._Element, value: str) -> None:
    zeebe_of(e, "taskDefinition").set("type", to_feel(value))


def _decision(e: etree._Element, value: str) -> None:
    shape = given(e, "mapDecisionResult")
    if shape not in ("singleEntry", "collectEntries"):
        raise Untranslatable("only mapDecisionResult singleEntry and collectEntries give the same value here")
    called = zeebe_of(e, "calledDecision")
    called.set("decisionId", to_feel(value))
    called.set("resultVariable", given(e, "resultVariable") or "result")


def _collection(e: etree._Element, value: str) -> None:
    loop = zeebe_of(e, "loopCharacteristics")
    feel = to_feel(value)
    loop.set("inputCollection", feel if feel.startswith("=") else f"= {feel}")
    if given(e, "elementVariable"):
        loop.set("inputElement", given(e, "elementVariable") or "")


def _expression(e: etree._Element, value: str) -> None:
    """An expression that only computes is a script; the drawn element keeps its id."""
    if local(e) not in ("serviceTask", "sendTask", "businessRuleTask"):
        raise Untranslatable("an expression here is code")
    _script(e, value)
    e.tag = f"{{{BPMN}}}scriptTask"


def _script(e: etree._Element, value: str) -> None:
    feel = to_feel(value)
    script = zeebe_of(e, "script")
    script.set("expression", feel if feel.startswith("=") else f"= {feel}")
    result = given(e, "resultVariable") or given(e, "resultVariableName")
    if result:
        script.set("resultVariable", result)
    elif local(e) != "scriptTask":
        # Its value is thrown away there, too.
        script.set("expression", f"= if ({feel.removeprefix('=').strip()}) = null then {{}} else {{}}")


def _variable(name: str) -> Callable[[etree._Element, str], None]:
    return lambda e, value: e.set(f"{{{CRMFLOW}}}{name}", value)


def _filter(name: str) -> Callable[[etree._Element, str], None]:
    """What changes a conditional event looks at; that a variable goes away is no change here."""

    def put(e: etree._Element, value: str) -> None:
        if local(e) != "conditionalEventDefinition" or "delete" in value.replace(" ", "").split(","):
            raise Untranslatable("a conditional event looks at variables that are created or updated")
        zeebe_of(e, "conditionalFilter").set(name, value)

    return put


def _initiator(e: etree._Element, value: str) -> None:
    """The variable that gets the login of who started the instance."""
    one = etree.SubElement(zeebe_of(e, "ioMapping"), f"{{{ZEEBE}}}output")
    one.set("source", "= startedBy")
    one.set("target", value)


def _named(kind: str) -> Callable[[etree._Element, str], None]:
    """A message or signal whose name is computed where it is caught."""

    def put(e: etree._Element, value: str) -> None:
        if e.get(f"{kind}Ref"):
            raise Untranslatable(f"there is a {kind}Ref as well")
        _root(e, kind, f"{_up(e).get('id') or kind}_{kind}", name=to_feel(value))
        e.set(f"{kind}Ref", f"{_up(e).get('id') or kind}_{kind}")

    return put


def _root(e: etree._Element, kind: str, key: str, **attributes: str) -> None:
    """A new element at the root of the file."""
    etree.SubElement(e.getroottree().getroot(), f"{{{BPMN}}}{kind}", {"id": key, **attributes})


def _bare(e: etree._Element, found: Translation, ids: set[str]) -> None:
    """What BPMN wants to be named and this family does not: an error's code, a receive task's message."""
    ref = (e.get("errorRef") or "").strip()
    if local(e) == "errorEventDefinition" and ref and ref.rpartition(":")[2] not in ids:
        # Without an error of that id the reference itself is the code.
        ids.add(ref)
        _root(e, "error", ref, errorCode=ref, name=ref)
        found.translated += 1
    key = e.get("id")
    if local(e) == "receiveTask" and key and not e.get("messageRef"):
        # It is woken by its own id there; here by the message of that name.
        _root(e, "message", f"{key}_message", name=key)
        e.set("messageRef", f"{key}_message")
        found.translated += 1


def _version(e: etree._Element, value: str) -> None:
    zeebe_of(e, "versionTag").set("value", value)


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
    "expression": _expression,
    "errorCodeVariable": _variable("codeVariable"),
    "escalationCodeVariable": _variable("codeVariable"),
    "errorMessageVariable": _variable("messageVariable"),
    "versionTag": _version,
    "initiator": _initiator,
    "messageExpression": _named("message"),
    "signalExpression": _named("signal"),
    "variableName": _filter("variableNames"),
    "variableEvents": _filter("variableEvents"),
    **VERSIONS,
}


#: Settings without a counterpart that change nothing in how an instance runs: name → what is done instead.
_KEPT: Mapping[str, str] = {
    "candidateStarterUsers": "who may start a process is settled where it is published",
    "candidateStarterGroups": "who may start a process is settled where it is published",
    "owner": "a task's owner does nothing by itself here: the process has an owner team",
    "historyLevel": "history is always complete here",
    "jobCategory": "jobs are told apart by type here",
    "sendSynchronously": "work is done by workers here",
    "triggerable": "a worker's job waits for its answer anyway",
    **dict.fromkeys(("formData", "formProperty"), "name a form with these fields; one is made from what is read here"),
}


def _fields(x: etree._Element) -> str:
    """The word of the dialect, with the fields of a form by name."""
    parts = [part for part in (x, *x) if local(part) in ("formField", "formProperty")]
    names = ", ".join(part.get("id") or "?" for part in parts)
    return f"{local(x)} ({names})" if names else local(x)


def _other_key(x: etree._Element) -> bool:
    """Whether a call hands over a business key that is not the case's own."""
    key = re.sub(r"[\s${}#]", "", x.get("businessKey") or "")
    return bool(key) and key not in ("execution.processBusinessKey", "execution.businessKey")


def _calls(e: etree._Element, name: str) -> bool:
    """Whether it is an expression of a task that calls code."""
    if name != "expression" or local(e) not in (
        "serviceTask",
        "sendTask",
        "businessRuleTask",
        "messageEventDefinition",
    ):
        return False
    try:
        to_feel(given(e, "expression") or "")
    except Untranslatable:
        return True
    return local(e) == "messageEventDefinition"


def _node(e: etree._Element) -> etree._Element:
    """Event definitions are shown at their event."""
    return _up(e) if local(e).endswith("EventDefinition") else e


def _connector(e: etree._Element, name: str) -> None:
    """Built-in connectors: mail is ours, too (its fields become inputs); others are unknown."""
    if name != "mail":
        raise Untranslatable(f"the connector '{name}' is not known here")
    zeebe_of(e, "taskDefinition").set("type", "mail")


def _attributes(e: etree._Element, found: Translation) -> None:
    names = [str(key) for key in e.attrib if str(key)[1:].partition("}")[0] in CAMUNDA7]
    for key in names:
        name = key.partition("}")[2]
        put = _ATTRIBUTES.get(name)
        try:
            if name in ("class", "delegateExpression") or _calls(e, name):
                found.hired.append((_node(e), name, code.hire(e, str(e.attrib[key]).strip())))
                found.translated += 1
            elif name in _KEPT:
                found.left.append(Oddity(e, [name], _KEPT[name]))
            elif put is not None:
                put(e, str(e.attrib[key]).strip())
                found.translated += 1
            elif name == "type" and e.get(key) not in (None, "external"):
                _connector(e, e.get(key) or "")
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
            if local(x) in _KEPT:
                found.left.append(Oddity(e, [_fields(x)], _KEPT[local(x)]))
            elif local(x) == "in" and _other_key(x):
                found.left.append(Oddity(e, ["businessKey"], "a called process is a part of the case and has its key"))
            elif local(x) in ("executionListener", "taskListener"):
                found.hired.append((e, local(x), code.listener(e, x)))
            else:
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


def _field(e: etree._Element, x: etree._Element) -> None:
    """Injected fields go to the worker; those of a mail are inputs of the connector."""
    definition = e.find(f"{{{BPMN}}}extensionElements/{{{ZEEBE}}}taskDefinition")
    if definition is None:
        raise Untranslatable("fields belong to code that is not named")
    if definition.get("type") != "mail":
        code.field(e, x)
        return
    text = x.get("stringValue") or x.get("expression") or "".join(text_of(p) for p in x if isinstance(p.tag, str))
    if x.get("name") not in ("to", "cc", "subject", "text", "html"):
        raise Untranslatable(f"the mail's field '{x.get('name')}' has no equal here")
    one = etree.SubElement(zeebe_of(e, "ioMapping"), f"{{{ZEEBE}}}input")
    one.set("source", _source(text))
    one.set("target", x.get("name") or "")


def _mapping(e: etree._Element, x: etree._Element) -> None:
    for part in x:
        side = {"inputParameter": "input", "outputParameter": "output"}.get(local(part))
        if side is None:
            continue
        if any(isinstance(child.tag, str) for child in part):
            raise Untranslatable("lists, maps and scripts as parameters are code; write FEEL")
        one = etree.SubElement(zeebe_of(e, "ioMapping"), f"{{{ZEEBE}}}{side}")
        one.set("source", _source((part.text or "").strip()))
        one.set("target", part.get("name") or "")


def _source(text: str) -> str:
    """A mapping's source is always FEEL: a literal becomes a text."""
    feel = to_feel(text)
    return feel if feel.startswith("=") else '= "' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _passed(e: etree._Element, x: etree._Element) -> None:
    side = "input" if local(x) == "in" else "output"
    if local(e) != "callActivity":
        raise Untranslatable("only calls pass variables by name; what catches a signal sees none of them")
    if x.get("businessKey"):
        return  # told: the called process is a part of the same case here
    if x.get("variables") == "all":
        which = "propagateAllParentVariables" if side == "input" else "propagateAllChildVariables"
        zeebe_of(e, "calledElement").set(which, "true")
        return
    source = x.get("sourceExpression")
    feel = to_feel(source) if source else f"= {x.get('source')}"
    one = etree.SubElement(zeebe_of(e, "ioMapping"), f"{{{ZEEBE}}}{side}")
    one.set("source", feel)
    one.set("target", x.get("target") or "")


def _has_called(e: etree._Element) -> bool:
    called = e.find(f"{{{BPMN}}}extensionElements/{{{ZEEBE}}}calledElement")
    return called is not None and bool(called.get("processId"))


def _sealed(e: etree._Element) -> None:
    """A call of the Camunda 7 family passes only what it names."""
    called = zeebe_of(e, "calledElement")
    called.set("processId", to_feel(e.get("calledElement", "")))
    for which in ("propagateAllParentVariables", "propagateAllChildVariables"):
        if called.get(which) is None:
            called.set(which, "false")


def _retries(e: etree._Element, x: etree._Element) -> None:
    tries = attempts(x.text or "")
    definition = e.find(f"{{{BPMN}}}extensionElements/{{{ZEEBE}}}taskDefinition")
    if tries and definition is not None:
        definition.set("retries", tries)


def _properties(e: etree._Element, x: etree._Element) -> None:
    for part in x:
        if local(part) == "property":
            one = etree.SubElement(zeebe_of(e, "properties"), f"{{{ZEEBE}}}property")
            one.set("name", part.get("name") or part.get("id") or "")
            one.set("value", part.get("value") or "")


def _ignored(e: etree._Element, x: etree._Element) -> None:
    """Settings of the other tool's pages."""


_ELEMENTS: Mapping[str, Callable[[etree._Element, etree._Element], None]] = {
    "field": _field,
    "inputOutput": _mapping,
    "in": _passed,
    "out": _passed,
    "failedJobRetryTimeCycle": _retries,
    "properties": _properties,
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
        elif kind == "timeCycle" and found.dialect != "JUEL" and cron(e.text or "") is not None:
            e.text = quartz(e.text or "")
        if kind in ("message", "signal") and is_juel(e.get("name", "")):
            e.set("name", to_feel(e.get("name", "")))
        if kind == "scriptTask" and (e.get("scriptFormat") or "").lower() == "juel":
            script = e.find(f"{{{BPMN}}}script")
            _script(e, text_of(script) if script is not None else "")
            found.translated += 1
        elif kind == "scriptTask" and found.dialect != "JUEL" and _foreign(e):
            found.hired.append((e, f"scriptFormat={e.get('scriptFormat')}", code.script(e)))
            found.translated += 1
    except Untranslatable as why:
        found.odd(e if e.get("id") else _up(e), kind, f"{why}: {(e.text or '').strip()[:60]}")
        e.text = "null" if kind in _EXPRESSIONS and kind not in _TIMERS else e.text


def _foreign(e: etree._Element) -> bool:
    """Whether a script is in a language of the other engine's."""
    language = (e.get("scriptFormat") or "").strip().lower()
    return bool(language) and "feel" not in language and e.find(f".//{{{ZEEBE}}}script") is None


_TIMERS = frozenset({"timeDate", "timeDuration", "timeCycle"})
_EXPRESSIONS = _TIMERS | {
    *("from", "transformation", "conditionExpression", "completionCondition"),
    *("loopCardinality", "loopCondition", "condition"),
}


def _up(e: etree._Element) -> etree._Element:
    at: etree._Element | None = e
    while at is not None and at.get("id") is None:
        at = at.getparent()
    return e if at is None else at
