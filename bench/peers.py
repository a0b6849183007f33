"""An environment of the peers' own for ``bench.rules``: made on the first run, outside of the project.

The peers' licences differ from ours (pySFeel is GPL), so they are never a dependency; they run in another interpreter.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

PACKAGES = {
    "zen": "zen-engine",
    "pysfeel": "pySFeel",
    "bkflow_feel": "bkflow-feel",
    "bkflow_feel_tree": "bkflow-feel",
    "spiff": "SpiffWorkflow",
}
INSTALL_SECONDS = 600
RUN_SECONDS = 900


class NoPeer(Exception):
    """A peer could not be had or did not run; the text says why. ``code`` is BENCH-01 (install) or BENCH-02 (run)."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


def folder() -> Path:
    """Where the environment lives: the user's cache folder if one is named, else the system's for temporary files."""
    base = os.environ.get("XDG_CACHE_HOME") or tempfile.gettempdir()
    return Path(base) / f"crmflow-bench-peers-{sys.version_info.major}.{sys.version_info.minor}"


class Peers:
    """The environment; ``home`` is where it is or will be."""

    def __init__(self, home: Path | None = None) -> None:
        self.home = home or folder()
        self.python = self.home / "bin" / "python"

    def ready(self, name: str) -> None:
        """Make the environment and install a peer where it is missing. Raises NoPeer BENCH-01."""
        wanted = PACKAGES[name]
        if not self.python.exists():
            self._call([sys.executable, "-m", "venv", str(self.home)], f"no environment at {self.home}")
        if self.version(name) is None:
            if wanted == "SpiffWorkflow":
                wanted += f"=={version('SpiffWorkflow')}"
            self._call([str(self.python), "-m", "pip", "install", "--quiet", wanted], f"pip cannot install {wanted}")

    def version(self, name: str) -> str | None:
        """The version installed there."""
        code = f"from importlib.metadata import version; print(version({PACKAGES[name]!r}))"
        done = subprocess.run([str(self.python), "-c", code], capture_output=True, text=True, check=False)
        return done.stdout.strip() if done.returncode == 0 else None

    def run(self, name: str, job: dict[str, Any]) -> dict[str, Any]:
        """What ``rules_peers`` says of one peer. Raises NoPeer BENCH-02."""
        script = Path(__file__).with_name("rules_peers.py")
        try:
            done = subprocess.run(
                [str(self.python), "-I", str(script), name],
                input=json.dumps(job),
                capture_output=True,
                text=True,
                timeout=RUN_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired as cause:
            raise NoPeer("BENCH-02", f"{name} took more than {RUN_SECONDS} s") from cause
        if done.returncode != 0:
            raise NoPeer("BENCH-02", f"{name} failed: {_last(done.stderr)}")
        found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return found

    def _call(self, command: list[str], what: str) -> None:
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False)
        except (OSError, subprocess.TimeoutExpired) as cause:
            raise NoPeer("BENCH-01", f"{what}: {cause}") from cause
        if done.returncode != 0:
            raise NoPeer("BENCH-01", f"{what}: {_last(done.stderr)}")


def _last(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1][:300] if lines else "no message"
