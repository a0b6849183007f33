"""The command line on a real database: every command once, exit status, codes in brackets, JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from engine.app import Engine
from engine.cli import main
from engine.domain.access import SYSTEM
from engine.domain.questions import GetAudit

MODELS = Path(__file__).parents[2] / "models"
REVIEW = (str(MODELS / "api-review.bpmn"), str(MODELS / "api-review-form.json"))
Run = Callable[..., Result]


@pytest.fixture
def run(sqlite_url: str) -> Run:
    """Runs ``crmflow …`` on a fresh migrated database; fails on another exit status than expected."""

    def call(*args: str, status: int = 0, db: str | None = sqlite_url) -> Result:
        got = CliRunner().invoke(main, [*args, *(("--db", db) if db else ())])
        assert got.exit_code == status, got.output
        return got

    return call


@pytest.fixture
def ready(run: Run) -> Run:
    """With a user, a team and a published flow."""
    run("team", "add", "sales", "--name", "Sales")
    run("user", "add", "anna", "--name", "Anna Lind", "--role", "employee", "--team", "sales")
    run("deploy", *REVIEW, "--publish")
    return run


def data(result: Result) -> Any:
    return json.loads(result.stdout)


def test_flow_from_the_command_line(ready: Run) -> None:
    started = data(ready("start", "api-review", "--var", "ticket=T-1", "--business-key", "T-1", "--json"))
    tasks = data(ready("tasks", "--as", "anna", "--box", "teams", "--json"))
    assert [task["id"] for task in tasks] == started["tasks"]
    task = tasks[0]["id"]
    assert "anna's" in ready("claim", task, "--as", "anna").stdout
    assert "active" in ready("complete", task, "--as", "anna", "--var", "answer=Yes").stdout
    assert data(ready("message", "api-reply", "--key", "T-1", "--json"))["outcome"] == "correlated"
    assert [row["state"] for row in data(ready("instances", "--json"))] == ["completed"]
    assert data(ready("tasks", "--json")) == []
    assert "No incidents" in ready("incidents").stdout
    assert "Nothing is forgotten" in ready("health").stdout
    assert data(ready("health", "--json")) == []


def test_failed_command_is_status_1_with_its_code_and_the_way_out(ready: Run) -> None:
    got = ready("start", "nothing", status=1)
    assert re.search(r"error \[CRM-401\] .*'nothing'", got.stderr)
    assert "fix:" in got.stderr
    assert got.stdout == ""


def test_failed_command_as_json(ready: Run) -> None:
    error = data(ready("start", "nothing", "--json", status=1))["error"]
    assert error["code"] == "CRM-401"
    assert error["fix"]


def test_form_is_told_field_by_field(ready: Run) -> None:
    task = data(ready("start", "api-review", "--var", "ticket=T-1", "--json"))["tasks"][0]
    got = ready("complete", task, "--as", "anna", "--data", "{}", status=1)
    assert "[CRM-210]" in got.stderr
    assert "answer:" in got.stderr


def test_as_names_who_acts(ready: Run) -> None:
    assert "[CRM-310]" in ready("instances", "--as", "anna", status=1).stderr
    assert "[CRM-302]" in ready("instances", "--as", "nobody", status=1).stderr


def test_same_id_starts_once(ready: Run) -> None:
    first = data(ready("start", "api-review", "--var", "ticket=T", "--id", "k1", "--json"))
    again = ready("start", "api-review", "--var", "ticket=T", "--id", "k1")
    assert first["instance_id"] in again.stdout
    assert "(started before)" in again.stdout


def test_lists_as_json_and_as_tables(ready: Run) -> None:
    for command in ("definitions", "instances", "tasks", "incidents"):
        assert isinstance(data(ready(command, "--json")), list)
        assert ready(command).stdout.strip()
    assert data(ready("definitions", "--json"))[0]["key"] == "api-review"
    shown = ready("definitions", "--key", "api-review").stdout
    assert "api-review" in shown
    assert "Running  Suspended  Incidents  Finished" in shown
    assert [row["id"] for row in data(ready("user", "list", "--json"))] == ["anna"]
    assert data(ready("team", "list", "--json"))[0]["members"] == ["anna"]


def test_people_and_roles(ready: Run) -> None:
    assert "manager" in ready("role", "grant", "anna", "manager").stdout
    assert "manager" not in ready("role", "revoke", "anna", "manager").stdout
    token = ready("token", "issue", "anna", "--label", "test", "--days", "1").stdout.strip()
    assert len(token) > 30
    assert "[CRM-4" in ready("role", "grant", "nobody", "manager", status=1).stderr


def test_cancel_with_a_reason(ready: Run) -> None:
    instance = data(ready("start", "api-review", "--var", "ticket=T", "--json"))["instance_id"]
    assert "cancelled" in ready("cancel", instance, "--reason", "entered twice").stdout
    assert "[CRM-2" in ready("cancel", instance, "--reason", "again", status=1).stderr


def test_deploy_again_changes_nothing(ready: Run) -> None:
    again = data(ready("deploy", *REVIEW, "--json"))
    assert len(again["unchanged"]) == 2
    assert again["definitions"][0]["version"] == 1


def test_deploy_of_what_is_no_model_gives_findings(run: Run, tmp_path: Path) -> None:
    (tmp_path / "bad.bpmn").write_text("<?xml version='1.0'?><nonsense>")
    got = run("deploy", str(tmp_path / "bad.bpmn"), status=1)
    assert re.search(r"bad\.bpmn:\d+: error \[CRM-1\d\d\]", got.stdout)
    assert "[CRM-168]" in got.stderr
    assert run("definitions", "--json").stdout.strip() == "[]"


def test_lint_needs_no_database(run: Run) -> None:
    got = run("lint", *REVIEW, db=None)
    assert "0 of them errors" in got.stdout
    alone = run("lint", REVIEW[0], "--json", db=None, status=1)
    assert [one["element"] for one in data(alone) if one["severity"] == "error"] == ["Review"]


def test_findings_speak_the_language_of_the_terminal(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    got = run("lint", REVIEW[0], db=None, status=1).stdout
    assert "办法:" in got
    assert re.search(r"error \[CRM-\d{3}\] .*[\u4e00-\u9fff]", got)


def test_system_is_named_in_the_audit(ready: Run, sqlite_url: str) -> None:
    engine = Engine.open(sqlite_url)
    try:
        rows = engine.ask(GetAudit(SYSTEM)).items
    finally:
        engine.close()
    assert {row.by for row in rows} == {"system"}
    assert {"user.add", "team.add", "deploy", "publish"} <= {row.action for row in rows}


def test_lint_with_a_database_knows_what_is_deployed(ready: Run) -> None:
    assert "0 of them errors" in ready("lint", REVIEW[0]).stdout


def test_incidents_retry_needs_to_know_which(run: Run) -> None:
    run("incidents", "retry", status=2)
    run("incidents", "retry", "--all")
    assert "[CRM-4" in run("incidents", "retry", "nothing", status=1).stderr


def test_database_without_tables_says_what_to_do(run: Run, tmp_path: Path) -> None:
    got = run("tasks", db=f"sqlite:///{tmp_path}/new.sqlite", status=1)
    assert "[CRM-703]" in got.stderr
    assert "crmflow migrate" in got.stderr


def test_migrate_makes_the_tables_and_can_be_repeated(run: Run, tmp_path: Path) -> None:
    db = f"sqlite:///{tmp_path}/new.sqlite"
    for _ in range(2):
        run("migrate", db=db)
    assert "No tasks" in run("tasks", db=db).stdout


def test_fresh_database_by_name(run: Run) -> None:
    assert "Nothing is deployed" in run("definitions", db="sqlite").stdout


def test_options_may_stand_before_the_command(sqlite_url: str) -> None:
    got = CliRunner().invoke(main, ["--db", sqlite_url, "tasks"])
    assert got.exit_code == 0, got.output
