"""``crmflow serve``: the web and, unless told otherwise, the heartbeat that runs timers and jobs, in one process."""

from __future__ import annotations

import click

from engine.app import Engine
from engine.domain.errors import Unavailable


@click.command()
@click.option("--db", metavar="DB", help="sqlite, postgresql or a URL; default: as the settings say.")
@click.option("--host", help="Address to listen on; default: this machine only.")
@click.option("--port", type=click.IntRange(0, 65535), help="Default: as the settings say.")
@click.option("--threads", type=click.IntRange(1, 100), help="Requests answered at the same time.")
@click.option("--no-scheduler", is_flag=True, help="Only the web; timers and jobs are run by `crmflow worker`.")
@click.pass_context
def serve(
    ctx: click.Context, db: str | None, host: str | None, port: int | None, threads: int | None, no_scheduler: bool
) -> None:
    """Serve the pages and the REST API, and run what is due.

    \b
    crmflow serve
    crmflow serve --port 8080 --no-scheduler
    """
    db = db or (ctx.find_root().obj or {}).get("db")
    engine = Engine.open(db)
    try:
        if db in ("sqlite", "postgresql"):
            engine.migrate()  # made for this run: it has no tables yet
        run(engine, host, port, threads, scheduler=not no_scheduler)
    finally:
        engine.close()


def run(engine: Engine, host: str | None, port: int | None, threads: int | None, *, scheduler: bool) -> None:
    """Listen until interrupted; the heartbeat stops before the database is let go."""
    # Imported here so that `crmflow --help` stays quick.
    from waitress.server import create_server

    from engine import jobs, logs
    from webui import create_app

    settings = engine.settings
    logs.configure(settings.log_level, json=settings.log_json)
    place = host or settings.host, settings.port if port is None else port
    try:
        server = create_server(
            create_app(engine),
            host=place[0],
            port=place[1],
            threads=threads or settings.threads,
            ident=None,
            clear_untrusted_proxy_headers=True,
            max_request_body_size=64 * 1024 * 1024,
        )
    except OSError as error:
        raise Unavailable(
            "CRM-704",
            f"The server cannot listen on {place[0]}:{place[1]}: {error.strerror}.",
            fix="Choose another --port (0 takes any that is free), or end the program that uses it.",
        ) from error
    heart = jobs.Heartbeat(engine, workers=settings.workers) if scheduler else None
    log = logs.get("web")
    if heart is not None:
        heart.start()
    if not settings.secret_key:
        log.warning("secret_key.random", fix="Set CRMFLOW_SECRET_KEY; without it every restart ends all sessions.")
    log.info("web.listens", host=server.effective_host, port=server.effective_port, scheduler=scheduler)
    try:
        server.run()
    except KeyboardInterrupt:
        log.info("web.interrupted")
    finally:
        server.close()
        if heart is not None:
            heart.stop()
