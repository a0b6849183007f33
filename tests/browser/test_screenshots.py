"""Draws docs/screenshots: every room of the demo at 1440 and 390 pixels. Collected by `make screenshots` only.

Scenarios are drawn where they are run (test_operating_room)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from pages_house import PASSWORD
from playwright.sync_api import Page
from stage import OPENED, Site, Visit, listening
from tour import SIZES, addresses, look_round

from engine.app import Engine
from engine.cli import demo
from engine.cli.plays import play
from engine.domain.access import SYSTEM
from engine.domain.clock import FixedClock
from engine.domain.commands import ChangeUser
from engine.domain.questions import CountTasks, ListDefinitions, ListTasks
from engine.jobs import drain
from tests.databases import copied

pytestmark = pytest.mark.browser
SCREENSHOTS = Path(__file__).parents[2] / "docs" / "screenshots"


@pytest.fixture
def site(sqlite_template: Path, tmp_path: Path) -> Iterator[Site]:
    """The demo's people, flows and records, eleven minutes old: reminders have fired, some contacts are at risk."""
    path = tmp_path / "demo.sqlite"
    copied(sqlite_template, path)
    clock = FixedClock(OPENED)
    engine = Engine.open(f"sqlite:///{path}", clock=clock)
    plan = demo.read_plan(engine)
    demo.deploy_packs(engine)
    for login in demo.add_people(engine, plan):
        engine.do(ChangeUser(login, SYSTEM, password=PASSWORD))
    for name, sample in plan.samples:
        demo.make_records(engine, name, sample, None)
    assert list(play(engine, plan.plays)) == []
    for minutes in (6, 5):
        clock.move(timedelta(minutes=minutes))
        drain(engine)
    with listening(engine, clock) as site:
        yield site
    engine.close()


@pytest.mark.parametrize("width", [1440, 390])
def test_screenshots(width: int, site: Site, visit: Visit) -> None:
    drawn = []

    def look(name: str, page: Page) -> None:
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=SCREENSHOTS / f"{name}-{width}.png")
        drawn.append(name)

    people = demo.read_plan(site.engine).people
    who = max(people, key=lambda login: site.engine.ask(CountTasks(site.actor(login)))["mine"])
    task = site.engine.ask(ListTasks(site.actor(who), "mine")).items[0]
    flow = max(site.engine.ask(ListDefinitions(SYSTEM)).items, key=lambda d: d.counts.get("active", 0))
    assert task.record is not None
    rooms = addresses(task, flow, f"/records/{task.record.kind}/{task.record.id}")
    rooms |= {"rules-table": "/rules/lead-grading", "team": "/team"}  # what the demo has
    look_round(site, visit, rooms, look, who=who, size=SIZES[width])
    assert len(drawn) == len(rooms)
