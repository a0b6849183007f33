"""What every test may ask for: a fixed clock, a real database, the third-party suites, the real data, a browser.

Reduced counts by default; ``CRMFLOW_PROVE=1`` runs them in full. What the machine lacks is skipped with a
message that says how to enable it; under ``CRMFLOW_REQUIRE_ALL=1`` it fails instead.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

import pytest
from hypothesis import HealthCheck, settings

from engine.domain.clock import FixedClock

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
