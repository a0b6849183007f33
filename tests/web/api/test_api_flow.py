"""The daily job over REST alone: deploy, start, claim, complete, message, history; who was first is told."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

MODELS = Path(__file__).parents[2] / "models"


def test_ticket_from_start_to_end(api: Any) -> None:
    started = api.start("T-1", business_key="T-1")
    place = f"/instances/{started['instance_id']}"
    assert started["state"] == "active"

    inbox = api("employee", "GET", "/tasks?box=teams").json
    assert [task["name"] for task in inbox["items"]] == ["Review the ticket"]
    task = inbox["items"][0]["id"]
    assert [task] == started["tasks"]

    claimed = api("employee", "POST", f"/tasks/{task}/claim", {})
    assert claimed.json["assignee"] == "employee"
    assert claimed.headers["ETag"] == f'"{claimed.json["revision"]}"'

    form = api("employee", "GET", f"/tasks/{task}/form").json
    assert form["schema"]["id"] == "api-review-form"

    done = api("employee", "POST", f"/tasks/{task}/complete", {"data": {"answer": "Yes", "urgent": True}})
    assert done.status_code == 200, done.text
    assert done.json["instance_state"] == "active"

    sent = api("employee", "POST", "/messages", {"name": "api-reply", "correlation_key": "T-1", "payload": {"n": 1}})
    assert sent.status_code == 201, sent.text
    assert sent.json["outcome"] == "correlated"
    assert sent.headers["Location"] == f"/api/v1{place}"

    view = api("manager", "GET", place).json
    assert view["row"]["state"] == "completed"
    assert view["variables"]["answer"] == "Yes"
    history = api("manager", "GET", f"{place}/history").json["items"]
    assert {"Begin", "Review", "Reply", "Done"} <= {row["element_id"] for row in history}
    assert next(row for row in history if row["element_id"] == "Review")["by"] == "employee"


def test_second_completion_is_told_who_was_first(api: Any) -> None:
    task = api.start()["tasks"][0]
    assert api("employee", "POST", f"/tasks/{task}/complete", {"data": {"answer": "Yes"}}).status_code == 200
    got = api("rival", "POST", f"/tasks/{task}/complete", {"data": {"answer": "No"}})
    status, code = api.code(got)
    assert (status, code[:5]) == (409, "CRM-2")
    assert "employee" in got.json["detail"]
    assert "2026" in got.json["detail"]


def test_claimed_task_is_told_by_whom(api: Any) -> None:
    task = api.start()["tasks"][0]
    api("employee", "POST", f"/tasks/{task}/claim", {})
    got = api("rival", "POST", f"/tasks/{task}/claim", {})
    assert api.code(got) == (409, "CRM-203")
    assert got.json["assignee"] == "employee"


def test_release_and_reassign(api: Any) -> None:
    task = api.start()["tasks"][0]
    api("employee", "POST", f"/tasks/{task}/claim", {})
    assert api("employee", "POST", f"/tasks/{task}/release", {}).json["assignee"] is None
    got = api("manager", "POST", f"/tasks/{task}/reassign", {"to": "rival", "reason": "knows the customer"})
    assert got.json["assignee"] == "rival"
    assert [one["id"] for one in api("rival", "GET", "/tasks").json["items"]] == [task]


def test_form_is_checked_field_by_field(api: Any) -> None:
    task = api.start()["tasks"][0]
    missing = api("employee", "POST", f"/tasks/{task}/complete", {"data": {"urgent": True}})
    assert api.code(missing) == (422, "CRM-210")
    assert "answer" in missing.json["fields"]
    unknown = api("employee", "POST", f"/tasks/{task}/complete", {"data": {"answer": "x", "salary": 1}})
    assert unknown.status_code == 422
    assert api("employee", "GET", f"/tasks/{task}").json["row"]["state"] == "open"


def test_draft_comes_back(api: Any) -> None:
    task = api.start()["tasks"][0]
    api("employee", "POST", f"/tasks/{task}/claim", {})
    assert api("employee", "PUT", f"/tasks/{task}/draft", {"data": {"answer": "half a sen"}}).status_code == 204
    form = api("employee", "GET", f"/tasks/{task}/form").json
    assert form["draft"] is True
    assert form["data"]["answer"] == "half a sen"


def test_stranger_does_not_see_the_task(api: Any) -> None:
    task = api.start()["tasks"][0]
    got = api("stranger", "GET", f"/tasks/{task}")
    assert api.code(got)[0] in (403, 404)


def test_start_twice_with_one_key_starts_once(api: Any) -> None:
    body = {"key": "api-review", "variables": {"ticket": "T-7"}}
    key = {"Idempotency-Key": "a-b-c"}
    first = api("employee", "POST", "/instances", body, headers=key)
    again = api("employee", "POST", "/instances", body, headers=key)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json["repeated"] is True
    assert again.json["instance_id"] == first.json["instance_id"]
    assert len(api("manager", "GET", "/instances").json["items"]) == 1
    other = api("employee", "POST", "/instances", {**body, "variables": {"ticket": "T-8"}}, headers=key)
    assert api.code(other)[0] == 409


def test_message_twice_with_one_key_is_sent_once(api: Any) -> None:
    body = {"name": "api-reply", "correlation_key": "nobody waits"}
    key = {"Idempotency-Key": "m-1"}
    first = api("employee", "POST", "/messages", body, headers=key)
    again = api("employee", "POST", "/messages", body, headers=key)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json["message_id"] == first.json["message_id"]
    assert first.json["outcome"] == "buffered"


def test_stale_revision_changes_nothing(api: Any) -> None:
    task = api.start()["tasks"][0]
    got = api("employee", "POST", f"/tasks/{task}/claim", {}, headers={"If-Match": '"999"'})
    status, code = api.code(got)
    assert (status, code[:6]) == (412, "CRM-29")
    assert api("employee", "GET", f"/tasks/{task}").json["row"]["assignee"] is None
    tag = api("employee", "GET", f"/tasks/{task}").headers["ETag"]
    assert api("employee", "POST", f"/tasks/{task}/claim", {}, headers={"If-Match": tag}).status_code == 200


def test_cancel_keeps_the_reason(api: Any) -> None:
    started = api.start()
    got = api("manager", "POST", f"/instances/{started['instance_id']}/cancel", {"reason": "entered twice"})
    assert got.json["state"] == "cancelled"
    assert api("employee", "GET", "/tasks?box=teams").json["items"] == []
    audit = api("administrator", "GET", f"/audit?instance_id={started['instance_id']}").json["items"]
    assert "entered twice" in str(audit)


def test_timer_is_listed(api: Any) -> None:
    api.start()
    timers = api("manager", "GET", "/timers").json["items"]
    assert [timer["element_id"] for timer in timers] == ["Late"]
    assert timers[0]["due_at"] == (api.clock.now() + timedelta(hours=1)).isoformat().replace("+00:00", "Z")


def test_pages_follow_each_other(api: Any) -> None:
    begun = [api.start(f"T-{number}")["instance_id"] for number in range(5)]
    seen: list[str] = []
    path: str | None = "/instances?limit=2"
    while path:
        page = api("manager", "GET", path)
        seen += [row["id"] for row in page.json["items"]]
        link = page.headers.get("Link", "")
        path = link[link.index("<") + 8 : link.index(">")] if link else None
        assert bool(link) is bool(page.json["next"])
    assert sorted(seen) == sorted(begun)
    assert len(seen) == len(set(seen)) == 5


def test_definition_and_its_xml(api: Any) -> None:
    row = api("employee", "GET", "/definitions").json["items"][0]
    assert (row["key"], row["version"], row["state"]) == ("api-review", 1, "published")
    got = api("employee", "GET", f"/definitions/{row['id']}/xml")
    assert got.mimetype == "application/xml"
    assert got.data == (MODELS / "api-review.bpmn").read_bytes()
    known = {"If-None-Match": got.headers["ETag"]}
    assert api("employee", "GET", f"/definitions/{row['id']}/xml", headers=known).status_code == 304


def test_deploy_by_upload_and_by_json(api: Any) -> None:
    content = (MODELS / "race.bpmn").read_bytes()
    form = {"file": (BytesIO(content), "race.bpmn"), "publish": "true"}
    got = api("consultant", "POST", "/deployments", data=form, content_type="multipart/form-data")
    assert got.status_code == 201, got.text
    assert got.json["definitions"][0]["state"] == "published"
    same = {"files": [{"name": "race.bpmn", "content": content.decode()}]}
    again = api("designer", "POST", "/deployments", same).json
    assert again["unchanged"] == ["race.bpmn#race"]
    assert again["definitions"][0]["version"] == 1


def test_lint_gives_findings_and_keeps_nothing(api: Any) -> None:
    got = api("designer", "POST", "/lint", {"files": [{"name": "x.bpmn", "content": "<nonsense/>"}]})
    assert got.status_code == 200
    assert {"code", "severity", "message", "fix", "message_zh"} <= set(got.json[0])
    assert got.json[0]["severity"] == "error"
    assert len(api("designer", "GET", "/definitions").json["items"]) == 1


def test_record_is_changed_only_from_its_present_revision(api: Any) -> None:
    made = api("employee", "POST", "/records", {"kind": "account", "data": {"name": "Müller & 王"}})
    assert made.status_code == 201, made.text
    place, tag = f"/records/{made.json['id']}", made.headers["ETag"]
    assert made.headers["Location"] == f"/api/v1{place}"
    assert api.code(api("employee", "PATCH", place, {"data": {"industry": "steel"}})) == (428, "CRM-048")
    first = api("employee", "PATCH", place, {"data": {"industry": "steel"}}, headers={"If-Match": tag})
    assert first.json["data"] == {"name": "Müller & 王", "industry": "steel"}
    late = api("rival", "PATCH", place, {"data": {"industry": "wood"}}, headers={"If-Match": tag})
    assert api.code(late)[0] == 412
    assert api("rival", "GET", place).json["data"]["industry"] == "steel"


def test_record_kinds_and_search(api: Any) -> None:
    kinds = {kind["key"] for kind in api("employee", "GET", "/record-kinds").json}
    assert {"account", "contact", "lead"} <= kinds
    api("employee", "POST", "/records", {"kind": "account", "data": {"name": "北京线索科技"}})
    found = api("employee", "GET", "/records?kind=account&search=线索").json["items"]
    assert [row["name"] for row in found] == ["北京线索科技"]
