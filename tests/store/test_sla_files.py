"""Calendars and policies as files of a pack: deployed once, what people changed stays, a person's own calendar."""

from __future__ import annotations

import pytest

from engine.app import Engine
from engine.domain.access import SYSTEM, Actor, Role
from engine.domain.commands import AddUser, Deploy, StartInstance
from engine.domain.errors import Forbidden, Refused
from engine.domain.questions import LintFiles
from engine.domain.sla_values import ListCalendars, ListClocks, ListPolicies, SaveCalendar, WhyDeadline
from engine.domain.staff import ChangePerson
from engine.domain.values import FileIn
from engine.packs import Packs
from engine.services import sla_files
from tests.store.drawing import END, START, flow, model, user

PACK = """
calendars:
  north: {name: {en: North, zh_Hans: 北部}, zone: UTC, week: {mon: "09:00-17:00"}}
policies:
  desk: {name: Desk, targets: {done: PT4H}, calendar: north}
"""
MARK = '<crmflow:sla metric="done" policy="desk"/>'


def deploy(engine: Engine, text: str, by: Actor = SYSTEM) -> list[str]:
    return list(engine.do(Deploy((FileIn("pack/rules/desk.sla.yaml", text.encode()),), by)).unchanged)


def versions(engine: Engine) -> dict[str, int]:
    rows = (*engine.ask(ListCalendars(SYSTEM)), *engine.ask(ListPolicies(SYSTEM)))
    return {row.key: row.version for row in rows}


def test_a_file_is_saved_once_and_what_people_changed_stays(engine: Engine) -> None:
    assert deploy(engine, PACK) == []
    assert versions(engine) == {"north": 1, "desk": 1}
    assert engine.ask(ListCalendars(SYSTEM))[0].content["name"] == {"en": "North", "zh_Hans": "北部"}
    assert deploy(engine, PACK) == ["pack/rules/desk.sla.yaml"]
    engine.do(SaveCalendar("north", {"zone": "UTC", "week": {"mon": "08:00-12:00"}}, SYSTEM))
    deploy(engine, PACK.replace("PT4H", "PT2H"))
    assert versions(engine) == {"north": 2, "desk": 2}, "the policy is new in the file, the calendar is not"
    deploy(engine, PACK.replace("17:00", "18:00").replace("PT4H", "PT2H"))
    assert versions(engine) == {"north": 3, "desk": 2}


def test_only_who_may_change_time(lite: Engine) -> None:  # H2
    designer = Actor("dora", "Dora", roles=frozenset({Role.DESIGNER}))
    with pytest.raises(Forbidden):
        deploy(lite, PACK, designer)
    assert versions(lite) == {}


@pytest.mark.parametrize(
    "text", ["calendars: [", "promises: {}", "policies: {x: {targets: {a: soon}}}", "calendars: {x: {zone: Mars}}"]
)
def test_a_wrong_file_is_refused_with_its_reason(lite: Engine, text: str) -> None:
    with pytest.raises(Refused) as caught:
        deploy(lite, text)
    (finding,) = caught.value.findings
    assert (finding.code, finding.file, bool(finding.message_zh)) == ("CRM-866", "pack/rules/desk.sla.yaml", True)


def test_a_policy_that_nobody_has_is_told_before_work_stops(lite: Engine) -> None:
    inner = START + user("work", "sales", more=MARK) + END + flow("start>work", "work>end")
    drawn = model("help", inner)
    (finding,) = (f for f in lite.ask(LintFiles((drawn,), SYSTEM)) if f.code == "CRM-867")
    assert (finding.element, "desk" in finding.message) == ("work", True)
    file = FileIn("desk.sla.yaml", PACK.encode())
    assert [f for f in lite.ask(LintFiles((drawn, file), SYSTEM)) if f.code == "CRM-867"] == []


def test_the_persons_calendar_counts_where_nothing_else_does(lite: Engine) -> None:
    deploy(lite, PACK.replace(", calendar: north", ""))
    lite.do(AddUser("ann", SYSTEM, "Ann", roles=("employee",)))
    lite.do(ChangePerson("ann", SYSTEM, calendar="north"))
    work = user("work", "", more=MARK).replace('candidateGroups=""', 'assignee="ann"')
    inner = START + work + END + flow("start>work", "work>end")
    lite.do(Deploy((model("help", inner, about='owner="team:none" goal="g" kpi="k"'),), SYSTEM, publish=True))
    case = lite.do(StartInstance("help", SYSTEM)).instance_id
    (clock,) = lite.ask(ListClocks(SYSTEM, instance_id=case))
    why = lite.ask(WhyDeadline(clock.id, SYSTEM))
    assert (why.why["calendar"]["via"], clock.calendar, why.same) == ("person ann", "north", True)


def test_what_the_packs_ship_can_be_read() -> None:
    found = [sla_files.read(one.read()) for one in Packs().files("rules", sla_files.SUFFIX)]
    calendars = {key: each for one in found for key, each in one.calendars.items()}
    policies = {key: each for one in found for key, each in one.policies.items()}
    assert {"germany-office", "china-office", "service-24x7"} <= set(calendars)
    assert {"service-response", "service-resolution", "sales-step"} <= set(policies)
    for content in (*calendars.values(), *policies.values()):
        assert all(content["name"][locale] for locale in ("en", "zh_Hans"))


def test_the_first_file_takes_nothing_from_people(lite: Engine) -> None:
    lite.do(SaveCalendar("north", {"zone": "UTC", "week": {"mon": "08:00-12:00"}}, SYSTEM))
    deploy(lite, PACK)
    assert versions(lite) == {"north": 1, "desk": 1}, "the calendar is theirs, the policy is new"


def test_nothing_is_called_as_the_form_that_makes_it(lite: Engine) -> None:
    for text in (PACK.replace("north:", "new:"), PACK.replace("desk:", "new:"), PACK.replace("done:", "new:")):
        with pytest.raises(Refused) as caught:
            deploy(lite, text)
        assert caught.value.findings[0].code == "CRM-866"
