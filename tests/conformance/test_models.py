"""Other engines' own models: none crashes or hangs, most deploy and run, and the rest is refused by name."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from bench import pool
from bench.stubs import start_data
from engine.bpmn.rules.page import findings_page
from engine.model.layout import has_diagram, lay_out

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.suites


def run(folder: Path) -> dict[str, Any]:
    """What the command prints, its last line read as JSON."""
    command = [sys.executable, "-m", "bench.conformance", "models", str(folder), "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.parametrize(
    ("folder", "share"),
    [
        ("operaton-engine", 0.75),
        ("flowable-engine", 0.68),
        ("zeebe", 0.65),  # the others are no models, or such that Zeebe refuses as well: docs/conformance.md
        ("camunda8-examples", 0.85),
        ("miwg-vendor", 0),
        ("miwg-reference", 0),
    ],
)
def test_models_deploy_and_run_or_are_refused_by_name(
    suites: Path, folder: str, share: float
) -> None:  # issue 4, show 1
    report = run(suites / "models" / folder)
    assert set(report) == {"files", "deployed", "ran", "refused", "crashed", "hung", "by_finding"}
    assert report["crashed"] == report["hung"] == []
    assert report["deployed"] + report["refused"] == report["files"] > 0
    assert report["ran"] >= share * report["files"]
    page = findings_page()
    assert all(f"## {code} " in page for code in report["by_finding"])


def test_drawing_a_model_changes_nothing_else_in_its_bytes(suites: Path) -> None:  # issue 4, show 1
    """The only thing ever written into a designer's file is the diagram it lacks."""
    seen = 0
    for path in sorted((suites / "betsy").rglob("*.bpmn")):
        xml = path.read_bytes()
        if has_diagram(xml) or b"BPMNDiagram" in xml:
            continue
        drawn = lay_out(xml)
        begin = next(n for n, (a, b) in enumerate(zip(xml, drawn, strict=False)) if a != b)
        kept = len(xml) - begin
        assert drawn[:begin] + drawn[len(drawn) - kept :] == xml, path.name
        assert b"BPMNShape" in drawn[begin : len(drawn) - kept]
        seen += 1
    assert seen > 20


def test_a_file_that_kills_or_stops_its_process_is_told_and_the_next_one_goes_on(tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("die", "hang", "raise", "good")]
    answers = list(pool.each(_misbehave, files, 0.5))
    assert [next(iter(a)) for a in answers] == ["crashed", "hung", "crashed", "ok"]
    assert "ValueError" in answers[2]["crashed"]


def _misbehave(path: Path) -> dict[str, Any]:

    if path.name == "die":
        os._exit(1)
    if path.name == "hang":
        threading.Event().wait()
    if path.name == "raise":
        raise ValueError("no")
    return {"ok": True}


def test_start_data_make_the_first_comparison_of_each_name_hold() -> None:
    head = '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"><process id="p">'
    flow = '<sequenceFlow id="f{}" sourceRef="g" targetRef="e"><conditionExpression>{}</conditionExpression>'
    flow += "</sequenceFlow>"
    texts = ("order.total &gt; 10", 'kind = "hot"', "approved", "order.total = 3")
    xml = head + "".join(flow.format(n, c) for n, c in enumerate(texts)) + "</process></definitions>"
    assert start_data(xml.encode()) == {"order": {"total": 11}, "kind": "hot", "approved": True}
