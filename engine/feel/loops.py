"""Closures of what binds names: for, some, every, filters, functions (DMN 1.5, 10.3.2.10, 10.3.2.14)."""

from __future__ import annotations

import datetime as py
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from engine.feel import tree as t
from engine.feel.calls import Machine
from engine.feel.closures import Code, Env, build, register
from engine.feel.compare import greater, less
from engine.feel.dates import FarDate, date_of, days_of
from engine.feel.faults import Unfit
from engine.feel.ops import MISSING, pick
from engine.feel.values import Entries, Function, Range, kind_of


def span(low: Any, high: Any, run: Machine) -> Iterable[Any]:
    """``low..high`` of whole numbers or dates, up or down."""
    if type(low) is Decimal and type(high) is Decimal:
        if max(low.adjusted(), high.adjusted()) > 15 or low != int(low) or high != int(high):
            raise Unfit("the ends must be whole numbers")
        return _counted(int(low), int(high), Decimal, run)
    if isinstance(low, py.date | FarDate) and isinstance(high, py.date | FarDate):
        return _counted(days_of(low), days_of(high), date_of, run)
    raise Unfit(f"cannot count from {kind_of(low)} to {kind_of(high)}")


def _counted(low: int, high: int, make: Any, run: Machine) -> Iterable[Any]:
    """Small spans at once; a span beyond the steps is refused before its first value."""
    size = abs(high - low) + 1
    if size <= 64 or size > run.limits.steps:
        run.step(size)
        return [make(number) for number in range(low, high + (1 if low <= high else -1), 1 if low <= high else -1)]
    return _slowly(low, high, make, run)


def _slowly(low: int, high: int, make: Any, run: Machine) -> Iterator[Any]:
    for number in range(low, high + 1) if low <= high else range(low, high - 1, -1):
        run.step()
        yield make(number)


def domain(value: Any, run: Machine) -> Iterable[Any]:
    """What an iterator goes through: a list, a range of whole numbers or dates, or a single value."""
    if type(value) is list:
        return value
    if type(value) is Range:
        if value.low is None or value.high is None or greater(value.low, value.high):
            raise Unfit("the range has no first or no last value")
        inside = span(value.low, value.high, run)
        return (
            item
            for item in inside
            if (value.low_in or less(value.low, item)) and (value.high_in or less(item, value.high))
        )
    if value is None:
        raise Unfit("null cannot be gone through")
    return [value]


class _Loop:
    """The nested iterators of one ``for``, ``some`` or ``every``."""

    __slots__ = ("domains",)

    def __init__(self, iterators: tuple[tuple[str, t.Node], ...]) -> None:
        self.domains: list[tuple[str, Code, Code | None, int]] = []
        for name, node in iterators:
            if isinstance(node, t.Span):
                self.domains.append((name, build(node.low), build(node.high), node.pos))
            else:
                self.domains.append((name, build(node), None, node.pos))

    def envs(self, env: Env, extra: dict[str, Any], level: int = 0) -> Iterator[Env]:
        """One scope for each combination; the later iterators turn faster and see the earlier ones."""
        name, low, high, pos = self.domains[level]
        last = level + 1 == len(self.domains)
        try:
            values = domain(low(env), env.run) if high is None else span(low(env), high(env), env.run)
        except Unfit as error:
            env.run.note(pos, error.reason)
            raise
        for value in values:
            env.run.step()
            inner = Env({**extra, name: value}, env, env.run)
            if last:
                yield inner
            else:
                yield from self.envs(inner, {}, level + 1)


def _for(node: t.For) -> Code:
    loop, body = _Loop(node.iterators), build(node.body)

    def run(env: Env) -> Any:
        out: list[Any] = []
        around = Env({"partial": out}, env, env.run)
        try:
            for inner in loop.envs(around, {}):
                out.append(body(inner))
        except Unfit:
            return None
        return out

    return run


def _quantified(node: t.Quantified) -> Code:
    loop, body = _Loop(node.iterators), build(node.body)
    decisive = node.kind == "some"
    pos = node.body.pos

    def run(env: Env) -> Any:
        out: bool | None = not decisive
        try:
            for inner in loop.envs(env, {}):
                value = body(inner)
                if value is decisive:
                    return decisive
                if type(value) is not bool:
                    env.run.note(pos, f"'satisfies' needs true or false, not {kind_of(value)}")
                    out = None
        except Unfit:
            return None
        return out

    return run


def item_env(item: Any, env: Env) -> Env:
    """The scope inside a filter: ``item``, and the entries of an item that is a context."""
    inner = Env({"item": item}, env, env.run)
    return Env(item, inner, env.run, type(item) is not Entries) if isinstance(item, Mapping) else inner


def _filter(node: t.Filter) -> Code:
    source, condition, pos = build(node.source), build(node.condition), node.pos
    index = node.condition.value if isinstance(node.condition, t.Literal) else None

    def run(env: Env) -> Any:
        value = source(env)
        if value is None:
            env.run.note(pos, "null cannot be filtered")
            return None
        if type(value) is Range:
            env.run.note(pos, "a range cannot be filtered")
            return None
        items = value if type(value) is list else [value]
        if type(index) is Decimal:
            return _at(items, index, env, pos)
        out = []
        for number, item in enumerate(items or [None]):
            env.run.step()
            keep = condition(item_env(item, env))
            if keep is True:
                out.append(item)
            elif number == 0 and type(keep) is Decimal:
                return _at(items, keep, env, pos)
            elif type(keep) is not bool:
                env.run.note(pos, f"a filter needs true, false or a position, not {kind_of(keep)}")
        return out if items else []

    return run


def _at(items: list[Any], index: Decimal, env: Env, pos: int) -> Any:
    found = pick(items, index)
    if found is MISSING:
        env.run.note(pos, f"there is no position {index} in a list of {len(items)}")
        return None
    return found


def _lambda(node: t.Lambda) -> Code:
    body = build(node.body)
    names = tuple(name for name, _ in node.params)
    types = tuple(kind for _, kind in node.params)

    def run(env: Env) -> Any:
        def call(machine: Machine, *args: Any) -> Any:
            return body(Env(dict(zip(names, args, strict=True)), env, machine))

        made = Function(names, call, types=types if any(types) else (), aware=True)
        made.source = (node.params, node.body, env)
        return made

    return run


register(t.For, _for)
register(t.Quantified, _quantified)
register(t.Filter, _filter)
register(t.Lambda, _lambda)
