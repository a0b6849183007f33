"""For the rules of the kit of constraints a drawing of our own breaks the rule, and its mended twin deploys."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from kit_rules import TWINS
from kit_twins import Twin

from bench import constraints
from engine.app import Engine
from engine.bpmn import check
from engine.domain.access import SYSTEM
from engine.domain.commands import Deploy
from engine.domain.states import Severity
from engine.domain.values import FileIn

DOCS = Path(__file__).parents[2] / "docs" / "conformance.md"


@pytest.mark.parametrize("twin", TWINS, ids=lambda t: t.rule)
def test_the_broken_one_is_refused_for_its_rule_at_its_element(twin: Twin) -> None:
    codes = {f"CRM-{code}" for code in constraints.RULES[twin.rule].split()}
    errors = {(f.code, f.element) for f in check(twin.bad) if f.severity is Severity.ERROR}
    assert {element for code, element in errors if code in codes} >= {twin.blamed}, errors


def test_every_mended_one_deploys(lite: Engine) -> None:
    """Each is a version of process p; where two drawings mend to the same, the second deploys as nothing new."""
    for twin in TWINS:
        assert twin.good != twin.bad
        done = lite.do(Deploy((FileIn(f"{twin.rule}.bpmn", twin.good),), SYSTEM))
        assert done.definitions, twin.rule
        assert not [f for f in done.findings if f.severity is Severity.ERROR], twin.rule


def test_forty_rules_of_the_kit_have_twins() -> None:  # issue 4, show 1
    rules = {twin.rule for twin in TWINS}
    assert len(rules) == len(TWINS) >= 40
    assert rules <= set(constraints.RULES)
    said = re.search(r"(\d+) of the (\d+) rules of the kit", DOCS.read_text(encoding="utf-8"))
    assert said
    assert [int(n) for n in said.groups()] == [len(rules), len(constraints.RULES)]
