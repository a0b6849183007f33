"""Tasks: what a person gets, scripts, decisions, service calls, messages, mappings, records."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from bpmn_play import NOW, flows, message, process, script, service, tag, user

from engine.domain.errors import NotFound
from engine.domain.states import InstanceState
from engine.domain.values import MessageThrown, RecordRef
from engine.feel import to_json

S, E = tag("startEvent", "s"), tag("endEvent", "e")
LEAD = RecordRef("lead", "L1")


def records(ref):
    return {"name": "Acme", "score": 80, "owner": "eva", "active": True}


HUMAN = (
    '<zeebe:userTask/><zeebe:assignmentDefinition assignee="=lead.owner" candidateGroups="=[&quot;sales&quot;, team]"'
    ' candidateUsers="bob, carol"/><zeebe:taskSchedule dueDate="=policy.reminder" followUpDate="2026-03-05T10:00:00Z"/>'
    '<zeebe:priorityDefinition priority="=lead.score"/><zeebe:formDefinition formId="contact-form"/>'
    '<crmflow:assignment strategy="least-loaded" team="=team" skills="german"/><crmflow:record variable="lead"/>'
    '<crmflow:stage value="lead"/>'
)


def test_what_the_model_says_about_a_task_is_evaluated_when_it_opens(play):  # G2, A16
    lanes = '<laneSet id="ls"><lane id="l1" name="Sales"><flowNodeRef>u</flowNodeRef></lane></laneSet>'
    task = tag("userTask", "u", "<documentation>Ring them.</documentation>", "", name="Call").replace(
        "<documentation>", f"<extensionElements>{HUMAN}</extensionElements><documentation>", 1
    )
    p = play(process(lanes, S, task, flows("s > u")), records=records)
    opened = p.start(lead=LEAD, team="north", policy={"reminder": timedelta(minutes=5)}).opened[0]
    assert opened.assignee == "eva"
    assert opened.candidate_groups == ("sales", "north")
    assert opened.candidate_users == ("bob", "carol")
    assert opened.due_at == NOW + timedelta(minutes=5)
    assert opened.follow_up_at == datetime(2026, 3, 5, 10, tzinfo=UTC)
    assert opened.priority == 80
    assert opened.form_key == "contact-form"
    assert opened.lane == "Sales"
    assert opened.record == LEAD
    assert opened.assignment == {"strategy": "least-loaded", "team": "north", "skills": "german"}
    assert opened.stage == "lead"
    assert opened.documentation == "Ring them."
    assert opened.definition_key == "p"


@pytest.mark.parametrize("when", ["soon", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "P7900Y", date.max])
def test_a_due_date_that_is_no_time_is_a_fault_of_its_task(play, when):
    ext = '<zeebe:taskSchedule dueDate="=when"/>'
    p = play(process(S, user("u", ext), E, flows("s > u > e")))
    step = p.start(when=when)
    assert (step.faults[0].code, step.faults[0].element_id) == ("CRM-613", "u")
    assert step.opened == ()


def test_a_manual_task_waits_for_a_person_and_an_undefined_task_passes(play):
    p = play(process(S, tag("task", "t"), tag("manualTask", "m"), flows("s > t > m")))
    assert [t.kind for t in p.start().opened] == ["manual"]
    assert p.trace == ["s", "t"]


def test_a_script_computes_with_exact_numbers(play):
    p = play(process(S, script("x", "total", "price * 3"), user("u"), flows("s > x > u")))
    p.start(price=Decimal("0.1"))
    assert p.variables["total"] == Decimal("0.3")


def test_a_script_in_plain_bpmn_gives_several_variables(play):
    plain = '<scriptTask id="x" scriptFormat="feel"><script>{a: 1, b: "z"}</script></scriptTask>'
    p = play(process(S, plain, user("u"), flows("s > x > u")))
    p.start()
    assert p.variables == {"a": 1, "b": "z"}


RULE = tag("businessRuleTask", "r", ext='<zeebe:calledDecision decisionId="score" resultVariable="grade"/>')


def test_a_business_rule_task_decides_and_history_keeps_the_trace(play):  # C11
    trace = ({"decision": "score", "rules": [{"index": 1, "matched": True}]},)
    seen = {}

    def decide(name, inputs):
        seen.update(name=name, score=inputs["lead"]["score"])
        return {"grade": "A", "points": Decimal("7.5")}, trace

    p = play(process(S, RULE, user("u"), flows("s > r > u")), decide=decide, records=records)
    p.start(lead=LEAD)
    assert seen == {"name": "score", "score": 80}
    assert p.variables["grade"] == {"grade": "A", "points": Decimal("7.5")}
    assert p.detail("r") == {"decision": "score", "trace": trace}


def test_a_failing_decision_is_a_fault_with_its_own_code(play):
    def decide(name, inputs):
        raise NotFound("CRM-408", "No decision 'score'.", fix="Deploy it.")

    p = play(process(S, RULE, user("u"), flows("s > r > u")), decide=decide)
    fault = p.start().faults[0]
    assert (fault.code, fault.message) == ("CRM-408", "No decision 'score'. Deploy it.")


CALL = (
    '<zeebe:ioMapping><zeebe:input source="=lead" target="who"/><zeebe:input source="=amount * 2" target="data.sum"/>'
    '<zeebe:input source="fixed" target="mode"/><zeebe:output source="=id" target="order.id"/>'
    '<zeebe:output source="=data.sum + 1" target="order.next"/></zeebe:ioMapping>'
    '<zeebe:taskHeaders><zeebe:header key="url" value="https://x"/></zeebe:taskHeaders>'
)


def test_a_service_call_gets_its_inputs_and_writes_its_outputs(play):  # H5
    p = play(process(S, service("c", "crmflow:record.create", CALL), user("u"), flows("s > c > u")), records=records)
    run = p.runtime.start(p.process, {"lead": LEAD, "amount": 4}, NOW)
    assert [call.type for call in run.pending] == ["crmflow:record.create"]
    p.start(lead=LEAD, amount=4)
    (call,) = p.calls.values()
    assert call.input == {"who": LEAD, "data": {"sum": Decimal(8)}, "mode": "fixed"}
    assert (call.headers, call.retries, call.definition_key) == ({"url": "https://x"}, 3, "p")
    step = p.finish("c", id="O-1", noise=1)
    assert step.calls_gone == (call.key,)
    assert p.variables == {"lead": LEAD, "amount": 4, "order": {"id": "O-1", "next": Decimal(9)}}


def test_a_call_finished_in_the_same_run_leaves_only_history(play):
    p = play(process(S, service("c"), user("u"), flows("s > c > u")))
    run = p.runtime.start(p.process, {}, NOW)
    run.finish_call(run.pending[0].key, {"ok": True})
    assert run.pending == ()
    step = run.finish()
    assert (step.calls, step.calls_gone) == ((), ())
    assert [h.element_id for h in step.history] == ["s", "c"]
    assert step.variables == {"ok": True}


def test_headers_name_the_variable_that_takes_the_result(play):
    ext = '<zeebe:taskHeaders><zeebe:header key="resultVariable" value="answer"/></zeebe:taskHeaders>'
    p = play(process(S, service("c", ext=ext), user("u"), flows("s > c > u")))
    p.start()
    p.finish("c", status=200)
    assert p.variables == {"answer": {"status": 200}}


def test_a_result_expression_shapes_the_result(play):
    text = "= {code: response.status, ok: response.status &lt; 300}"
    ext = f'<zeebe:taskHeaders><zeebe:header key="resultExpression" value="{text}"/></zeebe:taskHeaders>'
    p = play(process(S, service("c", ext=ext), user("u"), flows("s > c > u")))
    p.start()
    p.finish("c", status=200)
    assert p.variables == {"code": Decimal(200), "ok": True}


def test_without_mappings_a_call_sees_all_variables(play):
    p = play(process(S, service("c"), E, flows("s > c > e")), records=records)
    p.start(lead=LEAD, n=1)
    assert next(iter(p.calls.values())).input == {"lead": LEAD, "n": 1}


def test_a_mapping_without_a_source_gives_null(play):
    mapped = '<zeebe:ioMapping><zeebe:input target="a"/><zeebe:output source=" " target="b"/></zeebe:ioMapping>'
    p = play(process(S, service("w", ext=mapped), user("u"), flows("s > w > u")))
    p.start(a=1, b=2)
    (call,) = p.calls.values()
    assert call.input == {"a": None}  # not the variable of that name
    p.finish("w", b=3)
    assert p.variables == {"a": 1, "b": None}


def test_what_an_input_mapping_made_local_stays_local(play):
    ext = '<zeebe:ioMapping><zeebe:input source="=lead.name" target="title"/></zeebe:ioMapping>'
    p = play(process(S, user("u", ext), E, flows("s > u > e")), records=records)
    key = p.start(lead=LEAD).opened[0].key
    assert p.run().scope(key)["title"] == "Acme"
    p.do("u", title="changed", note="new")
    assert p.variables == {"lead": LEAD, "note": "new"}


MSG = message("m", "order-placed", "=order.id")
SEND_IN = '<zeebe:ioMapping><zeebe:input source="=order.total" target="total"/></zeebe:ioMapping>'


def test_a_send_task_that_is_a_job_is_a_job_whatever_message_is_drawn_beside_it(play):
    job = tag("sendTask", "t", ext='<zeebe:taskDefinition type="mail"/>', messageRef="m")
    p = play(process(S, job, E, flows("s > t > e"), defs=MSG))
    assert [call.type for call in p.start().calls] == ["mail"]


def test_a_send_task_throws_its_message_with_key_and_payload(play):
    p = play(process(S, tag("sendTask", "t", ext=SEND_IN, messageRef="m"), E, flows("s > t > e"), defs=MSG))
    step = p.start(order={"id": "O-1", "total": 5})
    assert step.messages == (MessageThrown("t", "order-placed", "O-1", {"total": 5}),)
    assert p.status is InstanceState.COMPLETED


def test_a_message_end_event_throws_too_and_a_task_definition_makes_it_a_call(play):
    thrown = '<messageEventDefinition messageRef="m"/>'
    p = play(process(S, tag("endEvent", "e", thrown), flows("s > e"), defs=MSG))
    assert [m.name for m in p.start(order={"id": 1}).messages] == ["order-placed"]
    q = play(process(S, tag("endEvent", "e", thrown, '<zeebe:taskDefinition type="mail"/>'), flows("s > e"), defs=MSG))
    q.start(order={"id": 1})
    assert q.open == ["e"]
    q.finish("e")
    assert q.status is InstanceState.COMPLETED


def test_a_receive_task_waits_for_its_message_and_key(play):
    p = play(process(S, tag("receiveTask", "t", messageRef="m"), user("u"), flows("s > t > u"), defs=MSG))
    (wait,) = p.start(order={"id": 17}).subscriptions
    assert (wait.name, wait.correlation_key, wait.kind) == ("order-placed", "17", "message")
    step = p.deliver("order-placed", answer="yes")
    assert step.subscriptions_gone == (wait.key,)
    assert p.variables["answer"] == "yes"
    assert p.detail("t") == {"message": "order-placed"}


def test_a_correlation_key_that_is_null_is_a_fault(play):
    p = play(process(S, tag("receiveTask", "t", messageRef="m"), user("u"), flows("s > t > u"), defs=MSG))
    assert p.start().faults[0].code == "CRM-617"


def test_records_are_seen_as_their_present_fields_but_never_stored(play):  # K, erasure
    calls = []

    def load(ref):
        calls.append(ref)
        return {"name": "Acme", "score": 80}

    p = play(
        process(
            S,
            script("a", "copy", "lead"),
            script("b", "text", 'lead.name + " " + lead.kind + " " + lead.id'),
            script("c", "wrapped", "{who: lead, all: [lead]}"),
            script("d", "score", "wrapped.all[1].score"),
            user("u"),
            flows("s > a > b > c > d > u"),
        ),
        records=load,
    )
    step = p.start(lead=LEAD)
    assert p.variables["copy"] == LEAD
    assert p.variables["text"] == "Acme lead L1"
    assert p.variables["wrapped"] == {"who": LEAD, "all": [LEAD]}
    assert p.variables["score"] == 80
    assert len(calls) == 1, "read once in a run"
    assert b"Acme lead" in step.state
    assert step.state.count(b"Acme") == 1


def test_a_record_is_read_again_after_a_call_that_may_have_changed_it(play):
    fields = {"stage": "new"}
    xml = process(
        S,
        script("a", "was", "lead.stage"),
        service("c"),
        script("b", "now", "lead.stage"),
        user("u"),
        flows("s > a > c > b > u"),
    )
    p = play(xml, records=lambda ref: dict(fields))
    run = p.runtime.start(p.process, {"lead": LEAD}, NOW)
    fields["stage"] = "won"
    run.finish_call(run.pending[0].key)
    variables = run.finish().variables
    assert (variables["was"], variables["now"]) == ("new", "won")


def test_a_mapping_may_not_write_into_a_record(play):
    ext = '<zeebe:ioMapping><zeebe:output source="=1" target="lead.score"/></zeebe:ioMapping>'
    p = play(process(S, user("u", ext), E, flows("s > u > e")), records=records)
    p.start(lead=LEAD)
    p.do("u")
    assert p.steps[-1].faults[0].code == "CRM-616"


def test_now_is_the_commands_time_and_instance_is_known(play):
    p = play(
        process(
            S,
            user("u"),
            script("x", "at", "{t: now(), i: instance.id, b: instance.businessKey}"),
            user("v"),
            flows("s > u > x > v"),
        )
    )
    p.start()
    p.pass_time(days=3)
    p.do("u")
    at = to_json(p.variables["at"])
    assert at["t"].startswith("2026-03-05T09:00:00")
    assert (at["i"], at["b"]) == ("i1", "BK-1")


def test_a_function_cannot_be_a_variable(play):
    p = play(process(S, script("x", "f", "function(a) a + 1"), E, flows("s > x > e")))
    assert p.start().faults[0].code == "CRM-615"


@pytest.mark.parametrize("deep", [63, 65])
def test_data_nested_too_deep_is_refused(play, deep):
    value: object = 1
    for _ in range(deep):
        value = [value]
    p = play(process(S, user("u"), E, flows("s > u > e")))
    if deep < 64:
        p.start(v=value)
        p.do("u")
        assert p.variables["v"] == value
    else:
        with pytest.raises(Exception, match="nested more than"):
            p.start(v=value)


def test_a_fault_in_an_output_mapping_does_not_repeat_the_work(play):
    ext = '<zeebe:ioMapping><zeebe:output source="=n" target="lead.score"/></zeebe:ioMapping>'
    p = play(
        process(
            S,
            tag("parallelGateway", "g"),
            user("fix"),
            service("c", ext=ext),
            E,
            flows("s > g", "g > fix", "g > c > e"),
        )
    )
    p.start(lead=LEAD)
    p.finish("c", n=3)
    assert p.open == ["c", "fix"]
    assert p.calls == {}
    p.do("fix", lead={})
    p.retry("c")
    assert p.calls == {}
    assert p.variables["lead"] == {"score": 3}


def test_a_fault_behind_an_output_mapping_does_not_write_it_again(play):
    ext = '<zeebe:ioMapping><zeebe:output source="=n" target="kept"/></zeebe:ioMapping>'
    xml = process(
        S,
        tag("parallelGateway", "g"),
        user("fix"),
        user("u", ext),
        user("v"),
        flows("s > g", "g > fix", "g > u", "u > v | ok"),
    )
    p = play(xml)
    p.start(ok=False)
    p.do("u", n=7)
    assert p.faults
    assert p.variables["kept"] == 7
    p.do("fix", ok=True)
    p.retry("u")
    assert p.variables["kept"] == 7
    assert p.open == ["v"]
