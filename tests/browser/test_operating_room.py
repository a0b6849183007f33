"""Operating many cases and running scenarios in a real browser: nothing jumps, coverage stands on the diagram."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from stage import NARROW, WIDE, Site, Visit, heard, until
from test_rooms import violations
from tour import settle

from engine.domain.access import SYSTEM
from engine.domain.commands import AddTeam, Deploy, SendMessage, StartInstance
from engine.domain.operating import Chosen, Operation, RunItem, StartBulk
from engine.domain.values import FileIn
from engine.jobs import drain
from tests.store.drawing import END, START, flow, model, service

pytestmark = pytest.mark.browser
ROOT = Path(__file__).parents[2]
FILES = ROOT / "tests" / "scenarios"
#: Whether all that is drawn is seen, and about in the middle.
WHOLE = """() => {
  const box = document.querySelector('.diagram').getBoundingClientRect();
  const drawn = document.querySelector('.diagram .viewport').getBoundingClientRect();
  const [left, right] = [drawn.left - box.left, box.right - drawn.right];
  return left >= 0 && right >= 0 && Math.abs(left - right) < 40;
}"""


def fits(page: Page, size: tuple[int, int]) -> None:
    """Nothing sticks out, and axe finds nothing serious."""
    page.set_viewport_size({"width": size[0], "height": size[1]})
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    assert violations(page) == []


def test_watching_an_operation_on_many_moves_nothing(site: Site, visit: Visit) -> None:
    for number in range(30):
        site.start(key=f"LN-{number}")
    maria = site.actor("maria")
    bulk = site.engine.do(StartBulk(Operation("suspend", Chosen("equipment-loan")), maria, "stock-taking"))
    page = visit("maria", f"/bulk/{bulk.id}", size=NARROW)
    link = page.get_by_role("link", name="LN-20")
    link.focus()
    link.scroll_into_view_if_needed()
    before = page.evaluate("scrollY")
    for _ in range(15):
        assert site.engine.do(RunItem(bulk.id, SYSTEM))
    expect(page.locator("#bulk-told")).to_have_text("50 % are done")
    expect(page.locator("#bulk-now .tiles")).to_contain_text("15")
    expect(link).to_be_focused()
    assert page.evaluate("scrollY") == before
    # Its end is told, the button to stop it goes, and who stood on it is led on.
    page.locator("#bulk-stop button").focus()
    drain(site.engine)
    expect(page.locator("#bulk-told")).to_have_text("Finished: 30 done, 0 failed.")
    expect(page.locator("#bulk-stop")).to_have_count(0)
    results = page.get_by_role("link", name="Show the results")
    expect(results).to_be_focused()
    results.press("Enter")
    expect(page.locator("td .mark-done")).to_have_count(30)
    for size in (NARROW, WIDE):
        fits(page, size)


def test_what_went_wrong_is_found_and_mended(site: Site, visit: Visit) -> None:
    call = START + service("call", "http", retries=1) + END + flow("start>call", "call>end")
    about = 'owner="team:sales" goal="g" kpi="k"'
    site.engine.do(Deploy((model("calling", call, about=about),), SYSTEM, publish=True))
    cases = [site.engine.do(StartInstance("calling", SYSTEM, business_key=f"C-{n}")) for n in range(2)]
    drain(site.engine)
    site.engine.do(SendMessage("reply", SYSTEM, "T-7", {"said": "yes"}))
    page = visit("maria", "/incidents", size=NARROW, language="zh_Hans")
    expect(page.locator(".incidents > li")).to_have_count(2)
    for size in (WIDE, NARROW):
        fits(page, size)
    page.locator(".incidents form button").first.click()
    heard(page)
    expect(page.locator(".incidents > li")).to_have_count(1)
    page.goto(f"{site.url}/messages")
    expect(page.locator("main")).to_contain_text("T-7")
    for size in (WIDE, NARROW):
        fits(page, size)
    page.locator("form[action$='/drop'] button").click()
    heard(page)
    expect(page.locator(".empty-state")).to_be_visible()
    # Where rows can be ticked, each still opens its own case.
    page.goto(f"{site.url}/instances")
    page.get_by_role("link", name="C-0", exact=True).click()
    page.wait_for_url(f"**/instances/{cases[0].instance_id}")


def test_coverage_of_scenarios_is_painted_on_the_diagram(site: Site, visit: Visit) -> None:
    site.engine.do(AddTeam("desk", SYSTEM, "Desk"))
    names = ("order.bpmn", "order.scenario.yaml")
    (row,) = site.engine.do(Deploy(tuple(FileIn(n, (FILES / n).read_bytes()) for n in names), SYSTEM)).definitions
    page = visit("dora", f"/flows/{row.id}/scenarios", language="zh_Hans")
    page.locator("main form .btn-primary").click()
    settle(page)
    expect(page.locator(".findings .mark-go")).to_have_count(3)
    expect(page.locator(".tiles")).to_contain_text("87.5 %")
    # How many scenarios came by stands at the elements; the way nobody took is marked.
    expect(page.locator(".diagram .djs-overlay").first).to_be_visible()
    assert page.locator('.diagram [data-element-id="No"]').get_attribute("class").count("not-tried")
    dashed = "getComputedStyle(document.querySelector('[data-element-id=No] .djs-visual path')).strokeDasharray"
    assert page.evaluate(dashed) != "none"
    # The drawing fits a window of another size again, until somebody moves it themselves.
    for width in (700, WIDE[0]):
        page.set_viewport_size({"width": width, "height": WIDE[1]})
        until(page, WHOLE)
    page.locator(".diagram-tools button").nth(1).click()
    drawing = page.locator(".diagram .viewport")
    own = drawing.get_attribute("transform") or ""
    page.set_viewport_size({"width": 700, "height": WIDE[1]})
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    expect(drawing).to_have_attribute("transform", own)
    for size in (WIDE, NARROW):
        fits(page, size)
        if os.environ.get("CRMFLOW_SCREENSHOTS") == "1":
            page.screenshot(path=ROOT / "docs" / "screenshots" / f"scenarios-{size[0]}.png", full_page=True)
