"""The outbox: a job is done once, its failure backs off, becomes an incident, or is thrown at a boundary."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.domain.access import SYSTEM
from engine.domain.commands import ClaimJobs, Deploy, FailJob, FinishJob, RetryIncident, StartInstance
from engine.domain.questions import GetInstance, ListIncidents, ListJobs
from engine.domain.states import InstanceState
from tests.store.drawing import END, START, flow, model, service

ERROR = '<bpmn:error id="Broke" name="Broke" errorCode="BROKE"/>'
CATCH = (
    '<bpmn:boundaryEvent id="broke" attachedToRef="call"><bpmn:errorEventDefinition id="b" errorRef="Broke"/>'
    '</bpmn:boundaryEvent><bpmn:endEvent id="mended" name="Mended"/>'
)


@pytest.fixture
def instance(engine, bench):
    inner = START + service("call", "erp", retries=2) + CATCH + END + flow("start>call", "call>end", "broke>mended")
    engine.do(Deploy((model("calling", inner, extra=ERROR),), SYSTEM, publish=True))
    return engine.do(StartInstance("calling", SYSTEM, variables={"n": 1})).instance_id


def _state(engine, instance_id: str) -> str:
    return engine.ask(GetInstance(instance_id, SYSTEM)).row.state


def test_a_job_is_finished_once(engine, instance):  # E22
    (job,) = engine.do(ClaimJobs(SYSTEM))
    assert job.type == "erp"
    assert engine.do(ClaimJobs(SYSTEM)) == ()
    assert engine.do(FinishJob(job.id, job.fence, SYSTEM, {"booked": True}))
    assert not engine.do(FinishJob(job.id, job.fence, SYSTEM, {"booked": False}))
    view = engine.ask(GetInstance(instance, SYSTEM))
    assert (view.row.state, view.variables["booked"], view.jobs) == (InstanceState.COMPLETED, True, ())


def test_who_lost_the_lease_changes_nothing(engine, clock, instance):
    (first,) = engine.do(ClaimJobs(SYSTEM))
    clock.move(timedelta(minutes=2))
    (second,) = engine.do(ClaimJobs(SYSTEM))
    assert not engine.do(FinishJob(first.id, first.fence, SYSTEM))
    assert not engine.do(FailJob(first.id, first.fence, SYSTEM, "late"))
    assert engine.do(FinishJob(second.id, second.fence, SYSTEM))


def test_failures_back_off_then_wait_for_a_person(engine, clock, instance):
    (job,) = engine.do(ClaimJobs(SYSTEM))
    assert engine.do(FailJob(job.id, job.fence, SYSTEM, "away"))
    assert engine.do(ClaimJobs(SYSTEM)) == ()
    clock.move(timedelta(seconds=engine.settings.backoff_seconds))
    (job,) = engine.do(ClaimJobs(SYSTEM))
    assert engine.do(FailJob(job.id, job.fence, SYSTEM, "away"))
    (row,) = engine.ask(ListJobs(SYSTEM)).items
    assert (row.state, row.attempts, row.error) == ("incident", 2, "away")
    (incident,) = engine.ask(ListIncidents(SYSTEM)).items
    engine.do(RetryIncident(incident.id, SYSTEM))
    (job,) = engine.do(ClaimJobs(SYSTEM))
    assert engine.do(FinishJob(job.id, job.fence, SYSTEM))
    assert _state(engine, instance) == InstanceState.COMPLETED


def test_an_error_the_model_expects_is_caught(engine, instance):
    (job,) = engine.do(ClaimJobs(SYSTEM))
    assert engine.do(FailJob(job.id, job.fence, SYSTEM, "it broke", error_code="BROKE"))
    view = engine.ask(GetInstance(instance, SYSTEM))
    assert view.row.state == InstanceState.COMPLETED
    assert {mark.element_id for mark in view.marks if mark.completed} >= {"start", "broke", "mended"}
    assert view.jobs == ()


def test_cancelling_takes_jobs_along(engine, instance):
    from engine.domain.commands import CancelInstance

    (job,) = engine.do(ClaimJobs(SYSTEM))
    engine.do(CancelInstance(instance, SYSTEM, "mistake"))
    assert not engine.do(FinishJob(job.id, job.fence, SYSTEM))
    assert engine.ask(ListJobs(SYSTEM)).items == ()
