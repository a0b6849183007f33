"""The command line says what it can do, fast and without importing the engine."""

from __future__ import annotations

import json
import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from engine.cli import COMMANDS, main
from engine.cli.lazy import LazyGroup

WANTED = {
    "migrate", "demo", "serve", "worker", "deploy", "lint", "publish", "start", "tasks", "claim", "complete",
    "message", "incidents", "records", "user", "team", "role", "token", "definitions", "instances",
}  # fmt: skip


def every_command() -> list[tuple[str, ...]]:
    """All commands that are defined here, with their sub-commands."""
    found: list[tuple[str, ...]] = []
    ctx = click.Context(main)
    assert isinstance(main, LazyGroup)
    for name in COMMANDS:
        command = main.get_command(ctx, name)
        assert command is not None
        found.append((name,))
        if isinstance(command, click.Group):
            found += [(name, sub) for sub in command.list_commands(ctx)]
    return found


def test_help_lists_every_command_with_a_line() -> None:
    got = CliRunner().invoke(main, ["--help"])
    assert got.exit_code == 0
    listed = {line.split()[0] for line in got.output.splitlines() if line.startswith("  ") and line.strip()}
    assert listed >= WANTED
    assert "crmflow start" in got.output


@pytest.mark.parametrize("path", every_command(), ids=" ".join)
def test_help_of_each_command_explains_it(path: tuple[str, ...]) -> None:
    got = CliRunner().invoke(main, [*path, "--help"])
    assert got.exit_code == 0
    leaf = path if path not in {(one[0],) for one in every_command() if len(one) == 2} else None
    if leaf and path[-1] not in {"list", "retry", "revoke"}:
        assert f"crmflow {' '.join(path)}" in got.output, "an example is missing"


@pytest.mark.parametrize("path", every_command(), ids=" ".join)
def test_database_can_be_named_everywhere(path: tuple[str, ...]) -> None:
    leaves = [one for one in every_command() if one[:1] == path[:1] and len(one) > 1]
    if leaves and path not in leaves:
        return
    assert "--db" in CliRunner().invoke(main, [*path, "--help"]).output


def test_help_starts_without_the_engine() -> None:
    code = (
        "import sys, json; from click.testing import CliRunner; from engine.cli import main;"
        "CliRunner().invoke(main, ['--help']); print(json.dumps(sorted(sys.modules)))"
    )
    loaded = set(json.loads(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout))
    assert not loaded & {"sqlalchemy", "SpiffWorkflow", "flask", "rich", "lxml", "yaml", "engine.app"}


@pytest.mark.parametrize(
    "args", [["nonsense"], ["start"], ["lint"], ["lint", "/no/such.bpmn"], ["tasks", "--box", "x"]]
)
def test_wrong_usage_is_status_2(args: list[str]) -> None:
    assert CliRunner().invoke(main, args).exit_code == 2


def test_module_can_be_run() -> None:
    got = subprocess.run([sys.executable, "-m", "engine.cli", "--help"], capture_output=True, text=True, check=True)
    assert got.stdout.startswith("Usage: crmflow")
