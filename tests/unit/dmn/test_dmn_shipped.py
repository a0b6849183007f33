"""Every decision table that ships is complete and says nothing twice (C7: no gap, no forbidden overlap)."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.dmn import Model, check
from engine.domain.states import Severity

ROOT = Path(__file__).parents[3]
FILES = sorted(file for folder in ("rules", "processes", "engine") for file in (ROOT / folder).rglob("*.dmn"))


def test_there_are_tables_to_check() -> None:
    assert len(FILES) >= 9
    assert sum(len(Model.load(file.read_bytes()).graph.builder.tables) for file in FILES) >= 9


@pytest.mark.parametrize("file", FILES, ids=lambda path: path.stem)
def test_a_shipped_table_has_no_gap_and_no_overlap(file: Path) -> None:
    findings = check(file.read_bytes(), file=file.name)
    assert [f.message for f in findings if f.severity is not Severity.INFO] == []
    model = Model.load(file.read_bytes())
    assert any(info.kind == "table" for info in model.decisions.values())
    # Nothing was left out of the check where the hit policy cares: computed cells are only in tables that collect.
    policies = {table.owner: table.box.hit for table in model.graph.builder.tables}
    unchecked = {str(f.params["decision"]) for f in findings if f.code == "CRM-155"}
    assert {owner for owner in unchecked if policies[owner] not in ("C", "R", "O")} == set()
