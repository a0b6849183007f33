"""The private PostgreSQL server goes with the process that started it, however that process ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import psycopg
import pytest

from engine.store.servers import Server, find_binaries
from tests.conftest import ROOT, lacking

pytestmark = pytest.mark.postgres
CODE = """
from engine.store.servers import Server
server = Server(durable=False).start()
print(server.port, server.folder, flush=True)
input()
"""


def _answers(port: int) -> bool:
    try:
        psycopg.connect(f"host=127.0.0.1 port={port} user=crmflow dbname=postgres", connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


@pytest.fixture(autouse=True)
def binaries():
    if find_binaries() is None:
        lacking("PostgreSQL", "install the package 'postgresql' (it need not be running)")


def test_it_stops_when_told_and_takes_its_data_along():
    server = Server(durable=False).start()
    assert _answers(server.port)
    server.stop()
    server.stop()
    assert not _answers(server.port)
    assert not server.folder.exists()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_it_stops_when_its_owner_is_killed(how):
    with subprocess.Popen(
        [sys.executable, "-c", CODE],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        text=True,
    ) as owner:
        assert owner.stdout is not None
        port, folder = owner.stdout.readline().split()
        assert _answers(int(port))
        owner.send_signal(how)
        owner.wait(timeout=30)
    pause = threading.Event()
    assert any(not Path(folder).exists() or pause.wait(0.1) for _ in range(200)), "the server outlived its owner"
    assert not _answers(int(port))
