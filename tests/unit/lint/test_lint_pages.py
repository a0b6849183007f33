"""The pages about findings and coverage say what the code does."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from lint_models import END, START, ext, flows, process, user

from engine.bpmn import check
from engine.bpmn.dialect import CRMFLOW_ELEMENTS, STRATEGIES, ZEEBE_ELEMENTS
from engine.bpmn.rules.page import coverage_table, findings_page
from engine.domain.states import Severity

ROOT = Path(__file__).parents[3]
DIALECT = ROOT / "docs" / "dialect.md"
TEMPLATES = ROOT / "processes" / "element-templates" / "crmflow.json"


def test_the_page_of_findings_is_made_from_the_rules() -> None:  # J3
    assert (ROOT / "docs" / "findings.md").read_text() == findings_page()


def test_the_coverage_table_is_what_the_runtime_declares() -> None:  # A8
    written = re.search(r"<!-- coverage -->\n(.*?)\n<!-- /coverage -->", DIALECT.read_text(), re.S)
    assert written is not None
    assert written[1] == coverage_table()


def test_every_extension_that_is_read_is_on_the_page() -> None:
    text = DIALECT.read_text()
    for name in [*ZEEBE_ELEMENTS, *CRMFLOW_ELEMENTS]:
        assert name in text, name
    for name, attributes in CRMFLOW_ELEMENTS.items():
        for attribute in attributes:
            assert f"`{attribute}`" in text, (name, attribute)
    assert all(f"`{s}`" in text for s in STRATEGIES)


def test_the_examples_of_the_page_are_understood() -> None:
    examples = "".join(re.findall(r"```xml\n(.*?)```", DIALECT.read_text(), re.S))
    card, task = re.findall(r"<crmflow:process.*?/>", examples, re.S), re.findall(r"<crmflow:[ars].*?/>", examples)
    xml = process(ext(*card), START, user(ext(*task)), END, flows("s", "t", "e"))
    assert len(card) == 1
    assert len(task) == 3
    assert not [f for f in check(xml) if f.severity is Severity.ERROR or f.code == "CRM-116"]
