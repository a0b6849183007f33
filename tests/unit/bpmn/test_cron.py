"""Cron expressions: fields, names, specials, zones, and rounds that neither drift nor repeat (A4)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from bpmn_play import flows, process, tag, timer

from engine.bpmn import compile
from engine.bpmn.dialect_camunda7 import translate
from engine.bpmn.specs.cron import cron
from engine.bpmn.specs.timers import is_time
from engine.model.xml import read

BASE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)  # a Monday


@pytest.mark.parametrize(
    ("text", "first", "second"),
    [
        ("0 0/5 * * * ?", "2026-03-02T09:05", "2026-03-02T09:10"),
        ("0 0 9 * * MON-FRI", "2026-03-03T09:00", "2026-03-04T09:00"),
        ("0 9 * * 1", "2026-03-09T09:00", "2026-03-16T09:00"),
        ("@daily", "2026-03-03T00:00", "2026-03-04T00:00"),
        ("@weekly", "2026-03-08T00:00", "2026-03-15T00:00"),
        ("0 0 0 L * *", "2026-03-31T00:00", "2026-04-30T00:00"),
        ("0 0 12 * * FRIL", "2026-03-27T12:00", "2026-04-24T12:00"),
        ("0 0 12 * * MON#2", "2026-03-09T12:00", "2026-04-13T12:00"),
        ("0 0 0 29 2 *", "2028-02-29T00:00", "2032-02-29T00:00"),
        ("30 15,45 8-10/2 * MAR,JUN *", "2026-03-02T10:15:30", "2026-03-02T10:45:30"),
        ("0 0 0 1 1 * 2030", "2030-01-01T00:00", None),
        ("0 0 9 * * * @Europe/Berlin", "2026-03-03T08:00", "2026-03-04T08:00"),
    ],
)
def test_times_come_one_after_the_other(text: str, first: str, second: str | None) -> None:
    found = cron(text)
    assert found is not None
    assert found.at(BASE, 1) == datetime.fromisoformat(first).replace(tzinfo=UTC)
    if second is None:
        with pytest.raises(ValueError, match="no such time"):
            found.at(BASE, 2)
    else:
        assert found.at(BASE, 2) == datetime.fromisoformat(second).replace(tzinfo=UTC)


def test_rounds_are_the_same_however_they_are_reckoned() -> None:
    found, at = cron("7 3/20 */6 * * MON,WED"), BASE
    assert found is not None
    for n in range(1, 200):
        at = found.at(at, 1)
        assert found.at(BASE, n) == at


def test_summer_time_keeps_the_wall_clock() -> None:
    found = cron("0 30 8 * * * @Europe/Berlin")
    assert found is not None
    before, after = found.at(datetime(2026, 3, 28, 0, tzinfo=UTC), 1), found.at(datetime(2026, 3, 28, 0, tzinfo=UTC), 2)
    assert after - before == timedelta(hours=23)


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Australia/Lord_Howe", "America/New_York"])
def test_what_comes_every_half_hour_does_so_while_the_clocks_change(zone: str) -> None:
    """The repeated hour was left out, the skipped one fired twice."""
    found = cron(f"0 */30 * * * * @{zone}")
    assert found is not None
    half = timedelta(minutes=30)
    for month, first in ((3, 1), (4, 1), (10, 1), (10, 20), (11, 1)):
        start = datetime(2026, month, first, tzinfo=UTC)
        assert [found.at(start, n) for n in range(1, 700, 7)] == [start + n * half for n in range(1, 700, 7)]


def test_a_time_of_day_that_is_skipped_or_there_twice_comes_once() -> None:
    found = cron("0 30 2,3 * * * @Europe/Berlin")
    assert found is not None
    spring = datetime(2026, 3, 28, 12, tzinfo=UTC)
    autumn = datetime(2026, 10, 24, 12, tzinfo=UTC)
    assert [found.at(spring, n).isoformat()[5:16] for n in (1, 2)] == ["03-29T01:30", "03-30T00:30"]
    assert [found.at(autumn, n).isoformat()[5:16] for n in (1, 2, 3)] == ["10-25T00:30", "10-25T02:30", "10-26T01:30"]


@pytest.mark.parametrize(
    "text", ["", "0 0 9 * *  * * *", "61 * * * * *", "0 0 9 * * MON#6", "0 5-1 * * * *", "a b c d e", "0 0/0 * * * *"]
)
def test_what_is_no_cron_is_none(text: str) -> None:
    assert cron(text) is None
    assert not is_time(text, "cycle")


def test_a_boundary_timer_fires_by_cron(play):
    watch = tag("boundaryEvent", "b", timer("0 0 12 * * ?", "timeCycle"), attachedToRef="t", cancelActivity="false")
    p = play(
        process(tag("startEvent", "s"), tag("userTask", "t"), watch, tag("endEvent", "x"), flows("s > t", "b > x"))
    )
    p.start()
    for day in (2, 3, 4):
        (wait,) = p.timers.values()
        assert wait.due_at == datetime(2026, 3, day, 12, tzinfo=UTC)
        p.fire("b")


def test_a_start_timer_knows_its_rounds() -> None:
    made = compile(
        process(tag("startEvent", "s", timer("@daily", "timeCycle")), tag("endEvent", "e"), flows("s > e")), "p"
    )
    assert made.next_start("s", BASE, 1) == datetime(2026, 3, 3, tzinfo=UTC)
    assert made.next_start("s", BASE, 400) == datetime(2026, 3, 3, tzinfo=UTC) + timedelta(days=399)


def test_weekdays_of_the_camunda_7_family_count_from_sunday_one() -> None:
    xml = process(tag("startEvent", "s", timer("0 0 9 ? * 2-6", "timeCycle")), flows()).decode()
    root = read(
        xml.replace("<definitions ", '<definitions xmlns:camunda="http://camunda.org/schema/1.0/bpmn" ')
        .replace(' xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"', "")
        .encode()
    )
    translate(root)
    assert [e.text for e in root.iter("{*}timeCycle")] == ["0 0 9 ? * MON-FRI"]
