"""Piles that one worker adds to while another takes them away (hold queue, digest), over real connections: nothing
lies there without a job, nothing is sent or given out twice, nobody is filled beyond their room."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import delete, func, select

from engine.app import Engine
from engine.domain.access import SYSTEM
from engine.domain.commands import AddTeam, AddUser, Claimed, ClaimJobs, Deploy, PostJob, StartInstance
from engine.domain.questions import ActorNamed
from engine.domain.staff import ChangePerson, SetWishes
from engine.jobs import runner
from engine.services import holding, outgoing, registry
from engine.services.notes import tell
from engine.settings import Settings
from engine.store import due
from engine.store.repos import lock_instance, lock_job
from engine.store.tables import job, task
from engine.store.tables_people import delivery, held
from tests.store.drawing import END, START, flow, model

pytestmark = [pytest.mark.postgres, pytest.mark.prove]
LEASE = timedelta(minutes=5)


@pytest.fixture
def house(postgres_url: str, clock: Any) -> Any:
    """Ann and Ben take one task each; Ann has her mails once a day."""
    settings = Settings(smtp_url=SecretStr("smtp://127.0.0.1:9"), base_url="https://crm.example")
    engine = Engine.open(postgres_url, clock=clock, settings=settings)
    engine.do(AddTeam("bench", SYSTEM, "Bench"))
    for login in ("ann", "ben"):
        about = {"roles": ("employee",), "teams": ("bench",), "email": f"{login}@x.example"}
        engine.do(AddUser(login, SYSTEM, login.title(), **about))
        engine.do(ChangePerson(login, SYSTEM, most=1))
    engine.do(SetWishes(engine.ask(ActorNamed("ann")), {"mail": "digest", "digest_at": "12:00"}))
    given = '<crmflow:assignment strategy="least-loaded" user="=[&quot;ann&quot;, &quot;ben&quot;]"/>'
    inner = START + f'<bpmn:userTask id="work" name="Work"><bpmn:extensionElements><zeebe:userTask/>{given}'
    inner += "</bpmn:extensionElements></bpmn:userTask>" + END + flow("start>work", "work>end")
    engine.do(Deploy((model("job", inner),), SYSTEM, publish=True))
    yield engine
    engine.close()


def beside(engine: Engine, first: Callable[[Any], None], second: Callable[[], None]) -> None:
    """``first`` has done its part and not committed when ``second`` runs; second may wait for it, or not."""
    with engine._db.begin() as conn:
        ctx = engine._context(conn)
        first(ctx)
        ctx.trail.write(conn)
        other = Thread(target=second)
        other.start()
        other.join(0.4)
    other.join(20)
    assert not other.is_alive()


def count(engine: Engine, column: Any, *where: Any) -> int:
    with engine._db.connect() as conn:
        return conn.scalar(select(func.count(column)).where(*where)) or 0


def jobs(engine: Engine, kind: str) -> int:
    return count(engine, job.c.id, job.c.type == kind, job.c.state == "ready")


def claimed(engine: Engine, kind: str) -> list[Claimed]:
    return list(engine.do(ClaimJobs(SYSTEM, 10, LEASE, (kind,))))


def post(engine: Engine, each: Claimed) -> None:
    engine.do(PostJob(each.id, each.fence, SYSTEM))


def doing(each: Claimed, work: Callable[..., None]) -> Callable[[Any], None]:
    """A job of our own being done in a transaction of the test's."""

    def run(ctx: Any) -> None:
        found = lock_job(ctx.conn, each.id)
        assert due.done(ctx.conn, job, each.id, each.fence)
        work(ctx, found, SYSTEM)

    return run


def waits(engine: Engine) -> int:
    return count(engine, delivery.c.id, *outgoing.WAITING)


def test_what_is_told_while_the_digest_goes_out_goes_along_or_has_a_digest_of_its_own(house, clock):
    def news(ctx: Any) -> None:
        tell(ctx, ["ann"], "News")

    with house._db.begin() as conn:
        news(house._context(conn))
    clock.move(timedelta(hours=4))
    (digest,) = claimed(house, "crmflow:digest")
    beside(house, news, lambda: post(house, digest))
    assert waits(house) == 0 or jobs(house, "crmflow:digest"), "told before the digest read, committed after"
    with house._db.begin() as conn:
        news(house._context(conn))
    clock.move(timedelta(days=1))
    (digest,) = claimed(house, "crmflow:digest")

    def speak() -> None:
        with house._db.begin() as conn:
            news(house._context(conn))

    beside(house, doing(digest, outgoing.digest), speak)
    assert waits(house) == 1
    assert jobs(house, "crmflow:digest") == 1, "told while the digest was being written"


def test_two_digests_at_once_are_one_mail(house, clock, many):
    for _ in range(many(3, 25)):
        barrier = Barrier(2)

        def news(barrier: Barrier = barrier) -> None:
            with house._db.begin() as conn:
                barrier.wait()
                tell(house._context(conn), ["ann"], "News")

        together(news, news)
        clock.move(timedelta(days=1))
        found = claimed(house, "crmflow:digest")
        together(*[lambda each=each: post(house, each) for each in found])
        assert waits(house) == 0
        mails = claimed(house, "mail")
        assert [m.payload["input"]["subject"] for m in mails] == ["2 notifications from crmflow"]
        with house._db.begin() as conn:  # sent
            conn.execute(delete(job).where(job.c.type == "mail"))


def together(*runs: Callable[[], None]) -> None:
    threads = [Thread(target=run) for run in runs]
    for each in threads:
        each.start()
    for each in threads:
        each.join(20)


def start(engine: Engine) -> None:
    engine.do(StartInstance("job", SYSTEM))


def fill(engine: Engine) -> None:
    for _ in range(2):
        start(engine)


def test_a_task_held_while_its_pool_is_handed_out_has_a_job(house, clock):
    fill(house)
    start(house)  # waits, with a job
    clock.move(timedelta(minutes=1))
    for login in ("ann", "ben"):
        house.do(ChangePerson(login, SYSTEM, most=2))
    (handout,) = claimed(house, "crmflow:handout")
    for login in ("ann", "ben"):
        house.do(ChangePerson(login, SYSTEM, most=1))

    def open_one(ctx: Any) -> None:
        registry.commands[StartInstance](ctx, StartInstance("job", SYSTEM))

    beside(house, open_one, lambda: post(house, handout))
    assert count(house, held.c.node) == 2
    assert jobs(house, "crmflow:handout") >= 1
    house.do(ChangePerson("ann", SYSTEM, most=9))
    clock.move(timedelta(minutes=1))
    (handout, *_) = claimed(house, "crmflow:handout")
    beside(house, doing(handout, holding.hand_out), lambda: beside_full(house))
    assert count(house, held.c.node) == 0 or jobs(house, "crmflow:handout") >= 1
    clock.move(timedelta(minutes=1))
    runner.drain(house)
    assert count(house, task.c.id, task.c.assignee.is_(None)) == 0


def beside_full(engine: Engine) -> None:
    """A task that opens while the last held ones are given out: as its transaction sees it, everybody is full."""
    engine.do(ChangePerson("ann", SYSTEM, most=1))
    start(engine)
    engine.do(ChangePerson("ann", SYSTEM, most=9))


def test_two_workers_hand_out_a_pool_once_and_fill_nobody_twice(house, clock, many):
    fill(house)
    for _ in range(3):
        start(house)
    room = 1
    for _ in range(many(4, 40)):
        with house._db.begin() as conn:  # as two transactions that began at once leave it
            pool = conn.scalar(select(held.c.pool).limit(1))
            if pool is None:
                break
            extra = {"name": "hold queue", "type": "crmflow:handout", "payload": {"pool": pool}}
            due.add(conn, clock.now(), [{"id": f"extra{room:011d}", **extra}])
        room += 1
        house.do(ChangePerson("ann", SYSTEM, most=room))
        clock.move(timedelta(minutes=1))
        together(*[lambda each=each: post(house, each) for each in claimed(house, "crmflow:handout")])
        assert count(house, task.c.id, task.c.assignee == "ann") == room
        assert jobs(house, "crmflow:handout") <= 1, "two jobs become one again"
    assert count(house, task.c.id, task.c.assignee.is_(None)) == 0


def test_who_has_a_case_locked_is_not_waited_for(house, clock):
    """Handing out holds rows that whoever has the case may want: it looks again later instead."""
    fill(house)
    start(house)
    house.do(ChangePerson("ann", SYSTEM, most=2))
    clock.move(timedelta(minutes=1))
    (handout,) = claimed(house, "crmflow:handout")
    done: list[str] = []

    def lock(ctx: Any) -> None:
        instance = ctx.conn.scalar(select(held.c.instance_id))
        assert lock_instance(ctx.conn, instance) is not None
        post(house, handout)  # would never come back if it waited
        done.append("came back")

    with house._db.begin() as conn:
        lock(house._context(conn))
    assert done
    clock.move(timedelta(minutes=1))
    runner.drain(house)
    assert count(house, task.c.id, task.c.assignee == "ann") == 2
