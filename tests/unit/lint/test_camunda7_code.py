"""Code of the Camunda 7 family becomes work for workers, and the finding says who must do it (A8)."""

from __future__ import annotations

import pytest
from lint_models import straight

from bench.player import Player
from engine.bpmn import check
from engine.domain.states import InstanceState, Severity


def camunda(*nodes: str, process: str = "") -> bytes:
    """start → t → end in a file of Camunda 7 (no Zeebe namespace)."""
    xml = straight(*nodes).decode().replace(' xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"', "")
    return xml.replace('<process id="p"', f'<process id="p" {process}').encode()


def played(xml: bytes, **variables: object) -> Player:
    assert not [f for f in check(xml) if f.severity is Severity.ERROR]
    player = Player(xml)
    player.start(**variables)
    return player


FIELD = '<extensionElements><camunda:field name="{}" {}/></extensionElements>'


@pytest.mark.parametrize(
    ("attribute", "kind"),
    [
        ('camunda:class="com.acme.Do"', "com.acme.Do"),
        ('camunda:delegateExpression="${ledger}"', "ledger"),
        ('camunda:expression="${ledger.book(amount)}"', "ledger.book"),
    ],
)
def test_classes_beans_and_calls_are_jobs_of_that_type(attribute: str, kind: str) -> None:
    xml = camunda(f'<serviceTask id="t" name="T" {attribute}/>')
    player = played(xml)
    assert [(c.element_id, c.type) for c in player.calls.values()] == [("t", kind)]
    (f,) = [f for f in check(xml) if f.code == "CRM-828"]
    assert (f.element, f.severity, f.params["kind"]) == ("t", Severity.WARNING, kind)
    player.finish("t")
    assert player.status is InstanceState.COMPLETED


def test_the_call_itself_goes_to_the_worker_as_a_header() -> None:
    text = "${ledger.book(amount)}"
    player = played(camunda(f'<serviceTask id="t" name="T" camunda:expression="{text}" camunda:resultVariable="r"/>'))
    (call,) = player.calls.values()
    assert call.headers == {"expression": text, "resultVariable": "r"}


def test_injected_fields_are_headers_or_inputs() -> None:
    inside = FIELD.format("to", 'stringValue="sales"') + "</serviceTask>"
    (call,) = played(camunda(f'<serviceTask id="t" name="T" camunda:class="X">{inside}')).calls.values()
    assert call.headers == {"to": "sales"}
    inside = FIELD.format("to", 'expression="${team}"') + "</serviceTask>"
    player = played(camunda(f'<serviceTask id="t" name="T" camunda:class="X">{inside}'), team="east")
    assert next(iter(player.calls.values())).input["to"] == "east"


def test_scripts_of_other_languages_are_jobs_for_a_script_worker() -> None:
    xml = camunda('<scriptTask id="t" name="T" scriptFormat="groovy"><script>x = 1</script></scriptTask>')
    (call,) = played(xml).calls.values()
    assert (call.type, call.headers) == ("script", {"language": "groovy", "script": "x = 1"})


def test_listeners_are_jobs_before_and_after() -> None:
    listener = '<camunda:executionListener event="{}" class="{}"/>'
    inside = listener.format("start", "A") + listener.format("end", "Z")
    player = played(camunda(f'<task id="t" name="T"><extensionElements>{inside}</extensionElements></task>'))
    assert [c.type for c in player.calls.values()] == ["A"]
    player.finish("t")
    assert [c.type for c in player.calls.values()] == ["Z"]
    player.finish("t")
    assert player.trace == ["s", "t", "e"]


def test_listeners_of_loops_and_before_joins_run_otherwise_there_and_are_refused() -> None:
    held = '<extensionElements><camunda:executionListener event="start" class="A"/></extensionElements>'
    loop = "<multiInstanceLoopCharacteristics><loopCardinality>2</loopCardinality></multiInstanceLoopCharacteristics>"
    refused = [f.element for f in check(camunda(f'<task id="t" name="T">{held}{loop}</task>')) if f.code == "CRM-170"]
    assert refused == ["t"]
    join = f'<parallelGateway id="t">{held}</parallelGateway><task id="x" name="X"/>'
    ways = '<sequenceFlow id="f1" sourceRef="s" targetRef="x"/><sequenceFlow id="f2" sourceRef="x" targetRef="t"/>'
    assert [f.element for f in check(camunda(join + ways)) if f.code == "CRM-170"] == ["t"]


def test_a_receive_task_without_a_message_is_woken_by_its_id() -> None:
    player = played(camunda('<receiveTask id="t" name="T"/>'))
    player.deliver("t")
    assert player.status is InstanceState.COMPLETED


def test_an_error_that_is_not_in_the_file_is_its_own_code() -> None:
    inner = '<startEvent id="s1"/><endEvent id="e1"><errorEventDefinition errorRef="late"/></endEvent>'
    inner += '<sequenceFlow id="f1" sourceRef="s1" targetRef="e1"/>'
    caught = '<boundaryEvent id="b" attachedToRef="t"><errorEventDefinition errorRef="late"/></boundaryEvent>'
    caught += '<endEvent id="eb"/><sequenceFlow id="fb" sourceRef="b" targetRef="eb"/>'
    player = played(camunda(f'<subProcess id="t" name="T">{inner}</subProcess>', caught))
    assert "eb" in player.trace


def test_the_initiator_is_who_started_it() -> None:
    xml = camunda('<userTask id="t" name="T" camunda:assignee="${starter}"/>')
    xml = xml.replace(b'<startEvent id="s"/>', b'<startEvent id="s" camunda:initiator="starter"/>')
    player = Player(xml)
    run = player.runtime.start(player.process, {}, player.now, started_by="alice")
    player._take(run)
    (task,) = player.tasks.values()
    assert task.assignee == "alice"
    assert player.run().scope()["startedBy"] == "alice"  # also after the state was written and read


def test_settings_that_change_nothing_are_told_and_left_out() -> None:
    xml = camunda('<userTask id="t" name="T"/>', process='camunda:candidateStarterGroups="sales"')
    (f,) = [f for f in check(xml) if f.code == "CRM-829"]
    assert (f.element, f.severity) == ("p", Severity.WARNING)
    assert "candidateStarterGroups" in f.message
