"""People by the file: ``people import``, ``people show``, ``people away``."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from engine.cli.frame import actor, as_json, common, engine
from engine.domain.staff import AddAbsence, GetPerson, ImportPeople


@click.group("people")
def people() -> None:
    """Import people, show one, note absences."""


@people.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@as_json
@common
def import_people(file: Path, json: bool) -> None:
    """Import users and teams from a CSV file. Bad rows are put aside with the reason; again changes nothing.

    Columns: login, kind (user or team), name, email, roles, teams, locale, timezone, manager, lead, active, weight,
    most, languages, territories, skills (german:3;billing:2), calendar. Lists are separated by ;

    \b
    crmflow people import people.csv
    """
    from engine.cli.reading import look
    from engine.cli.show import dump

    source = look(file)
    lines = list(source.lines())
    rows = tuple((line.number, line.values) for line in lines if not line.problem)
    with engine() as opened:
        done = opened.do(ImportPeople(file.name, source.digest[:16], rows, actor(opened)))
    broken = {line.number: line.problem for line in lines if line.problem}
    if json:
        dump(done)
        return
    click.echo(
        f"{file.name}: {done.created} created, {done.updated} updated, {done.unchanged} unchanged, "
        f"{done.quarantined + len(broken)} put aside"
    )
    for number, why in sorted({**done.reasons, **broken}.items()):
        click.echo(f"  row {number}: {why}")


@people.command("show")
@click.argument("login")
@as_json
@common
def show(login: str, json: bool) -> None:
    """Show one person: teams, capacity, skills, absences.

    \b
    crmflow people show anna
    crmflow people show anna --json
    """
    from engine.cli.show import dump

    with engine() as opened:
        found = opened.ask(GetPerson(login, actor(opened)))
    if json:
        dump(found)
        return
    skills = ", ".join(f"{name} {level}" for name, level in found.skills.items()) or "none"
    room = "" if found.most is None else f" of {found.most}"
    click.echo(f"{found.row.name} ({login}): {found.load}{room} open tasks, capacity {found.weight}, skills: {skills}")
    for each in found.absences:
        until = f"{each.until:%Y-%m-%d %H:%M} UTC"
        click.echo(f"  away {each.since:%Y-%m-%d %H:%M} to {until}, stands in: {each.delegate or 'the team'}")


@people.command("away")
@click.argument("login")
@click.argument("since", type=click.DateTime())
@click.argument("until", type=click.DateTime())
@click.option("--delegate", metavar="LOGIN", help="Who stands in; default: the team's queue.")
@click.option("--hand-over", is_flag=True, help="Open work goes, too.")
@click.option("--reason", default="")
@common
def away(login: str, since: datetime, until: datetime, delegate: str | None, hand_over: bool, reason: str) -> None:
    """Note that somebody is away (times in UTC).

    \b
    crmflow people away anna 2026-03-02T00:00:00 2026-03-09T00:00:00 --delegate ben
    """
    with engine() as opened:
        times = (since.replace(tzinfo=UTC), until.replace(tzinfo=UTC))
        about = {"delegate": delegate, "hand_over": hand_over, "reason": reason}
        row = opened.do(AddAbsence(login, actor(opened), *times, **about))  # type: ignore[arg-type]
    click.echo(f"{row.id}: {login} is away until {row.until:%Y-%m-%d %H:%M} UTC")
