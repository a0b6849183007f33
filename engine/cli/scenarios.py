"""``crmflow test``: run the scenarios of models, say what is otherwise and what nobody has tried."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from xml.sax.saxutils import quoteattr

import click

from engine.cli.frame import as_json, common

if TYPE_CHECKING:
    from engine.scenarios import Report, Result


@click.command()
@click.argument("paths", nargs=-1, metavar="PATH…", type=click.Path(exists=True, path_type=Path))
@click.option("--init", metavar="MODEL", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="Write a first scenario beside this BPMN file, and run nothing.")  # fmt: skip
@click.option("--junit", metavar="FILE", type=click.Path(path_type=Path), help="Write a JUnit report as well.")
@click.option("--min-coverage", type=click.FloatRange(0, 100), metavar="N", help="Percent of flows each process needs.")
@click.option("--min-rules", type=click.FloatRange(0, 100), metavar="N",
              help="Percent of rules each decision table needs that a tested process names or asks.")  # fmt: skip
@click.option("--schema", is_flag=True, help="Print the JSON Schema of scenario files, for editors.")
@as_json
@common
@click.pass_context
def test(
    ctx: click.Context,
    paths: tuple[Path, ...],
    init: Path | None,
    junit: Path | None,
    min_coverage: float | None,
    min_rules: float | None,
    schema: bool,
    json: bool,
) -> None:
    """Run *.scenario.yaml files, and all in folders, on a virtual clock with a database of their own.

    Exit status 1 if a scenario fails or a process is covered less than --min-coverage, or a table
    less than --min-rules.

    \b
    crmflow test processes/
    crmflow test order.scenario.yaml --min-coverage 90 --min-rules 80 --junit report.xml
    crmflow test --init order.bpmn
    """
    from engine import scenarios
    from engine.cli.show import dump, findings

    if schema:
        dump(scenarios.json_schema())
        return
    if init is not None:
        _begin(init)
        return
    if not paths:
        raise click.UsageError("Name a scenario file or a folder, or --init MODEL.")
    report = scenarios.run_files(paths)
    if junit is not None:
        junit.write_text(_junit(report), encoding="utf-8")
    asked = min_coverage is not None or min_rules is not None
    lacking = scenarios.demand(report, min_coverage, min_rules) if asked else []
    if json:
        dump({"passed": report.passed, "percent": report.percent, "results": report.results,
              "paths": report.paths, "rules": report.rules, "findings": lacking})  # fmt: skip
    else:
        _tell(report)
        findings(each for each in lacking if each.code != "CRM-886")
    ctx.exit(0 if report.passed and not lacking else 1)


def _begin(model: Path) -> None:
    from engine.domain.errors import Conflict
    from engine.scenarios import SUFFIX, starter

    target = model.with_name(model.stem + SUFFIX)
    if target.exists():
        raise Conflict("CRM-888", f"'{target}' is there already.", fix="Edit it, or move it away.")
    target.write_text(starter(model.read_bytes(), str(model)), encoding="utf-8")
    click.echo(f"Wrote {target}; run it with: crmflow test {target}")


def _tell(report: Report) -> None:
    from rich.markup import escape
    from rich.table import Table

    from engine.cli.show import console
    from engine.scenarios.expect import told

    out = console()
    for result in report.results:
        mark = "[green]✓ passed[/]" if result.passed else "[red]✗ failed[/]"
        out.print(f"{mark} {escape(result.name)} [dim]{escape(result.process)} {result.seconds * 1000:.0f} ms[/]")
        for one in result.failures:
            place = f"    {result.file}:{one.line}: [{one.code}] {one.message}"
            out.print(escape(place), soft_wrap=True)
            if one.expected is not None or one.actual is not None:
                out.print(f"      [green]- expected {escape(told(one.expected))}[/]", soft_wrap=True)
                out.print(f"      [red]+ found    {escape(told(one.actual))}[/]", soft_wrap=True)
    table = Table("Process", "Flows", "%", "Elements", "Not tried", box=None, pad_edge=False, header_style="bold")
    for path in report.paths:
        missed = ", ".join(path.missed_names[:4]) + (" …" if len(path.missed) > 4 else "")
        table.add_row(path.key, f"{path.flows_run}/{path.flows}", f"{path.percent:g}",
                      f"{path.elements_run}/{path.elements}", escape(missed))  # fmt: skip
    out.print(table)
    if report.rules:
        rules = Table("Decision", "Rules", "%", "Rules not matched", box=None, pad_edge=False, header_style="bold")
        for rule in report.rules:
            missed = ", ".join(map(str, rule.missed))
            rules.add_row(rule.name, f"{len(rule.matched)}/{rule.rules}", f"{rule.percent:g}", missed)
        out.print(rules)
    failed = sum(not result.passed for result in report.results)
    out.print(f"Scenarios: {len(report.results)}, {failed} failed. Flows covered: {report.percent:g} %.")


def _junit(report: Report) -> str:
    """The report as JUnit's XML: a suite per file."""
    suites: dict[str, list[Result]] = {}
    for result in report.results:
        suites.setdefault(result.file, []).append(result)
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', "<testsuites>"]
    for file, results in suites.items():
        failed = sum(not result.passed for result in results)
        lines.append(f'<testsuite name={quoteattr(file)} tests={quoteattr(str(len(results)))} failures="{failed}">')
        for result in results:
            head = f"<testcase classname={quoteattr(result.process)} name={quoteattr(result.name)}"
            lines.append(f'{head} file={quoteattr(file)} line="{result.line}" time="{result.seconds}">')
            for one in result.failures:
                lines.append(
                    f"<failure type={quoteattr(one.code)} message={quoteattr(f'line {one.line}: {one.message}')}/>"
                )
            lines.append("</testcase>")
        lines.append("</testsuite>")
    return "\n".join([*lines, "</testsuites>", ""])
