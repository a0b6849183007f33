"""Who sees which records and fields: the matrix of scopes and roles, on both databases; kinds that leak are refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.app import Engine
from engine.domain.access import SYSTEM
from engine.domain.commands import AddTeam, AddUser, CompleteTask, Deploy, SaveRecord, StartInstance
from engine.domain.desk import GetDesk
from engine.domain.errors import Forbidden, Invalid, NotFound
from engine.domain.questions import (
    ActorNamed,
    GetAudit,
    GetHistory,
    GetInstance,
    GetRecord,
    GetTask,
    ListRecords,
    RecordKinds,
)
from engine.domain.records import kinds_of
from engine.domain.rules import ListCases
from engine.domain.sla_values import HangCalendar, ListCalendars, ListClocks, SaveCalendar
from engine.domain.staff import ChangePerson
from engine.domain.values import FileIn
from engine.services import sla_asks
from engine.settings import Settings
from tests.store.drawing import END, START, flow, model, user

KINDS = """
kinds:
  deal:
    name: {en: Deal, zh_Hans: 商机}
    title: [name]
    search: [name]
    territory: region
    see: {employee: own, designer: team, consultant: territory}
    fields:
      name: {type: text, required: true}
      region: {type: text}
      margin: {type: number, hidden: [employee, designer]}
    relations: {parent: deal}
"""
DEALS = {
    "anns": ("ann", "cn/south"),
    "bens": ("ben", "cn/north"),
    "eves": ("eve", "eu"),
    "free": (None, "cn/southwest"),
}


@pytest.fixture
def house(database_url: str, clock: Any, tmp_path: Path) -> Iterator[Engine]:
    """Ann and Ben are of one team, Eve of another; Con looks after cn/south, Max manages."""
    (tmp_path / "processes").mkdir()
    (tmp_path / "processes" / "records.yaml").write_text(KINDS, encoding="utf-8")
    engine = Engine.open(database_url, clock=clock, settings=Settings(packs=str(tmp_path)))
    for team in ("one", "two"):
        engine.do(AddTeam(team, SYSTEM, team))
    for login, role, team in (
        ("ann", "employee", "one"), ("ben", "designer", "one"), ("eve", "employee", "two"),
        ("con", "consultant", "two"), ("max", "manager", "two"),
    ):  # fmt: skip
        engine.do(AddUser(login, SYSTEM, login, roles=(role,), teams=(team,)))
    engine.do(ChangePerson("con", SYSTEM, territories=("cn/south",)))
    yield engine
    engine.close()


@pytest.fixture
def deals(house: Engine) -> dict[str, str]:
    """name → id"""
    made = {}
    for name, (owner, region) in DEALS.items():
        data = {"name": name, "region": region, "margin": 12}
        made[name] = house.do(SaveRecord("deal", SYSTEM, data, owner=owner)).id
    return made


@pytest.mark.parametrize(
    ("who", "sees"),
    [
        ("ann", {"anns"}),
        ("eve", {"eves"}),
        ("ben", {"anns", "bens", "free"}),
        ("con", {"anns"}),
        ("max", set(DEALS)),
    ],
)
def test_scopes(house: Engine, deals: dict[str, str], who: str, sees: set[str]) -> None:
    by = house.ask(ActorNamed(who))
    listed = house.ask(ListRecords(by, "deal"))
    assert {row.name for row in listed.items} == sees
    assert listed.total == len(sees)
    for name, record_id in deals.items():
        if name in sees:
            assert house.ask(GetRecord(record_id, by)).name == name
        else:
            with pytest.raises(NotFound, match="CRM-410"):
                house.ask(GetRecord(record_id, by))


def test_hidden_fields_are_neither_seen_nor_written(house: Engine, deals: dict[str, str]) -> None:
    ann, max_ = house.ask(ActorNamed("ann")), house.ask(ActorNamed("max"))
    assert "margin" not in house.ask(GetRecord(deals["anns"], ann)).data
    assert all("margin" not in row.data for row in house.ask(ListRecords(ann, "deal")).items)
    assert house.ask(GetRecord(deals["anns"], max_)).data["margin"] == 12
    fields = {}
    for who, by in (("a", ann), ("m", max_)):
        deal = next(kind for kind in house.ask(RecordKinds(by)) if kind["key"] == "deal")
        fields[who] = {field["key"] for field in deal["fields"]}
    assert fields["m"] - fields["a"] == {"margin"}
    with pytest.raises(Forbidden, match="CRM-317"):
        house.do(SaveRecord("deal", ann, {"margin": 90}, id=deals["anns"]))
    saved = house.do(SaveRecord("deal", ann, {"name": "renamed"}, id=deals["anns"]))
    assert (saved.name, "margin" in saved.data) == ("renamed", False)
    assert house.ask(GetRecord(deals["anns"], max_)).data["margin"] == 12, "what she does not see she does not lose"
    assert [row.target for row in house.ask(GetAudit(SYSTEM)).items if row.action == "denied"] == ["SaveRecord"]


def test_looking_for_what_one_may_not_see_is_kept(house: Engine, deals: dict[str, str]) -> None:
    """To them it is not there, like what is not there; the audit knows the difference."""
    file = model("ask", START + user("work", "one") + END + flow("start>work", "work>end"))
    house.do(Deploy((file,), SYSTEM, publish=True))
    started = house.do(StartInstance("ask", SYSTEM))
    eve = house.ask(ActorNamed("eve"))
    tries = [
        *(GetRecord(key, eve) for key in (deals["bens"], "nothing")),
        *(GetTask(key, eve) for key in (started.tasks[0], "nothing")),
        *(GetInstance(key, eve) for key in (started.instance_id, "nothing")),
        *(GetHistory(key, eve) for key in (started.instance_id, "nothing")),
        *(GetDesk(key, eve) for key in (started.tasks[0], "nothing")),
    ]
    for asked in tries:
        with pytest.raises(NotFound, match="There is no"):
            house.ask(asked)
    kept = [row for row in house.ask(GetAudit(SYSTEM)).items if row.action == "denied"]
    wanted = {"GetRecord": "CRM-410", "GetTask": "CRM-403", "GetInstance": "CRM-402", "GetHistory": "CRM-402"}
    assert {row.target: row.detail["code"] for row in kept} == {**wanted, "GetDesk": "CRM-403"}
    assert len(kept) == 5, "what does not exist was denied to nobody"


def test_what_one_does_not_see_one_does_not_change_or_find_by_links(house: Engine, deals: dict[str, str]) -> None:
    ann = house.ask(ActorNamed("ann"))
    with pytest.raises(NotFound, match="CRM-410"):
        house.do(SaveRecord("deal", ann, {"name": "mine now"}, id=deals["eves"]))
    house.do(SaveRecord("deal", SYSTEM, {"name": "anns"}, id=deals["anns"], links={"parent": deals["eves"]}))
    assert house.ask(GetRecord(deals["anns"], ann)).links == ()
    assert len(house.ask(GetRecord(deals["anns"], house.ask(ActorNamed("max")))).links) == 1


def test_the_wall_and_the_calendars_name_only_whom_one_sees(house: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sla_asks, "CUSTOMERS", ("deal",))
    mark = '<crmflow:sla metric="done" target="PT4H"/>'
    file = model("ask", START + user("work", "one", more=mark) + END + flow("start>work", "work>end"))
    house.do(Deploy((file,), SYSTEM, publish=True))
    house.do(SaveCalendar("office", {"zone": "UTC", "week": {"mon": "09:00-17:00"}}, SYSTEM))
    ann, max_ = house.ask(ActorNamed("ann")), house.ask(ActorNamed("max"))
    deal = house.do(SaveRecord("deal", SYSTEM, {"name": "Eve's", "region": "eu"}))
    started = house.do(StartInstance("ask", SYSTEM, {"deal": {"$record": ["deal", deal.id]}}))
    house.do(HangCalendar("customer", deal.id, "office", SYSTEM))
    seen = {}
    for by in (ann, max_):
        (clock,) = house.ask(ListClocks(by, task_id=started.tasks[0]))
        (row,) = house.ask(ListCalendars(by))
        seen[by.id] = (clock.customer, dict(row.names))
    assert seen == {"ann": (None, {}), "max": ((deal.id, "Eve's"), {deal.id: "Eve's"})}


def test_several_roles_see_what_the_widest_sees(house: Engine, deals: dict[str, str]) -> None:
    house.do(AddUser("duo", SYSTEM, "Duo", roles=("employee", "manager")))
    two = house.ask(ActorNamed("duo"))
    assert house.ask(ListRecords(two, "deal")).total == len(DEALS)
    assert "margin" in house.ask(GetRecord(deals["eves"], two)).data


@pytest.mark.parametrize(
    "wrong",
    [
        {"see": {"employee": "some"}},
        {"see": {"emperor": "own"}},
        {"see": {"employee": "territory"}},
        {"fields": {"name": {"type": "text", "hidden": ["employee"]}}},
        {"fields": {"name": {"type": "text"}, "x": {"type": "text", "hidden": ["emperor"]}}},
    ],
)
def test_kinds_that_cannot_be_kept_to_are_refused(wrong: dict[str, Any]) -> None:
    body = {"title": ["name"], "fields": {"name": {"type": "text"}}, **wrong}
    with pytest.raises(Invalid, match="CRM-030"):
        kinds_of({"kinds": {"deal": body}})


def test_a_form_gives_what_it_names_and_nothing_hidden(house: Engine, deals: dict[str, str]) -> None:
    field = {"type": "textfield", "id": "f1", "key": "deal.name", "conditional": {"hide": '=deal.region = "eu"'}}
    shown = [field, {"type": "number", "id": "f2", "key": "deal.margin"}, {"type": "text", "id": "f3", "text": "x"}]
    shown[2]["text"] = "of {{deal.parent.name}}"
    form = FileIn("deal.form", json.dumps({"id": "deal", "type": "default", "components": shown}).encode())
    task = user("look", "one", '<zeebe:formDefinition formId="deal"/>')
    inner = START + task + END + flow("start>look", "look>end")
    house.do(Deploy((form, model("looking", inner)), SYSTEM, publish=True))
    house.do(SaveRecord("deal", SYSTEM, {"name": "anns"}, id=deals["anns"], links={"parent": deals["eves"]}))
    case = house.do(StartInstance("looking", SYSTEM, variables={"deal": {"$record": ["deal", deals["anns"]]}}))
    ann, max_ = house.ask(ActorNamed("ann")), house.ask(ActorNamed("max"))
    data = house.ask(GetTask(case.tasks[0], ann)).data
    assert data == {"deal": {"name": "anns", "region": "cn/south", "parent": {"name": "eves"}}}
    assert house.ask(GetTask(case.tasks[0], max_)).data["deal"]["margin"] == 12
    house.do(CompleteTask(case.tasks[0], ann, {"deal": {"name": "new", "margin": None}}))
    assert house.ask(GetRecord(deals["anns"], max_)).data["margin"] == 12, "what her form left out stays"


RULES = """<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="rules" name="Rules" namespace="urn:r">
<inputData id="in" name="deal"><variable name="deal"/></inputData>
<decision id="who" name="Who"><variable name="Who"/>
<informationRequirement><requiredInput href="#in"/></informationRequirement>
<decisionTable id="t"><input id="i" label="What we earn">
<inputExpression><text>deal.margin</text></inputExpression></input>
<input id="j"><inputExpression><text>deal.region</text></inputExpression></input>
<output id="o" name="team"/><output id="s" name="strategy"/>
<rule id="r"><inputEntry id="c"><text>&gt; 10</text></inputEntry>
<inputEntry id="d"><text>-</text></inputEntry><outputEntry id="e"><text>"one"</text></outputEntry>
<outputEntry id="f"><text>"least-loaded"</text></outputEntry></rule>
</decisionTable></decision></definitions>"""


def test_explanations_tell_nothing_that_is_hidden(house: Engine, deals: dict[str, str]) -> None:
    """A decision looked at the margin: who may not see it does not learn it from "why me?", history or the cases."""
    mark = '<crmflow:assignment decision="who" with="={deal: deal}"/>'
    ask = '<bpmn:businessRuleTask id="ask"><bpmn:extensionElements><zeebe:calledDecision decisionId="who" '
    ask += 'resultVariable="team"/></bpmn:extensionElements></bpmn:businessRuleTask>'
    task = f'<bpmn:userTask id="work" name="Work"><bpmn:extensionElements><zeebe:userTask/>{mark}'
    inner = START + ask + task + "</bpmn:extensionElements></bpmn:userTask>" + END
    process = model(
        "earn", inner + flow("start>ask", "ask>work", "work>end"), about='owner="team:one" goal="g" kpi="k"'
    )
    house.do(Deploy((FileIn("rules.dmn", RULES.encode()), process), SYSTEM, publish=True))
    started = house.do(StartInstance("earn", SYSTEM, {"deal": {"$record": ["deal", deals["anns"]]}}))
    told = {}
    for who in ("ben", "max"):
        by = house.ask(ActorNamed(who))
        why = house.ask(GetTask(started.tasks[0], by)).why
        history = [row.detail for row in house.ask(GetHistory(started.instance_id, by)).items if row.detail]
        cases = house.ask(ListCases("rules", by))
        told[who] = json.dumps([why["decided"], history, [case.given for case in cases]], default=str)
    assert all(told["max"].count(word) >= 2 for word in ("What we earn", "deal.region", "cn/south"))
    assert "12" in told["max"]
    assert "What we earn" not in told["ben"]
    assert "margin" not in told["ben"]
    assert told["ben"].count("deal.region") >= 2, "what is not hidden explains the choice as before"
