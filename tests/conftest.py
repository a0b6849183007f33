"""What every test may ask for: a fixed clock, a real database, the third-party suites, the real data, a browser.

Reduced counts by default; ``CRMFLOW_PROVE=1`` runs them in full. What the machine lacks is skipped with a
message that says how to enable it; under ``CRMFLOW_REQUIRE_ALL=1`` it fails instead.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Generator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

import pytest
from hypothesis import HealthCheck, settings

from engine.app import Engine
from engine.domain.clock import FixedClock
from engine.store.servers import Server, find_binaries
from tests.databases import Recycled, copied

ROOT = Path(__file__).parents[1]
PROVE = os.environ.get("CRMFLOW_PROVE") == "1"
REQUIRE_ALL = os.environ.get("CRMFLOW_REQUIRE_ALL") == "1"

settings.register_profile("crmflow", deadline=None, derandomize=not PROVE, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("crmflow")


def lacking(what: str, how: str) -> NoReturn:
    """Skip (or, where everything is required, fail) with a message that says how to enable the test."""
    text = f"{what} is not here; to run this test {how}"
    if REQUIRE_ALL:
        pytest.fail(text)
    pytest.skip(text)


@pytest.fixture(scope="session")
def many() -> Callable[[int, int], int]:
    """``many(few, all)``: the count for this run."""
    return lambda few, full: full if PROVE else few


@pytest.fixture(scope="session")
def suites() -> Path:
    """Third-party conformance material."""
    path = Path(os.environ.get("CRMFLOW_SUITES", ROOT.parent / "shared" / "suites"))
    if not path.is_dir():
        lacking(f"The folder of third-party suites ({path})", "set CRMFLOW_SUITES")
    return path


@pytest.fixture(scope="session")
def data() -> Path:
    """Real data sets."""
    path = Path(os.environ.get("CRMFLOW_DATA", ROOT.parent / "shared" / "data"))
    if not path.is_dir():
        lacking(f"The folder of real data ({path})", "set CRMFLOW_DATA")
    return path


@pytest.fixture
def clock() -> FixedClock:
    """Monday, 2 March 2026, 09:00 UTC: a working day without a holiday or DST change near it."""
    return FixedClock(datetime(2026, 3, 2, 9, 0, tzinfo=UTC))


# --- databases: one migrated template each, copied for every test -----------------------------------


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A private PostgreSQL server for the whole run (no fsync: nobody pulls the plug)."""
    if find_binaries() is None:
        lacking("PostgreSQL", "install the package 'postgresql' (it need not be running)")
    server = Server(durable=False).start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def postgres_template(server: Server) -> str:
    """Name of a migrated database to copy from."""
    url = server.fresh()
    engine = Engine.open(url)
    engine.migrate()
    engine.close()
    return url.rsplit("/", 1)[1]


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated database file to copy from."""
    path = tmp_path_factory.mktemp("template") / "crmflow.sqlite"
    engine = Engine.open(f"sqlite:///{path}")
    engine.migrate()
    engine.close()
    return path


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """URL of a fresh migrated SQLite database."""
    copied(sqlite_template, tmp_path / "crmflow.sqlite")
    return f"sqlite:///{tmp_path / 'crmflow.sqlite'}"


@pytest.fixture(scope="session")
def recycled(server: Server, postgres_template: str) -> Recycled:
    return Recycled(server, postgres_template)


@pytest.fixture
def postgres_url(recycled: Recycled) -> Iterator[str]:
    """URL of an empty migrated PostgreSQL database."""
    url = recycled.take()
    yield url
    recycled.give(url)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest) -> str:
    """The one suite on both databases."""
    return str(request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url"))


@pytest.fixture
def engine(database_url: str, clock: FixedClock) -> Iterator[Engine]:
    """An engine on a fresh migrated database, with the fixed clock; the test runs once per database."""
    engine = Engine.open(database_url, clock=clock)
    yield engine
    engine.close()


@pytest.fixture
def lite(sqlite_url: str, clock: FixedClock) -> Iterator[Engine]:
    """An engine on SQLite only, for what does not depend on the database."""
    engine = Engine.open(sqlite_url, clock=clock)
    yield engine
    engine.close()


@pytest.fixture
def postgres(postgres_url: str, clock: FixedClock) -> Iterator[Engine]:
    """An engine on PostgreSQL only, for races."""
    engine = Engine.open(postgres_url, clock=clock)
    yield engine
    engine.close()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What counts with ``many`` is a long run; what has no reduced form (``only=True``) is not in the default run.

    The longest (``first=True``) begin the run: side by side, nothing then waits for one that began last.
    """
    for item in items:
        if "many" in getattr(item, "fixturenames", ()):
            item.add_marker("prove")
        if PROVE and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(1500))
    if PROVE:
        items.sort(key=lambda item: not any(mark.kwargs.get("first") for mark in item.iter_markers("prove")))
        return
    long = [i for i in items if (mark := i.get_closest_marker("prove")) and mark.kwargs.get("only")]
    config.hook.pytest_deselected(items=long)
    items[:] = [i for i in items if i not in long]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where everything is required, a skip is a failure."""
    report = yield
    if REQUIRE_ALL and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
    return report


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of the browser that Playwright drives."""
    named = os.environ.get("CRMFLOW_CHROMIUM")
    found = named or next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        lacking("Chromium", "install the package 'chromium' or set CRMFLOW_CHROMIUM")
    return found
