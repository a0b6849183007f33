"""SLA clocks on paper: pauses count by their working time only, once; targets, shares, states, ladders.  # C8 E4"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, strategies as st
from slowly import OFFICE, weekdays

from engine.domain import sla
from engine.domain.calendar import Calendar
from engine.domain.errors import Invalid
from engine.domain.sla import ClockState, Pause, Target, Unit

BERLIN = ZoneInfo("Europe/Berlin")
OFFICE_HOURS = Calendar.build("Europe/Berlin", weekdays(OFFICE))
DAYS = {"Mon": 2, "Tue": 3, "Wed": 4, "Thu": 5, "Fri": 6}


def at(text: str) -> datetime:
    """``Mon 09:00`` of the first week of March 2026."""
    day, wall = text.split()
    hour, minute = map(int, wall.split(":"))
    return datetime(2026, 3, DAYS[day], hour, minute, tzinfo=BERLIN)


def hours(n: float) -> timedelta:
    return timedelta(hours=n)


@pytest.mark.parametrize(
    ("span", "pauses", "due"),
    [
        (8, [("Mon 12:00", "Mon 13:00")], "Tue 10:00"),
        (8, [("Mon 12:00", "Mon 13:00"), ("Mon 15:00", "Mon 16:00")], "Tue 11:00"),
        (16, [("Mon 17:00", "Tue 09:00")], "Tue 17:00"),
        (16, [("Mon 15:00", "Tue 11:00")], "Wed 13:00"),
        (8, [("Mon 12:00", "Mon 13:00"), ("Mon 12:30", "Mon 13:30")], "Tue 10:30"),
        (8, [("Mon 18:00", "Mon 20:00"), ("Tue 08:00", "Tue 10:00")], "Mon 17:00"),
    ],
)
def test_vectors_of_pauses(span, pauses, due):
    ledger = [Pause(at(a), at(b)) for a, b in pauses]
    assert sla.due(OFFICE_HOURS, at("Mon 09:00"), hours(span), ledger) == at(due)


def test_a_pause_that_lasts_has_no_due_time_and_does_not_tick():
    ledger = [Pause(at("Mon 12:00"))]
    assert sla.due(OFFICE_HOURS, at("Mon 09:00"), hours(8), ledger) is None
    for later in ("Mon 12:00", "Mon 16:00", "Wed 10:00"):
        assert sla.elapsed(OFFICE_HOURS, at("Mon 09:00"), at(later), ledger) == hours(3)
    # What was due before the pause began stays due.
    assert sla.due(OFFICE_HOURS, at("Mon 09:00"), hours(2), ledger) == at("Mon 11:00")


def test_the_parts_account_for_the_span_and_name_the_pauses():
    ledger = [Pause(at("Mon 15:00"), at("Tue 11:00"), "waiting for customer")]
    found = sla.parts(OFFICE_HOURS, at("Mon 09:00"), hours(16), ledger)
    assert [(p.kind, p.counted) for p in found] == [("work", hours(6)), ("pause", hours(4)), ("work", hours(10))]
    assert found[1].reason == "waiting for customer"
    assert found[-1].end == at("Wed 13:00")


@pytest.mark.parametrize(
    ("text", "unit", "expected"),
    [
        ("PT4H", "", Target(Unit.WORKING, hours(4))),
        ("P1DT2H30M", "calendar", Target(Unit.CALENDAR, hours(26.5))),
        ("3 business days", "", Target(Unit.DAYS, days=3)),
        ("P2D", "business days", Target(Unit.DAYS, days=2)),
        (timedelta(minutes=5), "", Target(Unit.WORKING, timedelta(minutes=5))),
    ],
)
def test_targets_are_read(text, unit, expected):
    assert sla.duration(text, unit) == expected


@pytest.mark.parametrize(("text", "unit"), [("4h", ""), ("PT0S", ""), ("P", ""), ("", ""), ("PT1H", "parsecs")])
def test_targets_that_mean_nothing_are_refused(text, unit):
    with pytest.raises(Invalid, match="CRM-077"):
        sla.duration(text, unit)


def test_business_days_end_with_the_day_and_a_pause_counts_by_its_working_time():
    def due(start, days, ledger=()):
        span = sla.span_of(OFFICE_HOURS, at(start), Target(Unit.DAYS, days=days))
        return sla.due(OFFICE_HOURS, at(start), span, ledger)

    assert due("Mon 14:00", 1) == at("Tue 17:00")
    assert due("Fri 09:00", 1) == datetime(2026, 3, 9, 17, tzinfo=BERLIN)
    assert due("Mon 14:00", 1, [Pause(at("Tue 08:00"), at("Wed 08:00"))]) == at("Wed 17:00")
    assert due("Mon 14:00", 1, [Pause(at("Tue 08:00"), at("Tue 12:00"))]) == at("Wed 12:00")
    # Paused over the end of its day, it is not overdue when it goes on: an hour of Tuesday was left, and is.
    assert due("Mon 14:00", 1, [Pause(at("Tue 16:00"), at("Wed 10:00"))]) == at("Wed 11:00")
    assert due("Mon 14:00", 1, [Pause(at("Mon 18:00"), at("Tue 07:00"))]) == at("Tue 17:00")
    assert due("Mon 14:00", 1, [Pause(at("Tue 10:00"))]) is None  # it lasts


def test_rungs_stand_at_shares_of_the_target_and_wait_with_the_clock():
    rungs = sla.ladder([*sla.DEFAULT, {"at": "PT30M", "unaccepted": True, "acts": [{"do": "notify"}]}])
    start = at("Mon 09:00")
    times = {r.key: sla.rung_at(r, OFFICE_HOURS, start, hours(8), []) for r in rungs}
    assert times == {
        "50%": at("Mon 13:00"),
        "75%": at("Mon 15:00"),
        "100%": at("Mon 17:00"),
        "150%": at("Tue 13:00"),
        "unaccepted PT30M": at("Mon 09:30"),
    }
    paused = [Pause(at("Mon 14:00"))]
    assert [sla.rung_at(r, OFFICE_HOURS, start, hours(8), paused) for r in rungs[:2]] == [at("Mon 13:00"), None]


@pytest.mark.parametrize(
    "rungs",
    [[{"at": "0%"}], [{"at": "x%"}], [{"at": "50%"}, {"at": "50%"}], [{"at": "50%", "acts": [{"do": "shout"}]}]],
)
def test_ladders_that_cannot_be_climbed_are_refused(rungs):
    with pytest.raises(Invalid, match="CRM-078"):
        sla.ladder(rungs)


@pytest.mark.parametrize(
    ("ended", "paused", "now", "state"),
    [
        (None, False, "Mon 10:00", ClockState.RUNNING),
        (None, True, "Mon 10:00", ClockState.PAUSED),
        (None, False, "Mon 17:01", ClockState.BREACHED),
        ("Mon 17:00", False, "Fri 10:00", ClockState.MET),
        ("Mon 17:01", False, "Fri 10:00", ClockState.BREACHED),
    ],
)
def test_states(ended, paused, now, state):
    assert sla.state_at(at("Mon 17:00"), ended and at(ended), paused, at(now)) is state


# --- laws ------------------------------------------------------------------------------------------

moments = st.datetimes(datetime(2026, 2, 1), datetime(2026, 3, 20), timezones=st.just(UTC))
spans = st.timedeltas(timedelta(minutes=1), timedelta(hours=40))


@st.composite
def pauses(draw):
    since = draw(moments)
    return Pause(since, since + draw(st.timedeltas(timedelta(minutes=1), timedelta(days=3))))


@given(moments, spans, pauses())
def test_a_pause_outside_working_time_changes_nothing(start, span, pause):
    plain = sla.due(OFFICE_HOURS, start, span, [])
    outside = OFFICE_HOURS.between(pause.since, pause.until) == timedelta(0)
    found = sla.due(OFFICE_HOURS, start, span, [pause])
    assert found == plain if outside else found >= plain


@given(moments, spans, pauses(), pauses())
def test_two_pauses_are_their_union_in_any_order(start, span, one, two):
    both = sla.due(OFFICE_HOURS, start, span, [one, two])
    assert both == sla.due(OFFICE_HOURS, start, span, [two, one])
    assert both == sla.due(OFFICE_HOURS, start, span, sla.union([one, two], start))
    assert both >= max(sla.due(OFFICE_HOURS, start, span, [each]) for each in (one, two))


@given(moments, spans, st.lists(pauses(), max_size=4))
def test_at_its_due_time_exactly_the_span_has_counted(start, span, ledger):
    due = sla.due(OFFICE_HOURS, start, span, ledger)
    assert sla.elapsed(OFFICE_HOURS, start, due, ledger) == span
    counted = [p.counted for p in sla.parts(OFFICE_HOURS, start, span, ledger) if p.kind == "work"]
    assert sum(counted, timedelta(0)) == span


@given(moments, spans, pauses())
def test_a_pause_extends_by_its_overlap_with_working_time(start, span, pause):
    plain, found = (sla.due(OFFICE_HOURS, start, span, ledger) for ledger in ([], [pause]))
    if start <= pause.since and pause.since < plain:
        assert OFFICE_HOURS.between(plain, found) == OFFICE_HOURS.between(pause.since, pause.until)


@pytest.mark.parametrize("text", ["P9999999999D", f"P{'9' * 400}D", "P1050W", "9999 business days"])
def test_nothing_is_promised_for_longer_than_calendars_are_looked_through(text):
    with pytest.raises(Invalid) as caught:
        sla.duration(text)
    assert caught.value.code == "CRM-077"
