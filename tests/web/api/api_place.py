"""What the API's tests share: somebody who speaks to it, and the people and flow they meet there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from engine.app import Engine
from engine.domain.access import SYSTEM, Role
from engine.domain.clock import FixedClock
from engine.domain.commands import AddTeam, AddUser, Deploy, IssueToken
from engine.domain.values import FileIn

MODELS = Path(__file__).parents[2] / "models"
REVIEW = ("api-review.bpmn", "api-review-form.json")
PASSWORD = "correct horse battery"


@dataclass
class Api:
    """A client that speaks for somebody."""

    app: Flask
    engine: Engine
    clock: FixedClock
    tokens: dict[str, str]

    def __call__(self, who: str | None, method: str, path: str, json: Any = None, **more: Any) -> TestResponse:
        headers = dict(more.pop("headers", {}))
        if who is not None:
            headers["Authorization"] = f"Bearer {self.tokens[who]}"
        client: FlaskClient = self.app.test_client()
        return client.open(f"/api/v1{path}", method=method, json=json, headers=headers, **more)

    def start(self, ticket: str = "T-1", **more: Any) -> dict[str, Any]:
        """A started review, as the API answered."""
        got = self("employee", "POST", "/instances", {"key": "api-review", "variables": {"ticket": ticket}, **more})
        assert got.status_code == 201, got.text
        return dict(got.json)

    def code(self, response: TestResponse) -> tuple[int, str]:
        """Status and code of a problem, whose form is checked too."""
        assert response.mimetype == "application/problem+json", response.text
        body = response.json
        assert body["status"] == response.status_code
        assert body["detail"]
        assert body["title"]
        assert body["type"] == f"urn:crmflow:error:{body['code']}"
        return response.status_code, body["code"]


def furnish(engine: Engine) -> dict[str, str]:
    """One user per role (login = role), a second employee, the team sales; login → token."""
    engine.do(AddTeam("sales", by=SYSTEM, name="Sales"))
    people = [(role.value, role.value) for role in Role] + [("rival", "employee"), ("stranger", "employee")]
    for login, role in people:
        teams = () if login == "stranger" else ("sales",)
        engine.do(AddUser(login, by=SYSTEM, name=login.title(), password=PASSWORD, roles=(role,), teams=teams))
    engine.do(Deploy(tuple(FileIn(n, (MODELS / n).read_bytes()) for n in REVIEW), by=SYSTEM, publish=True))
    return {login: engine.do(IssueToken(login, by=SYSTEM)) for login, _ in people}
