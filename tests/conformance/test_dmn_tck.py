"""The DMN Technology Compatibility Kit: everything of level 2 and of level 3 that is at hand (C7)."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def report(suites: Path) -> dict[str, Any]:
    """What the command prints, its last line read as JSON."""
    command = [sys.executable, "-m", "bench.conformance", "dmn", str(suites / "dmn-tck"), "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_level_2_passes_completely(report: dict[str, Any]) -> None:
    level = report["level"]["2"]
    assert level["value"] == [110, 110]
    assert level["null"] == [16, 16]
    assert level["cases"] == [116, 116]


def test_level_3_passes_completely(report: dict[str, Any]) -> None:
    assert report["failures"] == []
    level = report["level"]["3"]
    assert level["value"] == [975, 975]
    assert level["null"] == [337, 337]


def test_external_functions_are_refused_by_name_and_counted_apart(report: dict[str, Any]) -> None:
    assert report["level"]["3"]["external"] == [18, 18]


def test_a_folder_in_which_nothing_is_right_fails(tmp_path: Path) -> None:
    """The counter itself is no yes-man: a wrong expectation and a wrong null are both told."""
    folder = tmp_path / "compliance-level-2" / "0001-one"
    folder.mkdir(parents=True)
    (folder / "one.dmn").write_text(
        '<definitions xmlns="https://www.omg.org/spec/DMN/20230324/MODEL/" name="m" namespace="n">'
        '<decision name="d"><literalExpression><text>1 + 1</text></literalExpression></decision></definitions>'
    )
    (folder / "one-test-01.xml").write_text(
        '<testCases xmlns="http://www.omg.org/spec/DMN/20160719/testcase" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><modelName>one.dmn</modelName>'
        '<testCase id="1"><resultNode name="d"><expected><value xsi:type="xsd:decimal">3</value></expected>'
        '</resultNode></testCase><testCase id="2"><resultNode name="d"><expected><value xsi:nil="true"/></expected>'
        "</resultNode></testCase></testCases>"
    )
    command = [sys.executable, "-m", "bench.conformance", "dmn", str(tmp_path), "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    report = json.loads(done.stdout.splitlines()[-1])
    assert report["level"]["2"]["value"] == [0, 1]
    assert report["level"]["2"]["null"] == [0, 1]
    assert [(f["case"], f["expected"], f["got"]) for f in report["failures"]] == [("1", 3, 2), ("2", None, 2)]


def test_a_test_that_cannot_be_read_fails_alone(tmp_path: Path) -> None:
    """A missing model, a date nobody can read, a number that is none: each is told, the rest is counted."""
    folder = tmp_path / "compliance-level-3" / "0001-odd"
    folder.mkdir(parents=True)
    head = (
        '<testCases xmlns="http://www.omg.org/spec/DMN/20160719/testcase" xmlns:xsi='
        '"http://www.w3.org/2001/XMLSchema-instance"><modelName>{model}</modelName>'
    )
    (folder / "one.dmn").write_text(
        '<definitions xmlns="https://www.omg.org/spec/DMN/20230324/MODEL/" name="m" namespace="n">'
        '<decision name="d"><literalExpression><text>@"P1Y"</text></literalExpression></decision></definitions>'
    )
    cases = "".join(
        f'<testCase id="{number}"><inputNode name="i"><value xsi:type="xsd:decimal">{given}</value></inputNode>'
        f'<resultNode name="d"><expected><value xsi:type="xsd:{kind}">{wanted}</value></expected></resultNode>'
        "</testCase>"
        for number, (given, kind, wanted) in enumerate(
            [("1", "yearMonthDuration", "P12M"), ("one", "duration", "P1Y"), ("1", "date", "soon")], 1
        )
    )
    (folder / "one-test-01.xml").write_text(head.format(model="one.dmn") + cases + "</testCases>")
    (folder / "two-test-01.xml").write_text(head.format(model="two.dmn") + cases + "</testCases>")
    command = [sys.executable, "-m", "bench.conformance", "dmn", str(tmp_path), "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    report = json.loads(done.stdout.splitlines()[-1])
    assert report["level"]["3"]["value"] == [1, 6]
    faults = [f["fault"] for f in report["failures"]]
    assert faults[:2] == ["an input: decimal 'one' cannot be read", "the expected value: date 'soon' cannot be read"]
    assert "'two.dmn' cannot be read" in faults[2]
