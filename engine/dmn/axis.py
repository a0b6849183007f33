"""One input of a table cut into atoms: parts of its values within which no cell changes its mind.

Atoms come from the constants in the cells; a cell is the set of atoms (a bit mask) on whose sample it is true. That is
exact for cells made of constants, comparisons, ranges, lists and ``not``; any other cell is opaque.
"""

from __future__ import annotations

import datetime as py
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from functools import cmp_to_key
from typing import Any

from engine import feel
from engine.feel import tree as t
from engine.feel.calls import Machine
from engine.feel.closures import Env, build
from engine.feel.values import kind_of

_PLAIN = (t.UnaryTests, t.Test, t.Interval, t.Literal, t.At, t.Neg, t.ListOf, t.Compare, t.Logic, t.Between, t.In)
_CONSTRUCTORS = frozenset({"date", "time", "date and time", "duration", "not"})
_ORDER = feel.compile("if a < b then -1 else if a > b then 1 else if a = b then 0 else null")
_MIDDLE = feel.compile("a + (b - a) / 2")
_LESS = ("<", ">")
_MOST = 4000


@dataclass(frozen=True, slots=True)
class Atom:
    """``low``/``high`` are the ends (None: endless), both the value itself for a point; ``rest``: all other texts."""

    sample: Any
    low: Any = None
    high: Any = None
    point: bool = False
    rest: bool = False


class Opaque(Exception):
    """The column's cells are of kinds that cannot be compared."""


class Axis:
    """The atoms of one input."""

    def __init__(self, label: str, atoms: Sequence[Atom]) -> None:
        self.label = label
        self.atoms = tuple(atoms)
        self.full = (1 << len(self.atoms)) - 1

    def sample(self, mask: int) -> Any:
        """A value in the set; points first, since people think in them."""
        chosen = [atom for n, atom in enumerate(self.atoms) if mask >> n & 1]
        return chosen[0].sample if chosen else None

    def text(self, mask: int) -> str:
        """The set as FEEL's unary tests would write it; '-' for all."""
        if mask == self.full:
            return "-"
        if any(atom.rest for n, atom in enumerate(self.atoms) if mask >> n & 1):
            others = [_show(a.sample) for n, a in enumerate(self.atoms) if not mask >> n & 1]
            return f"not({', '.join(others)})"
        return ", ".join(self._runs(mask))

    def _runs(self, mask: int) -> Iterable[str]:
        start = None
        for n in range(len(self.atoms) + 1):
            inside = n < len(self.atoms) and mask >> n & 1
            if inside and start is None:
                start = n
            joined = inside and n > 0 and self._touch(n - 1, n)
            if start is not None and (not inside or (n > start and not joined)):
                yield self._run(start, n - 1)
                start = n if inside else None

    def _touch(self, left: int, right: int) -> bool:
        """Are two atoms neighbours on an ordered axis?"""
        a, b = self.atoms[left], self.atoms[right]
        return a.high is not None and b.low is not None and bool(a.high == b.low)

    def _run(self, first: int, last: int) -> str:
        a, b = self.atoms[first], self.atoms[last]
        if a.point and b.point and first == last:
            return _show(a.sample)
        if a.low is None:
            return f"{'<=' if b.point else '<'} {_show(b.high)}" if b.high is not None else "-"
        if b.high is None:
            return f"{'>=' if a.point else '>'} {_show(a.low)}"
        return f"{'[' if a.point else '('}{_show(a.low)}..{_show(b.high)}{']' if b.point else ')'}"


def _show(value: Any) -> str:
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return str(feel.to_json(value))
    return f'@"{feel.to_json(value)}"'


def is_plain(program: Any) -> bool:
    """Is the cell made of constants only?"""
    for node in t.walk(program.tree):
        if isinstance(node, t.Call):
            if not (isinstance(node.function, t.Name) and node.function.name in _CONSTRUCTORS):
                return False
        elif isinstance(node, t.Name):  # a constructor, or the value itself
            if node.name not in _CONSTRUCTORS and node.name != "?":
                return False
        elif not isinstance(node, _PLAIN):
            return False
    return True


def constants(programs: Iterable[Any]) -> tuple[list[Any], bool]:
    """(constants in the cells, is any of them used for its order?)."""
    found: list[Any] = []
    ordered = False
    for program in programs:
        stack: list[t.Node] = [program.tree]
        while stack:
            node = stack.pop()
            if isinstance(node, (t.Literal, t.At, t.Neg)) or (
                isinstance(node, t.Call) and isinstance(node.function, t.Name) and node.function.name != "not"
            ):
                value = feel.adopt(_constant(node))
                if value is not None:
                    found.append(value)
                continue
            ordered = ordered or isinstance(node, (t.Interval, t.Between)) or getattr(node, "op", "")[:1] in _LESS
            stack.extend(node.children())
    return found, ordered


def _constant(node: t.Node) -> Any:
    return build(node)(Env({}, None, Machine()))


def make(label: str, kind: str | None, programs: Sequence[Any], whole: bool = False) -> Axis:
    """The axis of a column. ``kind`` is the type if known, ``whole`` that its numbers are integers. Raises Opaque."""
    values, ordered = constants(programs)
    kinds = {kind_of(value) for value in values}
    if len(kinds) > 1:
        raise Opaque
    kind = kinds.pop() if kinds else kind
    if kind == "boolean":
        return Axis(label, [Atom(True, point=True), Atom(False, point=True)])
    distinct = _sorted(values)
    if len(distinct) > _MOST:
        raise Opaque
    if kind == "string" and not ordered:
        return Axis(label, [Atom(v, point=True) for v in distinct] + [Atom(_other(distinct), rest=True)])
    if kind == "string":
        return Axis(label, list(_texts(distinct)))
    if not distinct:
        raise Opaque
    return Axis(label, list(_line(distinct, whole)))


def _sorted(values: Sequence[Any]) -> list[Any]:
    def order(a: Any, b: Any) -> int:
        found = _ORDER.evaluate({"a": a, "b": b})
        if found is None:
            raise Opaque
        return int(found)

    if values and kind_of(values[0]) == "boolean":
        return []
    out: list[Any] = []
    for value in sorted(values, key=cmp_to_key(order)):
        if not out or order(out[-1], value) != 0:
            out.append(value)
    return out


def _other(values: Sequence[Any]) -> str:
    name = "other"
    while name in values:
        name += "…"
    return name


def _texts(values: Sequence[str]) -> Iterable[Atom]:
    if values[0]:
        yield Atom("", None, values[0])
    for number, value in enumerate(values):
        yield Atom(value, value, value, point=True)
        after = values[number + 1] if number + 1 < len(values) else None
        if after is None:
            yield Atom(value + "z", value, None)
        elif after != value + "\0":
            sample = value + "a" if value + "a" < after else value + "\0"
            yield Atom(sample, value, after)


def _line(values: Sequence[Any], whole: bool) -> Iterable[Atom]:
    """Points and the open stretches between them that hold a value."""
    before = _beyond(values[0], -1)
    if before is not None:
        yield Atom(before, None, values[0])
    for number, value in enumerate(values):
        yield Atom(value, value, value, point=True)
        after = values[number + 1] if number + 1 < len(values) else None
        sample = _beyond(value, 1) if after is None else _between(value, after, whole)
        if sample is not None:
            yield Atom(sample, value, after)


def _beyond(value: Any, sign: int) -> Any:
    """A value beyond the last one; None when there is none."""
    if isinstance(value, Decimal):
        return value + sign
    step = {"years and months duration": "P1Y", "time": "PT1M"}.get(kind_of(value), "P1D")
    text = f'v {"+" if sign > 0 else "-"} duration("{step}")'
    found = feel.evaluate(text, {"v": value})
    wanted = _ORDER.evaluate({"a": found, "b": value})
    return found if wanted is not None and int(wanted) == sign else None


def _between(low: Any, high: Any, whole: bool) -> Any:
    """A value strictly between, as round as can be; None when there is none."""
    if isinstance(low, Decimal):
        near = low.to_integral_value(ROUND_FLOOR) + 1
        if near < high:
            return near
        return None if whole else (low + high) / 2
    if isinstance(low, py.date) and isinstance(high, py.date):
        found: Any = low + py.timedelta(days=1)
        return found if found < high else None
    found = _MIDDLE.evaluate({"a": low, "b": high})
    inside = feel.evaluate("a < m and m < b", {"a": low, "m": found, "b": high})
    return found if inside is True else None
