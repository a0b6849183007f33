"""Deploying: findings, versions, pins, publishing; what runs keeps what it was started with."""

from __future__ import annotations

import json

import pytest

from engine.domain.access import SYSTEM
from engine.domain.commands import CompleteTask, Deploy, Publish, StartInstance
from engine.domain.errors import BadForm, Forbidden, NotFound, Refused
from engine.domain.questions import GetDefinition, GetInstance, GetModel, GetTask, LintFiles, ListDefinitions
from engine.domain.states import DefinitionState
from engine.domain.values import FileIn
from tests.store.drawing import END, START, flow, model, user

FORM_LINK = '<zeebe:formDefinition formId="ask"/>'
DECIDE = (
    '<bpmn:businessRuleTask id="decide" name="Decide"><bpmn:extensionElements>'
    '<zeebe:calledDecision decisionId="rate" resultVariable="rate" bindingType="deployment"/>'
    "</bpmn:extensionElements></bpmn:businessRuleTask>"
)


def form(label: str) -> FileIn:
    field = {"type": "number", "id": "f", "key": "amount", "label": label, "validate": {"required": True}}
    return FileIn("ask.form", json.dumps({"id": "ask", "type": "default", "components": [field]}).encode())


def table(rate: str) -> FileIn:
    return FileIn(
        "rate.dmn",
        f"""<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="rates" name="rates" namespace="urn:r">
        <decision id="rate" name="rate"><variable name="rate"/>
        <literalExpression><text>{rate}</text></literalExpression></decision></definitions>""".encode(),
    )


def asking(more: str = "") -> FileIn:
    inner = START + user("ask", more=FORM_LINK) + DECIDE + user("look") + END
    return model("asking", inner + more + flow("start>ask", "ask>decide", "decide>look", "look>end"))


@pytest.fixture
def deployed(engine, bench):
    return engine.do(Deploy((asking(), form("How much?"), table("1")), SYSTEM, publish=True))


def test_same_content_is_no_new_version(engine, deployed):
    again = engine.do(Deploy((asking(), form("How much?"), table("1")), SYSTEM, publish=True))
    assert [row.version for row in again.definitions] == [1]
    assert len(again.unchanged) == 3
    assert len(engine.ask(ListDefinitions(SYSTEM, key="asking")).items) == 1


def test_what_runs_keeps_its_form_and_table(engine, alice, deployed):
    old = engine.do(StartInstance("asking", alice))
    second = engine.do(Deploy((asking(), form("How many?"), table("2")), SYSTEM, publish=True))
    assert second.definitions[0].version == 2
    new = engine.do(StartInstance("asking", alice))
    for started, label, rate in ((old, "How much?", 1), (new, "How many?", 2)):
        assert engine.ask(GetTask(started.tasks[0], alice)).form["components"][0]["label"] == label
        engine.do(CompleteTask(started.tasks[0], alice, {"amount": 1}))
        assert engine.ask(GetInstance(started.instance_id, SYSTEM)).variables["rate"] == rate


def test_a_changed_table_alone_makes_no_version_of_the_process_until_it_is_deployed(engine, deployed):
    engine.do(Deploy((table("9"),), SYSTEM))
    assert engine.ask(ListDefinitions(SYSTEM, key="asking")).items[0].version == 1
    assert engine.do(Deploy((asking(),), SYSTEM)).definitions[0].version == 2


def test_form_data_is_checked_field_by_field(engine, alice, deployed):
    task = engine.do(StartInstance("asking", alice)).tasks[0]
    with pytest.raises(BadForm) as error:
        engine.do(CompleteTask(task, alice, {}))
    assert (error.value.code, list(error.value.fields)) == ("CRM-210", ["amount"])
    with pytest.raises(BadForm) as error:
        engine.do(CompleteTask(task, alice, {"amount": 1, "rate": 100}))
    assert error.value.code == "CRM-211"


def test_refused_with_every_finding_and_no_trace(engine, bench):
    broken = model("broken", START + user("ask", more='<zeebe:formDefinition formId="nowhere"/>') + flow("start>ask"))
    empty = FileIn("empty.bpmn", b"")
    with pytest.raises(Refused) as error:
        engine.do(Deploy((broken, empty, form("ok")), SYSTEM))
    assert error.value.code == "CRM-168"
    assert {f.file for f in error.value.findings if f.severity == "error"} == {"broken.bpmn", "empty.bpmn"}
    assert engine.ask(ListDefinitions(SYSTEM)).items == ()
    assert {f.code for f in engine.ask(LintFiles((empty,), SYSTEM))} == {"CRM-100"}


def test_two_files_with_one_process_are_refused(engine, bench):
    one, two = asking(), FileIn("copy.bpmn", asking().content)
    with pytest.raises(Refused) as error:
        engine.do(Deploy((one, two, form("x"), table("1")), SYSTEM))
    assert "CRM-840" in {f.code for f in error.value.findings}


def test_one_process_twice_in_one_file_is_not_said_to_be_in_two(engine):
    process = '<process id="p" isExecutable="true"/>'
    twice = f'<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL">{process}{process}</definitions>'
    codes = {f.code for f in engine.ask(LintFiles((FileIn("twice.bpmn", twice.encode()),), SYSTEM))}
    assert "CRM-106" in codes
    assert "CRM-840" not in codes


def test_publishing_wants_owner_goal_and_kpi(engine, bench):  # A13, B1
    bare = model("bare", START + END + flow("start>end"), about='owner="team:bench"')
    assert engine.do(Deploy((bare,), SYSTEM)).definitions[0].state is DefinitionState.DEPLOYED
    with pytest.raises(Refused) as error:
        engine.do(Publish("bare", SYSTEM))
    assert {f.code for f in error.value.findings} == {"CRM-181", "CRM-182"}
    with pytest.raises(NotFound):
        engine.do(StartInstance("bare", SYSTEM))
    assert engine.do(StartInstance("bare", SYSTEM, version=1)).state == "completed"


def test_a_new_published_version_retires_the_old_and_back(engine, deployed):
    engine.do(Deploy((asking("<!-- v2 -->"),), SYSTEM, publish=True))
    states = {row.version: str(row.state) for row in engine.ask(ListDefinitions(SYSTEM, key="asking")).items}
    assert states == {1: "retired", 2: "published"}
    engine.do(Publish("asking", SYSTEM, version=1))
    assert engine.do(StartInstance("asking", SYSTEM)).version == 1


def test_called_process_is_pinned_with_its_caller(engine, alice, bench):  # A19
    call = (
        '<bpmn:callActivity id="call" name="Call"><bpmn:extensionElements><zeebe:calledElement processId="inner"/>'
        "</bpmn:extensionElements></bpmn:callActivity>"
    )
    outer = model("outer", START + call + END + flow("start>call", "call>end"))
    first = model("inner", START + user("old") + END + flow("start>old", "old>end"))
    second = model("inner", START + user("new") + END + flow("start>new", "new>end"))
    engine.do(Deploy((outer, first), SYSTEM, publish=True))
    engine.do(Deploy((second,), SYSTEM, publish=True))
    started = engine.do(StartInstance("outer", alice))
    view = engine.ask(GetInstance(started.instance_id, SYSTEM))
    assert [task.element_id for task in view.tasks] == ["old"]
    assert view.tasks[0].definition_key == "inner"
    assert [name for _, name in view.diagrams] == ["Outer", "Inner"]
    assert engine.do(Deploy((outer,), SYSTEM)).definitions[0].version == 2


def test_model_comes_back_byte_for_byte(engine, deployed):
    (row,) = deployed.definitions
    assert engine.ask(GetModel(row.id, SYSTEM)) == asking().content
    assert engine.ask(GetDefinition(row.id, SYSTEM)).owner == "team:bench"


def test_only_designers_deploy_and_only_publishers_publish(engine, alice, person):
    with pytest.raises(Forbidden):
        engine.do(Deploy((asking(),), alice))
    designer = person("dora", roles=("designer",))
    with pytest.raises(Forbidden):
        engine.do(Deploy((asking(), form("x"), table("1")), designer, publish=True))
    assert engine.do(Deploy((asking(), form("x"), table("1")), designer)).definitions
