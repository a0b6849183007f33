"""SLA: ``sla calendars``, ``policies``, ``wall``, ``clocks``, ``why``, ``put``, ``hang``."""

from __future__ import annotations

from pathlib import Path

import click

from engine.cli.frame import actor, as_json, common, engine
from engine.domain.sla_values import (
    HangCalendar,
    ListCalendars,
    ListClocks,
    ListPolicies,
    PutPromises,
    ShowWall,
    WhyDeadline,
)

_CLOCKS = {"Clock": "id", "What": "name", "Metric": "metric", "State": "state", "Target": "target", "Due": "due_at",
           "Who": "assignee", "Team": "team"}  # fmt: skip


@click.group()
def sla() -> None:
    """Calendars, SLA policies, clocks and why they are due."""


@sla.command()
@as_json
@common
def calendars(json: bool) -> None:
    """List calendars and what they hang on.

    \b
    crmflow sla calendars --json
    """
    from engine.cli.show import rows

    with engine() as opened:
        found = opened.ask(ListCalendars(actor(opened)))
    columns = {"Key": "key", "Version": "version", "Changed": "at", "By": "by", "Used by": "uses"}
    rows(found, columns, as_json=json, empty="There is no calendar; see crmflow sla put.")


@sla.command()
@as_json
@common
def policies(json: bool) -> None:
    """List SLA policies.

    \b
    crmflow sla policies --json
    """
    from engine.cli.show import rows

    with engine() as opened:
        found = opened.ask(ListPolicies(actor(opened)))
    columns = {"Key": "key", "Version": "version", "Changed": "at", "By": "by"}
    rows(found, columns, as_json=json, empty="There is no policy; see crmflow sla put.")


@sla.command()
@click.option("--state", type=click.Choice(["breached", "risk", "paused", "running"]))
@click.option("--customer", default="", metavar="ID", help="Id of the customer's record.")
@click.option("--assignee", default="", metavar="LOGIN", help="'-': nobody.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
@as_json
@common
def wall(state: str | None, customer: str, assignee: str, limit: int, json: bool) -> None:
    """List open clocks, what breaches next first.

    \b
    crmflow sla wall --state breached
    """
    from engine.cli.show import dump, rows

    with engine() as opened:
        ask = ShowWall(actor(opened), limit=limit, state=state or "", customer=customer, assignee=assignee)
        found = opened.ask(ask)
    if json:
        dump(found)
        return
    rows(found.clocks, _CLOCKS, as_json=False, empty="No clock is running.")
    click.echo(", ".join(f"{name}: {count}" for name, count in found.counts.items()))


@sla.command()
@click.option("--instance", metavar="ID", help="Of this case.")
@click.option("--task", metavar="ID", help="Of this task, with those of its case.")
@as_json
@common
def clocks(instance: str | None, task: str | None, json: bool) -> None:
    """List the clocks of a case or a task, open ones first.

    \b
    crmflow sla clocks --task 01h8xk3v9q2m7r5t
    """
    from engine.cli.show import rows

    if (instance is None) == (task is None):
        raise click.UsageError("Give --instance or --task.")
    with engine() as opened:
        found = opened.ask(ListClocks(actor(opened), task_id=task, instance_id=instance))
    rows(found, _CLOCKS, as_json=json, empty="It has no clock.")


@sla.command()
@click.argument("clock")
@as_json
@common
def why(clock: str, json: bool) -> None:
    """Say why a clock is due when it is, and reckon it again from what was stored.

    \b
    crmflow sla why 01h8xk3v9q2m7r5t
    """
    from engine.cli.show import chinese, dump
    from engine.domain.calendar.explain import words

    with engine() as opened:
        found = opened.ask(WhyDeadline(clock, actor(opened)))
    if json:
        dump(found)
        return
    row, about = found.clock, found.why
    click.echo(f"{row.name}: {row.metric} {row.target}, {row.state}; due {row.due_at or '–'}")
    click.echo(f"policy: {about['policy'].get('key') or 'the model'}")
    click.echo(f"calendar: {about['calendar'].get('key') or 'every hour counts'} ({about['calendar']['via']})")
    for part in about["parts"]:
        if part["kind"] == "pause":
            click.echo(f"  paused {part['start']} – {part['end'] or 'now'}: {part['reason']}")
        for line in words(part["days"], "zh_Hans" if chinese() else "en") if "days" in part else ():
            click.echo(f"  {line}")
    for rung in found.rungs:
        click.echo(f"  {rung.rung}: {rung.state} {rung.fired_at or rung.due_at or ''}")
    click.echo("Reckoned again: " + ("the same." if found.same else f"{found.replayed}, not the same!"))


@sla.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE…", type=click.Path(exists=True, path_type=Path))
@click.option("--preview", is_flag=True, help="Only tell which open deadlines would move.")
@as_json
@common
def put(files: tuple[Path, ...], preview: bool, json: bool) -> None:
    """Save what *.sla.yaml files hold, all of it or nothing. Open deadlines move; the same content changes nothing.

    \b
    crmflow sla put rules/base/calendars.sla.yaml --preview
    crmflow sla put rules/base/calendars.sla.yaml rules/base/service/service.sla.yaml
    """
    from engine.cli.show import dump

    texts = tuple(file.read_bytes() for file in files)
    with engine() as opened:
        done = opened.do(PutPromises(texts, actor(opened), trial=preview))
    if json:
        dump(done)
        return
    for one in done:
        what = f"version {one.version}" if one.version else "would be saved"
        click.echo(f"{one.kind} {one.key}: {what}, {one.moves} open deadlines move")


@sla.command()
@click.argument("kind", type=click.Choice(["contract", "customer", "team", "office"]))
@click.argument("target")
@click.argument("calendar", required=False)
@common
def hang(kind: str, target: str, calendar: str | None) -> None:
    """Say whose a calendar is; without a calendar it is taken off. TARGET is a team's key or a record's id.

    \b
    crmflow sla hang team service germany-office
    """
    with engine() as opened:
        opened.do(HangCalendar(kind, target, calendar, actor(opened)))
    click.echo(f"{kind} {target} goes by {calendar or 'no calendar of its own'}.")
