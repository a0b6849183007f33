"""``crmflow worker`` and ``crmflow serve`` as processes: they do due work, and stop when they are told to."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path

import pytest

from engine.app import Engine
from engine.domain.access import SYSTEM
from engine.domain.clock import FixedClock
from engine.domain.commands import AddTeam, Deploy, StartInstance
from engine.domain.questions import ListInstances
from engine.domain.values import FileIn

RACE = Path(__file__).parents[2] / "models" / "race.bpmn"
Begin = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def begin(sqlite_url: str) -> Iterator[Begin]:
    """Starts ``crmflow …`` on a database with one timer that was due an hour ago."""
    engine = Engine.open(sqlite_url, clock=FixedClock(datetime.now(UTC) - timedelta(hours=2)))
    engine.do(AddTeam("sales", by=SYSTEM, name="Sales"))
    engine.do(Deploy((FileIn("race.bpmn", RACE.read_bytes()),), by=SYSTEM, publish=True))
    engine.do(StartInstance("race", by=SYSTEM))
    engine.close()
    running: list[subprocess.Popen[str]] = []

    def call(*args: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-u", "-m", "engine.cli", *args, "--db", sqlite_url]
        environment = {**os.environ, "CRMFLOW_TICK_SECONDS": "0.1"}
        running.append(
            subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment)
        )
        return running[-1]

    yield call
    for process in running:
        process.kill()
        process.communicate()


def line_with(process: subprocess.Popen[str], text: str) -> str:
    """The first line of output that holds the text; what came before is in the failure."""
    seen = []
    assert process.stdout
    for line in process.stdout:
        seen.append(line)
        if text in line:
            return line
    raise AssertionError("".join(seen))


def ended(url: str, limit: timedelta = timedelta(minutes=2)) -> bool:
    """Whether the instance has ended, waiting for it a while."""
    engine = Engine.open(url)
    try:
        until = datetime.now(UTC) + limit
        while datetime.now(UTC) < until:
            row = engine.ask(ListInstances(SYSTEM)).items[0]
            if row.state.value == "completed":
                return True
            engine.woken.wait(0.1)
    finally:
        engine.close()
    return False


def test_worker_fires_what_is_due_and_stops_on_a_signal(begin: Begin, sqlite_url: str) -> None:
    worker = begin("worker", "--threads", "1")
    line_with(worker, "The worker runs")
    assert ended(sqlite_url)
    worker.send_signal(signal.SIGTERM)
    line_with(worker, "The worker has stopped")
    assert worker.wait(60) == 0


def test_serve_is_plugged_in_and_runs_web_and_heartbeat(begin: Begin, sqlite_url: str) -> None:
    server = begin("serve", "--port", "0")
    port = int(line_with(server, "web.listens").split("port=")[1].split()[0])
    web = HTTPConnection("127.0.0.1", port, timeout=60)
    web.request("GET", "/api/v1/openapi.json")
    assert web.getresponse().status == 200
    web.close()
    assert ended(sqlite_url)
