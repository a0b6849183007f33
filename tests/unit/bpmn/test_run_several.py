"""Events with several triggers, and with one trigger said twice."""

from __future__ import annotations

from bpmn_play import flows, process, tag, timer, user

from engine.model.graph import load

S = tag("startEvent", "s")
OWN = timer("PT1H").replace("<timerEventDefinition>", '<timerEventDefinition id="own">')
SAID_AGAIN = "<eventDefinitionRef>own</eventDefinitionRef>"


def test_a_reference_to_the_events_own_definition_says_the_same_once(play):
    xml = process(S, tag("intermediateCatchEvent", "w", OWN + SAID_AGAIN), user("u"), flows("s > w > u"))
    assert load(xml).nodes["w"].event == "timer"
    p = play(xml)
    p.start()
    assert p.open == ["w"]
    p.fire("w")
    assert p.open == ["u"]
