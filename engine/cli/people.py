"""People: ``user add``, ``team add``, ``role grant``, ``role revoke``, ``token issue``."""

from __future__ import annotations

from datetime import timedelta

import click

from engine.cli.frame import actor, as_json, collect, common, engine, listing
from engine.domain.access import Role
from engine.domain.commands import AddTeam, AddUser, ChangeMembers, GrantRole, IssueToken
from engine.domain.questions import ListPeople

ROLES = click.Choice([role.value for role in Role])


@click.group()
def user() -> None:
    """Add and list users."""


@user.command("add")
@click.argument("login")
@click.option("--name", help="As shown; default: the login.")
@click.option("--email")
@click.option("--role", "roles", multiple=True, type=ROLES, help="May be given several times.")
@click.option("--team", "teams", multiple=True, metavar="KEY", help="May be given several times.")
@click.option("--manager", metavar="LOGIN")
@click.option("--locale", type=click.Choice(["en", "zh_Hans"]), default="en", show_default=True)
@click.option("--timezone", default="UTC", show_default=True, help="As in Europe/Berlin.")
@click.option("--password", envvar="CRMFLOW_PASSWORD", help="Better: the variable CRMFLOW_PASSWORD, or --ask.")
@click.option("--ask", is_flag=True, help="Ask for the password; it is not shown.")
@as_json
@common
def add_user(
    login: str,
    name: str | None,
    email: str | None,
    roles: tuple[str, ...],
    teams: tuple[str, ...],
    manager: str | None,
    locale: str,
    timezone: str,
    password: str | None,
    ask: bool,
    json: bool,
) -> None:
    """Add a user. Without a password they cannot log in with one.

    \b
    crmflow user add anna --name "Anna Lind" --role employee --team sales --ask
    """
    from engine.cli.show import dump

    if ask:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    with engine() as opened:
        row = opened.do(
            AddUser(
                login,
                by=actor(opened),
                name=name or login,
                email=email,
                password=password,
                roles=roles,
                teams=teams,
                locale=locale,
                timezone=timezone,
                manager=manager,
            )
        )
    if json:
        dump(row)
    else:
        click.echo(f"{row.id} ({', '.join(row.roles) or 'no role'})")


@user.command("list")
@click.option("--search", default="")
@listing
@common
def list_users(search: str, limit: int, json: bool) -> None:
    """List users with their roles and teams."""
    _list("user", search, limit, json)


@click.group()
def team() -> None:
    """Add and list teams."""


@team.command("add")
@click.argument("key")
@click.option("--name", help="As shown; default: the key.")
@click.option("--lead", metavar="LOGIN", help="Who is told when something escalates.")
@click.option("--parent", metavar="KEY", help="The team this one is part of.")
@click.option("--member", "members", multiple=True, metavar="LOGIN", help="May be given several times.")
@as_json
@common
def add_team(
    key: str, name: str | None, lead: str | None, parent: str | None, members: tuple[str, ...], json: bool
) -> None:
    """Add a team.

    \b
    crmflow team add sales --name "Sales" --lead mia --member anna --member ben
    """
    from engine.cli.show import dump

    with engine() as opened:
        command = AddTeam(key, by=actor(opened), name=name or key, lead=lead, parent=parent, members=members)
        row = opened.do(command)
    if json:
        dump(row)
    else:
        click.echo(f"{row.id} ({len(row.members)} members)")


@team.command("members")
@click.argument("key")
@click.option("--add", multiple=True, metavar="LOGIN", help="A user or a team; may be given several times.")
@click.option("--remove", multiple=True, metavar="LOGIN", help="May be given several times.")
@as_json
@common
def change_members(key: str, add: tuple[str, ...], remove: tuple[str, ...], json: bool) -> None:
    """Let users or teams belong to a team, or no longer.

    \b
    crmflow team members sales --add anna --add ben --remove mia
    """
    from engine.cli.show import dump

    with engine() as opened:
        row = opened.do(ChangeMembers(key, by=actor(opened), add=add, remove=remove))
    if json:
        dump(row)
    else:
        click.echo(f"{row.id}: {', '.join(row.members) or 'nobody'}")


@team.command("list")
@click.option("--search", default="")
@listing
@common
def list_teams(search: str, limit: int, json: bool) -> None:
    """List teams with their members."""
    _list("team", search, limit, json)


@click.group()
def role() -> None:
    """Grant and revoke roles: designer, employee, manager, consultant, administrator, worker."""


@role.command("grant")
@click.argument("login")
@click.argument("name", type=ROLES, metavar="ROLE")
@common
def grant(login: str, name: str) -> None:
    """Grant a role.

    \b
    crmflow role grant anna manager
    """
    _change(login, name, revoke=False)


@role.command("revoke")
@click.argument("login")
@click.argument("name", type=ROLES, metavar="ROLE")
@common
def revoke(login: str, name: str) -> None:
    """Take a role away."""
    _change(login, name, revoke=True)


@click.group()
def token() -> None:
    """Issue tokens for the REST API."""


@token.command("issue")
@click.argument("login")
@click.option("--label", default="", help="What it is for.")
@click.option("--days", type=click.IntRange(1, 3650), help="How long it is good for; default: until it is revoked.")
@common
def issue(login: str, label: str, days: int | None) -> None:
    """Print a new API token. It is shown this once; only its digest is kept.

    \b
    TOKEN=$(crmflow token issue robot --label "nightly import" --days 90)
    curl -H "Authorization: Bearer $TOKEN" http://127.0.0.1:8000/api/v1/me
    """
    with engine() as opened:
        expires = opened.clock.now() + timedelta(days=days) if days else None
        click.echo(opened.do(IssueToken(login, by=actor(opened), label=label, expires_at=expires)))


def _change(login: str, name: str, *, revoke: bool) -> None:
    with engine() as opened:
        row = opened.do(GrantRole(login, name, by=actor(opened), revoke=revoke))
    click.echo(f"{row.id}: {', '.join(row.roles) or 'no role'}")


def _list(kind: str, search: str, limit: int, json: bool) -> None:
    from engine.cli.show import rows

    with engine() as opened:
        by = actor(opened)
        found = collect(opened, lambda n, at: ListPeople(by, kind, search, limit=n, cursor=at), limit)
    last = {"Teams": "teams"} if kind == "user" else {"Lead": "lead", "Members": "members"}
    rows(found, {"Id": "id", "Name": "name", "Roles": "roles", "Active": "active", **last}, as_json=json)
