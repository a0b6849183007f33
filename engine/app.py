"""The facade: wires the parts, opens one transaction per command, commits or rolls back.

``Engine.do(command)`` and ``Engine.ask(question)`` are the only doors of the entrances (web, CLI, jobs).
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any, TypeVar

from sqlalchemy import Connection

from engine.domain.access import Actor
from engine.domain.clock import Clock, SystemClock
from engine.domain.commands import Command
from engine.domain.errors import Conflict, Forbidden, Hidden, Invalid, Unavailable
from engine.domain.questions import Question
from engine.domain.staff import NoteDenied
from engine.packs import Packs
from engine.services import registry
from engine.services.context import Context
from engine.services.library import Library
from engine.settings import Settings
from engine.store import migrate, servers
from engine.store.database import DRIVER_ERRORS, is_absence, is_orphan, is_retryable, open_database, read_view
from engine.store.standby import Standby

R = TypeVar("R")


class Engine:
    """One installation's engine. Safe to share between threads; ``close`` gives the connections back."""

    def __init__(self, url: str, clock: Clock, settings: Settings) -> None:
        registry.load_all()
        self.url = url
        self.clock = clock
        self.settings = settings
        self.packs = Packs(settings.packs)
        self.library = Library()
        self.woken = threading.Event()  # set when due work was written; the heartbeat waits on it
        self._db = open_database(url, settings)
        # Half of the pool's connections may wait here; the rest is for peaks.
        self._writers = Standby(self._db, settings.pool_size // 2)
        self._readers = Standby(read_view(self._db), settings.pool_size // 2)
        # SQLite lets one writer in at a time and others poll; threads of this process queue here instead.
        self._turn = threading.Lock() if self._db.dialect.name == "sqlite" else nullcontext()

    @classmethod
    def open(cls, url: str | None = None, *, clock: Clock | None = None, settings: Settings | None = None) -> Engine:
        """Open by URL; ``sqlite`` and ``postgresql`` make a database for this run; None = as the settings say."""
        settings = settings or Settings()
        return cls(servers.resolve(url or settings.database_url), clock or SystemClock(), settings)

    def do(self, command: Command[R]) -> R:
        """Carry out a command in one transaction. Raises ``CrmflowError``; a raise leaves no trace."""
        handler = registry.commands.get(type(command))
        if handler is None:
            raise Invalid("CRM-011", f"Nothing handles {type(command).__name__}.", fix="Install the complete package.")
        attempt = 0
        while True:
            try:
                return self._once(handler, command)
            except (Forbidden, Hidden) as error:
                self.denied(command, error)
                raise
            except DRIVER_ERRORS as error:
                attempt += 1
                if not self._again(error, attempt):
                    raise self._told(error) from error
            # Losers of a race wait a little, each a different while, and read anew.
            threading.Event().wait(random.uniform(0.002, 0.02) * attempt)  # noqa: S311 (jitter, not a secret)

    def ask(self, question: Question[R]) -> R:
        """Answer a question; nothing is written, no transaction is opened."""
        handler = registry.questions.get(type(question))
        if handler is None:
            raise Invalid("CRM-011", f"Nothing answers {type(question).__name__}.", fix="Install the complete package.")
        try:
            with self._readers.lend() as conn:
                answer: R = handler(self._context(conn), question)
                return answer
        except (Forbidden, Hidden) as error:
            self.denied(question, error)
            raise
        except DRIVER_ERRORS as error:
            raise self._told(error) from error

    def denied(self, attempt: object, error: Forbidden | Hidden, action: str = "") -> None:
        """Keep in the audit that somebody tried what they may not: a command, a question, or (an actor) ``action``."""
        by = attempt if isinstance(attempt, Actor) else getattr(attempt, "by", None)
        if isinstance(by, Actor) and not by.is_system:
            self.do(NoteDenied(by, action or type(attempt).__name__, error.code, error.context.get("right")))

    def migrate(self) -> None:
        """Bring the database's tables to this version."""
        migrate.upgrade(self._db)

    def close(self) -> None:
        self._forget()
        self._db.dispose()

    def _forget(self) -> None:
        """Close idle connections: their server may be gone, or is about to be."""
        self._writers.clear()
        self._readers.clear()

    def _once(self, handler: Callable[[Context, Any], R], command: Command[R]) -> R:
        with self._turn, self._writers.lend() as conn:
            ctx = self._context(conn)
            answer = handler(ctx, command)
            ctx.trail.write(conn)
            conn.commit()
        if ctx.wake:
            self.woken.set()
        return answer

    def _context(self, conn: Connection) -> Context:
        return Context(
            conn=conn,
            now=self.clock.now(),
            clock=self.clock,
            settings=self.settings,
            packs=self.packs,
            library=self.library,
        )

    def _again(self, error: Exception, attempt: int) -> bool:
        if attempt > self.settings.retries:
            return False
        return is_retryable(error)

    def _told(self, error: Exception) -> Exception:
        """The database's complaint in our words; what only a programmer can mend stays as it is."""
        if is_retryable(error):
            return Conflict("CRM-299", "Too many people changed the same thing at once.", fix="Try again.")
        if is_orphan(error):
            return Invalid("CRM-017", "It refers to something that does not exist.", fix="Check the ids it names.")
        if is_absence(error):
            self._forget()
            return Unavailable("CRM-701", "The database does not answer.", fix="Try again soon.")
        return error
