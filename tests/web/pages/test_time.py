"""The rooms of time: settings with preview, the SLA wall with its CSV, a task's deadlines in words.  # C8 E4 N1"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from pages_house import House

from engine.domain.access import SYSTEM
from engine.domain.commands import ClaimTask, Deploy, StartInstance
from engine.domain.sla_values import HangCalendar, ListCalendars, ListPolicies, PauseClocks, SaveCalendar, SavePolicy
from engine.jobs import drain
from engine.services import sla_moves
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


ROWS = {
    "name": "Support",
    "name-zh": "支持",
    "calendar": "office",
    "unit": "working",
    "target-resolve": "PT4H",
    "rungs": "2",
    "r0-when": "share",
    "r0-at": "50",
    "r0-acts": "1",
    "r0-a0-do": "notify",
    "r0-a0-what": "lead, team:sales",
    "r0-a0-ways": "app",
    "r0-a0-rest": '{"url": "https://hooks.example.org"}',
    "r1-when": "before",
    "r1-at": "PT30M",
    "r1-free": "yes",
    "r1-acts": "1",
    "r1-a0-do": "priority",
    "r1-a0-what": "20",
}


def test_a_ladder_is_made_of_rows(house: House, enter: Enter, started: str) -> None:
    browser = enter("carl")
    browser.post("/settings/policies/support", data={**ROWS, "act": "save"})
    (row,) = house.engine.ask(ListPolicies(SYSTEM))
    assert row.content["name"] == {"en": "Support", "zh_Hans": "支持"}
    told = {"channels": ["app"], "url": "https://hooks.example.org"}
    assert row.content["ladder"] == [
        {"at": "50%", "acts": [{"do": "notify", "to": ["lead", "team:sales"], **told}]},
        {"at": "-PT30M", "unaccepted": True, "acts": [{"do": "priority", "by": 20}]},
    ]
    page = browser.get("/settings/policies/support").text
    assert 'name="r1-at" value="PT30M"' in page
    assert '<option value="app" selected>in the app alone' in page
    assert "at: -PT30M" in page, "the same as text"


@pytest.mark.parametrize(
    ("act", "first", "rungs"),
    [("rung-down-0", "PT30M", 2), ("rung-up-1", "PT30M", 2), ("rung-drop-0", "PT30M", 1), ("rung-add", "50", 3)],
)
def test_rungs_move_without_a_script(enter: Enter, started: str, act: str, first: str, rungs: int) -> None:
    page = enter("carl").post("/settings/policies/support", data={**ROWS, "name": "Half typed", "act": act}).text
    assert f'name="r0-at" value="{first}"' in page
    assert f'name="rungs" value="{rungs}"' in page
    assert 'value="Half typed"' in page, "what was typed elsewhere stays"
    assert page.count("autofocus") == 1
    assert "is saved" not in page


def test_what_is_wrong_with_a_rung_stands_at_the_rung(enter: Enter, started: str) -> None:
    wrong = {**ROWS, "r0-a0-what": "boss", "r1-at": "soon", "act": "save"}
    answer = enter("carl").post("/settings/policies/support", data=wrong)
    assert answer.status_code == 400
    assert 'id="w-r0-a0-what"' in answer.text
    assert 'id="w-r1-at"' in answer.text
    assert 'value="boss"' in answer.text
    assert "2 fields need mending" in answer.text


def test_a_calendar_is_hung_on_a_team_and_taken_off(house: House, enter: Enter, started: str) -> None:
    browser = enter("carl")
    use = {"kind": "team", "target": "sales", "calendar": "office"}
    assert (
        "Deadlines that begin from now on go by it."
        in browser.post("/settings/hang", data=use, follow_redirects=True).text
    )
    assert house.engine.ask(ListCalendars(SYSTEM))[0].uses == (("team", "sales"),)
    browser.post("/settings/hang", data={"kind": "team", "target": "sales"})
    assert house.engine.ask(ListCalendars(SYSTEM))[0].uses == ()
    refused = browser.post("/settings/hang", data={**use, "target": "nobody"})
    assert (refused.status_code, 'value="nobody"' in refused.text) == (404, True)
    assert enter("maria").post("/settings/hang", data=use).status_code == 403


def test_what_a_policy_leaves_to_the_default_stays_so(house: House, enter: Enter, started: str) -> None:
    """Opened and saved as it is, a policy keeps its escalation; what is left out stays out."""
    browser = enter("carl")
    page = browser.get("/settings/policies/support").text
    assert 'name="rungs" value="4"' in page
    fields = re.findall(r'<input[^>]* name="(r\d[^"]*|rungs)"[^>]* value="([^"]*)"', page)
    form = {name: value for name, value in fields if not name.endswith("-free")}
    form |= {f"r{n}-when": "share" for n in range(4)} | {f"r{n}-a0-do": "notify" for n in range(4)}
    form |= {
        "r2-a1-do": "reassign",
        "name": "Support",
        "calendar": "office",
        "unit": "working",
        "target-resolve": "PT8H",
    }
    browser.post("/settings/policies/support", data={**form, "act": "save"})
    (row,) = house.engine.ask(ListPolicies(SYSTEM))
    assert (row.version, row.content.get("ladder")) == (1, None), "nothing was changed"
    assert row.content.keys() == {"targets", "calendar", "name"}
    browser.post("/settings/policies/support", data={**form, "rungs": "3", "act": "save"})
    assert [rung["at"] for rung in house.engine.ask(ListPolicies(SYSTEM))[0].content["ladder"]] == [
        "50%",
        "75%",
        "100%",
    ]


@pytest.mark.parametrize(
    ("field", "value"), [("r1-a0-what", "²"), ("r1-a0-what", "9" * 5000), ("r1-a0-do", "reassign")]
)
def test_what_a_rung_cannot_do_stands_at_its_field(enter: Enter, started: str, field: str, value: str) -> None:
    wrong = {**ROWS, **({"r1-a0-what": "lead, manager"} if field == "r1-a0-do" else {}), field: value, "act": "save"}
    answer = enter("carl").post("/settings/policies/support", data=wrong)
    assert (answer.status_code, 'id="w-r1-a0-what"' in answer.text) == (400, True)


def test_odd_buttons_and_parameters_break_nothing(enter: Enter, started: str) -> None:
    browser = enter("carl")
    for given in ({"act": "rung-up-²"}, {"act": "rung-up-" + "9" * 5000}, {"rungs": "²", "act": "preview"}):
        assert browser.post("/settings/policies/support", data={**ROWS, **given}).status_code == 200
    for query in ("endpoint=x", "_anchor=x", "_method=x", "_external=x"):
        assert enter("maria").get(f"/sla?{query}").status_code == 200


def test_nothing_is_called_as_the_form_that_makes_it(enter: Enter, started: str) -> None:
    browser = enter("carl")
    for room, more, field in (
        ("calendars", {**FORM, "key": "new"}, "key"),
        ("policies", {**ROWS, "key": "new"}, "key"),
        ("policies", {**ROWS, "key": "own", "metric-new": "new", "target-new": "PT1H"}, "metric-new"),
    ):
        answer = browser.post(f"/settings/{room}/new", data={**more, "act": "save"})
        assert (answer.status_code, f'id="w-{field}"' in answer.text) == (400, True)


def test_what_is_gone_can_be_taken_off(house: House, enter: Enter, started: str) -> None:
    house.engine.do(HangCalendar("customer", "gone", "office", SYSTEM))
    browser = enter("carl")
    assert "<b>gone</b>" in browser.get("/settings").text
    assert browser.post("/settings/hang", data={"kind": "customer", "target": "gone"}).status_code == 302
    assert house.engine.ask(ListCalendars(SYSTEM))[0].uses == ()


def test_a_preview_says_what_it_looked_at(house: House, enter: Enter, started: str, monkeypatch) -> None:
    house.engine.do(StartInstance("help", house.actor("alice"), business_key="H-2"))
    monkeypatch.setattr(sla_moves, "LOOK", 1)
    seen = enter("carl").post("/settings/policies/support", data={**ROWS, "act": "preview"}).text
    assert "1 of 1 open deadlines moves" in seen
    assert "Looked at are the 1 of 2 that are due first" in seen


def test_a_deadline_is_explained_in_chinese(house: House, enter: Enter, started: str) -> None:
    house.engine.do(SavePolicy("support", {"targets": {"resolve": "PT4H"}, "calendar": "office"}, SYSTEM))
    browser = enter("alice")
    browser.post("/language", data={"locale": "zh_Hans"})
    page = browser.get(f"/sla/task/{started}").text
    assert "依据：策略 support" in page
    assert "策略 support 已保存，版本 2" in page
    assert "version 2" not in page


def test_a_key_that_is_taken_does_not_become_another_version(house: House, enter: Enter, started: str) -> None:
    answer = enter("carl").post("/settings/calendars/new", data={**FORM, "key": "office", "act": "save"})
    assert (answer.status_code, 'id="w-key"' in answer.text) == (400, True)
    assert [c.version for c in house.engine.ask(ListCalendars(SYSTEM))] == [1]


def test_the_wall_is_narrowed_and_its_csv_with_it(house: House, enter: Enter, started: str) -> None:
    house.engine.do(StartInstance("help", house.actor("alice"), business_key="H-2"))
    house.engine.do(ClaimTask(started, house.actor("alice")))
    browser = enter("maria")

    def shown(query: str) -> list[dict[str, str]]:
        return list(csv.DictReader(io.StringIO(browser.get(f"/sla?csv=1&{query}").text.lstrip("\ufeff"))))

    assert sorted(row["Who"] for row in shown("")) == ["", "Alice Meyer"]
    assert [row["Who"] for row in shown("assignee=alice")] == ["Alice Meyer"]
    assert [row["Who"] for row in shown("assignee=-&state=running")] == [""]
    assert shown("state=paused") == []
    assert shown("customer=none") == []
    assert '<option value="alice" selected>' in browser.get("/sla?assignee=alice").text
    browser.post("/language", data={"locale": "zh_Hans", "next": "/"})
    assert "状态" in browser.get("/sla?csv=1").text.splitlines()[0]


def test_the_task_explains_its_deadline(house: House, enter: Enter, started: str) -> None:
    browser = enter("alice")
    assert f"/sla/task/{started}" in browser.get(f"/tasks/{started}").text
    text = browser.get(f"/sla/task/{started}").text
    assert "Promised: 8 h, from policy support." in text
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
    assert [(r["State"], r["Team"]) for r in rows] == [("breached", "Sales"), ("paused", "Sales")]
    assert {r["Flow"] for r in rows} <= set(re.findall(r">([^<>]+)</a></td>", browser.get("/sla?by=flow").text))
    assert rows[1]["Paused for"] == "'=supplier"
    only = list(csv.DictReader(io.StringIO(browser.get("/sla?csv=1&state=paused").text.lstrip("\ufeff"))))
    assert [r["State"] for r in only] == ["paused"]
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
