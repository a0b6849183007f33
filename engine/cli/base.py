"""The database and the heartbeat: ``migrate`` and ``worker``."""

from __future__ import annotations

import signal
import threading
from types import FrameType

import click

from engine.cli.frame import common, engine


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
