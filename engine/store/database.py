"""Opening a database: SQLite (WAL) or PostgreSQL (psycopg 3), with the same promises of durability and locking.

SQLite runs with ``synchronous=NORMAL``: a power cut may lose the last commits but never breaks the file; the
death of the process alone loses nothing. Commands take the write lock at once (``BEGIN IMMEDIATE``), so two
writers queue instead of failing half way. PostgreSQL runs READ COMMITTED with explicit row locks.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import psycopg
from psycopg.types.string import TextLoader
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.pool import QueuePool

from engine.domain.errors import Invalid
from engine.settings import Settings

#: Execution option of a connection that only reads: no transaction is opened.
READ = {"crmflow_read": True}
_URLS = "Write sqlite:///FILE or postgresql://…"
#: What a statement may raise: SQLAlchemy's errors, and the drivers' own where statements are sent as text.
DRIVER_ERRORS = (DBAPIError, sqlite3.Error, psycopg.Error)
_RETRY_STATES = {"40001", "40P01", "55P03"}  # serialisation failure, deadlock, lock not available
#: Of a SQLite connection. A case's own pages are written with each of its steps: the longer the log before it is put
#: into the file (16 MB, not 4), the fewer of these writes reach it; indexes of many open tasks stay in memory (16 MB).
_PRAGMAS = (
    "journal_mode=WAL",
    "foreign_keys=ON",
    "synchronous=NORMAL",
    "temp_store=MEMORY",
    "wal_autocheckpoint=4000",
    "cache_size=-16000",
)


def open_database(url: str, settings: Settings) -> Engine:
    """An SQLAlchemy engine for ``sqlite:///file`` or ``postgresql://…``. Raises ``Invalid`` CRM-010 on another URL."""
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise Invalid("CRM-010", "The database URL cannot be read.", fix=_URLS) from error
    backend = parsed.get_backend_name()
    if backend == "sqlite":
        return _open_sqlite(parsed, settings)
    if backend == "postgresql":
        return _open_postgresql(parsed, settings)
    raise Invalid("CRM-010", f"crmflow has no store for '{backend}'.", fix=_URLS)


def read_view(engine: Engine) -> Engine:
    """The same pool for questions: no transaction is opened, each statement sees what is committed."""
    if engine.dialect.name == "sqlite":
        return engine.execution_options(**READ)
    return engine.execution_options(isolation_level="AUTOCOMMIT", **READ)


def is_retryable(error: Exception) -> bool:
    """True if the same command may succeed when run again: deadlock, lost race for a key, busy file."""
    original = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(original, psycopg.errors.UniqueViolation) or _lite(original, "UNIQUE"):
        # Two commands made the same key at once; the second run finds what the first wrote.
        return True
    if isinstance(original, sqlite3.OperationalError):
        return "locked" in str(original) or "busy" in str(original)
    return getattr(original, "sqlstate", None) in _RETRY_STATES


def is_orphan(error: Exception) -> bool:
    """True if a row was to refer to another that does not exist."""
    original = error.orig if isinstance(error, DBAPIError) else error
    return isinstance(original, psycopg.errors.ForeignKeyViolation) or _lite(original, "FOREIGN KEY")


def _lite(error: Any, constraint: str) -> bool:
    return isinstance(error, sqlite3.IntegrityError) and constraint in str(error)


def is_absence(error: Exception) -> bool:
    """True if the database cannot be reached or used at all: nothing that a change of the program would mend."""
    original = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(original, sqlite3.OperationalError):
        text = str(original)
        return any(word in text for word in ("unable to open", "disk", "readonly", "locked", "busy"))
    state = getattr(original, "sqlstate", None)
    # Without a state the server never answered; classes 08, 53 and 57 are lost connections, no resources, shut-down.
    return isinstance(original, psycopg.OperationalError) and (state is None or str(state)[:2] in ("08", "53", "57"))


def _open_sqlite(url: URL, settings: Settings) -> Engine:
    if url.database in (None, "", ":memory:"):
        raise Invalid("CRM-010", "crmflow's store is a file, not memory.", fix="Write sqlite:///FILE.")
    Path(str(url.database)).expanduser().parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        url,
        poolclass=QueuePool,
        pool_size=settings.pool_size,
        max_overflow=settings.pool_size,
        pool_use_lifo=True,
        connect_args={
            "check_same_thread": False,
            "timeout": settings.busy_seconds,
            "isolation_level": None,  # we say BEGIN ourselves
            "cached_statements": 256,
        },
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: Any) -> None:
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(conn: Connection) -> None:
        if not conn.get_execution_options().get("crmflow_read"):
            # Said to the driver itself, like COMMIT: a lock taken at once never has to be upgraded.
            conn.connection.driver_connection.execute("BEGIN IMMEDIATE")  # type: ignore[union-attr]

    return engine


def _open_postgresql(url: URL, settings: Settings) -> Engine:
    engine = create_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_size=settings.pool_size,
        max_overflow=settings.pool_size,
        pool_use_lifo=True,
        pool_pre_ping=False,
        isolation_level="READ COMMITTED",
        connect_args={"options": "-c timezone=UTC -c lock_timeout=30s", "application_name": "crmflow"},
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: Any) -> None:
        connection.adapters.register_loader("jsonb", TextLoader)  # msgspec decodes it, exactly and once

    return engine
