"""The edge: what cannot be meant is refused with a problem that says where and how to mend it; never a 5xx."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from engine.domain.clock import FixedClock
from engine.domain.commands import Command
from engine.store.queries import seal
from webui.api.limits import Bucket
from webui.api.routes import ROUTES


def send(api: Any, raw: bytes, path: str = "/instances", kind: str = "application/json") -> Any:
    return api("employee", "POST", path, data=raw, content_type=kind)


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "CRM-041"),
        (b"{", "CRM-040"),
        (b"[]", "CRM-041"),
        (b'"text"', "CRM-041"),
        (b'{"key": "x", "more": 1}', "CRM-041"),
        (b'{"key": 7}', "CRM-041"),
        (b'{"key": ""}', "CRM-041"),
        (b'{"key": "' + b"x" * 300 + b'"}', "CRM-041"),
        (b'{"key": "a\\u0000b"}', "CRM-043"),
        (b'{"key": "\\ud800"}', "CRM-040"),
        (b'{"key": "\xff"}', "CRM-040"),
        (b'{"key": "x", "variables": {"a\\u0000": 1}}', "CRM-043"),
        (b'{"key": "x", "variables": {"n": NaN}}', "CRM-040"),
        (b'{"key": "x", "variables": {"n": 1e999}}', "CRM-044"),
        (b'{"key": "x", "variables": {"n": ' + b"9" * 30 + b"}}", "CRM-044"),
        (b'{"key": "x", "variables": {"n": ' + b"9" * 5000 + b"}}", "CRM-040"),
        (b'{"key": "x", "variables": {"n": ' + b"[" * 100 + b"]" * 100 + b"}}", "CRM-044"),
        (b'{"key": "x", "variables": {"n": ' + b"[" * 100_000 + b"]" * 100_000 + b"}}", "CRM-040"),
    ],
)
def test_body_that_cannot_be_meant(api: Any, raw: bytes, code: str) -> None:
    assert api.code(send(api, raw)) == (400, code)


def test_fields_are_named(api: Any) -> None:
    got = api("employee", "POST", "/instances", {"key": 7, "variables": {}, "more": 1})
    assert set(got.json["fields"]) == {"key", "more"}
    assert got.json["fix"]


PAGED = [route.name for route in ROUTES if route.query is not None and "cursor" in route.query.model_fields]
#: Cursors somebody made up: no cursor, a number no database holds, keys of another list, and larger than a column.
MADE_UP = ("nothing", "9" * 30, seal(["a"]), seal([2**40]), seal([2**40, "a"]), seal([datetime(1, 1, 1, tzinfo=UTC)]))


@pytest.mark.parametrize("name", PAGED)
def test_a_cursor_somebody_made_up_breaks_nothing(api: Any, name: str) -> None:
    (route,) = (one for one in ROUTES if one.name == name)
    path = re.sub(r"{\w+}", "nothing", route.path)
    for cursor in MADE_UP:
        got = api("administrator", route.method, path, query_string={"cursor": cursor})
        # Where the next page begins after a name, any text is one.
        assert got.status_code in (200, 404) or api.code(got) == (400, "CRM-012"), (cursor, got.text)


def test_other_media_are_refused(api: Any) -> None:
    assert api.code(send(api, b"key=x", kind="application/x-www-form-urlencoded")) == (415, "CRM-045")
    assert api.code(send(api, b"<x/>", kind="application/xml")) == (415, "CRM-045")


def test_too_large_a_body(api: Any) -> None:
    raw = b'{"key": "' + b"x" * (1 << 20) + b'"}'
    assert api.code(send(api, raw)) == (413, "CRM-046")


@pytest.mark.parametrize(
    "query",
    ["?limit=0", "?limit=201", "?limit=x", "?unknown=1", "?limit=1&limit=2", "?box=other", "?due_before=yesterday",
     "?due_before=2026-01-01T00:00:00", "?due_before=0001-01-01T00:00:00%2B14:00", "?cursor="],
)  # fmt: skip
def test_query_that_cannot_be_meant(api: Any, query: str) -> None:
    assert api.code(api("employee", "GET", f"/tasks{query}")) == (400, "CRM-042")


@pytest.mark.parametrize("cursor", ["nonsense", "AAAA", "%F0%9F%98%80", "0", "e30", "bnVsbA", "WzFd"])
def test_made_up_cursor(api: Any, cursor: str) -> None:
    lists = ("/tasks", "/instances", "/records", "/people", "/definitions", "/notifications", "/timers", "/jobs",
             "/incidents")  # fmt: skip
    for path in (*lists, "/audit"):
        got = api("administrator", "GET", f"{path}?cursor={cursor}")
        assert got.status_code in (200, 400), (path, got.text)


@pytest.mark.parametrize("path", ["/tasks?search=a%00b", "/tasks/a%00b", "/records?kind=%00"])
def test_nul_in_the_address(api: Any, path: str) -> None:
    assert api.code(api("employee", "GET", path)) == (400, "CRM-043")


def test_unknown_address_and_method(api: Any) -> None:
    assert api.code(api("employee", "GET", "/nothing")) == (404, "CRM-440")
    got = api("employee", "DELETE", "/tasks")
    assert api.code(got) == (405, "CRM-441")
    assert "GET" in got.headers["Allow"]


@pytest.mark.parametrize("path", ["/tasks/x", "/instances/x", "/records/x", "/definitions/x", "/imports/x"])
def test_unknown_thing(api: Any, path: str) -> None:
    status, code = api.code(api("administrator", "GET", path))
    assert (status, code[:5]) == (404, "CRM-4")


def test_headers_are_read_strictly(api: Any) -> None:
    body = {"key": "api-review"}
    bad = api("employee", "POST", "/instances", body, headers={"Idempotency-Key": "x" * 201})
    assert api.code(bad) == (400, "CRM-047")
    task = api.start()["tasks"][0]
    assert api.code(api("employee", "POST", f"/tasks/{task}/claim", {}, headers={"If-Match": '"x"'}))[0] == 412
    assert api("employee", "POST", f"/tasks/{task}/claim", {}, headers={"If-Match": "*"}).status_code == 200


#: Issue 2, "What it must show" 6: not BPMN, and what happens.
STRANGE = {
    "empty": b"",
    "png": b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
    "broken": b"<?xml version='1.0'?><bpmn:definitions xmlns:bpmn='http://www.omg.org/spec/BPMN/20100524/MODEL'><a>",
    "xxe": b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>',
    "laughs": b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><x>&b;</x>',
    "huge": b"<x>" + b" " * 50_000_000,
    "json": b'{"not": "a form"}',
    "deep": b"{" + b'"a":{' * 20_000,
}


@pytest.mark.parametrize("name", STRANGE)
@pytest.mark.parametrize("path", ["/deployments", "/lint"])
def test_upload_that_is_no_model(api: Any, name: str, path: str) -> None:
    part = f'--cut\r\nContent-Disposition: form-data; name="file"; filename="{name}.bpmn"\r\n\r\n'
    body = part.encode() + STRANGE[name] + b"\r\n--cut--\r\n"
    got = api("designer", "POST", path, data=body, content_type="multipart/form-data; boundary=cut")
    if path == "/lint":
        assert got.status_code == 200, got.text
        findings = got.json
    else:
        assert api.code(got)[0] == 422
        findings = got.json["findings"]
    errors = [one for one in findings if one["severity"] == "error"]
    assert errors
    assert errors[0]["file"] == f"{name}.bpmn"
    assert errors[0]["fix"]
    assert b"root:" not in got.data
    assert len(api("designer", "GET", "/definitions").json["items"]) == 1


def test_upload_without_a_file(api: Any) -> None:
    got = api("designer", "POST", "/deployments", data={"publish": "true"}, content_type="multipart/form-data")
    assert api.code(got) == (400, "CRM-049")


def test_limiter_is_asked_before_anything_is_done(opened: Callable[..., Any]) -> None:
    clock = FixedClock(datetime(2026, 1, 1, tzinfo=UTC))
    api = opened(API_LIMITER=Bucket(clock, rate=0.5, burst=2))
    assert [api("employee", "GET", "/me").status_code for _ in range(3)] == [200, 200, 429]
    got = api("employee", "GET", "/me")
    assert api.code(got) == (429, "CRM-320")
    assert got.headers["Retry-After"] == "2"
    assert api("manager", "GET", "/me").status_code == 200, "each person has their own"
    clock.move(timedelta(seconds=2))
    assert api("employee", "GET", "/me").status_code == 200


def test_unforeseen_error_is_a_problem_without_its_cause(api: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: Command[Any]) -> None:
        raise ZeroDivisionError("a secret")

    monkeypatch.setattr(api.engine, "do", broken)
    got = api("employee", "POST", "/instances", {"key": "api-review"})
    assert api.code(got) == (500, "CRM-690")
    assert "secret" not in got.text
