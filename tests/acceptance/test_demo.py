"""The demo: everybody it names has work, every team a model names exists, and nothing fails on the way."""

from __future__ import annotations

import re
from collections import Counter
from datetime import timedelta

from engine.app import Engine
from engine.cli.demo import add_people, deploy_packs, make_records, read_plan
from engine.cli.plays import play
from engine.domain.access import SYSTEM
from engine.domain.questions import ActorNamed, CountTasks, ListIncidents, ListRecords, ListTasks, ListTimers
from engine.domain.sla_values import ShowWall
from engine.packs import Packs


def test_the_demo_has_work_for_everybody(lite: Engine) -> None:
    plan = read_plan(lite)
    deploy_packs(lite)
    logins = add_people(lite, plan)
    assert len(set(logins.values())) == len(logins) == len(plan.people), "every password is another one"
    for name, sample in plan.samples:
        make_records(lite, name, sample, None)
    assert list(play(lite, plan.plays)) == []

    wall = lite.ask(ShowWall(SYSTEM))
    assert all(wall.counts.values()), f"promises are kept, at risk, broken and paused: {wall.counts}"
    assert wall.log[-1].fired_at is not None
    assert wall.log[-1].fired_at < lite.clock.now() - timedelta(hours=12), "the ladder was climbed when it was due"
    assert lite.ask(ListIncidents(SYSTEM)).items == ()
    assert lite.ask(ListTimers(SYSTEM)).items, "timers are counting down"
    for login, said in plan.people.items():
        if "employee" in said["roles"]:
            counts = lite.ask(CountTasks(lite.ask(ActorNamed(login))))
            assert counts["mine"] + counts["teams"] > 0, f"{login} has nothing to do"
    elements = Counter(row.element_id for row in lite.ask(ListTasks(SYSTEM, box="all", limit=200)).items)
    wanted = {"Task_FirstContact", "Task_Qualify", "Task_PrepareQuote", "Task_ApproveDiscount", "Task_WorkCase"}
    assert wanted <= set(elements)
    for kind in ("order", "quote", "case", "survey", "campaign"):
        assert lite.ask(ListRecords(SYSTEM, kind=kind)).total, kind
    assert lite.ask(ListRecords(SYSTEM, search="公司")).total, "Chinese customers are found"


def test_every_group_of_the_models_is_a_team_of_the_demo(lite: Engine) -> None:
    named: set[str] = set()
    for found in Packs().files("processes", ".bpmn"):
        text = found.read().decode()
        named |= set(re.findall(r'candidateGroups="([a-z-]+)"', text)) | set(
            re.findall(r'owner="team:([a-z-]+)"', text)
        )
        named |= set(re.findall(r'team="([a-z-]+)"', text))
    teams = set(read_plan(lite).teams)
    assert named <= teams, named - teams
