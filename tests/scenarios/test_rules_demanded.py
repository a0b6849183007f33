"""A deployment may demand how many rules of its decision tables the scenarios match."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from engine import scenarios
from engine.app import Engine
from engine.cli import main
from engine.domain.access import SYSTEM
from engine.domain.commands import Deploy
from engine.domain.errors import Refused
from engine.domain.values import FileIn

BPMN = """<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d" targetNamespace="t"
 xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" xmlns:crmflow="https://crmflow.dev/schema/1.0">
<process id="grade" name="Grade" isExecutable="true"><extensionElements>
 <crmflow:process owner="team:desk" goal="g" kpi="k"/></extensionElements>
<startEvent id="s"/><sequenceFlow id="f" sourceRef="s" targetRef="r"/>
<businessRuleTask id="r" name="Grade"><extensionElements>
 <zeebe:calledDecision decisionId="discount" resultVariable="discount"/></extensionElements></businessRuleTask>
<sequenceFlow id="f2" sourceRef="r" targetRef="e"/><endEvent id="e"/></process></definitions>"""
#: Decision discount (two rules) needs grade (three); other is nobody's.
TABLE = """<decision id="{id}" name="{id}"><variable name="{id}"/>{needs}<decisionTable id="t_{id}" hitPolicy="FIRST">
<input id="i_{id}"><inputExpression id="x_{id}"><text>{reads}</text></inputExpression></input>
<output id="o_{id}" name="{id}"/>{rules}</decisionTable></decision>"""


def _table(id: str, reads: str, *rules: tuple[str, str], needs: str = "") -> str:
    rows = "".join(
        f'<rule id="r_{id}{n}"><inputEntry id="a_{id}{n}"><text>{when}</text></inputEntry>'
        f'<outputEntry id="b_{id}{n}"><text>{then}</text></outputEntry></rule>'
        for n, (when, then) in enumerate(rules)
    )
    need = (
        f'<informationRequirement id="n"><requiredDecision href="#{needs}"/></informationRequirement>' if needs else ""
    )
    return TABLE.format(id=id, reads=reads, rules=rows, needs=need)


DMN = (
    '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="dm" name="Rules" namespace="t">'
    + _table("discount", "grade", ('"A"', "10"), ("-", "0"), needs="grade")
    + _table("grade", "sum", ("&gt; 100", '"A"'), ("&gt; 50", '"B"'), ("-", '"C"'))
    + _table("other", "sum", ("-", "1"))
    + "</definitions>"
)
PLAYED = "process: grade\nscenarios:\n  - name: big\n    steps:\n      - start: grade\n        with: {sum: 200}\n"


def files(scenario: str = PLAYED) -> tuple[FileIn, ...]:
    parts = {"grade.bpmn": BPMN, "grade.dmn": DMN, "grade.scenario.yaml": scenario}
    return tuple(FileIn(name, text.encode()) for name, text in parts.items() if text)


def test_rules_that_no_scenario_matches_are_named(lite: Engine) -> None:
    scenarios.ensure_files(lite, files(), 100, 33)
    with pytest.raises(Refused) as refused:
        scenarios.ensure_files(lite, files(), 100, 60)
    assert refused.value.code == "CRM-889"
    found = refused.value.findings
    assert [(f.code, f.element) for f in found] == [("CRM-876", "discount"), ("CRM-876", "grade")]
    assert found[1].message == "The scenarios match 33.3 % of the rules of 'grade'; 60 % are demanded."
    assert found[1].why == "No scenario comes to rule 2, 3."
    assert all(f.message_zh and f.why_zh and f.fix_zh for f in found)


def test_a_table_that_a_process_names_and_nobody_asked_has_none(lite: Engine) -> None:
    with pytest.raises(Refused, match=r"0.0 % of the rules of 'discount'"):
        scenarios.ensure_files(lite, files(scenario=""), None, 1)


def test_publishing_demands_it_of_the_tables_that_the_flow_names(lite: Engine) -> None:
    lite.do(Deploy(files(), SYSTEM))
    lite.settings = lite.settings.model_copy(update={"require_rules": 60})
    with pytest.raises(Refused) as refused:
        scenarios.ensure_publishable(lite, "grade", None, SYSTEM)
    assert {f.element for f in refused.value.findings} == {"discount", "grade"}
    with pytest.raises(Refused):
        scenarios.ensure_sent(lite, files(), publish=True)
    scenarios.ensure_sent(lite, files(), publish=False)
    lite.settings = lite.settings.model_copy(update={"require_rules": 30})
    scenarios.ensure_publishable(lite, "grade", None, SYSTEM)


def test_the_command_fails_below_the_rules_that_are_demanded(tmp_path: Path) -> None:
    for file in files():
        (tmp_path / file.name).write_bytes(file.content)
    path = str(tmp_path / "grade.scenario.yaml")
    done = CliRunner().invoke(main, ["test", path, "--min-rules", "60"])
    assert done.exit_code == 1
    assert "CRM-876" in done.output
    assert CliRunner().invoke(main, ["test", path, "--min-rules", "30"]).exit_code == 0
