"""Claim, release, reassign, draft: who may, who was first, and what the audit says."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.domain.access import SYSTEM
from engine.domain.commands import (
    CancelInstance,
    ClaimTask,
    CompleteTask,
    ReassignTask,
    ReleaseTask,
    SaveDraft,
    StartInstance,
)
from engine.domain.errors import Conflict, Forbidden, NotFound, Stale
from engine.domain.questions import CountTasks, GetAudit, GetHistory, GetInstance, GetTask, ListInstances, ListTasks
from engine.domain.states import InstanceState
from engine.services.trail import digest


@pytest.fixture
def task_id(engine, alice, two_tasks):
    return engine.do(StartInstance("two-task", alice, variables={"amount": 5})).tasks[0]


def test_claim_takes_it_from_the_queue(engine, alice, bob, task_id):
    row = engine.do(ClaimTask(task_id, alice))
    assert (row.assignee, row.state, row.revision) == ("alice", "claimed", 1)
    assert engine.do(ClaimTask(task_id, alice)).revision == 1
    with pytest.raises(Conflict) as error:
        engine.do(ClaimTask(task_id, bob))
    assert (error.value.code, error.value.context["assignee"]) == ("CRM-203", "alice")
    assert engine.ask(ListTasks(bob, box="teams")).items == ()
    assert engine.ask(CountTasks(alice)) == {"all": 0, "mine": 1, "teams": 0, "overdue": 0}
    with pytest.raises(Forbidden):
        engine.do(CompleteTask(task_id, bob))


def test_claiming_what_is_over_tells_who_did_it(engine, alice, bob, task_id):
    engine.do(CompleteTask(task_id, alice))
    with pytest.raises(Conflict) as error:
        engine.do(ClaimTask(task_id, bob))
    assert error.value.code == "CRM-203"
    assert error.value.message == "Task 'Say how much' was already completed by alice at 2026-03-02T09:00:00Z."


def test_release_and_reassign(engine, alice, bob, carol, manager, task_id):
    engine.do(ClaimTask(task_id, alice))
    with pytest.raises(Forbidden):
        engine.do(ReassignTask(task_id, "bob", bob))
    assert engine.do(ReassignTask(task_id, "bob", manager, "holiday")).assignee == "bob"
    assert engine.do(ReleaseTask(task_id, bob)).assignee is None
    assert engine.do(ReassignTask(task_id, "team:bench", manager)).candidates == ("team:bench",)
    with pytest.raises(NotFound):
        engine.do(ReassignTask(task_id, "nobody", manager))


def test_strangers_see_nothing(engine, carol, task_id):
    with pytest.raises(NotFound):
        engine.ask(GetTask(task_id, carol))
    for command in (ClaimTask(task_id, carol), CompleteTask(task_id, carol), SaveDraft(task_id, carol, {"a": 1})):
        with pytest.raises(Forbidden):
            engine.do(command)
    assert engine.ask(ListTasks(carol, box="teams")).items == ()
    instance = engine.ask(ListInstances(SYSTEM)).items[0].id
    for question in (GetInstance(instance, carol), GetHistory(instance, carol)):
        with pytest.raises(NotFound):
            engine.ask(question)


def test_stale_revision_is_refused(engine, alice, task_id):
    engine.do(ClaimTask(task_id, alice, revision=0))
    with pytest.raises(Stale) as error:
        engine.do(CompleteTask(task_id, alice, revision=0))
    assert (error.value.code, error.value.context["revision"]) == ("CRM-290", 1)


def test_draft_is_kept_shown_and_gone_with_the_task(engine, alice, task_id):
    engine.do(SaveDraft(task_id, alice, {"amount": 77}))
    view = engine.ask(GetTask(task_id, alice))
    assert (view.draft, view.data["amount"]) == (True, 77)
    assert view.may == {"claim", "complete"}
    engine.do(SaveDraft(task_id, alice, {}))
    assert engine.ask(GetTask(task_id, alice)).data["amount"] == 5


def test_cancelled_instance_tells_who_cancelled(engine, alice, manager, task_id):
    instance = engine.ask(ListTasks(alice, box="teams")).items[0].instance_id
    with pytest.raises(Forbidden):
        engine.do(CancelInstance(instance, alice, "no"))
    assert engine.do(CancelInstance(instance, manager, "duplicate")).state is InstanceState.CANCELLED
    with pytest.raises(Conflict) as error:
        engine.do(CompleteTask(task_id, alice))
    assert "was already cancelled by mary" in error.value.message
    with pytest.raises(Conflict):
        engine.do(CancelInstance(instance, manager, "again"))


def test_audit_is_a_chain_per_instance(engine, alice, manager, task_id):  # E3
    engine.do(ClaimTask(task_id, alice))
    done = engine.do(CompleteTask(task_id, alice))
    engine.do(CompleteTask(done.next_task.id, alice))
    rows = engine.ask(GetAudit(SYSTEM, done.instance_id)).items
    assert [row.action for row in rows] == [
        "instance.start",
        "task.claim",
        "task.complete",
        "task.complete",
        "instance.completed",
    ]
    previous = None
    with engine._db.connect() as conn:
        stored = conn.exec_driver_sql("select digest from audit where instance_id is not null order by id").scalars()
        for row, kept in zip(rows, stored, strict=True):
            previous = digest({name: getattr(row, name) for name in type(row).__slots__}, previous)
            assert previous == kept, f"{row.action} was changed after it was written"


def test_pages_follow_each_other(engine, clock, alice, two_tasks):
    for number in range(5):
        engine.do(StartInstance("two-task", alice, variables={"amount": number}, business_key=f"K{number}"))
        clock.move(timedelta(seconds=1))
    seen, cursor = [], None
    while True:
        page = engine.ask(ListTasks(alice, box="teams", limit=2, cursor=cursor))
        seen += [task.business_key for task in page.items]
        cursor = page.next
        if cursor is None:
            break
    assert seen == ["K0", "K1", "K2", "K3", "K4"]
    (hit,) = engine.ask(ListTasks(alice, box="teams", search="k3")).items
    assert hit.business_key == "K3"
    words = f"K3 {hit.name.split()[0].lower()}"  # in any order, each wherever it stands
    assert [row.id for row in engine.ask(ListTasks(alice, box="teams", search=words)).items] == [hit.id]
    assert engine.ask(ListTasks(alice, box="teams", search="K3 nowhere")).items == ()
