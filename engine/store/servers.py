"""Databases for one run: a fresh SQLite file, or a private PostgreSQL server that stops with the process.

``--db sqlite`` and ``--db postgresql`` of the command line and the test suite come here.
"""

from __future__ import annotations

import atexit
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.domain.errors import Unavailable

_FAST = "fsync = off\nsynchronous_commit = off\nfull_page_writes = off\n"
_CONFIG = """
listen_addresses = '127.0.0.1'
max_connections = 200
shared_buffers = '128MB'
unix_socket_directories = ''
logging_collector = off
timezone = 'UTC'
"""

# The server goes when our end of the pipe closes, also when we are killed and can stop nothing ourselves.
_KEEPER = """
exec 3<&0
folder=$1; shift
"$@" & server=$!
(read -r _ <&3; : > "$folder/over"; kill -INT $server 2>/dev/null) & reader=$!
wait $server; code=$?
while kill -0 $server 2>/dev/null; do wait $server; done
kill $reader 2>/dev/null
if [ -e "$folder/over" ]; then rm -rf "$folder"; fi
exit $code
"""


def sqlite_url() -> str:
    """The URL of a fresh SQLite file in a temporary folder that goes with the process."""
    folder = tempfile.mkdtemp(prefix="crmflow-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return f"sqlite:///{folder}/crmflow.sqlite"


def find_binaries() -> Path | None:
    """The folder with ``initdb`` and ``postgres``: from PATH, else the newest of Debian's folders."""
    found = shutil.which("initdb")
    if found and (Path(found).parent / "postgres").exists():
        return Path(found).parent
    folders = [path for path in Path("/usr/lib/postgresql").glob("*/bin") if (path / "initdb").exists()]
    return max(folders, key=lambda path: int(path.parent.name)) if folders else None


@dataclass
class Server:
    """A private PostgreSQL server on a free loopback port, its data in a temporary folder."""

    durable: bool = True  # False: no fsync, for tests that do not kill the machine
    folder: Path = field(init=False)
    port: int = field(init=False)
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    databases: int = field(default=0, init=False)

    def start(self) -> Server:
        """Make the data folder and start. Raises ``Unavailable`` CRM-702 if the binaries are not installed."""
        binaries = find_binaries()
        if binaries is None:
            raise Unavailable(
                "CRM-702",
                "PostgreSQL's server programs were not found.",
                fix="Install the package 'postgresql', or give the URL of a running server.",
            )
        self.folder = Path(tempfile.mkdtemp(prefix="crmflow-pg-"))
        self.port = _free_port()
        owner = _plain_user()
        if owner is not None:
            os.chown(self.folder, owner.pw_uid, owner.pw_gid)
        data = self.folder / "data"
        self._run([binaries / "initdb", "-D", data, "-U", "crmflow", "-A", "trust", "-E", "UTF8", "--locale=C"], owner)
        with (data / "postgresql.conf").open("a") as file:
            file.write(_CONFIG if self.durable else _CONFIG + _FAST)
        log = (self.folder / "log").open("wb")
        self.process = subprocess.Popen(
            [
                "/bin/sh",
                "-c",
                _KEEPER,
                "sh",
                str(self.folder),
                str(binaries / "postgres"),
                "-D",
                str(data),
                "-p",
                str(self.port),
            ],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C at the terminal reaches us, and we stop it in order
            **_as_user(owner),
        )
        log.close()
        atexit.register(self.stop)
        self._await()
        return self

    def url(self, database: str = "postgres") -> str:
        return f"postgresql+psycopg://crmflow@127.0.0.1:{self.port}/{database}"

    def fresh(self, template: str = "template0") -> str:
        """The URL of a new database on this server: empty, or a copy of one that nobody is connected to."""
        import psycopg

        self.databases += 1
        name = f"crmflow_{self.databases}"
        with psycopg.connect(self._dsn(), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}".encode())
        return self.url(name)

    def drop(self, url: str) -> None:
        """Drop a database made by ``fresh``, whoever is still connected."""
        import psycopg

        with psycopg.connect(self._dsn(), autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {url.rsplit('/', 1)[1]} WITH (FORCE)".encode())

    def stop(self) -> None:
        """Stop (fast shutdown) and remove the data. Twice is fine."""
        process, self.process = self.process, None
        if process is None:
            return
        atexit.unregister(self.stop)
        if process.stdin is not None:
            process.stdin.close()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self._quit()
            process.wait(timeout=10)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _quit(self) -> None:
        """Immediate shutdown, by the process id the server itself wrote down."""
        written = self.folder / "data" / "postmaster.pid"
        if written.exists():
            os.kill(int(written.read_text().splitlines()[0]), signal.SIGQUIT)

    def _dsn(self) -> str:
        return f"host=127.0.0.1 port={self.port} user=crmflow dbname=postgres"

    def _run(self, command: list[str | Path], owner: pwd.struct_passwd | None) -> None:
        done = subprocess.run([str(part) for part in command], capture_output=True, check=False, **_as_user(owner))
        if done.returncode:
            raise Unavailable("CRM-702", f"initdb failed: {done.stderr.decode(errors='replace').strip()[-500:]}")

    def _await(self) -> None:
        """Return when the server answers; raise ``Unavailable`` CRM-702 with its log if it ends or takes a minute."""
        import psycopg

        pause = threading.Event()
        for _ in range(600):
            if self.process is None or self.process.poll() is not None:
                break
            try:
                psycopg.connect(self._dsn(), connect_timeout=2).close()
            except psycopg.OperationalError:
                pause.wait(0.1)
            else:
                return
        log = (self.folder / "log").read_text(errors="replace")[-800:]
        self.stop()
        raise Unavailable("CRM-702", f"the private PostgreSQL server did not start: {log}")


_shared: list[Server] = []
_lock = threading.Lock()


def postgresql_url() -> str:
    """The URL of a fresh database on this process's private PostgreSQL server (started at the first call)."""
    with _lock:
        if not _shared:
            _shared.append(Server().start())
        return _shared[0].fresh()


def resolve(name: str) -> str:
    """``sqlite`` → a fresh file, ``postgresql`` → a fresh private database, anything else is a URL already."""
    if name == "sqlite":
        return sqlite_url()
    if name in ("postgresql", "postgres"):
        return postgresql_url()
    return name


def _plain_user() -> pwd.struct_passwd | None:
    """Whom to run the server as: PostgreSQL refuses root. None = as we are."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise Unavailable("CRM-702", "PostgreSQL does not run as root and there is no other user.", fix="Run as one.")


def _as_user(owner: pwd.struct_passwd | None) -> dict[str, Any]:
    if owner is None:
        return {}
    return {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": [], "cwd": "/"}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
