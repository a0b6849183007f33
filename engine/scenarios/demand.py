"""What a deployment may demand of its scenarios: that they pass, and come by enough of the flow and its rules."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from engine.app import Engine
from engine.domain.access import Actor
from engine.domain.errors import Refused
from engine.domain.questions import ListDefinitions
from engine.domain.states import Severity
from engine.domain.testing import GetScenarios
from engine.domain.values import FileIn, Finding
from engine.scenarios.coverage import Plan
from engine.scenarios.results import PathCoverage, Report, Result, RuleCoverage
from engine.scenarios.run import run_sent
from engine.services.kits import SUFFIX


def demand(report: Report, percent: float | None, rules: float | None = None) -> list[Finding]:
    """Findings for failing scenarios, and for what is below a coverage of flows or rules (None: none is demanded)."""
    found = [_failing(one) for one in report.results if not one.passed]
    if percent is not None:
        found += [_untaken(one, percent) for one in report.paths if one.percent < percent]
    if rules is not None:
        found += [_untried(one, rules) for one in report.rules if one.percent < rules]
    return found


def _failing(scenario: Result) -> Finding:
    failure = scenario.failures[0]
    return _error(
        "CRM-886",
        f"The scenario '{scenario.name}' fails: {failure.message}",
        why="What the scenario says the flow does, it does not do.",
        fix="Mend the flow or the scenario.",
        zh=(f"场景“{scenario.name}”未通过：{failure.message}", "流程的实际行为与场景所述不符。", "修正流程或场景。"),
        where={"file": scenario.file, "line": failure.line},
    )


def _untaken(path: PathCoverage, percent: float) -> Finding:
    ways = ", ".join(path.missed_names[:5])
    said = f"“{path.key}”的场景覆盖了 {path.percent} % 的顺序流，要求为 {percent:g} %。"
    return _error(
        "CRM-887",
        f"The scenarios of '{path.key}' take {path.percent} % of its flows; {percent:g} % are demanded.",
        why=f"Nobody has tried: {ways}.",
        fix="Write scenarios that come by what is missing.",
        zh=(said, f"尚未测试：{ways}。", "补充经过这些路径的场景。"),
        where={"element": path.key, "name": path.name},
    )


def _untried(table: RuleCoverage, percent: float) -> Finding:
    missed = ", ".join(map(str, table.missed[:10])) + (" …" if len(table.missed) > 10 else "")
    said = f"“{table.decision}”的场景匹配了 {table.percent} % 的规则，要求为 {percent:g} %。"
    return _error(
        "CRM-876",
        f"The scenarios match {table.percent} % of the rules of '{table.decision}'; {percent:g} % are demanded.",
        why=f"No scenario comes to rule {missed}.",
        fix="Write scenarios whose data fit these rules, or delete rules that nothing fits.",
        zh=(said, f"没有场景匹配规则 {missed}。", "补充数据符合这些规则的场景，或删除无法匹配的规则。"),
        where={"element": table.decision, "name": table.name},
    )


def _error(code: str, said: str, why: str, fix: str, zh: tuple[str, str, str], where: dict[str, Any]) -> Finding:
    """An error of a deployment; ``zh``: the same three texts in Chinese; ``where``: what it is about."""
    said_zh, why_zh, fix_zh = zh
    found = Finding(code, Severity.ERROR, said, why=why, fix=fix, **where)
    return replace(found, message_zh=said_zh, why_zh=why_zh, fix_zh=fix_zh)


def run_definition(engine: Engine, definition_id: str, by: Actor) -> Report:
    """Run the scenarios that were deployed with a definition; its coverage alone is told."""
    kit = engine.ask(GetScenarios(definition_id, by))
    return run_sent(kit.scenarios, kit.models, engine.packs, also=[kit.key]).only(kit.key)


def ensure_files(engine: Engine, files: tuple[FileIn, ...], percent: float | None, rules: float | None = None) -> None:
    """Refuse files whose processes, or the tables these name, are covered less. Raises ``Refused`` CRM-889.

    ``percent`` of flows, ``rules`` percent of rules; None: nothing is asked.
    """
    if percent is None and rules is None:
        return
    scenarios = [file for file in files if file.name.endswith(SUFFIX)]
    models = tuple(file for file in files if not file.name.endswith(SUFFIX))
    keys = list(Plan(models).processes)
    _ensure(run_sent(scenarios, models, engine.packs, also=keys), percent, rules)


def ensure_sent(engine: Engine, files: tuple[FileIn, ...], *, publish: bool) -> None:
    """The same by the settings ``require_coverage`` and ``require_rules``, which ask of what is published."""
    if publish:
        ensure_files(engine, files, engine.settings.require_coverage, engine.settings.require_rules)


def ensure_publishable(engine: Engine, key: str, version: int | None, by: Actor) -> None:
    """Refuse to publish what is covered less than these settings say. Raises ``Refused`` CRM-889."""
    percent, rules = engine.settings.require_coverage, engine.settings.require_rules
    if percent is None and rules is None:
        return
    rows = engine.ask(ListDefinitions(by, key=key, limit=200)).items
    row = next((row for row in rows if version in (None, row.version)), None)
    if row is not None:  # what is not there is told by the command itself
        report = run_definition(engine, row.id, by)
        own = tuple(table for table in report.rules if key in table.asked_by)
        _ensure(Report(report.results, report.paths, own), percent, rules)


def _ensure(report: Report, percent: float | None, rules: float | None) -> None:
    found = demand(report, percent, rules)
    if found:
        raise Refused(
            "CRM-889",
            f"The scenarios do not show enough: {found[0].message}",
            found,
            fix="Mend what the findings name, or demand less (require_coverage, require_rules).",
        )
