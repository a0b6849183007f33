"""Pages over a real database: one person of each role, two teams, a published flow with a form, a table and a timer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from pages_house import House, furnish

from engine.app import Engine
from engine.domain.clock import FixedClock
from tests.databases import copied
from webui import create_app
from webui.pages import login


@pytest.fixture(scope="session")
def furnished(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with people and the flow, to copy from."""
    path = tmp_path_factory.mktemp("pages") / "crmflow.sqlite"
    copied(sqlite_template, path)
    engine = Engine.open(f"sqlite:///{path}")
    furnish(engine)
    engine.close()
    return path


@pytest.fixture
def house(furnished: Path, tmp_path: Path, clock: FixedClock) -> Iterator[House]:
    """The furnished database, its engine with a fixed clock, and the application (CSRF checks off)."""
    path = tmp_path / "pages.sqlite"
    copied(furnished, path)
    engine = Engine.open(f"sqlite:///{path}", clock=clock)
    login.failures.forget()
    yield House(engine, create_app(engine, {"TESTING": True, "WTF_CSRF_ENABLED": False}), clock)
    engine.close()


@pytest.fixture
def enter(house: House) -> Callable[[str], FlaskClient]:
    """``enter("alice")``: a browser in which alice is logged in."""

    def log_in(who: str) -> FlaskClient:
        # The session as log-in leaves it; the password's slow check has tests of its own.
        client = house.app.test_client()
        with client.session_transaction() as session:
            session["_user_id"] = f"{house.actor(who).stamp}:{who}"
        return client

    return log_in
