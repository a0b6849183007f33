"""Finds the rules of a table that match without trying every cell: one look-up per column.

A set of rules is an int with one bit per rule. Cells made of constants become, per column, a dictionary (texts, truth
values) or a sorted line of stretches (numbers, dates), each with its set of rules; the sets of the columns are
intersected. Cells that are computed are tried once per distinct text, and only while a rule with them is still in.
"""

from __future__ import annotations

import datetime as py
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from engine import feel
from engine.feel import tree as t
from engine.feel.calls import Machine
from engine.feel.closures import Env, build

LINE = (Decimal, py.date)
NAMED = (str, bool)

Stretch = tuple[Any, bool, Any, bool]  # low, low included, high, high included; None is endless


class Unfit(Exception):
    """The cell is not made of constants of one kind."""


class Index:
    """All columns of one table. ``programs`` holds, per rule and column, the compiled cell or None for '-'."""

    def __init__(self, programs: Sequence[Sequence[Any]], columns: int) -> None:
        self.all = (1 << len(programs)) - 1
        made = [Column([row[n] if n < len(row) else None for row in programs], self.all) for n in range(columns)]
        # Columns that say nothing are not looked at; the cheap ones come first.
        wanted = [(n, column) for n, column in enumerate(made) if not column.empty]
        self.columns = sorted(wanted, key=lambda pair: len(pair[1].computed))

    def match(self, values: Sequence[Any], scope: Any) -> int:
        """The set of rules that match."""
        found = self.all
        for number, column in self.columns:
            found &= column.rules(values[number], scope, found)
            if not found:
                break
        return found


class Column:
    """One column: ``kind`` is the Python type that is looked up, None if no cell can be."""

    __slots__ = ("computed", "empty", "ends", "fixed", "kind", "named", "open", "rest", "sets")

    def __init__(self, cells: Sequence[Any], everyone: int) -> None:
        rows: dict[int, tuple[Any, int]] = {}
        self.open = 0  # rules whose cell here says nothing
        for number, program in enumerate(cells):
            if program is None:
                self.open |= 1 << number
            else:
                before = rows.get(id(program), (program, 0))[1]
                rows[id(program)] = (program, before | 1 << number)
        self.empty = self.open == everyone
        read = [(program, bits, _read(program)) for program, bits in rows.values()]
        kinds = [kind for _, _, (kind, *_) in read if kind is not None]
        self.kind = max(set(kinds), key=kinds.count) if kinds else None
        self.computed = [(p.test, bits) for p, bits, (kind, *_) in read if kind is not self.kind or kind is None]
        self.fixed = [(p.test, bits) for p, bits, (kind, *_) in read if kind is self.kind and kind is not None]
        looked = [(bits, parts, negated) for _, bits, (kind, parts, negated) in read if kind is self.kind]
        self.ends: list[Any] = []
        self.sets: list[int] = []
        self.named: dict[Any, int] = {}
        self.rest = self.open
        if self.kind in NAMED:
            self._names(looked)
        elif self.kind in LINE:
            self._line(looked)

    def _names(self, looked: Sequence[tuple[int, Any, bool]]) -> None:
        flips: dict[Any, int] = {}
        for bits, parts, negated in looked:
            self.rest ^= bits if negated else 0
            for name in {low for low, *_ in parts}:
                flips[name] = flips.get(name, 0) ^ bits
        self.named = {name: self.rest ^ bits for name, bits in flips.items()}

    def _line(self, looked: Sequence[tuple[int, Any, bool]]) -> None:
        """Sets at the ends (odd places) and between them (even places), by walking along the line once."""
        self.ends = sorted({end for _, parts, _ in looked for low, _, high, _ in parts for end in (low, high)} - {None})
        place = {end: 2 * n + 1 for n, end in enumerate(self.ends)}
        flips = [0] * (2 * len(self.ends) + 2)
        for bits, parts, negated in looked:
            if negated:
                flips[0] ^= bits
            for first, last in _joined(parts, place, 2 * len(self.ends)):
                flips[first] ^= bits
                flips[last + 1] ^= bits
        here = self.open
        for flip in flips[:-1]:
            here ^= flip
            self.sets.append(here)

    def rules(self, value: Any, scope: Any, wanted: int) -> int:
        """The rules whose cell here is true of the value; of computed cells only those still wanted."""
        if type(value) is self.kind:
            if self.ends:
                at = bisect_left(self.ends, value)
                on = at < len(self.ends) and self.ends[at] == value
                found = self.sets[2 * at + 1 if on else 2 * at]
            else:
                found = self.named.get(value, self.rest)
        else:
            found = self.open
            for test, bits in self.fixed:
                if bits & wanted and test(value, scope) is True:
                    found |= bits
        for test, bits in self.computed:
            if bits & wanted and test(value, scope) is True:
                found |= bits
        return found


def _joined(parts: Sequence[Stretch], place: dict[Any, int], last: int) -> Iterator[tuple[int, int]]:
    """The stretches as places on the line, those that overlap or touch joined."""
    spans = []
    for low, low_in, high, high_in in parts:
        first = 0 if low is None else place[low] + (not low_in)
        final = last if high is None else place[high] - (not high_in)
        if first <= final:
            spans.append((first, final))
    spans.sort()
    while spans:
        first, final = spans.pop(0)
        while spans and spans[0][0] <= final + 1:
            final = max(final, spans.pop(0)[1])
        yield first, final


def _read(program: Any) -> tuple[type | None, list[Stretch], bool]:
    """(kind of the constants, stretches, negated) of a cell; kind None when it has to be computed."""
    node = program.tree
    try:
        tests = node.tests if isinstance(node, t.UnaryTests) else (node,)
        parts = [part for test in tests for part in _parts(test)]
    except Unfit:
        return None, [], False
    kinds = {type(end) for low, _, high, _ in parts for end in (low, high) if end is not None}
    if len(kinds) != 1 or (kind := kinds.pop()) not in LINE + NAMED:
        return None, [], False
    if kind in NAMED and any(low is None or low != high for low, _, high, _ in parts):
        return None, [], False  # texts by order
    return kind, parts, bool(getattr(node, "negated", False))


def _parts(node: t.Node) -> Iterator[Stretch]:
    if isinstance(node, t.Interval):
        yield _constant(node.low), node.low_in, _constant(node.high), node.high_in
    elif isinstance(node, t.ListOf):
        for item in node.items:
            yield from _parts(item)
    elif isinstance(node, t.Test):
        end = _constant(node.operand)
        if node.op == "=":
            yield end, True, end, True
        elif node.op in ("<", "<="):
            yield None, False, end, node.op == "<="
        elif node.op in (">", ">="):
            yield end, node.op == ">=", None, False
        else:
            raise Unfit
    else:
        value = _constant(node)
        yield value, True, value, True


def _constant(node: t.Node) -> Any:
    plain = isinstance(node, (t.Literal, t.At)) or (isinstance(node, t.Neg) and isinstance(node.operand, t.Literal))
    if not plain and not _is_date(node):
        raise Unfit
    value = feel.adopt(build(node)(Env({}, None, Machine())))
    if value is None:
        raise Unfit
    return value


def _is_date(node: t.Node) -> bool:
    """``date("2026-03-01")``."""
    return (
        isinstance(node, t.Call)
        and isinstance(node.function, t.Name)
        and node.function.name == "date"
        and len(node.args) == 1
        and isinstance(node.args[0], t.Literal)
    )
