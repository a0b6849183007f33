"""What a model says about itself: owner, goal, KPI, what it needs and how it starts."""

from __future__ import annotations

from lint_models import END, START, ext, file, flows, process, straight, user

from engine.bpmn import inspect

CARD = (
    '<crmflow:process owner="team:sales" goal="Win leads" kpi="Win rate" kind="business" stage="lead"'
    ' variantOf="lead-to-order" variants="choose-variant"/><zeebe:versionTag value="v7"/>'
)


def test_the_card_of_a_process_is_read() -> None:  # A3, B1
    (p,) = inspect(process(ext(CARD), START, END, attributes='id="lead" name="Lead" isExecutable="true"'))
    assert (p.key, p.name, p.executable) == ("lead", "Lead", True)
    assert (p.owner, p.goal, p.kpi) == ("team:sales", "Win leads", "Win rate")
    assert (p.kind, p.stage, p.version_tag) == ("business", "lead", "v7")
    assert (p.variant_of, p.variants) == ("lead-to-order", "choose-variant")
    assert p.decisions == ("choose-variant",)


def test_a_bare_model_says_little_and_is_taken_as_executable() -> None:
    (p,) = inspect(process(START, END, attributes='id="p"'))
    assert (p.name, p.executable, p.owner, p.start_form) == ("p", True, None, None)
    (no,) = inspect(process(START, attributes='id="p" isExecutable="false"'))
    assert not no.executable


def test_what_it_needs_is_listed_once_and_without_expressions() -> None:
    form = ext('<zeebe:formDefinition formId="call"/>')
    rule = (
        '<businessRuleTask id="{0}">'
        + ext('<zeebe:calledDecision decisionId="{1}" resultVariable="r"/>')
        + "</businessRuleTask>"
    )
    call = '<callActivity id="{0}">' + ext('<zeebe:calledElement processId="{1}"/>') + "</callActivity>"
    xml = process(
        '<startEvent id="s">' + form.replace("call", "new") + "</startEvent>",
        user(form), user(form, id="u"), rule.format("r1", "score"), rule.format("r2", "= which"),
        call.format("c1", "quote"), call.format("c2", "= which"),
        '<subProcess id="sub">' + rule.format("r3", "inner") + "</subProcess>",
    )  # fmt: skip
    (p,) = inspect(xml)
    assert p.start_form == "new"
    assert p.forms == ("new", "call")
    assert p.decisions == ("score", "inner")
    assert p.calls == ("quote",)


def test_message_starts_are_listed_by_element_and_name() -> None:
    start = '<startEvent id="s"><messageEventDefinition messageRef="m"/></startEvent>'
    (p,) = inspect(process(start, head='<message id="m" name="Lead came in"/>'))
    assert p.messages_start == (("s", "Lead came in"),)


def test_elements_carry_name_kind_and_documentation() -> None:
    (p,) = inspect(straight(user("<documentation>Ring\ntwice.</documentation>")))
    info = p.elements["t"]
    assert (info.name, info.kind, info.documentation) == ("Call", "userTask", "Ring\ntwice.")
    assert p.elements["f_s_t"].kind == "sequenceFlow"


def test_several_processes_keep_their_order() -> None:
    xml = file(*(f'<process id="{k}">{START}{flows("s")}</process>' for k in ("b", "a")))
    assert [p.key for p in inspect(xml)] == ["b", "a"]
