"""Listeners are jobs around their element: before it, after it, on a flow; history shows the element alone (A8)."""

from __future__ import annotations

import json

import pytest
from bpmn_play import boundary, flows, process, service, tag, timer, user

from engine.bpmn import compile
from engine.domain.errors import Refused

S, E = tag("startEvent", "s"), tag("endEvent", "e")


def listen(*pairs: str, task: bool = False) -> str:
    """Zeebe's listeners: ``start:type`` …"""
    one = "taskListener" if task else "executionListener"
    made = (p.partition(":") for p in pairs)
    inner = "".join(f'<zeebe:{one} eventType="{event}" type="{kind}"/>' for event, _, kind in made)
    return f"<zeebe:{one}s>{inner}</zeebe:{one}s>"


def test_a_listener_runs_before_and_one_after_its_task(play):
    p = play(process(S, user("t", listen("start:prepare", "start:check", "end:tidy")), E, flows("s > t > e")))
    p.start()
    assert [(c.element_id, c.type) for c in p.calls.values()] == [("t", "prepare")]
    p.finish("t", ready=True)
    assert [c.type for c in p.calls.values()] == ["check"]
    p.finish("t")
    assert not p.calls
    p.do("t")
    assert [c.type for c in p.calls.values()] == ["tidy"]
    assert p.variables["ready"] is True
    p.finish("t")
    assert p.trace == ["s", "t", "e"]
    assert not p.open


def test_a_user_tasks_listeners_create_and_complete(play):
    p = play(process(S, user("t", listen("creating:a", "completing:b", task=True)), E, flows("s > t > e")))
    p.start()
    assert not p.tasks
    p.finish("t")
    p.do("t")
    assert [c.type for c in p.calls.values()] == ["b"]


def test_a_boundary_timer_begins_when_the_listener_is_done(play):
    parts = (S, user("t", listen("start:a")), boundary("b", "t", timer("PT1H")), tag("endEvent", "late"), E)
    p = play(process(*parts, flows("s > t > e", "b > late")))
    p.start()
    assert not p.timers
    p.finish("t")
    assert [t.element_id for t in p.timers.values()] == ["b"]


def test_a_processes_listeners_run_after_its_start_and_before_its_end(play):
    held = f"<extensionElements>{listen('start:a', 'end:z')}</extensionElements>"
    p = play(process(held, S, service("t", "work"), E, flows("s > t > e")))
    p.start()
    kinds = []
    while p.calls:
        call = next(iter(p.calls.values()))
        kinds.append(call.type)
        p.finish(call.element_id)
    assert kinds == ["a", "work", "z"]


def test_an_event_sub_processes_listeners_run_behind_its_start_and_before_its_end(play):
    ext = "<extensionElements>" + listen("start:a", "end:z") + "</extensionElements>"
    inside = tag("startEvent", "es", timer("PT1H"), ext=listen("end:own"), isInterrupting="false")
    sub = tag(
        "subProcess",
        "sub",
        ext + inside + user("w") + tag("endEvent", "ee") + flows("es > w > ee"),
        triggeredByEvent="true",
    )
    p = play(process(S, user("t"), E, sub, flows("s > t > e")))
    p.start()
    assert not p.calls
    p.fire("es")
    for kind in ("a", "own"):
        assert [c.type for c in p.calls.values()] == [kind]
        assert "w" not in p.open
        p.finish("es")
    p.do("w")
    assert [c.type for c in p.calls.values()] == ["z"]
    p.finish("ee")
    p.do("t")
    assert p.trace == ["s", "es", "w", "ee", "sub", "t", "e"]


def test_a_listener_at_the_end_of_an_event_sub_process_with_two_ends_is_refused():
    two = user("w") + user("v") + tag("endEvent", "e1") + tag("endEvent", "e2") + flows("es > w > e1", "es > v > e2")
    ext = "<extensionElements>" + listen("end:z") + "</extensionElements>"
    sub = tag("subProcess", "sub", ext + tag("startEvent", "es", timer("PT1H")) + two, triggeredByEvent="true")
    with pytest.raises(Refused) as error:
        compile(process(S, user("t"), E, sub, flows("s > t > e")), "p", {})
    assert [f.element for f in error.value.findings] == ["sub"]


def test_headers_and_the_event_go_to_the_worker(play):
    header = '<zeebe:header key="k" value="v"/></zeebe:executionListener>'
    ext = listen("start:a").replace("/>", ">" + header, 1)
    p = play(process(S, user("t", ext), E, flows("s > t > e")))
    p.start()
    (call,) = p.calls.values()
    assert call.headers == {"eventType": "start", "k": "v"}


LOOP = "<multiInstanceLoopCharacteristics><loopCardinality>2</loopCardinality></multiInstanceLoopCharacteristics>"
MAPPED = '<zeebe:ioMapping><zeebe:input source="= 1" target="x"/></zeebe:ioMapping>'


@pytest.mark.parametrize(
    ("parts", "culprit"),
    [
        ((user("t", listen("beforeAll:a")), flows("s > t > e")), "t"),
        ((user("t", listen("start:a") + MAPPED), flows("s > t > e")), "t"),
        ((user("t", listen("assigning:a", task=True)), flows("s > t > e")), "t"),
        ((tag("inclusiveGateway", "g", ext=listen("end:a")), user("t"), flows("s > g > t > e", "g > e")), "g"),
    ],
)
def test_what_would_not_be_exact_is_refused(parts, culprit):
    with pytest.raises(Refused) as error:
        compile(process(S, E, *parts), "p", {})
    assert [f.element for f in error.value.findings if f.code == "CRM-170"] == [culprit]


def each(items: str = "items", item: str = "item", more: str = "", sequential: str = "false") -> str:
    """A multi-instance over a variable, gathering each run's ``answer``."""
    how = f'inputCollection="= {items}" inputElement="{item}" outputCollection="answers" outputElement="= answer"'
    held = f"<extensionElements><zeebe:loopCharacteristics {how}/></extensionElements>{more}"
    mark = f'isSequential="{sequential}"'
    return f"<multiInstanceLoopCharacteristics {mark}>{held}</multiInstanceLoopCharacteristics>"


AROUND = listen("start:before", "end:after")


def test_each_run_of_a_loop_has_its_listeners(play):
    task = tag("userTask", "t", each(sequential="true"), AROUND, name="Ask")
    p = play(process(S, task, E, flows("s > t > e")))
    p.start(items=["a", "b"])
    for n, item in enumerate("ab"):
        (call,) = p.calls.values()
        assert (call.element_id, call.type, call.input["item"]) == ("t", "before", item)
        assert not p.tasks
        p.finish("t")
        (opened,) = p.tasks.values()
        assert (opened.element_id, opened.scope) == ("t", ""), "nobody drew a sub-process"
        p.do("t", answer=n)
        assert [c.type for c in p.calls.values()] == ["after"]
        p.finish("t")
    assert p.trace == ["s", "t", "t", "e"]
    assert [h.detail for step in p.steps for h in step.history if h.element_id == "t"] == [
        {"loop": 1, "item": "1"},
        {"loop": 2, "item": "2"},
    ]
    assert p.variables["answers"] == [0, 1]
    assert "item" not in p.variables
    assert "answer" not in p.variables


def test_a_listener_before_all_runs_once_and_may_make_the_collection(play):
    p = play(
        process(S, tag("userTask", "t", each(), listen("beforeAll:collect", "start:before")), E, flows("s > t > e"))
    )
    p.start()
    assert [c.type for c in p.calls.values()] == ["collect"]
    p.finish("t", items=["a", "b", "c"])
    assert [c.type for c in p.calls.values()] == ["before"] * 3


def test_the_boundary_of_a_loop_with_listeners_takes_all_its_runs_away(play):
    parts = (tag("userTask", "t", each(), AROUND), boundary("b", "t", timer("PT1H")), user("late"))
    p = play(process(S, *parts, E, flows("s > t > e", "b > late")))
    p.start(items=[1, 2])
    p.finish("t")
    p.fire("b")
    assert p.open == ["late"]


def test_mappings_and_results_of_a_run_stay_with_it(play):
    """The worker gets what the mappings say, as in a loop without listeners."""
    mapped = '<zeebe:ioMapping><zeebe:input source="= item * 2" target="double"/></zeebe:ioMapping>'
    work = '<zeebe:taskDefinition type="work"/>'
    got = []
    for extra in ("", listen("end:after")):
        p = play(process(S, tag("serviceTask", "t", each(), work + mapped + extra), E, flows("s > t > e")))
        p.start(items=[1, 2])
        got.append([c.input for c in p.calls.values()])
    assert got[0] == got[1]
    assert [i["double"] for i in got[0]] == [2, 4]


def test_a_sub_process_in_a_loop_has_listeners_as_well(play):
    inside = user("w") + tag("endEvent", "we") + flows("w > we")
    p = play(process(S, tag("subProcess", "t", each() + inside, AROUND), E, flows("s > t > e")))
    p.start(items=["x"])
    p.finish("t")
    (task,) = p.tasks.values()
    assert (task.element_id, task.scope) == ("w", "t")
    p.do("w", answer=1)
    p.finish("t")
    assert p.trace == ["s", "w", "we", "t", "e"]


def test_a_standard_loop_has_listeners_for_each_run(play):
    again = "<standardLoopCharacteristics><loopCondition>n &lt; 2</loopCondition></standardLoopCharacteristics>"
    p = play(process(S, tag("userTask", "t", again, listen("end:after")), E, flows("s > t > e")))
    p.start(n=0)
    for n in (1, 2):
        p.do("t", n=n)
        p.finish("t")
    assert p.trace == ["s", "t", "t", "e"]


@pytest.mark.parametrize("kind", ["parallelGateway", "inclusiveGateway"])
def test_a_listener_before_a_join_runs_once_behind_it(play, kind):
    fork, join = tag("parallelGateway", "f"), tag(kind, "j", ext=listen("start:a"))
    p = play(process(S, fork, user("u"), user("v"), join, user("w"), flows("s > f", "f > u > j", "f > v > j", "j > w")))
    p.start()
    p.do("u")
    assert not p.calls, "it has not joined yet"
    p.do("v")
    assert [(c.element_id, c.type) for c in p.calls.values()] == [("j", "a")]
    assert "j" not in p.trace
    p.finish("j")
    assert p.open == ["w"]
    assert p.trace.count("j") == 1


def test_a_listener_after_a_fork_runs_once_before_its_ways(play):
    fork = tag("parallelGateway", "f", ext=listen("end:a"))
    p = play(process(S, fork, user("u"), user("v"), flows("s > f > u", "f > v")))
    p.start()
    assert p.open == ["f"]
    p.finish("f")
    assert p.open == ["u", "v"]
    assert p.trace == ["s", "f"]


def test_linked_resources_are_handed_to_the_worker_as_json(play):
    linked = '<zeebe:linkedResources><zeebe:linkedResource resourceId="r" linkName="x"/></zeebe:linkedResources>'
    p = play(process(S, service("t", "work", linked), E, flows("s > t > e")))
    p.start()
    (call,) = p.calls.values()
    assert json.loads(call.headers["linkedResources"]) == [{"resourceId": "r", "linkName": "x"}]
