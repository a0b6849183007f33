"""Every room: accessible (axe-core), nothing sticks out at 1440 and 390 pixels, its picture in docs/screenshots."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from conftest import NARROW, WIDE, Site, Visit
from playwright.sync_api import Page

from engine.domain.commands import ClaimTask
from engine.domain.questions import ListDefinitions, ListTasks

pytestmark = pytest.mark.browser
AXE = Path(__file__).parent / "vendor" / "axe.min.js"
SCREENSHOTS = Path(__file__).parents[2] / "docs" / "screenshots"
SIZES = {1440: WIDE, 390: NARROW}


def lived_in(site: Site) -> dict[str, str]:
    """A house where people work: cases of several customers, some late; answers addresses by room."""
    names = ["Nordlicht Robotics", "北京云图科技有限公司", "Fjord Seafood", "Casa Verde", "Acme & Sons"]
    accounts = [site.account(n, phone="+49 40 123456", country="DE", segment="strategic", tier="gold") for n in names]
    tasks = []
    for number, account in enumerate(accounts * 2):
        started = site.start(
            days=20 if number % 3 else 2, key=f"LN-{1041 + number}", customer={"$record": ["account", account.id]},
            purpose="A pilot with twelve users in the second quarter.",
        )  # fmt: skip
        tasks += site.engine.ask(ListTasks(site.actor("ada"), "all", instance_id=started.instance_id)).items
        site.clock.move(timedelta(minutes=1.7))
    alice = site.actor("alice")
    for task in tasks[1:6]:
        site.engine.do(ClaimTask(task.id, alice))
    flow = site.engine.ask(ListDefinitions(alice)).items[0]
    return {
        "login": "/login",
        "inbox": "/inbox",
        "task": f"/tasks/{tasks[1].id}",
        "start": "/start",
        "start-form": f"/start/{flow.id}",
        "flows": "/flows",
        "flow": f"/flows/{flow.id}",
        "upload": "/upload",
        "instances": "/instances",
        "instance": f"/instances/{tasks[1].instance_id}",
        "timers": "/timers",
        "incidents": "/incidents",
        "records": "/records/account",
        "record": f"/records/account/{accounts[0].id}",
        "record-edit": "/records/quote/new",
        "people": "/people",
        "notifications": "/notifications",
        "profile": "/profile",
        "error": "/no/such/page",
    }  # fmt: skip


def settle(page: Page) -> None:
    """Wait until forms and diagrams are drawn."""
    page.wait_for_load_state("networkidle")
    page.wait_for_function("!document.querySelector('.diagram-wait')?.offsetParent")


def violations(page: Page) -> list[str]:
    """What axe-core finds serious or critical."""
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{v['id']}: {v['help']} {[n['target'] for n in v['nodes']][:4]}"
        for v in found["violations"]
        if v["impact"] in ("serious", "critical")
    ]


def look_round(site: Site, visit: Visit, look: Callable[[str, Page], None], **how: object) -> None:
    """Visit every room in one browser."""
    rooms = lived_in(site)
    page = visit("ada", **how)
    for name, address in rooms.items():
        if name == "login":
            continue
        who = "alice" if name in ("inbox", "task") else "ada"
        if who == "alice":
            continue
        page.goto(site.url + address)
        settle(page)
        look(name, page)
    page = visit("alice", **how)
    for name in ("inbox", "task"):
        page.goto(site.url + rooms[name])
        settle(page)
        look(name, page)
    page.context.clear_cookies()
    page.goto(site.url + rooms["login"])
    look("login", page)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_rooms_are_accessible_and_fit(theme: str, width: int, site: Site, visit: Visit) -> None:
    troubles: list[str] = []

    def look(name: str, page: Page) -> None:
        troubles.extend(f"{name}: {said}" for said in violations(page))
        wide = page.evaluate("document.documentElement.scrollWidth")
        if wide > width:
            troubles.append(f"{name} is {wide} pixels wide")

    look_round(site, visit, look, size=SIZES[width], theme=theme)
    assert troubles == []


@pytest.mark.parametrize("width", [1440, 390])
def test_screenshots(width: int, site: Site, visit: Visit) -> None:
    if os.environ.get("CRMFLOW_SCREENSHOTS") != "1":
        return  # pictures are drawn on request only: `make screenshots`

    def look(name: str, page: Page) -> None:
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=SCREENSHOTS / f"{name}-{width}.png")

    look_round(site, visit, look, size=SIZES[width])
