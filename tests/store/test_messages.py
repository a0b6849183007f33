"""Messages meet instances exactly once: waiting, starting, buffered, repeated."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.domain.access import SYSTEM
from engine.domain.commands import CancelInstance, Deploy, SendMessage, StartInstance, TidyUp
from engine.domain.errors import Conflict
from engine.domain.operating import SuspendInstance
from engine.domain.questions import GetInstance, LintFiles, ListInstances
from engine.domain.states import InstanceState
from engine.domain.values import FileIn
from engine.domain.working import ListMessages
from engine.jobs import drain
from tests.store.drawing import END, START, catch, flow, message, model


@pytest.fixture
def waiting(engine, bench):
    inner = START + catch("wait", "answer") + END + flow("start>wait", "wait>end")
    engine.do(Deploy((model("asking", inner, extra=message("answer", "=order")),), SYSTEM, publish=True))


def _state(engine, instance_id: str) -> str:
    return engine.ask(GetInstance(instance_id, SYSTEM)).row.state


def test_message_reaches_the_instance_with_its_key(engine, waiting):  # G4
    one = engine.do(StartInstance("asking", SYSTEM, variables={"order": "1"})).instance_id
    two = engine.do(StartInstance("asking", SYSTEM, variables={"order": "2"})).instance_id
    sent = engine.do(SendMessage("answer", SYSTEM, "2", {"said": "yes"}))
    assert (sent.outcome, sent.instance_id) == ("correlated", two)
    assert _state(engine, one) == InstanceState.ACTIVE
    view = engine.ask(GetInstance(two, SYSTEM))
    assert view.row.state == InstanceState.COMPLETED
    assert view.variables["said"] == "yes"


def test_message_that_came_first_is_kept_and_used_once(engine, waiting):
    assert engine.do(SendMessage("answer", SYSTEM, "1", {"said": "early"})).outcome == "buffered"
    one = engine.do(StartInstance("asking", SYSTEM, variables={"order": "1"})).instance_id
    two = engine.do(StartInstance("asking", SYSTEM, variables={"order": "1"})).instance_id
    assert _state(engine, one) == InstanceState.COMPLETED
    assert engine.ask(GetInstance(one, SYSTEM)).variables["said"] == "early"
    assert _state(engine, two) == InstanceState.ACTIVE


def test_message_expires(engine, clock, waiting):
    engine.do(SendMessage("answer", SYSTEM, "1", ttl=timedelta(minutes=1)))
    clock.move(timedelta(minutes=2))
    one = engine.do(StartInstance("asking", SYSTEM, variables={"order": "1"})).instance_id
    assert _state(engine, one) == InstanceState.ACTIVE
    (kept,) = engine.ask(ListMessages(SYSTEM, state="expired")).items
    assert (kept.name, kept.correlation_key, kept.state) == ("answer", "1", "expired")
    assert engine.do(TidyUp(SYSTEM))["messages"] == 0  # it can be looked at for some days
    clock.move(timedelta(hours=engine.settings.keep_messages_hours))
    assert engine.do(TidyUp(SYSTEM))["messages"] == 1


def test_same_idempotency_key_is_answered_again(engine, waiting):
    for order in ("1", "1"):
        engine.do(StartInstance("asking", SYSTEM, variables={"order": order}))
    first = engine.do(SendMessage("answer", SYSTEM, "1", idempotency_key="k"))
    again = engine.do(SendMessage("answer", SYSTEM, "1", idempotency_key="k"))
    assert (again.instance_id, again.repeated, first.repeated) == (first.instance_id, True, False)
    active = engine.ask(ListInstances(SYSTEM, state=InstanceState.ACTIVE)).items
    assert len(active) == 1
    with pytest.raises(Conflict) as error:
        engine.do(SendMessage("answer", SYSTEM, "2", idempotency_key="k"))
    assert error.value.code == "CRM-205"


def test_start_is_idempotent(engine, waiting):
    first = engine.do(StartInstance("asking", SYSTEM, {"order": "1"}, idempotency_key="s"))
    again = engine.do(StartInstance("asking", SYSTEM, {"order": "1"}, idempotency_key="s"))
    assert (again.instance_id, again.repeated) == (first.instance_id, True)


def test_message_starts_an_instance_and_instances_send_messages(engine, bench):  # A1
    begin = (
        '<bpmn:startEvent id="start" name="Asked"><bpmn:messageEventDefinition id="d" messageRef="m_order"/>'
        "</bpmn:startEvent>"
    )
    throw = (
        '<bpmn:intermediateThrowEvent id="tell" name="Tell"><bpmn:messageEventDefinition id="e" messageRef="m_order"/>'
        "</bpmn:intermediateThrowEvent>"
    )
    orders = model("ordering", begin + END + flow("start>end"), extra=message("order"))
    asks = model("telling", START + throw + END + flow("start>tell", "tell>end"), extra=message("order"))
    engine.do(Deploy((orders, asks), SYSTEM, publish=True))
    assert engine.do(SendMessage("order", SYSTEM, payload={"n": 3})).outcome == "started"
    parent = engine.do(StartInstance("telling", SYSTEM)).instance_id
    assert drain(engine) == 1
    started = engine.ask(ListInstances(SYSTEM, definition_key="ordering")).items
    assert {row.parent_id for row in started} == {None, parent}


def _throwing(key: str, published: str, at: str = "event") -> FileIn:
    """A process that throws the message at once; what it says of it hangs on the event or its definition."""
    said = f"<bpmn:extensionElements><zeebe:publishMessage {published}/></bpmn:extensionElements>"
    own, inner = (said, "") if at == "event" else ("", said)
    throw = (
        f'<bpmn:intermediateThrowEvent id="throw">{own}<bpmn:messageEventDefinition messageRef="m_answer">{inner}'
        "</bpmn:messageEventDefinition></bpmn:intermediateThrowEvent>"
    )
    return model(key, START + throw + END + flow("start>throw", "throw>end"), extra=message("answer"))


@pytest.mark.parametrize("at", ["event", "definition"])
@pytest.mark.parametrize(
    ("said", "minutes"),  # from the throw; the delivery is two minutes later
    [('timeToLive="PT10M"', 10), ("timeToLive='= duration(&quot;PT5M&quot;)'", 5), ('timeToLive="PT0S"', 2), ("", 62)],
)
def test_a_thrown_message_lives_as_long_as_the_model_says(engine, clock, bench, at, said, minutes):
    engine.do(Deploy((_throwing("telling", f'correlationKey="= order" {said}', at),), SYSTEM, publish=True))
    begun = clock.now()
    engine.do(StartInstance("telling", SYSTEM, variables={"order": "1"}))
    clock.move(timedelta(minutes=2))
    drain(engine)
    (kept,) = engine.ask(ListMessages(SYSTEM)).items
    assert (kept.name, kept.correlation_key) == ("answer", "1")
    assert kept.expires_at == begun + timedelta(minutes=minutes)


def test_a_message_to_a_case_that_stands_still_lives_no_longer_for_it(engine, clock, waiting):
    one = engine.do(StartInstance("asking", SYSTEM, variables={"order": "1"})).instance_id
    engine.do(SuspendInstance(one, SYSTEM, reason="pause"))
    assert engine.do(SendMessage("answer", SYSTEM, "1", ttl=timedelta(minutes=5))).outcome == "held"
    engine.do(CancelInstance(one, SYSTEM, reason="off"))
    clock.move(timedelta(minutes=6))
    drain(engine)
    two = engine.do(StartInstance("asking", SYSTEM, variables={"order": "1"})).instance_id
    assert _state(engine, two) == InstanceState.ACTIVE


def test_a_message_key_that_hangs_elsewhere_is_told(engine, bench):
    caught = catch("wait", "answer").replace(
        "<bpmn:messageEventDefinition",
        "<bpmn:extensionElements><zeebe:publishMessage/></bpmn:extensionElements><bpmn:messageEventDefinition",
    )
    odd = model("odd", START + caught + END + flow("start>wait", "wait>end"), extra=message("answer", "=order"))
    assert "CRM-898" in {f.code for f in engine.ask(LintFiles((odd,), SYSTEM))}
    wrong = _throwing("odd", 'correlationKey="= order" timeToLive="soon"')
    assert "CRM-191" in {f.code for f in engine.ask(LintFiles((wrong,), SYSTEM))}
