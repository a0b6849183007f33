"""Rules over REST: list, read, check, evaluate, compare, publish with a guard, restore."""

from __future__ import annotations

from typing import Any

import pytest

from engine.domain.access import SYSTEM
from engine.domain.commands import Deploy
from engine.domain.values import FileIn
from tests.store.test_rules import table


@pytest.fixture
def rules(api: Any) -> str:
    api.engine.do(Deploy((FileIn("rates.dmn", table()),), SYSTEM))
    return "/decisions/rates"


def new(api: Any, rules: str, xml: bytes, base: int, who: str = "consultant") -> Any:
    return api(who, "POST", f"{rules}/publish", {"xml": xml.decode(), "base": base, "reason": "Prices of March"})


def test_read_try_and_check(api: Any, rules: str) -> None:
    (row,) = api("employee", "GET", "/decisions?search=rate").json["items"]
    assert (row["key"], row["version"], row["findings"]) == ("rates", 1, {"warning": 1})
    view = api("employee", "GET", rules).json
    assert view["decisions"][0]["fields"][0]["path"] == "amount"
    assert api("employee", "GET", f"{rules}/xml").data == table()
    got = api("employee", "POST", f"{rules}/evaluate", {"decision": "rate", "inputs": {"amount": 5}}).json
    assert (got["value"], got["trace"][0]["rules"][0]["matched"]) == (1, True)
    edited = {"decision": "rate", "inputs": {"amount": 12}, "xml": table("&lt; 15", "6").decode()}
    assert api("designer", "POST", f"{rules}/evaluate", edited).json["value"] == 6
    for part, body in (("evaluate", edited), ("check", {"xml": edited["xml"]})):
        assert api.code(api("employee", "POST", f"{rules}/{part}", body)) == (403, "CRM-310"), "a text of one's own"
    (gap,) = api("employee", "POST", f"{rules}/check", {}).json
    assert gap["code"] == "CRM-156"
    assert 10 <= gap["params"]["given"]["amount"] < 20
    assert api("manager", "GET", f"{rules}/cases").json == []


def test_publish_guards_compares_and_restores(api: Any, rules: str) -> None:
    assert api.code(new(api, rules, table(result="7"), 1, "employee")) == (403, "CRM-310")
    assert new(api, rules, table(result="7"), 1).json["version"] == 2
    late = new(api, rules, table(result="8"), 1, "designer")
    assert api.code(late) == (409, "CRM-240")
    assert (late.json["version"], late.json["by"]) == (2, "consultant")
    changes = api("employee", "GET", f"{rules}/diff?before=1&after=2").json
    assert [change["state"] for change in changes] == ["same", "changed"]
    back = {"version": 1, "base": 2, "reason": "It was wrong"}
    assert api("designer", "POST", f"{rules}/restore", back).json["version"] == 3
    assert api("employee", "GET", f"{rules}/xml").data == table()
    preview = api("designer", "POST", f"{rules}/preview", {"xml": table(result="7").decode()}).json
    assert (preview["base"], preview["unchanged"]) == (3, False)


@pytest.mark.parametrize("xml", ["", "<a/>", "no xml", "{}", '<definitions xmlns="http://www.omg.org/spec/BPMN/1"/>'])
def test_texts_that_are_no_rules_are_refused(api: Any, rules: str, xml: str) -> None:
    body = {"xml": xml, "base": 1, "reason": "test"}
    got = api("consultant", "POST", f"{rules}/publish", body)
    assert api.code(got) in ((422, "CRM-150"), (400, "CRM-041"))


def test_deploying_the_file_publishes_it_too(api: Any, rules: str) -> None:
    body = {"files": [{"name": "rates.dmn", "content": table(result="9").decode()}]}
    assert api("designer", "POST", "/deployments", body).status_code == 201
    got = api("employee", "POST", f"{rules}/evaluate", {"decision": "rate", "inputs": {"amount": 5}})
    assert got.json["value"] == 9
    assert api.code(api("employee", "GET", "/decisions/none")) == (404, "CRM-415")
    assert api.code(api("employee", "GET", f"{rules}?version=77")) == (404, "CRM-416")
