"""Which version decides is looked up once in a command, however many decisions are asked in it."""

from __future__ import annotations

from bench.measure import recording
from engine.domain.access import SYSTEM
from engine.domain.commands import CompleteTask, Deploy, ImportChunk, ImportRow, StartInstance
from engine.domain.questions import GetInstance
from engine.domain.values import FileIn
from tests.store.drawing import END, START, flow, model, user
from tests.store.test_rules import publish, table

ASKS = "FROM resource JOIN decision"


def rule(number: int, binding: str = "") -> str:
    """A business rule task that asks ``rate``."""
    return (
        f'<bpmn:businessRuleTask id="decide{number}"><bpmn:extensionElements>'
        f'<zeebe:calledDecision decisionId="rate" resultVariable="rate{number}" {binding}/>'
        "</bpmn:extensionElements></bpmn:businessRuleTask>"
    )


def asks(tape) -> int:
    """How often the tape looked for a version of a decision."""
    return sum(ASKS in " ".join(call[1].split()) for call in tape.calls if call[0] == "sql")


def test_several_decisions_of_a_flow_look_once(engine, bench) -> None:
    tagged = 'bindingType="versionTag" versionTag="spring"'
    inner = START + user("ask") + "".join(rule(n) for n in (1, 2, 3)) + rule(4, tagged) + rule(5, tagged) + END
    way = flow("start>ask", "ask>decide1", *(f"decide{n}>decide{n + 1}" for n in (1, 2, 3, 4)), "decide5>end")
    files = (model("thrice", inner + way), FileIn("rates.dmn", table(tag="spring")))
    engine.do(Deploy(files, SYSTEM, publish=True))
    publish(engine, table(result="7"), 1)
    started = engine.do(StartInstance("thrice", SYSTEM, {"amount": 5}))
    with recording() as tape:
        engine.do(CompleteTask(started.tasks[0], SYSTEM, {}))
    assert asks(tape) == 2  # the newest one, and the tagged one
    found = engine.ask(GetInstance(started.instance_id, SYSTEM)).variables
    assert [found[f"rate{n}"] for n in (1, 2, 3, 4, 5)] == [7, 7, 7, 1, 1]
    publish(engine, table(result="8"), 2)  # the next command looks again
    later = engine.do(StartInstance("thrice", SYSTEM, {"amount": 5}))
    engine.do(CompleteTask(later.tasks[0], SYSTEM, {}))
    assert engine.ask(GetInstance(later.instance_id, SYSTEM)).variables["rate1"] == 8


def test_an_import_that_starts_cases_looks_once_for_all_of_them(engine, bench) -> None:
    way = flow("start>decide1", "decide1>look", "look>end")
    files = (model("scored", START + rule(1) + user("look") + END + way), FileIn("rates.dmn", table()))
    engine.do(Deploy(files, SYSTEM, publish=True))
    engine.do(StartInstance("scored", SYSTEM, {"amount": 5}))
    rows = tuple(ImportRow(n, {"name": f"Lead {n}"}, f"L-{n}") for n in range(1, 21))
    with recording() as tape:
        done = engine.do(ImportChunk("leads-1", "lead", "leads.csv", rows, SYSTEM, 20, start="scored"))
    assert done.started == 20
    assert asks(tape) == 1
