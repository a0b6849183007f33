"""Every error has a stable code that means one thing, and is written down (L6)."""

from __future__ import annotations

from collections import defaultdict

from tests.house.error_codes import ROOT, page, uses

#: Codes whose one meaning is worded by several modules, each for its own thing.
SHARED = {"CRM-105", "CRM-170", "CRM-191", "CRM-690"}


def test_the_page_of_errors_is_what_the_source_says():
    written = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
    assert written == page(), "run: python -m tests.house.error_codes > docs/errors.md"


def test_a_code_is_not_used_by_strangers():
    """A code belongs to one package; the web and the command line may report what the engine also reports."""
    rooms = defaultdict(set)
    for use in uses():
        rooms[use.code].add("/".join(use.module.split("/")[:2]) if use.module.startswith("engine") else "webui")
    strangers = {c: sorted(r) for c, r in rooms.items() if len(r) > 1 and c not in SHARED}
    assert {c: r for c, r in strangers.items() if not allowed(r)} == {}


def allowed(rooms: list[str]) -> bool:
    """Rights and records are asked for on several floors, with the same words."""
    return set(rooms) <= {"engine/domain", "engine/services", "webui"}
