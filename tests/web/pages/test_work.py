"""Inbox and task: what is next, claim, draft, complete, reassign; nothing of a flow is in the pages' code."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO

import pytest
from flask.testing import FlaskClient
from pages_house import House

from engine.domain.questions import GetTask
from webui.look import due_state

Enter = Callable[[str], FlaskClient]


@pytest.mark.parametrize("tasks", [10, 100, pytest.param(10_000, marks=pytest.mark.prove(only=True))])
def test_inbox_needs_at_most_six_statements(tasks: int, house: House, enter: Enter) -> None:
    for number in range(tasks):
        house.start(key=f"LN-{number}")
    browser = enter("alice")
    with house.statements() as seen:
        answer = browser.get("/inbox")
    assert "Approve the loan" in answer.text
    assert len(seen) <= 6, seen


def test_unchanged_list_costs_a_304(house: House, enter: Enter) -> None:
    house.start()
    browser = enter("alice")
    first = browser.get("/inbox/list?box=teams")
    again = browser.get("/inbox/list?box=teams", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    house.start(key="LN-2")
    after = browser.get("/inbox/list?box=teams", headers={"If-None-Match": first.headers["ETag"]})
    assert after.status_code == 200
    assert after.text.count('class="task-row"') == 2


def test_names_are_text_never_markup(house: House, enter: Enter) -> None:
    account = house.account('<img src=x onerror="alert(1)">')
    house.start(customer={"$record": ["account", account.id]}, key="<script>alert(2)</script>")
    text = enter("alice").get("/inbox?box=teams").text
    assert "<img src=x" not in text
    assert "&lt;img src=x" in text
    task = house.task(customer={"$record": ["account", account.id]}, key="<script>alert(2)</script>")
    for who, address in (("alice", f"/tasks/{task.id}"), ("ada", f"/instances/{task.instance_id}")):
        page = enter(who).get(address).text
        assert "<script>alert" not in page
        assert "<img src=x" not in page
    assert "<img src=x" not in enter("ada").get(f"/records/account/{account.id}").text


def test_script_end_in_data_cannot_leave_its_block(house: House, enter: Enter) -> None:
    task = house.task(purpose="</script><script>alert(3)</script>", device="tablet")
    assert "<script>alert(3)" not in enter("alice").get(f"/tasks/{task.id}").text


def test_outsiders_do_not_see_the_task(house: House, enter: Enter) -> None:  # K1
    task = house.task()
    browser = enter("eve")
    assert browser.get("/inbox?box=teams").text.count("task-row") == 0
    assert browser.get(f"/tasks/{task.id}").status_code == 404
    assert browser.post(f"/tasks/{task.id}/claim").status_code in (403, 404)


def test_claim_then_the_other_is_told_who(house: House, enter: Enter) -> None:
    task = house.task()
    assert enter("alice").post(f"/tasks/{task.id}/claim").status_code == 302
    answer = enter("bob").post(f"/tasks/{task.id}/claim")
    assert answer.status_code == 409
    assert "Alice Meyer" in answer.text
    assert "CRM-203" in answer.text


def test_task_page_tells_about_whom_why_and_until_when(house: House, enter: Enter) -> None:
    account = house.account(phone="+49 40 123456", tier="gold")
    task = house.task(customer={"$record": ["account", account.id]})
    text = enter("alice").get(f"/tasks/{task.id}").text
    assert "Nordlicht Robotics" in text
    assert "+49 40 123456" in text
    assert "Gold" in text
    assert "Why me, why now?" in text
    assert "Long loans need a good reason." in text
    assert "data-due=" in text


def test_bad_data_comes_back_field_by_field(house: House, enter: Enter) -> None:  # H1
    task = house.task()
    browser = enter("alice")
    answer = browser.post(f"/tasks/{task.id}/complete", json={"days": 500}, headers={"Accept": "application/json"})
    assert answer.status_code == 422
    assert answer.json is not None
    assert answer.json["code"].startswith("CRM-21")
    assert {"days", "agreed"} <= set(answer.json["fields"])


def test_done_brings_the_next_one(house: House, enter: Enter) -> None:
    task = house.task()
    browser = enter("alice")
    browser.post(f"/tasks/{task.id}/claim")
    answer = browser.post(
        f"/tasks/{task.id}/complete", json={"days": 20, "agreed": True}, headers={"Accept": "application/json"}
    )
    assert answer.status_code == 200, answer.text
    following = browser.get("/inbox?box=teams").text
    assert "Hand over the device" in following
    assert browser.get(f"/tasks/{task.id}").status_code in (404, 409)


def test_second_click_is_told_who_was_first(house: House, enter: Enter) -> None:
    task = house.task()
    data, json = {"days": 20, "agreed": True}, {"Accept": "application/json"}
    assert enter("alice").post(f"/tasks/{task.id}/complete", json=data, headers=json).status_code == 200
    late = enter("bob").post(f"/tasks/{task.id}/complete", json=data, headers=json)
    assert late.status_code == 409
    assert late.json is not None
    assert "Alice Meyer" in late.json["message"]


def test_drafts_come_back(house: House, enter: Enter) -> None:
    task = house.task()
    browser = enter("alice")
    browser.post(f"/tasks/{task.id}/claim")
    assert browser.post(f"/tasks/{task.id}/draft", json={"remark": "half a thought"}).status_code == 204
    assert "half a thought" in browser.get(f"/tasks/{task.id}").text
    assert house.engine.ask(GetTask(task.id, house.actor("alice"))).draft


def test_managers_reassign_employees_do_not(house: House, enter: Enter) -> None:
    task = house.task()
    form = {"to": "bob", "reason": "holiday"}
    assert enter("alice").post(f"/tasks/{task.id}/reassign", data=form).status_code == 403
    assert enter("maria").post(f"/tasks/{task.id}/reassign", data=form).status_code == 302
    assert "Approve the loan" in enter("bob").get("/inbox?box=mine").text
    assert enter("maria").post(f"/tasks/{task.id}/reassign", data={}).status_code == 400


def test_search_finds_by_key(house: House, enter: Enter) -> None:
    house.start(key="LN-77")
    house.start(key="ZZ-1")
    text = enter("alice").get("/inbox?box=teams&q=LN-77").text
    assert "LN-77" in text or text.count("task-row") == 1
    assert text.count('class="task-row"') == 1


def test_due_states(clock) -> None:  # type: ignore[no-untyped-def]
    now = clock.now()
    hour = timedelta(hours=1)
    assert due_state(None, now, now) == "none"
    assert due_state(now + hour, now, now) == "on-track"
    assert due_state(now + hour, now - 4 * hour, now) == "at-risk"
    assert due_state(now, now - hour, now) == "overdue"


def test_start_page_starts_once_per_drawn_form(house: House, enter: Enter) -> None:
    browser = enter("alice")
    page = browser.get("/start").text
    address = page.split('class="card-link" href="')[1].split('"')[0]
    form = browser.get(address).text
    target = form.split('data-complete="')[1].split('"')[0].replace("&amp;", "&")
    data, json = {"device": "lab", "days": 3, "purpose": "a try"}, {"Accept": "application/json"}
    for _ in range(2):
        assert browser.post(target, json=data, headers=json).status_code == 200
    assert browser.get("/inbox?box=teams").text.count('class="task-row"') == 1
    bad = browser.post(target + "x", json={"device": "spaceship"}, headers=json)
    assert bad.status_code == 422


def test_a_form_without_pickers_takes_no_file(house: House, enter: Enter) -> None:
    task = house.task()
    browser = enter("alice")
    answer = browser.post(f"/tasks/{task.id}/files?field=scan&name=a.pdf", data=b"%PDF")
    assert answer.status_code == 422
    assert "takes no file" in answer.text
    assert browser.get(f"/tasks/{task.id}/files/{task.instance_id}-0").status_code == 404
    assert enter("eve").post(f"/tasks/{task.id}/files?field=scan&name=a.pdf", data=b"%PDF").status_code == 403


def test_a_file_is_attached_and_downloaded_through_the_desk(house: House, enter: Enter) -> None:
    task = house.task()
    browser = enter("alice")
    fragment = {"HX-Request": "true"}
    desk = browser.get(f"/tasks/{task.id}/desk", headers=fragment).text
    (target,) = set(re.findall(rf'"(/tasks/{task.id}/attachments)"', desk))
    sent = browser.post(target, data={"file": (BytesIO(b"what was said"), "note.txt")}, headers=fragment)
    assert sent.status_code == 200, sent.text
    (address,) = set(re.findall(rf'"({target}/[^"]+)"', sent.text))
    got = browser.get(address)
    assert (got.status_code, got.data) == (200, b"what was said")
    assert "note.txt" in got.headers["Content-Disposition"]
    assert enter("eve").get(address).status_code in (403, 404)


def test_a_typed_time_is_when_it_comes_back(house: House, enter: Enter) -> None:
    task = house.task()
    browser = enter("alice")
    browser.post(f"/tasks/{task.id}/claim")
    forms = browser.get(f"/tasks/{task.id}/later").text.split("<form")
    (typed,) = (form for form in forms if 'name="other"' in form)
    assert 'name="until"' not in typed, "Enter must not press one of the usual times"
    at = {"other": "2026-04-01T10:00", "until": "2026-03-09T09:00"}
    assert browser.post(f"/tasks/{task.id}/later", data=at).status_code == 302
    back = house.engine.ask(GetTask(task.id, house.actor("alice"))).row.follow_up_at
    assert back is not None
    assert back.month == 4


def test_a_change_to_many_without_data_is_refused_kindly(house: House, enter: Enter) -> None:
    task = house.task()
    for data in ({}, {"data": None}, {"data": [1]}):
        answer = enter("alice").post("/inbox/many", json={"action": "comment", "tasks": [task.id], **data})
        assert answer.status_code < 500, data
