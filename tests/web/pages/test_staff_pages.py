"""Pages about people: profile, one person, a team, absences, the feed, and the Team room."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from pages_house import PASSWORD, House
from pydantic import SecretStr

from engine.domain.access import SYSTEM
from engine.domain.commands import ChangeUser, ClaimJobs, Deploy, FailJob, LogIn, ReassignTask, StartInstance
from engine.domain.desk import RescheduleTask
from engine.domain.questions import GetTask
from engine.domain.staff import ChangePerson, ChangeTeam, GetPerson, Workload
from engine.services import comments, notes
from engine.store.moves import change_tasks
from tests.store.drawing import END, START, flow, model
from webui import choosing
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


def test_of_very_many_people_the_one_is_found_by_typing(
    house: House, enter: Enter, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice, task = enter("alice"), house.task()
    assert '<select class="form-select" id="delegate-to"' in alice.get(f"/tasks/{task.id}/delegate").text
    assert "data-more" not in alice.get(f"/tasks/{task.id}/desk", headers={"HX-Request": "true"}).text
    monkeypatch.setattr(choosing, "MOST", 1)
    monkeypatch.setattr(comments, "_NAMED", 1)
    page = alice.get(f"/tasks/{task.id}/delegate").text
    assert 'hx-get="/people/-/named?of=to&amp;kind=user"' in page
    assert (
        'data-more="/people/-/named?of=q&amp;kind=user"'
        in alice.get(f"/tasks/{task.id}/desk", headers={"HX-Request": "true"}).text
    )
    bob = house.engine.ask(GetPerson("bob", SYSTEM)).row.name
    assert f'<option value="bob">{bob}</option>' in alice.get("/people/-/named?of=to&kind=user&to=bo").text
    assert 'value="team:' in alice.get("/people/-/named?of=to&to=e").text
    alice.post(f"/tasks/{task.id}/claim")
    alice.post(f"/tasks/{task.id}/delegate", data={"to": bob.upper()})  # typed in full, not chosen
    assert house.engine.ask(GetTask(task.id, SYSTEM)).row.assignee == "bob"


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


def test_a_move_is_tried_before_it_is_done(house: House, enter: Enter) -> None:
    for _ in range(3):
        house.engine.do(ReassignTask(house.task().id, "alice", SYSTEM))
    house.engine.do(ChangePerson("bob", SYSTEM, most=1))
    maria = enter("maria")
    what = {"from": ["alice"], "to": "bob", "number": "2", "reason": "leave", "team": "sales"}
    page = maria.post("/team/move", data={**what, "act": "try"}).text
    assert "2 tasks would go to Bob Stone." in page
    assert "more than 1 at most" in page
    loads = {row.login: row.load for row in house.engine.ask(Workload(SYSTEM))}
    assert (loads["alice"], loads["bob"]) == (3, 0), "nothing has moved"
    tried = page.split('id="move-tried"')[1].split("</section>")[0]
    again = dict(re.findall(r'name="(\w+)" value="([^"]*)"', tried))
    assert maria.post("/team/move", data=again).status_code == 302
    loads = {row.login: row.load for row in house.engine.ask(Workload(SYSTEM))}
    assert (loads["alice"], loads["bob"]) == (1, 2)
    nothing = maria.post("/team/move", data={**what, "from": ["maria"], "act": "try"}).text
    assert "0 tasks would go to Bob Stone." in nothing


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


def test_a_lead_finds_the_team_room_and_works_within_their_teams(house: House, enter: Enter) -> None:
    for _ in range(3):
        house.engine.do(ReassignTask(house.task().id, "bob", SYSTEM))
    assert 'href="/team"' not in enter("alice").get("/inbox").text
    house.engine.do(ChangeTeam("sales", SYSTEM, lead="alice"))
    alice = enter("alice")
    assert 'href="/team"' in alice.get("/inbox").text
    page = alice.get("/team").text
    assert "Bob Stone" in page
    assert "Eve Outside" not in page
    assert "Support" not in page, "no other team is offered"
    assert alice.get("/team?team=support").status_code == 403
    for wrong in (
        {"from": ["bob"], "to": "eve"},
        {"from": ["eve"], "to": "bob"},
        {"from": ["bob"], "to": "team:support"},
    ):
        assert alice.post("/team/move", data=wrong).status_code == 403, wrong
    assert alice.post("/team/move", data={"from": ["bob"], "to": "alice", "number": "2"}).status_code == 302
    loads = {row.login: row.load for row in house.engine.ask(Workload(house.actor("alice")))}
    assert loads == {"alice": 2, "bob": 1, "maria": 0}


def test_what_if_without_an_end_until_a_day_and_until_nonsense(house: House, enter: Enter) -> None:
    tasks = [house.task().id for _ in range(2)]
    for task_id, day in zip(tasks, (3, 20), strict=True):
        house.engine.do(ReassignTask(task_id, "bob", SYSTEM))
        house.engine.do(RescheduleTask(task_id, SYSTEM, datetime(2026, 3, day, 12, tzinfo=UTC)))
    maria = enter("maria")
    assert ">-2</span>" in maria.get("/team?team=sales&away=bob").text
    page = maria.get("/team?team=sales&away=bob&until=2026-03-04").text
    assert ">-1</span>" in page
    assert "1 can wait" in page
    assert ">-2</span>" in maria.get("/team?team=sales&away=bob&until=2026-03-20").text, "that day included"
    for wrong in ("friday", "9999-12-31"):
        for page in ("/team", "/team/export.csv"):
            assert maria.get(f"{page}?away=bob&until={wrong}").status_code == 400
    maria.post("/language", data={"locale": "zh_Hans"})
    assert "人员,登录名" in maria.get("/team/export.csv").get_data(as_text=True)


def test_a_task_that_must_stay_is_named_and_stops_no_other(house: House, enter: Enter) -> None:
    first, second = house.task().id, house.task().id
    for task_id in (first, second):
        house.engine.do(ReassignTask(task_id, "bob", SYSTEM))
    with house.engine._db.begin() as conn:
        change_tasks(conn, [first], {"why": {"four_eyes": ["alice"]}})
    page = enter("maria").post(
        "/team/move", data={"from": ["bob"], "to": "alice", "number": "9"}, follow_redirects=True
    ).text  # fmt: skip
    assert "1 task moved." in page
    assert "is for other eyes" in page


def test_what_failed_is_seen_and_sent_again(house: House, enter: Enter) -> None:
    engine = house.engine
    engine.settings = engine.settings.model_copy(update={"smtp_url": SecretStr("smtp://127.0.0.1:9")})
    engine.do(ChangeUser("alice", SYSTEM, email="gone@x.example"))
    with engine._db.begin() as conn:
        notes.tell(engine._context(conn), ["alice"], "Look here")
    (job,) = engine.do(ClaimJobs(SYSTEM, 9, timedelta(minutes=5), ("mail",)))
    engine.do(FailJob(job.id, job.fence, SYSTEM, "[CRM-718] The mail server refused the recipient.", final=True))
    alice = enter("alice")
    for address in ("/profile", "/notifications/sent?failed=yes"):
        page = alice.get(address).text
        assert "The mail server refused the recipient." in page
        assert "Send again" in page
    assert "Look here" not in enter("bob").get("/notifications/sent?of=all").text
    page = enter("ada").get("/notifications/sent?of=all&failed=yes").text
    again = re.search(r'action="(/notifications/sent/[^"]+/again)"', page)
    assert again is not None
    assert enter("bob").post(again[1]).status_code == 404
    alice.post("/profile", data={"email": "alice@x.example"})
    assert enter("ada").post(again[1]).status_code == 302
    (job,) = engine.do(ClaimJobs(SYSTEM, 9, timedelta(minutes=5), ("mail",)))
    assert job.payload["input"]["to"] == "alice@x.example"
    assert "Nothing failed." in alice.get("/notifications/sent?failed=yes").text


def test_the_webhooks_secret_is_shown_and_renewed(house: House, enter: Enter) -> None:
    alice = enter("alice")
    alice.post("/profile/wishes", data={"webhook": "https://hooks.example/a", "news": ["told"]})
    secret = re.compile(r'readonly value="([\w-]{20,})" aria-label="Secret of the webhook"')
    first = secret.search(alice.get("/profile").text)
    alice.post("/profile/wishes/key")
    second = secret.search(alice.get("/profile").text)
    assert first is not None
    assert second is not None
    assert first[1] != second[1]
    assert house.engine.ask(GetPerson("alice", house.actor("alice"))).tell["webhook"] == "https://hooks.example/a"


def test_a_lead_notes_absences_on_the_persons_page(house: House, enter: Enter) -> None:
    house.engine.do(ChangeTeam("sales", SYSTEM, lead="alice"))
    alice = enter("alice")
    assert 'action="/absences/bob"' in alice.get("/people/bob").text
    assert 'action="/absences/eve"' not in alice.get("/people/eve").text
    times = {"since": "2026-03-02T00:00", "until": "2026-03-06T18:00", "reason": "an operation"}
    assert alice.post("/absences/bob", data={**times, "next": "/people/bob"}).status_code == 302
    assert "an operation" in alice.get("/people/bob").text
    assert "an operation" not in enter("eve").get("/people/bob").text


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
    assert "Maria Lead (left out by the rule)" in page
    assert "has the fewest open tasks for their capacity" in page
