"""An API over a real database with one person of each role, a token each, and a published flow."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from api_place import Api, furnish

from engine.app import Engine
from engine.domain.clock import FixedClock
from tests.databases import copied
from webui import create_app


@pytest.fixture(scope="session")
def furnished(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """A database file with people and the flow, to copy from."""
    path = tmp_path_factory.mktemp("api") / "crmflow.sqlite"
    copied(sqlite_template, path)
    engine = Engine.open(f"sqlite:///{path}")
    tokens = furnish(engine)
    engine.close()
    return path, tokens


@pytest.fixture
def opened(furnished: tuple[Path, dict[str, str]], tmp_path: Path) -> Iterator[Callable[..., Api]]:
    """Opens the API on its own copy of the database, with Flask's configuration changed as given."""
    engines: list[Engine] = []

    def make(**config: Any) -> Api:
        path = tmp_path / f"api{len(engines)}.sqlite"
        copied(furnished[0], path)
        clock = FixedClock(datetime(2026, 3, 2, 9, 0, tzinfo=UTC))
        engine = Engine.open(f"sqlite:///{path}", clock=clock)
        engines.append(engine)
        return Api(create_app(engine, {"TESTING": True, **config}), engine, clock, furnished[1])

    yield make
    for engine in engines:
        engine.close()


@pytest.fixture
def api(opened: Callable[..., Api]) -> Api:
    """The API as it comes."""
    return opened()
