"""Conditional events that look at certain changes only (``zeebe:conditionalFilter``)."""

from __future__ import annotations

import pytest
from bpmn_play import boundary, flows, process, tag, user

from engine.bpmn import compile
from engine.domain.errors import Refused
from engine.domain.values import RecordRef

S = tag("startEvent", "s")


def condition(text: str, **filter: str) -> str:
    held = " ".join(f'{name}="{value}"' for name, value in filter.items())
    ext = f"<extensionElements><zeebe:conditionalFilter {held}/></extensionElements>"
    return f"<conditionalEventDefinition>{ext}<condition>{text}</condition></conditionalEventDefinition>"


def watched(trigger: str, place: str = "boundary") -> bytes:
    """Task u; work k beside it changes variables; the event leads to v each time it happens."""
    k = tag("exclusiveGateway", "m") + user("k")
    ways = flows("s > g", "g > u", "g > m > k > m")
    if place == "boundary":
        parts = boundary("b", "u", trigger, stops=False) + user("v") + flows("b > v")
    else:
        start = tag("startEvent", "b", trigger, isInterrupting="false")
        parts = tag("subProcess", "x", start + user("v") + flows("b > v"), triggeredByEvent="true")
    return process(S, tag("parallelGateway", "g"), user("u"), k, parts, ways)


@pytest.mark.parametrize("place", ["boundary", "event sub-process"])
def test_it_looks_when_a_named_variable_changes_and_not_before(play, place):
    p = play(watched(condition("x &gt; 1 and y &gt; 1", variableNames="x"), place))
    p.start(x=0, y=0)
    p.do("k", x=2)
    p.do("k", y=2)
    assert "v" not in p.open, "true since, but of y's changes it is not told"
    p.do("k", z=1, x=2)
    assert "v" not in p.open, "x was set to what it was: no change"
    p.do("k", x=3)
    assert p.open.count("v") == 1
    p.do("k", x=4)
    assert p.open.count("v") == 1, "still true: it has not become so"


def test_how_things_stand_at_its_beginning_is_looked_at_whatever_changes(play):
    p = play(watched(condition("x &gt; 1", variableEvents="create")))
    p.start(x=2)
    assert p.open == ["b", "k", "u", "v"]


def test_a_variable_that_comes_to_be_is_created_and_later_updated(play):
    created, updated = (watched(condition("x &gt; 1", variableEvents=kind)) for kind in ("create", "update"))
    p = play(created)
    p.start()
    p.do("k", x=0)
    p.do("k", x=5)
    assert "v" not in p.open, "it was created with 0, what came after is an update"
    p = play(created)
    p.start()
    p.do("k", x=5)
    assert p.open.count("v") == 1
    p = play(updated)
    p.start()
    p.do("k", x=5)
    assert "v" not in p.open
    p.do("k", x=6)
    assert p.open.count("v") == 1


def test_without_names_it_looks_at_what_the_condition_reads(play):
    p = play(watched(condition("x.y &gt; 1")))
    p.start(x={"y": 0})
    p.do("k", other=1)
    p.do("k", x={"y": 2})
    assert p.open.count("v") == 1


def test_a_change_by_hand_counts(play):
    p = play(watched(condition("x &gt; 1", variableEvents="update")))
    p.start(x=0)
    p._act(lambda run: run.change({"x": 3}))
    assert p.open.count("v") == 1


def test_a_nearer_variable_of_the_name_hides_the_change(play):
    """The sub-process has an x of its own; what becomes of the outer one is not seen in it."""
    mapped = '<zeebe:ioMapping><zeebe:input source="= 0" target="x"/></zeebe:ioMapping>'
    inner = user("u") + boundary("b", "u", condition("hot and x &gt; -1", variableNames="x,hot"), stops=False)
    sub = tag("subProcess", "sub", inner + user("v") + flows("b > v"), ext=mapped)
    ways = flows("s > g", "g > sub", "g > m > k > m")
    p = play(process(S, tag("parallelGateway", "g"), sub, tag("exclusiveGateway", "m"), user("k"), ways))
    p.start(x=1, hot=False)
    p.do("k", x=9)
    assert "v" not in p.open
    p.do("k", hot=True)
    assert p.open.count("v") == 1


def test_a_changed_record_counts_as_an_update_of_the_variables_that_hold_it(play):
    fields = {"score": 0}
    p = play(watched(condition("lead.score &gt; 80", variableEvents="update")), records=lambda _: dict(fields))
    p.start(lead=RecordRef("lead", "1"))
    fields["score"] = 90
    p.do("k", note=1)
    assert "v" not in p.open
    p._act(lambda run: run.look_again())
    assert p.open.count("v") == 1


@pytest.mark.parametrize(
    ("xml", "code", "element"),
    [
        (watched(condition("x &gt; 1", variableEvents="create,delete")), "CRM-191", "b"),
        (process(tag("startEvent", "s", condition("lead.score &gt; 1")), user("u"), flows("s > u")), "CRM-170", "s"),
    ],
)
def test_what_it_does_not_know_is_refused(xml, code, element):
    with pytest.raises(Refused) as error:
        compile(xml, "p", {})
    assert (code, element) in [(f.code, f.element) for f in error.value.findings]
