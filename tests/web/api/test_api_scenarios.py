"""Scenarios over REST: files handed in, and those deployed with a definition."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from engine.domain.access import SYSTEM
from engine.domain.commands import AddTeam

FILES = Path(__file__).parents[2] / "scenarios"


def body(**more: Any) -> dict[str, Any]:
    named = ("order.bpmn", "order.scenario.yaml")
    return {"files": [{"name": name, "content": (FILES / name).read_text()} for name in named], **more}


def test_files_are_run_and_nothing_is_kept(api: Any) -> None:
    got = api("designer", "POST", "/scenarios", body())
    assert got.status_code == 200, got.text
    assert [one["failures"] for one in got.json["results"]] == [[], [], []]
    assert got.json["paths"][0]["percent"] == 87.5
    assert api("designer", "GET", "/definitions?key=order").json["items"] == []


def test_a_wrong_file_is_told_with_its_line(api: Any) -> None:
    sent = body()
    sent["files"][1]["content"] = sent["files"][1]["content"].replace("complete: Check", "compleet: Check", 1)
    got = api("designer", "POST", "/scenarios", sent)
    assert (got.status_code, got.json["code"]) == (422, "CRM-880")
    assert got.json["findings"][0]["line"] == 16


def test_yaml_that_explodes_is_refused(api: Any) -> None:
    bomb = "a: &a [x, x, x, x, x, x, x, x]\n" + "".join(
        f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]\n" for a, b in zip("abcdefghi", "bcdefghij", strict=True)
    )
    for text in (f"{bomb}process: *j\nscenarios: []\n", "process: " + "[" * 5000, "&a [*a]"):
        got = api("designer", "POST", "/scenarios", {"files": [{"name": "x.scenario.yaml", "content": text}]})
        assert (got.status_code, got.json["code"]) == (422, "CRM-880"), got.text


def test_those_deployed_with_a_definition_are_run(api: Any) -> None:
    api.engine.do(AddTeam("desk", SYSTEM, "Desk"))
    assert api("designer", "POST", "/deployments", body()).status_code == 201
    row = api("designer", "GET", "/definitions?key=order").json["items"][0]
    got = api("designer", "POST", f"/definitions/{row['id']}/scenarios/run", {})
    assert got.status_code == 200, got.text
    assert [path["key"] for path in got.json["paths"]] == ["order"]
    assert got.json["paths"][0]["times"]["Check"] == 3
