"""The Rules room in a real browser: edit a cell, try it, see the marks, publish; running cases follow their binding."""

from __future__ import annotations

from typing import Any

import pytest
from pages_house import PASSWORD
from playwright.sync_api import Page, expect
from stage import NARROW, WIDE, Site, Visit
from test_rooms import violations

from engine.domain.access import SYSTEM
from engine.domain.commands import AddTeam, CompleteTask, Deploy, StartInstance
from engine.domain.questions import GetInstance
from engine.domain.rules import GetRules, PublishRules
from engine.domain.values import FileIn, Started
from tests.store.test_rules import asking, table

pytestmark = pytest.mark.browser
PINNED = 'bindingType="deployment"'
RESULT = "td[data-row-id=r1][data-col-id=o]"


@pytest.fixture
def rates(site: Site) -> Site:
    """Two flows that ask the rules ``rates``: one always the newest version, one the version deployed with it."""
    site.engine.do(AddTeam("bench", SYSTEM, name="Bench"))
    files = (asking("newest"), asking("pinned", PINNED), FileIn("rates.dmn", table()))
    site.engine.do(Deploy(files, SYSTEM, publish=True))
    return site


def start(site: Site, key: str) -> Started:
    return site.engine.do(StartInstance(key, SYSTEM, {"amount": 5}, business_key=f"{key}-1"))


def rate(site: Site, started: Started) -> Any:
    site.engine.do(CompleteTask(started.tasks[0], SYSTEM, {}))
    return site.engine.ask(GetInstance(started.instance_id, SYSTEM)).variables["rate"]


def ready(page: Page) -> None:
    page.wait_for_selector("[data-rules][data-ready]")


def log_in(page: Page, who: str) -> None:
    page.fill("#login", who)
    page.fill("#password", PASSWORD)
    page.click(".btn-primary")


def edit(page: Page, text: str) -> None:
    """Type a new result into the first rule, as people do."""
    page.click(f"{RESULT} .content-editable")
    page.keyboard.press("Control+a")
    page.keyboard.type(text)
    expect(page.locator("[data-edited]")).to_be_visible()


def sign(page: Page, row: str) -> str:
    """The sign at the head of a rule."""
    cell = f"td.rule-index[data-row-id={row}]"
    return str(page.evaluate(f"getComputedStyle(document.querySelector('{cell}'), '::before').content"))


def publish(page: Page, reason: str) -> None:
    page.click("[data-publish]")
    page.fill("#publish-why", reason)
    page.click("[data-publish-form] .btn-primary")


@pytest.mark.parametrize(
    ("size", "language", "word"), [(WIDE, "en", "Rule 1 applies"), (NARROW, "zh_Hans", "第 1 条规则适用")]
)
def test_a_cell_is_edited_tried_and_published(
    rates: Site, visit: Visit, size: tuple[int, int], language: str, word: str
) -> None:
    running = {key: start(rates, key) for key in ("newest", "pinned")}
    page = visit("carl", "/rules/rates", size=size, language=language)
    ready(page)
    page.fill("[data-path=amount]", "5")
    expect(page.locator(".rules-value")).to_have_text("1")
    edit(page, "7")
    expect(page.locator(".rules-value")).to_have_text("7")  # the edited table decides, nothing is stored
    assert rates.engine.ask(GetRules("rates", SYSTEM)).newest == 1
    expect(page.locator("[data-result]")).to_contain_text(word)
    assert "✓" in sign(page, "r1")
    assert "✗" in sign(page, "r2")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    page.click("[data-publish]")
    expect(page.locator(".rules-diff ins")).to_have_text("7")
    assert violations(page) == []
    page.fill("#publish-why", "Prices of March")
    page.click("[data-publish-form] .btn-primary")
    expect(page.locator("#toasts")).to_contain_text("2")
    assert {key: rate(rates, started) for key, started in running.items()} == {"newest": 7, "pinned": 1}
    assert rate(rates, start(rates, "newest")) == 7
    expect(page.locator("[data-edited]")).to_be_hidden()


def test_what_was_edited_survives_a_conflict_and_a_reload(rates: Site, visit: Visit) -> None:
    page = visit("carl", "/rules/rates")
    ready(page)
    edit(page, "8")
    page.wait_for_selector("[data-kept]")
    rates.engine.do(PublishRules("rates", table(result="3"), SYSTEM, 1, "quicker"))
    page.reload()
    ready(page)
    expect(page.locator("[data-draft-note]")).to_be_visible()
    expect(page.locator(RESULT)).to_contain_text("8")
    publish(page, "slower")
    expect(page.locator("[data-publish-trouble]")).to_contain_text("CRM-240")
    page.click("[data-publish-trouble] button")
    expect(page.locator("#toasts")).to_contain_text("Version 3")
    reasons = [row.reason for row in rates.engine.ask(GetRules("rates", SYSTEM)).versions]
    assert reasons == ["slower", "quicker", None]


def test_what_was_edited_waits_where_the_session_has_ended(rates: Site, visit: Visit) -> None:
    """Nothing is silent: the page says so, and the draft is there after the log-in, for its writer alone."""
    page = visit("carl", "/rules/rates")
    ready(page)
    edit(page, "8")
    page.click("[data-publish]")
    page.fill("#publish-why", "too late")
    page.context.clear_cookies()
    page.click("[data-publish-form] .btn-primary")
    again = page.locator("[data-trouble] a")
    expect(page.locator("[data-trouble]")).to_contain_text("You are logged out. What you edited is kept")
    expect(page.locator("[data-publish-dialog]")).to_be_hidden()
    again.click()
    log_in(page, "dora")
    page.wait_for_url("**/rules/rates*")
    ready(page)
    expect(page.locator("[data-draft-note]")).to_be_hidden()  # the same browser, another person
    expect(page.locator(RESULT)).to_contain_text("1")
    page.context.clear_cookies()
    page.fill("[data-path=amount]", "5")
    expect(page.locator("[data-trouble]")).to_contain_text("You are logged out.")  # trying is not silent, either
    again.click()
    log_in(page, "carl")
    page.wait_for_url("**/rules/rates*")
    ready(page)
    expect(page.locator("[data-draft-note]")).to_be_visible()
    expect(page.locator(RESULT)).to_contain_text("8")
    publish(page, "in time")
    expect(page.locator("#toasts")).to_contain_text("Version 2")


def test_gaps_and_real_cases_are_taken_into_the_panel(rates: Site, visit: Visit) -> None:
    started = start(rates, "newest")
    rate(rates, started)
    page = visit("carl", "/rules/rates")
    ready(page)
    expect(page.locator("[data-check-count]")).to_have_text("1")
    page.click("#tab-check")
    page.click("[data-example]")
    expect(page.locator(".rules-none")).to_be_visible()
    assert 10 <= float(page.input_value("[data-path=amount]")) < 20
    page.click("#tab-cases")
    page.click(".rules-cases [data-example]")
    expect(page.locator(".rules-value")).to_have_text("1")
    assert page.input_value("[data-path=amount]") == "5"


def test_readers_try_but_do_not_edit(rates: Site, visit: Visit) -> None:
    page = visit("alice", "/rules/rates")
    ready(page)
    page.fill("[data-path=amount]", "25")
    expect(page.locator(".rules-value")).to_have_text("2")
    assert "✓" in sign(page, "r2")
    assert page.locator("[data-publish]").count() == 0
    assert page.locator(".content-editable").count() == 0


def test_dmn_1_5_is_drawn_and_what_the_editor_would_lose_is_locked(rates: Site, visit: Visit) -> None:
    newer = table(result="4").replace(b"DMN/20191111", b"DMN/20230324")
    rates.engine.do(PublishRules("rates", newer, SYSTEM, 1, "another version of the standard"))
    page = visit("carl", "/rules/rates")
    ready(page)
    edit(page, "5")
    publish(page, "Edited all the same")
    expect(page.locator("#toasts")).to_contain_text("Version 3")
    choice = b"<decision id='c' name='c'><conditional><if><literalExpression><text>true</text></literalExpression></if>"
    choice += b"<then><literalExpression><text>1</text></literalExpression></then>"
    choice += (
        b"<else><literalExpression><text>2</text></literalExpression></else></conditional></decision></definitions>"
    )
    boxed = newer.replace(b"</definitions>", choice)
    rates.engine.do(PublishRules("rates", boxed, SYSTEM, 3, "with a boxed conditional"))
    page.goto(f"{rates.url}/rules/rates")
    ready(page)
    expect(page.locator("[data-trouble]")).to_contain_text("cannot be published from here")
    edit(page, "6")
    expect(page.locator(".rules-step, [data-edited]").first).to_be_visible()
    assert page.locator("[data-publish]").is_disabled()


def test_an_old_version_comes_back(rates: Site, visit: Visit) -> None:
    rates.engine.do(PublishRules("rates", table(result="3"), SYSTEM, 1, "dearer"))
    page = visit("carl", "/rules/rates/diff?before=1&after=2")
    expect(page.locator(".rules-diff del")).to_have_text("1")
    page.goto(f"{rates.url}/rules/rates?version=1")
    ready(page)
    page.fill("#restore-why", "It was wrong")
    page.click(".rules-restore button")
    expect(page.locator("#toasts")).to_contain_text("version 3")
    page.goto(f"{rates.url}/rules/new?key=discounts&name=Discounts")
    ready(page)
    publish(page, "A new table")
    expect(page.locator("#toasts")).to_contain_text("Version 1")
