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
from engine.connectors import CONNECTORS
from engine.domain.states import Severity
from engine.services import registry

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
    assert len(task) >= 3
    assert not [f for f in check(xml) if f.severity is Severity.ERROR or f.code == "CRM-116"]


@pytest.fixture(scope="module")
def templates() -> list[dict[str, object]]:
    return json.loads(TEMPLATES.read_text(encoding="utf-8"))


def test_element_templates_have_what_modelers_demand(templates: list[dict[str, object]]) -> None:
    ids = [t["id"] for t in templates]
    assert len(ids) == len(set(ids))
    for t in templates:
        assert {"$schema", "name", "id", "appliesTo", "properties", "version"} <= t.keys()
        for p in t["properties"]:  # type: ignore[attr-defined]
            assert p["type"] in ("String", "Text", "Hidden", "Dropdown", "Boolean")
            assert p["binding"]["type"].startswith("zeebe:")
            assert ("choices" in p) == (p["type"] == "Dropdown")


def test_element_templates_speak_both_languages(templates: list[dict[str, object]]) -> None:
    assert all(re.search(r"[一-鿿]", str(t["name"])) and re.search(r"[a-z]", str(t["name"])) for t in templates)


def test_what_the_templates_write_is_what_the_check_reads(templates: list[dict[str, object]]) -> None:
    """Fill every template as a modeler does, and check the model that comes out."""
    nodes, names, card = [], ["s"], []
    for t in templates:
        inputs, outputs, type_ = [], [], ""
        for p in t["properties"]:  # type: ignore[attr-defined]
            binding, value = p["binding"], p.get("value") or ("= x" if p.get("feel") else "team:sales")
            match binding["type"]:
                case "zeebe:taskDefinition" if binding["property"] == "type":
                    type_ = p.get("value") or "erp.book"
                case "zeebe:input":
                    inputs.append(f'<zeebe:input source="{value}" target="{binding["name"]}"/>')
                case "zeebe:output":
                    outputs.append(f'<zeebe:output source="{binding["source"]}" target="{value}"/>')
                case "zeebe:property":
                    card.append(f'<zeebe:property name="{binding["name"]}" value="{value}"/>')
        if type_:
            names.append(f"t{len(names)}")
            work = (
                f'<zeebe:taskDefinition type="{type_}"/><zeebe:ioMapping>{"".join(inputs + outputs)}</zeebe:ioMapping>'
            )
            nodes.append(f'<serviceTask id="{names[-1]}" name="T">{ext(work)}</serviceTask>')
    properties = ext(f"<zeebe:properties>{''.join(card)}</zeebe:properties>")
    xml = process(properties, START, *nodes, END, flows(*names, "e"))
    assert not {f.code for f in check(xml)} & {"CRM-180", "CRM-181", "CRM-182", "CRM-192", "CRM-116", "CRM-191"}
    assert not [f for f in check(xml) if f.severity is Severity.ERROR]


def test_every_type_of_work_has_a_template(templates: list[dict[str, object]]) -> None:
    registry.load_all()
    offered = {p["value"] for t in templates for p in t["properties"] if p["type"] == "Hidden"}  # type: ignore[attr-defined]
    assert offered == set(CONNECTORS) | set(registry.calls)
