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
        ((tag("userTask", "t", LOOP, listen("start:a")), flows("s > t > e")), "t"),
        ((user("t", listen("start:a") + MAPPED), flows("s > t > e")), "t"),
        ((user("t", listen("assigning:a", task=True)), flows("s > t > e")), "t"),
        ((tag("parallelGateway", "g", ext=listen("end:a")), user("t"), flows("s > g > t > e", "g > e")), "g"),
    ],
)
def test_what_would_not_be_exact_is_refused(parts, culprit):
    with pytest.raises(Refused) as error:
        compile(process(S, E, *parts), "p", {})
    assert [f.element for f in error.value.findings if f.code == "CRM-170"] == [culprit]


def test_linked_resources_are_handed_to_the_worker_as_json(play):
    linked = '<zeebe:linkedResources><zeebe:linkedResource resourceId="r" linkName="x"/></zeebe:linkedResources>'
    p = play(process(S, service("t", "work", linked), E, flows("s > t > e")))
    p.start()
    (call,) = p.calls.values()
    assert json.loads(call.headers["linkedResources"]) == [{"resourceId": "r", "linkName": "x"}]
