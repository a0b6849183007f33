"""Sleeping changes nothing but cost: random processes with every token that may sleep asleep, and with none."""

from __future__ import annotations

import random

import pytest
from bpmn_play import Player, boundary, flows, process, tag, timer, user
from test_compact import Grower, act, look

from engine.bpmn import codec
from engine.domain.states import InstanceState


@pytest.mark.parametrize("part", range(2))
def test_sleeping_tokens_change_nothing(part, many, monkeypatch):
    """the same tasks, data and history, in the same order, whether tokens sleep or not"""
    rounds = many(40, 2_000)
    slept = 0
    for seed in range(part * rounds, (part + 1) * rounds):
        xml = Grower(seed).draw()
        awake, sleeping = Player(xml, restore=True), Player(xml, restore=True)
        dice = random.Random(seed), random.Random(seed)
        for step in range(30):
            for player, own, limit in ((awake, dice[0], 10**6), (sleeping, dice[1], 0)):
                monkeypatch.setattr(codec, "_MANY", limit)
                if step == 0:
                    player.start(n=seed % 6)
                else:
                    act(player, own)
            slept += codec.asleep_in(sleeping.state or b"")
            assert look(awake) == look(sleeping), f"seed {seed}, step {step}"
            if awake.status is not InstanceState.ACTIVE or not awake.tasks:
                break
    assert slept > rounds, "hardly a token slept: the test shows nothing"


def items(count: int, more: str = "") -> bytes:
    """A user task for each of ``count`` items, with a reminder that does not interrupt, and ``more`` beside it."""
    many = (
        '<multiInstanceLoopCharacteristics><extensionElements><zeebe:loopCharacteristics inputCollection="=items" '
        'inputElement="item" outputCollection="answers" outputElement="=answer"/></extensionElements>'
        "</multiInstanceLoopCharacteristics>"
    )
    task = tag("userTask", "u", many)
    return process(
        tag("startEvent", "s"), task, boundary("b", "u", timer("PT1H"), stops=False), user("late"),
        tag("endEvent", "e"),
        flows("s > u > e", "b > late > e"), more,
    )  # fmt: skip


def test_of_many_items_only_the_one_in_hand_wakes():
    player = Player(items(300), restore=True)
    player.start(items=list(range(300)))
    for key in sorted(player.tasks)[:3]:
        run = player.run()
        run.complete(key, {"answer": key})
        woken = len(dict(dict.items(run.instance.tokens)))
        assert woken < 8, f"{woken} tokens woke for one item"
        player._take(run)
    assert codec.asleep_in(player.state) > 290


def test_sleepers_come_to_their_end_in_any_order():
    player = Player(items(80), restore=True)
    player.start(items=[f"no. {n}" for n in range(80)])
    keys = sorted(player.tasks)
    random.Random(4).shuffle(keys)
    for n, key in enumerate(keys):
        run = player.run()
        given = run.scope(key)["item"]
        run.complete(key, {"answer": f"{given}!"})
        player._take(run)
        assert (player.status is InstanceState.ACTIVE) is (n < 79)
    assert player.variables["answers"] == [f"no. {n}!" for n in range(80)]


def test_cancelling_wakes_and_closes_all():
    player = Player(items(100), restore=True)
    player.start(items=list(range(100)))
    run = player.run()
    run.cancel()
    step = run.finish()
    assert len(step.closed) == 100


def test_a_state_of_an_earlier_kind_without_sleepers_is_read():
    player = Player(items(20), restore=True)
    player.start(items=list(range(20)))
    assert player.state[1] == codec.VERSION
    assert codec.asleep_in(player.state) == 0
