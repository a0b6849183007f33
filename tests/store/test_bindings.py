"""Which version a call or a form means: chosen by an expression, found by a version tag, or refused."""

from __future__ import annotations

import json

import pytest

from engine.domain.access import SYSTEM
from engine.domain.commands import CompleteTask, Deploy, StartInstance
from engine.domain.errors import Refused
from engine.domain.questions import GetInstance, GetTask, LintFiles
from engine.domain.states import Severity
from engine.domain.values import FileIn
from tests.store.drawing import END, START, flow, model, user

BY_TAG = 'bindingType="versionTag" versionTag="{}"'


def call(called: str, binding: str = "", key: str = "call") -> str:
    """A call activity."""
    return (
        f'<bpmn:callActivity id="{key}" name="Call"><bpmn:extensionElements>'
        f'<zeebe:calledElement processId="{called}" {binding}/></bpmn:extensionElements></bpmn:callActivity>'
    )


def caller(called: str, binding: str = "", key: str = "caller") -> FileIn:
    return model(key, START + call(called, binding) + END + flow("start>call", "call>end"))


def process(key: str, task: str, tag: str = "") -> FileIn:
    """A process with one user task; its version carries a tag."""
    marked = model(key, START + user(task) + END + flow(f"start>{task}", f"{task}>end"))
    more = f'<zeebe:versionTag value="{tag}"/></bpmn:extensionElements>'
    return (
        FileIn(marked.name, marked.content.replace(b"</bpmn:extensionElements>", more.encode(), 1)) if tag else marked
    )


def form(title: str, tag: str = "", key: str = "ask") -> FileIn:
    field = {"type": "textfield", "key": title, "label": title, "id": "f1"}
    schema = {"id": key, "type": "default", "components": [field]} | ({"versionTag": tag} if tag else {})
    return FileIn(f"{key}.form", json.dumps(schema).encode())


def asked_by(binding: str, of: str = "ask", key: str = "asking") -> FileIn:
    """A process whose task shows a form, bound so."""
    task = user("t", more=f'<zeebe:formDefinition formId="{of}" {binding}/>')
    return model(key, START + task + END + flow("start>t", "t>end"))


def tasks_of(engine, key: str, **data: object) -> list[str]:
    """The tasks a new instance waits at."""
    started = engine.do(StartInstance(key, SYSTEM, data))
    return [task.element_id for task in engine.ask(GetInstance(started.instance_id, SYSTEM)).tasks]


def errors(engine, *files: FileIn) -> set[str]:
    return {f.code for f in engine.ask(LintFiles(files, SYSTEM)) if f.severity is Severity.ERROR}


def test_a_computed_call_runs_whichever_process_there_was_when_it_was_deployed(engine, bench) -> None:
    engine.do(Deploy((process("mail", "write"), process("phone", "ring")), SYSTEM))
    engine.do(Deploy((caller("= channel"),), SYSTEM, publish=True))
    assert tasks_of(engine, "caller", channel="mail") == ["write"]
    started = engine.do(StartInstance("caller", SYSTEM, {"channel": "phone"}))
    view = engine.ask(GetInstance(started.instance_id, SYSTEM))
    assert [task.definition_key for task in view.tasks] == ["phone"]
    assert [name for _, name in view.diagrams] == ["Caller", "Phone"]  # what it did not call is not shown
    engine.do(CompleteTask(view.tasks[0].id, SYSTEM, {}))
    assert engine.ask(GetInstance(started.instance_id, SYSTEM)).row.state == "completed"


def test_a_process_that_came_later_waits_until_the_caller_is_deployed_again(engine, bench) -> None:
    engine.do(Deploy((caller("= channel"),), SYSTEM, publish=True))
    engine.do(Deploy((process("mail", "write"),), SYSTEM))
    early = engine.do(StartInstance("caller", SYSTEM, {"channel": "mail"}))
    assert [n.code for n in engine.ask(GetInstance(early.instance_id, SYSTEM)).incidents] == ["CRM-619"]
    assert engine.do(Deploy((caller("= channel"),), SYSTEM, publish=True)).definitions[0].version == 2
    assert tasks_of(engine, "caller", channel="mail") == ["write"]


def test_an_expression_that_chooses_between_names_is_bound_to_these(engine, bench) -> None:
    chosen = "= if vip then &quot;phone&quot; else &quot;mail&quot;"
    assert "CRM-127" in errors(engine, caller(chosen), process("mail", "write"))  # phone is not there
    engine.do(Deploy((process("mail", "write"), process("phone", "ring"), process("fax", "send")), SYSTEM))
    (row,) = engine.do(Deploy((caller(chosen),), SYSTEM, publish=True)).definitions
    assert tasks_of(engine, "caller", vip=True) == ["ring"]
    assert tasks_of(engine, "caller", vip=False) == ["write"]
    engine.do(Deploy((process("fax", "scan"),), SYSTEM))
    assert engine.do(Deploy((caller(chosen),), SYSTEM)).definitions[0].id == row.id  # a third one changes nothing


def test_what_a_called_process_calls_by_an_expression_runs_too(engine, bench) -> None:
    middle = caller("= channel", key="middle")
    engine.do(Deploy((process("mail", "write"), middle, caller("middle")), SYSTEM, publish=True))
    assert tasks_of(engine, "caller", channel="mail") == ["write"]


def test_a_call_bound_to_a_version_tag_runs_that_version(engine, bench) -> None:
    engine.do(Deploy((process("mail", "spring", "v1"),), SYSTEM))
    engine.do(Deploy((process("mail", "summer", "v2"),), SYSTEM))
    engine.do(Deploy((process("mail", "autumn"),), SYSTEM))
    for tag, task in (("v1", "spring"), ("v2", "summer")):
        engine.do(Deploy((caller("mail", BY_TAG.format(tag)),), SYSTEM, publish=True))
        assert tasks_of(engine, "caller") == [task]
    engine.do(Deploy((caller("mail"),), SYSTEM, publish=True))
    assert tasks_of(engine, "caller") == ["autumn"]
    coming = process("mail", "winter", "v3")
    engine.do(Deploy((caller("mail", BY_TAG.format("v3")), coming), SYSTEM, publish=True))
    assert tasks_of(engine, "caller") == ["winter"]


def test_a_tag_that_no_version_has_is_refused(engine, bench) -> None:
    engine.do(Deploy((process("mail", "spring", "v1"),), SYSTEM))
    with pytest.raises(Refused) as refused:
        engine.do(Deploy((caller("mail", BY_TAG.format("v9")),), SYSTEM))
    (finding,) = [f for f in refused.value.findings if f.severity is Severity.ERROR]
    assert (finding.code, finding.element) == ("CRM-868", "call")
    assert "v9" in finding.message


def test_two_versions_of_one_process_in_one_case_are_refused(engine, bench) -> None:
    engine.do(Deploy((process("mail", "spring", "v1"),), SYSTEM))
    engine.do(Deploy((process("mail", "summer"), caller("mail", key="middle")), SYSTEM))
    both = START + call("mail", BY_TAG.format("v1"), "one") + call("middle", "", "two") + END
    with pytest.raises(Refused) as refused:
        engine.do(Deploy((model("both", both + flow("start>one", "one>two", "two>end")),), SYSTEM))
    assert [f.code for f in refused.value.findings] == ["CRM-875"]
    twice = START + call("mail", BY_TAG.format("v1"), "one") + call("mail", "", "two") + END
    assert errors(engine, model("twice", twice + flow("start>one", "one>two", "two>end"))) == {"CRM-869"}


def test_a_form_bound_to_a_version_tag_is_that_version(engine, bench) -> None:
    engine.do(Deploy((form("spring", "v1"),), SYSTEM))
    engine.do(Deploy((form("summer"),), SYSTEM))
    assert errors(engine, asked_by(BY_TAG.format("v2"))) == {"CRM-868"}
    for binding, field in (("", "summer"), (BY_TAG.format("v1"), "spring")):
        engine.do(Deploy((asked_by(binding),), SYSTEM, publish=True))
        started = engine.do(StartInstance("asking", SYSTEM))
        shown = engine.ask(GetTask(started.tasks[0], SYSTEM)).form
        assert [component["key"] for component in shown["components"]] == [field]


def test_a_computed_form_is_shown_and_one_that_is_not_there_is_an_incident(engine, bench) -> None:
    engine.do(Deploy((form("name", key="short"), form("address", key="long")), SYSTEM))
    engine.do(Deploy((asked_by("", "= size"),), SYSTEM, publish=True))
    started = engine.do(StartInstance("asking", SYSTEM, {"size": "long"}))
    shown = engine.ask(GetTask(started.tasks[0], SYSTEM)).form
    assert [component["key"] for component in shown["components"]] == ["address"]
    lost = engine.do(StartInstance("asking", SYSTEM, {"size": "huge"}))
    assert [n.code for n in engine.ask(GetInstance(lost.instance_id, SYSTEM)).incidents] == ["CRM-624"]
