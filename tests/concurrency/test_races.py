"""Two at once, on PostgreSQL, over real connections: exactly one wins, the other is told who and when, nothing is doubled."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest

from engine.app import Engine
from engine.domain.access import SYSTEM, Actor
from engine.domain.commands import (
    AddTeam,
    AddUser,
    ClaimTask,
    CompleteTask,
    Deploy,
    FireDeadline,
    StartInstance,
)
from engine.domain.errors import Conflict, CrmflowError
from engine.domain.questions import ActorNamed, GetHistory, GetInstance
from engine.domain.states import InstanceState
from engine.domain.values import FileIn
from tests.conftest import ROOT

pytestmark = [pytest.mark.postgres, pytest.mark.prove]


@pytest.fixture
def people(postgres: Engine) -> tuple[Actor, Actor]:
    """Alice and Bob of sales, and the model they race on."""
    postgres.do(AddTeam("sales", SYSTEM, name="Sales"))
    for login in ("alice", "bob"):
        postgres.do(AddUser(login, SYSTEM, name=login.title(), roles=("employee",), teams=("sales",)))
    model = ROOT / "tests" / "models" / "race.bpmn"
    postgres.do(Deploy((FileIn(model.name, model.read_bytes()),), SYSTEM, publish=True))
    return postgres.ask(ActorNamed("alice")), postgres.ask(ActorNamed("bob"))


def race(*runs: Callable[[], Any]) -> list[Any]:
    """Run all at the same moment; what each returned, or the error of ours it raised."""
    barrier = Barrier(len(runs))

    def at_once(run: Callable[[], Any]) -> Any:
        barrier.wait()
        try:
            return run()
        except CrmflowError as error:
            return error

    with ThreadPoolExecutor(len(runs)) as pool:
        return list(pool.map(at_once, runs))


def ends(engine: Engine, instance_id: str) -> list[str]:
    """Names of the end events the instance came to."""
    return [a.element_id for a in engine.ask(GetHistory(instance_id, SYSTEM)).items if a.kind == "endEvent"]


def test_two_people_complete_the_same_task(postgres, people, many):
    alice, bob = people
    for _ in range(many(25, 200)):
        started = postgres.do(StartInstance("race", alice))
        (task,) = started.tasks
        answers = race(
            lambda t=task: postgres.do(CompleteTask(t, alice)), lambda t=task: postgres.do(CompleteTask(t, bob))
        )
        (loser,) = [a for a in answers if isinstance(a, Exception)]
        winner = ("alice", "bob")[isinstance(answers[0], Exception)]
        assert isinstance(loser, Conflict), loser
        assert loser.code == "CRM-202"
        assert f"by {winner}" in loser.message
        assert "2026-03-02" in loser.message, "says when"
        assert ends(postgres, started.instance_id) == ["Answered"]
        assert postgres.ask(GetInstance(started.instance_id, SYSTEM)).row.state is InstanceState.COMPLETED


def test_two_people_claim_the_same_task(postgres, people, many):
    alice, bob = people
    for _ in range(many(25, 200)):
        (task,) = postgres.do(StartInstance("race", alice)).tasks
        answers = race(lambda t=task: postgres.do(ClaimTask(t, alice)), lambda t=task: postgres.do(ClaimTask(t, bob)))
        (loser,) = [a for a in answers if isinstance(a, Exception)]
        (winner,) = [a for a in answers if not isinstance(a, Exception)]
        assert isinstance(loser, Conflict)
        assert f"by {winner.assignee}" in loser.message


def test_a_timer_fires_while_the_task_is_completed(postgres, people, clock, many):
    alice, _ = people
    outcomes = set()
    for _ in range(many(25, 200)):
        started = postgres.do(StartInstance("race", alice))
        (task,) = started.tasks
        clock.move(timedelta(hours=2))
        (lease,) = postgres.claim_deadlines(limit=10)
        answers = race(
            lambda t=task: postgres.do(CompleteTask(t, alice)),
            lambda d=lease: postgres.do(FireDeadline(d.id, d.fence, SYSTEM)),
        )
        completed, fired = not isinstance(answers[0], Exception), answers[1] is True
        assert completed != fired, answers
        assert ends(postgres, started.instance_id) == (["Answered"] if completed else ["Missed"])
        view = postgres.ask(GetInstance(started.instance_id, SYSTEM))
        assert (view.row.state, view.tasks, view.timers) == (InstanceState.COMPLETED, (), ())
        outcomes.add(completed)
    assert postgres.claim_deadlines(limit=10) == ()


def test_two_workers_never_claim_the_same_deadline(postgres, people, clock, many):
    alice, _ = people
    count = many(40, 400)
    for _ in range(count):
        postgres.do(StartInstance("race", alice))
    clock.move(timedelta(hours=2))
    claims = race(*(lambda: [d.id for _ in range(count) for d in postgres.claim_deadlines(limit=3)] for _ in range(4)))
    taken = [d for ids in claims for d in ids]
    assert len(taken) == len(set(taken)) == count


def test_a_worker_that_lost_its_lease_changes_nothing(postgres, people, clock):
    alice, _ = people
    started = postgres.do(StartInstance("race", alice))
    clock.move(timedelta(hours=2))
    (stale,) = postgres.claim_deadlines(limit=1)
    clock.move(timedelta(hours=1))  # the lease ran out; another worker takes over
    (fresh,) = postgres.claim_deadlines(limit=1)
    assert fresh.id == stale.id
    assert postgres.do(FireDeadline(stale.id, stale.fence, SYSTEM)) is False
    assert postgres.do(FireDeadline(fresh.id, fresh.fence, SYSTEM)) is True
    assert ends(postgres, started.instance_id) == ["Missed"]
