"""Assignment on real tables: absences, hold queue, skills, four eyes, relations, decisions; every "why" replays."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from engine.domain import choosing
from engine.domain.access import SYSTEM
from engine.domain.commands import AddUser, ClaimTask, CompleteTask, Deploy, ReassignTask, StartInstance
from engine.domain.errors import Forbidden, NotFound
from engine.domain.questions import ActorNamed, GetTask, ListNotifications, ListTasks
from engine.domain.staff import AddAbsence, ChangePerson
from engine.jobs.runner import drain
from engine.services import holding
from engine.store.moves import change_tasks
from tests.store.drawing import END, START, flow, model

CREW = ("ann", "ben", "cai")


def given(key: str, attributes: str, more: str = "") -> str:
    return (
        f'<bpmn:userTask id="{key}" name="{key.title()}"><bpmn:extensionElements><zeebe:userTask/>'
        f"<crmflow:assignment {attributes}/>{more}</bpmn:extensionElements></bpmn:userTask>"
    )


@pytest.fixture
def crew(engine: Any, bench: str) -> Any:
    for login in CREW:
        engine.do(AddUser(login, SYSTEM, login.title(), roles=("employee",), teams=(bench,)))
    engine.do(AddUser("mary", SYSTEM, "Mary", roles=("manager",)))
    return engine


@pytest.fixture
def one(crew: Any) -> Callable[..., Any]:
    """Deploy a process with one such task, and start it: the task's view."""

    def start(attributes: str, variables: Any = None, key: str = "job") -> Any:
        inner = START + given("work", attributes) + END + flow("start>work", "work>end")
        crew.do(Deploy((model(key, inner),), SYSTEM, publish=True))
        started = crew.do(StartInstance(key, SYSTEM, variables=variables or {}))
        return crew.ask(GetTask(started.tasks[0], SYSTEM))

    return start


def again(engine: Any, key: str = "job") -> Any:
    return engine.ask(GetTask(engine.do(StartInstance(key, SYSTEM)).tasks[0], SYSTEM))


def replays(view: Any) -> None:
    """The stored inputs give the stored answer."""
    found = choosing.replay(view.why)
    assert found.login == view.why.get("chosen")
    assert found.reason == view.why["reason"]
    assert dict(found.excluded) == view.why.get("excluded", {})


def test_the_absent_are_skipped_and_why_says_so(crew: Any, one: Any, clock: Any) -> None:
    crew.do(AddAbsence("ann", SYSTEM, clock.now(), clock.now() + timedelta(days=3)))
    view = one('strategy="round-robin" team="bench"')
    assert view.row.assignee == "ben"
    assert view.why["excluded"] == {"ann": "away"}
    assert {row["login"] for row in view.why["candidates"]} == {"ben", "cai"}
    replays(view)
    assert [again(crew).row.assignee for _ in range(3)] == ["cai", "ben", "cai"]


def test_shares_follow_capacities(crew: Any, one: Any) -> None:
    crew.do(ChangePerson("ann", SYSTEM, weight=200))
    got = [one('strategy="round-robin" team="bench"').row.assignee, *(again(crew).row.assignee for _ in range(39))]
    assert {login: got.count(login) for login in CREW} == {"ann": 20, "ben": 10, "cai": 10}


def test_skills_territory_and_language(crew: Any, one: Any) -> None:
    crew.do(ChangePerson("ann", SYSTEM, skills={"german": 2}, territories=("eu",)))
    crew.do(ChangePerson("ben", SYSTEM, skills={"german": 4}, territories=("eu/dach",), languages=("de",)))
    view = one('strategy="skills" team="bench" skills="={german: 4}" passing="60" territory="eu/dach" language="de"')
    assert view.row.assignee == "ben"
    assert view.why["excluded"] == {"ann": "language", "cai": "language"}
    replays(view)
    nobody = one('strategy="skills" team="bench" skills="={french: 1}"', key="french")
    assert nobody.row.assignee is None
    assert set(nobody.row.candidates) == {"team:bench", "role:manager"}, "never nowhere: the exception queue"
    assert nobody.why["exception"] is True
    default = one('strategy="skills" team="bench" skills="={french: 1}" default="mary"', key="default")
    assert default.row.assignee == "mary"
    replays(default)


def test_the_hold_queue_hands_out_when_there_is_room(crew: Any, one: Any, clock: Any) -> None:
    for login in CREW:
        crew.do(ChangePerson(login, SYSTEM, most=1))
    first = one('strategy="least-loaded" team="bench"')
    rest = []
    for _ in range(4):
        clock.move(timedelta(seconds=1))  # who came first is served first
        rest.append(again(crew))
    assert [view.row.assignee for view in rest] == ["ben", "cai", None, None]
    assert rest[2].why["held"] is True
    drain(crew)
    clock.move(timedelta(minutes=1))
    drain(crew)
    assert crew.ask(GetTask(rest[2].row.id, SYSTEM)).row.assignee is None, "still everybody is full"
    crew.do(CompleteTask(first.row.id, crew.ask(ActorNamed("ann"))))
    clock.move(timedelta(minutes=1))
    drain(crew)
    held = crew.ask(GetTask(rest[2].row.id, SYSTEM))
    assert held.row.assignee == "ann"
    assert held.why["held_since"]
    replays(held)
    assert crew.ask(GetTask(rest[3].row.id, SYSTEM)).row.assignee is None


def test_who_waits_far_behind_in_the_hold_queue_is_not_forgotten(
    crew: Any, one: Any, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Five wait for the one with Greek, who is full; behind them, on the third page, one for who now has room."""
    monkeypatch.setattr(holding, "_MOST", 2)
    for login in CREW:
        crew.do(ChangePerson(login, SYSTEM, most=1, skills={"greek": 3} if login == "ann" else {"latin": 3}))
    by = 'strategy="skills" team="bench" skills="={%s: 1}"'
    greek = [one(by % "greek", key="greek")]
    latin = [one(by % "latin", key="latin"), again(crew, "latin")]
    for _ in range(5):
        clock.move(timedelta(seconds=1))
        greek.append(again(crew, "greek"))
    clock.move(timedelta(seconds=1))
    last = again(crew, "latin")
    assert [view.row.assignee for view in (*greek[1:], last)] == [None] * 6
    crew.do(CompleteTask(latin[0].row.id, crew.ask(ActorNamed(latin[0].row.assignee))))
    clock.move(timedelta(minutes=1))
    drain(crew)
    assert crew.ask(GetTask(last.row.id, SYSTEM)).row.assignee == latin[0].row.assignee
    crew.do(CompleteTask(greek[0].row.id, crew.ask(ActorNamed("ann"))))
    clock.move(timedelta(minutes=1))
    drain(crew)
    assert crew.ask(GetTask(greek[1].row.id, SYSTEM)).row.assignee == "ann", "and it begins at the front again"


def test_four_eyes_also_when_claiming(crew: Any) -> None:
    first = given("prepare", 'strategy="round-robin" team="bench"')
    second = given("approve", 'strategy="least-loaded" team="bench" fourEyes="prepare"')
    inner = START + first + second + END + flow("start>prepare", "prepare>approve", "approve>end")
    crew.do(Deploy((model("eyes", inner),), SYSTEM, publish=True))
    task_id = crew.do(StartInstance("eyes", SYSTEM)).tasks[0]
    ann = crew.ask(ActorNamed("ann"))
    done = crew.do(CompleteTask(task_id, ann))
    assert done.next_task is None, "not for ann"
    approve = next(t for t in crew.ask(ListTasks(SYSTEM, box="all")).items if t.instance_id == done.instance_id)
    view = crew.ask(GetTask(approve.id, SYSTEM))
    assert view.row.assignee in {"ben", "cai"}
    assert view.why["excluded"]["ann"] == "four eyes"
    replays(view)
    with pytest.raises(Forbidden):
        crew.do(CompleteTask(approve.id, ann))
    for to in ("ann", "user:ann", "team:bench"):
        with pytest.raises(Forbidden) as told:
            crew.do(ReassignTask(approve.id, to, SYSTEM))
        assert told.value.code == "CRM-313"
    with pytest.raises(NotFound):
        crew.do(ReassignTask(approve.id, "role:ann", SYSTEM))
    other = ({"ben", "cai"} - {view.row.assignee}).pop()
    assert crew.do(ReassignTask(approve.id, other, SYSTEM)).assignee == other
    with crew._db.begin() as conn:
        change_tasks(conn, [approve.id], {"assignee": None, "candidates": ["team:bench"]})
    for command in (ClaimTask(approve.id, ann), CompleteTask(approve.id, ann)):
        with pytest.raises(Forbidden, match="CRM-313"):
            crew.do(command)


def test_free_combination_of_user_team_and_role(crew: Any, one: Any) -> None:
    view = one('strategy="least-loaded" role="manager" user="=[&quot;cai&quot;]"')
    assert {row["login"] for row in view.why["candidates"]} == {"cai", "mary"}
    assert set(view.row.candidates) == {"role:manager", "user:cai"}


def test_what_a_model_gives_to_somebody_away_goes_to_the_delegate_and_is_told(
    crew: Any, clock: Any, engine: Any
) -> None:
    inner = (
        START
        + '<bpmn:userTask id="call" name="Call"><bpmn:extensionElements><zeebe:userTask/>'
        + '<zeebe:assignmentDefinition assignee="ann"/></bpmn:extensionElements></bpmn:userTask>'
        + END
        + flow("start>call", "call>end")
    )
    crew.do(Deploy((model("direct", inner),), SYSTEM, publish=True))
    before = crew.do(StartInstance("direct", SYSTEM)).tasks[0]
    crew.do(AddAbsence("ben", SYSTEM, clock.now(), clock.now() + timedelta(days=1), delegate="cai"))
    crew.do(AddAbsence("ann", SYSTEM, clock.now() + timedelta(hours=1), clock.now() + timedelta(days=1), "ben"))
    clock.move(timedelta(hours=2))
    task_id = crew.do(StartInstance("direct", SYSTEM)).tasks[0]
    drain(crew)
    view = crew.ask(GetTask(task_id, SYSTEM))
    assert view.row.assignee == "cai", "ben is away, too"
    assert view.why["away"] == "ann"
    assert crew.ask(GetTask(before, SYSTEM)).row.assignee == "ann", "she did not hand over what she had"
    told = crew.ask(ListNotifications(crew.ask(ActorNamed("cai")))).items
    assert [n.title for n in told] == ["“Call” is yours now"]


def test_nobody_stands_in_so_the_team_gets_it(crew: Any, clock: Any) -> None:
    inner = (
        START
        + '<bpmn:userTask id="call" name="Call"><bpmn:extensionElements><zeebe:userTask/>'
        + '<zeebe:assignmentDefinition assignee="ann"/></bpmn:extensionElements></bpmn:userTask>'
        + END
        + flow("start>call", "call>end")
    )
    crew.do(Deploy((model("direct", inner),), SYSTEM, publish=True))
    old = crew.do(StartInstance("direct", SYSTEM)).tasks[0]
    clock.move(timedelta(minutes=1))
    crew.do(AddAbsence("ann", SYSTEM, clock.now(), clock.now() + timedelta(days=1), hand_over=True))
    drain(crew)
    row = crew.ask(GetTask(old, SYSTEM)).row
    assert (row.assignee, row.candidates) == (None, ("team:bench",))
