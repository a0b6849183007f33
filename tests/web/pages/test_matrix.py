"""Every page × every role: who lacks its right is refused, and that is kept. A new page must say its right here."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from pages_house import PASSWORD, House

from engine.domain.access import GRANTS, SYSTEM, Right, Role
from engine.domain.commands import AddUser
from engine.domain.questions import GetAudit

#: What one may see or change of one's own, and what strangers may ask; the rest of the check is the thing's own.
OWN = """
bell.again bell.count bell.read bell.sent bell.show
login.enter login.health login.home login.leave login.show
profile.add_absence profile.end_absence profile.end_feed profile.feed profile.locale profile.make_feed profile.new_key
profile.password profile.save profile.show profile.wishes
settings.show
"""
NEEDS = {
    Right.TASK_WORK: """
        desk.add desk.attach desk.change desk.check desk.choose_delegate desk.choose_later desk.comment desk.delegate
        desk.download desk.drop desk.follow desk.later desk.resolve desk.show
        filters.columns filters.customers filters.drop filters.save
        inbox.export inbox.flows inbox.listing inbox.show instances.history settings.calendar sla.of_task
        sweep.attempt sweep.preview sweep.result sweep.run sweep.undo
        task.choose task.claim task.complete task.draft task.file task.history task.keep task.reassign task.release
        task.show""",
    Right.TASK_MANAGE: "figures.show sla.show team.export team.move team.show",  # or to lead a team
    Right.INSTANCE_START: "start.begin start.form start.show",
    Right.INSTANCE_READ: "instances.one instances.show operate.edits rules_try.cases watch.jobs watch.timers",
    Right.INSTANCE_CANCEL: "instances.cancel",
    Right.INSTANCE_OPERATE: """
        operate.data operate.move operate.preview operate.restart operate.resume operate.skip operate.suspend
        operate.undo""",
    Right.INCIDENT_READ: "kept.show watch.incidents",
    Right.INCIDENT_RETRY: """
        bulk.cancel bulk.new bulk.one bulk.preview bulk.show bulk.start kept.drop watch.retry""",
    Right.MESSAGE_SEND: "kept.resend",
    Right.AUDIT_READ: "instances.audit",
    Right.MODEL_READ: """
        flows.model flows.one flows.show rules.diff rules.one rules.show rules.text
        rules_try.check rules_try.fields rules_try.try_out scenarios.show""",
    Right.MODEL_DEPLOY: """
        rules.new rules.new_text rules.publish rules.restore rules_try.preview scenarios.run upload.show upload.take""",
    Right.MODEL_PUBLISH: "flows.publish",
    Right.RECORD_READ: "records.home records.one records.show",
    Right.RECORD_WRITE: "records.edit records.fresh records.save",
    Right.PEOPLE_READ: "people.named people.one people.show",
    Right.PEOPLE_MANAGE: "people.add people.fresh people.save",
    Right.TIME_MANAGE: "settings.change_policy settings.hang",
}
RIGHT_OF = {endpoint: right for right, names in NEEDS.items() for endpoint in names.split()}
#: Checked by the engine when the thing is known, or by several rights: tested where they live.
ELSEWHERE = {"settings.change_calendar", "settings.policy"}


def pages(house: House) -> list[tuple[str, str, str]]:
    """(endpoint, method, an address of it) of every page."""
    return [
        (rule.endpoint, method, re.sub(r"<[^>]+>", "x", re.sub(r"<int:[^>]+>", "1", rule.rule)))
        for rule in house.app.url_map.iter_rules()
        if not rule.rule.startswith("/api/") and rule.endpoint != "static"
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    ]


def test_every_page_says_which_right_it_needs(house: House) -> None:
    known = {*RIGHT_OF, *OWN.split(), *ELSEWHERE}
    found = {endpoint for endpoint, _, _ in pages(house)}
    assert found - known == set(), "new pages: name their right, so that every role is tried"
    assert known - found == set(), "pages that are gone"


@pytest.mark.parametrize("role", list(Role), ids=lambda role: role.value)
def test_who_lacks_a_pages_right_is_refused_and_the_attempt_kept(
    role: Role, house: House, enter: Callable[[str], FlaskClient]
) -> None:  # H2
    house.engine.do(AddUser("tester", SYSTEM, "Tester", password=PASSWORD, roles=(role.value,)))
    browser = enter("tester")
    refused = []
    for endpoint, method, address in pages(house):
        right = RIGHT_OF.get(endpoint)
        if right is None:
            continue
        if right not in GRANTS[role]:
            answer = browser.open(address, method=method)
            assert answer.status_code == 403, (endpoint, method)
            refused.append(right)
        elif method == "GET" and "x" not in address.split("/"):
            assert browser.get(address).status_code in (200, 302, 400), endpoint
    kept = house.engine.ask(GetAudit(SYSTEM, limit=500)).items
    denied = [row for row in kept if row.action == "denied" and row.by == "tester"]
    assert len(denied) == len(refused), "every refused attempt is a row of the audit"
    assert {row.detail["right"] for row in denied} == {right.value for right in refused}
