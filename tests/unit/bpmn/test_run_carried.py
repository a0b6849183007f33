"""Data associations: assignments and transformations set variables before and after the work."""

from __future__ import annotations

from bpmn_play import flows, process, service, tag

S, E = tag("startEvent", "s"), tag("endEvent", "e")
DATA = '<dataObject id="do1" name="order"/><dataObjectReference id="ref1" dataObjectRef="do1"/>'


def association(side: str, source: str, target: str, inside: str) -> str:
    ends = f"<sourceRef>{source}</sourceRef><targetRef>{target}</targetRef>"
    return f'<data{side}Association id="a_{side}_{target}">{ends}{inside}</data{side}Association>'


def assignment(value: str, to: str) -> str:
    return f"<assignment><from>{value}</from><to>{to}</to></assignment>"


def test_an_input_association_makes_a_variable_of_the_activity(play):
    inside = '<ioSpecification><dataInput id="in1" name="price"/></ioSpecification>'
    inside += association("Input", "ref1", "in1", assignment("order.total * 2", "in1"))
    p = play(process(DATA, S, service("t", inside=inside), E, flows("s > t > e")))
    p.start(order={"total": 21})
    (call,) = p.calls.values()
    assert call.input["price"] == 42
    p.finish("t")
    assert "price" not in p.variables


def test_an_output_association_sets_a_variable_and_keeps_the_result(play):
    inside = association("Output", "x", "ref1", assignment("answer + 1", "order.next"))
    p = play(process(DATA, S, service("t", inside=inside), E, flows("s > t > e")))
    p.start(order={"total": 1})
    p.finish("t", answer=6)
    assert p.variables["order"] == {"total": 1, "next": 7}
    assert p.variables["answer"] == 6


def test_a_transformation_gives_the_target_its_value(play):
    inside = association("Output", "x", "ref1", "<transformation>= answer * 10</transformation>")
    p = play(process(DATA, S, service("t", inside=inside), E, flows("s > t > e")))
    p.start()
    p.finish("t", answer=6)
    assert p.variables["order"] == 60


def test_an_association_without_either_only_shows_what_is_read(play):
    p = play(process(DATA, S, service("t", inside=association("Input", "ref1", "t", "")), E, flows("s > t > e")))
    p.start(order=1)
    (call,) = p.calls.values()
    assert not call.input.get("t")
