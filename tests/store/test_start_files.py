"""A start form that asks for a file is refused at deployment, by field; in a task's form the same field is welcome."""

from __future__ import annotations

import json

import pytest

from engine.domain.access import SYSTEM
from engine.domain.commands import Deploy
from engine.domain.errors import Refused
from engine.domain.questions import LintFiles
from engine.domain.values import FileIn
from tests.store.drawing import END, flow, model, user

LINK = '<zeebe:formDefinition formId="papers"/>'
START = f'<bpmn:startEvent id="start"><bpmn:extensionElements>{LINK}</bpmn:extensionElements></bpmn:startEvent>'
PLAIN = '<bpmn:startEvent id="start"/>'


def form(*components: dict[str, object]) -> FileIn:
    schema = {"type": "default", "id": "papers", "schemaVersion": 16, "components": list(components)}
    return FileIn("papers.form", json.dumps(schema).encode())


PICKER = {"type": "filepicker", "id": "f1", "key": "contract", "label": "Contract"}
ROWS = {"type": "dynamiclist", "id": "g1", "path": "people", "label": "People", "components": [PICKER | {"id": "f2"}]}
TEXT = {"type": "textfield", "id": "f3", "key": "name", "label": "Name"}


def asks(begin: str, step: str) -> FileIn:
    return model("asks", begin + step + END + flow("start>look", "look>end"))


def told(engine, *files: FileIn) -> list[str]:
    found = engine.ask(LintFiles(files, SYSTEM))
    return [finding.message for finding in found if finding.code == "CRM-857"]


def test_each_field_for_files_of_a_start_form_is_a_finding(engine, bench) -> None:
    files = (asks(START, user("look")), form(TEXT, PICKER, ROWS))
    assert told(engine, *files) == [
        "The start form 'papers' of 'asks' asks for a file at 'contract'.",
        "The start form 'papers' of 'asks' asks for a file at 'people.contract'.",
    ]
    with pytest.raises(Refused):
        engine.do(Deploy(files, SYSTEM))


def test_a_form_that_is_deployed_already_is_looked_at_too(engine, bench) -> None:
    engine.do(Deploy((form(PICKER),), SYSTEM))
    assert len(told(engine, asks(START, user("look")))) == 1


def test_other_start_forms_and_forms_of_tasks_may_be(engine, bench) -> None:
    assert told(engine, asks(START, user("look")), form(TEXT)) == []
    assert told(engine, asks(PLAIN, user("look", more=LINK)), form(PICKER)) == []
