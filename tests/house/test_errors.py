"""Every error has a stable code that means one thing, and is written down (L6)."""

from __future__ import annotations

import re
from collections import defaultdict

from tests.house.error_codes import ROOT, page, translated, uses

#: Codes whose one meaning is worded by several modules, each for its own thing.
SHARED = {"CRM-105", "CRM-170", "CRM-191", "CRM-690"}
#: What is missing may be of several kinds: definitions and their versions, people and teams, parts of a task.
MANY = {"CRM-401", "CRM-411", "CRM-425"}
EMPTY = {"there", "the", "such", "with", "from", "have", "you", "was", "for", "not", "has", "this"}
#: Messages that are no errors: the name of a message event, a count of findings.
NO_ERRORS = ("instance/one.html: {{ s.message", "upload/result.html: {{ ngettext", "rules/list.html: {{ ngettext")
RAISED = {"Invalid", "NotFound", "Conflict", "Forbidden", "Stale", "RunError", "BadForm", "Unavailable"}
#: Met by programs only.
PROGRAMS = {"CRM-039", "CRM-303", "CRM-651", "CRM-693"}


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


def test_a_code_of_what_is_not_there_names_one_kind_of_thing():
    """A 4xx code's messages share a word for what is missing, so that a program may act on the code alone."""
    said = defaultdict(set)
    for use in uses():
        if use.code[4] == "4" and use.message and use.code not in MANY:
            said[use.code].add(use.message)
    strange = {code: sorted(all_) for code, all_ in said.items() if not set.intersection(*map(words, all_))}
    assert strange == {}


def words(message: str) -> set[str]:
    """The words of a message that say what it is about."""
    return {word for word in re.findall(r"[a-z]{3,}", message.lower()) if word not in EMPTY} or {"any"}


def test_no_template_shows_the_engines_words_unsaid():
    """Messages of errors reach readers through ``said.html`` (or ``worded_error``), in their language."""
    shown = re.compile(r"\{\{[^}]*\b(\w+)\.(?:message|error)\b(?!\()[^}]*\}\}")
    raw = []
    for path in sorted((ROOT / "webui" / "templates").rglob("*.html")):
        text = path.read_text(encoding="utf-8")
        for found in shown.finditer(text):
            name = f"{path.relative_to(ROOT / 'webui' / 'templates')}: {found[0]}"
            handed = re.search(r"\w\([^)]*\b\w+\.(message|error)\b", found[0])  # to what says it
            if not handed and not any(name.startswith(one) for one in NO_ERRORS):
                raw.append(name)
    assert raw == []


def test_every_code_that_people_meet_is_said_in_their_language():
    """Codes of commands and questions; those of programs only (API, command line, start-up) are in English."""
    rooms = ("engine/services", "engine/connectors", "engine/bpmn/runtime", "webui/pages")
    met = {use.code for use in uses() if use.module.startswith(rooms) and use.kind in RAISED}
    assert sorted(met - set(translated()) - PROGRAMS) == []


def allowed(rooms: list[str]) -> bool:
    """Rights and records are asked for on several floors, with the same words."""
    return set(rooms) <= {"engine/domain", "engine/services", "webui"}
