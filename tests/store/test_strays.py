"""Never nowhere: whatever a model says of who gets a task, somebody who is there can take it, and hears of theirs."""

from __future__ import annotations

from typing import Any

import pytest

from engine.domain.access import SYSTEM
from engine.domain.commands import (
    AddTeam,
    AddUser,
    ChangeUser,
    ClaimTask,
    CompleteTask,
    Deploy,
    GrantRole,
    ReassignTask,
    StartInstance,
    TidyUp,
)
from engine.domain.errors import NotFound
from engine.domain.questions import ActorNamed, CheckHealth, GetTask, ListNotifications, ListTasks
from engine.jobs.runner import drain
from engine.store.moves import change_tasks
from tests.store.drawing import END, START, flow, model, user

STANDARD, OURS = "<zeebe:assignmentDefinition {}/>", "<crmflow:assignment {}/>"


@pytest.fixture
def house(engine: Any, bench: str) -> Any:
    engine.do(AddTeam("empty", SYSTEM, "Empty"))
    engine.do(AddTeam("outer", SYSTEM, "Outer"))
    engine.do(AddTeam("inner", SYSTEM, "Inner", parent="outer"))
    engine.do(AddUser("ann", SYSTEM, "Ann", roles=("employee",), teams=(bench, "inner")))
    engine.do(AddUser("mia", SYSTEM, "Mia", roles=("manager",)))
    engine.do(AddUser("old", SYSTEM, "Old", roles=("employee",), teams=("empty",)))
    engine.do(ChangeUser("old", SYSTEM, active=False))
    return engine


def started(house: Any, said: str, owner: str = "bench") -> str:
    """A task about whose person the model says this, when the heartbeat has looked at it."""
    work = (
        '<bpmn:userTask id="work" name="Work"><bpmn:extensionElements><zeebe:userTask/>'
        f"{said}</bpmn:extensionElements></bpmn:userTask>"
    )
    about = f'owner="team:{owner}" goal="g" kpi="k"'
    inner = START + work + END + flow("start>work", "work>end")
    house.do(Deploy((model("one", inner, about=about),), SYSTEM, publish=True))
    (task,) = house.do(StartInstance("one", SYSTEM)).tasks
    for _ in range(2):
        drain(house)
        house.do(TidyUp(SYSTEM))
    drain(house)
    return str(task)


def seen_by(house: Any, login: str, task: str) -> bool:
    actor = house.ask(ActorNamed(login))
    boxes = (house.ask(ListTasks(actor, box)).items for box in ("mine", "teams"))
    return task in {row.id for rows in boxes for row in rows}


SAID = [
    (STANDARD.format('assignee="nobody"'), "bench"),
    (STANDARD.format('assignee="old"'), "nowhere"),
    (STANDARD.format('assignee="=1 + 1"'), "bench"),
    (STANDARD.format('candidateGroups="empty"'), "bench"),
    (STANDARD.format('candidateUsers="old,nobody"'), "bench"),
    ("", "empty"),
    ("", "nowhere"),
    (OURS.format('team="empty"'), "bench"),
    (OURS.format('team="bench" default="old" skills="={german: 5}"'), "bench"),
    (OURS.format('team="bench" skills="={german: &quot;good&quot;}"'), "bench"),
    (OURS.format('team="bench" skills="german" passing="=&quot;some&quot;"'), "bench"),
    (OURS.format('team="bench" strategy="=&quot;by shouting&quot;"'), "bench"),
    (OURS.format('relation="account.owner"'), "bench"),
]


def test_what_nobody_could_take_is_the_managers(house: Any) -> None:
    for said, owner in SAID:
        task = started(house, said, owner)
        assert seen_by(house, "mia", task), said
        why = house.ask(GetTask(task, SYSTEM)).why
        assert why.get("exception") or why["by"] == "left", "and it says why"
        assert house.do(ClaimTask(task, house.ask(ActorNamed("mia")))).assignee == "mia"
    assert house.ask(CheckHealth(SYSTEM)) == ()


@pytest.mark.parametrize(
    "said", ['candidateGroups="outer"', 'candidateGroups="empty,bench"', 'candidateUsers="old,ann"']
)
def test_what_somebody_can_take_is_left_alone(house: Any, said: str) -> None:
    task = started(house, STANDARD.format(said))
    assert seen_by(house, "ann", task)
    assert not seen_by(house, "mia", task)
    assert house.ask(GetTask(task, SYSTEM)).why == {"by": "element"}


def test_where_no_manager_is_left_the_administrators_get_it(house: Any) -> None:
    house.do(AddUser("ada", SYSTEM, "Ada", roles=("administrator",)))
    house.do(ChangeUser("mia", SYSTEM, active=False))
    task = started(house, STANDARD.format('candidateGroups="empty"'))
    assert house.ask(GetTask(task, SYSTEM)).row.candidates == ("team:empty", "role:administrator")
    assert seen_by(house, "ada", task)


def test_a_rules_mistake_refuses_nobodys_work_before_it(house: Any) -> None:
    said = OURS.format('strategy="=&quot;?&quot;" fourEyes="first"')
    wrong = f'<bpmn:userTask id="second" name="Second"><bpmn:extensionElements><zeebe:userTask/>{said}'
    wrong += "</bpmn:extensionElements></bpmn:userTask>"
    inner = START + user("first") + wrong + END + flow("start>first", "first>second", "second>end")
    house.do(Deploy((model("two", inner),), SYSTEM, publish=True))
    (first,) = house.do(StartInstance("two", SYSTEM)).tasks
    ann = house.ask(ActorNamed("ann"))
    house.do(ClaimTask(first, ann))
    done = house.do(CompleteTask(first, ann))
    (row,) = house.ask(ListTasks(SYSTEM, "all", instance_id=done.instance_id)).items
    view = house.ask(GetTask(row.id, SYSTEM))
    assert (row.assignee, row.candidates) == (None, ("role:manager",))
    assert (view.why["error"]["code"], view.why["four_eyes"]) == ("CRM-653", ["ann"])


def test_many_stranded_tasks_are_found_by_and_by(house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.services.strays._MOST", 2)
    tasks = [started(house, STANDARD.format('candidateGroups="bench"'))]
    tasks += [house.do(StartInstance("one", SYSTEM)).tasks[0] for _ in range(4)]
    with house._db.begin() as conn:
        change_tasks(conn, tasks, {"candidates": ["team:empty"]})
    assert [house.do(TidyUp(SYSTEM))["strays"] for _ in range(4)] == [2, 2, 1, 0]
    assert all(seen_by(house, "mia", task) for task in tasks)


def test_whom_the_model_names_is_told_unless_they_did_it_themselves(house: Any) -> None:
    task = started(house, STANDARD.format('assignee="ann"'))
    ann = house.ask(ActorNamed("ann"))
    (note,) = house.ask(ListNotifications(ann)).items
    assert (note.task_id, note.title) == (task, "“Work” is yours now")
    house.do(StartInstance("one", ann))
    drain(house)
    assert len(house.ask(ListNotifications(ann)).items) == 1


def test_who_may_not_do_tasks_gets_none_and_keeps_none(house: Any) -> None:
    """A robot's account in the team, and somebody whose last role was taken away."""
    house.do(AddUser("bot", SYSTEM, "Bot", roles=("worker",), teams=("bench", "empty")))
    task = started(house, OURS.format('team="bench"'))
    assert house.ask(GetTask(task, SYSTEM)).row.assignee == "ann"
    with pytest.raises(NotFound, match="CRM-411"):
        house.do(ReassignTask(task, "bot", SYSTEM))
    with house._db.begin() as conn:
        change_tasks(conn, [task], {"candidates": ["team:empty"]})
    house.do(GrantRole("ann", "employee", SYSTEM, revoke=True))
    drain(house)
    assert house.ask(GetTask(task, SYSTEM)).row.assignee is None
    house.do(TidyUp(SYSTEM))
    assert seen_by(house, "mia", task), "the robot of the empty team is nobody"
    for said in (STANDARD.format('assignee="bot"'), STANDARD.format('candidateUsers="bot"'), OURS.format('user="bot"')):
        assert seen_by(house, "mia", started(house, said))
