"""Scenarios of a flow on its page and over REST: run, results, coverage; publishing may demand them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from pages_house import House

from engine import scenarios
from engine.domain.access import SYSTEM
from engine.domain.commands import AddTeam, Deploy
from engine.domain.errors import Refused
from engine.domain.testing import GetScenarios
from engine.domain.values import DefinitionRow, FileIn

Enter = Callable[[str], FlaskClient]
FILES = Path(__file__).parents[2] / "scenarios"


def files(*, wrong: bool = False) -> tuple[FileIn, ...]:
    said = (FILES / "order.scenario.yaml").read_bytes()
    if wrong:
        said = said.replace(b"state: completed, path: [Late", b"state: cancelled, path: [Late")
    return (
        FileIn("order.bpmn", (FILES / "order.bpmn").read_bytes()),
        FileIn("flows/order.scenario.yaml", said),
    )


@pytest.fixture
def order(house: House) -> DefinitionRow:
    """A flow deployed with its scenarios."""
    house.engine.do(AddTeam("desk", SYSTEM, "Desk"))
    (row,) = house.engine.do(Deploy(files(), SYSTEM)).definitions
    return row


def test_scenarios_are_kept_with_the_model(house: House, order: DefinitionRow) -> None:
    kit = house.engine.ask(GetScenarios(order.id, SYSTEM))
    assert [file.name for file in kit.scenarios] == ["flows/order.scenario.yaml"]
    again = house.engine.do(Deploy(files(), SYSTEM))
    assert again.unchanged == ("flows/order.scenario.yaml", "order.bpmn#order")


def test_a_file_that_is_no_scenario_is_refused_at_deployment(house: House) -> None:
    with pytest.raises(Refused) as refused:
        house.engine.do(Deploy((files()[0], FileIn("x.scenario.yaml", b"process: [")), SYSTEM))
    assert [f.code for f in refused.value.findings if f.file == "x.scenario.yaml"] == ["CRM-870"]


def test_a_designer_runs_them_and_sees_what_nobody_has_tried(enter: Enter, order: DefinitionRow) -> None:
    browser = enter("dora")
    assert f"/flows/{order.id}/scenarios" in browser.get(f"/flows/{order.id}").text
    assert "flows/order.scenario.yaml" in browser.get(f"/flows/{order.id}/scenarios").text
    page = browser.post(f"/flows/{order.id}/scenarios")
    assert page.status_code == 200, page.text
    assert "87.5 %" in page.text
    assert "Fine? → Refused (no)" in page.text
    marks = json.loads(re.search(r'class="diagram-marks">(.*?)</script>', page.text, re.S)[1])
    by_id = {mark["id"]: mark for mark in marks}
    assert by_id["Check"]["completed"] == 3, "three scenarios came by"
    assert by_id["No"]["missed"] == 1


def test_calendars_and_policies_come_along_when_scenarios_are_played(
    house: House, enter: Enter, order: DefinitionRow
) -> None:
    """A pack's ``*.sla.yaml`` is kept with the models: its copy must be read as what it is."""
    promises = (
        b"calendars: {office: {zone: UTC, week: {mon: '09:00-17:00'}}}\npolicies: {fast: {targets: {done: PT1H}}}"
    )
    house.engine.do(Deploy((FileIn("pack/promises.sla.yaml", promises),), SYSTEM))
    page = enter("dora").post(f"/flows/{order.id}/scenarios")
    assert page.status_code == 200, page.text


def test_a_failure_is_shown_with_its_line(house: House, enter: Enter) -> None:
    house.engine.do(AddTeam("desk", SYSTEM, "Desk"))
    (row,) = house.engine.do(Deploy(files(wrong=True), SYSTEM)).definitions
    page = enter("dora").post(f"/flows/{row.id}/scenarios").text
    assert "state: expected cancelled, found completed" in page
    assert "CRM-881" in page


def test_who_may_not_deploy_may_look_but_not_run(enter: Enter, order: DefinitionRow) -> None:
    browser = enter("alice")
    page = browser.get(f"/flows/{order.id}/scenarios")
    assert page.status_code == 200
    assert "Run all scenarios" not in page.text
    assert browser.post(f"/flows/{order.id}/scenarios").status_code == 403


def test_a_demanded_coverage_refuses_to_publish_less(house: House, order: DefinitionRow) -> None:
    house.engine.settings = house.engine.settings.model_copy(update={"require_coverage": 90})
    with pytest.raises(Refused) as refused:
        scenarios.ensure_publishable(house.engine, "order", None, SYSTEM)
    assert refused.value.code == "CRM-889"
    assert [f.code for f in refused.value.findings] == ["CRM-887"]
    house.engine.settings = house.engine.settings.model_copy(update={"require_coverage": 80})
    scenarios.ensure_publishable(house.engine, "order", None, SYSTEM)


def test_a_deployment_without_scenarios_has_no_coverage(house: House) -> None:
    with pytest.raises(Refused, match=r"0.0 % of its flows; 50 % are demanded"):
        scenarios.ensure_files(house.engine, files()[:1], 50)
    scenarios.ensure_files(house.engine, files(), 80)
    with pytest.raises(Refused, match="The scenario 'Forgotten' fails"):
        scenarios.ensure_files(house.engine, files(wrong=True), 80)
