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


PRICE = '<zeebe:input source="= price" target="agreed"/>'
TOLD = '<zeebe:ioMapping><zeebe:input source="= [agreed, price]" target="both"/></zeebe:ioMapping>'
UNBOOK = f'<zeebe:taskDefinition type="unbook"/>{TOLD}'


def test_what_an_activity_took_in_is_undone_as_it_was_then(play):
    p = play(process(S, user("book", f"<zeebe:ioMapping>{PRICE}</zeebe:ioMapping>"), undo("book", "unbook"),
                     tag("serviceTask", "unbook", ext=UNBOOK, isForCompensation="true"), user("wait"),
                     tag("intermediateThrowEvent", "t", COMPENSATE), flows("s > book > wait > t")))  # fmt: skip
    p.start(price=1)
    p.do("book")
    p.do("wait", price=2)
    assert [call.input["both"] for call in p.calls.values()] == [[1, 2]]  # what the process holds is as it is now


def test_a_sub_process_is_undone_with_the_data_it_had_and_hands_nothing_out_again(play):
    inside = user("book") + undo("book", "unbook") + tag("serviceTask", "unbook", ext=UNBOOK, isForCompensation="true")
    mapping = f'<zeebe:ioMapping>{PRICE}<zeebe:output source="= agreed" target="paid"/></zeebe:ioMapping>'
    p = play(process(S, tag("subProcess", "sub", inside, mapping), user("wait"),
                     tag("intermediateThrowEvent", "t", COMPENSATE), user("after"),
                     flows("s > sub > wait > t > after")))  # fmt: skip
    p.start(price=1)
    p.do("book", agreed=7)
    assert p.variables["paid"] == 7
    p.do("wait", price=2, paid=0)
    assert [call.input["both"] for call in p.calls.values()] == [[7, 2]]
    p.finish("unbook", agreed=9)
    assert p.variables["paid"] == 0  # it is over: undoing it is no second result
    assert p.open == ["after"]
