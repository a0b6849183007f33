"""Compensation of loops, run by run with the data of its time, and compensation that nobody waits for (A8)."""

from __future__ import annotations

from bpmn_play import boundary, flows, process, tag, timer, user
from test_run_undo import COMPENSATE, handler, undo

from engine.domain.states import InstanceState

S = tag("startEvent", "s")
ITEMS = '<zeebe:loopCharacteristics inputCollection="= hotels" inputElement="hotel"/>'
OUT = '<zeebe:ioMapping><zeebe:output source="= hotel" target="undone"/></zeebe:ioMapping>'
NO_WAIT = '<compensateEventDefinition waitForCompletion="false"/>'


def looped(mark: str = "") -> str:
    held = f"<extensionElements>{ITEMS}</extensionElements>"
    return tag(
        "userTask", "book", f"<multiInstanceLoopCharacteristics {mark}>{held}</multiInstanceLoopCharacteristics>"
    )


def trip(throw: str) -> bytes:
    return process(
        S, looped('isSequential="true"'), undo("book", "unbook"), user("unbook", OUT, isForCompensation="true"),
        tag("intermediateThrowEvent", "t", throw), user("after"), flows("s > book > t > after"),
    )  # fmt: skip


def test_each_run_of_a_loop_is_undone_last_first_with_its_own_data(play):
    p = play(trip(COMPENSATE))
    p.start(hotels=["Ritz", "Savoy", "Adlon"])
    for _ in range(3):
        p.do("book")
    undone = []
    while p.open == ["unbook"]:
        p.do("unbook")
        undone.append(p.variables["undone"])
    assert undone == ["Adlon", "Savoy", "Ritz"]
    assert p.detail("t") == {"compensated": ["book", "book", "book"]}
    assert p.open == ["after"]


def test_runs_of_a_loop_that_never_ended_are_not_undone(play):
    late = boundary("b", "book", timer("PT1H")) + tag("intermediateThrowEvent", "t", COMPENSATE)
    p = play(process(S, looped(), undo("book", "unbook"), handler("unbook"), late, user("after"),
                     flows("s > book", "b > t > after")))  # fmt: skip
    p.start(hotels=["Ritz", "Savoy"])
    p.do("book")
    p.fire("b")
    assert p.open == ["after"]


def test_a_compensation_that_is_not_waited_for_goes_on_beside(play):
    p = play(trip(NO_WAIT))
    p.start(hotels=["Ritz", "Savoy"])
    p.do("book")
    p.do("book")
    assert p.open == ["after", "unbook"]
    p.do("after")
    assert p.status is InstanceState.ACTIVE
    p.do("unbook")
    p.do("unbook")
    assert p.status is InstanceState.COMPLETED
    assert p.variables["undone"] == "Ritz"


def test_a_handler_may_be_a_loop_itself(play):
    lost = f"<extensionElements>{ITEMS}</extensionElements>"
    many = tag("userTask", "unbook", f"<multiInstanceLoopCharacteristics>{lost}</multiInstanceLoopCharacteristics>",
               isForCompensation="true")  # fmt: skip
    throw = tag("intermediateThrowEvent", "t", COMPENSATE)
    p = play(process(S, user("book"), undo("book", "unbook"), many, throw, user("after"),
                     flows("s > book > t > after")))  # fmt: skip
    p.start(hotels=["Ritz", "Savoy"])
    p.do("book")
    assert p.open == ["unbook", "unbook"]
    p.do("unbook")
    p.do("unbook")
    assert p.open == ["after"]
