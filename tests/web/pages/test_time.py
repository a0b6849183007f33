"""The rooms of time: settings with preview, the SLA wall with its CSV, a task's deadlines in words.  # C8 E4 N1"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from pages_house import House

from engine.domain.access import SYSTEM
from engine.domain.commands import Deploy, StartInstance
from engine.domain.sla_values import ListCalendars, ListPolicies, PauseClocks, SaveCalendar, SavePolicy
from engine.jobs import drain
from tests.store.drawing import END, START, flow, model, user

Enter = Callable[[str], FlaskClient]
OFFICE = {"zone": "UTC", "week": {n: [["09:00", "17:00"]] for n in range(5)}, "name": "Office"}
FORM = {f"day-{day}": "09:00-17:00" for day in ("mon", "tue", "wed", "thu", "fri")} | {"zone": "UTC", "name": "Office"}


@pytest.fixture
def started(house: House) -> str:
    """A case with a clock on its task; the id of the task."""
    engine = house.engine
    engine.do(SaveCalendar("office", OFFICE, SYSTEM))
    policy = {"targets": {"resolve": "PT8H"}, "calendar": "office", "name": "Support"}
    engine.do(SavePolicy("support", policy, SYSTEM))
    mark = '<crmflow:sla metric="resolve" policy="support"/>'
    inner = START + user("work", "sales", more=mark) + END + flow("start>work", "work>end")
    engine.do(Deploy((model("help", inner, about='owner="team:sales" goal="g" kpi="k"'),), SYSTEM, publish=True))
    return engine.do(StartInstance("help", house.actor("alice"), business_key="H-1")).tasks[0]


def test_a_calendar_is_previewed_then_saved(house: House, enter: Enter, started: str) -> None:
    browser = enter("carl")
    assert "Office" in browser.get("/settings").text
    page = browser.get("/settings/calendars/office").text
    assert 'value="09:00-17:00"' in page
    closed = {**FORM, "closed": "2026-03-02 Founders' day"}
    seen = browser.post("/settings/calendars/office", data={**closed, "act": "preview"}).text
    assert "1 of 1 open deadlines moves" in seen
    assert "Founders&#39; day" in seen
    assert [c.version for c in house.engine.ask(ListCalendars(SYSTEM))] == [1]
    answer = browser.post("/settings/calendars/office", data={**closed, "act": "save"}, follow_redirects=True)
    assert "1 open deadline moved." in answer.text
    assert [c.version for c in house.engine.ask(ListCalendars(SYSTEM))] == [2]


def test_what_is_wrong_is_told_and_what_was_typed_is_kept(enter: Enter, started: str) -> None:
    browser = enter("carl")
    answer = browser.post("/settings/calendars/new", data={**FORM, "key": "x", "day-mon": "9-5", "act": "save"})
    assert (answer.status_code, "CRM-071" in answer.text, 'value="9-5"' in answer.text) == (400, True, True)
    answer = browser.post("/settings/policies/support", data={"target-resolve": "soon", "act": "save"})
    assert (answer.status_code, "CRM-077" in answer.text, 'value="soon"' in answer.text) == (400, True, True)
    for ladder in ("- [", "- at: 2026-13-45"):
        wrong = browser.post("/settings/policies/support", data={"ladder": ladder, "act": "save"})
        assert (wrong.status_code, "CRM-078" in wrong.text) == (400, True), ladder
    assert browser.get("/settings/calendars/none").status_code == 404


def test_a_policy_is_previewed_then_saved(house: House, enter: Enter, started: str) -> None:
    browser = enter("carl")
    ladder = "- at: 50%\n  acts:\n  - do: notify\n    to: [lead]\n"
    form = {"name": "Support", "calendar": "office", "unit": "working", "target-resolve": "PT4H", "ladder": ladder}
    assert "1 of 1 open deadlines moves" in browser.post("/settings/policies/support", data=form).text
    browser.post("/settings/policies/support", data={**form, "act": "save"})
    (row,) = house.engine.ask(ListPolicies(SYSTEM))
    assert (row.version, row.content["targets"], row.content["ladder"][0]["at"]) == (2, {"resolve": "PT4H"}, "50%")
    made = {**form, "key": "fresh", "legal": "yes", "act": "save"}
    assert "fresh" in browser.post("/settings/policies/new", data=made, follow_redirects=True).text


def test_the_task_explains_its_deadline(house: House, enter: Enter, started: str) -> None:
    browser = enter("alice")
    assert f"/sla/task/{started}" in browser.get(f"/tasks/{started}").text
    text = browser.get(f"/sla/task/{started}").text
    assert "Promised: PT8H, from policy support." in text
    assert "2026-03-02: 09:00–17:00 = 8 h, usual hours" in text
    assert "Calendar: office, because of policy support." in text
    assert "Too few comparable cases (0)" in text
    assert enter("eve").get(f"/sla/task/{started}").text == ""
    chinese = browser.post("/language", data={"locale": "zh_Hans", "next": "/"})
    assert chinese.status_code in (302, 204)
    assert "2026-03-02：09:00–17:00，计 8 小时，正常工作时间" in browser.get(f"/sla/task/{started}").text


def test_the_wall_shows_what_breaches_and_its_csv_the_same(house: House, enter: Enter, started: str) -> None:
    house.clock.move(timedelta(hours=9))
    drain(house.engine)
    second = house.engine.do(StartInstance("help", house.actor("alice"), business_key="H-2"))
    house.engine.do(PauseClocks(second.instance_id, house.actor("alice"), "=supplier"))
    browser = enter("maria")
    page = browser.get("/sla").text
    assert "breached" in page
    assert "=supplier" in page
    assert f"/tasks/{started}/reassign" in page
    assert "told " in page  # the ladder's log
    rows = list(csv.DictReader(io.StringIO(browser.get("/sla?csv=1").text.lstrip("\ufeff"))))
    assert [(r["state"], r["team"]) for r in rows] == [("breached", "sales"), ("paused", "sales")]
    assert rows[1]["paused_for"] == "'=supplier"
    only = list(csv.DictReader(io.StringIO(browser.get("/sla?csv=1&state=paused").text.lstrip("\ufeff"))))
    assert [r["state"] for r in only] == ["paused"]
    assert "help" in browser.get("/sla?by=flow").text


def test_empty_rooms_teach(enter: Enter) -> None:
    assert "No promise is running" in enter("maria").get("/sla").text
    assert "No calendar yet" in enter("carl").get("/settings").text


@pytest.mark.parametrize(("who", "address", "status"), [("alice", "/sla", 403), ("alice", "/settings", 200)])
def test_rooms_of_time_by_role(enter: Enter, who: str, address: str, status: int) -> None:  # H2, K1
    assert enter(who).get(address).status_code == status


def test_only_those_who_may_change_time(enter: Enter, started: str) -> None:
    assert enter("alice").post("/settings/calendars/office", data={**FORM, "act": "save"}).status_code == 403
    assert enter("maria").post("/settings/policies/support", data={"act": "save"}).status_code == 403
    assert "act" not in enter("alice").get("/settings/policies/support").text.split("<form")[-1]
