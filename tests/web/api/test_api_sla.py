"""SLA over REST: calendars and policies from YAML, previews, clocks with their reasons, the wall.  # L3"""

from __future__ import annotations

from typing import Any

import pytest

from engine.domain.access import SYSTEM
from engine.domain.commands import Deploy, StartInstance
from tests.store.drawing import END, START, flow, model, user

OFFICE = "zone: UTC\nweek: {mon: 09:00-17:00, tue: 09:00-17:00, wed: 09:00-17:00, thu: 09:00-17:00, fri: 09:00-17:00}\n"
SUPPORT = "targets: {resolve: PT8H}\ncalendar: office\nladder: [{at: -PT30M, acts: [{do: notify, to: [lead]}]}]\n"


@pytest.fixture
def started(api: Any) -> str:
    """A case with one clock, all of it made over REST but for the model; the case's id."""
    assert api("consultant", "PUT", "/sla/calendars/office", {"yaml": OFFICE}).status_code == 200
    assert api("consultant", "PUT", "/sla/policies/support", {"yaml": SUPPORT}).status_code == 200
    mark = '<crmflow:sla metric="resolve" policy="support"/>'
    inner = START + user("work", "sales", more=mark) + END + flow("start>work", "work>end")
    api.engine.do(Deploy((model("help", inner, about='owner="team:sales" goal="g" kpi="k"'),), SYSTEM, publish=True))
    return api.engine.do(StartInstance("help", SYSTEM)).instance_id


def test_contents_come_as_yaml_or_object_and_in_versions(api: Any) -> None:
    first = api("consultant", "PUT", "/sla/calendars/office", {"yaml": OFFICE}).json
    again = api("consultant", "PUT", "/sla/calendars/office", {"content": first["content"]}).json
    assert (first["version"], again["version"]) == (1, 1), "the same content changes nothing"
    api("consultant", "PUT", "/sla/policies/support", {"yaml": SUPPORT})
    assert api("consultant", "PUT", "/sla/policies/support", {"yaml": SUPPORT}).json["version"] == 1
    assert [row["key"] for row in api("employee", "GET", "/sla/policies").json] == ["support"]
    assert (
        api("consultant", "PUT", "/sla/uses", {"kind": "team", "target": "sales", "calendar": "office"}).status_code
        == 204
    )
    assert api("employee", "GET", "/sla/calendars").json[0]["uses"] == [["team", "sales"]]


def test_a_deadline_is_explained_previewed_and_moved(api: Any, started: str) -> None:
    (clock,) = api("manager", "GET", f"/sla/clocks?instance_id={started}").json
    assert (clock["metric"], clock["due_at"]) == ("resolve", "2026-03-02T17:00:00Z")
    why = api("manager", "GET", f"/sla/clocks/{clock['id']}").json
    assert (why["same"], why["why"]["calendar"]["via"]) == (True, "policy support")
    (rung,) = why["rungs"]
    assert (rung["rung"], rung["due_at"]) == ("-PT30M", "2026-03-02T16:30:00Z"), "half an hour before it is due"
    tighter = {"yaml": SUPPORT.replace("PT8H", "PT4H")}
    seen = api("consultant", "POST", "/sla/policies/support/preview", tighter).json
    assert (seen["open"], seen["moves"][0]["after"]) == (1, "2026-03-02T13:00:00Z")
    api("consultant", "PUT", "/sla/policies/support", tighter)
    wall = api("manager", "GET", "/sla/wall?state=running&assignee=-").json
    assert [row["due_at"] for row in wall["clocks"]] == ["2026-03-02T13:00:00Z"]


def test_clocks_pause_and_tick_again(api: Any, started: str) -> None:
    at = f"/instances/{started}/clocks"
    assert api("employee", "POST", f"{at}/pause", {"reason": "the supplier"}).json == {"clocks": 1}
    assert api("manager", "GET", "/sla/wall?state=paused").json["clocks"][0]["paused_for"] == "the supplier"
    assert api("employee", "POST", f"{at}/resume", {}).json == {"clocks": 1}
    assert api("employee", "POST", f"{at}/meet", {"metrics": ["resolve"]}).json == {"clocks": 1}
    assert api("manager", "POST", f"{at}/recompute", {}).json["open"] == 0


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("/sla/calendars/x", {"yaml": "zone: Nowhere\nweek: {}"}, (400, "CRM-070")),
        ("/sla/calendars/x", {"content": {"zone": "UTC", "week": {}, "holidays": 5}}, (400, "CRM-072")),
        ("/sla/calendars/x", {"yaml": "[" * 3000}, (400, "CRM-074")),
        ("/sla/policies/x", {"yaml": "targets: {resolve: soon}"}, (400, "CRM-077")),
        ("/sla/policies/x", {"yaml": "targets: {resolve: 2024-13-45}"}, (400, "CRM-080")),
        ("/sla/policies/x", {"yaml": "[" * 3000}, (400, "CRM-080")),
        ("/sla/policies/x", {"yaml": "!!int ''"}, (400, "CRM-080")),
        ("/sla/policies/x", {"content": {"targets": {"a": "PT1H"}, "ladder": 5}}, (400, "CRM-078")),
        ("/sla/policies/x", {"content": {"targets": {"a": "PT1H"}, "calendar": "none"}}, (404, "CRM-426")),
        ("/sla/policies/x", {}, (400, "CRM-041")),
    ],
)
def test_what_cannot_be_meant_is_told(api: Any, path: str, body: dict[str, Any], code: tuple[int, str]) -> None:
    status, told = api.code(api("consultant", "PUT", path, body))
    assert (status, told) == code


def test_figures_of_finished_cases_are_told_per_version(api: Any, started: str) -> None:
    (queue,) = api("manager", "GET", "/sla/queues").json
    assert (queue["team"], queue["free"], queue["ages"]) == ("sales", 1, [1, 0, 0, 0])
    (task,) = api("employee", "GET", f"/tasks?box=teams&instance_id={started}").json["items"]
    api("employee", "POST", f"/tasks/{task['id']}/claim", {})
    assert api("employee", "POST", f"/tasks/{task['id']}/complete", {}).status_code == 200
    period = "since=2026-03-01T00:00:00Z&until=2026-03-03T00:00:00Z"
    (row,) = api("manager", "GET", f"/sla/figures?{period}").json
    assert (row["key"], row["version"], row["cases"], row["kept"], row["promises"]) == ("help", 1, 1, 1, 1)
    assert (row["steps"], row["handoffs"], row["reassigned"], row["again"]) == (1, 0, 0, 0)
    assert api("manager", "GET", f"/sla/figures?{period}&flow=other").json == []
    assert api.code(api("manager", "GET", "/sla/figures")) == (400, "CRM-042")
