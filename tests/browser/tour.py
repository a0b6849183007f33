"""A walk through every room of a house where people work."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from conftest import NARROW, WIDE, Site, Visit
from playwright.sync_api import Page

from engine.domain.commands import ClaimTask
from engine.domain.questions import ListDefinitions, ListTasks

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


def look_round(site: Site, visit: Visit, look: Callable[[str, Page], None], **how: object) -> None:
    """Visit every room in one browser."""
    rooms = lived_in(site)
    page = visit("ada", **how)
    for name, address in rooms.items():
        if name in ("login", "inbox", "task"):  # those as alice sees them
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
