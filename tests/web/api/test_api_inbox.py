"""The inbox over REST: boxes and conditions, filters, what lies around a task, changes to many with their undo."""

from __future__ import annotations

import base64
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest

from engine.domain.desk import PrioritiseTask
from engine.domain.questions import ActorNamed


def one(api: Any, ticket: str = "T-1") -> str:
    """A task that the employee has claimed."""
    task_id = str(api.start(ticket)["tasks"][0])
    assert api("employee", "POST", f"/tasks/{task_id}/claim", {}).status_code == 200
    return task_id


def ids(api: Any, who: str, query: str) -> list[str]:
    got = api(who, "GET", f"/tasks?{query}")
    assert got.status_code == 200, got.text
    return [row["id"] for row in got.json["items"]]


def test_boxes_conditions_and_order(api: Any) -> None:
    mine, other = one(api), one(api, "T-2")
    put = api("employee", "PUT", f"/tasks/{other}/priority", {"priority": 90})
    assert (put.status_code, put.json["priority"], put.headers["ETag"]) == (200, 90, '"2"')
    assert set(ids(api, "employee", "box=mine")) == {mine, other}
    assert ids(api, "employee", "box=mine&sort=priority&priority=80") == [other]
    assert api("employee", "GET", "/tasks/count?box=mine&priority=80").json == {"count": 1}
    assert ids(api, "employee", "flow=nothing") == []
    assert ids(api, "employee", "flow=two-task&definition_key=nothing") == []  # all conditions hold together
    assert ids(api, "employee", "due=overdue&due_before=2030-01-01T00:00:00Z") == []
    until = (api.clock.now() + timedelta(days=1)).isoformat()
    assert api("employee", "POST", f"/tasks/{mine}/postpone", {"until": until}).status_code == 200
    assert (ids(api, "employee", "box=later"), ids(api, "employee", "box=mine")) == ([mine], [other])
    assert api.code(api("employee", "GET", "/tasks?due=soonish")) == (400, "CRM-042")
    assert api.code(api("employee", "GET", "/tasks?box=all")) == (403, "CRM-310")
    assert set(ids(api, "manager", "box=all&assignee=employee&sort=newest")) == {other, mine}


def test_filters_are_kept_changed_and_counted(api: Any) -> None:
    one(api)
    body = {"name": "Mine", "wanted": {"box": "mine", "priority": 40}, "colour": "red", "team": "sales"}
    made = api("employee", "POST", "/filters", body)
    assert (made.status_code, made.json["count"], made.json["wanted"]["priority"]) == (201, 1, 40)
    address = f"/filters/{made.json['id']}"
    assert [row["count"] for row in api("rival", "GET", "/filters").json] == [0]
    assert api.code(api("rival", "PUT", address, body)) == (404, "CRM-424")
    assert api("employee", "PUT", address, {**body, "name": "Own"}).json["name"] == "Own"
    wrong = api("employee", "POST", "/filters", {"name": "x", "wanted": {"colour": "x"}})
    assert api.code(wrong) == (400, "CRM-041")
    assert api("employee", "DELETE", address).status_code == 204
    assert api("employee", "GET", "/filters").json == []


def test_around_a_task(api: Any) -> None:
    task = f"/tasks/{one(api)}"
    said = api("employee", "POST", f"{task}/comments", {"text": "@rival please look"})
    assert (said.status_code, said.json["mentions"], "Location" in said.headers) == (201, ["rival"], False)
    todo = api("employee", "POST", f"{task}/todos", {"text": "Call"}).json
    assert api("employee", "PATCH", f"{task}/todos/{todo['id']}", {"done": True}).json["done"] is True
    content = base64.b64encode(b"what was said").decode()
    kept = api("employee", "POST", f"{task}/attachments", {"files": [{"name": "note.txt", "content": content}]})
    sent = api("employee", "POST", f"{task}/attachments", data={"file": (BytesIO(b"more"), "more.txt")})
    assert (kept.status_code, sent.status_code) == (201, 201), (kept.text, sent.text)
    got = api("employee", "GET", kept.headers["Location"].removeprefix("/api/v1"))
    assert (got.data, got.headers["X-Content-Type-Options"]) == (b"what was said", "nosniff")
    assert api.code(api("employee", "POST", f"{task}/attachments", {"files": []})) == (400, "CRM-049")
    spoilt = {"files": [{"name": "note.txt", "content": "!!!-_"}]}
    assert api("employee", "POST", f"{task}/attachments", spoilt).status_code == 400
    nothing = {"action": "comment", "tasks": [task.rsplit("/", 1)[1]], "text": None}
    assert api("employee", "POST", "/sweeps", nothing).status_code == 400
    assert api("rival", "PUT", f"{task}/follow", {"follow": False}).json == {"following": False}
    desk = api("employee", "GET", f"{task}/desk").json
    assert {file["name"] for file in desk["attachments"]} == {"note.txt", "more.txt"}  # kept in the same instant
    assert ([t["done"] for t in desk["todos"]], len(desk["comments"])) == ([True], 1)
    assert api.code(api("stranger", "GET", f"{task}/desk")) == (404, "CRM-403")


def test_changes_name_the_revision_they_were_made_from(api: Any) -> None:
    task = f"/tasks/{one(api)}"
    old = {"If-Match": '"0"'}
    changes = {
        "priority": ("PUT", {"priority": 10}),
        "due": ("PUT", {"due_at": None}),
        "postpone": ("POST", {"until": None}),
        "delegate": ("POST", {"to": "rival"}),
    }
    for name, (method, body) in changes.items():
        assert api.code(api("employee", method, f"{task}/{name}", body, headers=old)) == (412, "CRM-290"), name
    tag = api("employee", "GET", task).headers["ETag"]
    given = api("employee", "POST", f"{task}/delegate", {"to": "rival"}, headers={"If-Match": tag})
    assert (given.status_code, given.json["delegated_by"]) == (200, "employee")
    back = api("rival", "POST", f"{task}/resolve", {"note": "done"}, headers={"If-Match": given.headers["ETag"]})
    assert back.json["assignee"] == "employee"
    assert api.code(api("employee", "POST", f"{task}/resolve", {})) == (409, "CRM-216")


def test_many_at_once_with_preview_results_and_one_undo(api: Any) -> None:
    first, second = one(api), one(api, "T-2")
    body = {"action": "prioritise", "tasks": [first, second, "nothing"], "priority": 80, "revisions": {first: 1}}
    tried = api("employee", "POST", "/sweeps/preview", body).json
    assert [item["state"] for item in tried] == ["done", "done", "failed"]
    headers = {"Idempotency-Key": "k-1"}
    made = api("employee", "POST", "/sweeps", body, headers=headers)
    assert made.status_code == 201, made.text
    assert [(item["state"], item["code"]) for item in made.json["items"]] == [
        ("done", ""), ("done", ""), ("failed", "CRM-403")
    ]  # fmt: skip
    again = api("employee", "POST", "/sweeps", body, headers=headers)
    assert (again.status_code, again.json["id"]) == (200, made.json["id"])
    api.engine.do(PrioritiseTask(second, api.engine.ask(ActorNamed("manager")), 5))
    address = made.headers["Location"].removeprefix("/api/v1")
    undone = api("employee", "POST", f"{address}/undo", {}).json
    assert [(item["state"], item["by"]) for item in undone["items"]] == [
        ("undone", ""), ("kept", "manager"), ("failed", "")
    ]  # fmt: skip
    assert api.code(api("employee", "POST", f"{address}/undo", {})) == (409, "CRM-218")
    assert api.code(api("rival", "GET", address)) == (404, "CRM-425")
    assert api.code(api("employee", "POST", "/sweeps", {**body, "priority": None})) == (400, "CRM-085")


def test_done_and_columns(api: Any) -> None:
    task = one(api)
    done = api("employee", "GET", "/tasks/done").json
    assert done["items"] == []
    assert api("employee", "GET", "/inbox/columns").json == {"columns": ["flow", "assignee"]}
    chosen = api("employee", "PUT", "/inbox/columns", {"columns": ["segment", "amount"]})
    assert chosen.json == {"columns": ["segment", "amount"]}
    assert task in ids(api, "employee", "box=visible")


@pytest.mark.parametrize("text", ["20260301", "1772355600", 1772355600, "2026-03-01", "2026-03-01T00:00"])
def test_a_moment_is_written_out_with_its_offset(api, text):
    task = api.start()["tasks"][0]
    given = api("manager", "PUT", f"/tasks/{task}/due", {"due_at": text})
    assert api.code(given) == (400, "CRM-041"), "digits alone are no seconds since 1970"
    assert api.code(api("manager", "GET", f"/tasks?due_before={text}")) == (400, "CRM-042")
    put = api("manager", "PUT", f"/tasks/{task}/due", {"due_at": "2026-03-08T09:00:00.5+05:30"})
    assert (put.status_code, put.json["due_at"]) == (200, "2026-03-08T03:30:00.500000Z")
