"""What managers see of time: the wall narrowed to a customer or a person, and what if somebody were away.  # issue 5"""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from engine.domain.access import SYSTEM
from engine.domain.commands import ClaimTask, Deploy, SaveRecord, StartInstance
from engine.domain.desk import RescheduleTask
from engine.domain.sla_values import PauseClocks, ShowWall
from engine.domain.staff import Workload
from engine.services import sla_asks
from tests.store.drawing import END, START, flow, model, user


@pytest.fixture
def two_cases(engine, alice, bob):
    """A case of Nordlicht that alice has, one of Südwind that nobody has; each with a clock of its task and its own."""
    mark = '<crmflow:sla metric="resolve" target="PT8H"/>'
    about = f'owner="team:bench" goal="g" kpi="k"/>{mark}<crmflow:stage value="x"'
    file = model("desk", START + user("work", more=mark) + END + flow("start>work", "work>end"), about=about)
    engine.do(Deploy((file,), SYSTEM, publish=True))
    accounts = {}
    for name in ("Nordlicht", "Südwind"):
        account = engine.do(SaveRecord("account", SYSTEM, {"name": name}))
        links = {"account": account.id}
        record = engine.do(SaveRecord("case", SYSTEM, {"subject": f"{name} cannot log in"}, links=links))
        started = engine.do(StartInstance("desk", SYSTEM, {"case": {"$record": ["case", record.id]}}))
        accounts[name] = account.id
        if name == "Nordlicht":
            engine.do(ClaimTask(started.tasks[0], alice))
    return accounts


def test_the_wall_names_who_works_and_for_whom(engine, two_cases):
    wall = engine.ask(ShowWall(SYSTEM))
    seen = {(c.scope, c.customer[1], c.assignee) for c in wall.clocks}
    assert seen == {
        ("task", "Nordlicht", "alice"),
        ("case", "Nordlicht", "alice"),
        ("task", "Südwind", None),
        ("case", "Südwind", None),
    }
    assert (wall.customers, wall.assignees) == (tuple((v, k) for k, v in two_cases.items()), ("alice",))


def test_the_wall_of_one_customer_or_one_person(engine, two_cases):
    def found(**narrow):
        wall = engine.ask(ShowWall(SYSTEM, **narrow))
        assert wall.counts["running"] == sum(group["running"] for group in wall.groups.values())
        return wall.counts["running"], {c.customer[1] for c in wall.clocks}

    assert found(customer=two_cases["Südwind"]) == (2, {"Südwind"})
    assert found(assignee="alice") == (2, {"Nordlicht"})
    assert found(assignee="-") == (2, {"Südwind"})
    assert found(assignee="alice", customer=two_cases["Südwind"]) == (0, set())
    # A state narrows the rows; its tile and the others keep their numbers.
    assert found(state="breached") == (4, set())
    assert found(state="running") == (4, {"Nordlicht", "Südwind"})
    # What can be chosen does not shrink with what was chosen.
    assert len(engine.ask(ShowWall(SYSTEM, customer=two_cases["Südwind"])).customers) == 2


def test_a_wall_that_cannot_count_all_says_so_and_never_forgets_the_paused(engine, two_cases, monkeypatch):
    case = engine.ask(ShowWall(SYSTEM)).clocks[0].instance_id
    engine.do(PauseClocks(case, SYSTEM, "waits for a part", metrics=("*",)))
    whole = engine.ask(ShowWall(SYSTEM, limit=1))
    paused = whole.counts["paused"]
    assert paused
    assert (len(whole.clocks), whole.rows, whole.looked, whole.open) == (1, 4, 4, 4)
    monkeypatch.setattr(sla_asks, "LOOKED", 4 - paused + 1)
    part = engine.ask(ShowWall(SYSTEM))
    assert part.counts["paused"] >= 1
    assert (part.looked < 4, part.open) == (True, 4)
    assert sum(part.counts.values()) == part.looked == part.rows


def test_what_if_somebody_is_away_until_a_day(engine, alice, bob):
    """Work that is due before they are back is dealt out; the rest waits: "if A is away until Friday"."""
    file = model("away", START + user("work") + END + flow("start>work", "work>end"))
    engine.do(Deploy((file,), SYSTEM, publish=True))
    for day in (3, 5, None):
        (task_id,) = engine.do(StartInstance("away", alice)).tasks
        engine.do(ClaimTask(task_id, alice))
        engine.do(RescheduleTask(task_id, SYSTEM, None if day is None else datetime(2026, 3, day, 12, tzinfo=UTC)))

    def asked(until=None):
        rows = {row.login: row for row in engine.ask(Workload(SYSTEM, "bench", ("alice",), until))}
        return rows["alice"].gets, rows["alice"].waits, rows["bob"].gets

    assert asked() == (-3, 0, 3)
    assert asked(datetime(2026, 3, 4, tzinfo=UTC)) == (-1, 2, 1)
