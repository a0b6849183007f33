"""N1: every text of the shipped models has its Chinese, and no translation is left over."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from lxml import etree

ROOT = Path(__file__).parents[2]
LABELS = yaml.safe_load((ROOT / "processes" / "base" / "labels.zh_Hans.yaml").read_text(encoding="utf-8"))
MODELS = sorted((ROOT / "processes").rglob("*.bpmn"))
CRMFLOW = "{https://crmflow.dev/schema/1.0}"
BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"


def texts(model: Path) -> dict[str, dict[str, str]]:
    """process id → element id (``#documentation`` for that) → text as drawn."""
    found: dict[str, dict[str, str]] = {}
    for process in etree.parse(model).iterfind(f"{BPMN}process"):
        drawn = found.setdefault(process.get("id"), {})
        own = process.find(f"{BPMN}extensionElements/{CRMFLOW}process")
        for name in ("goal", "kpi"):
            drawn[f"{process.get('id')}#{name}"] = own.get(name)
        for element in process.iter(f"{{{BPMN[1:-1]}}}*"):
            if element.get("id") and element.get("name"):
                drawn[element.get("id")] = element.get("name")
            said = element.find(f"{BPMN}documentation")
            if said is not None and said.text:
                drawn[f"{element.get('id')}#documentation"] = said.text
    return found


@pytest.mark.parametrize("model", MODELS, ids=lambda path: path.stem)
def test_every_text_of_a_model_has_its_chinese(model):
    for process, drawn in texts(model).items():
        assert sorted(set(drawn) - set(LABELS.get(process, {}))) == []


def test_no_translation_is_left_over():
    drawn = {process: set(own) for model in MODELS for process, own in texts(model).items()}
    over = {
        (process, element)
        for process, own in LABELS.items()
        if process in drawn
        for element in own
        if element not in drawn[process]
    }
    assert over == set()
