"""Scenarios kept with the models they test: found by the process they name, handed out with all that is deployed."""

from __future__ import annotations

from typing import Any

import yaml

from engine.domain import yamls
from engine.domain.access import Right, ensure
from engine.domain.errors import NotFound
from engine.domain.states import Severity
from engine.domain.testing import GetScenarios, ScenarioKit
from engine.domain.values import FileIn, Finding
from engine.services import sla_files
from engine.services.context import Context
from engine.services.registry import answers
from engine.store import models

SUFFIX = ".scenario.yaml"
KIND = "scenario"


def about(file: FileIn) -> tuple[tuple[str, ...], list[Finding]]:
    """The processes that a scenario file tests, and a finding if it does not say. The whole is checked when it runs."""
    try:
        said: Any = yamls.load(file.content)
    except yaml.YAMLError as error:
        return (), [_finding(file, f"'{file.name}' is not YAML.", yamls.line_of(error))]
    listed = said.get("scenarios") if isinstance(said, dict) else None
    if not isinstance(listed, list) or not isinstance(said.get("process"), str):
        return (), [_finding(file, f"'{file.name}' names no process, or holds no scenarios.", 1)]
    named = [said["process"], *(one.get("process") for one in listed if isinstance(one, dict))]
    return tuple(dict.fromkeys(key for key in named if isinstance(key, str))), []


@answers(GetScenarios)
def get_scenarios(ctx: Context, ask: GetScenarios) -> ScenarioKit:
    """Raises ``NotFound`` CRM-401."""
    ensure(ask.by, Right.MODEL_READ)
    row = models.definition(ctx.conn, ask.definition_id)
    if row is None:
        raise NotFound("CRM-401", f"There is no definition '{ask.definition_id}'.", fix="Look it up in the list.")
    newest = models.latest_resources(ctx.conn)
    wanted = [one.id for one in newest if one.kind == KIND and row.key in one.provides]
    scenarios = tuple(
        FileIn(one.name, one.content)
        for one in sorted(models.resources(ctx.conn, wanted), key=lambda one: str(one.name))
    )
    return ScenarioKit(row.key, scenarios, _models(ctx, row, newest) if ask.with_models else ())


def _models(ctx: Context, row: Any, newest: list[Any]) -> tuple[FileIn, ...]:
    """This version, and the newest of all others."""
    others = [one.id for one in models.latest(ctx.conn) if one.key != row.key]
    drawn = {bytes(one.xml): one.key for one in [row, *models.definitions(ctx.conn, others)]}
    parts = models.resources(ctx.conn, [one.id for one in newest if one.kind != KIND])
    return (
        *(FileIn(f"{key}.bpmn", xml) for xml, key in drawn.items()),
        *(FileIn(_named(one.kind, one.key), one.content) for one in parts),
    )


def _named(kind: str, key: str) -> str:
    """A file's name by which a deployment knows what it holds."""
    return f"{kind}-{key}{sla_files.SUFFIX if kind == sla_files.KIND else f'.{kind}'}"


def _finding(file: FileIn, message: str, line: int | None) -> Finding:
    return Finding(
        "CRM-870",
        Severity.ERROR,
        message,
        line=line,
        file=file.name,
        why="Nobody could tell what it tests.",
        fix="Begin with `process:` and `scenarios:`; docs/scenarios.md shows how.",
        message_zh=f"“{file.name}”未指明流程，或不含场景。",
        why_zh="无法判断它测试什么。",
        fix_zh="以 `process:` 和 `scenarios:` 开头；见 docs/scenarios.md。",
    )
