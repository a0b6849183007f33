"""Thousands of models of other people: checking and inspecting them neither crashes nor hangs.

A sample by default, every file under ``CRMFLOW_PROVE=1``. What must be clean is listed with its expectation.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.bpmn import check, inspect
from engine.domain.states import Severity
from engine.model.layout import lay_out
from engine.model.xml import BadXml, read, write

pytestmark = pytest.mark.suites
#: Longest a file may take, in seconds.
LONGEST = 2.0


def files(suites: Path, *folders: str) -> list[Path]:
    found: list[Path] = []
    for folder in folders:
        found += (p for p in sorted((suites / folder).rglob("*")) if p.suffix in (".bpmn", ".xml"))
    return found


def sample(found: list[Path], count: int) -> Iterator[Path]:
    """Every n-th file, so that each folder is seen."""
    yield from found[:: max(1, len(found) // count)]


def test_no_model_crashes_or_hangs_the_checks(suites: Path, many: Callable[[int, int], int]) -> None:  # issue 4, show 1
    found = files(suites, "models", "bpmn-constraints", "betsy")
    assert found
    for path in sample(found, many(150, len(found))):
        xml = path.read_bytes()
        began = time.perf_counter()
        findings = check(xml)
        assert time.perf_counter() - began < LONGEST, path
        assert not [f for f in findings if f.code == "CRM-199"], path
        try:
            assert all(p.key for p in inspect(xml))
        except BadXml:
            assert findings[0].code in ("CRM-100", "CRM-101", "CRM-102", "CRM-103", "CRM-104")


def test_findings_of_foreign_models_name_element_or_line(suites: Path, many: Callable[[int, int], int]) -> None:
    found = files(suites, "models")
    for path in sample(found, many(60, len(found))):
        for f in check(path.read_bytes()):
            assert f.line is not None or f.code in ("CRM-198",), (path, f)


def test_betsy_is_refused_for_nothing_but_its_placeholders(suites: Path) -> None:
    """The suite's scripts and conditions are placeholders of its adapter; its structure is valid BPMN."""
    allowed = {"CRM-170", "CRM-171", "CRM-176", "CRM-177", "CRM-149"}
    for path in files(suites, "betsy"):
        errors = {f.code for f in check(path.read_bytes()) if f.severity is Severity.ERROR}
        assert errors <= allowed, (path, errors - allowed)


def test_reference_models_keep_the_vocabulary_of_the_standard(suites: Path) -> None:
    for path in files(suites, "models/miwg-reference"):
        wrong = {f.code for f in check(path.read_bytes())} & {"CRM-110", "CRM-111", "CRM-112", "CRM-114", "CRM-119"}
        assert not wrong, path


def test_zeebe_models_are_clean_but_for_what_is_missing_in_them(suites: Path) -> None:
    """Unfinished drawings among them lack messages, collections, processes; none is refused for a construct."""
    for path in files(suites, "models/zeebe", "models/camunda8-examples"):
        assert "CRM-170" not in {f.code for f in check(path.read_bytes())}, path


def test_reading_and_writing_a_model_changes_nothing_but_its_declaration(
    suites: Path, many: Callable[[int, int], int]
) -> None:
    found = files(suites, "models/miwg-reference", "models/zeebe")
    for path in sample(found, many(20, len(found))):
        root = read(path.read_bytes())
        again = read(write(root))
        assert [(e.tag, dict(e.attrib), e.text, e.tail) for e in root.iter()] == [
            (e.tag, dict(e.attrib), e.text, e.tail) for e in again.iter()
        ], path


def test_any_model_can_be_laid_out(suites: Path, many: Callable[[int, int], int]) -> None:
    found = files(suites, "models", "betsy")
    for path in sample(found, many(60, len(found))):
        xml = path.read_bytes()
        try:
            read(xml)
        except BadXml:
            continue
        read(lay_out(xml))
