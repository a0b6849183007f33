"""What cases are found by fits into every database's columns: too long is refused or an incident, never a crash."""

from __future__ import annotations

import pytest

from engine.domain.access import SYSTEM
from engine.domain.commands import Deploy, StartInstance
from engine.domain.questions import GetInstance, LintFiles
from engine.domain.states import Severity
from tests.store.drawing import END, START, catch, flow, message, model, service, user

LONG = "x" * 300
THROW = (
    '<bpmn:intermediateThrowEvent id="t"><bpmn:messageEventDefinition messageRef="m_said"/>'
    "</bpmn:intermediateThrowEvent>"
)
ASSIGNED = user("t").replace("candidateGroups=", 'assignee="= word" candidateGroups=')


@pytest.mark.parametrize("word", [LONG, "a\x00b"], ids=["long", "nul"])
@pytest.mark.parametrize(
    ("node", "extra"),
    [
        (service("t", "= word"), ""),
        (catch("t", "said"), message("said", "= word")),
        (THROW, message("said", "= word")),
        (ASSIGNED, ""),
        (user("t", "= [word]"), ""),
    ],
    ids=["job type", "awaited key", "thrown key", "assignee", "group"],
)
def test_a_word_that_cannot_be_stored_is_an_incident(engine, bench, node: str, extra: str, word: str) -> None:
    drawn = START + node + END + flow("start>t", "t>end")
    engine.do(Deploy((model("telling", drawn, extra=extra),), SYSTEM))
    started = engine.do(StartInstance("telling", SYSTEM, {"word": word}, version=1))
    assert [n.code for n in engine.ask(GetInstance(started.instance_id, SYSTEM)).incidents] == ["CRM-625"]


@pytest.mark.parametrize("length", [255, 256])
def test_an_id_runs_up_to_the_length_that_is_stored(engine, bench, length: int) -> None:
    key = "t" * length
    ways = flow("start>t", "t>end").replace('="t"', f'="{key}"')
    file = model("telling", START + user(key) + END + ways)
    errors = {f.code for f in engine.ask(LintFiles((file,), SYSTEM)) if f.severity is Severity.ERROR}
    assert errors == (set() if length == 255 else {"CRM-818"})
    if not errors:
        engine.do(Deploy((file,), SYSTEM))
        started = engine.do(StartInstance("telling", SYSTEM, version=1))
        assert [t.element_id for t in engine.ask(GetInstance(started.instance_id, SYSTEM)).tasks] == [key]
