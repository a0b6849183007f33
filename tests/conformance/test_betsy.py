"""Third-party BPMN conformance models (betsy): the trace of every case, straight through and restored."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from betsy_adapter import Case, as_expected

IMPOSSIBLE = {
    # wants two scripts of one instance at the same moment; an instance here takes one step at a time
    "ParallelGateway_TrueParallelism",
    # the suite expects task1, task2, task3, but the script of the model's last task says SCRIPT_task1
    "AdHocSubProcess_Sequential",
    "AdHocSubProcess_Parallel",
}


@pytest.mark.suites
@pytest.mark.parametrize("restore", [False, True], ids=["straight", "restored"])
def test_every_model_leaves_the_expected_trace(suites: Path, restore: bool):
    folder = suites / "betsy"
    wrong, passed = [], 0
    for model in json.loads((folder / "cases.json").read_text(encoding="utf-8")):
        name, xml = model["name"], (folder / model["file"]).read_bytes()
        if name in IMPOSSIBLE:
            continue
        for case in model["cases"]:
            trace = Case(xml, model["process"], case, restore).play()
            if as_expected(trace, case["expect"]):
                passed += 1
            else:
                wrong.append((name, case["test"], case["expect"], trace))
    assert wrong == []
    assert passed > 130
