"""Draws docs/screenshots: every room at 1440 and 390 pixels. Collected by `make screenshots` only (see conftest)."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import Site, Visit
from playwright.sync_api import Page
from tour import SIZES, look_round

pytestmark = pytest.mark.browser
SCREENSHOTS = Path(__file__).parents[2] / "docs" / "screenshots"


@pytest.mark.parametrize("width", [1440, 390])
def test_screenshots(width: int, site: Site, visit: Visit) -> None:
    drawn = []

    def look(name: str, page: Page) -> None:
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=SCREENSHOTS / f"{name}-{width}.png")
        drawn.append(name)

    look_round(site, visit, look, size=SIZES[width])
    assert len(drawn) > 15
