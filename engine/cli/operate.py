"""Operating running cases: ``instance suspend`` … ``instance restart``, ``bulk``, ``messages``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from engine.cli.frame import actor, as_json, collect, common, engine, listing
from engine.domain.commands import CancelInstance, Command
from engine.domain.operating import (
    ACTIONS,
    BulkRow,
    CancelBulk,
    Chosen,
    EditData,
    GetBulk,
    ListBulk,
    ListBulkItems,
    MoveInstance,
    Operation,
    PreviewOperation,
    RestartInstance,
    ResumeInstance,
    StartBulk,
    SuspendInstance,
)
from engine.domain.states import InstanceState
from engine.domain.working import DropMessage, ListMessages, ResendMessage

F = TypeVar("F", bound=Callable[..., Any])
_WHY = click.option("--reason", required=True, help="Why; it is kept.")


@click.group()
def instance() -> None:
    """Operate one running instance: suspend, resume, cancel, move, change its data, restart it."""


@instance.command()
@click.argument("id")
@_WHY
@common
def suspend(id: str, reason: str) -> None:
    """Let it stand still: tasks cannot be worked, timers are held, messages wait.

    \b
    crmflow instance suspend 01h8xk3v9q2m7r5t --reason "the customer asked us to wait"
    """
    _do(lambda by: SuspendInstance(id, by, reason))


@instance.command()
@click.argument("id")
@click.option("--reason", default="", help="Why; it is kept.")
@common
def resume(id: str, reason: str) -> None:
    """Let it go on; what fell due meanwhile fires now.

    \b
    crmflow instance resume 01h8xk3v9q2m7r5t
    """
    _do(lambda by: ResumeInstance(id, by, reason))


@instance.command()
@click.argument("id")
@_WHY
@common
def cancel(id: str, reason: str) -> None:
    """Cancel it: its tasks, timers and jobs go, its history stays.

    \b
    crmflow instance cancel 01h8xk3v9q2m7r5t --reason "entered twice"
    """
    _do(lambda by: CancelInstance(id, by=by, reason=reason))


@instance.command()
@click.argument("id")
@click.argument("element")
@_WHY
@common
def activate(id: str, element: str, reason: str) -> None:
    """Put a token at an element, beside what is open.

    \b
    crmflow instance activate 01h8xk3v9q2m7r5t CheckCredit --reason "forgotten"
    """
    _do(lambda by: MoveInstance(id, by, reason, to=element))


@instance.command()
@click.argument("id")
@click.option("--to", metavar="ELEMENT", help="Where to go.")
@click.option("--from", "leave", metavar="ELEMENT", help="What to leave.")
@click.option("--everything", is_flag=True, help="Leave everything that is open.")
@click.option("--data", type=click.Choice(["now", "then"]), default="now", show_default=True, help="Variables of when.")
@_WHY
@common
def move(id: str, to: str | None, leave: str | None, everything: bool, data: str, reason: str) -> None:
    """Go to an element, leave one, or both: back to an earlier task, on past a stuck one.

    \b
    crmflow instance move 01h8xk3v9q2m7r5t --from Sign --to Offer --reason "wrong price" --data then
    """
    _do(lambda by: MoveInstance(id, by, reason, to=to, leave=leave, everything=everything, data=data))


@instance.command(name="set")
@click.argument("id")
@click.option("--var", "pairs", multiple=True, metavar="NAME=VALUE", help="A variable; JSON where it is, else text.")
@click.option("--type", "types", multiple=True, metavar="NAME=TYPE", help="text, number, date, … if it shall change.")
@click.option("--remove", multiple=True, metavar="NAME", help="A variable to take away.")
@_WHY
@common
def set_data(id: str, pairs: tuple[str, ...], types: tuple[str, ...], remove: tuple[str, ...], reason: str) -> None:
    """Change its variables; history tells before and after.

    \b
    crmflow instance set 01h8xk3v9q2m7r5t --var amount=1200 --var due=2026-04-01 --type due=date --reason "typo"
    """
    from engine.cli.values import variables

    kinds = dict(pair.split("=", 1) for pair in types if "=" in pair)
    values = variables(pairs, None)
    _do(lambda by: EditData(id, by, reason, values=values, types=kinds, remove=remove))


@instance.command()
@click.argument("id")
@click.argument("element")
@click.option("--data", type=click.Choice(["then", "now", "none"]), default="then", show_default=True)
@_WHY
@common
def restart(id: str, element: str, data: str, reason: str) -> None:
    """Start a new instance of the same version at an element, with the data of that time.

    \b
    crmflow instance restart 01h8xk3v9q2m7r5t Offer --reason "the customer came back"
    """
    with engine() as opened:
        started = opened.do(RestartInstance(id, actor(opened), reason, element, data))
    click.echo(f"{started.instance_id} {started.definition_key} version {started.version} {started.state.value}")


def _do(make: Callable[[Any], Command[Any]]) -> None:
    with engine() as opened:
        row = opened.do(make(actor(opened)))
    click.echo(f"{row.id} is {row.state.value}.")


# --- many ------------------------------------------------------------------------------------------


@click.group()
def bulk() -> None:
    """Do one thing to many instances or incidents, by a filter."""


@bulk.command(name="start")
@click.argument("action", type=click.Choice(list(ACTIONS)))
@click.option("--key", help="Of this definition.")
@click.option("--version", type=click.IntRange(1))
@click.option("--state", type=click.Choice([state.value for state in InstanceState]))
@click.option("--search", default="", help="In names and business keys.")
@click.option("--element", help="Something is open, or an incident is, here.")
@click.option("--code", help="Code of the incident.")
@click.option("--id", "ids", multiple=True, metavar="ID", help="These, and no others.")
@click.option("--param", "pairs", multiple=True, metavar="NAME=VALUE", help="As to=Offer for move; JSON where it is.")
@click.option("--reason", default="", help="Why; it is kept. Needed unless it is a preview.")
@click.option("--preview", is_flag=True, help="Only say what would happen.")
@as_json
@common
def start_bulk(action: str, pairs: tuple[str, ...], reason: str, preview: bool, json: bool, **wanted: Any) -> None:
    """Note who is meant, now, and do it by jobs; each is done once.

    \b
    crmflow bulk start suspend --key order-check --preview
    crmflow bulk start retry --code CRM-714 --reason "the ERP is back"
    crmflow bulk start move --key order-check --element Sign --param to=Offer --param leave=Sign --reason "price"
    """
    from engine.cli.show import dump, rows
    from engine.cli.values import variables

    state = InstanceState(wanted["state"]) if wanted["state"] else None
    chosen = Chosen(wanted["key"], wanted["version"], state, search=wanted["search"], element=wanted["element"],
                    code=wanted["code"], ids=wanted["ids"])  # fmt: skip
    operation = Operation(action, chosen, variables(pairs, None))
    with engine() as opened:
        by = actor(opened)
        if not preview:
            row = opened.do(StartBulk(operation, by, reason))
            dump(row) if json else _tell(row)
            return
        shown = opened.do(PreviewOperation(operation, by))
    columns = {"What": "label", "Is": "before", "Would be": "after", "Ends": "ends", "Opens": "opens", "But": "message"}
    if not json:
        click.echo(f"{shown.total} would be meant; of the first {len(shown.effects)}:")
    rows(shown.effects, columns, as_json=json, empty="Nobody is meant.")


@bulk.command(name="list")
@listing
@common
def list_bulk(limit: int, json: bool) -> None:
    """List operations on many, newest first."""
    from engine.cli.show import rows

    with engine() as opened:
        by = actor(opened)
        found = collect(opened, lambda n, at: ListBulk(by, limit=n, cursor=at), limit)
    columns = {"Id": "id", "Action": "action", "State": "state", "Total": "total", "Done": "done", "Failed": "failed",
               "Waiting": "waiting", "By": "by", "Started": "started_at"}  # fmt: skip
    rows(found, columns, as_json=json, empty="None so far.")


@bulk.command(name="show")
@click.argument("id")
@click.option("--state", type=click.Choice(["waiting", "done", "failed", "cancelled"]), help="Items in this state.")
@listing
@common
def show_bulk(id: str, state: str | None, limit: int, json: bool) -> None:
    """Say how far it is and what became of each.

    \b
    crmflow bulk show 01h8xk3v9q2m7r5t --state failed
    """
    from engine.cli.show import rows

    with engine() as opened:
        by = actor(opened)
        row = opened.ask(GetBulk(id, by))
        found = collect(opened, lambda n, at: ListBulkItems(id, by, state, limit=n, cursor=at), limit)
    if not json:
        _tell(row)
    columns = {"No": "number", "What": "label", "State": "state", "Code": "code", "Why": "message", "Made": "made"}
    rows(found, columns, as_json=json, empty="No items.")


@bulk.command(name="cancel")
@click.argument("id")
@common
def cancel_bulk(id: str) -> None:
    """Leave alone what was not begun.

    \b
    crmflow bulk cancel 01h8xk3v9q2m7r5t
    """
    with engine() as opened:
        _tell(opened.do(CancelBulk(id, actor(opened))))


def _tell(row: BulkRow) -> None:
    click.echo(
        f"{row.id} {row.action} {row.state.value}: {row.done} of {row.total} done, {row.failed} failed, "
        f"{row.waiting} waiting, {row.cancelled} left alone"
    )


# --- messages nobody wanted ------------------------------------------------------------------------


@click.group(invoke_without_command=True)
@click.option("--state", type=click.Choice(["waiting", "expired"]))
@click.option("--search", default="", help="In name and key.")
@listing
@common
@click.pass_context
def messages(ctx: click.Context, state: str | None, search: str, limit: int, json: bool) -> None:
    """List messages that nobody wanted so far.

    \b
    crmflow messages --state expired
    crmflow messages send 01h8xk3v9q2m7r5t
    """
    if ctx.invoked_subcommand is not None:
        return
    from engine.cli.show import rows

    with engine() as opened:
        by = actor(opened)
        found = collect(opened, lambda n, at: ListMessages(by, state, search=search, limit=n, cursor=at), limit)
    columns = {"Id": "id", "Name": "name", "Key": "correlation_key", "State": "state", "Sent": "sent_at",
               "By": "sent_by", "Until": "expires_at"}  # fmt: skip
    rows(found, columns, as_json=json, empty="Every message found somebody.")


@messages.command(name="send")
@click.argument("id")
@common
def resend(id: str) -> None:
    """Send a kept message again.

    \b
    crmflow messages send 01h8xk3v9q2m7r5t
    """
    with engine() as opened:
        sent = opened.do(ResendMessage(id, actor(opened)))
    click.echo(" ".join(part for part in (sent.message_id, sent.outcome, sent.instance_id) if part))


@messages.command(name="drop")
@click.argument("id")
@click.option("--reason", default="", help="Why; it is kept.")
@common
def drop(id: str, reason: str) -> None:
    """Forget a kept message.

    \b
    crmflow messages drop 01h8xk3v9q2m7r5t --reason "sent by mistake"
    """
    with engine() as opened:
        opened.do(DropMessage(id, actor(opened), reason))
    click.echo(f"{id} is forgotten.")
