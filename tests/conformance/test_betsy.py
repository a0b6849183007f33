"""Third-party BPMN conformance models (betsy): the trace of every case, straight through and restored."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from betsy_adapter import Case, as_expected

from engine.bpmn import compile
from engine.domain.errors import Refused

#: Models with a construct this version does not execute: each must be *refused* by name, never run wrongly.
REFUSED = {
    "Transaction",
    "AdHocSubProcess_Sequential",
    "AdHocSubProcess_Parallel",
    "Cancel_Event",
    "Compensation_BoundaryEvent_SubProcess",
    "Compensation_TriggeredByCancel",
    "WCP20_CancelCaseCancel",
}
#: Wants two scripts of one instance at the same moment; an instance here takes one step at a time.
IMPOSSIBLE = {"ParallelGateway_TrueParallelism"}


@pytest.mark.suites
@pytest.mark.parametrize("restore", [False, True], ids=["straight", "restored"])
def test_every_model_leaves_the_expected_trace_or_is_refused(suites: Path, restore: bool):
    folder = suites / "betsy"
    wrong, passed = [], 0
    for model in json.loads((folder / "cases.json").read_text(encoding="utf-8")):
        name, xml = model["name"], (folder / model["file"]).read_bytes()
        if name in IMPOSSIBLE:
            continue
        if name in REFUSED:
            with pytest.raises(Refused) as error:
                compile(xml, model["process"], {})
            assert {f.code for f in error.value.findings} >= {"CRM-170"}, name
            continue
        for case in model["cases"]:
            trace = Case(xml, model["process"], case, restore).play()
            if as_expected(trace, case["expect"]):
                passed += 1
            else:
                wrong.append((name, case["test"], case["expect"], trace))
    assert wrong == []
    assert passed > 90
