"""External workers: jobs under a lock with a fence, done once, failures counted even when the worker is killed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.domain.access import SYSTEM
from engine.domain.commands import CancelInstance, Deploy, RetryIncident, StartInstance
from engine.domain.errors import Conflict, Forbidden, Invalid
from engine.domain.operating import ResumeInstance, SuspendInstance
from engine.domain.questions import GetInstance, ListIncidents, ListJobs
from engine.domain.states import InstanceState
from engine.domain.working import ActivateJobs, CompleteJob, ExtendJob, JobsWait, RefuseJob
from engine.jobs import drain
from tests.store.drawing import END, START, flow, model, service, user

ERROR = '<bpmn:error id="Broke" name="Broke" errorCode="BROKE"/>'
CATCH = (
    '<bpmn:boundaryEvent id="broke" attachedToRef="call"><bpmn:errorEventDefinition id="b" errorRef="Broke"/>'
    '</bpmn:boundaryEvent><bpmn:endEvent id="mended" name="Mended"/>'
)
LOCK = timedelta(minutes=5)


@pytest.fixture
def robot(person):
    return person("robot", roles=("worker",))


@pytest.fixture
def instance(engine, bench):
    mapping = '<zeebe:ioMapping><zeebe:input source="=n" target="number"/></zeebe:ioMapping>'
    inner = START + service("call", "erp.book", retries=2, more=mapping) + CATCH + END
    inner += flow("start>call", "call>end", "broke>mended")
    engine.do(Deploy((model("calling", inner, extra=ERROR),), SYSTEM, publish=True))
    return engine.do(StartInstance("calling", SYSTEM, {"n": 1}, business_key="B-1")).instance_id


def state(engine, instance):
    return engine.ask(GetInstance(instance, SYSTEM)).row.state


def test_a_worker_gets_the_job_with_its_inputs_and_completes_it_once(engine, robot, instance):
    assert drain(engine) == 0  # nobody here does this type: it waits for a worker
    assert engine.ask(JobsWait(robot, ("erp.book",)))
    (job,) = engine.do(ActivateJobs(robot, ("erp.book", "other"), "box-1"))
    assert (job.type, job.input, job.business_key, job.attempt) == ("erp.book", {"number": 1}, "B-1", 1)
    assert engine.do(ActivateJobs(robot, ("erp.book",))) == ()
    assert not engine.ask(JobsWait(robot, ("erp.book",)))
    first = engine.do(CompleteJob(job.id, job.fence, robot, {"booked": 7}))
    again = engine.do(CompleteJob(job.id, job.fence, robot, {"booked": 7}))
    assert (first.outcome, first.repeated, again.outcome, again.repeated) == ("completed", False, "completed", True)
    view = engine.ask(GetInstance(instance, SYSTEM))
    assert (view.row.state, view.variables["booked"]) == (InstanceState.COMPLETED, 7)


def test_a_stale_lock_is_refused(engine, clock, robot, instance):
    (old,) = engine.do(ActivateJobs(robot, ("erp.book",), lock=LOCK))
    clock.move(LOCK)
    (new,) = engine.do(ActivateJobs(robot, ("erp.book",), lock=LOCK))
    assert (new.id, new.attempt) == (old.id, 2)
    for command in (
        CompleteJob(old.id, old.fence, robot),
        RefuseJob(old.id, old.fence, robot, "late"),
        ExtendJob(old.id, old.fence, robot),
    ):
        with pytest.raises(Conflict) as error:
            engine.do(command)
        assert error.value.code == "CRM-221"
    assert engine.do(CompleteJob(new.id, new.fence, robot)).outcome == "completed"


def test_a_heartbeat_keeps_the_lock(engine, clock, robot, instance):
    (job,) = engine.do(ActivateJobs(robot, ("erp.book",), lock=LOCK))
    for _ in range(3):
        clock.move(LOCK - timedelta(seconds=1))
        assert engine.do(ExtendJob(job.id, job.fence, robot, LOCK)).locked_until == clock.now() + LOCK
    assert engine.do(ActivateJobs(robot, ("erp.book",))) == ()
    assert engine.do(CompleteJob(job.id, job.fence, robot)).outcome == "completed"


def test_a_killed_worker_counts_as_an_attempt_and_a_poisonous_job_becomes_an_incident(engine, clock, robot, instance):
    for attempt in (1, 2):
        (job,) = engine.do(ActivateJobs(robot, ("erp.book",), lock=LOCK))
        assert job.attempt == attempt
        clock.move(LOCK)  # killed: nobody says a word
    assert engine.do(ActivateJobs(robot, ("erp.book",))) == ()
    (incident,) = engine.ask(ListIncidents(SYSTEM)).items
    assert incident.code == "CRM-608"
    (row,) = engine.ask(ListJobs(SYSTEM)).items
    assert row.state == "incident"
    engine.do(RetryIncident(incident.id, SYSTEM))
    (job,) = engine.do(ActivateJobs(robot, ("erp.book",)))
    assert job.attempt == 1


def test_failures_back_off_as_the_worker_says_and_end_as_an_incident(engine, clock, robot, instance):
    (job,) = engine.do(ActivateJobs(robot, ("erp.book",)))
    said = RefuseJob(job.id, job.fence, robot, "away", after=timedelta(minutes=10))
    told = engine.do(said)
    assert (told.outcome, told.due_at) == ("retried", clock.now() + timedelta(minutes=10))
    assert engine.do(said).repeated
    clock.move(timedelta(minutes=9))
    assert engine.do(ActivateJobs(robot, ("erp.book",))) == ()
    clock.move(timedelta(minutes=1))
    (job,) = engine.do(ActivateJobs(robot, ("erp.book",)))
    assert engine.do(RefuseJob(job.id, job.fence, robot, "away")).outcome == "incident"
    (incident,) = engine.ask(ListIncidents(SYSTEM)).items
    assert (incident.code, incident.message) == ("CRM-607", "away")


def test_a_worker_says_how_many_attempts_are_left(engine, robot, instance):
    """The model allows two: the worker knows better, as with Zeebe."""
    outcomes = []
    for left in (4, None, None, 1, None):
        (job,) = engine.do(ActivateJobs(robot, ("erp.book",)))
        said = RefuseJob(job.id, job.fence, robot, "away", retries=left, after=timedelta(0))
        outcomes.append((job.attempt, job.retries, engine.do(said).outcome))
    assert outcomes == [(1, 2, "retried"), (2, 5, "retried"), (3, 5, "retried"), (4, 5, "retried"), (5, 5, "incident")]


@pytest.mark.parametrize("meanwhile", ["active", "suspended"])
@pytest.mark.parametrize("mapped", [False, True])
def test_a_bpmn_error_hands_over_variables(engine, bench, robot, mapped, meanwhile):
    more = '<zeebe:ioMapping><zeebe:output source="=why" target="reason"/></zeebe:ioMapping>' if mapped else ""
    caught = (
        f'<bpmn:boundaryEvent id="broke" attachedToRef="call"><bpmn:extensionElements>{more}</bpmn:extensionElements>'
        '<bpmn:errorEventDefinition id="b" errorRef="Broke"/></bpmn:boundaryEvent>'
    )
    inner = START + service("call", "erp.book") + caught + user("mend") + END
    inner += flow("start>call", "call>end", "broke>mend", "mend>end")
    engine.do(Deploy((model("handing", inner, extra=ERROR),), SYSTEM, publish=True))
    case = engine.do(StartInstance("handing", SYSTEM)).instance_id
    (job,) = engine.do(ActivateJobs(robot, ("erp.book",)))
    if meanwhile == "suspended":
        engine.do(SuspendInstance(case, SYSTEM, "wait"))
    engine.do(RefuseJob(job.id, job.fence, robot, "no", error_code="BROKE", variables={"why": ["no stock"], "code": 7}))
    if meanwhile == "suspended":
        engine.do(ResumeInstance(case, SYSTEM, "on"))
        drain(engine)
    told = {"reason": ["no stock"]} if mapped else {"why": ["no stock"], "code": 7}
    assert engine.ask(GetInstance(case, SYSTEM)).variables == told


def test_a_bpmn_error_goes_to_its_boundary(engine, robot, instance):
    (job,) = engine.do(ActivateJobs(robot, ("erp.book",)))
    assert engine.do(RefuseJob(job.id, job.fence, robot, "no stock", error_code="BROKE")).outcome == "error"
    marks = engine.ask(GetInstance(instance, SYSTEM)).marks
    assert {mark.element_id for mark in marks if mark.completed} >= {"broke", "mended"}


def test_an_error_that_nobody_catches_waits_for_a_person_and_does_not_end_the_case(engine, robot, instance):
    (job,) = engine.do(ActivateJobs(robot, ("erp.book",)))
    said = RefuseJob(job.id, job.fence, robot, "typing", error_code="BROEK")
    assert [engine.do(said).outcome for _ in range(2)] == ["incident", "incident"]
    assert state(engine, instance) is InstanceState.ACTIVE
    (incident,) = engine.ask(ListIncidents(SYSTEM)).items
    assert (incident.code, "'BROEK'" in incident.message) == ("CRM-623", True)
    engine.do(RetryIncident(incident.id, SYSTEM, "the worker is mended"))
    (job,) = engine.do(ActivateJobs(robot, ("erp.book",)))
    engine.do(RefuseJob(job.id, job.fence, robot, "no stock", error_code="BROKE"))
    assert state(engine, instance) is InstanceState.COMPLETED


def test_work_on_a_cancelled_case_is_refused(engine, robot, instance):
    (job,) = engine.do(ActivateJobs(robot, ("erp.book",)))
    engine.do(CancelInstance(instance, SYSTEM, "not wanted any more"))
    for late in (
        CompleteJob(job.id, job.fence, robot, {"a": 1}),
        RefuseJob(job.id, job.fence, robot, "x"),
        ExtendJob(job.id, job.fence, robot, LOCK),
    ):
        with pytest.raises(Conflict) as error:
            engine.do(late)
        assert error.value.code == "CRM-221"


def test_who_may_work_and_on_what(engine, robot, alice, instance):
    with pytest.raises(Forbidden):
        engine.do(ActivateJobs(alice, ("erp.book",)))
    for types in ((), ("crmflow:message",)):
        with pytest.raises(Invalid) as error:
            engine.do(ActivateJobs(robot, types))
        assert error.value.code == "CRM-039"


def test_claiming_takes_no_more_than_asked_for(postgres, many):
    """A sub-query with a limit may run again for every row; the claim must not lock more than its limit."""
    from engine.domain.commands import AddTeam, ClaimJobs

    engine = postgres
    engine.do(AddTeam("bench", SYSTEM, name="Bench"))
    inner = START + service("call", "erp.book") + END + flow("start>call", "call>end")
    engine.do(Deploy((model("calling", inner),), SYSTEM, publish=True))
    for _ in range(many(30, 300)):
        engine.do(StartInstance("calling", SYSTEM))
    with engine._db.begin() as conn:
        conn.exec_driver_sql("ANALYZE job")
    claimed = [engine.do(ClaimJobs(SYSTEM, limit=7)) for _ in range(3)]
    assert [len(one) for one in claimed] == [7, 7, 7]
    assert len({job.id for one in claimed for job in one}) == 21
