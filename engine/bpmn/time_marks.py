"""What a model says about time: clocks of a process or element, what pauses them, what meets them.

::

    <crmflow:sla metric="resolve" policy="support"/>            on a process: a clock of the case
    <crmflow:sla metric="accept" target="PT30M"/>               on a task: until somebody takes it
    <crmflow:sla metric="next_response" target="PT4H" from="done"/>   on a message event: from its arrival
    <crmflow:pauses clocks="resolve" reason="waiting for the customer"/>   while the element waits
    <crmflow:meets clocks="first_response next_response"/>      when the element is done
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from lxml import etree

from engine.bpmn.dialect import CRMFLOW, extensions
from engine.domain.errors import Invalid
from engine.domain.sla import METRICS, Unit, duration

_BEGIN = ("process", "userTask", "manualTask")  # whose opening starts clocks


def time_marks(process: etree._Element) -> dict[str, Any]:
    """Element id ("" for the process itself) → {"sla": [attributes], "pauses": […], "meets": [metrics]}."""
    found: dict[str, Any] = {}
    for element in process.iter():
        if not isinstance(element.tag, str) or not element.get("id"):
            continue
        marks = _of(element)
        if marks:
            found["" if element is process else str(element.get("id"))] = marks
    return found


def _of(element: etree._Element) -> dict[str, Any]:
    marks: dict[str, Any] = {}
    for each in extensions(element):
        if each.tag == f"{{{CRMFLOW}}}sla":
            marks.setdefault("sla", []).append({str(k): str(v).strip() for k, v in each.attrib.items()})
        elif each.tag == f"{{{CRMFLOW}}}pauses":
            line = {"clocks": _words(each.get("clocks")), "reason": (each.get("reason") or "").strip()}
            marks.setdefault("pauses", []).append(line)
        elif each.tag == f"{{{CRMFLOW}}}meets":
            marks.setdefault("meets", []).extend(_words(each.get("clocks")))
        elif each.tag == f"{{{CRMFLOW}}}stage" and each.get("value"):
            marks["stage"] = str(each.get("value"))
    return marks if marks.keys() - {"stage"} else {}


def _words(text: str | None) -> list[str]:
    """Names apart by blanks or commas; none means all."""
    return (text or "").replace(",", " ").split() or ["*"]


def wrong_marks(process: etree._Element) -> Iterator[tuple[etree._Element, str, str, str]]:
    """(element, attribute, value, what is allowed) of every ``crmflow:sla`` that could not start a clock."""
    for element in process.iter():
        if not isinstance(element.tag, str):
            continue
        for mark in _of(element).get("sla", ()):
            if mark.get("from") != "done" and etree.QName(element).localname not in _BEGIN:
                yield element, "sla from", mark.get("from", "open"), "done (open: on a process or a task of people)"
            for name, value, allowed in _wrong(mark):
                yield element, f"sla {name}", value, allowed


def _wrong(mark: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    if not mark.get("policy") or mark.get("target"):
        try:
            duration(mark.get("target", ""), mark.get("unit", ""))
        except Invalid:
            named = "unit" if mark.get("unit") and mark["unit"] not in list(Unit) else "target"
            allowed = ", ".join(Unit) if named == "unit" else "PT30M, PT4H, 3 business days (or name a policy)"
            yield named, mark.get(named, ""), allowed
    if mark.get("from", "open") not in ("open", "done"):
        yield "from", mark["from"], "open, done"
    if not mark.get("metric", "resolve").replace("-", "_").isidentifier():
        yield "metric", mark["metric"], ", ".join(METRICS)
