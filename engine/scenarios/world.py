"""Where scenarios are played: the real engine on a database of its own, with the models deployed and people in it.

A world is made once for the same models and people; each scenario gets a copy of it, on a clock that stands still.
"""

from __future__ import annotations

import sqlite3
import tempfile
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import Any

from engine.app import Engine
from engine.domain.access import SYSTEM
from engine.domain.clock import FixedClock
from engine.domain.commands import AddTeam, AddUser, Deploy, Publish
from engine.domain.errors import Conflict, Refused
from engine.domain.values import DefinitionRow, FileIn
from engine.scenarios.schema import Person, Team
from engine.settings import Settings

_KEPT = 4  # worlds kept for the next run


class World:
    """A furnished database to copy from, and what was learnt in making it (compiled models)."""

    def __init__(
        self, files: tuple[FileIn, ...], people: Mapping[str, Person], teams: Mapping[str, Team], at: datetime
    ):
        self._folder = tempfile.TemporaryDirectory(prefix="crmflow-scenarios-")
        self._busy = Lock()
        self.path = Path(self._folder.name) / "world.sqlite"
        self.files = files
        self.people = people
        _copy(_ground(), self.path)
        engine = self._open(self.path, at)
        try:
            self.definitions = _deploy(engine, files)
            _furnish(engine, people, teams)
        finally:
            engine.close()
        # One engine plays all scenarios, one after the other: what it has compiled serves the next.
        self._house = Path(self._folder.name) / "house.sqlite"
        self._engine = self._open(self._house, at)

    @contextmanager
    def house(self, at: datetime) -> Iterator[tuple[Engine, FixedClock]]:
        """The world as it was furnished, to play one scenario in."""
        with self._busy:
            _copy(self.path, self._house)
            clock = self._engine.clock
            assert isinstance(clock, FixedClock)
            clock.set(at)
            yield self._engine, clock

    def close(self) -> None:
        self._engine.close()
        self._folder.cleanup()

    def _open(self, path: Path, at: datetime) -> Engine:
        return Engine.open(f"sqlite:///{path}", clock=FixedClock(at), settings=Settings())


_grounds = tempfile.TemporaryDirectory(prefix="crmflow-scenarios-")


@cache
def _ground() -> Path:
    """An empty database with its tables, made once in a process."""
    path = Path(_grounds.name) / "ground.sqlite"
    engine = Engine.open(f"sqlite:///{path}")
    engine.migrate()
    engine.close()
    return path


def _copy(template: Path, path: Path) -> None:
    source, copy = sqlite3.connect(template), sqlite3.connect(path)
    try:
        source.backup(copy)
    finally:
        source.close()
        copy.close()


_worlds: OrderedDict[str, World] = OrderedDict()
_lock = Lock()


def world(files: tuple[FileIn, ...], people: Mapping[str, Person], teams: Mapping[str, Team], at: datetime) -> World:
    """The world of these models and people. Raises ``Refused`` CRM-168 with the findings of models that are wrong."""
    digest = sha256(at.isoformat().encode())
    for file in sorted(files, key=lambda file: file.name):
        digest.update(file.name.encode() + b"\0" + sha256(file.content).digest())
    digest.update(repr((sorted(people.items()), sorted(teams.items()))).encode())
    key = digest.hexdigest()
    with _lock:
        found = _worlds.pop(key, None) or World(files, people, teams, at)
        _worlds[key] = found
        while len(_worlds) > _KEPT:
            _, old = _worlds.popitem(last=False)
            with old._busy:  # a run may still play there
                old.close()
    return found


def _deploy(engine: Engine, files: tuple[FileIn, ...]) -> Mapping[str, DefinitionRow]:
    """Deploy all; publish what may be published. A model without owner or goal is tried as a designer tries it."""
    done = engine.do(Deploy(files, SYSTEM))
    found = {}
    for row in done.definitions:
        try:
            found[row.key] = engine.do(Publish(row.key, SYSTEM, row.version))
        except Refused:
            found[row.key] = row
    return found


def _furnish(engine: Engine, people: Mapping[str, Person], teams: Mapping[str, Team]) -> None:
    for login, one in people.items():
        command = AddUser(
            login,
            SYSTEM,
            one.name or login.title(),
            email=one.email,
            roles=tuple(one.roles) or ("employee",),
            locale=one.locale,
            timezone=one.timezone,
        )
        _once(engine, command)
    named = dict.fromkeys([*teams, *(team for one in people.values() for team in one.teams)])
    waiting = list(named)
    while waiting:
        ready = [key for key in waiting if (teams.get(key) or Team()).parent not in waiting] or waiting[:1]
        for key in ready:
            team = teams.get(key) or Team()
            members = tuple(login for login, one in people.items() if key in one.teams)
            _once(engine, AddTeam(key, SYSTEM, team.name or key, lead=team.lead, parent=team.parent, members=members))
            waiting.remove(key)


def _once(engine: Engine, command: Any) -> None:
    try:
        engine.do(command)
    except Conflict:
        return  # the pack's own set-up has it already
