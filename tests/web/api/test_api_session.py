"""The browser's session works too, and then a change needs the CSRF token."""

from __future__ import annotations

import re
from typing import Any

from flask.testing import FlaskClient

PASSWORD = "correct horse battery"
TOKEN = re.compile(r'(?:name="csrf_token"[^>]*value|name="csrf-token"[^>]*content)="([^"]+)"')


def logged_in(api: Any) -> tuple[FlaskClient, str]:
    """A browser that has logged in as the employee, and the CSRF token its pages carry."""
    client = api.app.test_client()
    found = TOKEN.search(client.get("/login").text)
    assert found
    form = {"login": "employee", "password": PASSWORD, "csrf_token": found[1]}
    assert client.post("/login", data=form).status_code == 302
    found = TOKEN.search(client.get("/inbox").text)
    assert found
    return client, found[1]


def test_session_reads(api: Any) -> None:
    client, _ = logged_in(api)
    assert client.get("/api/v1/me").json["login"] == "employee"


def test_change_needs_the_csrf_token(api: Any) -> None:
    client, token = logged_in(api)
    task = api.start()["tasks"][0]
    bare = client.post(f"/api/v1/tasks/{task}/claim", json={})
    assert api.code(bare) == (403, "CRM-319")
    wrong = client.post(f"/api/v1/tasks/{task}/claim", json={}, headers={"X-CSRFToken": "nonsense"})
    assert api.code(wrong) == (403, "CRM-319")
    good = client.post(f"/api/v1/tasks/{task}/claim", json={}, headers={"X-CSRFToken": token})
    assert good.status_code == 200, good.text


def test_token_needs_no_csrf(api: Any) -> None:
    task = api.start()["tasks"][0]
    assert api("employee", "POST", f"/tasks/{task}/claim", {}).status_code == 200
