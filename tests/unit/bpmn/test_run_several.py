"""Events with several triggers of which all must come, wherever they stand, and with one trigger said twice."""

from __future__ import annotations

import pytest
from bpmn_play import boundary, flows, message, process, tag, timer, user

from engine.bpmn import compile
from engine.domain.errors import Refused
from engine.domain.states import ActivityState, InstanceState
from engine.model.graph import load

S = tag("startEvent", "s")
ORDER, PAYMENT = '<messageEventDefinition messageRef="m"/>', '<messageEventDefinition messageRef="m2"/>'
STORM = '<signalEventDefinition signalRef="sg"/>'
HIGH = "<conditionalEventDefinition><condition>=n &gt; 1</condition></conditionalEventDefinition>"
DEFS = message("m", "order", "=id") + message("m2", "payment", "=id") + '<signal id="sg" name="storm"/>'


def watched(triggers: str, *, stops: bool, loop: str = "") -> bytes:
    """Task u with a boundary event that waits for all of these; k changes n beside it."""
    event = boundary("b", "u", triggers, stops=stops).replace(
        "<boundaryEvent", '<boundaryEvent parallelMultiple="true"'
    )
    fork = tag("parallelGateway", "g")
    ways = flows("s > g", "g > u", "g > m > k > m", "b > v")
    again = tag("exclusiveGateway", "m")
    return process(S, fork, tag("userTask", "u", loop), event, again, user("k"), user("v"), ways, defs=DEFS)


def aside(triggers: str, *, stops: bool) -> bytes:
    """Task u, and an event sub-process that waits for all of these."""
    start = tag("startEvent", "b", triggers, parallelMultiple="true", isInterrupting=str(stops).lower())
    inside = tag("subProcess", "x", start + user("v") + flows("b > v"), triggeredByEvent="true")
    return process(S, user("u"), inside, flows("s > u"), defs=DEFS)


# --- said twice --------------------------------------------------------------------------------------

OWN = timer("PT1H").replace("<timerEventDefinition>", '<timerEventDefinition id="own">')


def test_a_reference_to_the_events_own_definition_says_the_same_once(play):
    again = "<eventDefinitionRef>own</eventDefinitionRef>"
    xml = process(S, tag("intermediateCatchEvent", "w", OWN + again), user("u"), flows("s > w > u"))
    assert load(xml).nodes["w"].event == "timer"
    p = play(xml)
    p.start()
    assert p.open == ["w"]
    p.fire("w")
    assert p.open == ["u"]


# --- all of several ----------------------------------------------------------------------------------


@pytest.mark.parametrize("place", [watched, aside])
@pytest.mark.parametrize("order_first", [True, False])
def test_only_the_last_of_its_triggers_interrupts(play, place, order_first):
    p = play(place(ORDER + timer("PT1H"), stops=True))
    p.start(id="1", n=0)
    waiting = [e for e in p.open if e != "k"]
    assert waiting == ["b", "b", "u"]
    p.deliver("order", sum=7) if order_first else p.fire("b")
    assert [e for e in p.open if e != "k"] == ["b", "u"], "what has come listens no more, nothing has happened"
    p.fire("b") if order_first else p.deliver("order", sum=7)
    assert [e for e in p.open if e != "k"] == ["v"]
    assert p.variables["sum"] == 7
    assert p.trace.count("b") == 1
    assert p.detail("b") == {"message": "order", "timer": "PT1H"}
    assert p.ended(ActivityState.CANCELLED) == ["u"]


@pytest.mark.parametrize("place", [watched, aside])
def test_one_that_goes_on_happens_once_for_each_full_round(play, place):
    p = play(place(ORDER + STORM, stops=False))
    p.start(id="1", n=0)
    for round_no in (1, 2):
        p.deliver("order")
        assert p.open.count("v") == round_no - 1
        assert [w.name for w in p.waits.values()] == ["storm"], "a second order is not heard before the round is full"
        p.deliver("storm")
        assert p.open.count("v") == round_no
        assert sorted(w.name for w in p.waits.values()) == ["order", "storm"]
    assert "u" in p.open


def test_one_with_a_trigger_that_comes_once_happens_once(play):
    p = play(watched(ORDER + timer("PT1H"), stops=False))
    p.start(id="1", n=0)
    p.fire("b")
    p.deliver("order")
    assert p.open == ["k", "u", "v"], "the hour does not pass again, so the event cannot happen again"


def test_a_cycle_comes_again_as_often_as_it_says(play):
    p = play(watched(STORM + timer("R2/PT1H", "timeCycle"), stops=False))
    p.start(id="1", n=0)
    for round_no in (1, 2):
        p.fire("b")
        p.deliver("storm")
        assert p.open.count("v") == round_no
    assert p.open == ["k", "u", "v", "v"]


def test_a_condition_in_it_must_become_true_anew(play):
    p = play(watched(HIGH + ORDER, stops=False))
    p.start(id="1", n=0)
    p.do("k", n=2)
    p.do("k", n=0)
    assert "v" not in p.open
    p.deliver("order")
    assert p.open.count("v") == 1, "that it has been true is kept"
    p.do("k", n=5)
    p.deliver("order")
    assert p.open.count("v") == 2
    p.deliver("order")
    p.do("k", n=6)
    assert p.open.count("v") == 2, "it is still true and has not become so"


def test_the_boundary_of_a_loop_waits_for_all_as_well(play):
    many = "<multiInstanceLoopCharacteristics><loopCardinality>3</loopCardinality></multiInstanceLoopCharacteristics>"
    p = play(watched(ORDER + STORM, stops=True, loop=many))
    p.start(id="1", n=0)
    p.deliver("storm")
    p.do("u")
    p.deliver("order")
    assert p.open == ["k", "v"]


def test_done_work_takes_half_a_round_away(play):
    p = play(watched(ORDER + STORM, stops=True))
    p.start(id="1", n=0)
    p.deliver("storm")
    p.do("u")
    assert p.open == ["k"]


# --- the start of a process --------------------------------------------------------------------------


def begun(triggers: str) -> bytes:
    start = tag("startEvent", "s", triggers, parallelMultiple="true")
    return process(start, user("u"), flows("s > u"), defs=DEFS)


@pytest.mark.parametrize(("first", "other"), [(0, "payment"), (1, "order")])
def test_a_process_that_starts_by_all_messages_begins_with_the_first_and_waits_for_the_rest(play, first, other):
    p = play(begun(ORDER + PAYMENT))
    starts = p.process.starts
    assert [(x.id, x.trigger, x.message) for x in starts] == [("s", "message", "order"), ("s", "message", "payment")]
    p.start(starts[first].node, id="17")
    assert [(w.name, w.correlation_key) for w in p.waits.values()] == [(other, "17")]
    assert p.trace == []
    p.deliver(other)
    assert p.open == ["u"]
    assert p.trace == ["s"], "history knows the drawn event, once"
    p.do("u")
    assert p.status is InstanceState.COMPLETED


def test_begun_by_hand_it_waits_for_all_of_them(play):
    p = play(begun(ORDER + PAYMENT))
    p.start(id="17")
    p.deliver("payment")
    assert p.open == ["s"]
    p.deliver("order")
    assert p.open == ["u"]


@pytest.mark.parametrize(
    ("xml", "element"),
    [
        (begun(ORDER + timer("PT1H")), "s"),
        (watched(ORDER + '<errorEventDefinition errorRef="er"/>', stops=True), "b"),
        (aside(ORDER + '<escalationEventDefinition escalationRef="es"/>', stops=True), "b"),
    ],
)
def test_what_cannot_be_waited_for_together_is_refused(xml, element):
    with pytest.raises(Refused) as error:
        compile(xml, "p", {})
    assert ("CRM-170", element) in [(f.code, f.element) for f in error.value.findings]
