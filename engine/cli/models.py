"""Models: ``lint``, ``deploy``, ``publish``, ``definitions``."""

from __future__ import annotations

from collections import Counter

import click

from engine.cli.frame import actor, as_json, collect, common, engine, listing
from engine.domain.commands import Deploy, Publish
from engine.domain.questions import LintFiles, ListDefinitions
from engine.domain.states import DefinitionState


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE…", type=click.Path(exists=True))
@as_json
@common
@click.pass_context
def lint(ctx: click.Context, files: tuple[str, ...], json: bool) -> None:
    """Check model files taken together: BPMN, DMN and forms. Nothing is stored.

    Without --db no database is needed: the files are checked against each other. With --db they are checked
    together with what is deployed there. Exit status 1 if a finding has severity error.

    \b
    crmflow lint order.bpmn discount.dmn approve.json
    crmflow lint processes/ forms/ rules/ --json
    """
    from engine.cli.show import findings
    from engine.cli.values import model_files

    root = ctx.find_root()
    root.obj = root.obj or {}
    if not root.obj.get("db"):
        root.obj["db"] = "sqlite"  # an empty one, gone afterwards
    sent = model_files(files)
    with engine() as opened:
        found = opened.ask(LintFiles(sent, by=actor(opened)))
    errors = findings(found, as_json=json)
    if not json:
        click.echo(f"Files: {len(sent)}. Findings: {len(found)}, {errors} of them errors.")
    ctx.exit(1 if errors else 0)


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH…", type=click.Path(exists=True))
@click.option("--publish", is_flag=True, help="Let people start them at once (needs owner, goal and KPI).")
@click.option(
    "--require-coverage",
    type=click.FloatRange(0, 100),
    metavar="N",
    help="Refuse if a scenario fails, or a process's scenarios take less than N percent of its flows.",
)
@click.option(
    "--require-rules",
    type=click.FloatRange(0, 100),
    metavar="N",
    help="Refuse if they match less than N percent of the rules of a decision table that a process names.",
)
@as_json
@common
def deploy(
    paths: tuple[str, ...], publish: bool, require_coverage: float | None, require_rules: float | None, json: bool
) -> None:
    """Deploy files, and all models in folders, together: all or none. The same content again changes nothing.

    \b
    crmflow deploy order.bpmn approve.json
    crmflow deploy processes/ forms/ rules/ --publish --as dora
    crmflow deploy processes/ forms/ rules/ --publish --require-coverage 80 --require-rules 80
    """
    from engine.cli.show import dump, findings
    from engine.cli.values import model_files
    from engine.scenarios import ensure_files

    sent = model_files(paths)
    with engine() as opened:
        asked = (opened.settings.require_coverage, opened.settings.require_rules) if publish else (None, None)
        flows = asked[0] if require_coverage is None else require_coverage
        ensure_files(opened, sent, flows, asked[1] if require_rules is None else require_rules)
        done = opened.do(Deploy(sent, by=actor(opened), publish=publish))
    if json:
        dump(done)
        return
    findings(done.findings)
    for definition in done.definitions:
        click.echo(f"{definition.key} version {definition.version} ({definition.state.value})")
    for resource in done.resources:
        click.echo(f"{resource.kind} {resource.key} version {resource.version}")
    if done.unchanged:
        click.echo(f"unchanged: {', '.join(done.unchanged)}")


@click.command()
@click.argument("key")
@click.option("--version", type=click.IntRange(1), help="The newest, if not given.")
@as_json
@common
def publish(key: str, version: int | None, json: bool) -> None:
    """Let people start a definition. It must have an owner, a goal and a KPI.

    \b
    crmflow publish order-check
    """
    from engine.cli.show import dump
    from engine.scenarios import ensure_publishable

    with engine() as opened:
        ensure_publishable(opened, key, version, actor(opened))
        row = opened.do(Publish(key, by=actor(opened), version=version))
    if json:
        dump(row)
    else:
        click.echo(f"{row.key} version {row.version} is {row.state.value}.")


@click.command()
@click.option("--key", help="All versions of this one.")
@click.option("--state", type=click.Choice([state.value for state in DefinitionState]))
@listing
@common
def definitions(key: str | None, state: str | None, limit: int, json: bool) -> None:
    """List definitions with their cases: the newest version of each, or all versions of one.

    \b
    crmflow definitions --state published --json
    crmflow definitions --key order-check
    """
    from engine.cli.show import dump, rows

    wanted = DefinitionState(state) if state else None
    with engine() as opened:
        by = actor(opened)
        found = collect(opened, lambda n, at: ListDefinitions(by, key, wanted, limit=n, cursor=at), limit)
    if json:
        dump(list(found))
        return
    told = []
    for row in found:
        n = Counter(row.counts)
        ended = n["completed"] + n["cancelled"] + n["terminated"]
        told.append(
            {"Key": row.key, "Version": row.version, "State": row.state, "Name": row.name, "Owner": row.owner}
            | {"Running": n["active"], "Suspended": n["suspended"], "Incidents": n["incidents"], "Finished": ended}
            | {"Id": row.id}
        )
    columns = {title: title for title in (told[0] if told else ())}
    rows(told, columns, as_json=False, empty="Nothing is deployed; see crmflow deploy.")
