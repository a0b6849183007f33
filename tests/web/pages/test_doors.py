"""Log-in, sessions, CSRF, rate limit, headers, and who may enter which room."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from pages_house import PASSWORD, House

from engine.domain.access import SYSTEM
from engine.domain.commands import ChangeUser
from engine.domain.errors import Unavailable
from webui import create_app
from webui.pages.login import is_local

ROOMS = {
    "/inbox": "all",
    "/inbox/list": "all",
    "/start": "all",
    "/flows": "all",
    "/rules": "all",
    "/rules/new": {"dora", "carl", "ada"},
    "/notifications": "all",
    "/notifications/count": "all",
    "/profile": "all",
    "/people": "all",
    "/people/alice": "all",
    "/people/new": {"ada"},
    "/team": {"maria", "ada"},
    "/team/export.csv": {"maria", "ada"},
    "/records/account": "all",
    "/records/account/new": {"alice", "maria", "carl", "ada"},
    "/upload": {"dora", "carl", "ada"},
    "/instances": {"maria", "dora", "carl", "ada"},
    "/timers": {"maria", "dora", "carl", "ada"},
    "/jobs": {"maria", "dora", "carl", "ada"},
    "/incidents": {"maria", "dora", "carl", "ada"},
    "/sla": {"maria", "ada"},
    "/settings": "all",
}


@pytest.mark.parametrize("who", ["alice", "maria", "dora", "carl", "ada"])
def test_rooms_open_by_role(who: str, enter: Callable[[str], FlaskClient]) -> None:  # H2, K1
    browser = enter(who)
    for address, may in ROOMS.items():
        answer = browser.get(address)
        if may == "all" or who in may:
            assert answer.status_code == 200, (who, address)
        else:
            assert answer.status_code == 403, (who, address)
            assert "CRM-310" in answer.text


def test_menu_shows_only_open_rooms(enter: Callable[[str], FlaskClient]) -> None:
    assert 'href="/upload"' not in enter("alice").get("/inbox").text
    assert 'href="/upload"' in enter("dora").get("/inbox").text


@pytest.mark.parametrize("address", [*ROOMS, "/tasks/x", "/instances/x", "/flows/x", "/records/account/x"])
def test_strangers_are_sent_to_log_in(address: str, house: House) -> None:
    answer = house.app.test_client().get(address)
    assert answer.status_code == 302
    assert answer.location.startswith("/login?next=")


def test_wrong_password_keeps_the_login_and_tells_the_code(house: House) -> None:
    answer = house.app.test_client().post("/login", data={"login": "alice", "password": "not-hers-77"})
    assert answer.status_code == 401
    assert "CRM-301" in answer.text
    assert 'value="alice"' in answer.text
    assert "not-hers-77" not in answer.text


def test_five_failures_shut_the_door_for_a_while(house: House) -> None:
    browser = house.app.test_client()
    wrong, right = {"login": "bob", "password": "no"}, {"login": "bob", "password": PASSWORD}
    for _ in range(5):
        assert browser.post("/login", data=wrong).status_code == 401
    shut = browser.post("/login", data=right)
    assert shut.status_code == 429
    assert "CRM-320" in shut.text
    assert browser.post("/login", data={"login": "alice", "password": PASSWORD}).status_code == 302
    house.clock.move(timedelta(minutes=6))
    assert house.app.test_client().post("/login", data=right).status_code == 302


def test_next_stays_on_this_site(house: House) -> None:
    for target, expected in (("/flows", "/flows"), ("//evil.example", "/inbox"), ("https:evil", "/inbox")):
        form = {"login": "alice", "password": PASSWORD, "next": target}
        assert house.app.test_client().post("/login", data=form).location == expected


@pytest.mark.parametrize(
    ("target", "local"),
    [
        ("/flows?q=a%20b#top", True),
        ("/\t/evil.example", False),
        ("/\n/evil.example", False),
        ("\t//evil.example", False),
        ("/\\evil.example", False),
        ("/a\\..\\evil", False),
        ("/ /evil", False),
        ("//[evil", False),
        ("flows", False),
        ("", False),
    ],
)
def test_what_browsers_read_as_another_site_is_not_local(target: str, local: bool) -> None:
    assert is_local(target) is local


def test_no_two_rules_answer_the_same_addresses(house: House) -> None:
    seen: dict[tuple[str, str], str] = {}
    for rule in house.app.url_map.iter_rules():
        shape = re.sub(r"<[^>]+>", "<>", rule.rule)
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            other = seen.setdefault((method, shape), rule.endpoint)
            assert other == rule.endpoint, f"{method} {shape}: {other} hides {rule.endpoint}"


def test_deactivation_ends_the_session(house: House, enter: Callable[[str], FlaskClient]) -> None:  # H8
    browser = enter("bob")
    house.engine.do(ChangeUser("bob", SYSTEM, active=False))
    assert browser.get("/inbox").location.startswith("/login")


def test_new_password_ends_older_sessions(house: House, enter: Callable[[str], FlaskClient]) -> None:
    browser = enter("bob")
    house.engine.do(ChangeUser("bob", SYSTEM, password="another long password"))
    assert browser.get("/inbox").location.startswith("/login")


def test_log_out_ends_the_session(enter: Callable[[str], FlaskClient]) -> None:
    browser = enter("alice")
    assert browser.post("/logout").status_code == 302
    assert browser.get("/inbox").status_code == 302


def test_posts_without_token_are_refused(house: House) -> None:
    browser = create_app(house.engine, {"TESTING": True}).test_client()
    answer = browser.post("/login", data={"login": "alice", "password": PASSWORD})
    assert answer.status_code == 403
    assert "CRM-315" in answer.text
    token = re.search(r'name="csrf" content="([^"]+)"', browser.get("/login").text)
    assert token is not None
    form = {"login": "alice", "password": PASSWORD, "csrf_token": token[1]}
    assert browser.post("/login", data=form).status_code == 302
    task = house.task()
    assert browser.post(f"/tasks/{task.id}/complete", json={}).status_code == 403


def test_every_post_of_the_pages_is_guarded(house: House) -> None:
    browser = create_app(house.engine, {"TESTING": True}).test_client()
    for rule in house.app.url_map.iter_rules():
        if "POST" in (rule.methods or ()) and not rule.rule.startswith("/api/"):
            address = re.sub(r"<[^>]+>", "x", re.sub(r"<int:[^>]+>", "1", rule.rule))
            assert "CRM-315" in browser.post(address).text, address


def test_cookie_and_headers(house: House) -> None:
    answer = house.app.test_client().post("/login", data={"login": "alice", "password": PASSWORD})
    cookie = next(c for c in answer.headers.getlist("Set-Cookie") if c.startswith("crmflow="))
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    policy = answer.headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "unsafe-eval" not in policy
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_pages_have_no_inline_script(enter: Callable[[str], FlaskClient]) -> None:
    for address in ("/inbox", "/flows", "/upload", "/login"):
        text = enter("ada").get(address, follow_redirects=True).text
        for tag in re.findall(r"<script[^>]*>", text):
            assert "src=" in tag or 'type="application/json"' in tag, tag
        assert not re.search(r"\son\w+=\"", text)


def test_errors_are_pages_with_code_and_way_out(enter: Callable[[str], FlaskClient]) -> None:  # L6
    answer = enter("alice").get("/no/such/page")
    assert answer.status_code == 404
    assert "CRM-400" in answer.text
    assert "/no/such/page" in answer.text


def test_a_dead_database_still_gets_a_page(
    house: House, enter: Callable[[str], FlaskClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = enter("alice")

    def dead(question: object) -> None:
        raise Unavailable("CRM-701", "The database does not answer.", fix="Try again soon.")

    monkeypatch.setattr(house.engine, "ask", dead)
    browser.set_cookie("lang", "zh_Hans")
    answer = browser.get("/inbox")
    assert answer.status_code == 503
    assert "CRM-701" in answer.text
    assert "数据库没有响应" in answer.text


def test_a_fault_of_ours_is_told_without_its_cause(
    house: House, enter: Callable[[str], FlaskClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = enter("alice")
    house.app.config["PROPAGATE_EXCEPTIONS"] = False

    def broken(question: object) -> None:
        raise KeyError("the secret of the house")

    monkeypatch.setattr(house.engine, "ask", broken)
    answer = browser.get("/inbox")
    assert answer.status_code == 500
    assert "CRM-690" in answer.text
    assert "secret of the house" not in answer.text


def test_a_port_in_use_is_named_with_the_way_out(sqlite_url):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        words = ["--db", sqlite_url, "serve", "--port", str(taken.getsockname()[1]), "--no-scheduler"]
        told = subprocess.run([sys.executable, "-m", "engine.cli", *words], capture_output=True, text=True, timeout=60)
    assert told.returncode == 1
    assert "[CRM-704]" in told.stderr
    assert "--port" in told.stderr
