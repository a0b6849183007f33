"""Operating a running case: suspend, move, edit data, restart from history, go on past what failed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from engine.domain.access import SYSTEM
from engine.domain.commands import (
    CancelInstance,
    ClaimJobs,
    ClaimTask,
    CompleteTask,
    Deploy,
    FailJob,
    FinishJob,
    ReassignTask,
    SendMessage,
    StartInstance,
)
from engine.domain.errors import BadForm, Conflict, Forbidden, Invalid, NotFound
from engine.domain.operating import (
    EditData,
    ListEdits,
    MoveInstance,
    RestartInstance,
    ResumeInstance,
    SkipIncident,
    SuspendInstance,
    UndoEdit,
)
from engine.domain.questions import CheckHealth, GetAudit, GetHistory, GetInstance, ListIncidents, ListTasks
from engine.domain.states import InstanceState
from engine.jobs import drain
from engine.store import due, tables as t
from tests.store.drawing import END, START, catch, flow, message, model, service, timer, user

THREE = START + user("ask") + user("offer") + user("sign") + END
THREE += flow("start>ask", "ask>offer", "offer>sign", "sign>end")


def deploy(engine, *files) -> None:
    engine.do(Deploy(files, SYSTEM, publish=True))


def view(engine, instance_id):
    assert engine.ask(CheckHealth(SYSTEM)) == ()
    return engine.ask(GetInstance(instance_id, SYSTEM))


def open_at(engine, instance_id) -> list[str]:
    return sorted(task.element_id for task in view(engine, instance_id).tasks)


def complete(engine, instance_id, clock, **data) -> None:
    (task,) = engine.ask(ListTasks(SYSTEM, box="all", instance_id=instance_id)).items
    engine.do(ReassignTask(task.id, "mary", SYSTEM))
    from engine.domain.questions import ActorNamed

    engine.do(CompleteTask(task.id, engine.ask(ActorNamed("mary")), data))
    clock.move(timedelta(minutes=5))


@pytest.fixture
def selling(engine, bench, manager):
    deploy(engine, model("selling", THREE))
    return engine.do(StartInstance("selling", SYSTEM, {"amount": 5}, business_key="S-1")).instance_id


# --- suspend and resume ------------------------------------------------------------------------------


def test_tasks_of_a_suspended_case_cannot_be_worked(engine, selling, alice, manager):
    (task,) = view(engine, selling).tasks
    row = engine.do(SuspendInstance(selling, manager, "the customer asked us to wait"))
    assert row.state is InstanceState.SUSPENDED
    for command in (
        ClaimTask(task.id, alice),
        CompleteTask(task.id, alice),
        ReassignTask(task.id, "alice", manager),
    ):
        with pytest.raises(Conflict) as error:
            engine.do(command)
        assert error.value.code == "CRM-207"
        assert "S-1" in error.value.message
    assert engine.do(ResumeInstance(selling, manager)).state is InstanceState.ACTIVE
    engine.do(ClaimTask(task.id, alice))
    acts = [row.action for row in engine.ask(GetAudit(SYSTEM, selling)).items]
    assert acts[-3:] == ["instance.suspend", "instance.resume", "task.claim"]


def test_timers_are_held_and_fire_when_the_case_goes_on(engine, bench, clock, manager):
    inner = START + user("work") + timer("late", "work", "PT1H") + user("chase") + END
    inner += flow("start>work", "work>end", "late>chase", "chase>end")
    deploy(engine, model("held", inner))
    case = engine.do(StartInstance("held", SYSTEM)).instance_id
    engine.do(SuspendInstance(case, manager, "wait"))
    clock.move(timedelta(hours=2))
    assert drain(engine) == 0
    assert open_at(engine, case) == ["work"]
    engine.do(ResumeInstance(case, manager))
    assert drain(engine) == 1
    assert open_at(engine, case) == ["chase"]


def test_messages_for_a_suspended_case_wait_for_it(engine, bench, manager):
    inner = START + catch("wait", "answer") + END + flow("start>wait", "wait>end")
    deploy(engine, model("asking", inner, extra=message("answer", "=order")))
    case = engine.do(StartInstance("asking", SYSTEM, {"order": "1"})).instance_id
    engine.do(SuspendInstance(case, manager, "wait"))
    assert engine.do(SendMessage("answer", SYSTEM, "1", {"said": "yes"})).outcome == "held"
    drain(engine)
    assert view(engine, case).row.state is InstanceState.SUSPENDED
    engine.do(ResumeInstance(case, manager))
    drain(engine)
    shown = view(engine, case)
    assert (shown.row.state, shown.variables["said"]) == (InstanceState.COMPLETED, "yes")


def test_what_a_worker_did_meanwhile_is_not_lost_and_not_done_again(engine, bench, manager):
    inner = START + service("call", "erp") + user("look") + END + flow("start>call", "call>look", "look>end")
    deploy(engine, model("calling", inner))
    case = engine.do(StartInstance("calling", SYSTEM)).instance_id
    (job,) = engine.do(ClaimJobs(SYSTEM))
    engine.do(SuspendInstance(case, manager, "wait"))
    assert engine.do(FinishJob(job.id, job.fence, SYSTEM, {"booked": True}))
    assert open_at(engine, case) == []
    engine.do(ResumeInstance(case, manager))
    drain(engine)
    assert open_at(engine, case) == ["look"]
    assert view(engine, case).variables["booked"] is True


def test_a_result_handed_in_after_failures_is_not_taken_for_a_lost_worker(engine, bench, clock, manager):
    inner = START + service("call", "erp", retries=2) + user("look") + END
    deploy(engine, model("calling", inner + flow("start>call", "call>look", "look>end")))
    case = engine.do(StartInstance("calling", SYSTEM)).instance_id
    (job,) = engine.do(ClaimJobs(SYSTEM))
    assert engine.do(FailJob(job.id, job.fence, SYSTEM, "busy"))
    clock.move(timedelta(hours=1))
    (job,) = engine.do(ClaimJobs(SYSTEM))
    engine.do(SuspendInstance(case, manager, "wait"))
    assert engine.do(FinishJob(job.id, job.fence, SYSTEM, {"booked": True}))
    engine.do(ResumeInstance(case, manager))
    drain(engine)
    assert (open_at(engine, case), view(engine, case).incidents) == (["look"], ())


def test_a_suspended_case_can_be_cancelled_and_not_suspended_twice(engine, selling, manager):
    engine.do(SuspendInstance(selling, manager, "wait"))
    with pytest.raises(Conflict) as error:
        engine.do(SuspendInstance(selling, manager, "again"))
    assert error.value.code == "CRM-201"
    assert engine.do(CancelInstance(selling, manager, "over")).state is InstanceState.CANCELLED


def test_operating_needs_the_right_and_a_reason(engine, selling, alice, manager):
    with pytest.raises(Forbidden) as error:
        engine.do(SuspendInstance(selling, alice, "please"))
    assert error.value.code == "CRM-310"
    with pytest.raises(Invalid) as none:
        engine.do(SuspendInstance(selling, manager, "  "))
    assert none.value.code == "CRM-037"


# --- go to another element -------------------------------------------------------------------------


def test_going_back_takes_the_data_of_now_or_of_then(engine, selling, clock, manager):
    clock.move(timedelta(minutes=5))
    complete(engine, selling, clock, amount=7, note="asked")
    complete(engine, selling, clock, amount=9)
    assert open_at(engine, selling) == ["sign"]
    engine.do(MoveInstance(selling, manager, "wrong offer", to="offer", leave="sign"))
    assert open_at(engine, selling) == ["offer"]
    assert view(engine, selling).variables["amount"] == 9
    engine.do(MoveInstance(selling, manager, "from the start", to="ask", everything=True, data="then"))
    shown = view(engine, selling)
    assert [task.element_id for task in shown.tasks] == ["ask"]
    assert shown.variables == {"amount": 5}
    history = engine.ask(GetHistory(selling, SYSTEM)).items
    (edit,) = [row for row in history if row.kind == "dataEdit"]
    assert edit.by == "mary"
    assert edit.detail == {"before": {"amount": 9, "note": "asked"}, "after": {"amount": 5}}
    audit = [row for row in engine.ask(GetAudit(SYSTEM, selling)).items if row.action == "instance.move"]
    assert audit[-1].detail["reason"] == "from the start"


def test_an_element_can_be_activated_and_taken_away(engine, selling, manager):
    engine.do(MoveInstance(selling, manager, "do both", to="sign"))
    assert open_at(engine, selling) == ["ask", "sign"]
    engine.do(MoveInstance(selling, manager, "not that one", leave="ask"))
    assert open_at(engine, selling) == ["sign"]
    with pytest.raises(Conflict) as error:
        engine.do(MoveInstance(selling, manager, "nor that one", leave="sign"))
    assert error.value.code == "CRM-209"
    with pytest.raises(Conflict) as gone:
        engine.do(MoveInstance(selling, manager, "gone", leave="ask"))
    assert gone.value.code == "CRM-208"


INNER = (
    '<bpmn:subProcess id="part" name="Part"><bpmn:startEvent id="s2"/>'
    + user("a")
    + user("b")
    + '<bpmn:endEvent id="e2"/>'
    + flow("s2>a", "a>b", "b>e2")
    + "</bpmn:subProcess>"
)


def test_going_into_a_sub_process_opens_it_and_leaving_its_last_task_ends_it(engine, bench, clock, manager):
    inner = START + user("first") + INNER + timer("late", "part", "PT1H") + user("last") + END
    inner += flow("start>first", "first>part", "part>last", "last>end", "late>last")
    deploy(engine, model("nested", inner))
    case = engine.do(StartInstance("nested", SYSTEM)).instance_id
    engine.do(MoveInstance(case, manager, "straight in", to="b", leave="first"))
    shown = view(engine, case)
    assert [task.element_id for task in shown.tasks] == ["b"]
    assert [one.attached_to for one in shown.timers] == ["part"]
    engine.do(MoveInstance(case, manager, "back", to="a", leave="b"))
    assert open_at(engine, case) == ["a"]
    engine.do(MoveInstance(case, manager, "out", to="last", leave="a"))
    shown = view(engine, case)
    assert ([task.element_id for task in shown.tasks], shown.timers) == (["last"], ())
    complete(engine, case, clock)
    assert view(engine, case).row.state is InstanceState.COMPLETED


GATE = '<bpmn:parallelGateway id="fork"/><bpmn:parallelGateway id="join"/>'


def test_taking_away_one_parallel_run_does_not_end_the_others(engine, bench, manager, clock):
    """It ended all of them without a word, or said that nothing else was running."""
    loop = "<bpmn:multiInstanceLoopCharacteristics><bpmn:extensionElements><zeebe:loopCharacteristics"
    loop += ' inputCollection="=items" inputElement="item"/></bpmn:extensionElements>'
    loop += "</bpmn:multiInstanceLoopCharacteristics>"
    inner = '<bpmn:startEvent id="in"/><bpmn:endEvent id="out"/>' + user("ask") + user("offer")
    inner += loop + flow("in>ask", "ask>offer", "offer>out")
    each = f'<bpmn:subProcess id="each" name="Each">{inner}</bpmn:subProcess>'
    deploy(engine, model("many", START + each + user("sign") + END + flow("start>each", "each>sign", "sign>end")))
    case = engine.do(StartInstance("many", SYSTEM, {"items": [1, 2]})).instance_id
    first = engine.ask(ListTasks(SYSTEM, box="all", instance_id=case)).items[0]
    engine.do(ReassignTask(first.id, "mary", SYSTEM))
    engine.do(CompleteTask(first.id, manager, {}))
    assert open_at(engine, case) == ["ask", "offer"]
    with pytest.raises(Invalid, match="CRM-034"):
        engine.do(MoveInstance(case, manager, "stuck", leave="ask"))
    assert open_at(engine, case) == ["ask", "offer"]
    engine.do(MoveInstance(case, manager, "stuck", to="sign", leave="each"))
    assert open_at(engine, case) == ["sign"]


def test_places_where_no_token_can_go_are_named(engine, bench, manager):
    inner = START + GATE + user("a") + user("b") + timer("late", "a", "PT1H") + END
    inner += flow("start>fork", "fork>a", "fork>b", "a>join", "b>join", "join>end", "late>end")
    deploy(engine, model("gates", inner))
    case = engine.do(StartInstance("gates", SYSTEM)).instance_id
    for place, code in (("nowhere", "CRM-031"), ("late", "CRM-032"), ("join", "CRM-033")):
        with pytest.raises(Invalid) as error:
            engine.do(MoveInstance(case, manager, "test", to=place))
        assert error.value.code == code
    assert sorted(open_at(engine, case)) == ["a", "b"]


# --- data ------------------------------------------------------------------------------------------


def test_data_keeps_its_types_and_tells_before_and_after(engine, selling, manager):
    engine.do(EditData(selling, manager, "typo", {"amount": "12.5", "due": "2026-04-01"}, {"due": "date"}))
    shown = view(engine, selling)
    assert shown.variables == {"amount": 12.5, "due": "2026-04-01"}
    with pytest.raises(BadForm) as error:
        engine.do(EditData(selling, manager, "typo", {"amount": "many", "due": "soon"}))
    assert error.value.code == "CRM-212"
    assert set(error.value.fields) == {"amount", "due"}
    engine.do(EditData(selling, manager, "not needed", remove=("due",)))
    with pytest.raises(BadForm):  # too deep to be read
        engine.do(EditData(selling, manager, "deep", {"deep": "[" * 5000 + "]" * 5000}, {"deep": "json"}))
    newest, before, *_ = engine.ask(ListEdits(selling, SYSTEM))
    assert (newest.by, newest.before, newest.after) == ("mary", {"due": "2026-04-01"}, {"due": None})
    assert (before.before, before.after["amount"]) == ({"amount": 5}, 12.5)
    audit = [row for row in engine.ask(GetAudit(SYSTEM, selling)).items if row.action == "instance.data"]
    assert [row.detail["names"] for row in audit] == [["amount", "due"], ["due"]]
    with pytest.raises(NotFound) as gone:
        engine.do(EditData(selling, manager, "again", remove=("due",)))
    assert gone.value.code == "CRM-409"


def test_undoing_a_change_puts_back_values_with_their_types(engine, selling, manager):
    was = {"due": "2026-04-01", "span": "P3D", "wide": True, "rate": "0.1", "many": [1, "a"]}
    kinds = {"due": "date", "span": "duration", "rate": "number"}
    engine.do(EditData(selling, manager, "begin", was, kinds))
    text = dict.fromkeys((*was, "new"), "x")
    engine.do(EditData(selling, manager, "typo", text, dict.fromkeys(text, "text"), remove=("amount",)))
    typo = engine.ask(ListEdits(selling, SYSTEM))[0]
    engine.do(UndoEdit(selling, manager, typo.id))
    assert view(engine, selling).variables == {**was, "rate": 0.1, "amount": 5}
    # What has its type back takes a value of that type only.
    for name in ("due", "span", "wide", "rate", "many"):
        with pytest.raises(BadForm):
            engine.do(EditData(selling, manager, "x", {name: "x"}))
    with pytest.raises(Conflict) as error:
        engine.do(UndoEdit(selling, manager, typo.id))
    assert error.value.code == "CRM-217"
    for unknown in (0, typo.id + 1000, 2**63):
        with pytest.raises(NotFound) as none:
            engine.do(UndoEdit(selling, manager, unknown))
        assert none.value.code == "CRM-430"


def test_a_restart_with_the_same_key_is_done_once(engine, selling, manager):
    said = RestartInstance(selling, manager, "again", "ask", "now", idempotency_key="k")
    first, second = engine.do(said), engine.do(said)
    assert (first.instance_id, first.repeated, second.repeated) == (second.instance_id, False, True)
    with pytest.raises(Conflict):
        engine.do(replace(said, element="offer"))


def test_conditional_events_look_at_edited_data(engine, bench, manager):
    event = (
        '<bpmn:intermediateCatchEvent id="wait" name="Big"><bpmn:conditionalEventDefinition id="c">'
        "<bpmn:condition>=amount &gt; 10</bpmn:condition></bpmn:conditionalEventDefinition>"
        "</bpmn:intermediateCatchEvent>"
    )
    deploy(engine, model("waiting", START + event + END + flow("start>wait", "wait>end")))
    case = engine.do(StartInstance("waiting", SYSTEM, {"amount": 5})).instance_id
    engine.do(EditData(case, manager, "it grew", {"amount": 9}))
    assert view(engine, case).row.state is InstanceState.ACTIVE
    engine.do(EditData(case, manager, "it grew", {"amount": 11}))
    assert view(engine, case).row.state is InstanceState.COMPLETED


# --- restart and skip --------------------------------------------------------------------------------


def test_restart_begins_where_and_with_what_history_knows(engine, selling, clock, manager):
    clock.move(timedelta(minutes=5))
    complete(engine, selling, clock, amount=7)
    complete(engine, selling, clock, amount=9)
    complete(engine, selling, clock)
    assert view(engine, selling).row.state is InstanceState.COMPLETED
    started = engine.do(RestartInstance(selling, manager, "the customer came back", "offer"))
    shown = view(engine, started.instance_id)
    assert [task.element_id for task in shown.tasks] == ["offer"]
    assert (shown.row.business_key, shown.row.parent_id, shown.variables) == ("S-1", selling, {"amount": 7})
    last = engine.do(RestartInstance(selling, manager, "again", "sign", data="now"))
    assert view(engine, last.instance_id).variables == {"amount": 9}
    with pytest.raises(NotFound) as error:
        engine.do(RestartInstance(selling, manager, "from nowhere", "end2"))
    assert error.value.code == "CRM-408"


SCRIPT = (
    '<bpmn:scriptTask id="sum" name="Sum"><bpmn:extensionElements>'
    '<zeebe:script expression="=if amount = null then {broken: 1}.x + 1 else amount * 2" resultVariable="total"/>'
    "</bpmn:extensionElements></bpmn:scriptTask>"
)


def test_skipping_goes_on_past_what_failed_with_the_result_given(engine, bench, manager):
    inner = START + service("call", "http", retries=1) + user("look") + END
    inner += flow("start>call", "call>look", "look>end")
    deploy(engine, model("calling", inner))
    case = engine.do(StartInstance("calling", SYSTEM)).instance_id
    drain(engine)  # no URL: it fails for good
    (incident,) = engine.ask(ListIncidents(SYSTEM)).items
    engine.do(SkipIncident(incident.id, manager, "booked by hand", {"number": 4711}))
    shown = view(engine, case)
    assert ([task.element_id for task in shown.tasks], shown.variables) == (["look"], {"number": 4711})
    assert shown.incidents == shown.jobs == ()
    with pytest.raises(NotFound) as error:
        engine.do(SkipIncident(incident.id, manager, "again"))
    assert error.value.code == "CRM-404"


def test_an_incident_of_no_step_cannot_be_skipped(engine, bench, manager):
    deploy(engine, model("calling", START + user("look") + END + flow("start>look", "look>end")))
    case = engine.do(StartInstance("calling", SYSTEM)).instance_id
    row = {"id": "M", "name": "mail", "type": "mail", "payload": {}, "instance_id": case}
    with engine._db.begin() as conn:
        due.add(conn, datetime.now(UTC), [row])
        (job,) = due.claim(conn, t.job, datetime.max.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC), 1)
        told = {"id": "I", "instance_id": case, "kind": "job", "job_id": "M", "element_id": None, "name": "mail"}
        told |= {"code": "CRM-607", "message": "x", "created_at": datetime.now(UTC)}
        due.park(conn, t.job, "M", job.fence, "x", told)
    with pytest.raises(Conflict, match="CRM-223"):
        engine.do(SkipIncident("I", manager, "no"))


def test_skipping_a_fault_gives_its_result_to_the_flow(engine, bench, manager):
    rule = (
        '<bpmn:businessRuleTask id="rate" name="Rate"><bpmn:extensionElements>'
        '<zeebe:calledDecision decisionId="=which" resultVariable="grade"/></bpmn:extensionElements>'
        "</bpmn:businessRuleTask>"
    )
    inner = START + rule + user("look") + END + flow("start>rate", "rate>look", "look>end")
    deploy(engine, model("rating", inner))
    case = engine.do(StartInstance("rating", SYSTEM)).instance_id
    (incident,) = engine.ask(ListIncidents(SYSTEM)).items
    engine.do(SkipIncident(incident.id, manager, "rated by phone", {"grade": "A"}))
    shown = view(engine, case)
    assert ([task.element_id for task in shown.tasks], shown.variables) == (["look"], {"grade": "A"})


def test_conditional_events_look_at_records_edited_outside(engine, bench, manager):
    from engine.domain.commands import SaveRecord

    event = (
        '<bpmn:intermediateCatchEvent id="wait" name="Grew"><bpmn:conditionalEventDefinition id="c">'
        "<bpmn:condition>=account.employees &gt; 100</bpmn:condition></bpmn:conditionalEventDefinition>"
        "</bpmn:intermediateCatchEvent>"
    )
    deploy(engine, model("growing", START + event + END + flow("start>wait", "wait>end")))
    data = {"name": "Acme", "employees": 5}
    account = engine.do(SaveRecord("account", SYSTEM, data))
    case = engine.do(StartInstance("growing", SYSTEM, {"account": {"$record": ["account", account.id]}})).instance_id
    engine.do(SaveRecord("account", SYSTEM, {"employees": 50}, id=account.id))
    drain(engine)
    assert view(engine, case).row.state is InstanceState.ACTIVE
    engine.do(SaveRecord("account", SYSTEM, {"employees": 500}, id=account.id))
    assert drain(engine) == 1
    assert view(engine, case).row.state is InstanceState.COMPLETED
