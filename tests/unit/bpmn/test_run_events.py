"""Timers, messages, signals, conditions, errors, escalations: caught where BPMN says, interrupting or not."""

from __future__ import annotations

from datetime import timedelta

import pytest
from bpmn_play import NOW, boundary, flows, message, process, script, service, tag, timer, user

from engine.domain.states import ActivityState, InstanceState

S, E = tag("startEvent", "s"), tag("endEvent", "e")
MSG = message("m", "answer", "=id")
ERR = '<error id="er" errorCode="NO_STOCK"/>'
ESC = '<escalation id="es" escalationCode="LATE"/>'
SIG = '<signal id="sg" name="storm"/>'


def catch(id: str, inside: str, kind: str = "intermediateCatchEvent") -> str:
    return tag(kind, id, inside)


MESSAGE = '<messageEventDefinition messageRef="m"/>'
ERROR = '<errorEventDefinition errorRef="er"/>'
ESCALATION = '<escalationEventDefinition escalationRef="es"/>'
SIGNAL = '<signalEventDefinition signalRef="sg"/>'


# --- timers ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "text", "due"),
    [
        ("timeDuration", "PT15M", timedelta(minutes=15)),
        ("timeDuration", "P1DT2H", timedelta(days=1, hours=2)),
        ("timeDuration", "P1M", timedelta(days=31)),
        ("timeDuration", '= duration("PT5M")', timedelta(minutes=5)),
        ("timeDuration", "= policy.reminder", timedelta(minutes=7)),
        ("timeDuration", "= policy.text", timedelta(hours=1)),
        ("timeDate", "2026-03-02T10:00:00Z", timedelta(hours=1)),
        ("timeDate", "2026-03-02T12:00:00+02:00", timedelta(hours=1)),
        ("timeDate", '= date and time("2026-03-02T11:00:00Z")', timedelta(hours=2)),
        ("timeDate", '= now() + duration("P1D")', timedelta(days=1)),
        ("timeCycle", "R3/PT10M", timedelta(minutes=10)),
    ],
)
def test_a_timer_event_is_due_when_the_model_says(play, mode, text, due):  # A16
    text = text.replace('"', "&quot;")
    p = play(process(S, catch("t", timer(text, mode)), user("u"), flows("s > t > u")))
    (set_,) = p.start(policy={"reminder": timedelta(minutes=7), "text": "PT1H"}).timers
    assert set_.due_at == NOW + due
    step = p.fire("t")
    assert step.timers_gone == (set_.key,)
    assert "u" in p.open
    assert "timer" in p.detail("t")


def test_an_intermediate_cycle_sends_a_token_on_at_every_round(play):
    p = play(process(S, catch("t", timer("R3/PT10M", "timeCycle")), user("u"), flows("s > t > u")))
    p.start()
    for n in (1, 2, 3):
        assert p.fire("t").timers_gone
        assert p.now == NOW + timedelta(minutes=10 * n)
        assert p.open.count("u") == n
    assert p.timers == {}


def test_a_timer_that_is_no_time_is_a_fault(play):
    p = play(process(S, catch("t", timer("= policy")), user("u"), flows("s > t > u")))
    assert p.start(policy="soon").faults[0].code == "CRM-613"


def test_an_interrupting_boundary_timer_takes_the_task_away(play):  # C8
    p = play(
        process(S, user("u"), boundary("b", "u", timer("PT15M")), user("lead"), E, flows("s > u > e", "b > lead > e"))
    )
    step = p.start()
    assert step.timers[0].attached_to == "u"
    assert p.open == ["b", "u"]
    p.fire("b")
    assert p.open == ["lead"]
    assert p.ended(ActivityState.CANCELLED) == ["u"]
    assert p.detail("b") == {"timer": "PT15M"}


def test_a_boundary_timer_goes_with_its_task(play):
    p = play(process(S, user("u"), boundary("b", "u", timer("PT15M")), E, flows("s > u > e", "b > e")))
    key = p.start().timers[0].key
    assert p.do("u").timers_gone == (key,)
    assert "b" not in p.trace
    assert p.ended(ActivityState.CANCELLED) == []


def test_a_non_interrupting_timer_leaves_the_task_open(play):  # D20
    p = play(
        process(
            S,
            user("u"),
            boundary("b", "u", timer("PT5M"), stops=False),
            user("remind"),
            E,
            flows("s > u > e", "b > remind"),
        )
    )
    p.start()
    p.fire("b")
    assert p.open == ["remind", "u"]
    p.do("u")
    assert p.open == ["remind"]
    p.do("remind")
    assert p.status is InstanceState.COMPLETED


def test_a_cycle_fires_as_often_as_it_says_without_drifting(play):
    p = play(
        process(
            S,
            user("u"),
            boundary("b", "u", timer("R3/PT10M", "timeCycle"), stops=False),
            E,
            flows("s > u > e", "b > e"),
        )
    )
    p.start()
    dues, keys = [], []
    while p.timers:
        (set_,) = p.timers.values()
        dues.append(set_.due_at)
        keys.append(set_.key)
        p.pass_time(seconds=17)  # late
        p.fire("b")
    assert dues == [NOW + timedelta(minutes=10 * n) for n in (1, 2, 3)]
    assert len(set(keys)) == 3, "every round is a timer of its own"
    assert p.open == ["u"]


def test_reminder_then_reassignment_at_one_task(play):  # C8, E5
    p = play(
        process(
            S,
            user("u"),
            boundary("five", "u", timer("= policy.remind"), stops=False),
            boundary("fifteen", "u", timer("= policy.reassign")),
            service("mail"),
            user("lead"),
            E,
            flows("s > u > e", "five > mail", "fifteen > lead > e"),
        )
    )
    p.start(policy={"remind": "PT5M", "reassign": "PT15M"})
    p.fire("five")
    assert p.open == ["fifteen", "mail", "u"]
    p.finish("mail")
    p.fire("fifteen")
    assert p.open == ["lead"]


# --- messages, signals, conditions -------------------------------------------------------------------


def test_a_message_catch_event_takes_payload_through_its_mapping(play):
    ext = '<zeebe:ioMapping><zeebe:output source="=word" target="said"/></zeebe:ioMapping>'
    p = play(process(S, tag("intermediateCatchEvent", "c", MESSAGE, ext), user("u"), flows("s > c > u"), defs=MSG))
    assert p.start(id="7").subscriptions[0].correlation_key == "7"
    p.deliver("answer", word="yes", noise=1)
    assert p.variables == {"id": "7", "said": "yes"}


def test_a_non_interrupting_message_boundary_takes_every_message(play):
    p = play(
        process(
            S,
            user("u"),
            boundary("b", "u", MESSAGE, stops=False),
            user("note"),
            E,
            flows("s > u > e", "b > note"),
            defs=MSG,
        )
    )
    p.start(id="1")
    p.deliver("answer")
    p.deliver("answer")
    assert p.open == ["b", "note", "note", "u"]


def test_an_interrupting_message_boundary_on_a_service_call_takes_the_job_back(play):
    p = play(process(S, service("c"), boundary("b", "c", MESSAGE), user("u"), E, flows("s > c > e", "b > u"), defs=MSG))
    key = p.start(id="1").calls[0].key
    step = p.deliver("answer", why="stop")
    assert step.calls_gone == (key,)
    assert p.open == ["u"]
    assert p.variables["why"] == "stop"


def test_the_first_event_behind_an_event_based_gateway_wins(play):  # D8
    xml = process(
        S,
        tag("eventBasedGateway", "g"),
        catch("yes", MESSAGE),
        catch("late", timer("P3D")),
        user("a"),
        user("b"),
        flows("s > g", "g > yes > a", "g > late > b"),
        defs=MSG,
    )
    p = play(xml)
    p.start(id="1")
    assert p.open == ["late", "yes"]
    step = p.deliver("answer")
    assert len(step.timers_gone) == 1
    assert p.open == ["a"]
    assert p.trace == ["s", "g", "yes"]
    assert p.ended(ActivityState.CANCELLED) == []
    q = play(xml)
    q.start(id="1")
    q.fire("late")
    assert q.open == ["b"]
    assert q.detail("g") == {"event": "late"}


def test_an_instance_starts_by_its_message(play):
    xml = process(tag("startEvent", "s", MESSAGE), user("u"), flows("s > u"), defs=MSG)
    p = play(xml)
    assert [(x.id, x.trigger, x.message) for x in p.process.starts] == [("s", "message", "answer")]
    p.start(start_event="s", id="9")
    assert p.open == ["u"]


def test_an_instantiating_receive_task_has_its_message_already(play):
    xml = process(tag("receiveTask", "r", messageRef="m", instantiate="true"), user("u"), flows("r > u"), defs=MSG)
    p = play(xml)
    p.start(start_event="r", id="9")
    assert p.open == ["u"]
    assert p.trace == ["r"]


def test_an_instantiating_event_gateway_begins_at_the_event_that_came(play):
    xml = process(
        tag("eventBasedGateway", "g", instantiate="true"),
        catch("yes", MESSAGE),
        catch("storm", SIGNAL),
        user("a"),
        user("b"),
        flows("g > yes > a", "g > storm > b"),
        defs=MSG + SIG,
    )
    p = play(xml)
    assert [(x.id, x.message) for x in p.process.starts] == [("yes", "answer"), ("storm", "storm")]
    p.start(start_event="storm", id="1")
    assert p.open == ["b"]


def test_a_signal_reaches_everyone_in_the_instance(play):
    p = play(
        process(
            S,
            tag("parallelGateway", "g"),
            user("u"),
            boundary("b", "u", SIGNAL),
            catch("c", SIGNAL),
            user("go"),
            catch("t", SIGNAL, "intermediateThrowEvent"),
            user("x"),
            user("y"),
            flows("s > g", "g > u", "g > c > x", "g > go > t", "b > y"),
            defs=SIG,
        )
    )
    p.start()
    step = p.do("go")
    assert [(m.name, m.kind) for m in step.messages] == [("storm", "signal")]
    assert p.open == ["x", "y"]


def test_a_signal_from_outside_is_delivered_to_a_subscription(play):
    p = play(process(S, catch("c", SIGNAL), user("u"), flows("s > c > u"), defs=SIG))
    assert p.start().subscriptions[0].kind == "signal"
    p.deliver("storm", level=3)
    assert p.variables == {"level": 3}


def test_a_conditional_event_fires_when_its_variables_change(play):  # H3
    cond = "<conditionalEventDefinition><condition>=score &gt; 50</condition></conditionalEventDefinition>"
    p = play(
        process(
            S,
            tag("parallelGateway", "g"),
            user("u"),
            user("v"),
            catch("c", cond),
            user("hot"),
            flows("s > g", "g > u", "g > v", "g > c > hot"),
        )
    )
    p.start(score=1)
    p.do("u", score=40)
    assert "hot" not in p.open
    p.do("v", score=60)
    assert p.open == ["hot"]


# --- errors and escalations ----------------------------------------------------------------------------


def test_an_error_from_a_call_goes_to_the_boundary_that_names_it(play):
    ext = '<zeebe:ioMapping><zeebe:output source="=errorMessage" target="why"/></zeebe:ioMapping>'
    any_error = "<errorEventDefinition/>"
    xml = process(
        S,
        service("c"),
        boundary("all", "c", any_error),
        boundary("one", "c", ERROR, ext=ext),
        user("a"),
        user("b"),
        E,
        flows("s > c > e", "one > a", "all > b"),
        defs=ERR,
    )
    p = play(xml)
    p.start()
    p.throw("c", "NO_STOCK", "none left")
    assert p.open == ["a"]
    assert p.variables == {"why": "none left"}
    assert p.ended(ActivityState.FAILED) == ["c"]
    q = play(xml)
    q.start()
    q.throw("c", "OTHER")
    assert q.open == ["b"]


def test_an_error_end_event_in_a_sub_process_reaches_its_boundary(play):
    sub = tag(
        "subProcess",
        "sub",
        tag("startEvent", "is")
        + tag("parallelGateway", "ig")
        + user("iu")
        + user("iv")
        + tag("endEvent", "ie", ERROR)
        + flows("is > ig", "ig > iu", "ig > iv > ie"),
    )
    p = play(process(S, sub, boundary("b", "sub", ERROR), user("fix"), E, flows("s > sub > e", "b > fix"), defs=ERR))
    p.start()
    p.do("iv")
    assert p.open == ["fix"]
    assert p.ended(ActivityState.CANCELLED) == ["iu"]
    assert p.ended(ActivityState.FAILED) == ["sub"]
    assert p.trace[-2:] == ["ie", "b"]


def test_an_error_nobody_catches_ends_the_instance(play):
    p = play(process(S, tag("parallelGateway", "g"), user("u"), service("c"), E, flows("s > g", "g > u", "g > c > e")))
    p.start()
    step = p.throw("c", "BOOM", "it broke")
    assert p.status is InstanceState.TERMINATED
    assert step.error == ("BOOM", "it broke")
    assert p.ended(ActivityState.FAILED) == ["c"]
    assert p.ended(ActivityState.CANCELLED) == ["u"]


def test_an_escalation_reaches_the_boundary_and_the_sub_process_goes_on(play):
    sub = tag(
        "subProcess",
        "sub",
        tag("startEvent", "is") + tag("intermediateThrowEvent", "it", ESCALATION) + user("iu") + flows("is > it > iu"),
    )
    p = play(
        process(
            S,
            sub,
            boundary("b", "sub", ESCALATION, stops=False),
            user("boss"),
            E,
            flows("s > sub > e", "b > boss"),
            defs=ESC,
        )
    )
    p.start()
    assert p.open == ["boss", "iu"]
    p.do("iu")
    p.do("boss")
    assert p.status is InstanceState.COMPLETED


def test_an_escalation_that_interrupts_takes_the_throwing_sub_process_away(play):
    sub = tag("subProcess", "sub", tag("startEvent", "is") + tag("endEvent", "ie", ESCALATION) + flows("is > ie"))
    p = play(
        process(
            S,
            sub,
            boundary("b", "sub", ESCALATION),
            user("boss"),
            user("n"),
            flows("s > sub > n", "b > boss"),
            defs=ESC,
        )
    )
    p.start()
    assert p.open == ["boss"]


def test_an_escalation_nobody_catches_is_let_go(play):
    p = play(process(S, tag("endEvent", "e", ESCALATION), flows("s > e"), defs=ESC))
    p.start()
    assert p.status is InstanceState.COMPLETED
    assert p.detail("e") == {"escalation": "LATE"}


def test_an_event_definition_may_be_given_by_reference(play):
    defs = ERR + '<errorEventDefinition id="ed" errorRef="er"/>'
    p = play(
        process(
            S,
            service("c"),
            boundary("b", "c", "<eventDefinitionRef>ed</eventDefinitionRef>"),
            user("u"),
            flows("s > c", "b > u"),
            defs=defs,
        )
    )
    p.start()
    p.throw("c", "NO_STOCK")
    assert p.open == ["u"]


def test_a_condition_at_a_boundary_fires_once_for_each_change_to_true(play):
    cond = "<conditionalEventDefinition><condition>=n &gt; 1</condition></conditionalEventDefinition>"
    p = play(
        process(
            S,
            tag("parallelGateway", "g"),
            user("u"),
            boundary("b", "u", cond, stops=False),
            user("k"),
            script("x", "n", "n + 1"),
            tag("exclusiveGateway", "m"),
            user("hot"),
            flows("s > g", "g > u", "g > m > k > x > m", "b > hot"),
        )
    )
    p.start(n=0)
    p.do("k")
    assert "hot" not in p.open
    p.do("k")
    p.do("k")
    assert p.open.count("hot") == 1


# --- several triggers ----------------------------------------------------------------------------------

BOTH = MESSAGE + timer("PT1H")


@pytest.mark.parametrize("first", ["message", "timer"])
def test_an_event_with_several_triggers_waits_for_any_of_them(play, first):
    p = play(process(S, catch("c", BOTH), user("u"), flows("s > c > u"), defs=MSG))
    p.start(id="1")
    assert p.open == ["c", "c"]
    p.deliver("answer", word="x") if first == "message" else p.fire("c")
    assert p.open == ["u"]
    assert p.trace == ["s", "c"], "history knows the drawn event, once"


def test_an_event_may_wait_for_all_of_its_triggers(play):
    p = play(
        process(
            S,
            tag("intermediateCatchEvent", "c", BOTH, parallelMultiple="true"),
            user("u"),
            flows("s > c > u"),
            defs=MSG,
        )
    )
    p.start(id="1")
    p.deliver("answer")
    assert p.open == ["c"]
    p.fire("c")
    assert p.open == ["u"]
    assert p.trace == ["s", "c"]


def test_a_boundary_event_with_several_triggers(play):
    p = play(process(S, user("u"), boundary("b", "u", BOTH), user("v"), flows("s > u", "b > v"), defs=MSG))
    p.start(id="1")
    assert p.open == ["b", "b", "u"]
    p.fire("b")
    assert p.open == ["v"]
    assert p.trace == ["s", "b"]


def test_a_process_with_several_triggers_at_its_start(play):
    p = play(process(tag("startEvent", "s", MESSAGE + SIGNAL), user("u"), flows("s > u"), defs=MSG + SIG))
    assert [(x.id, x.trigger, x.message) for x in p.process.starts] == [
        ("s", "message", "answer"),
        ("s", "signal", "storm"),
    ]
    p.start()
    assert p.open == ["u"]
    assert p.trace == ["s"]


def test_an_event_that_throws_several_things_throws_all_of_them(play):
    p = play(process(S, tag("endEvent", "e", MESSAGE + SIGNAL), flows("s > e"), defs=MSG + SIG))
    step = p.start(id="1")
    assert [m.name for m in step.messages] == ["answer", "storm"]


def test_what_is_waited_for_is_armed_before_it_is_thrown(play):
    """Fork: one branch throws a signal, the other catches it; the order of the flows must not matter."""
    p = play(
        process(
            S,
            tag("parallelGateway", "g"),
            catch("t", SIGNAL, "intermediateThrowEvent"),
            catch("c", SIGNAL),
            user("u"),
            flows("s > g", "g > t", "g > c > u"),
            defs=SIG,
        )
    )
    p.start()
    assert p.open == ["u"]
