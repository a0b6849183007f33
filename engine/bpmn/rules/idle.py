"""Extensions that are known, but stand where nobody reads them: without a word they would be passed over in silence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from lxml import etree

from engine.bpmn.dialect import CRMFLOW, CRMFLOW_ELEMENTS, ZEEBE, ZEEBE_ELEMENTS, extensions, zeebe_value
from engine.bpmn.rules.base import WARNING, Context, Hit, rule
from engine.model.vocabulary import FLOW_NODES
from engine.model.xml import BPMN, line_of, local, space

_PEOPLE = frozenset({"userTask", "manualTask"})
_JOBS = frozenset(
    {"serviceTask", "sendTask", "scriptTask", "businessRuleTask", "endEvent", "intermediateThrowEvent"},
)
_MESSAGE = "messageEventDefinition"
_THROWING = frozenset({"sendTask", "intermediateThrowEvent", "endEvent"})
#: Extension → the elements at which it is read; what is not named here is read wherever it stands.
_PLACES: Mapping[str, frozenset[str]] = {
    "userTask": frozenset({"userTask"}),
    **dict.fromkeys(("assignmentDefinition", "taskSchedule", "priorityDefinition"), _PEOPLE),
    "formDefinition": _PEOPLE | {"startEvent"},
    "calledDecision": frozenset({"businessRuleTask"}),
    "calledElement": frozenset({"callActivity"}),
    "script": frozenset({"scriptTask"}),
    "taskDefinition": _JOBS,
    "taskHeaders": _JOBS | _PEOPLE,  # some modelers note things for people there
    "linkedResources": _JOBS,
    "ioMapping": FLOW_NODES,
    "loopCharacteristics": frozenset({"multiInstanceLoopCharacteristics"}),
    "adHoc": frozenset({"adHocSubProcess"}),
    "publishMessage": _THROWING | {_MESSAGE},
    "conditionalFilter": frozenset({"conditionalEventDefinition"}),
    "versionTag": frozenset({"process"}),
    "process": frozenset({"process"}),
    **dict.fromkeys(("assignment", "record"), _PEOPLE),
    # Parts of others.
    "header": frozenset({"taskHeaders", "executionListener", "taskListener"}),
    **dict.fromkeys(("input", "output"), frozenset({"ioMapping"})),
    "executionListener": frozenset({"executionListeners"}),
    "taskListener": frozenset({"taskListeners"}),
    "linkedResource": frozenset({"linkedResources"}),
    "property": frozenset({"properties"}),
}
#: Several of these say several things; of all others the first is read.
_MANY = frozenset({"sla", "pauses", "meets"})
#: Attributes of a vocabulary of ours that BPMN's elements may carry: where they are read.
_WORN: Mapping[str, frozenset[str]] = dict.fromkeys(
    (f"{{{CRMFLOW}}}codeVariable", f"{{{CRMFLOW}}}messageVariable"),
    frozenset({"errorEventDefinition", "escalationEventDefinition"}),
)


@rule("CRM-898", WARNING)
def without_effect(c: Context) -> Iterator[Hit]:
    """Extensions stand where they are read, once."""
    for owner in c.model.root.iter(f"{{{BPMN}}}*"):
        for key in owner.attrib:
            if _worn_idly(str(key), local(owner)):
                yield _told(owner, owner, str(key).partition("}")[2])
        seen: Counter[str] = Counter()
        for top in extensions(owner):
            for e in top.iter(f"{{{ZEEBE}}}*", f"{{{CRMFLOW}}}*"):
                here = owner if e is top else e.getparent()
                if _known(e) and here is not None and local(here) not in _PLACES.get(local(e), {local(here)}):
                    yield _told(e, owner, local(e))
            seen[str(top.tag)] += 1
            if _known(top) and seen[str(top.tag)] == 2 and local(top) not in _MANY:
                yield _told(top, owner, local(top), again=True)
            elif top.tag == f"{{{ZEEBE}}}properties" and local(owner) != "process":
                yield from (_told(e, owner, name) for e in top if (name := str(e.get("name"))).startswith("crmflow:"))
            elif top.tag == f"{{{ZEEBE}}}publishMessage" and (reason := _unpublished(owner)):
                yield _told(top, owner, local(top), reason)


def _unpublished(owner: etree._Element) -> tuple[str, str] | None:
    """Why what an element says of a message it publishes is not read; None where it is."""
    event = local(owner) == "messageEventDefinition"
    at = owner.getparent() if event else owner
    if (
        at is None
        or local(at) not in _THROWING
        or (local(at) != "sendTask" and at.find(f"{{{BPMN}}}{_MESSAGE}") is None)
    ):
        return ("nothing here throws a message", "此处不抛出消息") if event or local(owner) in _THROWING else None
    if zeebe_value(at, "taskDefinition", "type"):
        return "the worker of its task type sends", "由其任务类型的执行者发送"
    return None


def _known(e: etree._Element) -> bool:
    return local(e) in (ZEEBE_ELEMENTS if space(e) == ZEEBE else CRMFLOW_ELEMENTS if space(e) == CRMFLOW else ())


def _worn_idly(key: str, here: str) -> bool:
    """Whether an attribute of Zeebe's or our namespace is one that nobody reads; modelers mark their templates so."""
    ns, _, name = key[1:].partition("}")
    if ns not in (ZEEBE, CRMFLOW) or name.startswith("modelerTemplate"):
        return False
    return here not in _WORN.get(key, ())


def _told(
    e: etree._Element, owner: etree._Element, tag: str, why: tuple[str, str] | None = None, *, again: bool = False
) -> Hit:
    at: etree._Element | None = owner
    while at is not None and at.get("id") is None:
        at = at.getparent()
    reason, zh = why or (("only the first one is read", "只读取第一个") if again else _reason(tag, local(owner)))
    return Hit(owner if at is None else at, line_of(e), None, {"tag": tag, "reason": reason, "reason_zh": zh})


def _reason(tag: str, here: str) -> tuple[str, str]:
    if tag.startswith("crmflow:"):
        return (
            "only a process has such a property; write the extension itself",
            "只有流程读取这种属性；请直接写扩展元素",
        )
    if tag in _PLACES:
        places = ", ".join(f"<{name}>" for name in sorted(_PLACES[tag])) if _PLACES[tag] is not FLOW_NODES else ""
        if places:
            return f"<{here}> is no place for it; it is read at {places}", f"<{here}>不读取它；它只在{places}处有效"
    return f"<{here}> is no place for it", f"<{here}>不读取它"
