"""Sequence, gateways, conditional flows, joins: tokens go where BPMN sends them."""

from __future__ import annotations

import pytest
from bpmn_play import flows, process, script, tag, user

from engine.domain.errors import Conflict, RunError
from engine.domain.states import ActivityState, InstanceState

S, E = tag("startEvent", "s"), tag("endEvent", "e")


def test_a_task_waits_and_its_data_becomes_variables(play):  # A16
    p = play(process(S, user("u", name="Call"), E, flows("s > u > e")))
    step = p.start(name="Ada")
    assert [(t.element_id, t.name, t.kind) for t in step.opened] == [("u", "Call", "user")]
    assert p.trace == ["s"]
    step = p.do("u", phone="1")
    assert step.closed == (p.steps[0].opened[0].key,)
    assert p.trace == ["s", "u", "e"]
    assert p.status is InstanceState.COMPLETED
    assert p.variables == {"name": "Ada", "phone": "1"}


def test_history_tells_when_a_task_began_and_ended(play):
    p = play(process(S, user("u"), E, flows("s > u > e")))
    p.start()
    began = p.now
    p.pass_time(minutes=3)
    step = p.do("u")
    done = next(h for h in step.history if h.element_id == "u")
    assert (done.kind, done.started_at, done.ended_at) == ("userTask", began, p.now)


def test_a_closed_task_cannot_be_completed_again(play):
    p = play(process(S, user("u"), user("v"), E, flows("s > u > v > e")))
    key = p.start().opened[0].key
    p.do("u")
    with pytest.raises(Conflict) as error:
        p.run().complete(key, {})
    assert error.value.code == "CRM-260"


XOR = process(
    S,
    tag("exclusiveGateway", "g", default="low"),
    user("big"),
    user("mid"),
    user("small"),
    flows("s > g", "high: g > big | amount > 100", "medium: g > mid | = amount > 10", "low: g > small"),
)


@pytest.mark.parametrize(("amount", "task"), [(500, "big"), (50, "mid"), (5, "small"), (None, "small")])
def test_an_exclusive_gateway_takes_the_first_true_flow_else_the_default(play, amount, task):
    p = play(XOR)
    p.start(amount=amount)
    assert p.open == [task]


def test_history_says_which_flow_was_taken_and_why(play):  # E3
    p = play(XOR)
    p.start(amount=500)
    assert p.detail("g") == {"taken": [{"flow": "high", "condition": "amount > 100"}]}
    q = play(XOR)
    q.start(amount=1)
    assert q.detail("g") == {"taken": [{"flow": "low"}], "default": True}


NO_WAY = process(S, tag("exclusiveGateway", "g", name="Big?"), user("a"), flows("s > g", "f: g > a | amount > 100"))


def test_a_gateway_without_a_way_on_is_a_fault_that_can_be_retried(play):  # G6
    xml = process(
        S,
        tag("parallelGateway", "split"),
        user("fix"),
        tag("exclusiveGateway", "g", name="Big?"),
        user("a"),
        flows("s > split", "split > fix", "split > g", "f: g > a | amount > 100"),
    )
    p = play(xml)
    step = p.start(amount=1)
    assert p.open == ["fix", "g"], "the other branch goes on"
    fault = step.faults[0]
    assert (fault.code, fault.element_id, fault.name) == ("CRM-611", "g", "Big?")
    assert "amount > 100" in fault.message
    step = p.retry("g")
    assert step.faults_gone == (fault.key,), "gone is applied before what is new: it failed again"
    assert [f.key for f in step.faults] == [fault.key]
    assert p.open == ["fix", "g"]
    p.do("fix", amount=200)
    p.retry("g")
    assert p.open == ["a"]
    assert p.trace.count("g") == 1


def test_a_condition_that_is_neither_true_nor_false_is_a_fault(play):
    p = play(
        process(S, tag("exclusiveGateway", "g"), user("a"), user("b"), flows("s > g", "g > a | 7", "g > b | true"))
    )
    assert p.start().faults[0].code == "CRM-612"


def test_a_parallel_join_waits_for_all(play):
    p = play(
        process(
            S,
            tag("parallelGateway", "split"),
            user("a"),
            user("b"),
            tag("parallelGateway", "join"),
            user("c"),
            flows("s > split", "split > a > join", "split > b > join", "join > c"),
        )
    )
    p.start()
    p.do("a")
    assert p.open == ["b"]
    p.do("b")
    assert p.open == ["c"]
    assert p.trace.count("join") == 1


def test_a_parallel_join_keeps_surplus_tokens_for_its_next_firing(play):
    """Two tokens on one flow and one on the other: one firing; the second comes with the fourth token."""
    p = play(
        process(
            S,
            tag("parallelGateway", "split"),
            user("a1"),
            user("a2"),
            user("b1"),
            user("b2"),
            tag("exclusiveGateway", "ma"),
            tag("exclusiveGateway", "mb"),
            tag("parallelGateway", "join"),
            user("c"),
            flows("s > split", "split > a1 > ma", "split > a2 > ma", "split > b1 > mb", "split > b2 > mb"),
            flows("ma > join", "mb > join", "join > c"),
        )
    )
    p.start()
    p.do("a1")
    p.do("a2")
    assert p.open == ["b1", "b2"]
    p.do("b1")
    assert p.open == ["b2", "c"]
    p.do("b2")
    assert p.open == ["c", "c"]
    p.do("c")
    p.do("c")
    assert p.status is InstanceState.COMPLETED


OR = process(
    S,
    tag("inclusiveGateway", "split", default="none"),
    user("a"),
    user("b"),
    user("d"),
    tag("inclusiveGateway", "join"),
    user("c"),
    flows("s > split", "fa: split > a | x > 1", "fb: split > b | x > 2", "none: split > d"),
    flows("a > join", "b > join", "d > join", "join > c"),
)


@pytest.mark.parametrize(("x", "opens"), [(0, ["d"]), (2, ["a"]), (3, ["a", "b"])])
def test_an_inclusive_gateway_splits_by_conditions_and_joins_what_can_still_come(play, x, opens):
    p = play(OR)
    p.start(x=x)
    assert p.open == opens
    for n, task in enumerate(opens):
        assert "c" not in p.open
        p.do(task)
        assert ("c" in p.open) == (n == len(opens) - 1)
    assert p.trace.count("join") == 1


def test_an_inclusive_join_in_a_loop_does_not_wait_for_itself(play):
    p = play(
        process(
            S,
            tag("inclusiveGateway", "join"),
            user("a"),
            tag("exclusiveGateway", "again", default="out"),
            E,
            flows("s > join > a > again", "back: again > join | more", "out: again > e"),
        )
    )
    p.start()
    p.do("a", more=True)
    p.do("a", more=True)
    p.do("a", more=False)
    assert p.trace.count("join") == 3
    assert p.status is InstanceState.COMPLETED


def test_an_inclusive_join_waits_for_a_token_in_an_exclusive_branch_only_as_long_as_it_can_come(play):
    p = play(
        process(
            S,
            tag("parallelGateway", "split"),
            user("a"),
            user("b"),
            tag("exclusiveGateway", "g", default="off"),
            tag("inclusiveGateway", "join"),
            user("c"),
            user("z"),
            flows("s > split", "split > a > join", "split > b > g", "on: g > join | ok", "off: g > z", "join > c"),
        )
    )
    p.start()
    p.do("a")
    assert p.open == ["b"]
    p.do("b", ok=False)
    assert p.open == ["c", "z"]


def test_several_outgoing_flows_of_a_task_start_all_unconditional_and_all_true_ones(play):
    p = play(
        process(
            S,
            user("u", default="else"),
            user("always"),
            user("big"),
            user("other"),
            flows("s > u", "f1: u > always", "f2: u > big | amount > 10", "else: u > other"),
        )
    )
    p.start()
    p.do("u", amount=50)
    assert p.open == ["always", "big"]


def test_conditional_flows_of_a_task_fall_back_to_the_default(play):
    p = play(
        process(
            S,
            user("u", default="else"),
            user("big"),
            user("other"),
            flows("s > u", "f: u > big | x", "else: u > other"),
        )
    )
    p.start()
    p.do("u", x=False)
    assert p.open == ["other"]


def test_a_process_without_an_end_event_ends_when_no_token_is_left(play):
    p = play(process(S, user("u"), flows("s > u")))
    p.start()
    p.do("u")
    assert p.status is InstanceState.COMPLETED


def test_a_process_without_a_start_event_begins_at_every_node_nothing_leads_to(play):
    p = play(process(user("a"), user("b"), user("c"), flows("a > c")))
    p.start()
    assert p.open == ["a", "b"]


def test_merging_without_a_gateway_lets_every_token_through(play):
    p = play(
        process(
            S, tag("parallelGateway", "g"), user("a"), user("b"), user("c"), flows("s > g", "g > a > c", "g > b > c")
        )
    )
    p.start()
    p.do("a")
    p.do("b")
    assert p.open == ["c", "c"]
    keys = list(p.tasks)
    assert keys[0] != keys[1]


def test_link_events_jump(play):
    link = '<linkEventDefinition name="L"/>'
    p = play(
        process(
            S,
            tag("intermediateThrowEvent", "t", link),
            tag("intermediateCatchEvent", "c", link),
            user("u"),
            flows("s > t", "c > u"),
        )
    )
    p.start()
    assert p.open == ["u"]
    assert p.trace == ["s", "t", "c"]


def test_a_terminate_end_event_takes_everything_with_it(play):
    p = play(
        process(
            S,
            tag("parallelGateway", "g"),
            user("a"),
            user("b"),
            tag("endEvent", "stop", "<terminateEventDefinition/>"),
            flows("s > g", "g > a", "g > b > stop"),
        )
    )
    p.start()
    step = p.do("b")
    assert p.status is InstanceState.TERMINATED
    assert step.error is None
    assert p.ended(ActivityState.CANCELLED) == ["a"]
    assert p.trace[-1] == "stop"


def test_an_endless_automatic_loop_is_stopped_with_a_clear_error(play):  # G6
    p = play(process(S, script("x", "n", "1"), tag("exclusiveGateway", "g"), flows("s > g > x > g")), limit=500)
    with pytest.raises(RunError) as error:
        p.start()
    assert error.value.code == "CRM-610"
    assert "500" in error.value.message


def test_a_long_chain_neither_recurses_nor_crawls(play):
    n = 3000
    tasks = "".join(tag("task", f"t{i}") for i in range(n))
    chain = flows("s > " + " > ".join(f"t{i}" for i in range(n)) + " > u")
    p = play(process(S, tasks, user("u"), chain))
    p.start()
    assert p.open == ["u"]
    assert len(p.trace) == n + 1


def test_cancelling_closes_everything(play):
    p = play(process(S, tag("parallelGateway", "g"), user("a"), user("b"), flows("s > g", "g > a", "g > b")))
    p.start()
    step = p.cancel()
    assert p.status is InstanceState.CANCELLED
    assert len(step.closed) == 2
    assert sorted(p.ended(ActivityState.CANCELLED)) == ["a", "b"]


def gate(condition: str) -> str:
    return tag("complexGateway", "c", f"<activationCondition>{condition}</activationCondition>")


def test_a_complex_gateway_fires_by_its_condition_and_takes_in_the_rest_of_the_round(play):
    p = play(
        process(
            S,
            tag("exclusiveGateway", "m"),
            tag("parallelGateway", "split"),
            user("a"),
            user("b"),
            user("d"),
            gate("= activationCount &gt;= 2"),
            user("next"),
            tag("exclusiveGateway", "g", default="out"),
            E,
            flows("s > m > split", "split > a > c", "split > b > c", "split > d > c", "c > next > g"),
            flows("back: g > m | again", "out: g > e"),
        )
    )
    p.start()
    p.do("a")
    assert p.open == ["b", "d"]
    p.do("d")
    assert p.open == ["b", "next"]
    p.do("b")
    assert p.open == ["next"], "the late token is taken in"
    p.do("next", again=True)
    assert p.open == ["a", "b", "d"]
    p.do("a")
    p.do("b")
    assert p.open == ["d", "next"], "the second round begins anew"
    p.do("d")
    p.do("next", again=False)
    assert p.status is InstanceState.COMPLETED


def test_a_complex_gateway_forgets_a_round_whose_other_tokens_cannot_come(play):
    p = play(
        process(
            S,
            tag("inclusiveGateway", "split"),
            user("a"),
            user("b"),
            gate("true"),
            user("next"),
            flows("s > split", "split > a | true", "split > b | both", "a > c", "b > c", "c > next"),
        )
    )
    p.start(both=False)
    p.do("a")
    assert p.open == ["next"]
    p.do("next")
    assert p.status is InstanceState.COMPLETED


def test_token_quantities_collect_and_multiply(play):
    p = play(
        process(
            S,
            tag("parallelGateway", "g"),
            user("a"),
            user("b"),
            user("two", startQuantity="2", completionQuantity="3"),
            user("out"),
            flows("s > g", "g > a > two", "g > b > two", "two > out"),
        )
    )
    p.start()
    p.do("a")
    assert p.open == ["b"] or p.lonely
    p.do("b")
    assert p.open == ["two"]
    p.do("two")
    assert p.open == ["out"] * 3
