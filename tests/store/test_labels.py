"""Texts of models in the reader's language, pinned with the version."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from engine.domain.access import SYSTEM
from engine.domain.commands import ChangeUser, CompleteTask, Deploy, ReassignTask, StartInstance
from engine.domain.desk import AddComment, DelegateTask, ResolveTask
from engine.domain.errors import Refused
from engine.domain.questions import (
    ActorNamed,
    FlowNames,
    GetHistory,
    GetInstance,
    GetTask,
    ListDefinitions,
    ListIncidents,
    ListInstances,
    ListJobs,
    ListNotifications,
    ListTasks,
    ListTimers,
)
from engine.domain.sla_values import ShowWall
from engine.domain.values import FileIn
from engine.jobs import drain
from tests.store.drawing import END, START, flow, model, service, timer, user

MODEL = model("visit", START + user("call") + user("write") + END + flow("start>call", "call>write", "write>end"))
LABELS = FileIn(
    "labels.zh_Hans.yaml", "visit:\n  visit: 拜访\n  call: 致电\n  visit#goal: 有人拜访\n  start: 开始\n".encode()
)


@pytest.fixture
def li(engine, alice):
    engine.do(ChangeUser("alice", SYSTEM, locale="zh_Hans"))
    return engine.ask(ActorNamed("alice"))


def test_people_read_their_language(engine, alice, bob, li):
    engine.do(Deploy((MODEL, LABELS), SYSTEM, publish=True))
    started = engine.do(StartInstance("visit", li))
    for reader, task, title in ((li, "致电", "拜访"), (bob, "Call", "Visit")):
        (row,) = engine.ask(ListTasks(reader, box="teams")).items
        assert (row.name, row.definition_name) == (task, title)
    assert len(engine.ask(ListTasks(li, box="teams", search="致电")).items) == 1
    view = engine.ask(GetInstance(started.instance_id, li))
    assert (view.row.definition_name, view.tasks[0].name, view.diagrams[0][1]) == ("拜访", "致电", "拜访")
    assert engine.ask(GetHistory(started.instance_id, li)).items[0].name == "开始"
    done = engine.do(CompleteTask(started.tasks[0], li))
    assert (done.next_task.name, done.next_task.definition_name) == ("Write", "拜访")
    assert [(row.name, row.goal) for row in engine.ask(ListDefinitions(li)).items] == [("拜访", "有人拜访")]
    assert [row.definition_name for row in engine.ask(ListInstances(SYSTEM)).items] == ["Visit"]


def test_whoever_tells_them_of_a_task_names_it_in_their_language(engine, alice, bob, li):
    engine.do(Deploy((MODEL, LABELS), SYSTEM, publish=True))
    (task,) = engine.do(StartInstance("visit", SYSTEM)).tasks
    engine.do(ReassignTask(task, "alice", SYSTEM))
    engine.do(DelegateTask(task, "bob", li))
    engine.do(AddComment(task, bob, "@alice is it urgent?"))
    engine.do(ResolveTask(task, bob))
    engine.do(ReassignTask(task, "bob", li))
    engine.do(DelegateTask(task, "alice", bob))
    titles = [row.title for row in engine.ask(ListNotifications(li)).items]
    assert len(titles) == 4
    assert all("“致电”" in title for title in titles), titles
    assert all("“Call”" in row.title for row in engine.ask(ListNotifications(bob)).items)


def test_documentation_speaks_the_reader_s_language(engine, bob, li):
    said = b"<bpmn:documentation>Ring twice.</bpmn:documentation><bpmn:extensionElements><zeebe:userTask/>"
    drawn = FileIn(MODEL.name, MODEL.content.replace(b"<bpmn:extensionElements><zeebe:userTask/>", said, 1))
    labels = FileIn(LABELS.name, LABELS.content + "  call#documentation: 响两声。\n".encode())
    engine.do(Deploy((drawn, labels), SYSTEM, publish=True))
    task = engine.do(StartInstance("visit", li)).tasks[0]
    assert engine.ask(GetTask(task, bob)).documentation == "Ring twice."
    assert engine.ask(GetTask(task, li)).documentation == "响两声。"


def test_labels_stay_when_the_model_alone_changes(engine, li):
    engine.do(Deploy((MODEL, LABELS), SYSTEM, publish=True))
    assert engine.do(Deploy((MODEL,), SYSTEM, publish=True)).definitions[0].version == 1
    changed = FileIn(MODEL.name, MODEL.content + b"<!-- later -->")
    assert engine.do(Deploy((changed,), SYSTEM, publish=True)).definitions[0].version == 2
    engine.do(StartInstance("visit", li))
    assert engine.ask(ListTasks(li, box="teams")).items[0].name == "致电"
    other = FileIn(LABELS.name, LABELS.content.replace("致电".encode(), "打电话".encode()))
    assert engine.do(Deploy((changed, other), SYSTEM)).definitions[0].version == 3


def test_history_says_which_way_was_taken(engine, bob, li):
    ways = "".join(
        f'<bpmn:sequenceFlow id="{name}" name="{name}" sourceRef="which" targetRef="{name}_end">{when}'
        "</bpmn:sequenceFlow>"
        f'<bpmn:endEvent id="{name}_end"/>'
        for name, when in (("no", ""), ("yes", "<bpmn:conditionExpression>=true</bpmn:conditionExpression>"))
    )
    gateway = '<bpmn:exclusiveGateway id="which" name="Which?" default="no"/>'
    labels = FileIn("labels.zh_Hans.yaml", "visit: {which: 哪个？, 'yes': 是}".encode())
    engine.do(Deploy((model("visit", START + gateway + flow("start>which") + ways), labels), SYSTEM, publish=True))
    started = engine.do(StartInstance("visit", li))
    for reader, name, way in ((li, "哪个？", "是"), (SYSTEM, "Which?", "yes")):
        steps = engine.ask(GetHistory(started.instance_id, reader)).items
        (told,) = (step for step in steps if step.element_id == "which")
        assert (told.name, [taken["name"] for taken in told.detail["taken"]]) == (name, [way])


def test_lists_over_many_cases_speak_the_reader_s_language(engine, clock, li):
    """Timers, jobs, incidents and the SLA wall: names of elements drawn in the flow itself or in one it calls."""
    call = (
        '<bpmn:callActivity id="inner" name="Inner"><bpmn:extensionElements><zeebe:calledElement processId="visit"/>'
        "</bpmn:extensionElements></bpmn:callActivity>"
    )
    promise = '<crmflow:sla metric="done" target="PT2H"/>'
    inner = START + user("call", more=promise) + timer("late", "call", "PT1H", interrupting=False)
    inner += user("late_call") + END + flow("start>call", "call>end", "late>late_call", "late_call>end")
    broken = START + service("ask", "http", retries=1) + END + flow("start>ask", "ask>end")
    outer = model("outer", START + call + END + flow("start>inner", "inner>end"))
    labels = "visit: {call: 致电, late: 超时, visit: 拜访}\nbroken: {ask: 询问}\n"
    files = (outer, model("visit", inner), model("broken", broken), FileIn("labels.zh_Hans.yaml", labels.encode()))
    engine.do(Deploy(files, SYSTEM, publish=True))
    engine.do(StartInstance("outer", li))
    engine.do(StartInstance("broken", li))
    boss = replace(SYSTEM, locale="zh_Hans")
    for reader, late, ring, flows in ((boss, "超时", "致电", ("拜访", "Broken")), (SYSTEM, "Late", "Call", ("Visit",))):
        assert [row.name for row in engine.ask(ListTimers(reader)).items] == [late]
        wall = engine.ask(ShowWall(reader))
        assert [row.name for row in wall.clocks] == [ring]
        assert set(flows) <= set(engine.ask(FlowNames(reader)).values())
    asked = next(row for row in engine.ask(ListJobs(boss)).items if row.type == "http")
    assert asked.name == "询问"
    rung = next(row for row in engine.ask(ListJobs(boss)).items if row.type == "crmflow:rung")
    assert (rung.name, rung.instance_id) == ("致电", wall.clocks[0].instance_id), "it says for which case it rings"
    drain(engine)
    assert [row.name for row in engine.ask(ListIncidents(boss)).items] == ["询问"]
    clock.move(timedelta(hours=3))
    drain(engine)
    assert {row.name for row in engine.ask(ShowWall(boss)).log} == {"致电"}


@pytest.mark.parametrize("content", [b"[1, 2]", b"a: [", b"visit: 3"])
def test_a_bad_file_of_labels_is_refused(engine, bench, content):
    with pytest.raises(Refused) as error:
        engine.do(Deploy((MODEL, FileIn("labels.zh_Hans.yaml", content)), SYSTEM))
    assert "CRM-841" in {finding.code for finding in error.value.findings}
