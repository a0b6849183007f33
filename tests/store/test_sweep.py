"""One change to many tasks: item by item, never over somebody else's change, once per request, undone once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.domain.access import SYSTEM
from engine.domain.commands import ChangeUser, CompleteTask
from engine.domain.desk import (
    GetDesk,
    GetSweep,
    PreviewSweep,
    PrioritiseTask,
    RescheduleTask,
    StartSweep,
    StartUndo,
)
from engine.domain.errors import Conflict, Invalid, NotFound
from engine.domain.operating import ResumeInstance, SuspendInstance
from engine.domain.questions import GetTask, ListTasks
from webui.sweeping import sweep, undo


def states(row) -> list[str]:
    return [item.state for item in row.items]


def priorities(engine, actor) -> list[int]:
    return [row.priority for row in engine.ask(ListTasks(actor)).items]


def test_sweep_tells_of_each_and_is_undone_once(engine, clock, alice, bob, three):
    done = sweep(engine, alice, "prioritise", [*three, "nothing"], {"priority": 90})
    assert states(done) == ["done", "done", "done", "failed"]
    assert done.items[3].code == "CRM-403"
    assert priorities(engine, alice) == [90, 90, 90]
    clock.move(timedelta(minutes=1))
    engine.do(CompleteTask(three[2], alice, data={"amount": 1}))
    back = undo(engine, alice, done.id)
    assert states(back) == ["undone", "undone", "kept", "failed"]
    assert (back.undone_at, back.undoable) == (clock.now(), False)
    assert (back.items[2].code, back.items[2].by, back.items[2].at) == ("CRM-202", "alice", clock.now())
    with pytest.raises(Conflict) as error:
        undo(engine, alice, done.id)
    assert error.value.code == "CRM-218"
    with pytest.raises(NotFound):
        engine.ask(GetSweep(done.id, bob))


def test_what_somebody_changed_since_is_left_alone_when_undoing(engine, clock, alice, manager, three):
    done = sweep(engine, alice, "prioritise", three, {"priority": 90})
    clock.move(timedelta(minutes=5))
    engine.do(PrioritiseTask(three[1], manager, 10))
    back = undo(engine, alice, done.id)
    assert states(back) == ["undone", "kept", "undone"]
    kept = back.items[1]
    assert (kept.code, kept.by, kept.at) == ("CRM-217", manager.id, clock.now())
    assert f"changed since by {manager.id} at 20" in kept.message
    assert priorities(engine, alice) == [50, 10, 50]


def test_what_somebody_changed_since_it_was_seen_is_not_overwritten(engine, clock, alice, manager, three):
    seen = {row.id: row.revision for row in engine.ask(ListTasks(alice)).items}
    clock.move(timedelta(minutes=5))
    engine.do(PrioritiseTask(three[0], manager, 10))
    done = sweep(engine, alice, "prioritise", three, {"priority": 90}, seen)
    assert states(done) == ["failed", "done", "done"]
    assert (done.items[0].code, done.items[0].by, done.items[0].at) == ("CRM-217", manager.id, clock.now())
    assert priorities(engine, alice) == [10, 90, 90]


def test_a_change_between_noting_and_doing_is_not_overwritten(engine, alice, manager, three):
    key = "k1"
    engine.do(StartSweep(alice, "reschedule", tuple(three), {"due_at": None}, idempotency_key=key))
    engine.do(RescheduleTask(three[2], manager, None))
    done = sweep(engine, alice, "reschedule", three, {"due_at": None}, key=key)  # cut off there, sent again
    assert states(done) == ["done", "done", "failed"]


def test_the_same_request_again_shows_the_first_ones_result(engine, alice, three):
    first = sweep(engine, alice, "comment", three, {"text": "on it"}, key="k1")
    again = sweep(engine, alice, "comment", three, {"text": "on it"}, key="k1")
    assert (again.id, again.items, again.repeated, first.repeated) == (first.id, first.items, True, False)
    assert [c.text for c in engine.ask(GetDesk(three[0], alice)).comments] == ["on it"]
    others = (({"text": "something else"}, None), ({"text": "on it"}, {three[0]: 7}))
    for params, revisions in others:
        with pytest.raises(Conflict) as error:
            sweep(engine, alice, "comment", three, params, revisions, key="k1")
        assert error.value.code == "CRM-205"


def test_undo_takes_a_due_date_back_and_an_assignment(engine, clock, alice, bob, three):
    due = engine.ask(GetTask(three[0], alice)).row.due_at
    moved = sweep(engine, alice, "reschedule", three, {"due_at": (clock.now() + timedelta(days=9)).isoformat()})
    assert states(undo(engine, alice, moved.id)) == ["undone"] * 3
    assert engine.ask(GetTask(three[0], alice)).row.due_at == due
    given = sweep(engine, alice, "assign", three, {"to": "bob"})
    assert len(engine.ask(ListTasks(bob)).items) == 3
    undo(engine, alice, given.id)
    assert {row.assignee for row in engine.ask(ListTasks(alice)).items} == {"alice"}


def test_completed_stays_completed_and_wrong_parameters_are_refused_once(engine, alice, three):
    done = sweep(engine, alice, "complete", three, {"data": {"amount": 5}})
    assert (states(done), done.undoable) == (["done"] * 3, False)
    with pytest.raises(Conflict) as error:
        engine.do(StartUndo(done.id, alice))
    assert error.value.code == "CRM-217"
    with pytest.raises(Invalid) as refused:
        engine.do(StartSweep(alice, "prioritise", tuple(three), {}))
    assert refused.value.code == "CRM-085"


def test_preview_tells_what_would_happen_and_does_nothing(engine, alice, bob, manager, three):
    engine.do(PrioritiseTask(three[0], manager, 10))
    told = engine.do(PreviewSweep(alice, "assign", (*three, "nothing"), {"to": "bob"}, {three[0]: 1}))
    assert [(item.state, item.code) for item in told] == [
        ("failed", "CRM-217"), ("done", ""), ("done", ""), ("failed", "CRM-403")
    ]  # fmt: skip
    assert [row.assignee for row in engine.ask(ListTasks(alice)).items] == ["alice"] * 3
    assert engine.ask(ListTasks(bob)).items == ()
    nobody = engine.do(PreviewSweep(alice, "assign", tuple(three), {"to": "nobody-here"}))
    assert {item.code for item in nobody} == {"CRM-411"}


def test_what_is_taken_back_goes_to_nobody_who_has_left(engine, alice, bob, manager, three):
    done = sweep(engine, manager, "assign", three[:1], {"to": bob.id})
    assert states(done) == ["done"]
    engine.do(ChangeUser(alice.id, SYSTEM, active=False))
    back = undo(engine, manager, done.id)
    assert states(back) == ["kept"]
    assert engine.ask(GetTask(three[0], manager)).row.assignee == bob.id


def test_an_undo_that_met_a_suspended_case_goes_on_later(engine, alice, manager, three):
    done = sweep(engine, alice, "prioritise", three[:1], {"priority": 90})
    case = engine.ask(GetTask(three[0], manager)).row.instance_id
    engine.do(SuspendInstance(case, manager, "wait"))
    held = undo(engine, alice, done.id)
    assert (states(held), held.items[0].code) == (["done"], "CRM-207")
    engine.do(ResumeInstance(case, manager, "go on"))
    assert states(undo(engine, alice, done.id)) == ["undone"]
