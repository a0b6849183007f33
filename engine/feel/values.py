"""Values of FEEL that Python lacks (ranges, functions), kinds of values, and the way in for Python's own."""

from __future__ import annotations

import datetime as py
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from enum import Enum
from typing import Any

from engine.feel.dates import FarDate
from engine.feel.decimals import from_float, from_int
from engine.feel.durations import Days, Months, from_timedelta
from engine.feel.faults import too_large
from engine.feel.kinds import Type
from engine.feel.times import DateTime, Time, from_datetime


class Range:
    """All values between two ends; an end that is None is open to infinity (``(< 5)``)."""

    __slots__ = ("high", "high_in", "low", "low_in")

    def __init__(self, low: Any, high: Any, low_in: bool, high_in: bool) -> None:
        self.low = low
        self.high = high
        self.low_in = low_in
        self.high_in = high_in

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Range) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash((self.low_in, self.high_in, str(self.low), str(self.high)))

    def __repr__(self) -> str:
        return f"Range({self.low!r}, {self.high!r}, {self.low_in}, {self.high_in})"

    def _key(self) -> tuple[Any, ...]:
        return self.low, self.high, self.low_in, self.high_in


class Function:
    """A function as a value: a built-in, ``function(…)`` of a text, or one made by the host.

    ``call`` takes the arguments by position, already as many as ``params``; ``types`` (where given) says what each
    must be: others are converted (DMN 1.5, 10.3.2.9.4) or make the result null. A built-in has ``params`` None: it
    checks its arguments itself.
    """

    __slots__ = ("aware", "call", "name", "params", "result", "source", "types")

    def __init__(
        self,
        params: Sequence[str] | None,
        call: Callable[..., Any],
        name: str = "",
        types: Sequence[Type | None] = (),
        result: Type | None = None,
        aware: bool = False,
    ) -> None:
        self.aware = aware  # ``call`` takes the evaluation's Run first
        self.params = None if params is None else tuple(params)
        self.call = call
        self.source: Any = None  # of ``function(…)``: parameters, body and scope; two with the same are equal
        self.name = name
        self.types = tuple(types)
        self.result = result

    def __repr__(self) -> str:
        return f"Function({self.name or 'anonymous'}({', '.join(self.params or ('…',))}))"


class Entries(dict[str, Any]):
    """A context made by FEEL: its values are FEEL's own already."""

    __slots__ = ()


MAX_TAKEN = 1_000_000  # elements of lists taken in at once

NATIVE = frozenset(
    (type(None), bool, Decimal, str, py.date, FarDate, Time, DateTime, Months, Days, dict, Entries, Range, Function)
)


def adopt(value: Any) -> Any:
    """Any value a host puts into a scope as a FEEL value; a context's values are adopted when they are read."""
    kind = type(value)
    if kind in NATIVE:
        return value
    if kind is int:
        return from_int(value)
    if kind is float:
        return from_float(value)
    if kind is list:
        return _list(value, [MAX_TAKEN])
    return _foreign(value)


def _list(value: list[Any], room: list[int]) -> list[Any]:
    """The same list where nothing in it has to change."""
    room[0] -= len(value) + 1
    if room[0] < 0:
        raise too_large("a list")
    out: list[Any] | None = None
    for at, item in enumerate(value):
        kind = type(item)
        if kind in NATIVE:
            continue
        new = _list(item, room) if kind is list else adopt(item)
        if new is not item:
            out = value[:] if out is None else out
            out[at] = new
    return value if out is None else out


def _foreign(value: Any) -> Any:
    """The rarer ones; what FEEL has no kind for is null."""
    if isinstance(value, Mapping):
        return value
    if isinstance(value, py.datetime):
        return from_datetime(value)
    if isinstance(value, py.timedelta):
        return from_timedelta(value)
    if isinstance(value, py.time):
        shift = value.utcoffset()
        nanos = ((value.hour * 60 + value.minute) * 60 + value.second) * 1_000_000_000 + value.microsecond * 1000
        return Time(nanos, None if shift is None else int(shift.total_seconds()))
    if isinstance(value, list | tuple | set | frozenset):
        return [adopt(part) for part in value]
    if isinstance(value, Enum) and not isinstance(value.value, Enum):
        return adopt(value.value)
    if isinstance(value, str):
        return str(value)
    if isinstance(value, int):
        return from_int(int(value))
    if isinstance(value, float):
        return from_float(float(value))
    if isinstance(value, Decimal):
        return Decimal(value)
    if isinstance(value, py.date):
        return py.date(value.year, value.month, value.day)
    return None


_NAMES: dict[type, str] = {
    type(None): "null",
    bool: "boolean",
    Decimal: "number",
    str: "string",
    py.date: "date",
    FarDate: "date",
    Time: "time",
    DateTime: "date and time",
    Months: "years and months duration",
    Days: "days and time duration",
    list: "list",
    dict: "context",
    Entries: "context",
    Range: "range",
    Function: "function",
}


def kind_of(value: Any) -> str:
    """The name of a value's kind, as people know it."""
    return _NAMES.get(type(value)) or ("context" if isinstance(value, Mapping) else "null")
