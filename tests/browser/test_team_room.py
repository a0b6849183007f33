"""The Team room with the mouse and with the keyboard alone: a lead moves work to where there is room."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from stage import NARROW, Site, Visit

from engine.domain.access import SYSTEM
from engine.domain.commands import ReassignTask
from engine.domain.staff import ChangeTeam, Workload

pytestmark = pytest.mark.browser


@pytest.fixture
def uneven(site: Site) -> Site:
    """Bob has four tasks, the others none; Alice leads the team."""
    for _ in range(4):
        site.engine.do(ReassignTask(site.task().id, "bob", SYSTEM))
    site.engine.do(ChangeTeam("sales", SYSTEM, lead="alice"))
    return site


def loads(site: Site) -> dict[str, int]:
    return {row.login: row.load for row in site.engine.ask(Workload(SYSTEM, "sales"))}


def to_team(page: Page) -> None:
    page.click(".side a[href='/team']")
    expect(page.locator("tr[data-person]")).to_have_count(3)


def test_work_is_dragged_to_somebody_else(uneven: Site, visit: Visit) -> None:
    page = visit("alice")
    to_team(page)
    page.drag_and_drop("[data-move=bob]", "tr[data-person=maria]")
    expect(page.locator("#move-dialog")).to_be_visible()
    assert (page.input_value("#d-to"), page.input_value("#d-number")) == ("maria", "2"), "half: as much as is fair"
    page.press("#d-number", "Enter")
    expect(page.locator("#toasts")).to_contain_text("2 tasks moved.")
    assert loads(uneven) == {"alice": 0, "bob": 2, "maria": 2}


def test_the_same_by_keyboard_on_a_phone_in_chinese(uneven: Site, visit: Visit) -> None:
    page = visit("alice", "/team", language="zh_Hans", size=NARROW)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.focus("[data-move=bob]")
    page.keyboard.press("Enter")
    expect(page.locator("#d-to")).to_be_focused()
    page.select_option("#d-to", "alice")
    page.keyboard.press("Escape")
    expect(page.locator("[data-move=bob]")).to_be_focused()
    page.keyboard.press("Enter")
    page.select_option("#d-to", "alice")
    page.press("#d-number", "Enter")
    expect(page.locator("#toasts")).to_contain_text("已转移 2 项任务")
    page.check("input[name=away][value=alice]")
    page.locator("#whatif .acts-in button").first.click()
    expect(page.locator("tr[data-person=alice]")).to_contain_text("-2")
