"""People and models that the store's tests share."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from engine.app import Engine
from engine.domain.access import SYSTEM, Actor
from engine.domain.clock import FixedClock
from engine.domain.commands import AddTeam, AddUser, ClaimTask, Deploy, StartInstance
from engine.domain.questions import ActorNamed
from engine.domain.values import Deployment, FileIn
from tests.conftest import ROOT


@pytest.fixture
def person(engine: Engine) -> Callable[..., Actor]:
    """Make a user (``person("alice", teams=("sales",))``); employee unless said otherwise."""

    def make(login: str, *, roles: tuple[str, ...] = ("employee",), teams: tuple[str, ...] = ()) -> Actor:
        engine.do(AddUser(login, SYSTEM, name=login.title(), roles=roles, teams=teams))
        return engine.ask(ActorNamed(login))

    return make


@pytest.fixture
def bench(engine: Engine) -> str:
    """A team named like the group of the two-task model."""
    engine.do(AddTeam("bench", SYSTEM, name="Bench"))
    return "bench"


@pytest.fixture
def alice(person: Callable[..., Actor], bench: str) -> Actor:
    return person("alice", teams=(bench,))


@pytest.fixture
def bob(person: Callable[..., Actor], bench: str) -> Actor:
    return person("bob", teams=(bench,))


@pytest.fixture
def carol(person: Callable[..., Actor]) -> Actor:
    """An employee of no team."""
    return person("carol")


@pytest.fixture
def manager(person: Callable[..., Actor]) -> Actor:
    return person("mary", roles=("manager",))


@pytest.fixture
def two_tasks(engine: Engine, bench: str) -> Deployment:
    """start → user task (timer on it) → gateway + script → user task → end."""
    path = ROOT / "bench" / "two_task.bpmn"
    return engine.do(Deploy((FileIn(path.name, path.read_bytes()),), SYSTEM, publish=True))


@pytest.fixture
def three(engine: Engine, clock: FixedClock, alice: Actor, two_tasks: Deployment) -> list[str]:
    """Three tasks of alice's, oldest first."""
    ids = []
    for _ in range(3):
        task_id = engine.do(StartInstance("two-task", alice, variables={"amount": 1})).tasks[0]
        ids.append(engine.do(ClaimTask(task_id, alice)).id)
        clock.move(timedelta(seconds=1))
    return ids
