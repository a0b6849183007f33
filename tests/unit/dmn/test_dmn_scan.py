"""Tables of 2,000 rules: what the index answers is what reading every rule from top to bottom answers. (C7)

The reference knows nothing of the index: it tries each cell and follows DMN 1.5, 8.2.8, in the plainest way.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import pytest
from dmn_texts import decision, definitions, table

from engine import feel
from engine.dmn import Model

RULES = 2000
POLICIES = [(name, "") for name in ("FIRST", "UNIQUE", "ANY", "RULE ORDER", "OUTPUT ORDER", "PRIORITY", "COLLECT")]
POLICIES += [("COLLECT", name) for name in ("COUNT", "SUM", "MIN", "MAX")]
RANKED = "30,10,20,0"
INPUTS = ["x", "s", "flag"]


def cells(chance: random.Random) -> tuple[str, str, str, str]:
    """A rule: a number, a text, a truth value; some cells computed, many without a word."""
    low = chance.randrange(0, 1000)
    numbers = (
        str(low), f"[{low}..{low + 3}]", f"({low}..{low + 40})", f"< {low // 50}", f"> {1000 - low // 50}", "-",
        f"not([{low}..1000], < {low - 5})", f"{low},{low + 7}", f"? > {low} and ? < limit", "null",
    )  # fmt: skip
    name = chance.randrange(0, 60)
    texts = (f'"s{name}"', f'"s{name}","s{name + 1}"', f'not("s{name}")', "-", f'ends with(?, "{name}")')
    truth = chance.choices(("-", "true", "false", "not(true)"), (6, 2, 2, 1))[0]
    number = chance.choices(numbers, (6, 6, 12, 0.3, 0.3, 0.1, 0.3, 3, 0.2, 0.1))[0]
    return number, chance.choices(texts, (8, 4, 0.05, 0.1, 0.3))[0], truth, chance.choice(("10", "20", "30", "0"))


def matched(rules: Sequence[Sequence[str]], given: dict[str, Any]) -> list[int]:
    """Numbers of the rules that apply, each cell of each rule tried."""
    return [
        number
        for number, rule in enumerate(rules)
        if all(
            text == "-" or feel.compile(text, "unary-tests").test(given[name], given) is True
            for text, name in zip(rule, INPUTS, strict=False)
        )
    ]


def wanted(policy: str, aggregation: str, outputs: list[int]) -> Any:
    """What the hit policy makes of the outputs of the rules that apply, in their order."""
    order = [int(text) for text in RANKED.split(",")]
    ranked = sorted(outputs, key=order.index)
    if policy == "COLLECT" and aggregation:
        if aggregation == "COUNT":
            return len(outputs)
        fold: Callable[[list[int]], int] = {"SUM": sum, "MIN": min, "MAX": max}[aggregation]
        return fold(outputs) if outputs else None
    if policy in ("RULE ORDER", "COLLECT", "OUTPUT ORDER"):
        return ranked if policy == "OUTPUT ORDER" else outputs
    if not outputs or (policy == "UNIQUE" and len(outputs) > 1) or (policy == "ANY" and len(set(outputs)) > 1):
        return None
    return ranked[0] if policy == "PRIORITY" else outputs[0]


@pytest.mark.parametrize("seed", [1])
def test_every_hit_policy_agrees_with_reading_every_rule(seed: int, many: Callable[[int, int], int]) -> None:
    chance = random.Random(seed)
    rules = [cells(chance) for _ in range(RULES)]
    asked = [
        {"x": chance.choice((*range(0, 1010, 7), None)), "s": f"s{chance.randrange(0, 62)}", "limit": 700}
        | {"flag": chance.choice((True, False, None))}
        for _ in range(many(12, 300))
    ]
    asked += [{"x": 5000, "s": "none", "flag": None, "limit": 0}, {"x": "text", "s": 1, "flag": "no", "limit": 9}]
    hits = [matched(rules, {k: feel.from_json(v) for k, v in given.items()}) for given in asked]
    assert {min(len(found), 2) for found in hits} == {0, 1, 2}  # none, one and several are all met
    for policy, aggregation in POLICIES[:: many(4, 1)]:
        made = table(INPUTS, ["y"], rules, hit=policy, aggregation=aggregation, allowed=[RANKED])
        model = Model.load(definitions(decision("d", made)))
        for given, found in zip(asked, hits, strict=True):
            outputs = [int(rules[number][3]) for number in found]
            got = model.decide("d", given).value
            got = [int(one) for one in got] if isinstance(got, list) else got
            assert got == wanted(policy, aggregation, outputs), (policy, aggregation, given, found[:5])
            assert got is None or isinstance(got, list | Decimal)
