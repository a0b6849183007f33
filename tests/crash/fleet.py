"""Real processes to kill: the server and the worker of ``crmflow``, restarted as often as they die."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import httpx

ROOT = Path(__file__).parents[2]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Daemon:
    """One ``crmflow`` process; ``kill`` is SIGKILL, nothing gentler."""

    def __init__(self, url: str, log: Path, *words: str) -> None:
        self.words = [sys.executable, "-m", "engine.cli", "--db", url, *words]
        self.log = log
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(
                self.words, cwd=ROOT, stdout=out, stderr=out, env={**os.environ, "CRMFLOW_SECRET_KEY": "crash" * 8}
            )

    def kill(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.kill()


class Server(Daemon):
    """``crmflow serve`` on a port of its own."""

    def __init__(self, url: str, log: Path) -> None:
        self.port = free_port()
        super().__init__(url, log, "serve", "--port", str(self.port))

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        super().start()
        pause = threading.Event()
        for _ in range(600):
            assert self.process is not None
            assert self.process.poll() is None, self.log.read_text(errors="replace")[-3000:]
            try:
                httpx.get(f"{self.base}/login", timeout=2)
            except httpx.HTTPError:
                pause.wait(0.05)
            else:
                return
        raise AssertionError(f"the server did not answer: {self.log.read_text(errors='replace')[-3000:]}")
