"""Operating cases, external workers and kept messages over REST; repeats are answered, not done again."""

from __future__ import annotations

import re
import runpy
import threading
from pathlib import Path
from typing import Any

import httpx
import pytest

from engine.domain.access import SYSTEM
from engine.domain.commands import Deploy, StartInstance
from engine.domain.questions import GetRecord
from engine.jobs import drain
from tests.conftest import ROOT
from tests.store.drawing import END, START, flow, model, service


def test_one_instance_is_suspended_moved_changed_resumed_and_restarted(api: Any) -> None:
    started = api.start("T-1", business_key="T-1")
    place = f"/instances/{started['instance_id']}"
    got = api("manager", "POST", f"{place}/suspend", {"reason": "wait"})
    assert (got.status_code, got.json["state"]) == (200, "suspended")
    task = started["tasks"][0]
    assert api.code(api("employee", "POST", f"/tasks/{task}/claim", {})) == (409, "CRM-207")
    got = api("manager", "PATCH", f"{place}/data", {"reason": "typo", "values": {"amount": 3}})
    assert got.status_code == 200, got.text
    edits = api("manager", "GET", f"{place}/data").json
    assert (edits[0]["after"], edits[0]["by"]) == ({"amount": 3}, "manager")
    stale = api("manager", "POST", f"{place}/resume", {}, headers={"If-Match": '"0"'})
    assert api.code(stale) == (412, "CRM-290")
    assert api("manager", "POST", f"{place}/resume", {}).json["state"] == "active"
    got = api("manager", "POST", f"{place}/move", {"reason": "again", "to": "Review", "everything": True})
    assert got.status_code == 200, got.text
    assert api.code(api("employee", "POST", f"/tasks/{task}/claim", {}))[0] == 409
    again = api("manager", "POST", f"{place}/restart", {"reason": "again", "element": "Review", "data": "now"})
    assert (again.status_code, again.headers["Location"]) == (201, f"/api/v1/instances/{again.json['instance_id']}")


def test_many_are_previewed_noted_once_and_reported_one_by_one(api: Any) -> None:
    for number in range(3):
        api.start(f"T-{number}")
    body = {"action": "suspend", "chosen": {"definition_key": "api-review"}}
    shown = api("manager", "POST", "/bulk/preview", body).json
    assert (shown["total"], {one["after"] for one in shown["effects"]}) == (3, {"suspended"})
    said = {**body, "reason": "stock-taking"}
    noted = api("manager", "POST", "/bulk", said, headers={"Idempotency-Key": "k"})
    assert (noted.status_code, noted.json["waiting"]) == (202, 3)
    assert api("manager", "POST", "/bulk", said, headers={"Idempotency-Key": "k"}).json["id"] == noted.json["id"]
    drain(api.engine)
    place = f"/bulk/{noted.json['id']}"
    assert api("manager", "GET", place).json["done"] == 3
    assert [one["state"] for one in api("manager", "GET", f"{place}/items").json["items"]] == ["done"] * 3
    assert api.code(api("manager", "POST", f"{place}/cancel", {})) == (409, "CRM-222")
    assert api.code(api("designer", "POST", "/bulk", said)) == (403, "CRM-310")


@pytest.fixture
def booking(api: Any) -> Any:
    inner = START + service("book", "erp.book") + END + flow("start>book", "book>end")
    api.engine.do(Deploy((model("booking", inner, about='owner="team:sales" goal="g" kpi="k"'),), SYSTEM, publish=True))
    return api


def test_a_worker_takes_extends_and_completes_a_job(booking: Any) -> None:
    booking.engine.do(StartInstance("booking", SYSTEM))
    asked = {"types": ["erp.book"], "worker": "box-1", "lock": 60}
    (job,) = booking("worker", "POST", "/jobs/activate", asked).json
    place, fence = f"/jobs/{job['id']}", job["fence"]
    assert booking("worker", "POST", f"{place}/extend", {"fence": fence, "lock": 120}).json["outcome"] == "extended"
    assert booking.code(booking("worker", "POST", f"{place}/complete", {"fence": fence + 1})) == (409, "CRM-221")
    done = {"fence": fence, "variables": {"number": 7}}
    assert booking("worker", "POST", f"{place}/complete", done).json["repeated"] is False
    assert booking("worker", "POST", f"{place}/complete", done).json["repeated"] is True
    assert booking.code(booking("worker", "POST", f"{place}/fail", {"fence": fence, "message": "x"})) == (
        409,
        "CRM-205",
    )
    assert booking("worker", "POST", "/jobs/activate", asked).json == []


def test_a_worker_says_what_is_left_to_try_and_what_an_error_hands_over(booking: Any) -> None:
    booking.engine.do(StartInstance("booking", SYSTEM))
    for said, outcome in (({"retries": 3, "retry_after": 0}, "retried"), ({"retries": 0}, "incident")):
        (job,) = booking("worker", "POST", "/jobs/activate", {"types": ["erp.book"]}).json
        body = {"fence": job["fence"], "message": "away", **said}
        assert booking("worker", "POST", f"/jobs/{job['id']}/fail", body).json["outcome"] == outcome
    booking.engine.do(StartInstance("booking", SYSTEM))
    (job,) = booking("worker", "POST", "/jobs/activate", {"types": ["erp.book"]}).json
    body = {"fence": job["fence"], "code": "X", "variables": {"a": 1}}
    assert booking("worker", "POST", f"/jobs/{job['id']}/error", body).json["outcome"] == "incident"  # nobody catches


def test_a_worker_waits_for_a_job_and_gets_it_when_it_comes(booking: Any) -> None:
    later = threading.Timer(0.3, lambda: booking.engine.do(StartInstance("booking", SYSTEM)))
    later.start()
    got = booking("worker", "POST", "/jobs/activate", {"types": ["erp.book"], "wait": 20})
    later.join()
    assert [job["type"] for job in got.json] == ["erp.book"]


def test_waiting_is_bounded_in_number(booking: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("webui.api.polling._waiting", 10_000)
    got = booking("worker", "POST", "/jobs/activate", {"types": ["erp.book"], "wait": 30})
    assert got.json == []  # at once: no thread is kept


def test_messages_nobody_wanted_are_looked_at_sent_again_and_forgotten(api: Any) -> None:
    for key in ("T-1", "T-2"):
        api("employee", "POST", "/messages", {"name": "api-reply", "correlation_key": key, "ttl": 0})
    kept = api("manager", "GET", "/messages?state=expired").json["items"]
    assert sorted(one["correlation_key"] for one in kept) == ["T-1", "T-2"]
    first, second = kept
    got = api("manager", "POST", f"/messages/{first['id']}/send", {"ttl": 60})
    assert got.json["outcome"] == "buffered"
    assert api("manager", "DELETE", f"/messages/{second['id']}").status_code == 204
    assert api.code(api("manager", "DELETE", f"/messages/{second['id']}")) == (404, "CRM-407")
    (waiting,) = api("manager", "GET", "/messages").json["items"]
    assert (waiting["state"], waiting["correlation_key"]) == ("waiting", first["correlation_key"])


def test_completing_and_creating_with_a_key_are_done_once(api: Any) -> None:
    task = api.start()["tasks"][0]
    api("employee", "POST", f"/tasks/{task}/claim", {})
    said = {"data": {"answer": "Yes", "urgent": True}}
    first = api("employee", "POST", f"/tasks/{task}/complete", said, headers={"Idempotency-Key": "c"})
    again = api("employee", "POST", f"/tasks/{task}/complete", said, headers={"Idempotency-Key": "c"})
    assert (first.status_code, again.status_code, again.json["repeated"]) == (200, 200, True)
    record = {"kind": "account", "data": {"name": "Acme"}}
    one = api("employee", "POST", "/records", record, headers={"Idempotency-Key": "r"})
    two = api("employee", "POST", "/records", record, headers={"Idempotency-Key": "r"})
    assert one.json["id"] == two.json["id"]


def test_owner_and_state_of_a_record_can_be_changed(api: Any) -> None:
    made = api("employee", "POST", "/records", {"kind": "lead", "data": {"name": "Mia", "company": "Acme"}})
    assert made.status_code == 201, made.text
    place = f"/records/{made.json['id']}"
    kind = next(one for one in api("employee", "GET", "/record-kinds").json if one["key"] == "lead")
    state = [one["value"] if isinstance(one, dict) else one for one in kind["states"]][-1]
    body = {"owner": "rival", "state": state}
    got = api("employee", "PATCH", place, body, headers={"If-Match": '"1"'})
    assert (got.json["owner"], got.json["state"]) == ("rival", state)
    for wrong, code in (({"owner": "nobody"}, (404, "CRM-411")), ({"state": "asleep"}, (422, "CRM-215"))):
        assert api.code(api("employee", "PATCH", place, wrong, headers={"If-Match": "*"})) == code
    assert api.engine.ask(GetRecord(made.json["id"], SYSTEM)).owner == "rival"


def test_members_join_and_leave_a_team(api: Any) -> None:
    got = api("administrator", "POST", "/teams/sales/members", {"add": ["stranger"], "remove": ["rival"]})
    assert "stranger" in got.json["members"]
    assert "rival" not in got.json["members"]
    assert api.code(api("administrator", "POST", "/teams/none/members", {})) == (404, "CRM-411")
    assert api.code(api("manager", "POST", "/teams/sales/members", {})) == (403, "CRM-310")


def test_a_new_assignee_is_told_in_their_language(api: Any) -> None:
    task = api.start()["tasks"][0]
    api("manager", "POST", f"/tasks/{task}/reassign", {"to": "rival", "reason": "on holiday"})
    (note,) = api("rival", "GET", "/notifications").json["items"]
    assert (note["title"], note["body"]) == ("Manager gave you the task “Review the ticket”", "on holiday")
    assert note["task_id"] == task


def test_the_worker_of_the_docs_works(booking: Any, tmp_path: Path) -> None:
    """The example in docs/workers.md is run as it stands."""
    text = (ROOT / "docs" / "workers.md").read_text(encoding="utf-8")
    code = re.search(r"```python\n(.*?)```", text, re.DOTALL)
    assert code
    (tmp_path / "worker.py").write_text(code[1], encoding="utf-8")
    example = runpy.run_path(str(tmp_path / "worker.py"))
    inner = '<zeebe:ioMapping><zeebe:input source="=n" target="number"/></zeebe:ioMapping>'
    steps = START + service("book", "erp.book", more=inner) + END + flow("start>book", "book>end")
    about = 'owner="team:sales" goal="g" kpi="k"'
    booking.engine.do(Deploy((model("booking", steps, about=about),), SYSTEM, publish=True))
    case = booking.engine.do(StartInstance("booking", SYSTEM, {"n": 7})).instance_id
    headers = {"Authorization": f"Bearer {booking.tokens['worker']}"}
    transport = httpx.WSGITransport(app=booking.app)
    with httpx.Client(transport=transport, base_url="http://crmflow.test/api/v1", headers=headers) as client:
        example["run"](client, wait=0)
    assert booking("manager", "GET", f"/instances/{case}").json["variables"]["booking"] == "B-7"
