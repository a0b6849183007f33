"""Every decision table that ships is complete and says nothing twice (C7: no gap, no forbidden overlap)."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.dmn import Model, check
from engine.domain.states import Severity

RULES = Path(__file__).parents[3] / "rules"
FILES = sorted(RULES.rglob("*.dmn"))


def test_there_are_tables_to_check() -> None:
    assert len(FILES) >= 9


@pytest.mark.parametrize("file", FILES, ids=lambda path: path.stem)
def test_a_shipped_table_has_no_gap_and_no_overlap(file: Path) -> None:
    findings = check(file.read_bytes(), file=file.name)
    assert [f.message for f in findings if f.severity is not Severity.INFO] == []
    model = Model.load(file.read_bytes())
    assert any(info.kind == "table" for info in model.decisions.values())
