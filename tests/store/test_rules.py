"""Rules: which version decides, publishing without touching a process, conflicts, trying, checking, comparing."""

from __future__ import annotations

import pytest

from engine.domain.access import SYSTEM
from engine.domain.commands import CompleteTask, Deploy, RetryIncident, StartInstance
from engine.domain.errors import Conflict, Forbidden, Invalid, NotFound, Refused
from engine.domain.questions import GetAudit, GetHistory, GetInstance, LintFiles, ListIncidents
from engine.domain.rules import (
    CheckRules,
    CompareRules,
    Decide,
    DescribeRules,
    GetRules,
    GetRulesText,
    ListCases,
    ListRules,
    PreviewRules,
    PublishRules,
    RestoreRules,
)
from engine.domain.values import FileIn
from tests.store.drawing import END, START, flow, model, user

ZEEBE = 'xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"'
DMN = 'xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/"'


def table(first: str = "&lt; 10", result: str = "1", *, tag: str = "", more: str = "") -> bytes:
    """The rules ``rates``: one table over an amount, with a gap unless ``more`` fills it."""
    mark = f'<extensionElements><zeebe:versionTag value="{tag}"/></extensionElements>' if tag else ""
    return f"""<definitions {DMN} {ZEEBE} id="rates" name="Rates" namespace="urn:rates">
    <inputData id="in" name="amount"><variable name="amount" typeRef="number"/></inputData>
    <decision id="rate" name="The rate">{mark}<variable name="The rate" typeRef="number"/>
      <informationRequirement><requiredInput href="#in"/></informationRequirement>
      <decisionTable id="t" hitPolicy="UNIQUE">
        <input id="i" label="Amount"><inputExpression typeRef="number"><text>amount</text></inputExpression></input>
        <output id="o" name="rate" typeRef="number"/>
        <rule id="r1"><inputEntry id="c1"><text>{first}</text></inputEntry>
          <outputEntry id="e1"><text>{result}</text></outputEntry></rule>
        <rule id="r2"><inputEntry id="c2"><text>&gt;= 20</text></inputEntry>
          <outputEntry id="e2"><text>2</text></outputEntry></rule>{more}
      </decisionTable></decision></definitions>""".encode()


def asking(key: str, binding: str = "") -> FileIn:
    """amount → wait → decide → look."""
    decide = (
        '<bpmn:businessRuleTask id="decide" name="Decide"><bpmn:extensionElements>'
        f'<zeebe:calledDecision decisionId="rate" resultVariable="rate" {binding}/>'
        "</bpmn:extensionElements></bpmn:businessRuleTask>"
    )
    inner = START + user("ask") + decide + user("look") + END
    return model(key, inner + flow("start>ask", "ask>decide", "decide>look", "look>end"))


BINDINGS = {
    "newest": "",
    "pinned": 'bindingType="deployment"',
    "spring": 'bindingType="versionTag" versionTag="spring"',
}


@pytest.fixture
def deployed(engine, bench):
    files = [asking(key, binding) for key, binding in BINDINGS.items()]
    return engine.do(Deploy((*files, FileIn("rates.dmn", table(tag="spring"))), SYSTEM, publish=True))


def publish(engine, xml: bytes, base: int, by=SYSTEM, reason: str = "prices rise"):
    return engine.do(PublishRules("rates", xml, by, base, reason))


def rate(engine, started) -> object:
    engine.do(CompleteTask(started.tasks[0], SYSTEM, {}))
    return engine.ask(GetInstance(started.instance_id, SYSTEM)).variables.get("rate")


def start(engine, key: str):
    return engine.do(StartInstance(key, SYSTEM, {"amount": 5}))


def test_running_instances_follow_their_binding(engine, deployed):
    running = {key: start(engine, key) for key in BINDINGS}
    assert publish(engine, table(result="7"), 1).version == 2
    assert {key: rate(engine, started) for key, started in running.items()} == {"newest": 7, "pinned": 1, "spring": 1}
    assert {key: rate(engine, start(engine, key)) for key in BINDINGS} == {"newest": 7, "pinned": 1, "spring": 1}
    publish(engine, table(result="8", tag="spring"), 2)
    assert {key: rate(engine, start(engine, key)) for key in BINDINGS} == {"newest": 8, "pinned": 1, "spring": 8}


def test_history_says_which_version_decided(engine, deployed):
    publish(engine, table(result="7"), 1)
    started = start(engine, "newest")
    rate(engine, started)
    rows = engine.ask(GetHistory(started.instance_id, SYSTEM)).items
    detail = next(row.detail for row in rows if row.kind == "businessRuleTask")
    assert (detail["rules"], detail["rules_version"], detail["decision"]) == ("rates", 2, "rate")


def test_a_tag_nobody_has_is_an_incident_until_it_is_published(engine, bench):
    engine.do(Deploy((asking("spring", BINDINGS["spring"]), FileIn("rates.dmn", table())), SYSTEM, publish=True))
    started = start(engine, "spring")
    assert rate(engine, started) is None
    (incident,) = engine.ask(ListIncidents(SYSTEM)).items
    assert incident.code == "CRM-609"
    publish(engine, table(tag="spring", result="4"), 1)
    engine.do(RetryIncident(incident.id, SYSTEM))
    assert engine.ask(GetInstance(started.instance_id, SYSTEM)).variables["rate"] == 4


@pytest.mark.parametrize("binding", ['bindingType="newest"', 'bindingType="versionTag"'])
def test_a_binding_nobody_knows_is_refused(engine, bench, binding):
    found = engine.ask(LintFiles((asking("odd", binding), FileIn("rates.dmn", table())), SYSTEM))
    assert any("bindingType" in f.message and f.severity == "error" for f in found)


def test_somebody_elses_version_is_never_written_over(engine, deployed, person):
    first, second = person("carl", roles=("consultant",)), person("dora", roles=("designer",))
    publish(engine, table(result="5"), 1, first)
    with pytest.raises(Conflict) as error:
        publish(engine, table(result="6"), 1, second)
    assert (error.value.code, error.value.status, error.value.context["by"]) == ("CRM-240", 409, "carl")
    assert publish(engine, table(result="6"), 2, second).version == 3


def test_publishing_is_refused_without_reason_right_or_sound_table(engine, deployed, alice):
    with pytest.raises(Forbidden):
        publish(engine, table(result="5"), 1, alice)
    with pytest.raises(Invalid) as error:
        publish(engine, table(result="5"), 1, reason="  ")
    assert error.value.code == "CRM-051"
    with pytest.raises(Invalid) as error:
        publish(engine, table().replace(b'id="rates"', b'id="others"'), 1)
    assert error.value.code == "CRM-050"
    with pytest.raises(Refused) as refused:
        publish(engine, table(first="&lt; 30"), 1)  # overlaps the second rule
    assert {f.code for f in refused.value.findings if f.severity == "error"} == {"CRM-157"}
    assert len(engine.ask(GetRules("rates", SYSTEM)).versions) == 1


def test_the_same_again_is_no_version_and_the_reason_is_kept(engine, deployed):
    assert publish(engine, table(tag="spring"), 1).version == 1
    publish(engine, table(result="3"), 1, reason="Rates of March")
    view = engine.ask(GetRules("rates", SYSTEM))
    assert [(row.version, row.reason) for row in view.versions] == [(2, "Rates of March"), (1, None)]
    (entry,) = [row for row in engine.ask(GetAudit(SYSTEM)).items if row.action == "rules.publish"]
    assert (entry.target, entry.detail) == ("rates", {"version": 2, "reason": "Rates of March"})


def test_an_old_version_comes_back_as_a_new_one(engine, deployed):
    publish(engine, table(result="7"), 1)
    row = engine.do(RestoreRules("rates", 1, SYSTEM, base=2, reason="That was wrong"))
    assert row.version == 3
    assert engine.ask(GetRulesText("rates", SYSTEM)) == table(tag="spring")
    with pytest.raises(NotFound):
        engine.do(RestoreRules("rates", 9, SYSTEM, base=3, reason="x"))


def test_the_first_version_needs_no_file(engine, bench):
    assert publish(engine, table(), 0).version == 1
    with pytest.raises(Conflict):
        publish(engine, table(result="2"), 0)


def test_the_preview_says_who_follows(engine, deployed):
    for key in BINDINGS:
        start(engine, key)
    seen = engine.ask(PreviewRules("rates", table(result="7"), SYSTEM))
    assert (seen.base, seen.unchanged) == (1, False)
    told = {use.definition_key: (use.decides, use.running, use.follows) for use in seen.uses}
    assert told == {"newest": (2, 1, True), "pinned": (1, 1, False), "spring": (1, 1, False)}
    (changed,) = [change for change in seen.changes if change["state"] != "same"]
    cells = [cell for rule in changed["rules"] for cell in rule["cells"] if cell["changed"]]
    assert [(cell["label"], cell["before"], cell["after"]) for cell in cells] == [("rate", "1", "7")]
    assert engine.ask(PreviewRules("rates", table(tag="spring"), SYSTEM)).unchanged


def test_the_list_counts_users_and_findings(engine, deployed):
    start(engine, "newest")
    start(engine, "pinned")
    (row,) = engine.ask(ListRules(SYSTEM, search="RATE")).items
    assert (row.key, row.version, row.definitions, row.running) == ("rates", 1, 3, 2)
    assert row.findings == {"warning": 1}  # the gap from 10 to 20
    assert engine.ask(ListRules(SYSTEM, search="nothing")).items == ()


def test_a_called_process_counts_where_it_runs(engine, bench):
    call = (
        '<bpmn:callActivity id="call" name="Call"><bpmn:extensionElements><zeebe:calledElement processId="newest"/>'
        "</bpmn:extensionElements></bpmn:callActivity>"
    )
    outer = model("outer", START + call + END + flow("start>call", "call>end"))
    engine.do(Deploy((outer, asking("newest"), FileIn("rates.dmn", table())), SYSTEM, publish=True))
    started = start(engine, "outer")
    assert {(u.definition_key, u.running) for u in engine.ask(GetRules("rates", SYSTEM)).uses} == {
        ("outer", 1),
        ("newest", 0),
    }
    publish(engine, table(result="7"), 1)
    engine.do(CompleteTask(started.tasks[0], SYSTEM, {}))
    assert "7" in str(engine.ask(GetHistory(started.instance_id, SYSTEM)).items)


def test_the_unsaved_table_is_tried_with_typed_inputs(engine, deployed):
    (decision,) = engine.ask(DescribeRules(table(), SYSTEM))
    assert [(f.path, f.label, f.kind) for f in decision.fields] == [("amount", "Amount", "number")]
    tried = engine.ask(Decide(SYSTEM, "rate", {"amount": "12"}, xml=table(first="&lt; 15", result="9")))
    assert tried.value == 9
    rules = {rule["index"]: (rule["matched"], rule["missed"]) for rule in tried.trace[0]["rules"]}
    assert rules == {1: (True, []), 2: (False, ["Amount"])}
    assert engine.ask(Decide(SYSTEM, "rate", {"amount": 12}, key="rates")).value is None


def test_a_gap_comes_with_an_example_that_can_be_tried(engine, deployed):
    (gap,) = [f for f in engine.ask(CheckRules(SYSTEM, "rates")) if f.code == "CRM-156"]
    assert gap.params["decision_id"] == "rate"
    tried = engine.ask(Decide(SYSTEM, "rate", gap.params["given"], key="rates"))
    assert tried.value is None
    assert not any(rule["matched"] for rule in tried.trace[0]["rules"])


def test_a_case_is_taken_back_and_decided_by_other_rules(engine, deployed):
    started = start(engine, "newest")
    rate(engine, started)
    (case,) = engine.ask(ListCases("rates", SYSTEM, "rate"))
    assert (case.given, case.lost, case.version, case.step) == ({"amount": 5}, (), 1, "Decide")
    assert engine.ask(Decide(SYSTEM, "rate", case.given, xml=table(result="11"))).value == 11


def test_versions_are_compared_rule_by_rule(engine, deployed):
    third = (
        '<rule id="r3"><inputEntry><text>[10..20)</text></inputEntry><outputEntry><text>5</text></outputEntry></rule>'
    )
    publish(engine, table(more=third), 1)
    changes = engine.ask(CompareRules("rates", 1, 2, SYSTEM))
    states = {change["id"]: [rule["state"] for rule in change["rules"]] for change in changes}
    assert states == {"in": [], "rate": ["same", "same", "added"]}


def test_imports_are_found_beside_the_file_and_among_what_is_deployed(engine, bench):
    importing = f"""<definitions {DMN} id="outer" name="Outer" namespace="urn:outer">
      <import name="inner" namespace="urn:rates" importType="https://www.omg.org/spec/DMN/20191111/MODEL/"/>
      <inputData id="in2" name="amount"><variable name="amount" typeRef="number"/></inputData>
      <decision id="double" name="double"><variable name="double"/>
        <informationRequirement><requiredDecision href="urn:rates#rate"/></informationRequirement>
        <literalExpression><text>inner.The rate * 2</text></literalExpression></decision></definitions>""".encode()
    outer = FileIn("outer.dmn", importing)
    with pytest.raises(Refused):
        engine.do(Deploy((outer,), SYSTEM))
    engine.do(Deploy((outer, FileIn("rates.dmn", table())), SYSTEM))
    assert engine.ask(Decide(SYSTEM, "double", {"amount": 5}, key="outer")).value == 2
    publish(engine, table(result="4"), 1)
    assert engine.ask(Decide(SYSTEM, "double", {"amount": 5}, key="outer")).value == 2  # read with what it was
    assert engine.ask(PreviewRules("rates", table(), SYSTEM)).importers == ("outer",)
    assert engine.do(Deploy((outer,), SYSTEM)).resources[0].version == 2
    assert engine.ask(Decide(SYSTEM, "double", {"amount": 5}, key="outer")).value == 8
