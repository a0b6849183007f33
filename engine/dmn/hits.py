"""Hit policies: from the outputs of the rules that matched to the result of the table (DMN 1.5, 8.2.8 and 8.2.9)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from engine import feel

Outputs = Sequence[Any]  # one value per matched rule, in rule order


class Clash(Exception):
    """The matched rules contradict the hit policy; the result is null. Texts in English and Chinese."""

    def __init__(self, text: str, zh: str) -> None:
        super().__init__(text)
        self.text = text
        self.zh = zh


def unique(outputs: Outputs) -> Any:
    if len(outputs) > 1:
        raise Clash(
            f"{len(outputs)} rules match, the hit policy UNIQUE allows one",
            f"有 {len(outputs)} 条规则匹配，而命中策略 UNIQUE 只允许一条",
        )
    return outputs[0]


def any_one(outputs: Outputs) -> Any:
    first = outputs[0]
    if any(one != first for one in outputs[1:]):
        raise Clash(
            "rules with different results match, the hit policy ANY allows equal ones only",
            "匹配的规则给出了不同的结果，而命中策略 ANY 只允许相同的结果",
        )
    return first


def first(outputs: Outputs) -> Any:
    return outputs[0]


def every(outputs: Outputs) -> Any:
    return list(outputs)


def count(outputs: Outputs) -> Any:
    return Decimal(len(outputs))


def _aggregate(name: str) -> Callable[[Outputs], Any]:
    program = feel.compile(f"{name}(values)")

    def aggregate(outputs: Outputs) -> Any:
        return program.evaluate({"values": [one for one in outputs if one is not None]})

    return aggregate


def by_priority(ranks: Sequence[Sequence[Any] | None], outputs: Sequence[Sequence[Any]]) -> list[int]:
    """Positions of the matched rules, best first: rank of each output in its list of allowed values, left to right."""

    def rank(position: int) -> tuple[int, ...]:
        return tuple(
            order.index(value) if value in order else len(order)
            for order, value in zip(ranks, outputs[position], strict=True)
            if order
        )

    return sorted(range(len(outputs)), key=rank)


def policy(hit: str, aggregation: str | None) -> Callable[[Outputs], Any]:
    """The function that makes the result from the outputs; for P and O they come sorted."""
    if hit == "C" and aggregation:
        if aggregation == "COUNT":
            return count
        return _aggregate(aggregation.lower())
    return {"U": unique, "A": any_one, "P": first, "F": first}.get(hit, every)


def nothing(hit: str, aggregation: str | None) -> Any:
    """The result when no rule matches and there is no default."""
    if aggregation == "COUNT":
        return Decimal(0)
    return [] if hit in ("R", "O", "C") and not aggregation else None
