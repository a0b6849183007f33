"""Compensation, transactions and ad-hoc sub-processes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from bpmn_play import NOW, boundary, flows, process, script, service, tag, timer, user

from engine.domain.errors import Conflict, RunError
from engine.domain.states import ActivityState, InstanceState

S, E = tag("startEvent", "s"), tag("endEvent", "e")
COMPENSATE = "<compensateEventDefinition/>"
CANCEL = "<cancelEventDefinition/>"


def undo(activity: str, handler: str) -> str:
    """A compensation boundary event tied to a handler."""
    return boundary(f"b_{activity}", activity, COMPENSATE) + tag(
        "association", f"as_{activity}", sourceRef=f"b_{activity}", targetRef=handler
    )


def handler(id: str) -> str:
    return user(id, isForCompensation="true")


def test_what_was_done_is_undone_last_first_before_the_flow_goes_on(play):
    p = play(
        process(
            S,
            user("book"),
            user("pay"),
            undo("book", "unbook"),
            undo("pay", "refund"),
            handler("unbook"),
            handler("refund"),
            tag("intermediateThrowEvent", "t", COMPENSATE),
            user("after"),
            flows("s > book > pay > t > after"),
        )
    )
    p.start()
    p.do("book")
    p.do("pay")
    assert p.open == ["refund"]
    p.do("refund")
    assert p.open == ["unbook"]
    p.do("unbook")
    assert p.open == ["after"]
    assert p.detail("t") == {"compensated": ["pay", "book"]}
    p.do("after")
    assert p.status is InstanceState.COMPLETED


def test_only_what_was_completed_and_what_is_named_is_undone(play):
    named = '<compensateEventDefinition activityRef="a"/>'
    p = play(
        process(
            S,
            user("a"),
            user("b"),
            user("c"),
            undo("a", "ua"),
            undo("b", "ub"),
            undo("c", "uc"),
            handler("ua"),
            handler("ub"),
            handler("uc"),
            tag("endEvent", "t", named),
            flows("s > a > b > t"),
        )
    )
    p.start()
    p.do("a")
    p.do("b")
    assert p.open == ["ua"]
    p.do("ua")
    assert p.status is InstanceState.COMPLETED


def test_a_sub_process_that_is_over_is_undone_inside(play):
    inner = tag("subProcess", "sub", user("x") + undo("x", "ux") + handler("ux"))
    p = play(process(S, inner, tag("intermediateThrowEvent", "t", COMPENSATE), user("n"), flows("s > sub > t > n")))
    p.start()
    p.do("x")
    (task,) = p.tasks.values()
    assert (task.element_id, task.scope) == ("ux", "sub")
    p.do("ux")
    assert p.open == ["n"]


def test_a_compensation_event_sub_process_undoes_the_sub_process_it_is_in(play):
    event = tag(
        "subProcess",
        "es",
        tag("startEvent", "ess", COMPENSATE)
        + user("fix")
        + tag("endEvent", "ee", COMPENSATE)
        + flows("ess > fix > ee"),
        triggeredByEvent="true",
    )
    inner = tag("subProcess", "sub", user("x") + undo("x", "ux") + handler("ux") + event)
    p = play(process(S, inner, tag("intermediateThrowEvent", "t", COMPENSATE), user("n"), flows("s > sub > t > n")))
    p.start()
    p.do("x")
    assert p.open == ["fix"]
    p.do("fix")
    assert p.open == ["ux"]
    p.do("ux")
    assert p.open == ["n"]


def test_a_cancelled_transaction_is_undone_and_goes_on_at_its_cancel_boundary(play):
    inside = (
        tag("startEvent", "is")
        + tag("parallelGateway", "g")
        + user("book")
        + user("slow")
        + undo("book", "unbook")
        + handler("unbook")
        + tag("endEvent", "ic", CANCEL)
        + flows("is > g", "g > book > ic", "g > slow")
    )
    p = play(
        process(
            S, tag("transaction", "tx", inside), boundary("b", "tx", CANCEL), user("sorry"), user("ok"),
            flows("s > tx > ok", "b > sorry"),
        )
    )  # fmt: skip
    p.start()
    p.do("book")
    assert p.open == ["unbook"]
    assert p.ended(ActivityState.CANCELLED) == ["slow"]
    p.do("unbook")
    assert p.open == ["sorry"]
    assert p.ended(ActivityState.CANCELLED) == ["slow", "tx"]
    p.do("sorry")
    assert p.status is InstanceState.COMPLETED


def test_a_transaction_that_is_not_cancelled_is_a_sub_process(play):
    p = play(process(S, tag("transaction", "tx", user("iu")), user("ok"), flows("s > tx > ok")))
    p.start()
    p.do("iu")
    assert p.open == ["ok"]


def adhoc(inside: str, until: str = "", ext: str = "", **attributes: str) -> str:
    done = f"<completionCondition>{until}</completionCondition>" if until else ""
    return tag("adHocSubProcess", "ah", inside + done, ext, **attributes)


def test_an_ad_hoc_sub_process_runs_its_parts_at_once(play):
    p = play(process(S, adhoc(user("a") + user("b") + user("c") + flows("b > c")), user("n"), flows("s > ah > n")))
    p.start()
    assert p.open == ["a", "b"]
    p.do("a")
    p.do("b")
    p.do("c")
    assert p.open == ["n"]


def test_or_one_after_the_other(play):
    p = play(process(S, adhoc(user("a") + user("b"), ordering="Sequential"), user("n"), flows("s > ah > n")))
    p.start()
    assert p.open == ["a"]
    p.do("a")
    assert p.open == ["b"]
    p.do("b")
    assert p.open == ["n"]


def test_people_may_activate_parts_while_it_is_open(play):
    ext = '<zeebe:adHoc activeElementsCollection="=first"/>'
    p = play(process(S, adhoc(user("a") + user("b"), "= solved", ext), user("n"), flows("s > ah > n")), lonely=True)
    p.start(first=["a"], solved=False)
    assert p.open == ["a"]
    p.do("a")
    assert p.open == [], "the condition is not true: it waits to be told what next"
    key = next(k for k, token in p.run().instance.tokens.items() if token.task_spec.name == "ah")
    p._act(lambda run: run.activate(key, "b"))
    p._act(lambda run: run.activate(key, "a"))
    assert p.open == ["a", "b"]
    with pytest.raises(RunError) as error:
        p.run().activate(key, "nothing")
    assert error.value.code == "CRM-622"
    p.do("b", solved=True)
    assert p.open == ["n"], "a true condition cancels what still runs"
    with pytest.raises(Conflict):
        p.run().activate(key, "b")


def test_a_call_that_cannot_be_done_is_a_fault_and_a_retry_calls_again(play):
    p = play(process(S, service("c"), boundary("b", "c", timer("PT1H")), user("u"), flows("s > c > u")))
    key = p.start().calls[0].key
    step = p._act(lambda run: run.fail(key, RunError("CRM-699", "No.", fix="Mend it.")))
    assert (step.calls_gone, [f.code for f in step.faults]) == ((key,), ["CRM-699"])
    assert p.open == ["c"]
    step = p.retry("c")
    assert [call.element_id for call in step.calls] == ["c"]
    p.finish("c", ok=1)
    assert p.open == ["u"]


@pytest.mark.parametrize(
    ("mode", "text", "dues"),
    [
        ("timeDate", "2026-04-01T00:00:00Z", [timedelta(days=29, hours=15), None]),
        ("timeDuration", "PT1H", [timedelta(hours=1), None]),
        ("timeCycle", "R2/P1D", [timedelta(days=1), timedelta(days=2), None]),
        ("timeCycle", "R/2026-03-03T09:00:00Z/P1D", [timedelta(days=1), timedelta(days=2), timedelta(days=3)]),
        ("timeDuration", '= duration("PT2H")', [timedelta(hours=2), None]),
    ],
)
def test_when_a_timer_starts_a_process(play, mode, text, dues):  # D11
    xml = process(tag("startEvent", "s", timer(text.replace('"', "&quot;"), mode)), user("u"), flows("s > u"))
    p = play(xml)
    for n, due in enumerate(dues, 1):
        assert p.process.next_start("s", NOW, n) == (None if due is None else NOW + due)
    p.start()
    assert p.open == ["u"]


def test_a_script_in_a_compensated_scope_sees_the_variables(play):
    ext = "isForCompensation"
    p = play(
        process(
            S, user("a"), undo("a", "ua"), script("ua", "undone", "amount * -1", **{ext: "true"}),
            tag("intermediateThrowEvent", "t", COMPENSATE), user("n"), flows("s > a > t > n"),
        )
    )  # fmt: skip
    p.start(amount=3)
    p.do("a")
    assert p.variables["undone"] == -3
