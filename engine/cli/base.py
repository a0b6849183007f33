"""The database and the heartbeat: ``migrate``, ``health`` and ``worker``."""

from __future__ import annotations

import signal
import threading
from types import FrameType

import click

from engine.cli.frame import actor, as_json, common, engine
from engine.domain.questions import CheckHealth


@click.command()
@common
def migrate() -> None:
    """Bring the database's tables to this version. Safe to repeat.

    \b
    crmflow migrate
    crmflow migrate --db postgresql://crm@db/crm
    """
    with engine() as opened:
        opened.migrate()
    click.echo("The database is up to date.")


@click.command()
@as_json
@common
@click.pass_context
def health(ctx: click.Context, json: bool) -> None:
    """Check that nothing is forgotten: every open step must be a task, timer, job, subscription or incident.

    Reads the state of every running instance: after a crash or a restored backup, not every minute. Exit status 1
    if something is amiss.

    \b
    crmflow health
    """
    from engine.cli.show import findings

    with engine() as opened:
        found = opened.ask(CheckHealth(actor(opened)))
    findings(found, as_json=json)
    if not json:
        click.echo("Nothing is forgotten." if not found else f"Findings: {len(found)}.")
    ctx.exit(1 if found else 0)


@click.command()
@click.option("--threads", type=click.IntRange(1, 64), help="Threads that run due work (default: as the settings say).")
@common
def worker(threads: int | None) -> None:
    """Run timers and jobs until interrupted, beside a running `crmflow serve`.

    Several workers may run against one PostgreSQL; none does another's work again.

    \b
    crmflow worker --db postgresql://crm@db/crm --threads 4
    """
    from engine.jobs import Heartbeat

    stop = threading.Event()

    def end(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, end)
    with engine() as opened:
        heartbeat = Heartbeat(opened, workers=threads or opened.settings.workers)
        heartbeat.start()
        click.echo("The worker runs; interrupt it to stop.")
        stop.wait()
        heartbeat.stop()
    click.echo("The worker has stopped; what it held was finished or given back.")
