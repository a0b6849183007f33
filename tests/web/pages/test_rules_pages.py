"""The Rules room: who may look, try, edit and publish; parts its script asks for; words in both languages."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from pages_house import MODELS, House, files

from engine.domain.access import SYSTEM
from engine.domain.commands import Deploy
from engine.domain.rules import GetRules, PublishRules
from engine.domain.values import FileIn
from webui import create_app

Enter = Callable[[str], FlaskClient]
LOAN = (MODELS / "loan.dmn").read_text()
EDITED = LOAN.replace("&gt; 14", "&gt; 5")
PUBLISH = {"xml": EDITED, "base": 1, "reason": "Devices are scarce"}


def test_the_list_tells_version_check_and_users(house: House, enter: Enter) -> None:
    house.start()
    page = enter("alice").get("/rules").text
    assert "Loans of devices" in page
    assert 'href="/rules/loan-rules"' in page
    assert "complete" in page
    assert "No rules match" in enter("alice").get("/rules?q=nothing").text
    assert "New table" in enter("dora").get("/rules").text
    assert "New table" not in page


def test_the_list_asks_as_little_for_many_rules_as_for_one(house: House, enter: Enter) -> None:
    browser = enter("carl")
    browser.get("/rules")
    with house.statements() as one:
        browser.get("/rules")
    for number in range(5):
        xml = LOAN.replace("loan-rules", f"more-{number}").replace('"loan-route"', f'"route-{number}"')
        house.engine.do(PublishRules(f"more-{number}", xml.encode(), SYSTEM, 0, "more"))
    with house.statements() as six:
        assert "more-4" in browser.get("/rules").text
    assert len(six) == len(one) <= 7


@pytest.mark.parametrize("who", ["alice", "maria", "dora", "carl", "ada"])
def test_everybody_reads_and_tries_designers_edit(who: str, enter: Enter) -> None:
    browser = enter(who)
    page = browser.get("/rules/loan-rules").text
    tried = browser.post("/rules/loan-rules/try", json={"decision": "loan-route", "inputs": {"days": "20"}})
    assert "Rule 1 applies" in tried.text
    designs = who in ("dora", "carl", "ada")
    assert ("data-editable" in page) is designs
    assert browser.post("/rules/loan-rules/publish", json=PUBLISH).status_code == (200 if designs else 403)
    assert browser.post("/rules/loan-rules/preview", json={"xml": EDITED}).status_code == (200 if designs else 403)
    assert browser.get("/rules/new").status_code == (200 if designs else 403)
    assert browser.post("/rules/loan-rules/cases", json={}).status_code == (403 if who == "alice" else 200)


def test_the_unsaved_table_is_tried_and_says_why(enter: Enter) -> None:
    body = {"decision": "loan-route", "inputs": {"days": "10", "device": "tablet"}, "xml": EDITED}
    told = enter("carl").post("/rules/loan-rules/try", json=body).text
    assert "Rule 1 applies" in told
    assert "Days is 10, and that fits &gt; 5" in told
    assert "Rule 2 just misses" in told
    assert "Device is tablet, asked for is &#34;lab&#34;" in told
    assert 'data-trace>[{"' in told


@pytest.mark.parametrize("part", ["fields", "try", "check"])
def test_a_text_of_ones_own_is_for_designers(part: str, enter: Enter) -> None:
    body = {"decision": "loan-route", "inputs": {"days": "10"}, "xml": EDITED}
    refused = enter("alice").post(f"/rules/loan-rules/{part}", json=body)
    assert (refused.status_code, "CRM-310" in refused.text) == (403, True)
    assert enter("dora").post(f"/rules/loan-rules/{part}", json=body).status_code == 200
    assert enter("alice").post(f"/rules/loan-rules/{part}", json={**body, "xml": ""}).status_code == 200


def test_fields_have_the_widget_of_their_type(enter: Enter) -> None:
    page = enter("alice").post("/rules/loan-rules/fields", json={"decision": "loan-route"}).text
    assert 'type="number" step="any" inputmode="decimal" id="try-1" data-path="days"' in page
    assert '<option value="lab">' in page


def test_the_check_offers_its_example(enter: Enter) -> None:
    gap = LOAN.replace('<inputEntry id="r3a"><text>-</text>', '<inputEntry id="r3a"><text>&lt; 0</text>')
    told = enter("dora").post("/rules/loan-rules/check", json={"xml": gap}).text
    assert "CRM-156" in told
    assert "data-example" in told
    assert "Every case is covered" in enter("alice").post("/rules/loan-rules/check", json={}).text


def test_real_cases_are_offered(house: House, enter: Enter) -> None:
    house.start(days=20, key="LN-7")
    told = enter("maria").post("/rules/loan-rules/cases", json={"decision": "loan-route"}).text
    assert "LN-7" in told
    assert "days = 20" in told


def test_publishing_tells_a_conflict_with_the_version(house: House, enter: Enter) -> None:
    house.engine.do(PublishRules("loan-rules", LOAN.replace("&gt; 14", "&gt; 9").encode(), SYSTEM, 1, "first"))
    answer = enter("carl").post("/rules/loan-rules/publish", json=PUBLISH, headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json["code"], answer.json["version"]) == (409, "CRM-240", 2)
    again = enter("carl").post("/rules/loan-rules/publish", json={**PUBLISH, "base": 2})
    assert again.json["version"] == 3
    diff = enter("alice").get("/rules/loan-rules/diff?before=2&after=3").text
    assert "<del>&gt; 9</del>" in diff
    assert "<ins>&gt; 5</ins>" in diff


def test_an_old_version_is_shown_and_restored(house: House, enter: Enter) -> None:
    browser = enter("carl")
    browser.post("/rules/loan-rules/publish", json=PUBLISH)
    page = browser.get("/rules/loan-rules?version=1").text
    assert "You are looking at version 1." in page
    assert "data-editable" not in page
    form = {"version": "1", "base": "2", "reason": "That was wrong"}
    assert browser.post("/rules/loan-rules/restore", data=form).location.endswith("/rules/loan-rules")
    assert house.engine.ask(GetRules("loan-rules", SYSTEM)).newest == 3


def test_what_publishing_changes_is_shown_before(house: House, enter: Enter) -> None:
    house.start()
    told = enter("carl").post("/rules/loan-rules/preview", json={"xml": EDITED}).text
    assert "1 running case is decided by the new version from now on;" in told
    assert "<del>&gt; 14</del>" in told
    broken = LOAN.replace("&gt; 14", "&gt;")
    refused = enter("carl").post("/rules/loan-rules/preview", json={"xml": broken}).text
    assert "must be mended first" in refused
    assert "data-publish-form" not in refused


def test_a_new_table_begins_sound(enter: Enter, house: House) -> None:
    browser = enter("carl")
    assert browser.get("/rules/new?key=discount&name=Discounts").status_code == 200
    xml = browser.get("/rules/new/xml?key=discount&name=Dis%22counts").text
    done = browser.post("/rules/discount/publish", json={"xml": xml, "base": 0, "reason": "new"})
    assert done.json["version"] == 1
    assert browser.get("/rules/new?key=no%20key").status_code == 400
    row = house.engine.ask(GetRules("discount", SYSTEM)).row
    assert (row.name, row.findings) == ('Dis"counts', {})


@pytest.mark.parametrize("part", ["fields", "try", "check", "cases", "preview"])
def test_rubbish_is_refused_kindly(part: str, enter: Enter) -> None:
    for body in ({"xml": "<a>"}, {"xml": 7, "inputs": []}, {"decision": "nothing", "inputs": "x"}, {"version": 99}):
        answer = enter("ada").post(f"/rules/loan-rules/{part}", json=body)
        assert answer.status_code < 500, (part, body)
    assert enter("ada").post(f"/rules/none/{part}", json={}).status_code in (404, 422)


def test_the_page_keeps_its_policy_and_speaks_chinese(house: House, enter: Enter) -> None:
    answer = enter("carl").get("/rules/loan-rules")
    policy = answer.headers["Content-Security-Policy"]
    nonce = policy.split("'nonce-")[1].split("'")[0]
    assert f'content="{nonce}"' in answer.text
    assert "script-src 'self';" in policy
    assert "unsafe-eval" not in policy
    browser = enter("carl")
    browser.post("/language", data={"locale": "zh_Hans", "next": "/rules"})
    assert "谁在使用这些规则" in browser.get("/rules/loan-rules").text
    body = {"decision": "loan-route", "inputs": {"days": 20}}
    assert "第 1 条规则适用" in browser.post("/rules/loan-rules/try", json=body).text


def test_publishing_needs_the_sessions_token(house: House) -> None:
    browser = create_app(house.engine, {"TESTING": True}).test_client()
    with browser.session_transaction() as session:
        session["_user_id"] = f"{house.actor('carl').stamp}:carl"
    assert "CRM-315" in browser.post("/rules/loan-rules/publish", json=PUBLISH).text
    assert house.engine.ask(GetRules("loan-rules", SYSTEM)).newest == 1


def test_names_of_rules_are_read_in_the_readers_language(house: House, enter: Enter) -> None:
    texts = {"loan-rules": "设备借用规则", "loan-route": "谁来批准", "in-days": "借用天数"}
    content = "loan-rules:\n" + "".join(f"  {key}: {text}\n" for key, text in texts.items())
    house.engine.do(Deploy((*files("loan.dmn"), FileIn("labels.zh_Hans.yaml", content.encode())), SYSTEM))
    browser = enter("alice")
    assert "设备借用规则" not in browser.get("/rules").text
    browser.post("/language", data={"locale": "zh_Hans", "next": "/rules"})
    for address in ("/rules", "/rules?q=设备", "/rules/loan-rules", "/rules/loan-rules/diff"):
        assert "设备借用规则" in browser.get(address).text, address
    assert "借用天数" in browser.post("/rules/loan-rules/fields", json={}).text
    tried = browser.post("/rules/loan-rules/try", json={"decision": "loan-route", "inputs": {"days": "20"}}).text
    assert "谁来批准" in tried
    assert "借用天数" in tried
    started = house.start()
    manager = enter("maria")
    manager.post("/language", data={"locale": "zh_Hans", "next": "/rules"})
    case = manager.get(f"/instances/{started.instance_id}/history").text
    assert "谁来批准" in case  # the trace was kept as drawn
    assert "借用天数 = 20" in case
