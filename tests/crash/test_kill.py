"""``kill -9`` under load: whatever dies in the middle of whatever, nothing is lost, doubled or forgotten."""  # G3, G6

from __future__ import annotations

import os
import random
import threading
from collections import Counter
from datetime import timedelta
from itertools import count

import httpx
import pytest
from sqlalchemy import create_engine, text

from engine.app import Engine
from engine.domain.access import SYSTEM
from engine.domain.clock import FixedClock, SystemClock
from engine.domain.commands import AddTeam, AddUser, Deploy, IssueToken
from engine.domain.questions import CheckHealth
from engine.domain.values import FileIn
from engine.jobs import drain
from tests.crash.fleet import ROOT, Daemon, Server

pytestmark = pytest.mark.prove(first=True)
MODEL = ROOT / "tests" / "models" / "shop.bpmn"


class Client(threading.Thread):
    """A person in a hurry: starts orders and completes what is in the inbox, again after every crash."""

    def __init__(self, server: Server, token: str, number: int) -> None:
        super().__init__(daemon=True)
        self.http = httpx.Client(headers={"Authorization": f"Bearer {token}"}, timeout=10)
        self.server = server
        self.number = number
        self.over = threading.Event()
        self.confirmed: list[str] = []  # what the server has told us is done
        self.surprises: list[str] = []

    def call(self, method: str, path: str, **kwargs: object) -> httpx.Response | None:
        """One request; None when the server died under it."""
        try:
            answer = self.http.request(method, f"{self.server.base}/api/v1{path}", **kwargs)  # type: ignore[arg-type]
        except httpx.HTTPError:
            self.over.wait(0.05)
            return None
        if answer.status_code >= 500 and answer.status_code != 503:
            self.surprises.append(f"{method} {path}: {answer.status_code} {answer.text[:300]}")
        return answer

    def run(self) -> None:
        with self.http:
            self.work()

    def work(self) -> None:
        for turn in count():
            if self.over.is_set():
                return
            reference = f"C{self.number}-{turn}"
            self.until_done(
                "POST",
                "/instances",
                json={"key": "shop", "variables": {"reference": reference}, "business_key": reference},
                headers={"Idempotency-Key": reference},
            )
            listed = self.call("GET", "/tasks", params={"box": "teams", "limit": 5})
            if listed is None or listed.status_code != 200:
                continue
            for row in random.sample(listed.json()["items"], k=min(3, len(listed.json()["items"]))):
                done = self.call("POST", f"/tasks/{row['id']}/complete", json={"data": {}})
                if done is not None and done.status_code == 200:
                    self.confirmed.append(row["id"])

    def until_done(self, method: str, path: str, **kwargs: object) -> None:
        while not self.over.is_set():
            answer = self.call(method, path, **kwargs)
            if answer is not None and answer.status_code < 500:
                return


def prepare(url: str) -> str:
    """People and model; the token of the one who works."""
    engine = Engine.open(url)
    engine.migrate()
    engine.do(AddTeam("sales", SYSTEM, name="Sales"))
    engine.do(AddUser("alice", SYSTEM, name="Alice", roles=("employee", "manager"), teams=("sales",)))
    engine.do(Deploy((FileIn(MODEL.name, MODEL.read_bytes()),), SYSTEM, publish=True))
    token = engine.do(IssueToken("alice", SYSTEM, label="crash test"))
    engine.close()
    return token


@pytest.mark.timeout(1500)
@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def test_killing_server_and_worker_under_load(kind, request, tmp_path, many):
    url = request.getfixturevalue("sqlite_url" if kind == "sqlite" else "postgres_url")
    seed = int(os.environ.get("CRMFLOW_SEED", "0")) or random.SystemRandom().randrange(1, 10**6)
    print(f"seed {seed} (repeat with CRMFLOW_SEED={seed})")
    dice = random.Random(seed)
    token = prepare(url)
    server = Server(url, tmp_path / "server.log")
    # SQLite is embedded: server and heartbeat are one process. PostgreSQL has a worker elsewhere.
    daemons: list[Daemon] = [server]
    if kind == "postgresql":
        daemons.append(Daemon(url, tmp_path / "worker.log", "worker"))
    for daemon in daemons:
        daemon.start()
    clients = [Client(server, token, n) for n in range(3)]
    for client in clients:
        client.start()
    pause = threading.Event()
    try:
        for _ in range(many(3, 50)):
            pause.wait(dice.uniform(0.05, 1.2))
            victim = dice.choice(daemons)
            victim.kill()
            victim.start()
    finally:
        for client in clients:
            client.over.set()
        for client in clients:
            client.join(timeout=20)
        for daemon in daemons:
            daemon.stop()
    assert [s for c in clients for s in c.surprises] == []
    check(url, [t for c in clients for t in c.confirmed], tmp_path)


def check(url: str, confirmed: list[str], folder: object) -> None:
    """After the storm: run what is due, then compare every side of the books."""
    engine = Engine.open(url, clock=FixedClock(SystemClock().now() + timedelta(hours=1)))
    drain(engine)  # an hour later every lease of the dead has run out
    assert engine.ask(CheckHealth(SYSTEM)) == (), "a step without inbox, deadline, job or incident"
    sql = create_engine(url)
    with sql.connect() as db:
        rows = list(db.execute(text("select instance_id, element_id, task_id from activity where state = 'completed'")))
        done = Counter((r.instance_id, r.element_id) for r in rows)
        assert {k: n for k, n in done.items() if n > 1} == {}, "an element ran twice"
        orders = Counter(r.name for r in db.execute(text("select name from record where kind = 'order'")))
        assert {k: n for k, n in orders.items() if n > 1} == {}, "an order was doubled"
        created = sum(e == "Create" for _, e in done)
        confirmations = sum(e == "Confirm" for _, e in done)
        cared = db.execute(
            text("select count(*) from instance i join definition d on d.id = i.definition_id where d.key = 'care'")
        ).scalar()
        incidents = db.execute(text("select count(*) from incident")).scalar()
        starts = Counter(
            r[0] for r in db.execute(text("select business_key from instance where business_key like 'C%'"))
        )
    assert (len(orders), created, cared) == (confirmations,) * 3, "an order or its after-care is missing or doubled"
    assert incidents == 0
    assert {k: n for k, n in starts.items() if n > 1} == {}, "a repeated start request started twice"
    assert set(confirmed) <= {r.task_id for r in rows}, "the server confirmed what it then forgot"
    assert confirmations > 0
    sql.dispose()
    engine.close()
