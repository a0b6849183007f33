"""Code of the Camunda 7 family (Java classes, beans, calls, scripts), translated to work for external workers.

The code itself stays with whoever owns it: a worker that asks for jobs of the type named here runs it. The type is the
class, the bean or the called method; what else the model says is handed over as headers. Listeners become Zeebe's
execution and task listeners, which are jobs as well. Every such place is told by finding CRM-828.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from lxml import etree

from engine.bpmn.dialect import CAMUNDA7, ZEEBE
from engine.bpmn.dialect_juel import Untranslatable, is_juel, to_feel
from engine.model.xml import BPMN, local, space, text_of

#: The head of a call: ``${bean.method(…)}``, ``${bean}``.
_CALL = re.compile(r"\s*[$#]\{\s*([^\W\d][\w.]*)")
_NAMED = ("class", "delegateExpression", "expression")
#: Events of listeners here → Zeebe's.
_EXECUTION = {"start": "start", "end": "end", "take": "take"}
_TASK = {"create": "creating", "complete": "completing"}


def holder_of(e: etree._Element) -> etree._Element:
    """The ``extensionElements`` of an element, made where they are missing."""
    holder = e.find(f"{{{BPMN}}}extensionElements")
    if holder is None:
        holder = etree.Element(f"{{{BPMN}}}extensionElements")
        documentation = e.findall(f"{{{BPMN}}}documentation")
        e.insert(e.index(documentation[-1]) + 1 if documentation else 0, holder)
    return holder


def zeebe_of(e: etree._Element, name: str) -> etree._Element:
    """The Zeebe extension of an element, made where it is missing."""
    holder = holder_of(e)
    found = holder.find(f"{{{ZEEBE}}}{name}")
    return etree.SubElement(holder, f"{{{ZEEBE}}}{name}") if found is None else found


def given(e: etree._Element, name: str) -> str | None:
    """An attribute of the dialect, whichever twin's."""
    for ns in CAMUNDA7:
        value = e.get(f"{{{ns}}}{name}")
        if value is not None:
            return str(value)
    return None


def type_of(text: str) -> str:
    """The job type for a class, a bean or a call. Raises ``Untranslatable`` where no name is to be seen."""
    if not is_juel(text):
        return text.strip()
    found = _CALL.match(text)
    if found is None:
        raise Untranslatable("it is code without a name")
    return found[1]


def hire(e: etree._Element, text: str) -> str:
    """Let a worker do what this code did; gives the job type."""
    at = e
    if local(e).endswith("EventDefinition"):
        parent = e.getparent()
        at = e if parent is None else parent
    if local(at) == "businessRuleTask":
        at.tag = f"{{{BPMN}}}serviceTask"
    if local(at) not in ("serviceTask", "sendTask", "endEvent", "intermediateThrowEvent", "scriptTask"):
        raise Untranslatable("it is code; let a worker do it: give a service task a type (zeebe:taskDefinition)")
    kind = type_of(text)
    zeebe_of(at, "taskDefinition").set("type", kind)
    if is_juel(text) and "(" in text:
        header(at, "expression", text)
    result = given(e, "resultVariable") or given(e, "resultVariableName")
    if result:
        header(at, "resultVariable", result)
    return kind


def header(e: etree._Element, key: str, value: str) -> None:
    """Hand something over to the worker."""
    one = etree.SubElement(zeebe_of(e, "taskHeaders"), f"{{{ZEEBE}}}header")
    one.set("key", key)
    one.set("value", value)


def field(e: etree._Element, x: etree._Element) -> None:
    """An injected field: a literal becomes a header, an expression an input of the job."""
    name, text = x.get("name") or "", x.get("stringValue")
    expression = x.get("expression")
    for part in x:
        if local(part) == "string":
            text = text_of(part)
        elif local(part) == "expression":
            expression = text_of(part)
    if expression and is_juel(expression):
        try:
            source = to_feel(expression)
        except Untranslatable:
            header(e, name, expression)  # the worker knows what it means
            return
        one = etree.SubElement(zeebe_of(e, "ioMapping"), f"{{{ZEEBE}}}input")
        one.set("source", source)
        one.set("target", name)
    else:
        header(e, name, text if text is not None else expression or "")


def script(e: etree._Element) -> str:
    """A script in another language: a worker for scripts runs it; gives the job type."""
    kind = "script"
    zeebe_of(e, "taskDefinition").set("type", kind)
    header(e, "language", (e.get("scriptFormat") or "").strip())
    plain = e.find(f"{{{BPMN}}}script")
    resource = given(e, "resource")
    if resource:
        header(e, "resource", resource)
    elif plain is not None and text_of(plain):
        header(e, "script", text_of(plain))
    else:
        raise Untranslatable("it has no script")
    return kind


def listener(e: etree._Element, x: etree._Element) -> str:
    """A listener becomes Zeebe's, done by a worker; gives the job type. Raises ``Untranslatable``."""
    task = local(x) == "taskListener"
    event = (x.get("event") or ("create" if task else "start")).strip()
    known: Mapping[str, str] = _TASK if task else _EXECUTION
    if event not in known:
        raise Untranslatable(f"a listener for '{event}' has no equal here")
    text = next((x.get(name) or "" for name in _NAMED if x.get(name)), "")
    headers: list[tuple[str, str]] = []
    if text:
        kind = type_of(text)
        if is_juel(text) and "(" in text:
            headers.append(("expression", text))
    else:
        inner = next((part for part in x if local(part) == "script"), None)
        if inner is None:
            raise Untranslatable("the listener says nothing to do")
        kind = "script"
        headers += [("language", inner.get("scriptFormat") or ""), ("script", text_of(inner))]
    headers += [(f.get("name") or "", _field_text(f)) for f in x if space(f) in CAMUNDA7 and local(f) == "field"]
    if local(e) == "sequenceFlow" or event == "take":
        event = "take"
    group, one = ("taskListeners", "taskListener") if task else ("executionListeners", "executionListener")
    made = etree.SubElement(zeebe_of(e, group), f"{{{ZEEBE}}}{one}")
    made.set("eventType", known.get(event, event))
    made.set("type", kind)
    for key, value in headers:
        part = etree.SubElement(made, f"{{{ZEEBE}}}header")
        part.set("key", key)
        part.set("value", value)
    return kind


def _field_text(f: etree._Element) -> str:
    inner = "".join(text_of(part) for part in f if isinstance(part.tag, str))
    return f.get("stringValue") or f.get("expression") or inner
