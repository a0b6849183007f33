"""People's work over REST: moving it (and what if), sending again what failed, the calendar feed and its end."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from engine.domain.access import SYSTEM
from engine.domain.commands import ChangeUser, ClaimJobs, FailJob
from engine.domain.desk import AddComment, RescheduleTask
from engine.domain.questions import ActorNamed


def claimed(api: Any, number: int) -> list[str]:
    """Tasks of the employee."""
    ids = [str(api.start(f"T-{n}")["tasks"][0]) for n in range(number)]
    for task_id in ids:
        assert api("employee", "POST", f"/tasks/{task_id}/claim", {}).status_code == 200
    return ids


def mine(api: Any, who: str) -> set[str]:
    return {row["id"] for row in api(who, "GET", "/tasks?box=mine").json["items"]}


def test_work_is_moved_as_it_was_tried(api: Any) -> None:
    ids = claimed(api, 3)
    body = {"givers": ["employee"], "to": "rival", "number": 2, "reason": "leave"}
    tried = api("manager", "POST", "/workload/move", {**body, "trial": True})
    assert (tried.status_code, tried.json) == (200, {"moved": 2, "kept": [], "gave": {"employee": 2}})
    assert mine(api, "employee") == set(ids), "what is tried stays"
    assert api("rival", "GET", "/notifications").json["items"] == []
    assert api("manager", "POST", "/workload/move", body).json == tried.json
    assert (len(mine(api, "rival")), len(mine(api, "employee"))) == (2, 1)
    assert len(api("rival", "GET", "/notifications").json["items"]) == 2


def test_work_is_moved_by_who_is_in_charge(api: Any) -> None:
    body = {"givers": ["employee"], "to": "rival"}
    assert api.code(api("rival", "POST", "/workload/move", body)) == (403, "CRM-310")
    assert api.code(api("manager", "POST", "/workload/move", {**body, "to": "nobody"})) == (404, "CRM-411")
    assert api.code(api("manager", "POST", "/workload/move", {**body, "givers": ["rival"]})) == (400, "CRM-094")


def test_a_few_letters_say_who_may_be_meant(api: Any) -> None:
    found = api("employee", "GET", "/choices/people?text=riv&kind=user").json
    assert [one["id"] for one in found] == ["rival"]
    assert api.code(api("employee", "GET", "/choices/people?limit=1000"))[0] == 400


def test_a_mail_that_failed_is_sent_again(api: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    mails = api.engine.settings.model_copy(update={"smtp_url": SecretStr("smtp://127.0.0.1:9")})
    monkeypatch.setattr(api.engine, "settings", mails)
    api.engine.do(ChangeUser("employee", SYSTEM, email="e@there.example"))
    (task_id,) = claimed(api, 1)
    manager = api.engine.ask(ActorNamed("manager"))
    api.engine.do(AddComment(task_id, manager, "@employee please"))
    (mail,) = api.engine.do(ClaimJobs(SYSTEM, 50, timedelta(minutes=1), ("mail",)))
    api.engine.do(FailJob(mail.id, mail.fence, SYSTEM, "CRM-718 no such box", final=True))
    (failed,) = api("employee", "GET", "/deliveries?login=employee&failed=true").json["items"]
    again = f"/deliveries/{failed['id']}/again"
    assert api.code(api("rival", "POST", again)) == (404, "CRM-437")
    got = api("employee", "POST", again)
    assert (got.status_code, got.json) == (200, {"notifications": 1})
    assert api.code(api("employee", "POST", again)) == (409, "CRM-225")


def test_the_feed_is_renewed_and_ended(api: Any) -> None:
    (task_id,) = claimed(api, 1)
    api.engine.do(RescheduleTask(task_id, api.engine.ask(ActorNamed("employee")), api.clock.now() + timedelta(days=1)))

    def read(address: str) -> int:
        return int(api.app.test_client().get(address[address.index("/feed/") :]).status_code)

    first = api("employee", "POST", "/me/feed").json["address"]
    assert read(first) == 200
    second = api("employee", "POST", "/me/feed").json["address"]
    assert (read(first), read(second)) == (404, 200), "a new address ends the old one"
    assert api("employee", "DELETE", "/me/feed").status_code == 204
    assert read(second) == 404
