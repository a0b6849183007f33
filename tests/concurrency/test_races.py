"""Two at once, on PostgreSQL, over real connections: one wins, the other is told who and when, nothing is doubled."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from random import Random
from threading import Barrier
from typing import Any

import pytest

from engine.app import Engine
from engine.domain.access import SYSTEM, Actor
from engine.domain.commands import (
    AddTeam,
    AddUser,
    ClaimDeadlines,
    Claimed,
    ClaimJobs,
    ClaimTask,
    CompleteTask,
    Deploy,
    FinishJob,
    FireDeadline,
    SendMessage,
    StartInstance,
)
from engine.domain.errors import Conflict, CrmflowError
from engine.domain.operating import MoveInstance
from engine.domain.questions import ActorNamed, CheckHealth, GetHistory, GetInstance
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
    for name in ("race.bpmn", "wait.bpmn"):
        content = (ROOT / "tests" / "models" / name).read_bytes()
        postgres.do(Deploy((FileIn(name, content),), SYSTEM, publish=True))
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


def claim(engine: Engine, limit: int) -> tuple[Claimed, ...]:
    """What a worker does at each beat."""
    return engine.do(ClaimDeadlines(SYSTEM, limit, timedelta(minutes=5)))


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


def test_a_case_is_moved_while_its_task_is_completed(postgres, people, many):
    alice, _ = people
    for _ in range(many(25, 200)):
        started = postgres.do(StartInstance("race", alice))
        (task,), case = started.tasks, started.instance_id
        done, moved = race(
            lambda t=task: postgres.do(CompleteTask(t, alice)),
            lambda c=case: postgres.do(MoveInstance(c, SYSTEM, "again", to="Answer", everything=True)),
        )
        assert isinstance(done, Conflict) is not isinstance(moved, Conflict), (done, moved)
        view = postgres.ask(GetInstance(case, SYSTEM))
        if isinstance(moved, Conflict):
            assert (view.row.state, ends(postgres, case)) == (InstanceState.COMPLETED, ["Answered"])
        else:
            (again,) = view.tasks
            assert again.id != task
            assert ends(postgres, case) == []
    assert postgres.ask(CheckHealth(SYSTEM)) == ()


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
        (lease,) = claim(postgres, 10)
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
    assert claim(postgres, 10) == ()


def test_two_workers_never_claim_the_same_deadline(postgres, people, clock, many):
    alice, _ = people
    count = many(40, 400)
    for _ in range(count):
        postgres.do(StartInstance("race", alice))
    clock.move(timedelta(hours=2))
    claims = race(*(lambda: [d.id for _ in range(count) for d in claim(postgres, 3)] for _ in range(4)))
    taken = [d for ids in claims for d in ids]
    assert len(taken) == len(set(taken)) == count


def test_a_worker_that_lost_its_lease_changes_nothing(postgres, people, clock):
    alice, _ = people
    started = postgres.do(StartInstance("race", alice))
    clock.move(timedelta(hours=2))
    (stale,) = claim(postgres, 1)
    clock.move(timedelta(hours=1))  # the lease ran out; another worker takes over
    (fresh,) = claim(postgres, 1)
    assert fresh.id == stale.id
    assert postgres.do(FireDeadline(stale.id, stale.fence, SYSTEM)) is False
    assert postgres.do(FireDeadline(fresh.id, fresh.fence, SYSTEM)) is True
    assert ends(postgres, started.instance_id) == ["Missed"]


def test_messages_and_their_subscribers_never_miss_each_other(postgres, people, many):
    """G4: half of the messages come before anybody waits, half after, all at the same time."""
    alice, _ = people
    count = many(60, 1000)
    keys = [f"Q{n}" for n in range(count)]
    runs: list[Callable[[], Any]] = [
        lambda k=k: postgres.do(StartInstance("wait", alice, variables={"quote": k}, business_key=k)) for k in keys
    ]
    runs += [lambda k=k: postgres.do(SendMessage("answer", alice, correlation_key=k)) for k in keys]
    Random(7).shuffle(runs)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda run: run(), runs))
    jobs = postgres.do(ClaimJobs(SYSTEM, 10 * count, timedelta(minutes=5)))
    assert len(jobs) == count, "each instance heard its answer once"
    assert postgres.ask(CheckHealth(SYSTEM)) == ()


def test_two_workers_hand_in_one_job(postgres, people, many):
    alice, _ = people
    for n in range(many(25, 200)):
        started = postgres.do(StartInstance("wait", alice, variables={"quote": f"J{n}"}))
        postgres.do(SendMessage("answer", alice, correlation_key=f"J{n}"))
        claims = race(*(lambda: postgres.do(ClaimJobs(SYSTEM, 5, timedelta(minutes=5))) for _ in range(2)))
        (job,) = [c for found in claims for c in found]
        answers = race(*(lambda j=job: postgres.do(FinishJob(j.id, j.fence, SYSTEM)) for _ in range(2)))
        assert sorted(answers) == [False, True]
        assert ends(postgres, started.instance_id) == ["Booked"]
