"""What is no DMN, or not ours to run, is refused with a finding that names element and line (A7, C7)."""

from __future__ import annotations

import pytest
from dmn_texts import SPACE, decision, definitions, literal, table

from engine.dmn import Model, check
from engine.dmn.xml import MODEL
from engine.domain.errors import Refused
from engine.domain.states import Severity
from engine.domain.values import Finding

LAUGHS = b'<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><definitions xmlns="%s">&b;</definitions>'
FILE = b'<!DOCTYPE l [<!ENTITY a SYSTEM "file:///etc/passwd">]><definitions xmlns="%s">&a;</definitions>'


def refused(xml: bytes) -> list[Finding]:
    with pytest.raises(Refused) as caught:
        Model.load(xml)
    assert caught.value.findings
    assert all(f.message and f.message_zh for f in caught.value.findings)
    return list(caught.value.findings)


@pytest.mark.parametrize(
    "xml",
    [
        b"",
        b"   ",
        b"\x89PNG\r\n\x1a\n" + bytes(64),
        b"<definitions",
        b"<html/>",
        b'<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"/>',
        LAUGHS % SPACE.encode(),
        FILE % SPACE.encode(),
        b" " * (9 * 1024 * 1024),
        b"x" * (9 * 1024 * 1024),
    ],
    ids=["empty", "blank", "png", "broken", "html", "bpmn", "laughs", "xxe", "blank-large", "large"],
)
def test_what_is_no_dmn_is_refused(xml: bytes) -> None:
    (finding,) = refused(xml)
    assert finding.code == "CRM-150"
    assert finding.line
    assert "root:" not in finding.message


@pytest.mark.parametrize("space", sorted(MODEL))
def test_every_version_of_dmn_is_read(space: str) -> None:
    xml = definitions(decision("d", literal("1 + 1")), space=space)
    assert Model.load(xml).decide("d", {}).value == 2


def test_a_syntax_error_names_element_line_and_text() -> None:
    xml = definitions(decision("a", literal("1")), decision("d", table(["x"], ["y"], [["> ", "1"]])))
    (finding,) = refused(xml)
    assert finding.code == "CRM-152"
    assert finding.line == 3
    assert "'d'" in finding.message
    assert ">" in finding.message


def test_all_findings_are_told_at_once() -> None:
    xml = definitions(
        decision("a", literal("1 +")),
        decision("b", literal("1", kind="tNobody")),
        decision("c", literal("1"), needs=["d_gone"]),
    )
    assert sorted(f.code for f in refused(xml)) == ["CRM-151", "CRM-152", "CRM-153"]


def test_java_functions_are_refused_by_name() -> None:
    body = (
        "<context><contextEntry><variable name='class'/>" + literal('"java.lang.Runtime"') + "</contextEntry></context>"
    )
    bkm = (
        '<businessKnowledgeModel id="b" name="run it"><variable name="run it"/>'
        f'<encapsulatedLogic kind="Java">{body}</encapsulatedLogic></businessKnowledgeModel>'
    )
    (finding,) = refused(definitions(bkm))
    assert finding.code == "CRM-154"
    assert "run it" in finding.message
    assert "Java" in finding.message


def test_other_expression_languages_are_refused() -> None:
    logic = '<literalExpression expressionLanguage="juel"><text>${a}</text></literalExpression>'
    (finding,) = refused(definitions(decision("d", logic)))
    assert finding.code == "CRM-154"
    assert "juel" in finding.message


def test_a_circle_of_decisions_is_refused() -> None:
    xml = definitions(decision("a", literal("b"), needs=["d_b"]), decision("b", literal("a"), needs=["d_a"]))
    assert {f.code for f in refused(xml)} == {"CRM-151"}
    with pytest.raises(Refused):
        Model.load(xml, strict=False)


@pytest.mark.parametrize(
    "logic",
    [
        table(["x"], ["y"], [["1", "2"]], hit="BEST"),
        table(["x"], ["y"], [["1", "2"]], hit="UNIQUE", aggregation="SUM"),
        table(["x"], ["y", "z"], [["1", "2", "3"]], hit="COLLECT", aggregation="SUM"),
        table(["x"], ["y"], [["1"]]),
        table([""], ["y"], [["1", "2"]]),
        table(["x"], [], [["1"]]),
    ],
    ids=["hit policy", "aggregation", "two outputs", "missing cell", "no expression", "no output"],
)
def test_tables_that_do_not_fit_are_refused(logic: str) -> None:
    assert {f.code for f in refused(definitions(decision("d", logic)))} == {"CRM-151"}


def test_an_import_that_is_not_there_is_named() -> None:
    xml = definitions(f'<import name="o" namespace="urn:gone" importType="{SPACE}"/>', decision("d", literal("1")))
    (finding,) = refused(xml)
    assert finding.code == "CRM-151"
    assert "urn:gone" in finding.message


def test_check_returns_what_load_refuses() -> None:
    assert [f.code for f in check(b"<html/>")] == ["CRM-150"]
    assert [f.code for f in check(definitions(decision("d", literal("1 +"))))] == ["CRM-152"]


def test_a_function_that_nobody_knows_is_told() -> None:
    (finding,) = check(definitions(decision("d", literal('uuid() = "a" or count(xs) > 0'))))
    assert (finding.code, finding.severity) == ("CRM-152", Severity.WARNING)
    assert "'uuid'" in finding.message
    model = Model.load(definitions(decision("d", literal('uuid() = "a" or count(xs) > 0'))))
    assert model.decisions["d"].inputs == ("xs",)  # the function is no input
