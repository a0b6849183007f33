"""Dates, times, zones and durations (DMN 1.5, 10.3.2.3): ``expression => FEEL literal``."""

from __future__ import annotations

import datetime as py
from zoneinfo import ZoneInfo

import pytest

from engine import feel
from engine.feel.temporal import DateTime, Days, FarDate, Months, Time

CASES = """
@"2020-01-31" + @"P1M" => @"2020-02-29"
@"2020-02-29" + @"P1Y" => @"2021-02-28"
@"2020-01-01" - @"P1M" => @"2019-12-01"
@"2020-01-01" + @"PT25H" => @"2020-01-02"
@"2020-01-01" - @"PT1H" => @"2019-12-31"
@"2020-03-01" - @"2020-02-01" => @"P29D"
@"2020-01-01T10:00:00Z" - @"2020-01-01T10:00:00+02:00" => @"PT2H"
@"2020-01-01T10:00:00Z" - @"2020-01-01T10:00:00" => null
@"2020-01-01T10:00:00Z" < @"2020-01-01T10:00:00" => false
@"2020-01-01T10:00:00+05:00" < @"2020-01-01T10:00:01" => true
@"2020-01-01T10:00:00Z" = @"2020-01-01T10:00:00" => false
@"10:00:00Z" < @"11:00:00" => true
@"2020-01-02" - @"2020-01-01T00:00:00Z" => @"P1D"
@"2020-01-02" - @"2020-01-01T00:00:00" => null
@"10:20:30.5".second => 30.5
@"PT1.25S".seconds => 1.25
@"2020-01-01T10:00:00Z" = @"2020-01-01T11:00:00+01:00" => true
@"2020-01-01T23:00:00" + @"PT2H" => @"2020-01-02T01:00:00"
@"2020-03-29T01:30:00@Europe/Berlin" + @"PT1H" => @"2020-03-29T03:30:00@Europe/Berlin"
(@"2020-10-25T01:30:00@Europe/Berlin" + @"PT2H") - @"2020-10-25T01:30:00@Europe/Berlin" => @"PT2H"
(@"2020-10-25T01:30:00@Europe/Berlin" + @"PT2H").time offset => @"PT1H"
@"2020-03-28T12:00:00@Europe/Berlin" + @"P1M" => @"2020-04-28T12:00:00@Europe/Berlin"
@"23:00:00" + @"PT2H" => @"01:00:00"
@"10:00:00" - @"09:30:00" => @"PT30M"
@"10:00:00" + @"P1M" => null
@"P1Y" + @"P2M" => @"P14M"
@"P1D" - @"PT36H" => @"-PT12H"
@"P1D" + @"P1M" => null
@"P1D" * 2 => @"P2D"
2 * @"P1M" => @"P2M"
@"P1D" / 2 => @"PT12H"
@"P1D" / @"PT6H" => 4
@"P1Y" / @"P1M" => 12
@"P1D" / 0 => null
@"P1Y" = @"P12M" => true
@"P1Y" < @"P365D" => null
-@"P1D" => @"-P1D"
@"2020-01-31".weekday => 5
@"-0044-03-15".year => -44
@"2020-01-01T10:20:30@Asia/Shanghai".time offset => @"PT8H"
@"2020-01-01T10:20:30@Asia/Shanghai".timezone => "Asia/Shanghai"
@"2020-07-01T10:20:30@America/New_York".time offset => @"-PT4H"
@"P1Y14M".years => 2
@"P1Y14M".months => 2
@"-PT90M".hours => -1
@"-PT90M".minutes => -30
@"2020-01-01".hour => null
date("999999999-12-31").year => 999999999
@"999999999-12-31" + @"P1D" => null
@"10000-01-01" > @"9999-12-31" => true
@"10000-01-01" - @"9999-12-31" => @"P1D"
@"-2020-03-01" - @"P1D" => @"-2020-02-29"
string(@"10000-01-01") => "10000-01-01"
string(@"2020-01-01T10:00:00.500Z") => "2020-01-01T10:00:00.5Z"
time("10:00:00+15:59") = null => false
time("24:00:01") => null
date and time("2017-12-31T24:00:00") => @"2018-01-01T00:00:00"
date("2020-1-1") => null
date("02020-01-01") => null
duration("P") => null
duration("PT") => null
@"2020-01-01T00:00:00@Mars/Olympus" => null
"""


@pytest.mark.parametrize("case", [line for line in CASES.splitlines() if line])
def test_example(case: str) -> None:
    text, expected = case.rsplit(" => ", 1)
    assert feel.evaluate(text) == feel.evaluate(expected)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (py.date(2020, 1, 31), py.date(2020, 1, 31)),
        (py.datetime(2020, 1, 31, 10, tzinfo=py.UTC), DateTime(18292, 36_000_000_000_000, 0)),
        (py.datetime(2020, 1, 31, 10), DateTime(18292, 36_000_000_000_000)),
        (py.timedelta(hours=1), Days(3_600_000_000_000)),
        (py.time(10), Time(36_000_000_000_000)),
    ],
)
def test_pythons_own_values_are_taken_in(value: object, expected: object) -> None:
    assert feel.adopt(value) == expected
    assert feel.evaluate("x", {"x": value}) == expected


def test_a_zone_id_is_kept() -> None:
    taken = feel.adopt(py.datetime(2020, 7, 1, 10, tzinfo=ZoneInfo("Europe/Paris")))
    assert str(taken) == "2020-07-01T10:00:00@Europe/Paris"


def test_values_go_back_to_python() -> None:
    assert feel.evaluate('@"2020-01-01T10:00:00+02:00"').datetime() == py.datetime(2020, 1, 1, 8, tzinfo=py.UTC)
    assert feel.evaluate('@"P1DT1H"').timedelta() == py.timedelta(days=1, hours=1)
    assert feel.evaluate('@"2020-01-31"') == py.date(2020, 1, 31)


def test_far_years_order_with_near_ones() -> None:
    assert FarDate(10_000, 1, 1) > py.date(9999, 12, 31)
    assert py.date(1, 1, 1) > FarDate(0, 12, 31)
    assert sorted([FarDate(10_000, 1, 1), py.date(2020, 1, 1)])[0] == py.date(2020, 1, 1)


def test_durations_print_in_normal_form() -> None:
    assert [str(Months(n)) for n in (0, 14, -1)] == ["P0M", "P1Y2M", "-P1M"]
    assert str(Days(0)) == "PT0S"
    assert str(feel.evaluate('@"PT1000M0.999999999S"')) == "PT16H40M0.999999999S"
