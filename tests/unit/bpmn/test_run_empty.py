"""What BPMN allows to be empty is over at once; comments are no part of a text; timers that never come are refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from bpmn_play import NOW, flows, process, tag, timer, user

from engine.bpmn import check, compile, inspect, publishable
from engine.domain.calendar import Calendar
from engine.domain.states import InstanceState, Severity

S, E = tag("startEvent", "s"), tag("endEvent", "e")


def codes(xml: bytes, severity: Severity) -> set[str]:
    return {f.code for f in check(xml) if f.severity is severity}


def test_a_process_without_steps_deploys_with_a_warning_and_is_over_at_once(play):
    xml = process(tag("dataStoreReference", "d"))
    assert not codes(xml, Severity.ERROR)
    assert "CRM-108" in codes(xml, Severity.WARNING)
    p = play(xml)
    p.start(note=1)
    assert p.status is InstanceState.COMPLETED
    assert p.variables == {"note": 1}


def test_a_process_without_steps_is_not_published():
    (info,) = inspect(process(tag("dataStoreReference", "d")))
    assert "CRM-108" in {f.code for f in publishable(info)}
    (info,) = inspect(process(S, E, flows("s > e")))
    assert "CRM-108" not in {f.code for f in publishable(info)}


def test_a_file_without_a_process_is_refused():
    xml = b'<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"><message id="m" name="x"/></definitions>'
    assert codes(xml, Severity.ERROR) == {"CRM-108"}


def test_calling_a_process_without_steps_goes_on(play):
    call = tag("callActivity", "c", calledElement="child")
    p = play(process(S, call, user("u"), flows("s > c > u")), called={"child": process(id="child")})
    p.start()
    assert p.open == ["u"]
    assert p.trace == ["s", "c"]


def test_a_comment_or_instruction_within_an_expression_is_no_part_of_it(play):
    gate = tag("exclusiveGateway", "g", default="no")
    xml = process(S, gate, user("a"), user("b"), flows("s > g", "g > a | n > 4", "no: g > b"))
    said = xml.replace(b"n &gt; 4", b"n &gt;<!-- of them --><?x y?> <![CDATA[4]]>")
    assert said != xml
    assert not codes(said, Severity.ERROR)
    for n, there in ((5, "a"), (4, "b")):
        p = play(said)
        p.start(n=n)
        assert p.open == [there]


@pytest.mark.parametrize(
    ("mode", "text"),
    [
        ("timeCycle", "R/PT0S"),
        ("timeCycle", "R/-PT1H"),
        ("timeCycle", "0 0 0 30 2 ?"),
        ("timeDuration", "P99999999999999Y"),
        ("timeDuration", "PT99999999999999999999S"),
    ],
)
def test_a_timer_that_cannot_come_or_never_stops_coming_is_refused(mode: str, text: str):
    found = check(process(tag("startEvent", "s", timer(text, mode)), E, flows("s > e")))
    assert {(f.code, f.element) for f in found if f.severity is Severity.ERROR} == {("CRM-149", "s")}


@pytest.mark.parametrize(
    ("mode", "text"),
    [
        ("timeCycle", "0 0 0 29 2 ?"),
        ("timeCycle", "0 0 0 1 1 ? 2020"),
        ("timeCycle", "0 0 0 1 1 ? 2030 @Asia/Tokyo"),
        ("timeDuration", "PT0S"),
    ],
)
def test_a_rare_or_past_timer_is_not(mode: str, text: str):
    assert "CRM-149" not in codes(process(tag("startEvent", "s", timer(text, mode)), E, flows("s > e")), Severity.ERROR)


def test_a_start_timer_counts_working_time():
    office = Calendar.build("UTC", {day: [("09:00", "17:00")] for day in range(5)})
    made = compile(process(tag("startEvent", "s", timer("PT4H on office")), E, flows("s > e")), "p")
    friday = datetime(2026, 3, 6, 16, tzinfo=UTC)
    assert friday > NOW
    assert made.next_start("s", friday, 1, lambda key: {"office": office}[key]) == datetime(2026, 3, 9, 12, tzinfo=UTC)
    assert made.next_start("s", friday, 2, lambda key: {"office": office}[key]) is None


def test_each_timer_of_one_start_event_is_planned():
    message = '<message id="m" name="M"/>'
    both = '<messageEventDefinition messageRef="m"/>' + timer("PT1H") + timer("PT2H")
    made = compile(process(tag("startEvent", "s", both), E, flows("s > e"), defs=message), "p")
    assert [start.id for start in made.starts] == ["s", "s", "s"]
    due = [made.next_start(start.node, NOW) for start in made.starts if start.trigger == "timer"]
    assert due == [NOW + timedelta(hours=1), NOW + timedelta(hours=2)]
