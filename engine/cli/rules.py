"""Rules without a database: ``feel`` evaluates a text, ``decide`` a decision, ``dmn check`` finds gaps and overlaps."""

from __future__ import annotations

import json as std_json
from decimal import Decimal
from pathlib import Path
from typing import Any

import click

from engine.cli.frame import as_json, common

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def _object(ctx: click.Context, param: click.Parameter, value: str) -> dict[str, Any]:
    """A JSON object, given as text or as ``@file``; numbers stay exact."""
    try:
        text = Path(value[1:]).read_text(encoding="utf-8") if value.startswith("@") else value
        found = std_json.loads(text, parse_float=Decimal, parse_constant=_no_number)
    except OSError as error:
        raise click.BadParameter(f"{value[1:]}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise click.BadParameter(f"{value[1:]} is not text in UTF-8") from error
    except (ValueError, RecursionError) as error:
        raise click.BadParameter(f"not JSON: {error}") from error
    if not isinstance(found, dict):
        raise click.BadParameter('not a JSON object such as {"amount": 5}')
    return found


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no number")


@click.command()
@click.argument("expression", metavar="EXPR")
@click.option(
    "--context", default="{}", callback=_object, metavar="JSON", help="The names it may read; @FILE reads it."
)
@as_json
@common
def feel(expression: str, context: dict[str, Any], json: bool) -> None:
    """Evaluate a FEEL expression and print its value as JSON; what made it null goes to standard error.

    \b
    crmflow feel 'discount > 0.2 and margin < floor' --context '{"discount": 0.25, "margin": 5, "floor": 8}'
    crmflow feel 'date("2026-03-02") + duration("P3D")' --json
    """
    from engine import feel as language
    from engine.cli.show import dump

    names = frozenset(name for name in context if not name.isidentifier())
    value, notes = language.compile(expression, names=names).diagnose(language.from_json(context))
    if json:
        told = [{"message": n.message, "line": n.line, "column": n.column} for n in notes]
        dump({"value": language.to_json(value), "notes": told})
        return
    dump(language.to_json(value))
    # Of one place the last word is the plainest: what was tried, what that came to, what is likely meant.
    said = {(note.line, note.column): note.message for note in notes}
    if notes:
        said |= {(hint.line, hint.column): hint.message for hint in language.analyse(expression, names=context).hints}
    for (line, column), message in sorted(said.items()):
        click.echo(f"line {line}, column {column}: {message}", err=True)


@click.command()
@click.argument("file", metavar="FILE", type=_FILE)
@click.argument("decision", metavar="DECISION")
@click.option("--data", default="{}", callback=_object, metavar="JSON", help="The inputs; @FILE reads them.")
@click.option("--import", "others", multiple=True, metavar="FILE", type=_FILE)
@click.option("--why", is_flag=True, help="Tell the rules that matched or just missed.")
@as_json
@common
def decide(file: Path, decision: str, data: dict[str, Any], others: tuple[Path, ...], why: bool, json: bool) -> None:
    """Decide a decision of a DMN file, by id or name, and print its value as JSON. Files it imports: --import.

    A date, time or duration is given as text where the decision asks for one.

    \b
    crmflow decide discount.dmn approval --data '{"discount": 0.25}' --why
    crmflow decide discount.dmn approval --data @quote.json --json
    """
    from engine.cli.show import console, dump
    from engine.dmn import Model
    from engine.dmn.sheet import Sheet

    model = Model.load(file.read_bytes(), imports=[other.read_bytes() for other in others], file=file.name)
    if decision in model.decisions:
        data = Sheet(model, decision).given(data)
    outcome = model.decide(decision, data)
    if json:
        dump({"value": outcome.json, "problems": outcome.problems, "trace": outcome.trace if why else ()})
        return
    dump(outcome.json)
    for problem in outcome.problems:
        click.echo(f"{problem['where']}: {problem['text']}", err=True)
    if why:
        for step in outcome.trace:
            console().print(_story(step))


def _story(step: dict[str, Any]) -> Any:
    """One table of the explanation: its inputs, then the rules."""
    from rich.markup import escape
    from rich.table import Table

    given = ", ".join(f"{one['label']} = {std_json.dumps(one['value'], ensure_ascii=False)}" for one in step["inputs"])
    table = Table(title=escape(f"{step['decision']} ({step['hit']}): {given}"), title_justify="left", box=None)
    for name in ("Rule", "", "Why", "Output", "Note"):
        table.add_column(name, overflow="fold")
    for rule in step["rules"]:
        tests = "; ".join(f"{name}: {rule['tests'][name]}" for name in rule["missed"] or rule["tests"])
        sign = "✓" if rule["matched"] else "missed by" if rule["missed"] else "not asked"
        outputs = ", ".join(rule["outputs"].values())
        table.add_row(*(escape(text) for text in (str(rule["index"]), sign, tests, outputs, rule["annotation"])))
    return table


@click.group()
def dmn() -> None:
    """Look at DMN files."""


@dmn.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE…", type=_FILE)
@as_json
@common
@click.pass_context
def check(ctx: click.Context, files: tuple[Path, ...], json: bool) -> None:
    """Check decision tables for gaps, forbidden overlaps, dead and doubled rules, each with an example input.

    Exit status 1 if a finding has severity error.

    \b
    crmflow dmn check discount.dmn
    crmflow dmn check rules/base/sales/*.dmn --json
    """
    from engine.cli.show import findings
    from engine.dmn import check as check_file

    texts = {file: file.read_bytes() for file in files}
    found = []
    for file, text in texts.items():
        # What one of the files imports is looked for among the others.
        others = [other for name, other in texts.items() if name != file] if b"import" in text else []
        found += check_file(text, imports=others, file=file.name)
    errors = findings(found, as_json=json)
    if not json:
        click.echo(f"Files: {len(files)}. Findings: {len(found)}, {errors} of them errors.")
    ctx.exit(1 if errors else 0)
