"""A house to play flows in: the packs deployed and published, teams and people, a fixed clock, commands only."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.app import Engine
from engine.domain.access import SYSTEM, Actor
from engine.domain.clock import FixedClock
from engine.domain.commands import AddTeam, AddUser, CompleteTask, Deploy, SendMessage, StartInstance
from engine.domain.questions import ActorNamed, GetInstance, GetRecord, ListInstances, ListTasks
from engine.domain.values import FileIn, InstanceView, MessageSent, RecordRow, Started, TaskRow
from engine.jobs import drain
from engine.packs import Packs
from engine.store.servers import Server
from tests.databases import Recycled, copied

TEAMS = (
    "sales",
    "inside-sales",
    "key-accounts",
    "sales-leads",
    "directors",
    "vice-presidents",
    "finance",
    "risk",
    "order-desk",
    "marketing",
    "service",
    "complaints",
    "repair",
    "returns",
    "service-leads",
    "customer-success",
)
#: login → (roles, teams, teams led)
PEOPLE: Mapping[str, tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = {
    "ann": (("employee",), ("sales", "inside-sales"), ()),
    "ben": (("employee",), ("sales", "inside-sales"), ()),
    "kim": (("employee",), ("key-accounts",), ()),
    "kai": (("employee",), ("key-accounts",), ()),
    "mia": (("manager",), ("sales-leads",), ("sales", "inside-sales", "key-accounts")),
    "dan": (("manager",), ("directors",), ()),
    "vic": (("manager",), ("vice-presidents",), ()),
    "fay": (("employee",), ("finance",), ()),
    "rex": (("employee",), ("risk",), ()),
    "olga": (("employee",), ("order-desk",), ()),
    "mark": (("employee",), ("marketing",), ()),
    "sue": (("employee",), ("service", "repair", "returns", "complaints"), ()),
    "sam": (("employee",), ("service", "repair"), ()),
    "lea": (("manager",), ("service-leads",), ("service", "repair", "returns", "complaints")),
    "cleo": (("employee",), ("customer-success",), ()),
}


def pack_files() -> tuple[FileIn, ...]:
    """Every model of the packs."""
    areas = (("processes", ".bpmn"), ("rules", ".dmn"), ("rules", ".sla.yaml"), ("forms", ".form"))
    return tuple(FileIn(one.name, one.read()) for area, ending in areas for one in Packs().files(area, ending))


def furnish(engine: Engine) -> None:
    """Deploy and publish the packs, add the teams and people."""
    engine.do(Deploy(pack_files(), SYSTEM, publish=True))
    for login, (roles, _, _) in PEOPLE.items():
        locale = "zh_Hans" if login == "kai" else "en"
        engine.do(AddUser(login, SYSTEM, login.title(), roles=roles, locale=locale))
    for team in TEAMS:
        members = tuple(login for login, (_, teams, _) in PEOPLE.items() if team in teams)
        lead = next((login for login, (_, _, leads) in PEOPLE.items() if team in leads), None)
        engine.do(AddTeam(team, SYSTEM, team.title(), lead=lead, members=members))


class House:
    """The engine as its people use it. With ``restless`` it is closed and opened again before every step."""

    def __init__(self, url: str, clock: FixedClock, restless: bool = False) -> None:
        self.url, self.clock, self.restless = url, clock, restless
        self._engine = Engine.open(url, clock=clock)

    @property
    def engine(self) -> Engine:
        if self.restless:
            self._engine.close()
            self._engine = Engine.open(self.url, clock=self.clock)
        return self._engine

    def close(self) -> None:
        self._engine.close()

    def actor(self, login: str) -> Actor:
        return self.engine.ask(ActorNamed(login))

    def start(self, key: str, by: str = "ann", **variables: Any) -> Started:
        """Start by the start form's data."""
        started = self.engine.do(StartInstance(key, self.actor(by), variables, validate_form=True))
        drain(self.engine)
        return started

    def view(self, instance_id: str) -> InstanceView:
        view = self.engine.ask(GetInstance(instance_id, SYSTEM))
        assert view.incidents == (), view.incidents
        return view

    def task(self, instance_id: str, element: str) -> TaskRow:
        """The one open task of an instance at an element."""
        rows = self.engine.ask(ListTasks(SYSTEM, box="all", instance_id=instance_id)).items
        found = [row for row in rows if row.element_id == element]
        assert len(found) == 1, f"{element} is not open; open are {[r.element_id for r in rows]}"
        return found[0]

    def done(self, instance_id: str, element: str, by: str | None = None, **data: Any) -> None:
        """Complete a task, as its assignee or as the first who may."""
        row = self.task(instance_id, element)
        login = by or row.assignee or self._candidate(row)
        self.engine.do(CompleteTask(row.id, self.actor(login), data))
        drain(self.engine)

    def _candidate(self, row: TaskRow) -> str:
        teams = {c.removeprefix("team:") for c in row.candidates}
        return next(login for login, (_, member_of, _) in PEOPLE.items() if teams & set(member_of))

    def say(self, name: str, key: str = "", **payload: Any) -> MessageSent:
        """A message from outside."""
        sent = self.engine.do(SendMessage(name, SYSTEM, key, payload))
        drain(self.engine)
        return sent

    def later(self, **by: float) -> None:
        """Time passes; what is due happens."""
        self.clock.move(timedelta(**by))
        drain(self.engine)

    def record(self, instance_id: str, variable: str) -> RecordRow:
        """The record behind a variable."""
        _, record_id = self.view(instance_id).variables[variable]["$record"]
        return self.engine.ask(GetRecord(record_id, SYSTEM))

    def linked(self, row: RecordRow, relation: str, inbound: bool = False) -> RecordRow:
        """The record at the other end of a relation."""
        found = [link.id for link in row.links if link.relation == relation and link.inbound is inbound]
        assert len(found) == 1, (relation, row.links)
        return self.engine.ask(GetRecord(found[0], SYSTEM))

    def open(self, instance_id: str) -> set[str]:
        """Elements with open tasks."""
        return {row.element_id for row in self.view(instance_id).tasks}

    def newest(self, key: str) -> InstanceView:
        """The instance of a definition that was started last."""
        found = self.engine.ask(ListInstances(SYSTEM, definition_key=key)).items
        return self.view(max(found, key=lambda row: row.id).id)


@pytest.fixture(scope="session")
def furnished(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A furnished SQLite database to copy from."""
    path = tmp_path_factory.mktemp("furnished") / "crmflow.sqlite"
    copied(sqlite_template, path)
    engine = Engine.open(f"sqlite:///{path}")
    furnish(engine)
    engine.close()
    return path


@pytest.fixture
def new_house(furnished: Path, tmp_path: Path, clock: FixedClock) -> Iterator[Callable[..., House]]:
    """Makes houses on SQLite; closed when the test is over."""
    made: list[House] = []

    def make(restless: bool = False) -> House:
        path = tmp_path / f"house{len(made)}.sqlite"
        copied(furnished, path)
        made.append(House(f"sqlite:///{path}", clock, restless))
        return made[-1]

    yield make
    for house in made:
        house.close()


@pytest.fixture(scope="session")
def furnished_databases(server: Server, postgres_template: str) -> Recycled:
    url = server.fresh(template=postgres_template)
    engine = Engine.open(url)
    furnish(engine)
    engine.close()
    return Recycled(server, url.rsplit("/", 1)[1])


@pytest.fixture
def furnished_url(furnished_databases: Recycled) -> Iterator[str]:
    """URL of a furnished PostgreSQL database."""
    url = furnished_databases.take()
    yield url
    furnished_databases.give(url)


@pytest.fixture(params=["straight", "reopened", pytest.param("postgresql", marks=pytest.mark.postgres)])
def house(request: pytest.FixtureRequest, clock: FixedClock) -> Iterator[House]:
    """Each flow is played straight, with the engine opened anew before every step, and on PostgreSQL."""
    if request.param == "postgresql":
        found = House(str(request.getfixturevalue("furnished_url")), clock)
        yield found
        found.close()
    else:
        yield request.getfixturevalue("new_house")(request.param == "reopened")
