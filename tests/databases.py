"""Fresh databases without the price: a SQLite file copied, a PostgreSQL database used again with its rows put back."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import psycopg

from engine.store.servers import Server

#: More rows than this leave dead rows and figures behind that a fresh database has not.
_MOST = 2_000
_TABLES = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1"
_SHAPE = """
    SELECT string_agg(concat_ws('/', relname, relkind::text, relnatts, relchecks), ',' ORDER BY relname)
    FROM pg_class WHERE relnamespace = 'public'::regnamespace
"""
_OTHERS = """
    SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
_NUMBERS = "SELECT quote_ident(sequencename), start_value, last_value FROM pg_sequences WHERE schemaname = 'public'"


def copied(source: Path, target: Path) -> None:
    """Copy a SQLite database that nobody uses; unlike SQLite's own backup it waits for no disk."""
    if source.with_name(f"{source.name}-wal").exists():
        with closing(sqlite3.connect(source)) as conn:  # as the last one it leaves all of it in the one file
            conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copyfile(source, target)


class Recycled:
    """Databases of one server as a template has them, one after the other.

    To make and drop one costs up to a second (a drop waits for a checkpoint), to put its rows back some milliseconds.
    """

    def __init__(self, server: Server, template: str) -> None:
        self._server, self._template = server, template
        url = self._fresh()
        with _connect(url) as conn:
            self._shape = conn.execute(_SHAPE).fetchone()
            tables = [f'"{name}"' for (name,) in conn.execute(_TABLES)]
            self._filled = " UNION ALL ".join(f"SELECT '{t}' WHERE EXISTS (SELECT 1 FROM {t})" for t in tables).encode()
            self._kept = [str(name) for (name,) in conn.execute(self._filled)]
            self._numbers = conn.execute(_NUMBERS).fetchall()
        self._server.drop(url)
        self._clean: list[str] = []

    def take(self) -> str:
        """The URL of a database just like the template; nobody is connected to it."""
        if self._clean:
            return self._clean.pop()
        url = self._fresh()
        with _connect(url) as conn:
            conn.execute("CREATE SCHEMA kept")
            for table in self._kept:
                conn.execute(f"CREATE TABLE kept.{table} AS SELECT * FROM {table}".encode())
        return url

    def give(self, url: str) -> None:
        """It is no longer used. Its rows are put back for the next; dropped where more than rows has changed."""
        if self._restored(url):
            self._clean.append(url)
        else:
            self._server.drop(url)

    def _restored(self, url: str) -> bool:
        with _connect(url) as conn:
            conn.execute(_OTHERS)
            if conn.execute(_SHAPE).fetchone() != self._shape:
                return False
            conn.execute("SET session_replication_role = replica")  # in any order, no foreign key asked
            with conn.transaction():
                rows = sum(conn.execute(f"DELETE FROM {t}".encode()).rowcount for (t,) in conn.execute(self._filled))
                for table in self._kept:
                    conn.execute(f"INSERT INTO {table} OVERRIDING SYSTEM VALUE SELECT * FROM kept.{table}".encode())
                for name, first, last in self._numbers:
                    conn.execute("SELECT setval(%s, %s, %s)", (name, last or first, last is not None))
        return rows <= _MOST

    def _fresh(self) -> str:
        return self._server.fresh(template=self._template)


def _connect(url: str) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(url.replace("+psycopg", ""), autocommit=True)
