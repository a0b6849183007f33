"""Every rule of the findings: broken by one model, kept by another, told in two languages, pinned to the culprit."""

from __future__ import annotations

import re
import string

import pytest
from lint_cases import CASES as FIRST, GOOD, OWNED_PROCESS, Case
from lint_constraints import CONSTRAINTS
from lint_models import END, START, ext, flow, flows, message_file, process, straight, user
from lint_more import MORE
from lint_silent import MEANT, SILENT, hooked
from lint_standard import CASES as STANDARD

from engine.bpmn import Catalogue, check, inspect, publishable
from engine.bpmn.rules import RULES, TEXTS, base
from engine.domain.errors import Refused
from engine.domain.states import Severity

CASES = [*FIRST, *MORE, *CONSTRAINTS, *SILENT, *STANDARD]
#: Rules that need to know what a company has; see below.
BY_CATALOGUE = {"CRM-125", "CRM-126", "CRM-127", "CRM-128", "CRM-868"}


def codes(xml: bytes, catalogue: Catalogue | None = None) -> set[str]:
    return {f.code for f in check(xml, catalogue)}


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.code)
def test_the_broken_model_is_told_of_at_its_element(case: Case) -> None:  # A8
    found = [f for f in check(case.bad) if f.code == case.code]
    assert found, sorted(codes(case.bad))
    if case.blamed is not None:
        assert case.blamed in {f.element for f in found}
        assert all(f.line is not None and f.line >= 1 for f in found)


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.code)
def test_the_mended_model_is_not(case: Case) -> None:
    assert case.code not in codes(case.good)


def test_every_rule_has_a_case() -> None:
    assert {c.code for c in CASES} | BY_CATALOGUE == set(RULES)


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.code)
def test_a_finding_says_what_why_and_how_in_two_languages(case: Case) -> None:
    for f in check(case.bad):
        assert re.fullmatch(r"CRM-[18]\d\d", f.code)
        assert f.message
        assert f.why or f.code == "CRM-191"
        assert f.fix
        assert re.search(r"[一-鿿]", f.message_zh)
        assert re.search(r"[一-鿿]", f.fix_zh)
        assert "{" not in f.message.replace("${", "")


def test_every_text_fills_from_the_same_params_in_both_languages() -> None:
    def fields(*texts: str) -> set[str]:
        found = {name for t in texts for _, name, _, _ in string.Formatter().parse(t) if name}
        return {name.removesuffix("_zh") for name in found}

    for code, t in TEXTS.items():
        assert fields(t.message, t.why, t.fix) == fields(t.message_zh, t.why_zh, t.fix_zh), code


def test_a_clean_model_has_no_error_and_only_hints() -> None:
    assert {f.severity for f in check(OWNED_PROCESS)} <= {Severity.INFO, Severity.WARNING}


def test_all_findings_come_at_once_errors_first() -> None:
    xml = process(START, '<serviceTask id="t"/>', '<blink id="z"/>', END, flows("s", "t", "e"), flow("t", "gone"))
    found = check(xml)
    assert {"CRM-110", "CRM-120", "CRM-173", "CRM-180", "CRM-186"} <= {f.code for f in found}
    ranks = [[Severity.ERROR, Severity.WARNING, Severity.INFO].index(f.severity) for f in found]
    assert ranks == sorted(ranks)


def test_unknown_things_of_the_company_are_errors_known_ones_are_not() -> None:
    task = user(
        ext(
            '<zeebe:assignmentDefinition candidateGroups="team:sales, role:manager"/>',
            '<zeebe:formDefinition formId="call" bindingType="versionTag" versionTag="v1"/>',
        )
    )
    rule = '<businessRuleTask id="r" name="R">' + ext('<zeebe:calledDecision decisionId="score" resultVariable="x"/>')
    call = '<callActivity id="c" name="C">' + ext('<zeebe:calledElement processId="other"/>') + "</callActivity>"
    xml = process(START, task, rule + "</businessRuleTask>", call, END, flows("s", "t", "r", "c", "e"))
    assert codes(xml, Catalogue((), (), (), (), ())) >= BY_CATALOGUE
    tags = {("forms", "call", "v1")}
    assert not BY_CATALOGUE & codes(xml, Catalogue({"call"}, {"score"}, {"other"}, {"sales"}, tags))
    assert not BY_CATALOGUE & codes(xml)  # nothing known, nothing claimed


def test_a_process_of_the_same_file_may_be_called() -> None:
    call = '<callActivity id="t" name="C">' + ext('<zeebe:calledElement processId="p"/>') + "</callActivity>"
    assert "CRM-127" not in codes(straight(call), Catalogue(processes=()))


def test_publishing_needs_owner_goal_and_kpi() -> None:
    (bare,), (owned,) = inspect(GOOD), inspect(OWNED_PROCESS)
    assert [f.code for f in publishable(bare)] == ["CRM-180", "CRM-181", "CRM-182"]
    assert all(f.severity is Severity.ERROR and f.element == "p" for f in publishable(bare))
    assert publishable(owned) == []


def test_a_rule_that_breaks_is_told_and_the_others_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: base.Context) -> object:
        raise KeyError("oops")

    monkeypatch.setitem(RULES, "CRM-174", base.Rule("CRM-174", Severity.WARNING, broken))  # type: ignore[arg-type]
    found = check(GOOD)
    assert [f.params["code"] for f in found if f.code == "CRM-199"] == ["CRM-174"]
    assert "CRM-180" in {f.code for f in found}


def test_a_flood_of_one_finding_is_counted_not_listed() -> None:
    found = check(process(START, *(user(id=f"t{i}", attributes="") for i in range(70))))
    assert len([f for f in found if f.code == "CRM-186"]) == 50
    assert {(f.params["code"], f.params["count"]) for f in found if f.code == "CRM-198"} >= {("CRM-186", 20)}


def test_what_check_lets_pass_the_compiler_takes() -> None:
    from engine.bpmn.process import compile

    for case in CASES:
        for xml in (case.bad, case.good):
            if any(f.severity is Severity.ERROR for f in check(xml)):
                continue
            for process_info in inspect(xml):
                try:
                    compile(xml, process_info.key, {"p2": GOOD.replace(b'id="p"', b'id="p2"')})
                except Refused as e:
                    pytest.fail(f"{case.code}: {e.findings}")


def test_a_misspelt_word_gets_a_proposal() -> None:
    (f,) = [f for f in check(straight(user(attributes='nmae="Call"'))) if f.code == "CRM-111"]
    assert "name" in f.message
    assert "name" in f.message_zh


def test_a_message_that_a_job_sends_needs_no_message_element() -> None:
    throw = '<intermediateThrowEvent id="t" name="T">' + ext('<zeebe:taskDefinition type="mail"/>')
    assert "CRM-124" not in codes(straight(throw + "<messageEventDefinition/></intermediateThrowEvent>"))


def test_a_message_without_name_is_named() -> None:
    xml = message_file('<receiveTask id="t" name="R" messageRef="m"/>', name="")
    assert "has no name" in next(f.message for f in check(xml) if f.code == "CRM-124")


def test_what_is_not_executed_is_refused_with_another_way() -> None:
    cancel = '<intermediateCatchEvent id="t" name="X"><cancelEventDefinition/></intermediateCatchEvent>'
    (f, *_) = [f for f in check(straight(cancel)) if f.code == "CRM-170"]
    assert "cancel" in f.message
    assert f.element == "t"
    assert f.fix
    assert f.fix_zh


COMPENSATE = "<compensateEventDefinition/>"


@pytest.mark.parametrize(
    ("trigger", "mark", "refused"),
    [
        ("<errorEventDefinition/>", 'cancelActivity="false"', True),
        (COMPENSATE, 'cancelActivity="false"', True),
        ("<cancelEventDefinition/>", "", True),  # its host is no transaction
        ("<terminateEventDefinition/>", "", True),
        ("<errorEventDefinition/>", "", False),
    ],
)
def test_triggers_of_boundary_events_fit_their_place(trigger: str, mark: str, refused: bool) -> None:
    event = f'<boundaryEvent id="b" attachedToRef="t" {mark}>{trigger}</boundaryEvent>'
    found = check(straight(user(), event, '<endEvent id="late"/>', flow("b", "late")))
    assert ({f.element for f in found if f.code == "CRM-141"} == {"b"}) is refused


def test_an_event_sub_process_started_by_an_error_interrupts() -> None:
    start = '<startEvent id="s1" isInterrupting="false"><errorEventDefinition/></startEvent><endEvent id="e1"/>'
    inside = f'<subProcess id="x" name="X" triggeredByEvent="true">{start}{flows("s1", "e1")}</subProcess>'
    assert [f.element for f in check(straight(user(), inside)) if f.code == "CRM-145"] == ["s1"]


def test_an_inbound_connector_is_answered_by_what_there_is_instead() -> None:
    said = {
        f.fix
        for xml in (hooked("inbound.type"), hooked("inbound.type", MEANT))
        for f in check(xml)
        if f.code == "CRM-899"
    }
    assert any("POST /api/v1/instances" in text and "“p”" in text for text in said)
    assert any("POST /api/v1/messages" in text and "“paid”" in text for text in said)
