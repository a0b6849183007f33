"""A walk through every room of a house where people work."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from playwright.sync_api import Page
from stage import NARROW, WIDE, Site, Visit, heard, until

from engine.domain.commands import ClaimTask
from engine.domain.questions import ListDefinitions, ListTasks
from engine.domain.values import DefinitionRow, TaskRow

OWN = ("inbox", "task", "notifications", "profile")  # shown as somebody who works there sees them
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
    return addresses(tasks[1], flow, f"/records/account/{accounts[0].id}")


def addresses(task: TaskRow, flow: DefinitionRow, record: str) -> dict[str, str]:
    """Every room with an address."""
    return {
        "login": "/login",
        "inbox": "/inbox",
        "task": f"/tasks/{task.id}",
        "start": "/start",
        "start-form": f"/start/{flow.id}",
        "flows": "/flows",
        "flow": f"/flows/{flow.id}",
        "rules": "/rules",
        "rules-table": "/rules/loan-rules",
        "rules-new": "/rules/new",
        "upload": "/upload",
        "instances": "/instances",
        "instance": f"/instances/{task.instance_id}",
        "timers": "/timers",
        "incidents": "/incidents",
        "records": record.rsplit("/", 1)[0],
        "record": record,
        "record-edit": "/records/quote/new",
        "people": "/people",
        "team": "/team?away=alice",
        "sent": "/notifications/sent",
        "sla": "/sla",
        "settings": "/settings",
        "settings-calendar": "/settings/calendars/new",
        "settings-policy": "/settings/policies/new",
        "notifications": "/notifications",
        "profile": "/profile",
        "error": "/no/such/page",
    }  # fmt: skip


def settle(page: Page) -> None:
    """Wait until forms, diagrams and tables are drawn."""
    heard(page)
    until(page, "!document.querySelector('.diagram-wait')?.offsetParent")
    until(page, "!document.querySelector('[data-form]:not([data-ready]), [data-rules]:not([data-ready])')")


def look_round(
    site: Site, visit: Visit, rooms: dict[str, str], look: Callable[[str, Page], None], who: str = "alice", **how: Any
) -> None:
    """Visit the rooms: their own as ``who``, the others as the administrator."""
    page = visit("ada", **how)
    for name, address in rooms.items():
        if name in ("login", *OWN):
            continue
        page.goto(site.url + address)
        settle(page)
        look(name, page)
    page = visit(who, **how)
    for name in (each for each in OWN if each in rooms):
        page.goto(site.url + rooms[name])
        settle(page)
        look(name, page)
    if "login" in rooms:
        page.context.clear_cookies()
        page.goto(site.url + rooms["login"])
        look("login", page)
