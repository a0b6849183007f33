"""What managers read of finished cases, per version: promises kept, hand-offs, work given on, steps done again."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bench.measure import recording
from engine.domain.access import SYSTEM
from engine.domain.commands import AddUser, ClaimTask, CompleteTask, Deploy, ReassignTask, StartInstance
from engine.domain.errors import Forbidden
from engine.domain.figures import ShowFigures, ShowQueues
from engine.domain.questions import ActorNamed, ListTasks
from tests.store.drawing import END, START, flow, model, user

MARK = '<crmflow:sla metric="resolve" target="PT2H"/>'


def drawn(goal: str = "g"):
    """do (promised in two hours) → check → do again, while somebody says so."""
    gates = '<bpmn:exclusiveGateway id="in"/><bpmn:exclusiveGateway id="fine" default="fine-end"/>'
    back = (
        '<bpmn:sequenceFlow id="back" sourceRef="fine" targetRef="in">'
        "<bpmn:conditionExpression>=again = true</bpmn:conditionExpression></bpmn:sequenceFlow>"
    )
    inner = START + gates + user("do", more=MARK) + user("check") + END + back
    ways = flow("start>in", "in>do", "do>check", "check>fine", "fine>end")
    return model("make", inner + ways, about=f'owner="team:bench" goal="{goal}" kpi="k"')


@pytest.fixture
def bob(engine, alice):
    engine.do(AddUser("bob", SYSTEM, "Bob", roles=("employee",), teams=("bench",)))
    return engine.ask(ActorNamed("bob"))


def task_of(engine, case):
    """The one open task of a case."""
    (task,) = engine.ask(ListTasks(SYSTEM, "all", instance_id=case.instance_id)).items
    return task


def done(engine, case, by, **data):
    """Somebody does what is to be done next."""
    task = task_of(engine, case)
    if task.assignee is None:
        engine.do(ClaimTask(task.id, by))
    engine.do(CompleteTask(task.id, by, data=data))


def figures(engine, clock, by=SYSTEM, **more):
    now = clock.now()
    return engine.ask(ShowFigures(by, now - timedelta(days=30), now + timedelta(days=1), **more))


def test_figures_count_promises_hands_and_rework_of_finished_cases(engine, clock, alice, bob):
    engine.do(Deploy((drawn(),), SYSTEM, publish=True))
    smooth = engine.do(StartInstance("make", alice))  # one person, in time
    done(engine, smooth, alice)
    done(engine, smooth, alice, again=False)
    bumpy = engine.do(StartInstance("make", alice))
    clock.move(timedelta(hours=3))  # too late
    done(engine, bumpy, alice)
    done(engine, bumpy, bob, again=True)  # bob sends it back
    engine.do(ReassignTask(task_of(engine, bumpy).id, "alice", SYSTEM))
    clock.move(timedelta(minutes=1))
    done(engine, bumpy, alice)
    done(engine, bumpy, alice, again=False)
    engine.do(StartInstance("make", alice))  # is not finished
    (row,) = figures(engine, clock)
    assert (row.key, row.version, row.cases) == ("make", 1, 2)
    assert (row.promises, row.kept, row.on_time) == (3, 2, 2 / 3)
    assert (row.steps, row.handoffs, row.reassigned) == (6, 2, 1)
    assert (row.again, row.rework) == (2, 2 / 6)


EACH = (
    '<bpmn:multiInstanceLoopCharacteristics isSequential="%s"><bpmn:extensionElements>'
    '<zeebe:loopCharacteristics inputCollection="=[1, 2, 3]" inputElement="n"/>'
    "</bpmn:extensionElements></bpmn:multiInstanceLoopCharacteristics>"
)


def several(kind: str, loop: str) -> str:
    """One task, or a part with one task in it, that is done several times in one case."""
    inside = user("look")
    if kind == "task":
        return inside.replace("</bpmn:userTask>", f"{loop}</bpmn:userTask>")
    ways = '<bpmn:startEvent id="in"/><bpmn:endEvent id="out"/>' + flow("in>look", "look>out")
    return f'<bpmn:subProcess id="look-all">{loop}{ways}{inside}</bpmn:subProcess>'


@pytest.mark.parametrize("kind", ["task", "part"])
@pytest.mark.parametrize(
    ("loop", "again"),
    [
        (EACH % "true", 0),  # three items, one after the other
        (EACH % "false", 0),
        ('<bpmn:standardLoopCharacteristics loopMaximum="3"/>', 2),  # once more, and once more
    ],
    ids=["sequential", "parallel", "loop"],
)
def test_items_done_one_after_the_other_are_no_rework(engine, clock, alice, kind, loop, again):
    at = "look" if kind == "task" else "look-all"
    inner = START + several(kind, loop) + END + flow(f"start>{at}", f"{at}>end")
    engine.do(Deploy((model("many", inner, about='owner="team:bench" goal="g" kpi="k"'),), SYSTEM, publish=True))
    case = engine.do(StartInstance("many", alice))
    for _ in range(3):
        task = engine.ask(ListTasks(SYSTEM, "all", instance_id=case.instance_id)).items[0]
        engine.do(ClaimTask(task.id, alice))
        clock.move(timedelta(minutes=1))
        engine.do(CompleteTask(task.id, alice))
    (row,) = figures(engine, clock)
    assert (row.steps, row.again) == (3, again)


def test_versions_stand_side_by_side_for_four_statements(engine, clock, alice):
    for goal in ("g", "better"):
        engine.do(Deploy((drawn(goal),), SYSTEM, publish=True))
        case = engine.do(StartInstance("make", alice))
        done(engine, case, alice)
        done(engine, case, alice, again=False)
    with recording() as tape:
        rows = figures(engine, clock)
    assert tape.statements == 4
    assert [(row.version, row.cases, row.on_time) for row in rows] == [(2, 1, 1.0), (1, 1, 1.0)]
    assert figures(engine, clock, key="other") == ()


def test_figures_are_for_managers(engine, clock, alice):
    with pytest.raises(Forbidden, match="CRM-310"):
        figures(engine, clock, by=alice)


def test_queues_tell_how_long_work_has_waited(engine, clock, alice):
    engine.do(Deploy((drawn(),), SYSTEM, publish=True))
    first = clock.now()
    for days in (5, 1.5, 0.75, 0):  # waited in the end: 7.25, 2.25, 0.75, 0 days
        engine.do(StartInstance("make", alice))
        clock.move(timedelta(days=days))
    taken = engine.do(StartInstance("make", alice))
    engine.do(ClaimTask(taken.tasks[0], alice))
    (row,) = engine.ask(ShowQueues(SYSTEM))
    assert (row.team, row.free, row.oldest, row.ages) == ("bench", 4, first, (2, 1, 0, 1))
    with pytest.raises(Forbidden, match="CRM-310"):
        engine.ask(ShowQueues(alice))
