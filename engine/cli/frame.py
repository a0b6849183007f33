"""What every command shares: its options, the engine it opens, who acts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import click

from engine.domain.access import SYSTEM, Actor
from engine.domain.questions import ActorNamed, Question
from engine.domain.values import Page

if TYPE_CHECKING:
    from engine.app import Engine

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")
FRESH = ("sqlite", "postgresql")  # databases made for this run: their tables are made too


def common(command: F) -> F:
    """Add ``--db`` and ``--as``; given before or after the command's name."""
    for option in (
        click.option("--as", "actor", metavar="LOGIN", expose_value=False, callback=_keep, help="Act as this user."),
        click.option("--db", metavar="DB", expose_value=False, callback=_keep, help="sqlite, postgresql or a URL."),
    ):
        command = option(command)
    return command


def listing(command: F) -> F:
    """Add ``--json`` and ``--limit`` to what lists."""
    command = click.option("--limit", type=click.IntRange(1, 100_000), default=50, show_default=True)(command)
    return as_json(command)


def as_json(command: F) -> F:
    """Add ``--json``; errors are JSON too, then."""
    option = click.option("--json", "json", is_flag=True, callback=_remember, help="Print JSON.")
    return option(command)


@contextmanager
def engine(ctx: click.Context | None = None) -> Iterator[Engine]:
    """The engine on the chosen database, closed afterwards. A fresh database gets its tables."""
    from engine.app import Engine

    db = _chosen("db")
    opened = Engine.open(db)
    try:
        if db in FRESH:
            opened.migrate()
        yield opened
    finally:
        opened.close()


def actor(opened: Engine) -> Actor:
    """The user named by ``--as``, else the engine itself: who has the database has everything."""
    login = _chosen("actor")
    return opened.ask(ActorNamed(login)) if login else SYSTEM


def collect(opened: Engine, ask: Callable[[int, str | None], Question[Page[T]]], limit: int) -> list[T]:
    """Rows of a list up to ``limit``, over as many pages as it takes."""
    rows: list[T] = []
    cursor: str | None = None
    while len(rows) < limit:
        page = opened.ask(ask(min(200, limit - len(rows)), cursor))
        rows.extend(page.items)
        cursor = page.next
        if cursor is None:
            break
    return rows[:limit]


def _chosen(name: str) -> str | None:
    obj = click.get_current_context().find_root().obj or {}
    value = obj.get(name)
    return str(value) if value else None


def _keep(ctx: click.Context, param: click.Parameter, value: str | None) -> None:
    if value is not None:
        root = ctx.find_root()
        root.obj = {**(root.obj or {}), str(param.name): value}


def _remember(ctx: click.Context, param: click.Parameter, value: bool) -> bool:
    ctx.find_root().meta["crmflow.json"] = value
    return value
