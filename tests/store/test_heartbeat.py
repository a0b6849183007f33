"""The heartbeat: due work is done without being asked for, once, whoever else is at it; and it stops in order."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import timedelta

import pytest

from engine.domain.access import SYSTEM
from engine.domain.commands import ClaimJobs, Deploy, RetryIncident, StartInstance
from engine.domain.questions import ListIncidents, ListInstances
from engine.domain.states import InstanceState
from engine.jobs import Heartbeat, drain, runner
from tests.store.drawing import END, START, flow, model, service, timer, user

COUNT = 12


@pytest.fixture
def calls(monkeypatch):
    """The far end of a connector: every call that reached it, by what was sent."""
    seen: Counter[int] = Counter()
    lock = threading.Lock()

    def answer(type, payload, settings):
        with lock:
            seen[payload["input"]["number"]] += 1
        return {"done": True}

    monkeypatch.setattr(runner.connectors, "run", answer)
    return seen


@pytest.fixture
def calling(engine, bench):
    mapping = '<zeebe:ioMapping><zeebe:input source="=number" target="number"/></zeebe:ioMapping>'
    inner = START + service("call", "http", more=mapping) + END + flow("start>call", "call>end")
    engine.do(Deploy((model("calling", inner),), SYSTEM, publish=True))


def _wait(engine, state: InstanceState, number: int) -> None:
    """Until so many instances are in a state; each round waits for the engine's own wake-up or a moment."""
    pause = threading.Event()
    for _ in range(600):
        if len(engine.ask(ListInstances(SYSTEM, state=state, limit=100)).items) >= number:
            return
        pause.wait(0.05)
    pytest.fail(f"{number} instances did not become {state}")


def test_two_heartbeats_do_each_job_once(engine, calls, calling):  # G3
    hearts = [Heartbeat(engine, workers=2), Heartbeat(engine, workers=2)]
    for heart in hearts:
        heart.start()
    try:
        for number in range(COUNT):
            engine.do(StartInstance("calling", SYSTEM, {"number": number}))
        _wait(engine, InstanceState.COMPLETED, COUNT)
    finally:
        for heart in hearts:
            heart.stop()
    assert calls == dict.fromkeys(range(COUNT), 1)


def test_calls_behind_a_slow_one_keep_no_lease_and_timers_do_not_wait_for_it(engine, clock, calling, monkeypatch):
    """A dead far end held every worker for minutes: leases of a batch ran out, calls were done twice, timers late."""
    seen: Counter[int] = Counter()
    away = threading.Event()

    def slow(type, payload, settings):
        seen[payload["input"]["number"]] += 1
        away.wait(10)
        return {}

    monkeypatch.setattr(runner.connectors, "run", slow)
    late = START + user("work") + timer("late", "work", "PT1M") + END + '<bpmn:endEvent id="over"/>'
    engine.do(Deploy((model("timed", late + flow("start>work", "work>end", "late>over")),), SYSTEM, publish=True))
    engine.do(StartInstance("timed", SYSTEM))
    for number in range(COUNT):
        engine.do(StartInstance("calling", SYSTEM, {"number": number}))
    heart = Heartbeat(engine, workers=2)
    heart.start()
    try:
        for _ in range(200):
            if seen:
                break
            threading.Event().wait(0.02)
        clock.move(timedelta(seconds=engine.settings.lease_seconds + 5))
        heart.beat()
        _wait(engine, InstanceState.COMPLETED, 1)  # the timer
        assert sum(seen.values()) == 1
        away.set()
        _wait(engine, InstanceState.COMPLETED, COUNT + 1)
    finally:
        away.set()
        heart.stop()
    assert seen == dict.fromkeys(range(COUNT), 1)


def test_stopped_heartbeat_does_nothing_more(engine, calls, calling):
    heart = Heartbeat(engine, workers=1)
    heart.start()
    heart.stop()
    engine.do(StartInstance("calling", SYSTEM, {"number": 1}))
    assert not [t for t in threading.enumerate() if t.name.startswith("crmflow-")]
    assert len(engine.do(ClaimJobs(SYSTEM))) == 1
    assert calls == {}


def test_what_a_connector_cannot_do_becomes_an_incident_with_its_words(engine, calling):
    engine.do(StartInstance("calling", SYSTEM, {"number": 1}))
    drain(engine)
    (incident,) = engine.ask(ListIncidents(SYSTEM)).items
    assert "CRM-711" in incident.message


def test_what_a_timer_runs_into_is_an_incident_that_can_be_retried(engine, clock, bench):  # G6
    way = (
        '<bpmn:sequenceFlow id="way" sourceRef="choose" targetRef="end">'
        "<bpmn:conditionExpression>=size &gt; 3</bpmn:conditionExpression></bpmn:sequenceFlow>"
        '<bpmn:sequenceFlow id="other" sourceRef="choose" targetRef="end">'
        "<bpmn:conditionExpression>=size &lt; 0</bpmn:conditionExpression></bpmn:sequenceFlow>"
    )
    gateway = '<bpmn:exclusiveGateway id="choose" name="Choose"/>'
    inner = START + user("work") + timer("late", "work", "PT1M") + gateway + END + way
    inner += flow("start>work", "work>end", "late>choose")
    engine.do(Deploy((model("stuck", inner),), SYSTEM, publish=True))
    engine.do(StartInstance("stuck", SYSTEM, {"size": 1}))
    clock.move(timedelta(minutes=2))
    drain(engine)
    (first,) = engine.ask(ListIncidents(SYSTEM)).items
    assert (first.kind, first.element_id) == ("fault", "choose")
    engine.do(RetryIncident(first.id, SYSTEM))
    (again,) = engine.ask(ListIncidents(SYSTEM)).items
    assert again.id != first.id
