"""Connections kept ready between commands: opening SQLAlchemy's wrapper anew costs more than SQLite's own work.

A connection is lent to one command or question at a time and comes back without a transaction. One that saw an error
of the driver is not kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine

from engine.domain.errors import CrmflowError


class Standby:
    """Up to ``limit`` idle connections of an engine. Safe to share between threads."""

    def __init__(self, engine: Engine, limit: int) -> None:
        self.engine = engine
        self.limit = limit
        self._idle: list[Connection] = []  # append and pop are atomic

    @contextmanager
    def lend(self) -> Iterator[Connection]:
        """A connection for one piece of work; what it did not commit is rolled back."""
        conn = self._take()
        try:
            yield conn
        except CrmflowError:
            self._back(conn)
            raise
        except BaseException:  # whatever it was, the connection may be in any state: it goes, and the cause goes on
            conn.close()
            raise
        self._back(conn)

    def clear(self) -> None:
        """Close what is idle; what is lent is closed when it comes back to a full bench or fails."""
        while self._idle:
            self._idle.pop().close()

    def _take(self) -> Connection:
        try:
            return self._idle.pop()
        except IndexError:
            return self.engine.connect()

    def _back(self, conn: Connection) -> None:
        if conn.in_transaction():
            conn.rollback()
        if len(self._idle) < self.limit:
            self._idle.append(conn)
        else:
            conn.close()
