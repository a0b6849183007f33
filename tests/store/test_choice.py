"""Which variant starts is a table's answer, stored and shown with its reason."""

from __future__ import annotations

import pytest

from engine.domain.access import SYSTEM
from engine.domain.commands import Deploy, StartInstance
from engine.domain.errors import RunError
from engine.domain.questions import GetInstance, ListInstances
from engine.domain.values import FileIn
from tests.store.drawing import END, START, flow, model, user

ABOUT = 'owner="team:bench" goal="g" kpi="k"'
INNER = START + user("work") + END + flow("start>work", "work>end")


def _table(large: str) -> FileIn:
    rules = ""
    for number, (test, key, reason) in enumerate((("&gt;= 100", large, "a large deal"), ("&lt; 100", "deal", "usual"))):
        rules += (
            f'<rule id="r{number}"><inputEntry id="i{number}"><text>{test}</text></inputEntry>'
            f'<outputEntry id="a{number}"><text>"{key}"</text></outputEntry>'
            f'<outputEntry id="b{number}"><text>"{reason}"</text></outputEntry></rule>'
        )
    return FileIn(
        "pick.dmn",
        (
            '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="picks" name="picks" namespace="u">'
            '<inputData id="in_size" name="size"><variable id="v" name="size" typeRef="number"/></inputData>'
            '<decision id="pick" name="pick"><variable id="w" name="pick"/><informationRequirement id="q">'
            '<requiredInput href="#in_size"/></informationRequirement><decisionTable id="t" hitPolicy="UNIQUE">'
            '<input id="n" label="Size"><inputExpression id="e" typeRef="number"><text>size</text></inputExpression>'
            '</input><output id="o1" name="variant" typeRef="string"/><output id="o2" name="reason" typeRef="string"/>'
            f"{rules}</decisionTable></decision></definitions>"
        ).encode(),
    )


@pytest.fixture
def deals(engine, bench):
    base = model("deal", INNER, about=f'{ABOUT} variants="pick"')
    large = model("deal-large", INNER, about=f'{ABOUT} variantOf="deal"')
    engine.do(Deploy((base, large, _table("deal-large")), SYSTEM, publish=True))


@pytest.mark.parametrize(("size", "key", "reason"), [(250, "deal-large", "a large deal"), (5, "deal", "usual")])
def test_the_table_picks_and_the_reason_is_kept(engine, deals, size, key, reason):  # F1
    started = engine.do(StartInstance("deal", SYSTEM, {"size": size}))
    assert started.definition_key == key
    row = engine.ask(GetInstance(started.instance_id, SYSTEM)).row
    assert {name: row.choice[name] for name in ("decision", "base", "variant", "reason", "inputs")} == {
        "decision": "pick",
        "base": "deal",
        "variant": key,
        "reason": reason,
        "inputs": {"Size": size},
    }
    assert row.choice["trace"][0]["rules"]


def test_a_variant_nobody_published_starts_nothing(engine, bench):
    base = model("deal", INNER, about=f'{ABOUT} variants="pick"')
    engine.do(Deploy((base, _table("nowhere")), SYSTEM, publish=True))
    with pytest.raises(RunError) as error:
        engine.do(StartInstance("deal", SYSTEM, {"size": 250}))
    assert error.value.code == "CRM-605"
    assert engine.ask(ListInstances(SYSTEM)).items == ()
