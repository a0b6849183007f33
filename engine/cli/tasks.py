"""Tasks: ``tasks``, ``claim``, ``complete``."""

from __future__ import annotations

import click

from engine.cli.frame import actor, as_json, collect, common, engine, listing
from engine.domain.commands import ClaimTask, CompleteTask
from engine.domain.questions import ListTasks


@click.command()
@click.option("--box", type=click.Choice(["mine", "teams", "all"]), help="mine and teams need --as; default: all.")
@click.option("--instance", metavar="ID", help="Of this instance.")
@click.option("--key", help="Of this definition.")
@click.option("--search", default="", help="In names, business keys and subjects.")
@listing
@common
@click.pass_context
def tasks(
    ctx: click.Context,
    box: str | None,
    instance: str | None,
    key: str | None,
    search: str,
    limit: int,
    json: bool,
) -> None:
    """List open tasks: due first, then priority, then age.

    \b
    crmflow tasks --as anna
    crmflow tasks --as anna --box teams
    crmflow tasks --instance 01h8xk3v9q2m7r5t --json
    """
    from engine.cli.show import rows

    with engine() as opened:
        by = actor(opened)
        shown = box or ("all" if by.is_system else "mine")
        found = collect(
            opened,
            lambda n, at: ListTasks(by, shown, instance, key, search, limit=n, cursor=at),
            limit,
        )
    columns = {
        "Id": "id", "Task": "name", "Assignee": "assignee", "Candidates": "candidates", "Due": "due_at",
        "Priority": "priority", "Subject": "subject", "Flow": "definition_key", "Instance": "instance_id",
    }  # fmt: skip
    rows(found, columns, as_json=json, empty="No tasks.")


@click.command()
@click.argument("task")
@as_json
@common
def claim(task: str, json: bool) -> None:
    """Take a task, so that others leave it alone.

    \b
    crmflow claim 01h8xk3v9q2m7r5t --as anna
    """
    from engine.cli.show import dump

    with engine() as opened:
        row = opened.do(ClaimTask(task, by=actor(opened)))
    if json:
        dump(row)
    else:
        click.echo(f"{row.id} '{row.name}' is {row.assignee}'s.")


@click.command()
@click.argument("task")
@click.option("--data", "text", metavar="JSON", help="The form's data as a JSON object, or @FILE.")
@click.option("--var", "pairs", multiple=True, metavar="NAME=VALUE", help="One value of the form.")
@as_json
@common
def complete(task: str, text: str | None, pairs: tuple[str, ...], json: bool) -> None:
    """Complete a task with its form's data; the instance runs on to where it next waits.

    \b
    crmflow complete 01h8xk3v9q2m7r5t --as anna --data '{"approved": true}'
    crmflow complete 01h8xk3v9q2m7r5t --as anna --var approved=true
    """
    from engine.cli.show import dump
    from engine.cli.values import variables

    data = variables(pairs, text)
    with engine() as opened:
        done = opened.do(CompleteTask(task, by=actor(opened), data=data))
    if json:
        dump(done)
        return
    click.echo(f"Instance {done.instance_id} is {done.instance_state.value}.")
    if done.next_task is not None:
        click.echo(f"Next: {done.next_task.id} '{done.next_task.name}'")
    for fault in done.faults:
        click.echo(f"incident [{fault.code}] {fault.element_id}: {fault.message}", err=True)
