"""Scenario files: what they can say, what they complain of, and what they cover.  # 4, scenario tests for models"""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from engine import scenarios
from engine.cli import main
from engine.domain.errors import Refused

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
FILE = HERE / "order.scenario.yaml"


def written(folder: Path, steps: str, more: str = "") -> Path:
    """A scenario of the order in a folder of its own."""
    (folder / "order.bpmn").write_bytes((HERE / "order.bpmn").read_bytes())
    path = folder / "order.scenario.yaml"
    path.write_text(f"process: order\n{more}scenarios:\n  - name: one\n    steps:\n{steps}")
    return path


def test_a_file_is_played_and_its_coverage_added_up():
    report = scenarios.run_files([FILE])
    assert [(r.name, r.failures) for r in report.results] == [
        ("Paid and delivered", ()),
        ("Sold out", ()),
        ("Forgotten", ()),
    ]
    (path,) = report.paths
    assert (path.flows, path.flows_run, path.percent) == (8, 7, 87.5)
    assert path.missed == ("No",)
    assert path.missed_names == ("Fine? → Refused (no)",)


def test_a_failure_names_line_expected_and_found(tmp_path):
    path = written(
        tmp_path, "      - start: order\n      - expect: {state: active}\n      - expect:\n          tasks: [Pack]\n"
    )
    (result,) = scenarios.run_files([path]).results
    (failure,) = result.failures
    assert (failure.line, failure.step, failure.expected, failure.actual) == (8, 3, ["Pack"], ["Check"])
    assert failure.message == "open tasks: expected [Pack], found [Check]"


@pytest.mark.parametrize(
    ("steps", "says"),
    [
        ("      - start: order\n      - complete: Pack\n", "No task is open at 'Pack'; open are ['Check']"),
        ("      - complete: Check\n", "Nothing was started yet"),
        ("      - start: order\n      - wait: tomorrow\n", "'tomorrow' is neither a time nor a duration"),
        ("      - start: order\n      - until: 2020-01-01\n", "is over"),
        ("      - start: order\n      - job: Reserve\n", "'Reserve' waits for no answer"),
        ("      - start: order\n      - complete: Check\n        as: bob\n", "bob"),
        ("      - start: order\n      - change: lead\n", "'lead' is neither a record"),
    ],
)
def test_a_step_that_cannot_be_done_says_why(tmp_path, steps, says):
    (result,) = scenarios.run_files([written(tmp_path, steps)]).results
    assert says in result.failures[0].message
    assert result.failures[0].line == 4 + steps.count("\n      -") + 1


def test_an_incident_that_nobody_expects_fails(tmp_path):
    steps = "      - start: order\n      - complete: Check\n        with: {fine: true}\n"
    steps += "      - job: Reserve\n        fail: no power\n"
    (result,) = scenarios.run_files([written(tmp_path, steps)]).results
    assert "an incident nobody expects" in result.failures[0].message
    (result,) = scenarios.run_files([written(tmp_path, steps + "      - expect: {incidents: [Reserve]}\n")]).results
    assert result.passed


@pytest.mark.parametrize(
    ("steps", "line", "says"),
    [
        ("      - compleet: Check\n", 5, "Did you mean 'complete'?"),
        ("      - start: order\n      - expect: {taks: [Check]}\n", 6, "Did you mean 'tasks'?"),
        ("      - start: order\n        wait: PT1H\n", 5, "start and wait stand in one step"),
        ("      - wait: PT1H\n        as: ann\n", 5, "'as' does not go with 'wait'"),
        ("      - as: ann\n", 5, "says nothing to do"),
        ("      - {start: order\n", 6, "This is not YAML"),
        ("      - expect: {state: done}\n", 5, "must be one of active, completed, cancelled, terminated"),
        ("      - expect: {path: Check}\n", 5, "it must be a list"),
        ("      - 7\n", 5, "it must have keys with values"),
    ],
)
def test_what_is_wrong_in_a_file_is_told_with_line_and_the_nearest_word(tmp_path, steps, line, says):
    with pytest.raises(Refused) as refused:
        scenarios.run_files([written(tmp_path, steps)])
    finding = refused.value.findings[0]
    assert (finding.code, finding.line) == ("CRM-880", line)
    assert says in f"{finding.message} {finding.fix}"


def test_a_process_that_no_model_holds_is_named(tmp_path):
    path = written(tmp_path, "      - start: order\n")
    path.write_text(path.read_text().replace("process: order", "process: ordr"))
    with pytest.raises(Refused, match=r"CRM-885.*'ordr'; there are: order"):
        scenarios.run_files([path])


def test_the_command_tells_a_program_and_a_build_server(tmp_path):
    junit = tmp_path / "report.xml"
    done = CliRunner().invoke(main, ["test", str(FILE), "--json", "--junit", str(junit), "--min-coverage", "80"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.output)
    assert told["passed"] is True
    assert told["paths"][0]["percent"] == 87.5
    cases = ElementTree.parse(junit).getroot().findall("testsuite/testcase")
    assert [case.get("name") for case in cases] == ["Paid and delivered", "Sold out", "Forgotten"]


def test_the_command_fails_below_the_coverage_that_is_demanded():
    done = CliRunner().invoke(main, ["test", str(FILE), "--min-coverage", "90"])
    assert done.exit_code == 1
    assert "CRM-887" in done.output
    assert "Fine? → Refused (no)" in done.output


def test_the_command_shows_a_failure_with_its_line(tmp_path):
    path = written(tmp_path, "      - start: order\n      - expect: {state: completed}\n")
    done = CliRunner().invoke(main, ["test", str(path)])
    assert done.exit_code == 1
    assert f"{path}:6: [CRM-881] state: expected completed, found active" in done.output


def test_a_first_scenario_is_written_and_runs(tmp_path):
    model = tmp_path / "order.bpmn"
    model.write_bytes((HERE / "order.bpmn").read_bytes())
    assert CliRunner().invoke(main, ["test", "--init", str(model)]).exit_code == 0
    (result,) = scenarios.run_files([tmp_path / "order.scenario.yaml"]).results
    assert result.passed, result.failures
    assert CliRunner().invoke(main, ["test", "--init", str(model)]).exit_code == 1, "nothing is overwritten"


def test_the_schema_for_editors_is_the_present_one():
    shipped = json.loads((ROOT / "engine" / "scenarios" / "scenario.schema.json").read_text(encoding="utf-8"))
    assert shipped == scenarios.json_schema()


def test_every_shipped_model_has_scenarios_that_pass_and_take_nine_flows_in_ten():
    report = scenarios.run_files([ROOT / "processes"])
    assert [(r.name, r.failures) for r in report.results if not r.passed] == []
    models = {path.stem for path in (ROOT / "processes").rglob("*.bpmn")}
    assert {path.key for path in report.paths} == models
    assert {path.key: path.percent for path in report.paths if path.percent < 90} == {}
    assert report.percent >= 95
    assert {rule.name: rule.missed for rule in report.rules if rule.percent < 80} == {}


SIGNALLED = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"
    xmlns:crmflow="https://crmflow.dev/schema/1.0" id="signals" targetNamespace="urn:test">
  <signal id="storm" name="storm"/>
  <process id="alarm" isExecutable="true">
    <extensionElements><crmflow:process owner="team:desk" goal="Heard" kpi="Alarms"/></extensionElements>
    <startEvent id="Heard"><signalEventDefinition signalRef="storm"/></startEvent>
    <serviceTask id="Call"><extensionElements><zeebe:taskDefinition type="siren"/></extensionElements></serviceTask>
    <boundaryEvent id="Silent" attachedToRef="Call"><errorEventDefinition errorRef="broken"/></boundaryEvent>
    <userTask id="Look"/>
    <boundaryEvent id="Again" attachedToRef="Look" cancelActivity="false">
      <signalEventDefinition signalRef="storm"/></boundaryEvent>
    <userTask id="Count"/>
    <endEvent id="Over"/><endEvent id="Counted"/><endEvent id="Loud"/>
    <sequenceFlow id="f1" sourceRef="Heard" targetRef="Call"/><sequenceFlow id="f2" sourceRef="Call" targetRef="Loud"/>
    <sequenceFlow id="f3" sourceRef="Silent" targetRef="Look"/><sequenceFlow id="f4" sourceRef="Look" targetRef="Over"/>
    <sequenceFlow id="f5" sourceRef="Again" targetRef="Count"/>
    <sequenceFlow id="f6" sourceRef="Count" targetRef="Counted"/>
  </process>
  <error id="broken" errorCode="BROKEN"/>
</definitions>
"""


def test_signals_begin_flows_and_reach_who_waits_and_workers_answer_with_errors(tmp_path):
    (tmp_path / "alarm.bpmn").write_text(SIGNALLED)
    path = tmp_path / "alarm.scenario.yaml"
    path.write_text(
        "process: alarm\nscenarios:\n  - name: one\n    steps:\n"
        "      - signal: storm\n        with: {force: 9}\n"
        "      - expect: {data: {force: 9}, jobs: [Call]}\n"
        "      - {job: Call, error: BROKEN}\n"
        "      - expect: {tasks: [Look], path: [Heard, Silent]}\n"
        "      - signal: storm\n"
        "      - expect: {tasks: [Look, Count], of: alarm}\n".replace(", of: alarm", "")
        + "      - signal: nothing\n"
    )
    report = scenarios.run_files([path])
    assert [failure.message for failure in report.results[0].failures] == []
