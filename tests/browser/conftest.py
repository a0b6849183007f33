"""A real Chromium on a real server: a furnished installation, log-ins, and no tolerance for console errors."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from pages_house import PASSWORD, furnish
from playwright.sync_api import Browser, ConsoleMessage, Page, Playwright, expect, sync_playwright
from stage import OPENED, WIDE, Site, Visit, listening

from engine.app import Engine
from engine.domain.clock import FixedClock
from tests.applications import compiled_once
from tests.databases import copied

ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# A machine that is busy is slow, not wrong.
expect.set_options(timeout=30_000)
#: Pictures change with every change of look; they are drawn when asked for.
collect_ignore = [] if os.environ.get("CRMFLOW_SCREENSHOTS") == "1" else ["test_screenshots.py"]


@pytest.fixture(scope="session", autouse=True)
def quick_applications() -> Iterator[None]:
    with compiled_once():
        yield


@pytest.fixture(scope="session")
def playing() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def browser(chromium: str, playing: Playwright) -> Iterator[Browser]:
    browser = playing.chromium.launch(executable_path=chromium, args=ARGUMENTS)
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def template(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A furnished database file to copy."""
    path = tmp_path_factory.mktemp("browser") / "crmflow.sqlite"
    copied(sqlite_template, path)
    engine = Engine.open(f"sqlite:///{path}", clock=FixedClock(OPENED))
    furnish(engine)
    engine.close()
    return path


@pytest.fixture
def site(template: Path, tmp_path: Path) -> Iterator[Site]:
    """A server of its own, with the clock standing still."""
    path = tmp_path / "site.sqlite"
    copied(template, path)
    clock = FixedClock(OPENED + timedelta(hours=1))
    engine = Engine.open(f"sqlite:///{path}", clock=clock)
    with listening(engine, clock) as site:
        yield site
    engine.close()


@pytest.fixture
def visit(browser: Browser, site: Site) -> Iterator[Visit]:
    """``visit("alice", "/inbox", language="zh_Hans", size=NARROW)``: a page in a browser of its own, logged in.

    Whatever the console says at level error, and every exception of a script, fails the test.
    """
    troubles: list[str] = []
    contexts = []

    def listen(message: ConsoleMessage) -> None:
        if message.type == "error" and not expected(message):
            troubles.append(f"{message.text} at {message.location}")

    def open_page(
        who: str, address: str = "/inbox", language: str = "en", size: tuple[int, int] = WIDE, theme: str = "light"
    ) -> Page:
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            locale="en-GB",
            reduced_motion="reduce",
            color_scheme="dark" if theme == "dark" else "light",
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.on("console", listen)
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.goto(f"{site.url}/login")
        if language != "en":  # chosen on the page, as people do
            page.click(f"button[value={language}]")
            expect(page.locator("html")).to_have_attribute("lang", language.replace("_", "-"))
        page.fill("#login", who)
        page.fill("#password", PASSWORD)
        page.click(".btn-primary")
        page.wait_for_url("**/inbox*")
        if address != "/inbox":
            page.goto(site.url + address)
        return page

    yield open_page
    for context in contexts:
        with suppress(Exception):  # a browser that is gone already has nothing more to say
            context.close()
    assert troubles == []


def expected(message: ConsoleMessage) -> bool:
    """Chromium logs refused requests; a refusal that a test provokes is no error of the page."""
    if "Response Status Error Code 400" in message.text and "/comments," in message.text:
        return True  # what htmx adds to it
    if "Failed to load resource" not in message.text:
        return False
    provoked = {"/no/such/page": "404 (", "/comments": "400 (", "/rules/rates/": "403 ("}
    wanted = any(place in str(message.location) and code in message.text for place, code in provoked.items())
    return wanted or any(f"{code} (" in message.text for code in (409, 422))
