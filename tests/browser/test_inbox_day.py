"""An employee's full day by keyboard alone: on a desk and on a phone, in English and in Chinese; no axe finding."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import expect
from stage import WIDE, each_way
from test_rooms import violations as serious
from tour import lived_in

from engine.domain.questions import ActorNamed, ListNotifications, ListTasks

pytestmark = pytest.mark.browser
SHOTS = Path(os.environ["CRMFLOW_LOOK"]) if "CRMFLOW_LOOK" in os.environ else None


def look(page, name: str) -> None:
    """A picture for whoever works on the look (CRMFLOW_LOOK=folder)."""
    if SHOTS:
        page.screenshot(path=SHOTS / f"{name}.png")


@each_way("desk-en")
def test_an_employees_day_without_a_mouse(site, visit, language, size):
    lived_in(site)
    wide = size == WIDE
    alice = site.engine.ask(ActorNamed("alice"))
    page = visit("alice", "/inbox?box=visible", language=language, size=size)
    expect(page.locator(".task-row").first).to_be_visible()
    assert serious(page) == []
    look(page, f"inbox-{language}")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#keys")).to_be_hidden()

    # Filter and save it under a name.
    page.keyboard.press("f")
    expect(page.locator("#filter-sheet")).to_be_visible()
    assert serious(page) == []
    look(page, f"filter-{language}")
    page.locator("#f-sort").select_option("newest")
    page.locator("[data-save-open]").press("Enter")
    expect(page.locator("#f-name")).to_be_focused()
    page.keyboard.type("Fresh")
    page.locator("#f-colour").select_option("green")
    page.locator("#f-name").press("Enter")  # saves, rather than only shows
    expect(page.locator(".chip-green")).to_contain_text("Fresh")
    assert "csrf" not in page.url

    # Open the first task, claim it, say something, note a sub-task.
    row = page.locator(".task-row").first
    task_id = row.get_attribute("data-task")
    row.focus()
    row.press("Enter")
    expect(page.locator(f'.task[data-task="{task_id}"]')).to_be_visible()
    expect(page.locator(".task [role=tablist][data-ready]")).to_be_visible()  # keys are heard from now on
    page.locator("#task-title").focus()
    if page.locator('.task [data-act="claim"]').count():
        page.keyboard.press("c")
        expect(page.locator('.task [data-act="release"]')).to_be_visible()  # on a phone the page is a new one
    expect(page.locator(".task [role=tablist][data-ready]")).to_be_visible()
    page.keyboard.press("m")
    expect(page.locator("#comment-text")).to_be_visible()
    page.locator("#comment-text").focus()
    page.keyboard.type("@bo")
    option = page.get_by_role("listbox").get_by_role("option", selected=True)
    expect(option).to_contain_text("@bob")
    expect(page.locator("#comment-text")).to_have_attribute("aria-activedescendant", option.get_attribute("id"))
    assert serious(page) == []
    page.keyboard.press("Enter")  # chooses; nothing is sent
    expect(page.get_by_role("listbox")).to_have_count(0)
    expect(page.locator("#comment-text")).to_have_value("@bob ")
    page.keyboard.type("please have a look")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".talk-text")).to_have_text("@bob please have a look")
    # What one types stays while another part of the desk changes, and when it is refused.
    page.locator("#comment-text").fill("   ")
    page.locator(".desk .stack button").first.press("Enter")
    expect(page.locator(".desk [data-said] .trouble-what").first).to_be_visible()
    expect(page.locator("#comment-text")).to_have_value("   ")
    page.locator("#comment-text").fill("To be told later")
    page.locator("#todo-text").focus()
    page.keyboard.type("Call back")
    page.keyboard.press("Enter")
    expect(page.locator(".todo")).to_have_count(1)
    expect(page.locator("#todo-text")).to_have_value("")
    expect(page.locator("#todo-text")).to_be_focused()
    page.locator(".todo").press("Enter")
    expect(page.locator('.todo[aria-checked="true"]')).to_have_count(1)
    expect(page.locator(".todo")).to_be_focused()
    expect(page.locator("#comment-text")).to_have_value("To be told later")
    assert serious(page) == []
    look(page, f"desk-{language}")
    assert site.engine.ask(ListNotifications(site.engine.ask(ActorNamed("bob")))).items

    # Put it off; it waits in "later".
    page.locator("#task-title").focus()
    page.keyboard.press("s")
    expect(page.locator("dialog[open] .acts button").first).to_be_visible()
    assert serious(page) == []
    look(page, f"later-{language}")
    page.locator("dialog[open] .acts button").first.press("Enter")
    expect(page.locator(".toast-note").first).to_be_visible()
    assert task_id in {row.id for row in site.engine.ask(ListTasks(alice, "later")).items}

    # Tick what is left and give all of it another priority; then take that back.
    page.goto(f"{site.url}/inbox?box=visible")
    expect(page.locator(".task-tick").first).to_be_visible()
    for tick in page.locator(".task-tick").all()[:2]:
        tick.focus()
        page.keyboard.press("Space")
    page.keyboard.press("Shift+X")
    expect(page.locator("#many-priority")).to_be_visible()
    assert serious(page) == []
    look(page, f"many-{language}")
    page.locator("#many-text").focus()
    page.keyboard.type("on it")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".mark-done").first).to_be_visible()
    assert serious(page) == []
    look(page, f"result-{language}")
    for box in ("delegated", "following", "later", "done"):
        page.goto(f"{site.url}/inbox?box={box}")
        assert serious(page) == []
        look(page, f"{box}-{language}")
    assert wide or page.evaluate("document.documentElement.scrollWidth <= innerWidth")
