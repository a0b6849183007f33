"""Deadlines: claimed once under a lease, fired in one transaction, failing into an incident."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.domain.access import SYSTEM
from engine.domain.commands import (
    ClaimDeadlines,
    CompleteTask,
    Deploy,
    FailDeadline,
    FireDeadline,
    RetryIncident,
    StartInstance,
)
from engine.domain.errors import Conflict, NotFound
from engine.domain.questions import GetHistory, GetInstance, ListIncidents, ListTasks, ListTimers
from engine.jobs import drain
from tests.store.drawing import END, START, flow, model, timer, user


@pytest.fixture
def escalating(engine, bench):
    inner = (
        START
        + user("work")
        + timer("late", "work", "PT15M")
        + user("rescue")
        + END
        + flow("start>work", "work>end", "late>rescue", "rescue>end")
    )
    engine.do(Deploy((model("escalating", inner),), SYSTEM, publish=True))


def test_timer_fires_when_due_and_ends_the_task(engine, clock, alice, escalating):  # A16
    started = engine.do(StartInstance("escalating", alice))
    assert drain(engine) == 0
    clock.move(timedelta(minutes=15))
    assert drain(engine) == 1
    (task,) = engine.ask(ListTasks(alice, box="teams")).items
    assert task.name == "Rescue"
    assert engine.ask(ListTimers(SYSTEM)).items == ()
    with pytest.raises(Conflict) as error:
        engine.do(CompleteTask(started.tasks[0], alice))
    assert error.value.code == "CRM-202"
    assert "was already cancelled by crmflow at 2026-03-02T09:15:00Z" in error.value.message
    past = {row.element_id: row.state for row in engine.ask(GetHistory(started.instance_id, SYSTEM)).items}
    assert past["work"] == "cancelled"


def test_a_lost_lease_is_turned_away(engine, clock, alice, escalating):
    engine.do(StartInstance("escalating", alice))
    clock.move(timedelta(minutes=16))
    (first,) = engine.do(ClaimDeadlines(SYSTEM))
    assert engine.do(ClaimDeadlines(SYSTEM)) == ()
    clock.move(timedelta(minutes=2))  # the lease has run out: another worker takes over
    (second,) = engine.do(ClaimDeadlines(SYSTEM))
    assert second.fence == first.fence + 1
    assert engine.do(FireDeadline(first.id, first.fence, SYSTEM)) is False
    assert engine.do(FireDeadline(second.id, second.fence, SYSTEM)) is True
    assert engine.do(FireDeadline(second.id, second.fence, SYSTEM)) is False


def test_completion_takes_the_timer_along(engine, clock, alice, escalating):
    started = engine.do(StartInstance("escalating", alice))
    clock.move(timedelta(minutes=16))
    (due,) = engine.do(ClaimDeadlines(SYSTEM))
    engine.do(CompleteTask(started.tasks[0], alice))
    assert engine.do(FireDeadline(due.id, due.fence, SYSTEM)) is False
    assert engine.ask(GetInstance(started.instance_id, SYSTEM)).row.state == "completed"


def test_failures_back_off_and_become_an_incident_a_person_retries(engine, clock, alice, escalating):  # G6
    engine.do(StartInstance("escalating", alice))
    clock.move(timedelta(minutes=16))
    for _ in range(engine.settings.timer_retries + 1):
        (due,) = engine.do(ClaimDeadlines(SYSTEM))
        assert engine.do(FailDeadline(due.id, due.fence, SYSTEM, "no luck"))
        clock.move(timedelta(hours=1))
    assert engine.do(ClaimDeadlines(SYSTEM)) == ()
    (incident,) = engine.ask(ListIncidents(SYSTEM)).items
    assert (incident.kind, incident.message, incident.element_id) == ("timer", "no luck", "late")
    engine.do(RetryIncident(incident.id, SYSTEM))
    assert engine.ask(ListIncidents(SYSTEM)).items == ()
    assert drain(engine) == 1
    (task,) = engine.ask(ListTasks(alice, box="teams")).items
    assert task.name == "Rescue"
    with pytest.raises(NotFound):
        engine.do(RetryIncident(incident.id, SYSTEM))


def test_reminder_shows_on_the_task_and_leaves_it_open(engine, clock, alice, bench):
    inner = (
        START
        + user("work")
        + timer("remind", "work", "PT5M", interrupting=False)
        + '<bpmn:endEvent id="told" name="Told"/>'
        + END
        + flow("start>work", "work>end", "remind>told")
    )
    engine.do(Deploy((model("reminding", inner),), SYSTEM, publish=True))
    engine.do(StartInstance("reminding", alice))
    (task,) = engine.ask(ListTasks(alice, box="teams")).items
    assert task.next_deadline_at == clock.now() + timedelta(minutes=5)
    clock.move(timedelta(minutes=5))
    assert drain(engine) == 1
    (task,) = engine.ask(ListTasks(alice, box="teams")).items
    assert task.next_deadline_at is None
