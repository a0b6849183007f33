"""What starts by itself: timers, cycles, signals; a new version takes over from the old."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.domain.access import SYSTEM
from engine.domain.commands import Deploy, RetryIncident, SendMessage, StartInstance
from engine.domain.errors import Invalid
from engine.domain.questions import GetInstance, ListIncidents, ListInstances, ListJobs
from engine.jobs import drain
from engine.services import registry
from engine.services.registry import BpmnError
from engine.store import tables as t
from tests.store.drawing import END, START, flow, model, service

SIGNAL = '<bpmn:signal id="s_rain" name="rain"/>'


def _timed(text: str, key: str = "timed"):
    begin = (
        '<bpmn:startEvent id="start" name="Start"><bpmn:timerEventDefinition id="d">'
        f"{text}</bpmn:timerEventDefinition></bpmn:startEvent>"
    )
    return model(key, begin + END + flow("start>end"))


def _count(engine, key: str) -> int:
    return len(engine.ask(ListInstances(SYSTEM, definition_key=key)).items)


def test_a_cycle_starts_again_and_again(engine, clock, bench):  # D11
    engine.do(Deploy((_timed("<bpmn:timeCycle>R3/PT1H</bpmn:timeCycle>"),), SYSTEM, publish=True))
    assert drain(engine) == 0
    for expected in (1, 2, 3, 3):
        clock.move(timedelta(hours=1))
        drain(engine)
        assert _count(engine, "timed") == expected
    assert engine.ask(ListJobs(SYSTEM)).items == ()


def test_a_new_version_takes_over_the_clock(engine, clock, bench):
    engine.do(Deploy((_timed("<bpmn:timeCycle>R/PT1H</bpmn:timeCycle>"),), SYSTEM, publish=True))
    engine.do(Deploy((_timed("<bpmn:timeDuration>PT2H</bpmn:timeDuration>"),), SYSTEM, publish=True))
    clock.move(timedelta(hours=5))
    drain(engine)
    (row,) = engine.ask(ListInstances(SYSTEM)).items
    assert row.version == 2


def test_a_signal_reaches_all_who_listen_and_starts_others(engine, bench):
    def event(kind: str, key: str) -> str:
        return f'<bpmn:{kind} id="{key}"><bpmn:signalEventDefinition id="{key}_s" signalRef="s_rain"/></bpmn:{kind}>'

    listening = START + event("intermediateCatchEvent", "hear") + END + flow("start>hear", "hear>end")
    shouting = START + event("intermediateThrowEvent", "shout") + END + flow("start>shout", "shout>end")
    waking = event("startEvent", "start") + END + flow("start>end")
    files = [
        model(key, inner, extra=SIGNAL)
        for key, inner in (("listening", listening), ("shouting", shouting), ("waking", waking))
    ]
    engine.do(Deploy(tuple(files), SYSTEM, publish=True))
    ears = [engine.do(StartInstance("listening", SYSTEM)).instance_id for _ in range(3)]
    engine.do(StartInstance("shouting", SYSTEM))
    assert drain(engine) == 5
    assert {str(engine.ask(GetInstance(ear, SYSTEM)).row.state) for ear in ears} == {"completed"}
    assert _count(engine, "waking") == 1


def test_a_start_event_that_needs_all_of_two_messages_begins_one_instance(engine, bench):
    """The first begins it, the second with its key is for the instance that waits; another key begins another."""

    def heard(n: int) -> str:
        return f'<bpmn:messageEventDefinition id="d{n}" messageRef="m{n}"/>'

    def said(n: int, name: str) -> str:
        key = '<zeebe:subscription correlationKey="= order"/>'
        held = f"<bpmn:extensionElements>{key}</bpmn:extensionElements>"
        return f'<bpmn:message id="m{n}" name="{name}">{held}</bpmn:message>'

    begin = f'<bpmn:startEvent id="start" parallelMultiple="true">{heard(1)}{heard(2)}</bpmn:startEvent>'
    both = model("both", begin + END + flow("start>end"), extra=said(1, "ordered") + said(2, "paid"))
    engine.do(Deploy((both,), SYSTEM, publish=True))
    first = engine.do(SendMessage("paid", SYSTEM, correlation_key="7", payload={"order": "7"}))
    other = engine.do(SendMessage("paid", SYSTEM, correlation_key="8", payload={"order": "8"}))
    assert [first.outcome, other.outcome] == ["started", "started"]
    last = engine.do(SendMessage("ordered", SYSTEM, correlation_key="7", payload={"order": "7"}))
    assert (last.outcome, last.instance_id) == ("correlated", first.instance_id)
    states = {row.id: str(row.state) for row in engine.ask(ListInstances(SYSTEM, definition_key="both")).items}
    assert states == {first.instance_id: "completed", other.instance_id: "active"}


@pytest.fixture
def calls(monkeypatch):
    """Transactional calls of this test's own: one that writes and then fails, as often as told."""
    left = {"fail": 1, "kind": Invalid("CRM-099", "not today")}

    def handler(ctx, call):
        ctx.conn.execute(t.file.insert().values(hash="h", name="n", media_type="x", content=b"", at=ctx.now, by="me"))
        if left["fail"]:
            left["fail"] -= 1
            raise left["kind"]
        return {"stored": True}

    monkeypatch.setitem(registry.calls, "crmflow:test", handler)
    return left


def test_a_failing_call_is_an_incident_and_leaves_nothing_behind(engine, bench, calls):  # G6
    inner = START + service("call", "crmflow:test") + END + flow("start>call", "call>end")
    engine.do(Deploy((model("calling", inner),), SYSTEM, publish=True))
    started = engine.do(StartInstance("calling", SYSTEM))
    (incident,) = engine.ask(ListIncidents(SYSTEM)).items
    assert (incident.kind, incident.code, incident.element_id) == ("fault", "CRM-099", "call")
    with engine._db.connect() as conn:
        assert conn.execute(t.file.select()).all() == []
    engine.do(RetryIncident(incident.id, SYSTEM))
    view = engine.ask(GetInstance(started.instance_id, SYSTEM))
    assert (view.row.state, view.incidents) == ("completed", ())
    assert engine.ask(ListIncidents(SYSTEM)).items == ()


def test_a_call_may_throw_an_error_of_the_model(engine, bench, calls):
    calls["kind"] = BpmnError("NO", "no")
    inner = (
        START
        + service("call", "crmflow:test")
        + '<bpmn:boundaryEvent id="no" attachedToRef="call"><bpmn:errorEventDefinition id="e" errorRef="No"/>'
        '</bpmn:boundaryEvent><bpmn:endEvent id="refused" name="Refused"/>'
        + END
        + flow("start>call", "call>end", "no>refused")
    )
    extra = '<bpmn:error id="No" name="No" errorCode="NO"/>'
    engine.do(Deploy((model("calling", inner, extra=extra),), SYSTEM, publish=True))
    started = engine.do(StartInstance("calling", SYSTEM))
    marks = engine.ask(GetInstance(started.instance_id, SYSTEM)).marks
    assert "refused" in {mark.element_id for mark in marks if mark.completed}
