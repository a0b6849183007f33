"""What the page tests share: people, the sample flow, and short ways to start it and to count statements."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import event

from engine.app import Engine
from engine.domain.access import SYSTEM, Actor
from engine.domain.clock import FixedClock
from engine.domain.commands import AddTeam, AddUser, Deploy, SaveRecord, StartInstance
from engine.domain.questions import ActorNamed, ListTasks
from engine.domain.values import FileIn, RecordRow, Started, TaskRow

MODELS = Path(__file__).parent / "browser" / "models"
PASSWORD = "correct horse battery"
PEOPLE = {
    "alice": ("Alice Meyer", "employee", ("sales",)),
    "bob": ("Bob Stone", "employee", ("sales",)),
    "eve": ("Eve Outside", "employee", ("support",)),
    "maria": ("Maria Lead", "manager", ("sales",)),
    "dora": ("Dora Design", "designer", ()),
    "carl": ("Carl Consult", "consultant", ()),
    "ada": ("Ada Admin", "administrator", ()),
}


@dataclass
class House:
    """A furnished installation."""

    engine: Engine
    app: Flask
    clock: FixedClock

    def actor(self, login: str) -> Actor:
        return self.engine.ask(ActorNamed(login))

    def account(self, name: str = "Nordlicht Robotics", **more: Any) -> RecordRow:
        return self.engine.do(SaveRecord("account", SYSTEM, {"name": name, **more}, owner="alice"))

    def start(self, days: int = 20, key: str | None = "LN-1", **variables: Any) -> Started:
        """Start the loan flow; more than 14 days need an approval."""
        data = {"device": "tablet", "days": days, **variables}
        return self.engine.do(StartInstance("equipment-loan", SYSTEM, data, business_key=key))

    def task(self, **how: Any) -> TaskRow:
        """The one open task of a fresh instance."""
        return self.engine.ask(ListTasks(SYSTEM, "all", instance_id=self.start(**how).instance_id)).items[0]

    @contextmanager
    def statements(self) -> Iterator[list[str]]:
        """Every statement the database is sent meanwhile."""
        seen: list[str] = []

        def note(conn: Any, cursor: Any, statement: str, *_: Any) -> None:
            seen.append(statement)

        event.listen(self.engine._db, "before_cursor_execute", note)
        try:
            yield seen
        finally:
            event.remove(self.engine._db, "before_cursor_execute", note)


def files(*names: str) -> tuple[FileIn, ...]:
    """Sample models by file name; all of the loan flow when none is named."""
    chosen = [MODELS / name for name in names] or sorted(MODELS.glob("loan*"))
    return tuple(FileIn(path.name, path.read_bytes()) for path in chosen)


def furnish(engine: Engine) -> None:
    """Teams, people, the published sample flow."""
    engine.do(AddTeam("sales", SYSTEM, "Sales"))
    engine.do(AddTeam("support", SYSTEM, "Support"))
    for login, (name, role, teams) in PEOPLE.items():
        engine.do(AddUser(login, SYSTEM, name, password=PASSWORD, roles=(role,), teams=teams))
    engine.do(Deploy(files(), SYSTEM, publish=True))
