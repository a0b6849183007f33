"""Pages about people: profile, one person, a team, absences, the feed, and the Team room."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from pages_house import PASSWORD, House

from engine.domain.access import SYSTEM
from engine.domain.commands import Deploy, LogIn, ReassignTask, StartInstance
from engine.domain.staff import GetPerson, Workload
from tests.store.drawing import END, START, flow, model
from webui.pages import people

Enter = Callable[[str], FlaskClient]


def test_the_profile_keeps_zone_wishes_and_absences(house: House, enter: Enter) -> None:
    alice = enter("alice")
    page = alice.get("/profile").get_data(as_text=True)
    assert "How I am told" in page
    alice.post("/profile", data={"timezone": "Asia/Shanghai", "email": "a@x.example"})
    assert house.actor("alice").timezone == "Asia/Shanghai"
    wishes = {"mail": "digest", "digest_at": "07:30", "quiet_from": "20:00", "quiet_to": "07:00", "news": ["told"]}
    alice.post("/profile/wishes", data=wishes)
    kept = house.engine.ask(GetPerson("alice", SYSTEM))
    assert kept.tell == {"mail": "digest", "digest_at": "07:30", "quiet": ["20:00", "07:00"],
                         "off": ["assigned", "reminder"]}  # fmt: skip
    alice.post("/absences/alice", data={"since": "2026-03-03T08:00", "until": "2026-03-06T18:00", "hand_over": "yes"})
    (away,) = house.engine.ask(GetPerson("alice", SYSTEM)).absences
    assert away.since.isoformat() == "2026-03-03T00:00:00+00:00", "typed in her zone"
    assert "the team stands in" in alice.get("/profile").get_data(as_text=True)
    alice.post(f"/absences/{away.id}/end")
    assert house.engine.ask(GetPerson("alice", SYSTEM)).absences == ()


def test_a_new_password_needs_the_old_one_and_keeps_this_session(house: House, enter: Enter) -> None:
    alice = enter("alice")
    wrong = alice.post("/profile/password", data={"old": "guessed wrong", "new": "a brand new secret"})
    assert wrong.status_code == 401
    alice.post("/profile/password", data={"old": PASSWORD, "new": "a brand new secret"})
    assert house.engine.do(LogIn("alice", "a brand new secret")).id == "alice"
    assert alice.get("/profile").status_code == 200


def test_the_feed_needs_no_login_but_its_secret(house: House, enter: Enter) -> None:
    page = enter("alice").post("/profile/feed").get_data(as_text=True)
    address = page.split("/feed/")[1].split(".ics")[0]
    stranger = house.app.test_client()
    got = stranger.get(f"/feed/{address}.ics")
    assert got.content_type.startswith("text/calendar")
    assert got.get_data(as_text=True).startswith("BEGIN:VCALENDAR")
    assert stranger.get("/feed/guessed.ics").status_code == 404


def test_an_administrator_adds_and_changes_people_and_teams(house: House, enter: Enter) -> None:
    ada = enter("ada")
    assert ada.post("/people/new", data={"kind": "user", "key": "zoe", "name": "Zoe"}).status_code == 302
    assert ada.post("/people/new", data={"kind": "team", "key": "north", "name": "Team Nord"}).status_code == 302
    form = {"name": "Zoe Ny", "weight": "60", "most": "9", "skills": "german: 4\nbilling", "languages": "de, sv",
            "territories": "eu", "timezone": "Europe/Stockholm", "locale": "en", "manager": "maria",
            "roles": ["employee"], "teams": ["north"], "active": "yes"}  # fmt: skip
    assert ada.post("/people/zoe", data=form).status_code == 302
    zoe = house.engine.ask(GetPerson("zoe", SYSTEM))
    assert (zoe.row.name, zoe.weight, zoe.most, zoe.skills) == ("Zoe Ny", 60, 9, {"billing": 1, "german": 4})
    assert (zoe.row.manager, zoe.row.teams, zoe.languages) == ("maria", ("north",), ("de", "sv"))
    bad = ada.post("/people/zoe", data={**form, "skills": "german: 9", "name": "Kept as typed"})
    page = bad.get_data(as_text=True)
    assert (bad.status_code, "CRM-091" in page, "Kept as typed" in page) == (400, True, True)
    ada.post("/people/north", data={"kind": "team", "name": "Nord", "lead": "zoe", "members": ["zoe", "alice"]})
    assert "north" in house.actor("alice").teams
    assert "Nord" in enter("alice").get("/profile").get_data(as_text=True), "names, not keys"
    assert enter("alice").post("/people/zoe", data=form).status_code == 403


def test_saving_a_page_as_it_is_drops_nobody(house: House, enter: Enter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people, "CHUNK", 2)
    ada = enter("ada")
    members = house.engine.ask(GetPerson("sales", SYSTEM)).row.members
    page = ada.get("/people/sales").text
    shown = re.findall(r'name="members" value="([^"]+)" checked', page)
    assert sorted(shown) == sorted(members)
    assert len(members) > 2
    assert ada.get("/people/alice").text.count('name="teams"') == page.count('name="parents"') + 1
    assert '<option value="maria"' in ada.get("/people/alice").text


def test_a_failed_absence_stays_on_the_page_of_whom_it_is_about(enter: Enter) -> None:
    wrong = {"since": "soon", "until": "2026-03-06T18:00"}
    ada = enter("ada")
    others = ada.post("/absences/alice", data=wrong)
    assert (others.status_code, "CRM-092" in others.text) == (400, True)
    assert 'action="/absences/alice"' in others.text
    assert 'action="/absences/ada"' not in others.text
    assert 'action="/absences/ada"' in ada.post("/absences/ada", data=wrong).text


def test_the_team_room_shows_moves_and_exports_the_same(house: House, enter: Enter) -> None:
    for _ in range(3):
        house.engine.do(ReassignTask(house.task().id, "alice", SYSTEM))
    maria = enter("maria")
    page = maria.get("/team?team=sales&away=alice").get_data(as_text=True)
    assert "<b>3</b>" in page
    assert "-3" in page, "what if alice were away: her three would go"
    got = maria.get("/team/export.csv?team=sales&away=alice")
    rows = {r["Login"]: r for r in csv.DictReader(io.StringIO(got.get_data(as_text=True).lstrip("\ufeff")))}
    assert {login: (row["Open tasks"], row["Would get"]) for login, row in rows.items()} == {
        "alice": ("3", "-3"), "bob": ("0", "2"), "maria": ("0", "1")}  # fmt: skip
    assert all(row["Person"] in page for row in rows.values())
    moved = maria.post("/team/move", data={"from": ["alice"], "to": "bob", "number": "2", "team": "sales"})
    assert moved.status_code == 302
    loads = {row.login: row.load for row in house.engine.ask(Workload(SYSTEM, "sales"))}
    assert loads == {"alice": 1, "bob": 2, "maria": 0}
    assert enter("alice").get("/team").status_code == 403
    assert enter("alice").post("/team/move", data={}).status_code == 403
    assert maria.post("/team/move", data={"from": [], "to": "bob"}).status_code == 400


def test_why_me_shows_candidates_and_who_was_left_out(house: House, enter: Enter) -> None:
    inner = (
        START
        + '<bpmn:userTask id="call" name="Call"><bpmn:extensionElements><zeebe:userTask/>'
        + '<crmflow:assignment strategy="least-loaded" team="sales" exclude="maria"/>'
        + "</bpmn:extensionElements></bpmn:userTask>"
        + END
        + flow("start>call", "call>end")
    )
    house.engine.do(Deploy((model("calls", inner),), SYSTEM, publish=True))
    task_id = house.engine.do(StartInstance("calls", SYSTEM)).tasks[0]
    page = enter("alice").get(f"/tasks/{task_id}").get_data(as_text=True)
    assert "Who was looked at" in page
    assert "maria (left out by the rule)" in page
    assert "has the fewest open tasks for their capacity" in page
