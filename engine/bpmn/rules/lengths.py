"""Words that cases are found by have an end: what is longer cannot be stored, or not found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lxml import etree

from engine.bpmn.dialect import CRMFLOW, ZEEBE, static
from engine.bpmn.rules.base import ERROR, Context, Hit, hit, rule
from engine.bpmn.rules.formal import bearer
from engine.bpmn.specs.expr import LOGIN, LONGEST
from engine.model.xml import BPMN, line_of, local, space

_PEOPLE = dict.fromkeys(("assignee", "candidateUsers", "candidateGroups"), LOGIN)
#: Element → attributes and how long they may be; ids of BPMN's elements besides.
_WORDS: Mapping[tuple[str, str], Mapping[str, int]] = {
    (BPMN, "message"): {"name": LONGEST},
    (BPMN, "signal"): {"name": LONGEST},
    (ZEEBE, "taskDefinition"): {"type": LONGEST},
    (ZEEBE, "executionListener"): {"type": LONGEST},
    (ZEEBE, "taskListener"): {"type": LONGEST},
    (ZEEBE, "calledElement"): {"processId": LONGEST},
    (ZEEBE, "calledDecision"): {"decisionId": LONGEST, "versionTag": LONGEST},
    (ZEEBE, "formDefinition"): dict.fromkeys(("formId", "externalReference", "formKey"), LONGEST),
    (ZEEBE, "subscription"): {"correlationKey": LONGEST},
    (ZEEBE, "publishMessage"): {"correlationKey": LONGEST},
    (ZEEBE, "assignmentDefinition"): _PEOPLE,
    (CRMFLOW, "stage"): {"value": LONGEST},
    (CRMFLOW, "process"): {"variantOf": LONGEST, "variants": LONGEST},
    (CRMFLOW, "sla"): dict.fromkeys(("metric", "policy", "name", "calendar"), LONGEST),
}


@rule("CRM-818", ERROR)
def too_long(c: Context) -> Iterator[Hit]:
    """Ids, names of messages and job types are short enough to be found by."""
    for e in c.model.root.iter(f"{{{BPMN}}}*", f"{{{ZEEBE}}}*", f"{{{CRMFLOW}}}*"):
        for attribute, most in _limits(e):
            for word in _words(e, attribute):
                if len(word) > most:
                    yield hit(bearer(e), line_of(e), tag=local(e), attribute=attribute, most=most, value=word[:40])


def _limits(e: etree._Element) -> Iterator[tuple[str, int]]:
    if space(e) == BPMN:
        yield "id", LONGEST
    yield from _WORDS.get((space(e), local(e)), {}).items()


def _words(e: etree._Element, attribute: str) -> Iterator[str]:
    """What is written there: several persons or groups are separated by commas."""
    text = static(e.get(attribute)) if attribute != "id" else e.get("id")
    yield from (text or "").split(",") if attribute.startswith("candidate") else (text or "",)
