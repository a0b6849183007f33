"""The two-task scenario from deploy to end, on both databases."""

from __future__ import annotations

import pytest

from engine.domain.access import SYSTEM
from engine.domain.commands import CompleteTask, StartInstance
from engine.domain.errors import Conflict
from engine.domain.questions import GetHistory, GetInstance, GetTask, ListTasks
from engine.domain.states import InstanceState


def test_start_and_complete_to_the_end(engine, alice, two_tasks):
    started = engine.do(StartInstance("two-task", alice, variables={"amount": 200}, business_key="O-1"))
    assert started.state is InstanceState.ACTIVE
    (task,) = engine.ask(ListTasks(alice, box="teams")).items
    assert (task.id, task.name, task.business_key, task.candidates) == (
        started.tasks[0],
        "Say how much",
        "O-1",
        ("team:bench",),
    )
    assert task.next_deadline_at is not None
    done = engine.do(CompleteTask(task.id, alice, data={"amount": 300}))
    assert done.next_task is not None
    assert done.next_task.name == "Check the total"
    assert engine.ask(GetTask(done.next_task.id, alice)).data["total"] == 360
    end = engine.do(CompleteTask(done.next_task.id, alice))
    assert end.instance_state is InstanceState.COMPLETED
    view = engine.ask(GetInstance(started.instance_id, SYSTEM))
    assert view.variables == {"amount": 300, "total": 360}
    assert (view.tasks, view.timers) == ((), ())
    past = engine.ask(GetHistory(started.instance_id, SYSTEM)).items
    assert [(row.element_id, row.by) for row in past] == [
        ("Start", None),
        ("First", "alice"),
        ("Large", None),
        ("Add", None),
        ("Second", "alice"),
        ("End", None),
    ]


def test_second_click_is_told_who_was_first(engine, clock, alice, bob, two_tasks):
    task_id = engine.do(StartInstance("two-task", alice, variables={"amount": 1})).tasks[0]
    engine.do(CompleteTask(task_id, alice, data={"amount": 1}))
    with pytest.raises(Conflict) as error:
        engine.do(CompleteTask(task_id, bob, data={"amount": 1}))
    assert error.value.code == "CRM-202"
    assert error.value.message == "Task 'Say how much' was already completed by alice at 2026-03-02T09:00:00Z."
