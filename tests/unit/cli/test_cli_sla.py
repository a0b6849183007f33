"""SLA from the command line: files put (after a preview), calendars hung, clocks listed, explained and counted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from engine.app import Engine
from engine.cli import main
from engine.domain.access import SYSTEM
from engine.domain.commands import AddTeam, Deploy, StartInstance
from tests.store.drawing import END, START, flow, model, user

SHELF = """
calendars:
  office: {zone: UTC, week: {mon: "09:00-17:00", tue: "09:00-17:00", wed: "09:00-17:00", thu: "09:00-17:00", fri: "09:00-17:00"}}
policies:
  support: {targets: {resolve: PT8H}, calendar: office}
"""  # noqa: E501


@pytest.fixture
def shelf(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A database that the commands open, with a team; a file of promises beside it."""
    monkeypatch.setenv("CRMFLOW_DATABASE_URL", sqlite_url)
    engine = Engine.open(sqlite_url)
    engine.do(AddTeam("service", SYSTEM, "Service"))
    engine.do(AddTeam("bench", SYSTEM, "Bench"))
    engine.close()
    file = tmp_path / "desk.sla.yaml"
    file.write_text(SHELF, encoding="utf-8")
    return file


@pytest.fixture
def case(shelf: Path, sqlite_url: str) -> Any:
    """A case with a clock of that promise."""
    run("sla", "put", str(shelf))
    engine = Engine.open(sqlite_url)
    mark = '<crmflow:sla metric="resolve" policy="support"/>'
    file = model("desk", START + user("work", more=mark) + END + flow("start>work", "work>end"))
    engine.do(Deploy((file,), SYSTEM, publish=True))
    started = engine.do(StartInstance("desk", SYSTEM))
    engine.close()
    return started


def run(*args: str, status: int = 0) -> Result:
    got = CliRunner().invoke(main, list(args))
    assert got.exit_code == status, got.output
    return got


def told(*args: str) -> Any:
    return json.loads(run(*args, "--json").stdout)


def test_put_previews_then_saves_and_the_same_again_changes_nothing(shelf: Path) -> None:
    assert "policy support: would be saved, 0 open deadlines move" in run("sla", "put", str(shelf), "--preview").stdout
    assert "There is no policy" in run("sla", "policies").output, "a preview saves nothing"
    first = told("sla", "put", str(shelf))
    assert [(one["kind"], one["key"], one["version"]) for one in first] == [
        ("calendar", "office", 1),
        ("policy", "support", 1),
    ]
    assert told("sla", "put", str(shelf)) == first
    assert [row["key"] for row in told("sla", "policies")] == ["support"]


def test_a_file_that_moves_open_deadlines_says_how_many(shelf: Path, case: Any) -> None:
    shelf.write_text(SHELF.replace("PT8H", "PT4H"), encoding="utf-8")
    done = {one["key"]: (one["version"], one["moves"]) for one in told("sla", "put", str(shelf))}
    assert done == {"office": (1, 0), "support": (2, 1)}
    (clock,) = told("sla", "clocks", "--instance", case.instance_id)
    assert clock["target"] == "PT4H"


def test_a_calendar_is_hung_and_taken_off(shelf: Path) -> None:
    run("sla", "put", str(shelf))
    assert "team service goes by office" in run("sla", "hang", "team", "service", "office").stdout
    assert [row["uses"] for row in told("sla", "calendars")] == [[["team", "service"]]]
    run("sla", "hang", "team", "service")
    assert [row["uses"] for row in told("sla", "calendars")] == [[]]
    assert "[CRM-426]" in run("sla", "hang", "team", "service", "nothing", status=1).stderr


def test_clocks_are_listed_explained_and_counted(case: Any) -> None:
    (clock,) = told("sla", "clocks", "--task", case.tasks[0])
    assert (clock["metric"], clock["state"], clock["target"]) == ("resolve", "running", "PT8H")
    why = run("sla", "why", clock["id"]).stdout
    assert "policy: support" in why
    assert "calendar: office (policy support)" in why
    assert why.rstrip().endswith("Reckoned again: the same.")
    wall = told("sla", "wall")
    assert ([row["id"] for row in wall["clocks"]], sum(wall["counts"].values())) == ([clock["id"]], 1)
    assert "running: 1" in run("sla", "wall").stdout
    assert told("sla", "wall", "--state", "breached")["clocks"] == []


def test_clocks_of_nothing_are_wrong_usage(shelf: Path) -> None:
    assert "Give --instance or --task" in run("sla", "clocks", status=2).stderr
    assert "[CRM-" in run("sla", "why", "nothing", status=1).stderr
