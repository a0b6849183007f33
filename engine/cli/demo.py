"""``crmflow demo``: tables, packs, people, sample records, then the server; everything is data of the packs."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import click

from engine.cli.frame import common, engine
from engine.cli.past import earlier, live
from engine.cli.plays import play
from engine.domain import yamls
from engine.domain.access import SYSTEM
from engine.domain.commands import AddTeam, AddUser, ChangeUser, Deploy, ImportChunk
from engine.domain.errors import Conflict, NotFound
from engine.domain.questions import GetImport, ListInstances
from engine.domain.sla_values import HangCalendar, ListCalendars
from engine.domain.staff import ChangePerson, GetPerson
from engine.domain.values import FileIn

if TYPE_CHECKING:
    from engine.app import Engine

AREAS = (
    ("processes", (".bpmn", "labels.zh_Hans.yaml", ".scenario.yaml")),
    ("rules", (".dmn", ".sla.yaml")),
    ("forms", (".json", ".form")),
)


@dataclass(slots=True)
class Plan:
    """What the packs' ``demo.yaml`` files ask for, taken together."""

    teams: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    people: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    samples: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)  # (name, sample)
    plays: list[Mapping[str, Any]] = field(default_factory=list)  # what is done before anybody logs in
    calendars: dict[str, Mapping[str, str]] = field(default_factory=dict)  # team or person → key → calendar


@click.command()
@click.option("--no-serve", is_flag=True, help="Stop before serving.")
@click.option("--rows", type=click.IntRange(0), help="Sample records of each kind, instead of what the packs say.")
@click.option("--port", type=click.IntRange(0, 65535), help="Default: as the settings say, else a free one.")
@common
@click.pass_context
def demo(ctx: click.Context, no_serve: bool, rows: int | None, port: int | None) -> None:
    """Set up sample data and serve it on this machine, to look at: tables, packs, people, records.

    The log-ins are made up anew each time and printed. Not for real data.

    \b
    crmflow demo
    crmflow demo --db postgresql
    crmflow demo --db sqlite --no-serve
    """
    with engine() as opened:
        opened.migrate()
        click.echo("The database is ready.")
        plan = read_plan(opened)
        deploy_packs(opened)
        logins = add_people(opened, plan)
        fresh = not opened.ask(ListInstances(SYSTEM, limit=1)).items
        for name, sample in plan.samples:
            make_records(opened, name, sample, rows)
        if fresh:
            for trouble in play(opened, plan.plays):
                click.echo(trouble, err=True)
        used = free_port(opened.settings.host, opened.settings.port) if port is None else port
        _tell(opened, plan, logins, used)
        if not no_serve:
            # The database may be one for this run only: it lives as long as the engine that made it.
            _serve(ctx, opened.url, used)


def read_plan(opened: Engine) -> Plan:
    """All ``demo.yaml`` below the packs' processes/."""
    plan = Plan()
    for found in opened.packs.files("processes", "demo.yaml"):
        said = yamls.load(found.read()) or {}
        plan.teams.update(said.get("teams") or {})
        plan.people.update(said.get("people") or {})
        for kind, hung in (said.get("calendars") or {}).items():
            plan.calendars[kind] = {**plan.calendars.get(kind, {}), **hung}
        folder = found.name.rsplit("/", 1)[0]
        plan.plays += said.get("plays") or ()
        plan.samples += [(f"{folder}#{i}", one) for i, one in enumerate(said.get("samples") or (), 1)]
    return plan


def deploy_packs(opened: Engine) -> None:
    """Deploy and publish every model of the packs."""
    files = tuple(FileIn(one.name, one.read()) for area, endings in AREAS for one in opened.packs.files(area, *endings))
    if not files:
        click.echo("The packs hold no models; set CRMFLOW_PACKS.", err=True)
        return
    done = opened.do(Deploy(files, by=SYSTEM, publish=True))
    new = len(done.definitions) + len(done.resources) - len(done.unchanged)
    click.echo(f"{len(done.definitions)} definitions and {len(done.resources)} forms and tables are there, {new} new.")


def add_people(opened: Engine, plan: Plan) -> dict[str, str]:
    """Users, each with a new random password, then teams (a team names its lead): login → password."""
    logins: dict[str, str] = {}
    for login, said in plan.people.items():
        password = secrets.token_urlsafe(9)
        command = AddUser(
            login,
            by=SYSTEM,
            name=said["name"],
            email=said.get("email"),
            password=password,
            roles=tuple(said.get("roles", ())),
            locale=said.get("locale", "en"),
            timezone=said.get("timezone", "UTC"),
        )
        if not _once(opened, command):
            opened.do(ChangeUser(login, by=SYSTEM, password=password))
        logins[login] = password
    for key, said in _parents_first(plan.teams):
        members = tuple(login for login, one in plan.people.items() if key in one.get("teams", ()))
        lead, parent = said.get("lead"), said.get("parent")
        _once(opened, AddTeam(key, by=SYSTEM, name=said["name"], lead=lead, parent=parent, members=members))
    hang_calendars(opened, plan)
    click.echo(f"{len(plan.people)} people in {len(plan.teams)} teams are there.")
    return logins


def hang_calendars(opened: Engine, plan: Plan) -> None:
    """Say who works when, where nobody has said so yet."""
    used = {use for row in opened.ask(ListCalendars(SYSTEM)) for use in row.uses}
    for team, calendar in plan.calendars.get("team", {}).items():
        if ("team", team) not in used:
            opened.do(HangCalendar("team", team, calendar, SYSTEM))
    for login, calendar in plan.calendars.get("person", {}).items():
        if opened.ask(GetPerson(login, SYSTEM)).calendar is None:
            opened.do(ChangePerson(login, SYSTEM, calendar=calendar))


def make_records(opened: Engine, name: str, sample: Mapping[str, Any], count: int | None) -> None:
    """Import one sample; what was imported before is known and left alone."""
    from rich.progress import Progress

    from engine.cli.sample import rows
    from engine.cli.show import console

    made = list(rows({**sample, "count": count if count is not None else sample["count"]}))
    known = sha256(f"{name} {len(made)}".encode()).hexdigest()[:16]
    try:
        if opened.ask(GetImport(known, SYSTEM)).finished:
            return
    except NotFound:
        pass
    with Progress(console=console(error=True)) as bar, earlier(opened) as past:
        task = bar.add_task(f"{sample['kind']} records", total=len(made))

        def take(at: Engine, start: int, upto: int) -> None:
            command = ImportChunk(
                known, sample["kind"], name, tuple(made[start:upto]), SYSTEM,
                upto=upto, start=sample.get("start"), finished=upto == len(made),
            )  # fmt: skip
            at.do(command)
            bar.update(task, completed=upto)

        for trouble in live(past, sample, len(made), take):
            click.echo(trouble, err=True)


def free_port(host: str, wanted: int) -> int:
    """The wanted port if nobody listens there, else one that is free."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, wanted))
        except OSError:
            probe.bind((host, 0))
        return int(probe.getsockname()[1])


def _parents_first(teams: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Teams in an order in which every parent comes before its parts."""
    left = dict(teams)
    while left:
        ready = [key for key, said in left.items() if said.get("parent") not in left]
        for key in ready or list(left):
            yield key, left.pop(key)


def _once(opened: Engine, command: AddTeam | AddUser) -> bool:
    """Add; False if it was there already."""
    try:
        opened.do(command)
    except Conflict:
        return False
    return True


def _tell(opened: Engine, plan: Plan, logins: Mapping[str, str], port: int) -> None:
    from rich.table import Table

    from engine.cli.show import console

    table = Table("Log-in", "Password", "Who", "Role", title="Demo log-ins", title_justify="left")
    for login, password in logins.items():
        said = plan.people[login]
        table.add_row(login, password, said["name"], ", ".join(said.get("roles", ())))
    out = console()
    out.print(table)
    out.print(f"Open http://{opened.settings.host}:{port}/ and log in. Interrupt to stop.")


def _serve(ctx: click.Context, url: str, port: int) -> None:
    """Hand over to the command that the web package plugs in."""
    root = ctx.find_root().command
    assert isinstance(root, click.Group)
    serve = root.get_command(ctx, "serve")
    assert serve is not None
    serve.main(["--db", url, "--port", str(port)], prog_name="crmflow serve", standalone_mode=False)
