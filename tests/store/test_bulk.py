"""One operation on many: tried out first, done once each whatever crashes, told one by one; incidents by cause."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.domain.access import SYSTEM
from engine.domain.commands import ChangeUser, ClaimJobs, Deploy, GrantRole, StartInstance
from engine.domain.errors import Conflict, Forbidden, Invalid
from engine.domain.operating import (
    CancelBulk,
    Chosen,
    GetBulk,
    ListBulk,
    ListBulkItems,
    ListCauses,
    Operation,
    PreviewOperation,
    RunItem,
    StartBulk,
)
from engine.domain.questions import CheckHealth, GetAudit, ListIncidents, ListInstances, ListTasks
from engine.domain.states import InstanceState
from engine.jobs import drain
from tests.store.drawing import END, START, flow, model, service, user

TWO = START + user("ask") + user("offer") + END + flow("start>ask", "ask>offer", "offer>end")


@pytest.fixture
def cases(engine, bench):
    engine.do(Deploy((model("selling", TWO), model("other", TWO)), SYSTEM, publish=True))
    engine.do(StartInstance("other", SYSTEM))
    return [engine.do(StartInstance("selling", SYSTEM, business_key=f"S-{n}")).instance_id for n in range(6)]


def test_a_preview_says_what_would_happen_and_changes_nothing(engine, cases, manager):
    move = Operation("move", Chosen("selling"), {"to": "offer", "leave": "ask"})
    shown = engine.do(PreviewOperation(move, manager, limit=4))
    assert (shown.total, len(shown.effects)) == (6, 4)
    first = shown.effects[0]
    assert (first.before, first.after, first.ends, first.opens) == ("active", "active", ("Ask",), ("Offer",))
    assert {task.element_id for task in engine.ask(ListTasks(SYSTEM, box="all")).items} == {"ask"}
    assert "instance.move" not in {row.action for row in engine.ask(GetAudit(SYSTEM)).items}
    bad = engine.do(PreviewOperation(Operation("move", Chosen("selling"), {"to": "x"}), manager, limit=1))
    assert bad.effects[0].code == "CRM-031"


def test_each_is_done_once_and_told(engine, cases, manager):
    engine.do(StartBulk(Operation("suspend", Chosen(ids=(cases[0],))), manager, "first alone"))
    drain(engine)
    bulk = engine.do(StartBulk(Operation("suspend", Chosen("selling", ids=tuple(cases))), manager, "stock-taking"))
    assert (bulk.total, bulk.waiting, bulk.state) == (6, 6, "running")
    drain(engine)
    bulk = engine.ask(GetBulk(bulk.id, manager))
    assert (bulk.state, bulk.done, bulk.failed) == ("done", 5, 1)
    failed, *_ = [item for item in engine.ask(ListBulkItems(bulk.id, manager)).items if item.state == "failed"]
    assert (failed.target, failed.code, failed.label) == (cases[0], "CRM-201", "S-0")
    states = engine.ask(ListInstances(SYSTEM, definition_key="selling", state=InstanceState.SUSPENDED)).items
    assert len(states) == 6
    told = [row for row in engine.ask(GetAudit(SYSTEM, cases[3])).items if row.action == "instance.suspend"]
    assert [(row.by, row.detail["reason"]) for row in told] == [("mary", "stock-taking")]
    assert engine.ask(CheckHealth(SYSTEM)) == ()
    assert [row.action for row in engine.ask(ListBulk(manager)).items] == ["suspend", "suspend"]


def test_a_crash_in_the_middle_loses_and_repeats_nothing(engine, clock, cases, manager):
    bulk = engine.do(StartBulk(Operation("move", Chosen("selling"), {"to": "offer"}), manager, "both at once"))
    assert len(engine.do(ClaimJobs(SYSTEM))) == 1
    for _ in range(2):  # the worker does two items and is killed
        assert engine.do(RunItem(bulk.id, SYSTEM))
    assert drain(engine) == 0
    clock.move(timedelta(minutes=5))
    drain(engine)
    assert (engine.ask(GetBulk(bulk.id, manager)).done, engine.ask(GetBulk(bulk.id, manager)).state) == (6, "done")
    tasks = [t.element_id for t in engine.ask(ListTasks(SYSTEM, box="all", definition_key="selling")).items]
    assert sorted(tasks) == ["ask"] * 6 + ["offer"] * 6


def test_what_breaks_the_program_fails_one_item_only(engine, cases, manager, monkeypatch):
    from engine.domain.operating import SuspendInstance
    from engine.services import registry

    really = registry.commands[SuspendInstance]

    def breaks(ctx, cmd):
        if cmd.instance_id == cases[0]:
            raise TypeError("int() of None")
        return really(ctx, cmd)

    monkeypatch.setitem(registry.commands, SuspendInstance, breaks)
    bulk = engine.do(StartBulk(Operation("suspend", Chosen(ids=(cases[0], cases[1]))), manager, "x"))
    while engine.do(RunItem(bulk.id, SYSTEM)):
        pass
    items = {item.target: item for item in engine.ask(ListBulkItems(bulk.id, manager)).items}
    assert (items[cases[0]].state, items[cases[1]].state) == ("failed", "done")
    assert "TypeError: int() of None" in items[cases[0]].message


def test_it_can_be_cancelled_and_the_rest_is_left_alone(engine, cases, manager):
    bulk = engine.do(StartBulk(Operation("cancel", Chosen("selling")), manager, "closing"))
    assert engine.do(RunItem(bulk.id, SYSTEM))
    over = engine.do(CancelBulk(bulk.id, manager))
    assert (over.state, over.done, over.cancelled) == ("cancelled", 1, 5)
    drain(engine)
    assert len(engine.ask(ListInstances(SYSTEM, definition_key="selling", state=InstanceState.ACTIVE)).items) == 5
    with pytest.raises(Conflict) as error:
        engine.do(CancelBulk(bulk.id, manager))
    assert error.value.code == "CRM-222"


def test_rights_are_looked_at_when_it_is_done_too(engine, cases, manager, alice):
    with pytest.raises(Forbidden):
        engine.do(StartBulk(Operation("suspend", Chosen("selling")), alice, "why not"))
    bulk = engine.do(StartBulk(Operation("suspend", Chosen(ids=(cases[0], cases[1]))), manager, "x"))
    engine.do(GrantRole("mary", "manager", SYSTEM, revoke=True))
    engine.do(RunItem(bulk.id, SYSTEM))
    engine.do(ChangeUser("mary", SYSTEM, active=False))
    engine.do(RunItem(bulk.id, SYSTEM))
    codes = [item.code for item in engine.ask(ListBulkItems(bulk.id, SYSTEM)).items]
    assert codes == ["CRM-310", "CRM-302"]


def test_the_same_request_is_noted_once(engine, cases, manager):
    said = StartBulk(Operation("suspend", Chosen("selling")), manager, "x", idempotency_key="k")
    assert engine.do(said).id == engine.do(said).id


@pytest.mark.parametrize(
    ("operation", "code"),
    [
        (Operation("explode"), "CRM-036"),
        (Operation("suspend", params={"to": "x"}), "CRM-036"),
        (Operation("move", params={"to": 3}), "CRM-036"),
        (Operation("restart"), "CRM-036"),
        (Operation("suspend", Chosen("nothing")), "CRM-038"),
    ],
)
def test_what_makes_no_sense_is_refused(engine, manager, operation, code):
    with pytest.raises(Invalid) as error:
        engine.do(StartBulk(operation, manager, "x"))
    assert error.value.code == code


def test_restarts_say_what_they_began(engine, cases, manager):
    operation = Operation("restart", Chosen(ids=(cases[0],)), {"element": "offer", "data": "none"})
    bulk = engine.do(StartBulk(operation, manager, "again"))
    drain(engine)
    (item,) = engine.ask(ListBulkItems(bulk.id, manager)).items
    assert (item.state, item.made is not None) == ("done", True)
    assert engine.ask(ListTasks(SYSTEM, box="all", instance_id=item.made)).items[0].element_id == "offer"


def test_incidents_come_by_cause_and_a_group_is_retried_at_once(engine, bench, manager):  # G6
    call = START + service("call", "http", retries=1) + END + flow("start>call", "call>end")
    engine.do(Deploy((model("calling", call), model("ringing", call)), SYSTEM, publish=True))
    for key in ("calling", "calling", "ringing"):
        engine.do(StartInstance(key, SYSTEM))
    drain(engine)
    first, second = engine.ask(ListCauses(manager))
    assert (first.definition_key, first.element_id, first.code, first.count) == ("calling", "call", "CRM-711", 2)
    assert (second.definition_key, second.count) == ("ringing", 1)
    group = Chosen(first.definition_key, element=first.element_id, code=first.code, kind=first.kind)
    before = {row.id for row in engine.ask(ListIncidents(SYSTEM)).items if row.definition_key == "calling"}
    bulk = engine.do(StartBulk(Operation("retry", group), manager, "mended"))
    assert bulk.total == 2
    drain(engine)
    after = {row.id for row in engine.ask(ListIncidents(SYSTEM)).items if row.definition_key == "calling"}
    assert len(after) == 2  # tried again, failed again
    assert not before & after
