"""Working time is right: the vectors of the design, 239 cases by exhaustion, DST, nights, holidays.  # C8 E4 N1"""

from __future__ import annotations

import csv
import re
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from slowly import MAKEUP, NIGHT, OFF, OFFICE, PLACES, ROUND, SPLIT, weekdays

from engine.domain.calendar import Calendar
from engine.domain.calendar.explain import words
from engine.domain.calendar.feasts import feasts
from engine.domain.errors import Invalid

BERLIN = ZoneInfo("Europe/Berlin")
CASES = [row[:4] for row in list(csv.reader(Path(__file__).with_name("cases.csv").open()))[1:]]
CALENDARS = {name: Calendar.build(**given) for name, (given, _) in PLACES.items()}
PLAIN = Calendar.build("Europe/Berlin", weekdays(OFFICE))


def hours(n: float) -> timedelta:
    return timedelta(hours=n)


def at(text: str, zone=BERLIN) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


@pytest.mark.parametrize(
    ("start", "span", "closed", "due"),
    [
        ("2026-03-06 16:00", 4, [], "2026-03-09 12:00"),
        ("2026-03-06 16:00", 4, ["2026-03-09"], "2026-03-10 12:00"),
        ("2026-03-02 09:00", 8, [], "2026-03-02 17:00"),
        ("2026-03-07 12:00", 1, [], "2026-03-09 10:00"),
        ("2026-03-02 17:00", 8, [], "2026-03-03 17:00"),
    ],
    ids=["Friday + 4 h", "Monday a holiday", "to the end of the day, not the next morning", "Saturday", "after hours"],
)
def test_vectors_of_the_design(start, span, closed, due):
    calendar = Calendar.build("Europe/Berlin", weekdays(OFFICE), closed=closed)
    assert calendar.add(at(start), hours(span)) == at(due)


def test_the_table_is_long_enough_and_about_many_places():
    assert len(CASES) >= 200
    assert {"CN", "US", "GB", "DE", "JP"} <= {slow.place for _, slow in PLACES.values()}


@pytest.mark.parametrize("place", sorted(PLACES))
def test_cases_agree_with_counting_every_minute(place, many):
    calendar, slow = CALENDARS[place], PLACES[place][1]
    mine = [(start, int(minutes), due) for name, start, minutes, due in CASES if name == place]
    for start, minutes, due in mine:
        begin, end = at(start, slow.zone), datetime.fromisoformat(due)
        # In UTC: Python finds times of a repeated hour unequal across zones.
        due_at = calendar.add(begin, timedelta(minutes=minutes)).astimezone(UTC)
        assert due_at == end, (start, minutes)
        assert calendar.between(begin, end) == timedelta(minutes=minutes)
    for start, minutes, due in mine[: many(6, len(mine))]:
        begin = at(start, slow.zone)
        assert slow.add(begin, minutes) == datetime.fromisoformat(due), (start, minutes)
        assert slow.between(begin, datetime.fromisoformat(due)) == minutes


@pytest.mark.parametrize("place", sorted(PLACES))
def test_every_minute_around_a_change_of_the_clocks_is_open_or_closed_as_the_wall_says(place):
    calendar, slow = CALENDARS[place], PLACES[place][1]
    for day in ("2026-03-08", "2026-03-29", "2026-04-05", "2026-10-04", "2026-10-25", "2026-11-01"):
        first = datetime.fromisoformat(day).replace(tzinfo=UTC) - hours(12)
        for minute in range(0, 36 * 60, 7):
            moment = first + timedelta(minutes=minute)
            assert calendar.is_open(moment) == slow.open_at(moment), moment


@pytest.mark.parametrize("country", ["CN", "US", "GB", "DE", "JP"])
def test_official_days_off_and_make_up_days_are_the_published_ones(country):
    given = {"GB": ("GB", "ENG"), "DE": ("DE", "BE")}.get(country, (country,))
    calendar = Calendar.build("UTC", weekdays(OFFICE), given)
    year = [date(2026, 1, 1) + timedelta(days=n) for n in range(365)]
    assert {d for d in year if calendar.day(d).kind == "holiday"} == OFF[country]
    assert {d for d in year if calendar.day(d).kind == "make-up"} == MAKEUP.get(country, set())


def test_a_shift_over_a_change_of_the_clocks_has_its_true_length():
    nights = Calendar.build("Europe/Berlin", weekdays(NIGHT, 0, 6))
    short, long = at("2026-03-28 22:00"), at("2026-10-24 22:00")
    assert nights.between(short, short + timedelta(hours=12)) == hours(7)
    assert nights.between(long, long + timedelta(hours=12)) == hours(9)
    whole = Calendar.build("Europe/Berlin", weekdays(ROUND, 0, 6))
    assert whole.between(at("2026-03-29"), at("2026-03-30")) == hours(23)
    assert whole.between(at("2026-10-25"), at("2026-10-26")) == hours(25)
    assert whole.add(at("2026-10-25 00:30"), hours(25)) == at("2026-10-26 00:30")


def test_intervals_are_half_open():
    assert PLAIN.is_open(at("2026-03-02 09:00"))
    assert not PLAIN.is_open(at("2026-03-02 17:00"))
    assert PLAIN.next_open(at("2026-03-02 09:00")) == at("2026-03-02 09:00")
    assert PLAIN.next_open(at("2026-03-06 17:00")) == at("2026-03-09 09:00")


def test_a_night_shift_belongs_to_the_day_it_begins_on():
    nights = Calendar.build("UTC", {4: NIGHT}, closed=["2026-03-13", "2026-03-21"])
    assert nights.is_open(datetime(2026, 3, 7, 5, 59, tzinfo=UTC))  # Saturday morning
    assert not nights.is_open(datetime(2026, 3, 14, 1, tzinfo=UTC))  # its Friday was closed
    assert nights.is_open(datetime(2026, 3, 21, 1, tzinfo=UTC))  # the Saturday is closed, the Friday was not


def test_make_up_days_are_worked_like_the_day_they_make_up_for():
    week = {**weekdays(OFFICE, 0, 3), 4: [("09:00", "12:00")]}
    chinese = Calendar.build("Asia/Shanghai", week, ("CN",))
    # Saturday 14 February 2026 makes up for Friday the 20th; 28 February for Monday the 23rd.
    assert chinese.day(date(2026, 2, 14)).hours == chinese.day(date(2026, 3, 6)).hours
    assert chinese.day(date(2026, 2, 28)).hours == chinese.day(date(2026, 3, 2)).hours
    six = Calendar.build("Asia/Shanghai", {**week, 5: SPLIT}, ("CN",))
    assert six.day(date(2026, 2, 14)).kind == "usual"  # who works on Saturdays anyhow works their Saturday


def test_subdivisions_differ():
    berlin, bavaria = (Calendar.build("Europe/Berlin", weekdays(OFFICE), ("DE", part)) for part in ("BE", "BY"))
    epiphany = at("2026-01-06 10:00")
    assert berlin.is_open(epiphany)
    assert not bavaria.is_open(epiphany)
    both = Calendar.build("Europe/Berlin", weekdays(OFFICE), [("DE", "BY"), ("CN",)])
    assert not both.is_open(epiphany)
    assert not both.is_open(at("2026-02-17 10:00"))


def test_own_dates_win_over_everything():
    calendar = CALENDARS["berlin-split"]
    assert calendar.is_open(at("2026-02-14 10:00"))
    assert not calendar.is_open(at("2026-12-24 10:00"))
    assert calendar.between(at("2026-12-31"), at("2027-01-01")) == hours(3)
    on_a_holiday = Calendar.build(
        "Europe/Berlin", weekdays(OFFICE), ("DE",), opened={"2026-12-25": [("10:00", "11:00")]}
    )
    assert on_a_holiday.between(at("2026-12-25"), at("2026-12-26")) == hours(1)


def test_hours_may_change_on_a_date():
    old = Calendar.build("Europe/Berlin", weekdays(OFFICE))
    new = Calendar.build("Europe/Berlin", weekdays([("08:00", "16:00")]), valid_from="2026-04-01")
    assert not new.is_open(at("2026-03-31 10:00"))
    assert new.is_open(at("2026-04-01 08:00"))
    both = old.followed_by(new)
    assert both.is_open(at("2026-03-31 16:30"))
    assert not both.is_open(at("2026-04-01 16:30"))
    assert both.add(at("2026-03-31 16:00"), hours(2)) == at("2026-04-01 09:00")
    assert Calendar.from_mapping(both.to_mapping()) == both
    with pytest.raises(Invalid, match="CRM-073"):
        new.followed_by(old)


def test_what_is_never_open_is_said_at_once():
    for calendar in (
        Calendar.build("UTC", {}),
        Calendar.build("UTC", {0: []}, opened={"2020-01-01": OFFICE}),
        Calendar.build("UTC", weekdays(OFFICE), valid_from="2400-01-01"),
    ):
        for asked in (
            lambda c=calendar: c.add(at("2026-03-02 09:00"), hours(1)),
            lambda c=calendar: c.next_open(at("2026-03-02 09:00")),
        ):
            with pytest.raises(Invalid, match="CRM-076"):
                asked()
    with pytest.raises(Invalid, match="CRM-076"):
        PLAIN.add(at("2026-03-02 09:00"), timedelta(days=40000))
    with pytest.raises(Invalid, match="CRM-076"):
        PLAIN.between(at("1900-03-02 09:00"), at("2900-03-02 09:00"))


def test_zero_and_negative_durations():
    assert PLAIN.add(at("2026-03-07 12:00"), hours(0)) == at("2026-03-07 12:00")
    assert PLAIN.add(at("2026-03-09 10:00"), hours(-2)) == at("2026-03-06 16:00")
    assert PLAIN.add(at("2026-03-09 10:00"), hours(-1)) == at("2026-03-09 09:00")
    assert PLAIN.between(at("2026-03-09 10:00"), at("2026-03-06 16:00")) == hours(-2)
    assert PLAIN.add(at("2027-01-01 10:00"), hours(-2100)) < at("2026-01-06")


def test_the_answer_is_in_the_zone_of_the_question():
    tokyo = at("2026-03-06 23:00", ZoneInfo("Asia/Tokyo"))
    assert PLAIN.add(tokyo, hours(4)).tzinfo == ZoneInfo("Asia/Tokyo")
    assert PLAIN.add(tokyo.astimezone(UTC), hours(4)).tzinfo == UTC
    with pytest.raises(Invalid, match="CRM-075"):
        PLAIN.add(datetime(2026, 3, 6), hours(1))


def test_holidays_and_closed_dates_are_taken_as_people_write_them_or_refused_never_lost():
    for given in (("DE", "BE"), "DE-BE", ["DE-BE"], [("DE", "BE")], {"DE": "BE"}):
        assert Calendar.build("UTC", {}, given).spec.holidays == (("DE", "BE"),)
    for given in (("DE",), ("DE", None), "DE", {"DE"}, {"DE": None}):
        assert Calendar.build("UTC", {}, given).spec.holidays == (("DE", None),)
    for one in ("2026-12-24", date(2026, 12, 24), ["2026-12-24"], {"2026-12-24": ""}):
        assert Calendar.build("UTC", {}, closed=one) == Calendar.build("UTC", {}, closed=["2026-12-24"])
    plain = "zone: Europe/Oslo\nweek: {mon: 09:00-17:00}\n"
    assert Calendar.from_yaml(plain + "closed: 2026-12-24\n").spec.dates[0][0] == date(2026, 12, 24)
    # The bare NO of Norway is false in YAML: its holidays were none without a word.
    for said in ("NO", "[NO]", "5", "[[]]", "[{DE: BE}]"):
        with pytest.raises(Invalid, match="CRM-072"):
            Calendar.from_yaml(f"{plain}holidays: {said}\n")
    assert Calendar.from_yaml(plain + "holidays: ['NO']\n").spec.holidays == (("NO", None),)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"zone": "Europe/Atlantis", "week": {}}, "CRM-070"),
        ({"zone": "UTC", "week": {7: OFFICE}}, "CRM-071"),
        ({"zone": "UTC", "week": {"²": OFFICE}}, "CRM-071"),
        ({"zone": "UTC", "week": {}, "closed": 5}, "CRM-073"),
        ({"zone": "UTC", "week": {0: [("09:00", "25:00")]}}, "CRM-071"),
        ({"zone": "UTC", "week": {0: [("09:00", "09:00")]}}, "CRM-071"),
        ({"zone": "UTC", "week": {0: [(9, 17)]}}, "CRM-071"),
        ({"zone": "UTC", "week": {0: 3}}, "CRM-071"),
        ({"zone": "UTC", "week": []}, "CRM-071"),
        ({"zone": "UTC", "week": {}, "holidays": ("ZZ",)}, "CRM-072"),
        ({"zone": "UTC", "week": {}, "holidays": ("DE", "XX")}, "CRM-072"),
        ({"zone": "UTC", "week": {}, "closed": ["Christmas"]}, "CRM-073"),
        ({"zone": "UTC", "week": {}, "closed": ["2026-01-01"], "opened": {"2026-01-01": OFFICE}}, "CRM-073"),
        ({"zone": "UTC", "week": {}, "opened": {"2026-01-01": []}}, "CRM-073"),
    ],
)
def test_what_cannot_be_meant_is_refused(given, code):
    with pytest.raises(Invalid) as caught:
        Calendar.build(**given)
    assert caught.value.code == code
    assert caught.value.fix


def test_a_calendar_is_read_from_yaml():
    text = """
    zone: Europe/Berlin
    week: {0: [["08:30", "12:00"], ["13:00", "17:30"]], tue: "08:30-12:00, 13:00-17:30", wed: ["08:30-12:00"]}
    holidays: [DE, BE]
    closed: [2026-12-24]
    opened: {2026-02-14: [["09:00", "17:00"]]}
    shortened: {"2026-12-31": [["09:00", "12:00"]]}
    valid_from: 2026-01-01
    """
    calendar = Calendar.from_yaml(text)
    assert calendar == Calendar.build(
        zone="Europe/Berlin",
        week={0: SPLIT, 1: SPLIT, 2: SPLIT[:1]},
        holidays=("DE", "BE"),
        closed=["2026-12-24"],
        opened={"2026-02-14": OFFICE},
        shortened={"2026-12-31": [("09:00", "12:00")]},
        valid_from=date(2026, 1, 1),
    )
    assert Calendar.from_mapping(calendar.to_mapping()) == calendar
    for wrong in ("zone: UTC", "zone: UTC\nweek: {}\nweeks: {}", "- 1", "{"):
        with pytest.raises(Invalid, match="CRM-074"):
            Calendar.from_yaml(wrong)


def test_the_explanation_names_what_was_counted_and_what_was_not():
    found = CALENDARS["berlin-split"].explain(at("2026-12-23 16:00"), hours(10))
    assert found.due == at("2026-12-29 09:00")
    assert [d.date for d in found.holidays] == ["2026-12-24", "2026-12-25", "2026-12-26"]
    assert found.holidays[1].name == "Christmas Day"
    assert sum((d.total for d in found.days), timedelta(0)) == hours(10)
    assert not found.beyond
    assert found.words()[0] == "2026-12-23: 16:00–17:30 = 1 h 30 min, usual hours"
    assert found.words("zh_Hans")[-1] == "2026-12-29：08:30–09:00，计 30 分钟，正常工作时间"
    swapped = CALENDARS["shanghai"].explain(at("2026-02-13 17:00", ZoneInfo("Asia/Shanghai")), hours(2))
    assert swapped.words()[1].endswith("make-up working day (2026-02-20)")


@pytest.mark.parametrize("place", sorted(PLACES))
def test_an_explanation_accounts_for_every_minute(place):
    slow = PLACES[place][1]
    for start in ("2026-03-27 15:00", "2026-10-23 23:30", "2026-02-13 12:00"):
        found = CALENDARS[place].explain(at(start, slow.zone), hours(31))
        assert sum((d.total for d in found.days), found.beyond) == hours(31)
    years = CALENDARS[place].explain(at("2026-02-13 12:00", slow.zone), hours(9000))
    assert sum((d.total for d in years.days), years.beyond) == hours(9000)


def test_years_are_counted_in_microseconds():
    calendar = CALENDARS["berlin"]
    start = at("2026-01-05 09:00")
    calendar.add(start, hours(20000))  # the years are worked out once
    began = time.perf_counter()
    for _ in range(200):
        calendar.add(start, hours(20000))
    assert (time.perf_counter() - began) / 200 < 0.002  # some 50 µs; the limit leaves room for a busy machine


@pytest.mark.parametrize(
    ("holidays", "start", "english", "chinese"),
    [
        (("CN",), "2026-10-01", "National Day", "国庆节"),
        (("HK",), "2026-04-06", "Easter Monday", "复活节星期一"),
        (("US",), "2026-07-03", "Independence Day (observed)", "独立日（补假）"),
        (("GB", "ENG"), "2026-12-28", "Boxing Day (observed)", "节礼日（补假）"),
        (("DE", "BE"), "2026-10-03", "German Unity Day", "德国统一日"),
        (("JP",), "2026-05-06", "Substitute Holiday", "补假"),
        (("FR",), "2026-07-14", "National Day", "国庆节"),
        (("NL",), "2026-04-27", "King's Day", "King's Day"),  # in no table: its own name
    ],
)
def test_a_holiday_is_named_in_the_readers_language(holidays, start, english, chinese):
    office = Calendar.build("UTC", {n: [("09:00", "17:00")] for n in range(7)}, holidays=holidays)
    found = office.explain(datetime.fromisoformat(f"{start}T09:00:00+00:00"), timedelta(hours=1))
    assert found.words("en")[0] == f"{start}: nothing, holiday ({english})"
    assert found.words("zh_Hans")[0] == f"{start}：不计，节假日（{chinese}）"
    stored = found.to_mapping()
    for day in stored["days"]:
        day.pop("chinese", None)  # as it was stored before
    assert words(stored, "zh_Hans")[0] == f"{start}：不计，节假日（{english}）"


@pytest.mark.parametrize("country", ["CN", "US", "GB", "DE", "JP"])
def test_the_holidays_of_a_whole_country_all_have_chinese_names(country):
    told = {name for year in range(2010, 2036) for name in feasts(country, None, year).chinese.values()}
    assert [name for name in told if re.search("[A-Za-z]", name)] == []
