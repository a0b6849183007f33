"""A parallel event gateway starts a process by its first event and waits for all of them (A8)."""

from __future__ import annotations

import pytest
from bpmn_play import Player, flows, message, process, tag, user

from engine.bpmn import compile
from engine.domain.errors import Refused
from engine.domain.states import InstanceState


def order() -> bytes:
    """Order and payment begin a case, whichever comes first."""
    catch = '<messageEventDefinition messageRef="{}"/>'
    return process(
        tag("eventBasedGateway", "g", instantiate="true", eventGatewayType="Parallel"),
        tag("intermediateCatchEvent", "ordered", catch.format("m1")),
        tag("intermediateCatchEvent", "paid", catch.format("m2")),
        tag("parallelGateway", "both"),
        user("ship"),
        flows("g > ordered > both", "g > paid > both", "both > ship"),
        defs=message("m1", "Order") + message("m2", "Payment", "= order"),
    )


@pytest.mark.parametrize(("first", "second", "name"), [("ordered", "paid", "Payment"), ("paid", "ordered", "Order")])
@pytest.mark.parametrize("restore", [False, True])
def test_the_first_event_starts_it_and_the_other_is_awaited(first: str, second: str, name: str, restore: bool) -> None:
    p = Player(order(), restore=restore)
    assert {s.id for s in p.process.starts} == {"ordered", "paid"}
    p.start(first, order="17")
    assert p.open == [second]
    p.deliver(name)
    assert p.open == ["ship"]
    p.do("ship")
    assert p.status is InstanceState.COMPLETED


def test_it_cannot_stand_in_the_middle() -> None:
    xml = order().replace(b'instantiate="true"', b'instantiate="false"')
    with pytest.raises(Refused) as error:
        compile(xml, "p", {})
    assert [f.element for f in error.value.findings if f.code == "CRM-191"] == ["g"]
