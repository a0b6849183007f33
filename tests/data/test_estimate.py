"""The breach estimate is honest on a real help desk: its 80 % intervals hold 70–90 % of the later cases.  # C8"""

from __future__ import annotations

import csv
import itertools
from collections import defaultdict
from datetime import datetime, timedelta

import pytest

from engine.domain.estimate import FEW, estimate

pytestmark = pytest.mark.data
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def cases(data):
    """Cases of the log in order of their start: [(completed at, activity), …]."""
    found = defaultdict(list)
    with (data / "helpdesk" / "helpdesk.csv").open(encoding="utf-8") as log:
        for row in csv.DictReader(log):
            at = datetime.strptime(row["Complete Timestamp"], "%Y/%m/%d %H:%M:%S.%f")
            found[row["Case ID"]].append((at, row["Activity"]))
    return sorted((sorted(case, key=lambda e: e[0]) for case in found.values()), key=lambda case: case[0][0])


@pytest.mark.parametrize("share", [0.5, 0.6, 0.7, 0.8])
def test_whole_cases_of_later_times_lie_in_the_interval(cases, share):
    cut = int(len(cases) * share)
    split = cases[cut][0][0]
    known = sorted((case for case in cases[:cut] if case[-1][0] < split), key=lambda case: case[-1][0])
    found = estimate([case[-1][0] - case[0][0] for case in known])
    later = [case[-1][0] - case[0][0] for case in cases[cut:]]
    assert found.enough
    assert 0.7 <= sum(found.low <= took <= found.high for took in later) / len(later) <= 0.9


@pytest.mark.parametrize("share", [0.5, 0.7])
def test_steps_of_later_times_lie_in_the_interval_known_when_they_begin(cases, share):
    split = cases[int(len(cases) * share)][0][0]
    steps = sorted((b, name, b - a) for case in cases for (a, _), (b, name) in itertools.pairwise(case))
    past, inside, total = defaultdict(list), 0, 0
    ended = iter(steps)
    waiting = next(ended)
    for end, name, took in sorted(steps, key=lambda step: step[0] - step[2]):
        begin = end - took
        while waiting is not None and waiting[0] <= begin:  # only what was over by then is known
            past[waiting[1]].append(waiting[2])
            waiting = next(ended, None)
        found = estimate(past[name]) if begin >= split else None
        if found is not None and found.enough:
            inside += found.low <= took <= found.high
            total += 1
    assert total > 3000
    assert 0.7 <= inside / total <= 0.9


def test_few_cases_say_that_they_are_few():
    found = estimate([HOUR] * (FEW - 1))
    assert (found.enough, found.cases, found.median, found.risk) == (False, FEW - 1, None, None)
    assert estimate([HOUR] * FEW).enough


def test_the_spread_and_the_risk_come_from_comparable_cases():
    past = [HOUR * n for n in range(1, 101)]
    found = estimate(past, left=HOUR * 75)
    assert (found.median, found.low, found.high) == (HOUR * 50.5, HOUR * 10, HOUR * 91)
    assert found.risk == pytest.approx(0.25)
    # Who has waited 50 hours is not compared with those who were done by then.
    late = estimate(past, spent=HOUR * 50, left=HOUR * 25)
    assert (late.cases, late.median) == (50, HOUR * 75.5)
    assert late.risk == pytest.approx(0.5)


def test_only_the_newest_cases_count():
    found = estimate([HOUR * 100] * 1000 + [HOUR] * 500)
    assert (found.cases, found.high) == (500, HOUR)
