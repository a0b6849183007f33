"""Route by role: whoever lacks the right is refused, whoever has it is not; strangers are asked who they are."""

from __future__ import annotations

import re
from typing import Any

import pytest

from engine.domain.access import GRANTS, Right, Role
from webui.api.routes import ROUTES
from webui.api.routing import Route

#: A body that gets past the form of each request, so that the right alone decides.
BODIES: dict[str, dict[str, Any]] = {
    "deploy": {"files": []},
    "lint": {"files": []},
    "run_scenarios": {"files": []},
    "start_instance": {"key": "nothing"},
    "cancel_instance": {"reason": "test"},
    "reassign_task": {"to": "rival"},
    "suspend_instance": {"reason": "test"},
    "move_instance": {"reason": "test", "to": "x"},
    "edit_data": {"reason": "test", "values": {"x": 1}},
    "restart_instance": {"reason": "test", "element": "x"},
    "skip_incident": {"reason": "test"},
    "preview_bulk": {"action": "retry"},
    "start_bulk": {"action": "retry", "reason": "test"},
    "activate_jobs": {"types": ["nothing"]},
    "complete_job": {"fence": 1},
    "fail_job": {"fence": 1, "message": "test"},
    "throw_job_error": {"fence": 1, "code": "X"},
    "extend_job": {"fence": 1},
    "retry_quarantine": {"rows": [{"row": 1, "data": {}, "external_id": "x"}]},
    "send_message": {"name": "nothing"},
    "decide": {"decision": "nothing"},
    "preview_rules": {"xml": "<a/>"},
    "publish_rules": {"xml": "<a/>", "base": 0, "reason": "test"},
    "restore_rules": {"version": 1, "base": 1, "reason": "test"},
    "create_record": {"kind": "nothing", "data": {}},
    "save_calendar": {"content": {}},
    "preview_calendar": {"content": {}},
    "hang_calendar": {"kind": "team", "target": "nothing", "calendar": "nothing"},
    "save_policy": {"content": {}},
    "preview_policy": {"content": {}},
    "pause_clocks": {"reason": "test"},
    "add_absence": {"since": "2026-03-03T00:00:00Z", "until": "2026-03-04T00:00:00Z"},
    "report_bounce": {"message_id": "nothing"},
    "move_work": {"givers": ["nothing"], "to": "rival"},
    "import_people": {"rows": [{"login": "nothing"}]},
    "save_filter": {"name": "test", "wanted": {}},
    "change_filter": {"name": "test", "wanted": {}},
    "choose_columns": {"columns": []},
    "add_comment": {"text": "test"},
    "add_todo": {"text": "test"},
    "attach_file": {"files": [{"name": "a.txt", "content": "dGVzdA=="}]},
    "prioritise_task": {"priority": 50},
    "delegate_task": {"to": "rival"},
    "preview_sweep": {"action": "prioritise", "tasks": ["nothing"], "priority": 50},
    "run_sweep": {"action": "prioritise", "tasks": ["nothing"], "priority": 50},
}
CHECKED_ON_THE_THING = {"add_absence", "list_deliveries", "get_workload", "move_work"}
IDS = [route.name for route in ROUTES]


def call_of(route: Route) -> dict[str, Any]:
    """A request that is well formed and names nothing that exists."""
    headers = {"If-Match": '"1"'} if route.guarded == "must" else {}
    body = BODIES.get(route.name, {}) if route.body is not None else None
    return {"method": route.method, "path": re.sub(r"{\w+}", "nothing", route.path), "json": body, "headers": headers}


@pytest.mark.parametrize("route", ROUTES, ids=IDS)
def test_route_by_role(api: Any, route: Route) -> None:
    for role in Role:
        got = api(role.value, **call_of(route))
        assert got.status_code < 500, got.text
        code = got.json["code"] if got.mimetype == "application/problem+json" else ""
        if route.name in CHECKED_ON_THE_THING and code == "CRM-310":
            continue  # whose absence, whose deliveries, whose team: not the route's to know
        if route.right is None or route.right in GRANTS[role]:
            assert code != "CRM-310", f"{role} may {route.right}, yet: {got.text}"
        else:
            assert (got.status_code, code) == (403, "CRM-310"), f"{role} may not {route.right}: {got.text}"
            assert got.json["right"] == route.right.value


@pytest.mark.parametrize("route", ROUTES, ids=IDS)
def test_route_without_login(api: Any, route: Route) -> None:
    got = api(None, **call_of(route))
    assert api.code(got) == (401, "CRM-304")
    assert got.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    ("header", "code"),
    [("Bearer nonsense", "CRM-303"), ("Basic YWxpY2U6eA==", "CRM-305"), ("Bearer", "CRM-305"), ("Bearer é", "CRM-305")],
)
def test_bad_credentials(api: Any, header: str, code: str) -> None:
    got = api(None, "GET", "/me", headers={"Authorization": header})
    assert api.code(got) == (401, code)


def test_no_address_of_the_api_is_left_out(api: Any) -> None:
    """What is tried above is what the server answers; beside it are the document of the API and what draws it."""
    rules = [rule for rule in api.app.url_map.iter_rules() if rule.rule.startswith("/api/")]
    found = {(m, re.sub(r"<[^>]+>", "{}", r.rule)) for r in rules for m in (r.methods or set()) - {"HEAD", "OPTIONS"}}
    known = {(route.method, "/api/v1" + re.sub(r"{\w+}", "{}", route.path)) for route in ROUTES}
    document = {("GET", f"/api/v1/{name}") for name in ("docs", "openapi.json", "static/{}")}
    assert found == known | document


def test_every_right_is_behind_some_route_or_says_why_not() -> None:
    # Reassigning checks the task itself; calendars and policies are managed on the pages of the settings.
    elsewhere = {Right.TASK_MANAGE, Right.TIME_MANAGE}
    assert {route.right for route in ROUTES} | elsewhere | {None} >= set(Right)


def test_denied_attempts_are_audited(api: Any) -> None:
    """Each refused call is one row: who, which route, which right."""
    api("employee", "PATCH", "/people/nothing", json={"weight": 1})
    api("employee", "GET", "/audit")
    rows = api("administrator", "GET", "/audit").json["items"]
    denied = {(row["by"], row["target"], row["detail"]["right"]) for row in rows if row["action"] == "denied"}
    assert {("employee", "change_person", "people.manage"), ("employee", "list_audit", "audit.read")} <= denied


def test_me(api: Any) -> None:
    got = api("manager", "GET", "/me").json
    assert got["login"] == "manager"
    assert got["roles"] == ["manager"]
    assert got["teams"] == ["sales"]
    assert set(got["rights"]) == {right.value for right in GRANTS[Role.MANAGER]}
