"""Models of the Camunda 7 family: translated where it means the same, refused by name where not."""

from __future__ import annotations

import pytest
from lint_models import END, START, ext, flow, flows, process, straight, user

from engine import feel
from engine.bpmn import check, inspect
from engine.bpmn.dialect_camunda7 import translate
from engine.bpmn.dialect_juel import Untranslatable, feel_of, to_feel
from engine.bpmn.dialect_times import attempts
from engine.bpmn.process import compile
from engine.domain.states import Severity
from engine.model.xml import read, write

WATCHED = (
    '<conditionalEventDefinition camunda:variableName="a" camunda:variableEvents="{0}">'
    "<condition>${{a}}</condition></conditionalEventDefinition>"
)
CALL = (
    '<callActivity id="t" name="T" calledElement="other">' + ext('<camunda:in businessKey="{0}"/>') + "</callActivity>"
)
SCOPE = {
    "a": 3, "b": 2, "t": "x", "ok": True, "no": False, "none": None, "list": [10, 20, 30], "empty_list": [],
    "order": {"price": 250, "lines": [{"sku": "k"}]},
}  # fmt: skip


@pytest.mark.parametrize(
    ("juel", "value"),
    [
        ("a + b * 2", 7), ("(a + b) * 2", 10), ("a - b - 1", 0), ("7 % 4", 3), ("a div b", 1.5), ("-a", -3),
        ("a == 3", True), ("a eq 3 && !no", True), ("a != 3 || b lt 3", True), ("not ok", False),
        ("a >= 3 and b le 1", False), ("!none", True), ("!(a > 5)", True),
        ("t == 'x'", True), ('t == "it\'s"', False), ("none == null", True), ("empty none", True), ("empty t", False),
        ("empty empty_list", True), ("!empty list", True), ("list[0]", 10), ("list[a - 1]", 30),
        ("order.price > 100 && order.price <= 250", True), ("order['price']", 250), ("order.lines[0].sku", "k"),
        ("ok ? 'yes' : 'no'", "yes"), ("no ? 1 : ok ? 2 : 3", 2), ("execution.getVariable('a')", 3), ("1.50", 1.5),
        ("true", True), ("var:eq(a, 3)", True),
        ("vars:isEmpty(t)", False), ("ok == true ? a : b", 3), ("a > 1 == false ? 1 : 2", None),
    ],
)  # fmt: skip
def test_juel_gives_the_same_value_as_feel(juel: str, value: object) -> None:  # A8
    if value is None:
        with pytest.raises(Untranslatable):
            feel_of(juel)
        return
    got = feel.evaluate(feel_of(juel), SCOPE)
    assert got == value or float(got) == value


@pytest.mark.parametrize(
    "juel",
    ["bean.do()", "f(1)", "var:no(a, 1)", "a +", "", "a ? b", "x -> y", "{1}", "'open", "a.1", "((" * 200, "a[" * 99],
)
def test_code_and_rubbish_are_not_translated(juel: str) -> None:
    with pytest.raises(Untranslatable):
        feel_of(juel)


@pytest.mark.parametrize(
    ("text", "feel_text"),
    [
        ("bob", "bob"),
        ("${owner}", "= owner"),
        ("#{ owner }", "= owner"),
        ("Dear ${name}, hello", '= "Dear " + string(name) + ", hello"'),
        ("${nrOfCompletedInstances == 2}", "= numberOfCompletedInstances = 2"),
    ],
)
def test_literals_stay_and_mixed_texts_are_joined(text: str, feel_text: str) -> None:
    assert to_feel(text) == feel_text


def translated(*nodes: str, middle: str = "t", head: str = "") -> str:
    root = read(straight(*nodes, middle=middle, head=head))
    found = translate(root)
    assert not found.oddities
    assert found.translated
    return write(root).decode()


def test_a_user_task_keeps_its_people_dates_and_form() -> None:
    task = user(
        attributes='name="T" camunda:assignee="${lead.owner}" camunda:candidateGroups="sales,service"'
        ' camunda:dueDate="${due}" camunda:priority="70" camunda:asyncBefore="true"'
        ' camunda:formKey="embedded:app:forms/call.html"'
    )
    xml = translated(task)
    assert 'assignee="= lead.owner"' in xml
    assert 'candidateGroups="sales,service"' in xml
    assert 'dueDate="= due"' in xml
    assert 'priority="70"' in xml
    assert 'formId="call"' in xml
    assert "asyncBefore" not in xml
    (info,) = inspect(straight(task))
    assert info.forms == ("call",)


def test_external_tasks_decisions_and_calls_keep_their_meaning() -> None:
    external = '<serviceTask id="t" name="T" camunda:type="external" camunda:topic="mail"/>'
    assert 'type="mail"' in translated(external)
    rule = (
        '<businessRuleTask id="t" name="T" camunda:decisionRef="score" camunda:resultVariable="s"'
        ' camunda:mapDecisionResult="singleEntry"/>'
    )
    assert 'decisionId="score" resultVariable="s"' in translated(rule)
    inside = ext(
        '<camunda:in source="a" target="b"/>', '<camunda:in businessKey="#{x}"/>', '<camunda:out variables="all"/>'
    )
    call = translated(
        f'<callActivity id="t" name="T" calledElement="other" camunda:asyncBefore="true">{inside}</callActivity>'
    )
    assert 'source="= a" target="b"' in call
    assert 'propagateAllChildVariables="true"' in call
    assert 'propagateAllParentVariables="false"' in call  # that family passes only what it names


def test_version_tags_of_calls_and_decisions_are_kept() -> None:
    call = '<callActivity id="t" name="T" calledElement="other" camunda:calledElementBinding="versionTag" {}/>'
    tagged = translated(call.format('camunda:calledElementVersionTag="v1"'))
    assert 'bindingType="versionTag"' in tagged
    assert 'versionTag="v1"' in tagged
    (info,) = inspect(straight(call.format('camunda:calledElementVersionTag="v1"')))
    assert info.tags == {"calls": {"other": "v1"}}
    rule = (
        '<businessRuleTask id="t" name="T" camunda:decisionRef="score" camunda:mapDecisionResult="singleEntry"'
        ' camunda:decisionRefBinding="versionTag" camunda:decisionRefVersionTag="v2"/>'
    )
    (asked,) = inspect(straight(rule))[0].links
    assert (asked.decision, asked.binding, asked.tag) == ("score", "versionTag", "v2")


def test_an_expression_that_only_computes_becomes_a_script() -> None:
    xml = translated('<serviceTask id="t" name="T" camunda:expression="${a + 1}" camunda:resultVariable="b"/>')
    assert "<scriptTask" in xml
    assert 'expression="= a + 1" resultVariable="b"' in xml


def test_plain_models_with_juel_are_translated_as_well() -> None:
    ways = flow("g", "t", "${a == 'x'}") + flow("g", "e")
    xml = process(START, '<exclusiveGateway id="g" default="f_g_e"/>', user(), END, flows("s", "g"), ways)
    assert "CRM-177" not in {f.code for f in check(xml)}
    compile(xml, "p", {})


def test_parameters_retries_and_loops() -> None:
    one = '<camunda:inputParameter name="to">${mail}</camunda:inputParameter>'
    two = '<camunda:inputParameter name="kind">hot</camunda:inputParameter>'
    retry = "<camunda:failedJobRetryTimeCycle>R5/PT1M</camunda:failedJobRetryTimeCycle>"
    until = "<completionCondition>${nrOfCompletedInstances == 1}</completionCondition>"
    over = 'camunda:collection="${items}" camunda:elementVariable="item"'
    loop = f"<multiInstanceLoopCharacteristics {over}>{until}</multiInstanceLoopCharacteristics>"
    inside = ext(f"<camunda:inputOutput>{one}{two}</camunda:inputOutput>", retry) + loop
    xml = translated(
        f'<serviceTask id="t" name="T" camunda:type="external" camunda:topic="mail">{inside}</serviceTask>'
    )
    assert 'source="= mail" target="to"' in xml
    assert 'source=\'= "hot"\' target="kind"' in xml or 'source="= &quot;hot&quot;" target="kind"' in xml
    assert 'retries="5"' in xml
    assert 'inputCollection="= items" inputElement="item"' in xml
    assert "numberOfCompletedInstances = 1" in xml


@pytest.mark.parametrize(
    ("node", "word"),
    [
        ('<userTask id="t" name="T" camunda:class="com.acme.Do"/>', "class"),
        ('<serviceTask id="t" name="T" camunda:type="shell"/>', "type"),
        (user(ext('<camunda:taskListener event="delete" class="X"/>')), "taskListener"),
        ('<businessRuleTask id="t" name="T" camunda:decisionRef="score"/>', "decisionRef"),
        ('<callActivity id="t" name="T" calledElement="${bean.key()}" camunda:asyncBefore="true"/>', "calledElement"),
        (
            '<callActivity id="t" name="T" calledElement="other" camunda:calledElementBinding="version"/>',
            "calledElementBinding",
        ),
        (
            '<callActivity id="t" name="T" calledElement="other" camunda:calledElementBinding="versionTag"'
            ' camunda:calledElementVersionTag="${tag}"/>',
            "calledElementVersionTag",
        ),
        (f'<intermediateCatchEvent id="t">{WATCHED.format("delete")}</intermediateCatchEvent>', "variableEvents"),
        (
            '<intermediateThrowEvent id="t"><signalEventDefinition signalRef="sg">'
            + ext('<camunda:in source="a" target="b"/>') + "</signalEventDefinition></intermediateThrowEvent>",
            "in",
        ),
    ],
)  # fmt: skip
def test_what_is_code_is_refused_at_its_element_by_its_word(node: str, word: str) -> None:
    (f,) = [f for f in check(straight(node)) if f.code == "CRM-118"]
    assert (f.element, f.severity) == ("t", Severity.ERROR)
    assert word in f.message
    assert f.line is not None


def test_a_conditional_event_looks_at_the_changes_that_are_named() -> None:
    xml = translated(f'<intermediateCatchEvent id="t">{WATCHED.format("create, update")}</intermediateCatchEvent>')
    assert '<zeebe:conditionalFilter variableNames="a" variableEvents="create, update"' in xml


@pytest.mark.parametrize(("cycle", "tries"), [("R5/PT1M", "5"), ("PT5M,PT10M,PT20M", "4"), ("PT5M", "")])
def test_failed_work_is_tried_as_often_as_drawn(cycle: str, tries: str) -> None:
    assert attempts(cycle) == tries


@pytest.mark.parametrize(
    ("node", "told"),
    [
        (user(ext('<camunda:formData><camunda:formField id="amount"/></camunda:formData>')), "formData (amount)"),
        (user(ext('<camunda:formProperty id="amount"/>')), "formProperty (amount)"),
        (CALL.format("#{order.id}"), "businessKey"),
        (CALL.format("#{execution.processBusinessKey}"), ""),
    ],
)
def test_what_is_left_out_is_told(node: str, told: str) -> None:
    found = [f for f in check(straight(node)) if f.code == "CRM-829"]
    assert [told in f.message for f in found] == ([True] if told else [])


def test_a_translated_model_compiles_and_the_file_says_so() -> None:
    xml = straight(user(attributes='name="Call" camunda:assignee="${lead.owner}"'))
    assert not [f for f in check(xml) if f.severity is Severity.ERROR]
    assert [f.params["dialect"] for f in check(xml) if f.code == "CRM-827"] == ["Camunda 7"]
    compile(xml, "p", {})


def test_models_of_other_dialects_are_left_alone() -> None:
    root = read(straight(user()))
    before = write(root)
    assert translate(root).dialect == ""
    assert write(root) == before
