"""Four kinds of people do their daily job with mouse and keyboard, in both languages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pages_house import MODELS
from playwright.sync_api import Page, expect
from stage import Site, Visit

from engine.domain.questions import ListDefinitions, ListTasks

pytestmark = pytest.mark.browser
both = pytest.mark.parametrize("language", ["en", "zh_Hans"])
LABELS = {
    "en": {
        "inbox": "Inbox",
        "done": "Done",
        "required": "Please fill this in.",
        "deployed": "Deployed",
        "said": "Done.",
    },
    "zh_Hans": {
        "inbox": "收件箱",
        "done": "完成",
        "required": "请填写此项。",
        "deployed": "已部署",
        "said": "已完成。",
    },
}


def form_of(page: Page) -> None:
    """Wait until the form takes input."""
    page.locator("[data-form][data-ready]").wait_for()


@both
def test_employee_works_through_the_inbox(language: str, site: Site, visit: Visit) -> None:
    account = site.account(phone="+49 40 123456")
    site.start(customer={"$record": ["account", account.id]})
    words = LABELS[language]
    page = visit("alice", "/inbox?box=teams", language)
    expect(page.locator("#inbox-title")).to_have_text(words["inbox"])
    page.locator("body").press("j")
    expect(page.locator("#pane h1")).to_have_text("Approve the loan")
    expect(page.locator("#pane .due-big")).to_contain_text(re.compile("1[45] "))
    expect(page.locator("#pane .record-card")).to_contain_text("+49 40 123456")
    page.locator("body").press("c")
    expect(page.locator('#pane [data-act="release"]')).to_be_visible()
    form_of(page)
    # An incomplete form stays, with the complaint at its field.
    page.click("#pane [data-done]")
    expect(page.locator("#pane .fjs-form-field-error")).to_have_text(re.compile(words["required"]))
    page.get_by_label("Yes, lend it").check()
    page.fill("#pane textarea", "Bring it back clean")
    page.click("#pane [data-done]")
    # "Done" brings the next one: the hand-over of the same case, offered to the same team.
    expect(page.locator(".toast-note").first).to_contain_text(words["said"])
    page.goto(f"{site.url}/inbox?box=teams")
    expect(page.locator("#pane h1")).to_have_text("Hand over the device")


def test_server_complaints_land_at_their_fields(site: Site, visit: Visit) -> None:  # H1
    task = site.task(days=2)
    page = visit("alice", f"/tasks/{task.id}")
    form_of(page)
    # The browser's own check is passed by: what is sent is exchanged on the way.
    page.route(
        "**/complete",
        lambda route: route.continue_(post_data='{"serial": "nonsense", "charged": true}'),
    )
    page.get_by_label("Serial number").fill("AB-1234")
    page.click("[data-done]")
    expect(page.locator("[data-form-error]")).to_contain_text("CRM-21")
    expect(page.locator(".fjs-form-field-error").first).to_contain_text("Two capitals")
    expect(page.get_by_label("Serial number")).to_have_value("AB-1234")


def test_drafts_survive_a_reload(site: Site, visit: Visit) -> None:
    task = site.task()
    page = visit("alice", f"/tasks/{task.id}")
    page.click('[data-act="claim"] button')
    expect(page.locator('[data-act="release"]')).to_be_visible()  # the page after it, not the one before
    form_of(page)
    page.get_by_label("Remark").fill("half a thought")
    expect(page.locator("[data-form-state]")).to_have_text("Draft saved")
    page.reload()
    expect(page.get_by_label("Remark")).to_have_value("half a thought")


def test_task_shows_history_and_where_it_stands(site: Site, visit: Visit) -> None:
    task = site.task()
    page = visit("alice", f"/tasks/{task.id}")
    page.get_by_role("tab", name="History").click()
    expect(page.locator("#part-history")).to_contain_text("Decide who must agree")
    page.locator("#part-history summary").first.click()
    expect(page.locator("#part-history")).to_contain_text("A long loan ties up a device")
    page.get_by_role("tab", name="History").press("ArrowRight")
    expect(page.locator('#part-diagram .at-work[data-element-id="Approve"]')).to_be_visible()
    expect(page.locator("#part-diagram .bjs-powered-by")).to_be_visible()


def test_new_tasks_do_not_move_what_one_reads(site: Site, visit: Visit) -> None:
    site.start()
    page = visit("alice", "/inbox?box=teams")
    expect(page.locator("#pane h1")).to_be_visible()
    site.start(key="LN-2")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator("#fresh")).to_be_visible()
    expect(page.locator(".task-row")).to_have_count(1)
    page.click("#fresh")
    expect(page.locator(".task-row")).to_have_count(2)


@both
def test_manager_reassigns_and_looks_into_a_case(language: str, site: Site, visit: Visit) -> None:
    task = site.task()
    page = visit("maria", "/inbox?box=all", language)
    expect(page.locator("#pane h1")).to_have_text("Approve the loan")
    page.locator("#pane a[data-sheet][href$='/reassign']").click()
    page.select_option("dialog[open] #to", "bob")
    page.fill("dialog[open] #reason", "Alice is away")
    page.click("dialog[open] .btn-primary")
    expect(page.locator(".toast-note").first).to_be_visible()
    assert site.engine.ask(ListTasks(site.actor("maria"), "all")).items[0].assignee == "bob"
    page.goto(f"{site.url}/instances/{task.instance_id}")
    expect(page.locator('.diagram .at-work[data-element-id="Approve"]')).to_be_visible()
    expect(page.locator(".line").first).to_contain_text("Decide who must agree")
    page.click("[data-open=cancel]")
    page.fill("dialog[open] #reason", "Ordered twice")
    page.click("dialog[open] .btn-danger")
    expect(page.locator(".room-acts .mark")).to_have_text("cancelled" if language == "en" else "已取消")


@both
def test_designer_sees_findings_and_deploys(language: str, site: Site, visit: Visit, tmp_path: Path) -> None:
    page = visit("dora", "/upload", language)
    broken = tmp_path / "loan.bpmn"
    broken.write_bytes((MODELS / "loan.bpmn").read_bytes().replace(b"loan-handover", b"no-such-form"))
    page.set_input_files("#files", broken)
    # Checked at once: in words, and marked on the very diagram.
    expect(page.locator(".finding-error").first).to_contain_text("no-such-form")
    expect(page.locator('.check-drawings .at-fault[data-element-id="Handover"]')).to_be_visible()
    before = page.locator(".check-drawings .viewport").get_attribute("transform")
    page.locator('[data-zoom="Handover"]').first.click()
    expect(page.locator('.check-drawings .at-focus[data-element-id="Handover"]')).to_be_visible()
    assert page.locator(".check-drawings .viewport").get_attribute("transform") != before
    mended = []
    for path in sorted(MODELS.glob("loan*")):
        copy = tmp_path / f"good-{path.name}"
        copy.write_bytes(path.read_bytes().replace(b"PT15M", b"PT20M"))
        mended.append(copy)
    page.set_input_files("#files", mended)
    expect(page.locator(".finding-error")).to_have_count(0)
    page.click("button[value=deploy]")
    expect(page.locator(".note-panel h2")).to_contain_text(LABELS[language]["deployed"])
    page.locator(".note-panel a").first.click()
    expect(page.locator('.diagram [data-element-id="Approve"]').first).to_be_visible()
    assert site.engine.ask(ListDefinitions(site.actor("dora"))).items[0].version == 2


@both
def test_consultant_publishes_starts_and_follows(language: str, site: Site, visit: Visit) -> None:
    page = visit("carl", "/start", language)
    page.locator(".card-link").first.click()
    form_of(page)
    page.locator(".fjs-select-display").click()
    page.get_by_text("Laboratory kit").click()
    page.get_by_label("Days").fill("4")
    page.click("[data-done]")
    page.wait_for_url("**/instances/*")
    expect(page.locator(".line").first).to_contain_text("Decide who must agree")
    expect(page.locator('.diagram .at-work[data-element-id="Approve"]')).to_be_visible()


def keyboard_only(page: Page) -> None:
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()


def test_first_tab_offers_to_skip_to_the_content(visit: Visit) -> None:
    page = visit("alice", "/flows")
    keyboard_only(page)
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()


def test_help_and_search_by_key(visit: Visit) -> None:
    page = visit("alice", "/inbox")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#keys")).to_be_hidden()
    page.keyboard.press("/")
    expect(page.locator("#q")).to_be_focused()


def test_dark_is_kept(visit: Visit) -> None:
    page = visit("alice", "/flows")
    page.click("[data-theme-switch]")
    page.reload()
    assert page.locator("html").get_attribute("data-bs-theme") == "dark"
