"""Large, deep, circular and odd files: findings in bounded time, never a traceback (A8)."""

from __future__ import annotations

import time

import pytest
from lint_models import END, START, file, flow, flows, process, user

from engine.bpmn import check, compile
from engine.domain.states import Severity

GATE = '<inclusiveGateway id="g{0}" default="d{0}"/>'


def errors(xml: bytes) -> set[str]:
    return {f.code for f in check(xml) if f.severity is Severity.ERROR}


def seconds(xml: bytes) -> float:
    """Processor time of a check, which a busy machine does not stretch."""
    begun = time.process_time()
    found = check(xml)
    assert "CRM-199" not in {f.code for f in found}
    assert not [f for f in found if f.severity is Severity.ERROR]
    return time.process_time() - begun


def circle(count: int) -> bytes:
    """Processes that call each other in a ring, each with a way out."""
    made = []
    for n in range(count):
        call = f'<callActivity id="c{n}" name="C" calledElement="p{(n + 1) % count}"/>'
        gate = f'<exclusiveGateway id="g{n}" default="no{n}"/>'
        ways = f'<sequenceFlow id="no{n}" sourceRef="g{n}" targetRef="e{n}"/>'
        nodes = f'<startEvent id="s{n}"/>{gate}{call}<endEvent id="e{n}"/>{ways}'
        yes = flow(f"g{n}", f"c{n}", "= again")
        made.append(
            f'<process id="p{n}" name="P">{nodes}{flow(f"s{n}", f"g{n}")}{yes}{flow(f"c{n}", f"e{n}")}</process>'
        )
    return file(*made)


def mesh(count: int) -> bytes:
    """Inclusive gateways that are joins of each other."""
    parts = [START, END, flow("s", "g0")]
    for n in range(count):
        parts.append(GATE.format(n))
        ahead = f"g{n + 1}" if n + 1 < count else "e"
        parts.append(f'<sequenceFlow id="d{n}" sourceRef="g{n}" targetRef="{ahead}"/>')
        parts += [flow(f"g{n}", f"g{m}", f"= a &gt; {n}") for m in (n + 2, n + 5, max(0, n - 3)) if m < count]
    return process(*parts)


def test_processes_that_call_each_other_cost_what_they_are() -> None:
    few, many = seconds(circle(15)), seconds(circle(60))
    assert many < 12 * few + 0.2  # it was the square: 16 times, and a minute for three hundred


def test_a_mesh_of_inclusive_joins_costs_what_it_is() -> None:
    few, many = seconds(mesh(30)), seconds(mesh(120))
    assert many < 10 * few + 0.2  # it was the cube


def test_thousands_of_steps_in_a_row_are_checked() -> None:
    ids = [f"t{n}" for n in range(2000)]
    assert seconds(process(START, *(f'<task id="{i}" name="T"/>' for i in ids), END, flows("s", *ids, "e"))) < 10


@pytest.mark.parametrize("depth", [51, 90])
def test_nesting_too_deep_to_run_is_refused_at_its_sub_process(depth: int) -> None:
    inner = user(id="deep")
    for n in range(depth):
        inner = f'<subProcess id="sub{n}" name="S">{inner}</subProcess>'
    found = [f for f in check(process(inner)) if f.severity is Severity.ERROR]
    assert {f.code for f in found} == {"CRM-170"}
    assert all((f.element or "").startswith("sub") for f in found)


def test_what_points_at_itself_is_told_not_followed() -> None:
    sets = "<inputSet><dataInputRefs>di</dataInputRefs></inputSet><outputSet/>"
    io = f'<ioSpecification><dataInput id="di"/>{sets}</ioSpecification>'
    flowing = "<dataInputAssociation><sourceRef>a</sourceRef><targetRef>di</targetRef></dataInputAssociation>"
    objects = '<dataObjectReference id="a" dataObjectRef="b"/><dataObjectReference id="b" dataObjectRef="a"/>'
    assert "CRM-123" in errors(process(objects, START, user(io + flowing), END, flows("s", "t", "e")))
    thrown = '<intermediateThrowEvent id="t"><eventDefinitionRef>t</eventDefinitionRef></intermediateThrowEvent>'
    assert "CRM-123" in errors(process(START, thrown, END, flows("s", "t", "e")))
    at_itself = '<boundaryEvent id="b" attachedToRef="b"><timerEventDefinition/></boundaryEvent>'
    assert "CRM-123" in errors(process(START, user(), at_itself, END, flows("s", "t", "e"), flow("b", "e")))


def test_a_boundary_event_of_another_scope_is_told() -> None:
    sub = f'<subProcess id="sub" name="S">{user(id="in")}</subProcess>'
    later = "<timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition>"
    far = f'<boundaryEvent id="b" attachedToRef="in">{later}</boundaryEvent>'
    found = check(process(START, sub, far, END, flows("s", "sub", "e"), flow("b", "e")))
    assert "CRM-199" not in {f.code for f in found}
    assert "b" in {f.element for f in found if f.severity is Severity.ERROR}


@pytest.mark.parametrize("bad", ["a b", "1x", "a:b", "x/../y", "{id}", "%s", "a&lt;b"])
def test_ids_that_are_no_names_are_refused(bad: str) -> None:
    assert "CRM-117" in errors(process(START, user(id=bad), END, flows("s", bad, "e")))


def test_ids_and_names_in_any_script_and_with_braces_are_read() -> None:
    xml = process(
        '<startEvent id="开始"/>',
        '<userTask id="任务.一-2" name="{el} %s {0}"/>',
        '<endEvent id="é"/>',
        flows("开始", "任务.一-2", "é"),
    )
    assert not errors(xml)
    assert compile(xml, "p").node("任务.一-2") is not None


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "gb18030", "gbk"])
def test_every_usual_encoding_is_read(encoding: str) -> None:
    text = process(START, user(attributes='name="线索"'), END, flows("s", "t", "e")).decode()
    said = "utf-16" if encoding.startswith("utf-16") else encoding
    head = f'<?xml version="1.0" encoding="{said}"?>'
    body = text[text.index("?>") + 2 :] if text.startswith("<?xml") else text
    assert not errors((head + body).encode(encoding))
