"""Every room is accessible (axe-core) and nothing sticks out at 1440 and 390 pixels, dark and light."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page
from stage import Site, Visit
from tour import SIZES, lived_in, look_round

pytestmark = pytest.mark.browser
AXE = Path(__file__).parent / "vendor" / "axe.min.js"


def violations(page: Page) -> list[str]:
    """What axe-core finds serious or critical."""
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{v['id']}: {v['help']} {[n['target'] for n in v['nodes']][:4]}"
        for v in found["violations"]
        if v["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize(
    ("theme", "width"),
    [
        ("light", 1440),
        ("dark", 390),
        pytest.param("light", 390, marks=pytest.mark.prove(only=True)),
        pytest.param("dark", 1440, marks=pytest.mark.prove(only=True)),
    ],
)
def test_rooms_are_accessible_and_fit(
    theme: str, width: int, site: Site, visit: Visit, many: Callable[[int, int], int]
) -> None:
    """All rooms each way in the long run; by default half of them one way, the other half the other."""
    troubles: list[str] = []

    def look(name: str, page: Page) -> None:
        troubles.extend(f"{name}: {said}" for said in violations(page))
        wide = page.evaluate("document.documentElement.scrollWidth")
        if wide > width:
            troubles.append(f"{name} is {wide} pixels wide")

    ways, rooms = many(2, 1), lived_in(site)
    seen = dict(list(rooms.items())[(theme == "dark") % ways :: ways])
    look_round(site, visit, seen, look, size=SIZES[width], theme=theme)
    assert troubles == []
