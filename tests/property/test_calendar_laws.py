"""Laws of working time, on random calendars.  # C8 E4"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import assume, given, settings, strategies as st

from engine.domain.calendar import Calendar

ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "America/St_Johns")
_minutes = st.integers(0, 1439)


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


@st.composite
def intervals(draw):
    start = draw(_minutes)
    end = draw(st.integers(0, 1440).filter(lambda e: e != start))
    return (_clock(start), _clock(end))


@st.composite
def calendars(draw, holidays=True):
    week = draw(st.dictionaries(st.integers(0, 6), st.lists(intervals(), min_size=1, max_size=3), min_size=1))
    places = [(), ("DE", "BE"), ("CN",), ("US",), ("GB", "SCT"), ("JP",)] if holidays else [()]
    return Calendar.build(draw(st.sampled_from(ZONES)), week, draw(st.sampled_from(places)))


instants = st.datetimes(datetime(2024, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))
spans = st.timedeltas(timedelta(microseconds=1), timedelta(hours=60))


@given(calendars(), instants, spans)
def test_between_is_the_inverse_of_add(calendar, start, span):
    assert calendar.between(start, calendar.add(start, span)) == span
    back = calendar.add(start, -span)
    assert calendar.between(start, back) == -span
    assert back <= start


@given(calendars(), instants, spans)
def test_add_is_the_earliest_instant_that_fits(calendar, start, span):
    due = calendar.add(start, span)
    assert calendar.between(start, due - timedelta(microseconds=1)) == span - timedelta(microseconds=1)


@given(calendars(), instants, instants, spans, spans)
def test_add_is_monotone_in_both(calendar, one, other, short, long):
    one, other = sorted((one, other))
    short, long = sorted((short, long))
    assert calendar.add(one, short) <= calendar.add(other, short)
    assert calendar.add(one, short) <= calendar.add(one, long)
    assert calendar.add(one, -long) <= calendar.add(one, -short) <= one


@given(calendars(), instants, instants, instants)
def test_between_is_antisymmetric_and_additive(calendar, one, two, three):
    assert calendar.between(two, one) == -calendar.between(one, two)
    assert calendar.between(one, two) + calendar.between(two, three) == calendar.between(one, three)


@given(calendars(holidays=False), instants, spans)
def test_a_week_later_is_a_week_later(calendar, start, span):
    week = timedelta(days=7)
    due = calendar.add(start, span)
    offsets = {(start + n * timedelta(hours=6)).astimezone(_zone(calendar)).utcoffset() for n in range(-8, 4 * 60)}
    assume(len(offsets) == 1 and due + week < start + timedelta(days=58))
    assert calendar.add(start + week, span) == due + week


@given(calendars(), instants)
def test_next_open_is_open_and_nothing_before_it_is(calendar, start):
    found = calendar.next_open(start)
    assert calendar.is_open(found)
    assert found >= start
    assert calendar.between(start, found) == timedelta(0)
    assert calendar.is_open(start) == (found == start)


@settings(max_examples=30)
@given(calendars(), instants, spans)
def test_explanations_add_up_and_calendars_survive_json(calendar, start, span):
    found = calendar.explain(start, span)
    assert sum((d.total for d in found.days), found.beyond) == span
    again = Calendar.from_mapping(calendar.to_mapping())
    assert again == calendar
    assert again.explain(start, span).to_mapping() == found.to_mapping()


def _zone(calendar):
    from zoneinfo import ZoneInfo

    return ZoneInfo(calendar.spec.zone)
