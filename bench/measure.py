"""Tools for benchmarks: recording what the driver is asked, replaying it raw, measuring database size."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

import psycopg
from sqlalchemy import Engine as SqlEngine, event
from sqlalchemy.engine import make_url


@dataclass
class Recording:
    """Every driver call of one thread, in order: ("sql", statement, parameters, many) or ("commit",)."""

    calls: list[tuple[Any, ...]] = field(default_factory=list)
    thread: int = field(default_factory=threading.get_ident)

    @property
    def statements(self) -> int:
        return sum(c[0] == "sql" for c in self.calls)

    @property
    def commits(self) -> int:
        return sum(c[0] == "commit" for c in self.calls)


@contextmanager
def recording() -> Iterator[Recording]:
    """Record the driver calls that this thread makes through SQLAlchemy."""
    tape = Recording()

    def on_sql(conn: Any, cursor: Any, statement: str, parameters: Any, context: Any, executemany: bool) -> None:
        if threading.get_ident() == tape.thread:
            tape.calls.append(("sql", statement, parameters, executemany))

    def on_commit(conn: Any) -> None:
        if threading.get_ident() == tape.thread:
            tape.calls.append(("commit",))

    event.listen(SqlEngine, "before_cursor_execute", on_sql)
    event.listen(SqlEngine, "commit", on_commit)
    try:
        yield tape
    finally:
        event.remove(SqlEngine, "before_cursor_execute", on_sql)
        event.remove(SqlEngine, "commit", on_commit)


def raw_connection(url: str) -> Any:
    """A bare driver connection with the settings the product uses."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        raw = sqlite3.connect(parsed.database or "", isolation_level=None)
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
            raw.execute(f"PRAGMA {pragma}")
        return raw
    return psycopg.connect(parsed.set(drivername="postgresql").render_as_string(hide_password=False))


def replay(url: str, tape: Recording) -> float:
    """Replay a recording over one raw connection; the seconds it took."""
    raw = raw_connection(url)
    lite = isinstance(raw, sqlite3.Connection)
    cursor = raw.cursor()
    begun = perf_counter()
    open_ = False
    for call in tape.calls:
        if call[0] == "commit":
            if lite:
                if open_:
                    cursor.execute("COMMIT")
                    open_ = False
            else:
                raw.commit()
            continue
        _, statement, parameters, many = call
        if lite and not open_ and not statement.lstrip().upper().startswith(("BEGIN", "PRAGMA")):
            cursor.execute("BEGIN IMMEDIATE")
            open_ = True
        if statement.lstrip().upper().startswith("BEGIN"):
            open_ = True
        if many:
            cursor.executemany(statement, parameters)
        else:
            cursor.execute(statement, parameters)
        if cursor.description is not None:
            cursor.fetchall()
    seconds = perf_counter() - begun
    if lite and open_:
        cursor.execute("ROLLBACK")
    raw.close()
    return seconds


def database_bytes(url: str) -> int:
    """Bytes of all tables and indexes after VACUUM."""
    raw = raw_connection(url)
    try:
        if isinstance(raw, sqlite3.Connection):
            raw.execute("VACUUM")
            return int(raw.execute("PRAGMA page_count").fetchone()[0] * raw.execute("PRAGMA page_size").fetchone()[0])
        raw.autocommit = True
        raw.execute("VACUUM FULL")
        total = raw.execute(
            "select coalesce(sum(pg_total_relation_size(c.oid)), 0) from pg_class c join pg_namespace n "
            "on n.oid = c.relnamespace where n.nspname = current_schema() and c.relkind = 'r'"
        ).fetchone()
        return int(total[0])
    finally:
        raw.close()


def copy_database(url: str) -> tuple[str, Any]:
    """A copy of the database beside it; returns its URL and a function that removes it. Nobody may be connected."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        target = f"{parsed.database}.floor"
        with sqlite3.connect(parsed.database or "") as source, sqlite3.connect(target) as copy:
            source.backup(copy)
        return str(parsed.set(database=target).render_as_string(hide_password=False)), lambda: None
    name = f"{parsed.database}_floor"
    admin = psycopg.connect(
        parsed.set(drivername="postgresql", database="postgres").render_as_string(hide_password=False), autocommit=True
    )
    admin.execute(f'DROP DATABASE IF EXISTS "{name}"')
    admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{parsed.database}"')

    def remove() -> None:
        admin.execute(f'DROP DATABASE IF EXISTS "{name}"')
        admin.close()

    return parsed.set(database=name).render_as_string(hide_password=False), remove
