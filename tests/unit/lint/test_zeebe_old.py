"""Zeebe's expressions before FEEL are read as what they meant."""

from __future__ import annotations

import pytest
from lint_models import END, START, ext, flow, flows, process, straight, user

from bench.player import Player
from engine.bpmn import check
from engine.bpmn.dialect_zeebe import modernise
from engine.domain.states import Severity
from engine.model.xml import read, write

WORK = '<zeebe:taskDefinition type="work"/><zeebe:ioMapping>{}</zeebe:ioMapping>'


def test_paths_of_mappings_are_variables() -> None:
    inside = WORK.format('<zeebe:input source="$.order.total" target="$.sum"/>')
    xml = straight(f'<serviceTask id="t" name="T">{ext(inside)}</serviceTask>')
    assert not [f for f in check(xml) if f.severity is Severity.ERROR]
    player = Player(xml)
    player.start(order={"total": 7})
    (call,) = player.calls.values()
    assert call.input["sum"] == 7


def test_conditions_compare_and_connect() -> None:
    ways = flow("g", "t", "$.a == 'x' &amp;&amp; $.n &gt;= 2") + flow("g", "e")
    xml = process(
        START, '<exclusiveGateway id="g" default="f_g_e"/>', user(), END, flows("s", "g"), ways, flows("t", "e")
    )
    assert not [f for f in check(xml) if f.severity is Severity.ERROR]
    player = Player(xml)
    player.start(a="x", n=2)
    assert player.open == ["t"]


def test_feel_is_left_alone() -> None:
    root = read(straight(user(ext('<zeebe:assignmentDefinition assignee="= a"/>'))))
    before = write(root)
    assert modernise(root) == 0
    assert write(root) == before


@pytest.mark.parametrize("text", ["$.channel", "channel", "= channel"])
def test_a_computed_call_is_read_with_or_without_a_sign(text: str) -> None:
    called = ext(f'<zeebe:calledElement processIdExpression="{text}"/>')
    calling = straight(f'<callActivity id="t" name="T">{called}</callActivity>')
    mail = process(START, user(), END, flows("s", "t", "e")).replace(b'<process id="p"', b'<process id="mail"')
    found = check(calling)
    assert not [f for f in found if f.severity is Severity.ERROR]
    assert "CRM-827" in {f.code for f in found}
    player = Player(calling, called={"mail": mail})
    (task,) = player.start(channel="mail").opened
    assert (task.element_id, task.definition_key) == ("t", "mail")


def test_a_name_beside_an_expression_is_refused() -> None:
    called = ext('<zeebe:calledElement processId="mail" processIdExpression="channel"/>')
    found = check(straight(f'<callActivity id="t" name="T">{called}</callActivity>'))
    assert "CRM-192" in {f.code for f in found}  # refused: one of them would be passed over
