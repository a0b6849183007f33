"""Sub-processes, call activities, event sub-processes, multi-instance and standard loops."""

from __future__ import annotations

from decimal import Decimal

import pytest
from bpmn_play import boundary, flows, message, process, script, service, tag, timer, user

from engine.domain.errors import Refused
from engine.domain.states import ActivityState, InstanceState

S, E = tag("startEvent", "s"), tag("endEvent", "e")
MSG = message("m", "stop")
MESSAGE = '<messageEventDefinition messageRef="m"/>'
ERR = '<error id="er" errorCode="BAD"/>'
ERROR = '<errorEventDefinition errorRef="er"/>'


def sub(id: str, *inside: str, ext: str = "", **attributes: str) -> str:
    return tag("subProcess", id, "".join(inside), ext, **attributes)


INNER = sub("sub", tag("startEvent", "is"), user("iu"), tag("endEvent", "ie"), flows("is > iu > ie"))


def test_a_sub_process_is_done_when_no_token_is_left_in_it(play):
    p = play(process(S, INNER, user("v"), flows("s > sub > v")))
    (task,) = p.start().opened
    assert (task.element_id, task.scope) == ("iu", "sub")
    step = p.do("iu")
    assert p.open == ["v"]
    assert [(h.element_id, h.scope) for h in step.history] == [("iu", "sub"), ("ie", "sub"), ("sub", "")]


def test_a_sub_process_shares_the_variables_around_it(play):
    inner = sub("sub", script("x", "n", "n + 1"), script("y", "fresh", "n"), flows("x > y"))
    p = play(process(S, inner, user("v"), flows("s > sub > v")))
    p.start(n=1)
    assert p.variables == {"n": Decimal(2), "fresh": Decimal(2)}


def test_parallel_branches_see_each_others_variables_at_once(play):
    p = play(
        process(
            S,
            tag("parallelGateway", "g"),
            user("a"),
            user("b"),
            script("x", "seen", "word"),
            user("v"),
            flows("s > g", "g > a", "g > b > x > v"),
        )
    )
    p.start()
    p.do("a", word="hello")
    p.do("b")
    assert p.variables["seen"] == "hello"


def test_locals_of_a_sub_process_end_with_it(play):
    ext = (
        '<zeebe:ioMapping><zeebe:input source="=1" target="k"/>'
        '<zeebe:output source="=k * 10" target="out"/></zeebe:ioMapping>'
    )
    inner = sub("sub", script("x", "k", "k + 1"), user("iu"), flows("x > iu"), ext=ext)
    p = play(process(S, inner, user("v"), flows("s > sub > v")))
    p.start()
    p.do("iu")
    assert p.variables == {"out": Decimal(20)}


def test_an_interrupting_timer_cancels_a_sub_process_deeply(play):
    low = sub("low", user("iu"), service("ic"))
    outer = sub("outer", low, boundary("x", "low", timer("PT9H")), user("after"), flows("x > after"))
    p = play(process(S, outer, boundary("b", "outer", timer("PT1H")), user("v"), flows("s > outer", "b > v")))
    p.start()
    assert p.open == ["b", "ic", "iu", "x"]
    p.fire("b")
    assert p.open == ["v"]
    assert sorted(p.ended(ActivityState.CANCELLED)) == ["ic", "iu", "low", "outer"]


def test_a_boundary_event_inside_a_sub_process(play):
    inner = sub("sub", user("iu"), boundary("b", "iu", timer("PT1H")), user("iv"), flows("b > iv"))
    p = play(process(S, inner, user("v"), flows("s > sub > v")))
    p.start()
    p.fire("b")
    assert p.open == ["iv"]
    p.do("iv")
    assert p.open == ["v"]


def test_a_terminate_end_event_in_a_sub_process_ends_only_that(play):
    inner = sub("sub", user("a"), user("b"), tag("endEvent", "t", "<terminateEventDefinition/>"), flows("b > t"))
    p = play(process(S, inner, user("v"), flows("s > sub > v")))
    p.start()
    p.do("b")
    assert p.open == ["v"]
    p.do("v")
    assert p.status is InstanceState.COMPLETED


# --- call activities -----------------------------------------------------------------------------------


def call(id: str, of: str, mapping: str = "", **flags: str) -> str:
    given = "".join(f' {name}="{value}"' for name, value in flags.items())
    held = f"<zeebe:ioMapping>{mapping}</zeebe:ioMapping>" if mapping else ""
    return tag("callActivity", id, ext=f'<zeebe:calledElement processId="{of}"{given}/>{held}')


CHILD = process(
    S, user("cu", name="In child"), script("cx", "score", "base * 2"), E, flows("s > cu > cx > e"), id="child"
)


def test_a_called_process_runs_inside_the_instance(play):  # A19
    p = play(process(S, call("c", "child"), user("v"), flows("s > c > v")), called={"child": CHILD})
    (task,) = p.start(base=4).opened
    assert (task.element_id, task.scope, task.definition_key) == ("cu", "c", "child")
    step = p.do("cu", note="n")
    assert p.open == ["v"]
    assert p.variables == {"base": 4, "note": "n", "score": Decimal(8)}
    done = {h.element_id: (h.scope, h.definition_key) for h in step.history}
    assert done["cx"] == ("c", "child")
    assert done["c"] == ("", "p")


def test_a_call_begins_at_the_plain_start_event_only(play):
    when = tag(
        "startEvent",
        "w",
        "<conditionalEventDefinition><condition>=lead.score &gt; 1</condition></conditionalEventDefinition>",
    )
    at = tag("startEvent", "t", timer("PT1H"))
    child = process(when, at, S, user("wu"), user("tu"), user("su"), flows("w > wu", "t > tu", "s > su"), id="child")
    p = play(process(S, call("c", "child"), E, flows("s > c > e")), called={"child": child})
    p.start()
    assert p.open == ["su"]
    p.do("su")
    assert p.status is InstanceState.COMPLETED


def test_a_called_process_gives_back_only_what_it_wrote(play):
    """While it runs, a parallel branch changes a variable; the call's older copy must not undo that."""
    p = play(
        process(
            S,
            tag("parallelGateway", "g"),
            call("c", "child"),
            user("u"),
            user("v"),
            flows("s > g", "g > c > v", "g > u"),
        ),
        called={"child": CHILD},
    )
    p.start(base=4, word="old")
    p.do("u", word="new")
    p.do("cu")
    assert p.variables["word"] == "new"


def test_mappings_and_flags_keep_variables_apart(play):
    mapping = '<zeebe:input source="=amount" target="base"/><zeebe:output source="=score" target="result"/>'
    p = play(
        process(S, call("c", "child", mapping, propagateAllParentVariables="false"), user("v"), flows("s > c > v")),
        called={"child": CHILD},
    )
    p.start(amount=3, secret=1)
    assert dict(p.run().scope(p.tasks and next(iter(p.tasks)))) == {
        "base": 3,
        "instance": {"id": "i1", "businessKey": "BK-1"},
    }
    p.do("cu")
    assert p.variables == {"amount": 3, "secret": 1, "result": Decimal(6)}


def test_nothing_comes_back_where_the_model_says_so(play):
    p = play(
        process(S, call("c", "child", propagateAllChildVariables="false"), user("v"), flows("s > c > v")),
        called={"child": CHILD},
    )
    p.start(base=1)
    p.do("cu", note=1)
    assert p.variables == {"base": 1}


def test_an_error_in_a_called_process_reaches_the_calls_boundary(play):
    child = process(S, tag("endEvent", "e", ERROR), flows("s > e"), id="child", defs=ERR)
    p = play(
        process(S, call("c", "child"), boundary("b", "c", ERROR), user("fix"), flows("s > c", "b > fix"), defs=ERR),
        called={"child": child},
    )
    p.start()
    assert p.open == ["fix"]


def test_calls_in_calls_and_in_one_file(play):
    grand = process(S, user("gu"), flows("s > gu"), id="grand")
    child = process(S, call("g", "grand"), flows("s > g"), id="child")
    p = play(process(S, call("c", "child"), user("v"), flows("s > c > v")), called={"child": child, "grand": grand})
    (task,) = p.start().opened
    assert (task.scope, task.definition_key) == ("c/g", "grand")
    p.do("gu")
    assert p.open == ["v"]


def test_a_call_without_its_process_is_refused_when_compiled(play):
    with pytest.raises(Refused) as error:
        play(process(S, call("c", "nowhere"), flows("s > c")))
    assert error.value.code == "CRM-191"
    assert "nowhere" in error.value.message


def test_a_call_by_expression_finds_its_process_at_run_time_or_faults(play):
    p = play(process(S, call("c", "=which"), user("v"), flows("s > c > v")), called={"child": CHILD})
    p.start(which="child")
    assert p.open == ["cu"]
    q = play(process(S, call("c", "=which"), user("v"), flows("s > c > v")), called={"child": CHILD})
    assert q.start(which="other").faults[0].code == "CRM-619"


def test_a_process_that_calls_itself_without_end_is_stopped(play):
    p = play(process(S, call("c", "p"), flows("s > c")))
    assert p.start().faults[0].code == "CRM-620"


# --- event sub-processes ---------------------------------------------------------------------------------


def event_sub(id: str, start: str, *inside: str, stops: bool = True) -> str:
    begin = tag("startEvent", f"{id}s", start, isInterrupting=str(stops).lower())
    return sub(id, begin, *inside, triggeredByEvent="true")


def test_an_interrupting_event_sub_process_replaces_what_ran(play):
    xml = process(S, user("u"), event_sub("es", MESSAGE, user("w"), flows("ess > w")), flows("s > u"), defs=MSG)
    p = play(xml)
    p.start()
    assert p.open == ["ess", "u"]
    p.deliver("stop", why="storm")
    assert p.open == ["w"]
    assert p.variables["why"] == "storm"
    assert p.ended(ActivityState.CANCELLED) == ["u"]
    p.do("w")
    assert p.status is InstanceState.COMPLETED


def test_a_non_interrupting_event_sub_process_may_run_many_times(play):
    xml = process(
        S, user("u"), event_sub("es", MESSAGE, user("w"), flows("ess > w"), stops=False), flows("s > u"), defs=MSG
    )
    p = play(xml)
    p.start()
    p.deliver("stop")
    p.deliver("stop")
    assert p.open == ["ess", "u", "w", "w"]
    p.do("u")
    p.do("w")
    assert p.status is InstanceState.ACTIVE
    p.do("w")
    assert p.status is InstanceState.COMPLETED


def test_an_event_sub_process_that_was_never_triggered_ends_silently(play):
    xml = process(S, user("u"), event_sub("es", timer("PT1H"), user("w"), flows("ess > w")), flows("s > u"))
    p = play(xml)
    key = p.start().timers[0].key
    assert p.do("u").timers_gone == (key,)
    assert p.status is InstanceState.COMPLETED


def test_a_repeating_timer_starts_an_event_sub_process_each_time(play):
    xml = process(
        S,
        user("u"),
        event_sub("es", timer("R2/PT1H", "timeCycle"), user("w"), flows("ess > w"), stops=False),
        flows("s > u"),
    )
    p = play(xml)
    p.start()
    p.fire("ess")
    p.fire("ess")
    assert p.open == ["u", "w", "w"]


def test_an_error_starts_the_event_sub_process_of_its_scope(play):
    inner = sub(
        "sub",
        service("c"),
        event_sub("es", ERROR, user("w"), flows("ess > w")),
    )
    p = play(process(S, inner, user("v"), flows("s > sub > v"), defs=ERR))
    p.start()
    p.throw("c", "BAD", "worse")
    assert p.open == ["w"]
    assert p.detail("c") == {}
    p.do("w")
    assert p.open == ["v"]


def test_what_an_error_event_sub_process_throws_goes_further_out(play):
    again = event_sub("es", ERROR, tag("endEvent", "ie", ERROR), flows("ess > ie"))
    inner = sub("sub", service("c"), again)
    p = play(process(S, inner, boundary("b", "sub", ERROR), user("v"), flows("s > sub", "b > v"), defs=ERR))
    p.start()
    p.throw("c", "BAD")
    assert p.open == ["v"]


# --- loops ---------------------------------------------------------------------------------------------


def multi(collection: str = "=items", sequential: bool = False, until: str = "", more: str = "") -> str:
    done = f"<completionCondition>{until}</completionCondition>" if until else ""
    return (
        f'<multiInstanceLoopCharacteristics isSequential="{str(sequential).lower()}"><extensionElements>'
        f'<zeebe:loopCharacteristics inputCollection="{collection}" inputElement="item" {more}/>'
        f"</extensionElements>{done}</multiInstanceLoopCharacteristics>"
    )


OUT = 'outputCollection="answers" outputElement="=answer"'


def test_parallel_instances_run_at_once_and_collect_in_order(play):
    p = play(process(S, tag("userTask", "u", multi(more=OUT)), user("v"), flows("s > u > v")))
    p.start(items=["a", "b", "c"])
    assert p.open == ["u"] * 3
    keys = list(p.tasks)
    assert [p.run().scope(key)["item"] for key in keys] == ["a", "b", "c"]
    run = p.run()
    run.complete(keys[2], {"answer": 3})
    p._take(run)
    p.do("u", answer=1)
    p.do("u", answer=2)
    assert p.open == ["v"]
    assert p.variables == {"items": ["a", "b", "c"], "answers": [1, 2, 3]}
    assert p.trace.count("u") == 3


def test_sequential_instances_come_one_after_the_other(play):
    p = play(process(S, tag("userTask", "u", multi(sequential=True, more=OUT)), user("v"), flows("s > u > v")))
    p.start(items=["a", "b"])
    for n, item in enumerate(["a", "b"]):
        (key,) = p.tasks
        assert p.run().scope(key)["item"] == item
        assert p.run().scope(key)["loopCounter"] == n + 1
        p.do("u", answer=item)
    assert p.open == ["v"]
    assert p.variables["answers"] == ["a", "b"]


def test_a_completion_condition_ends_the_loop_early(play):
    p = play(
        process(
            S,
            tag("userTask", "u", multi(until="= numberOfCompletedInstances &gt;= 2", more=OUT)),
            user("v"),
            flows("s > u > v"),
        )
    )
    p.start(items=[1, 2, 3])
    p.do("u", answer=1)
    p.do("u", answer=2)
    assert p.open == ["v"]
    assert p.variables["answers"] == [1, 2, None]
    assert p.ended(ActivityState.CANCELLED) == ["u"]


def test_an_empty_collection_passes_and_a_wrong_one_is_a_fault(play):
    xml = process(S, tag("userTask", "u", multi(more=OUT)), user("v"), flows("s > u > v"))
    p = play(xml)
    p.start(items=[])
    assert p.open == ["v"]
    assert p.variables["answers"] == []
    q = play(xml)
    assert q.start(items="abc").faults[0].code == "CRM-621"


def test_a_boundary_timer_cancels_all_instances(play):
    p = play(
        process(S, tag("userTask", "u", multi()), boundary("b", "u", timer("PT1H")), user("v"), flows("s > u", "b > v"))
    )
    p.start(items=[1, 2])
    p.fire("b")
    assert p.open == ["v"]
    assert p.ended(ActivityState.CANCELLED) == ["u", "u"]


def test_an_error_in_one_instance_reaches_the_loops_boundary(play):
    loop = multi()
    task = tag("serviceTask", "c", loop, '<zeebe:taskDefinition type="w"/>')
    p = play(process(S, task, boundary("b", "c", ERROR), user("v"), flows("s > c", "b > v"), defs=ERR))
    p.start(items=[1, 2])
    p.throw("c", "BAD")
    assert p.open == ["v"]


def test_multi_instance_sub_processes_keep_their_items_apart(play):
    inner = tag(
        "subProcess",
        "sub",
        multi(more='outputCollection="answers" outputElement="=answer"')
        + user("iu")
        + script("x", "answer", "item * 2")
        + flows("iu > x"),
    )
    p = play(process(S, inner, user("v"), flows("s > sub > v")))
    p.start(items=[1, 2])
    assert p.open == ["iu", "iu"]
    p.do("iu")
    p.do("iu")
    assert p.variables == {"items": [1, 2], "answers": [2, 4]}


def test_multi_instance_calls(play):
    ext = (
        '<zeebe:calledElement processId="child" propagateAllParentVariables="false"/>'
        '<zeebe:ioMapping><zeebe:input source="=item" target="base"/></zeebe:ioMapping>'
    )
    loop = multi(sequential=True, more='outputCollection="scores" outputElement="=score"')
    c = tag("callActivity", "c", loop, ext)
    p = play(process(S, c, user("v"), flows("s > c > v")), called={"child": CHILD})
    p.start(items=[1, 2])
    p.do("cu")
    p.do("cu")
    assert p.variables["scores"] == [2, 4]


def test_loop_cardinality(play):
    loop = "<multiInstanceLoopCharacteristics><loopCardinality>3</loopCardinality></multiInstanceLoopCharacteristics>"
    p = play(process(S, tag("userTask", "u", loop), flows("s > u")))
    p.start()
    assert p.open == ["u"] * 3


def test_a_standard_loop_goes_on_while_its_condition_holds(play):
    loop = "<standardLoopCharacteristics><loopCondition>= n &lt; 2</loopCondition></standardLoopCharacteristics>"
    p = play(process(S, tag("userTask", "u", loop), user("v"), flows("s > u > v")))
    p.start(n=0)
    p.do("u", n=1)
    assert p.open == ["u"]
    p.do("u", n=2)
    assert p.open == ["v"]
    before = loop.replace(
        "<standardLoopCharacteristics>", '<standardLoopCharacteristics testBefore="true" loopMaximum="1">'
    )
    q = play(process(S, tag("userTask", "u", before), user("v"), flows("s > u > v")))
    q.start(n=5)
    assert q.open == ["v"]
    r = play(process(S, tag("userTask", "u", before), user("v"), flows("s > u > v")))
    r.start(n=0)
    r.do("u")
    assert r.open == ["v"]


@pytest.mark.parametrize(("behavior", "notes"), [("None", 3), ("One", 1)])
def test_a_loop_may_throw_an_event_when_its_runs_end(play, behavior, notes):
    ref = f'{behavior.lower()}BehaviorEventRef="sd"'
    loop = (
        f'<multiInstanceLoopCharacteristics behavior="{behavior}" {ref}><loopCardinality>3</loopCardinality>'
        "</multiInstanceLoopCharacteristics>"
    )
    defs = '<signal id="sg" name="done"/><signalEventDefinition id="sd" signalRef="sg"/>'
    caught = boundary("b", "u", '<signalEventDefinition signalRef="sg"/>')
    p = play(
        process(
            S, tag("userTask", "u", loop), caught, user("note"), user("v"), flows("s > u > v", "b > note"), defs=defs
        )
    )
    p.start()
    for _ in range(3):
        p.do("u")
    assert p.open == ["note"] * notes + ["v"]


def test_a_loop_may_throw_by_condition(play):
    loop = (
        '<multiInstanceLoopCharacteristics behavior="Complex"><loopCardinality>3</loopCardinality>'
        "<complexBehaviorDefinition><condition>= numberOfCompletedInstances = 2</condition>"
        '<event id="ev"><signalEventDefinition signalRef="sg"/></event></complexBehaviorDefinition>'
        "</multiInstanceLoopCharacteristics>"
    )
    caught = boundary("b", "u", '<signalEventDefinition signalRef="sg"/>')
    p = play(
        process(
            S,
            tag("userTask", "u", loop),
            caught,
            user("note"),
            flows("s > u", "b > note"),
            defs='<signal id="sg" name="half"/>',
        )
    )
    p.start()
    p.do("u")
    assert "note" not in p.open
    p.do("u")
    assert p.open.count("note") == 1
    p.do("u")
    assert p.open == ["note"]


def test_a_sub_process_without_anything_in_it_is_over_at_once(play):
    play = play(process(tag("startEvent", "s"), tag("subProcess", "x"), user("t"), flows("s > x > t")))
    play.start()
    assert play.trace == ["s", "x"]
    assert play.open == ["t"]
