"""schemathesis reads the document and looks for a request that ends in a 5xx, or an answer the document denies."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import schemathesis
from api_place import Api, furnish
from hypothesis import HealthCheck, Phase, given, settings, strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from engine.app import Engine
from engine.domain.access import SYSTEM
from engine.domain.clock import FixedClock
from engine.domain.commands import SaveRecord
from engine.domain.questions import ListDefinitions
from engine.settings import Settings
from tests.databases import copied
from webui import create_app
from webui.api.routes import ROUTES
from webui.api.routing import Route

pytestmark = pytest.mark.prove
EXAMPLES = 40 if os.environ.get("CRMFLOW_PROVE") == "1" else 4
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


@pytest.fixture(
    scope="module",
    params=["sqlite", pytest.param("postgresql", marks=[pytest.mark.postgres, pytest.mark.prove(only=True)])],
)
def place(request: pytest.FixtureRequest) -> Iterator[Api]:
    """One database for all requests: what one leaves behind, the next one meets."""
    clock = FixedClock(datetime(2026, 3, 2, 9, 0, tzinfo=UTC))
    if request.param == "sqlite":
        file, tokens = request.getfixturevalue("furnished")
        path = request.getfixturevalue("tmp_path_factory").mktemp("fuzz") / "crmflow.sqlite"
        copied(file, path)
        engine = Engine.open(f"sqlite:///{path}", clock=clock, settings=Settings(long_polls=0))
    else:
        server = request.getfixturevalue("server")
        url = server.fresh(template=request.getfixturevalue("postgres_template"))
        engine = Engine.open(url, clock=clock, settings=Settings(long_polls=0))
        tokens = furnish(engine)
    yield Api(create_app(engine, {"TESTING": True}), engine, clock, tokens)
    engine.close()


@pytest.fixture(scope="module")
def ids(place: Api) -> dict[str, Any]:
    """Things that exist, by the name of the path parameter."""
    record = place.engine.do(SaveRecord("account", by=SYSTEM, data={"name": "Fuzz & Co"}))
    definition = place.engine.ask(ListDefinitions(SYSTEM)).items[0]
    return {
        "record_id": lambda: record.id,
        "definition_id": lambda: definition.id,
        "key": lambda: "api-review",
        "instance_id": lambda: place.start()["instance_id"],
        "task_id": lambda: place.start()["tasks"][0],
    }


@pytest.fixture(scope="module")
def document(place: Api) -> Any:
    return schemathesis.openapi.from_wsgi("/api/v1/openapi.json", place.app)


@pytest.mark.parametrize("route", ROUTES, ids=[route.name for route in ROUTES])
def test_no_request_ends_in_a_5xx(route: Route, document: Any, place: Api, ids: dict[str, Any]) -> None:
    operation = document[route.path][route.method]
    token = place.tokens["administrator"]

    @settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
    @given(case=st.one_of(*(operation.as_strategy(generation_mode=mode) for mode in GenerationMode)))
    def look(case: Any) -> None:
        for name, value in case.path_parameters.items():
            if name in ids and len(str(value)) % 2:  # half of the time something that is there
                case.path_parameters[name] = ids[name]()
        place.clock.move(timedelta(seconds=1))  # the rate limit is another test's matter
        response = case.call(headers={"Authorization": f"Bearer {token}"})
        assert response.status_code != 429
        case.validate_response(response, checks=CHECKS)

    look()
