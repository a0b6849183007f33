"""Instances, messages and incidents: ``start``, ``instances``, ``cancel``, ``message``, ``incidents``."""

from __future__ import annotations

from datetime import timedelta

import click

from engine.cli.frame import actor, as_json, collect, common, engine, listing
from engine.domain.commands import CancelInstance, RetryIncident, SendMessage, StartInstance
from engine.domain.questions import ListIncidents, ListInstances
from engine.domain.states import InstanceState


@click.command()
@click.argument("key")
@click.option("--var", "pairs", multiple=True, metavar="NAME=VALUE", help="A variable; JSON where it is, else text.")
@click.option("--json-vars", "text", metavar="JSON", help="Variables as a JSON object, or @FILE.")
@click.option("--business-key", metavar="KEY", help="What people call it: an order number, a case number.")
@click.option("--version", type=click.IntRange(1), help="A version to try; else the published one.")
@click.option("--id", "idempotency_key", metavar="KEY", help="The same again with the same id starts nothing.")
@as_json
@common
def start(
    key: str,
    pairs: tuple[str, ...],
    text: str | None,
    business_key: str | None,
    version: int | None,
    idempotency_key: str | None,
    json: bool,
) -> None:
    """Start an instance of a definition.

    \b
    crmflow start order-check --var name=Anna --var amount=1200
    crmflow start order-check --json-vars @lead.json --business-key L-17
    crmflow start order-check --var 'lead={"$record": ["lead", "01h8xk3v9q2m7r5t"]}'
    """
    from engine.cli.show import dump
    from engine.cli.values import variables

    values = variables(pairs, text)
    with engine() as opened:
        command = StartInstance(
            key,
            by=actor(opened),
            variables=values,
            business_key=business_key,
            version=version,
            idempotency_key=idempotency_key,
        )
        started = opened.do(command)
    if json:
        dump(started)
        return
    again = " (started before)" if started.repeated else ""
    click.echo(f"{started.instance_id} {started.definition_key} version {started.version} {started.state.value}{again}")
    for task in started.tasks:
        click.echo(f"task {task}")


@click.command()
@click.option("--key", help="Of this definition.")
@click.option("--state", type=click.Choice([state.value for state in InstanceState]))
@click.option("--search", default="", help="In names and business keys.")
@listing
@common
def instances(key: str | None, state: str | None, search: str, limit: int, json: bool) -> None:
    """List instances, newest first.

    \b
    crmflow instances --state active --key order-check --json
    """
    from engine.cli.show import rows

    wanted = InstanceState(state) if state else None
    with engine() as opened:
        by = actor(opened)
        found = collect(
            opened,
            lambda n, at: ListInstances(by, key, wanted, search=search, limit=n, cursor=at),
            limit,
        )
    columns = {
        "Id": "id", "Definition": "definition_key", "Version": "version", "State": "state", "Key": "business_key",
        "Tasks": "open_tasks", "Incidents": "incidents", "Started": "started_at", "By": "started_by",
    }  # fmt: skip
    rows(found, columns, as_json=json, empty="No instances; see crmflow start.")


@click.command()
@click.argument("instance")
@click.option("--reason", required=True, help="Why; it is kept.")
@common
def cancel(instance: str, reason: str) -> None:
    """Cancel an instance: its tasks, timers and jobs go, its history stays.

    \b
    crmflow cancel 01h8xk3v9q2m7r5t --reason "entered twice"
    """
    with engine() as opened:
        row = opened.do(CancelInstance(instance, by=actor(opened), reason=reason))
    click.echo(f"{row.id} is {row.state.value}.")


@click.command()
@click.argument("name")
@click.option("--key", "correlation_key", default="", help="Correlation key: which instance is meant.")
@click.option("--data", "text", metavar="JSON", help="Payload as a JSON object, or @FILE.")
@click.option("--var", "pairs", multiple=True, metavar="NAME=VALUE", help="One value of the payload.")
@click.option("--ttl", type=click.IntRange(0, 30 * 86400), default=3600, show_default=True, help="Seconds to wait.")
@click.option("--id", "idempotency_key", metavar="KEY", help="The same again with the same id is sent once.")
@as_json
@common
def message(
    name: str,
    correlation_key: str,
    text: str | None,
    pairs: tuple[str, ...],
    ttl: int,
    idempotency_key: str | None,
    json: bool,
) -> None:
    """Send a message: to the instance that waits for it, to start one, or to be kept for a while.

    \b
    crmflow message quote-accepted --key Q-2026-17 --var signed=true
    """
    from engine.cli.show import dump
    from engine.cli.values import variables

    payload = variables(pairs, text)
    with engine() as opened:
        command = SendMessage(
            name,
            by=actor(opened),
            correlation_key=correlation_key,
            payload=payload,
            ttl=timedelta(seconds=ttl),
            idempotency_key=idempotency_key,
        )
        sent = opened.do(command)
    if json:
        dump(sent)
    else:
        click.echo(" ".join(part for part in (sent.message_id, sent.outcome, sent.instance_id) if part))


@click.group(invoke_without_command=True)
@click.option("--instance", metavar="ID", help="Of this instance.")
@listing
@common
@click.pass_context
def incidents(ctx: click.Context, instance: str | None, limit: int, json: bool) -> None:
    """List what failed and waits for a person; `incidents retry` tries it again.

    \b
    crmflow incidents --json
    crmflow incidents retry 01h8xk3v9q2m7r5t
    crmflow incidents retry --all
    """
    if ctx.invoked_subcommand is not None:
        return
    from engine.cli.show import rows

    with engine() as opened:
        by = actor(opened)
        found = collect(opened, lambda n, at: ListIncidents(by, instance, limit=n, cursor=at), limit)
    columns = {
        "Id": "id", "Kind": "kind", "Code": "code", "Element": "element_id", "Message": "message",
        "Instance": "instance_id", "Since": "created_at",
    }  # fmt: skip
    rows(found, columns, as_json=json, empty="No incidents.")


@incidents.command()
@click.option("--key", help="Of this definition.")
@as_json
@common
def causes(key: str | None, json: bool) -> None:
    """List what failed by cause, the most frequent first.

    \b
    crmflow incidents causes
    crmflow bulk start retry --key order-check --element Book --code CRM-714 --reason "the ERP is back"
    """
    from engine.cli.show import rows
    from engine.domain.operating import ListCauses

    with engine() as opened:
        found = opened.ask(ListCauses(actor(opened), key))
    columns = {
        "Definition": "definition_key", "Element": "element_id", "Code": "code", "Times": "count",
        "Instances": "instances", "Last": "last_at", "Message": "message",
    }  # fmt: skip
    rows(found, columns, as_json=json, empty="No incidents.")


@incidents.command()
@click.argument("incident")
@click.option("--data", "text", metavar="JSON", help="What it would have given, as a JSON object, or @FILE.")
@click.option("--reason", required=True, help="Why; it is kept.")
@common
def skip(incident: str, text: str | None, reason: str) -> None:
    """Go on past what failed, as if it had given this result.

    \b
    crmflow incidents skip 01h8xk3v9q2m7r5t --data '{"number": 4711}' --reason "booked by hand"
    """
    from engine.cli.values import variables
    from engine.domain.operating import SkipIncident

    result = variables((), text)
    with engine() as opened:
        row = opened.do(SkipIncident(incident, actor(opened), reason, result))
    click.echo(f"{row.id} is {row.state.value}.")


@incidents.command()
@click.argument("ids", nargs=-1, metavar="ID…")
@click.option("--all", "everything", is_flag=True, help="All there are.")
@click.option("--reason", default="", help="Why; it is kept.")
@common
def retry(ids: tuple[str, ...], everything: bool, reason: str) -> None:
    """Try again what failed. A new failure opens a new incident."""
    if bool(ids) == everything:
        raise click.UsageError("Name incidents, or give --all.")
    with engine() as opened:
        by = actor(opened)
        if everything:
            found = collect(opened, lambda n, at: ListIncidents(by, limit=n, cursor=at), 100_000)
            ids = tuple(one.id for one in found)
        for one in ids:
            opened.do(RetryIncident(one, by=by, reason=reason))
            click.echo(f"{one} is tried again.")
