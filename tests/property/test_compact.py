"""Compaction changes nothing but size: random processes, played with and without it, and restored each step."""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from bpmn_play import Player, boundary, flows, message, process, script, tag, timer, user

from engine.domain.states import InstanceState

MESSAGE = '<messageEventDefinition messageRef="m"/>'


class Grower:
    """Draws a random block-structured process."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.count = 0
        self.parts: list[str] = []
        self.calls: list[str] = []

    def id(self, kind: str) -> str:
        self.count += 1
        return f"{kind}{self.count}"

    def block(self, deep: int) -> tuple[str, str]:
        """(first, last) of a block put into ``self.parts``."""
        kinds: list[Callable[[int], tuple[str, str]]] = [self.task, self.task, self.script]
        if deep > 0:
            kinds += [self.sequence, self.parallel, self.inclusive, self.exclusive, self.loop, self.sub, self.multi]
        return self.random.choice(kinds)(deep)

    def task(self, deep: int) -> tuple[str, str]:
        id = self.id("u")
        self.parts.append(user(id))
        roll = self.random.random()
        if roll < 0.4:
            stops = self.random.random() < 0.5
            inside = timer("R2/PT1H", "timeCycle") if roll < 0.1 else timer("PT1H") if roll < 0.25 else MESSAGE
            event, after = self.id("b"), self.id("u")
            self.parts += [boundary(event, id, inside, stops=stops), user(after), flows(f"{event} > {after}")]
            if stops:
                merge = self.id("x")
                self.parts += [tag("exclusiveGateway", merge), flows(f"{id} > {merge}", f"{after} > {merge}")]
                return id, merge
        return id, id

    def script(self, deep: int) -> tuple[str, str]:
        id = self.id("t")
        self.parts.append(script(id, f"v{self.random.randrange(3)}", f"(if v0 = null then 0 else v0) + {self.count}"))
        return id, id

    def sequence(self, deep: int) -> tuple[str, str]:
        blocks = [self.block(deep - 1) for _ in range(self.random.randint(2, 3))]
        for (_, last), (first, _) in pairwise(blocks):
            self.parts.append(flows(f"{last} > {first}"))
        return blocks[0][0], blocks[-1][1]

    def _gates(self, kind: str, deep: int, condition: Callable[[int], str]) -> tuple[str, str]:
        split, join = self.id("g"), self.id("g")
        default = self.id("f")
        given = {"default": default} if kind != "parallelGateway" else {}
        self.parts += [tag(kind, split, **given), tag(kind, join)]
        for n in range(self.random.randint(2, 3)):
            first, last = self.block(deep - 1)
            text = condition(n)
            line = f"{split} > {first}" + (f" | {text}" if text else "")
            self.parts += [
                flows(f"{default}: {split} > {first}" if n == 0 and given else line),
                flows(f"{last} > {join}"),
            ]
        return split, join

    def parallel(self, deep: int) -> tuple[str, str]:
        return self._gates("parallelGateway", deep, lambda n: "")

    def inclusive(self, deep: int) -> tuple[str, str]:
        return self._gates("inclusiveGateway", deep, lambda n: f"modulo(n, {n + 1}) = 0")

    def exclusive(self, deep: int) -> tuple[str, str]:
        return self._gates("exclusiveGateway", deep, lambda n: f"modulo(n, 3) = {n}")

    def loop(self, deep: int) -> tuple[str, str]:
        merge, again = self.id("x"), self.id("x")
        first, last = self.block(deep - 1)
        done, back = self.id("f"), self.id("u")
        self.parts += [tag("exclusiveGateway", merge), tag("exclusiveGateway", again, default=done), user(back)]
        out = self.id("t")
        self.parts += [script(out, "looped", "true")]
        self.parts.append(
            flows(
                f"{merge} > {first}", f"{last} > {again}", f"{again} > {back} | modulo(n, 2) = 0", f"{back} > {merge}"
            )
            + flows(f"{done}: {again} > {out}")
        )
        return merge, out

    def sub(self, deep: int) -> tuple[str, str]:
        id, kept = self.id("s"), self.parts
        self.parts = []
        begin = self.id("n")
        first, _ = self.block(deep - 1)
        inner = tag("startEvent", begin) + "".join(self.parts) + flows(f"{begin} > {first}")
        self.parts = kept
        self.parts.append(tag("subProcess", id, inner))
        return id, id

    def multi(self, deep: int) -> tuple[str, str]:
        id = self.id("u")
        way = self.random.choice(["true", "false"])
        loop = (
            f'<multiInstanceLoopCharacteristics isSequential="{way}"><extensionElements><zeebe:loopCharacteristics'
            ' inputCollection="=[1,2,3]" inputElement="item" outputCollection="got" outputElement="=item + n"/>'
            "</extensionElements></multiInstanceLoopCharacteristics>"
        )
        self.parts.append(tag("userTask", id, loop))
        return id, id

    def draw(self) -> bytes:
        first, last = self.block(3)
        start, end = tag("startEvent", "start"), tag("endEvent", "end")
        return process(start, end, *self.parts, flows(f"start > {first}", f"{last} > end"), defs=message("m", "msg"))


def look(p: Player) -> Any:
    """Everything a host can see of an instance."""
    return (
        p.status,
        [(k, t.element_id, t.scope) for k, t in sorted(p.tasks.items())],
        [(k, t.element_id, t.due_at) for k, t in sorted(p.timers.items())],
        [(k, t.element_id) for k, t in sorted(p.waits.items())],
        [(k, t.element_id, t.code) for k, t in sorted(p.faults.items())],
        dict(p.variables),
        [(h.element_id, h.state, h.key, h.started_at, h.detail) for h in p.steps[-1].history],
        {k: dict(p.run().scope(k)) for k in sorted(p.tasks)} if p.status is InstanceState.ACTIVE else None,
    )


def act(p: Player, dice: random.Random) -> None:
    """One random command, the same for the same dice and the same open things."""
    kinds = [k for k, rows in (("task", p.tasks), ("timer", p.timers), ("wait", p.waits)) if rows]
    weights = {"task": 6, "timer": 1, "wait": 1}
    kind = dice.choices(kinds, [weights[k] for k in kinds])[0]
    n = dice.randrange(6)
    run = p.run()
    if kind == "task":
        run.complete(dice.choice(sorted(p.tasks)), {"n": n, f"v{n % 3}": n})
    elif kind == "timer":
        key = dice.choice(sorted(p.timers))
        p.now = max(p.now, p.timers[key].due_at)
        run = p.run()
        run.fire(key)
    else:
        run.deliver(dice.choice(sorted(p.waits)), {"n": n})
    p._take(run)


def played_alike(xml: bytes, seed: int, steps: int) -> None:
    """compacted + restored ≡ compacted ≡ never compacted: one process, the same commands, equal after every step."""
    players = [
        Player(xml, restore=True),
        Player(xml, restore=False, compact_above=3),
        Player(xml, restore=False, compact_above=0),
        Player(xml, restore=True, compact_above=0),
    ]
    dice = [random.Random(seed) for _ in players]
    for p in players:
        p.start(n=seed % 6)
    for step in range(steps):
        seen = [look(p) for p in players]
        assert all(one == seen[0] for one in seen), f"seed {seed}, step {step}"
        if players[0].status is not InstanceState.ACTIVE or not players[0].tasks:
            break
        for p, own in zip(players, dice, strict=True):
            act(p, own)
    if players[0].status is InstanceState.ACTIVE:
        live = players[0].instance.tokens
        assert all(token.live for token in live.values()), "a compacted instance keeps live tokens only"


@pytest.mark.parametrize("part", range(4))
def test_compaction_and_restoring_change_nothing(part, many):
    rounds = many(40, 1_000)
    for seed in range(part * rounds, (part + 1) * rounds):
        played_alike(Grower(seed).draw(), seed, 30)
