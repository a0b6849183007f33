"""What a use case works with: the connection, the time, the settings, loaded models, the audit trail."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from engine.domain.access import Actor
from engine.domain.clock import Clock
from engine.domain.ids import new_id
from engine.packs import Packs
from engine.services.trail import Trail
from engine.settings import Settings

if TYPE_CHECKING:
    from engine.services.library import Library, Loaded


@dataclass(frozen=True, slots=True)
class Current:
    """The instance whose run is under way while a transactional call or an assignment is made."""

    id: str
    definition: Loaded
    business_key: str | None
    by: Actor  # who gave the command that runs it


@dataclass(slots=True)
class Context:
    """One transaction's view of the engine. Handed to every handler; lives as long as the transaction.

    ``conn``     SQLAlchemy connection inside the transaction (questions: read-only, autocommit)
    ``now``      the time of the command, aware, UTC: the same for everything it writes
    ``library``  loaded definitions, forms and decisions, cached by content for the whole engine
    ``current``  the instance being run, or None
    """

    conn: Connection
    now: datetime
    clock: Clock
    settings: Settings
    packs: Packs
    library: Library
    trail: Trail = field(default_factory=Trail)
    current: Current | None = None
    deciding: dict[tuple[str, str | None], Any] = field(default_factory=dict)  # (decision, tag) → the version asked
    wake: bool = False  # set when due work was written: the heartbeat need not wait for its tick

    @property
    def dialect(self) -> str:
        """``sqlite`` or ``postgresql``."""
        return self.conn.dialect.name

    def new_id(self) -> str:
        return new_id(self.now)

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """A part that may fail while the rest of the command stands: what it wrote is undone, its audit, too."""
        kept = self._kept()
        try:
            with self.conn.begin_nested():
                yield
        except BaseException:  # whatever it was, it goes on to whoever made the attempt
            self.trail.rows, self.wake = kept
            raise

    @contextmanager
    def trial(self) -> Iterator[None]:
        """A part that is only tried: whatever comes of it, nothing of it stays."""
        kept = self._kept()
        nested = self.conn.begin_nested()
        try:
            yield
        finally:
            nested.rollback()
            self.trail.rows, self.wake = kept

    def _kept(self) -> tuple[list[dict[str, Any]], bool]:
        """The audit as it is, and whether somebody is to be woken."""
        return list(self.trail.rows), self.wake

    def audit(
        self,
        by: Actor,
        action: str,
        *,
        instance_id: str | None = None,
        target: str | None = None,
        detail: Mapping[str, Any] | None = None,
    ) -> None:
        """Note who did what (``task.complete``, ``user.add``); written with the transaction, chained per instance.

        ``detail`` holds ids, names of fields and reasons, never personal data or secrets.
        """
        self.trail.note(self.now, by.id, action, instance_id, target, detail)
