"""What is not executed exactly is refused when compiled: by element, with the reason, in both languages."""

from __future__ import annotations

import pytest
from bpmn_play import boundary, flows, process, script, tag, timer, user

from engine.bpmn import SUPPORTED, compile
from engine.domain.errors import Refused

S, E = tag("startEvent", "s"), tag("endEvent", "e")

CASES = {
    "bare service task": (tag("serviceTask", "x"), "CRM-170"),
    "foreign script": ('<scriptTask id="x" scriptFormat="groovy"><script>1</script></scriptTask>', "CRM-170"),
    "rule without decision": (tag("businessRuleTask", "x"), "CRM-170"),
    "compensation that flows on": (tag("task", "x", isForCompensation="true"), "CRM-191"),
    "cancel outside of a transaction": (tag("endEvent", "x", "<cancelEventDefinition/>"), "CRM-191"),
    "cancel without its boundary event": (
        tag("transaction", "x", tag("startEvent", "i") + tag("endEvent", "k", "<cancelEventDefinition/>")
            + flows("i > k")), "CRM-191"),
    "ad-hoc with a start event": (tag("adHocSubProcess", "x", tag("startEvent", "i")), "CRM-191"),
    "no tokens": (tag("task", "x", startQuantity="0"), "CRM-191"),
    "all of several triggers at a start": (
        tag("startEvent", "x", timer("PT1H") + timer("PT2H"), parallelMultiple="true"), "CRM-170"),
    "caught none event": (tag("intermediateCatchEvent", "x"), "CRM-170"),
    "unknown element": (tag("wondrousTask", "x"), "CRM-170"),
    "multi-instance behaviour without event": (
        tag("task", "x", '<multiInstanceLoopCharacteristics behavior="One"><loopCardinality>2</loopCardinality>'
            "</multiInstanceLoopCharacteristics>"), "CRM-191"),
    "multi-instance by conditions without any": (
        tag("task", "x", '<multiInstanceLoopCharacteristics behavior="Complex"><loopCardinality>2</loopCardinality>'
            "</multiInstanceLoopCharacteristics>"), "CRM-191"),
    "assignment in data": (
        tag("task", "x", "<dataInputAssociation><assignment/></dataInputAssociation>"), "CRM-191"),
    "receive without message": (tag("receiveTask", "x"), "CRM-191"),
    "timer without time": (tag("intermediateCatchEvent", "x", "<timerEventDefinition/>"), "CRM-191"),
    "timer that is no time": (tag("intermediateCatchEvent", "x", timer("soon")), "CRM-191"),
    "broken FEEL": (script("x", "n", "1 +"), "CRM-191"),
    "mapping to nowhere": (
        tag("task", "x", ext='<zeebe:ioMapping><zeebe:input source="=1" target="1 2"/></zeebe:ioMapping>'), "CRM-191"),
    "loop without items": (tag("task", "x", "<multiInstanceLoopCharacteristics/>"), "CRM-191"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_it_is_refused_by_name(name):
    element, code = CASES[name]
    with pytest.raises(Refused) as error:
        compile(process(S, element, E, flows("s > x > e")), "p", {})
    found = [f for f in error.value.findings if f.element == "x"]
    assert [f.code for f in found] == [code]
    assert all(f.line and f.fix and f.message_zh and f.fix_zh for f in found)


@pytest.mark.parametrize(
    ("parts", "culprit"),
    [
        ((S, flows("f: s > nowhere")), "f"),
        ((S, user("a"), user("a"), flows("s > a")), "a"),
        ((S, boundary("b", "gone", timer("PT1H")), flows("s > b")), "b"),
        ((S, tag("eventBasedGateway", "g"), user("a"), flows("s > g > a")), "g"),
        ((tag("subProcess", "sub", flows(), triggeredByEvent="true"), flows()), "sub"),
        ((S, tag("intermediateThrowEvent", "t", '<linkEventDefinition name="L"/>'), flows("s > t")), "t"),
    ],
)
def test_a_broken_shape_names_its_culprit(parts, culprit):
    with pytest.raises(Refused) as error:
        compile(process(*parts), "p", {})
    assert culprit in [f.element for f in error.value.findings]
    assert {f.code for f in error.value.findings} == {"CRM-191"}


@pytest.mark.parametrize(
    "xml",
    [
        b"",
        b"\x89PNG\r\n",
        b"<a>",
        b"<a/>",
        b'<!DOCTYPE x [<!ENTITY a "b">]><definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"/>',
        process(S, id="other"),
    ],
)
def test_a_file_that_is_no_such_process(xml):
    with pytest.raises(Refused) as error:
        compile(xml, "p", {})
    assert error.value.code == "CRM-191"


def test_sub_processes_may_be_nested_fifty_deep_and_no_deeper():
    def nested(levels: int) -> bytes:
        inner = user("u")
        for n in range(levels):
            inner = tag("subProcess", f"sub{n}", inner)
        return process(inner)

    compile(nested(50), "p", {})
    with pytest.raises(Refused) as error:
        compile(nested(51), "p", {})
    assert {f.code for f in error.value.findings} >= {"CRM-170"}


def test_all_findings_come_at_once():
    with pytest.raises(Refused) as error:
        compile(process(S, tag("wondrousTask", "x"), script("y", "n", "1 +"), flows("s > x > y")), "p", {})
    assert sorted(f.element for f in error.value.findings) == ["x", "y"]


def test_the_table_of_what_is_executed_speaks_the_words_of_the_rules():
    assert {
        "userTask",
        "callActivity",
        "boundaryEvent:timer",
        "startEvent:message",
        "startEvent:conditional",
        "feature:multi-instance",
    } <= SUPPORTED
    assert "startEvent:error" not in SUPPORTED
