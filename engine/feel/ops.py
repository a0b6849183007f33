"""Arithmetic, paths and filters by value, with FEEL's null semantics (DMN 1.5, 10.3.2.12 to 10.3.2.15)."""

from __future__ import annotations

import datetime as py
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from engine.feel.dates import FarDate, weekday
from engine.feel.decimals import CONTEXT, ONE, SMALL
from engine.feel.durations import DAY, HOUR, MINUTE, SECOND, Days, Months, cut
from engine.feel.faults import Unfit, too_large
from engine.feel.temporal import divided, minus, plus, times
from engine.feel.times import DateTime, Time
from engine.feel.values import Entries, Range, adopt

MAX_STRING = 1_000_000
MISSING: Any = object()


def add(left: Any, right: Any) -> Any:
    """``+``: numbers, strings, temporal values with durations."""
    kind = type(left)
    if kind is Decimal and type(right) is Decimal:
        return CONTEXT.add(left, right)
    if kind is str and type(right) is str:
        if len(left) + len(right) > MAX_STRING:
            raise too_large("a string")
        return left + right
    if kind is bool or type(right) is bool:
        return None
    return plus(left, right)


def subtract(left: Any, right: Any) -> Any:
    """``-``."""
    if type(left) is Decimal and type(right) is Decimal:
        return CONTEXT.subtract(left, right)
    return minus(left, right)


def multiply(left: Any, right: Any) -> Any:
    """``*``."""
    if type(left) is Decimal and type(right) is Decimal:
        return CONTEXT.multiply(left, right)
    return times(left, right)


def divide(left: Any, right: Any) -> Any:
    """``/``; by zero it is null."""
    if type(left) is Decimal and type(right) is Decimal:
        if not right:
            raise Unfit("division by zero")
        return CONTEXT.divide(left, right)
    return divided(left, right)


def power(left: Any, right: Any) -> Any:
    """``**``."""
    if type(left) is Decimal and type(right) is Decimal:
        if not right:
            return ONE
        if not left and right < 0:
            raise Unfit("division by zero")
        return CONTEXT.power(left, right)
    return None


def negate(value: Any) -> Any:
    """Unary ``-``."""
    kind = type(value)
    if kind is Decimal:
        return CONTEXT.minus(value)
    if kind is Days:
        return Days(-value.nanos)
    if kind is Months:
        return Months(-value.months)
    return None


ARITHMETIC = {"+": add, "-": subtract, "*": multiply, "/": divide, "**": power}


def path(source: Any, name: str) -> Any:
    """``source.name``; MISSING if the source has no such entry or property."""
    kind = type(source)
    if kind is Entries:
        return source.get(name, MISSING)
    if kind is dict or isinstance(source, Mapping):
        try:
            return adopt(source[name])
        except KeyError:
            return MISSING
    if kind is list:
        out = []
        for item in source:
            value = path(item, name) if item is not None else None
            out.append(None if value is MISSING else value)
        return out
    getter = _PROPERTIES.get((kind, name))
    return MISSING if getter is None else getter(source)


def _number(value: int) -> Decimal:
    small = SMALL.get(value)
    return Decimal(value) if small is None else small


def _seconds(nanos: int) -> Decimal:
    """Seconds with their fraction."""
    return CONTEXT.divide(Decimal(nanos), Decimal(SECOND)) if nanos % SECOND else _number(nanos // SECOND)


def _offset(value: Time | DateTime) -> Days | None:
    return None if value.offset is None else Days(value.offset * SECOND)


_PROPERTIES: dict[tuple[type, str], Any] = {}
for _kind in (py.date, FarDate):
    _PROPERTIES[_kind, "year"] = lambda v: _number(v.year)
    _PROPERTIES[_kind, "month"] = lambda v: _number(v.month)
    _PROPERTIES[_kind, "day"] = lambda v: _number(v.day)
    _PROPERTIES[_kind, "weekday"] = lambda v: _number(weekday(v))
for _name in ("year", "month", "day", "weekday"):
    _PROPERTIES[DateTime, _name] = lambda v, _name=_name: path(v.date, _name)
_PROPERTIES[DateTime, "date"] = lambda v: v.date
_PROPERTIES[DateTime, "time"] = lambda v: v.time
for _clock in (Time, DateTime):
    _PROPERTIES[_clock, "hour"] = lambda v: _number(v.nanos // HOUR)
    _PROPERTIES[_clock, "minute"] = lambda v: _number(v.nanos // MINUTE % 60)
    _PROPERTIES[_clock, "second"] = lambda v: _seconds(v.nanos % MINUTE)
    _PROPERTIES[_clock, "time offset"] = _offset
    _PROPERTIES[_clock, "timezone"] = lambda v: v.zone
_PROPERTIES[Months, "years"] = lambda v: _number(cut(v.months, 12))
_PROPERTIES[Months, "months"] = lambda v: _number(cut(v.months, 1, 12))
_PROPERTIES[Days, "days"] = lambda v: _number(cut(v.nanos, DAY))
_PROPERTIES[Days, "hours"] = lambda v: _number(cut(v.nanos, HOUR, 24))
_PROPERTIES[Days, "minutes"] = lambda v: _number(cut(v.nanos, MINUTE, 60))
_PROPERTIES[Days, "seconds"] = lambda v: _seconds(cut(v.nanos, 1, MINUTE))
_PROPERTIES[Range, "start"] = lambda v: v.low
_PROPERTIES[Range, "end"] = lambda v: v.high
_PROPERTIES[Range, "start included"] = lambda v: v.low_in
_PROPERTIES[Range, "end included"] = lambda v: v.high_in
PROPERTY_NAMES = frozenset(name for _, name in _PROPERTIES)


def pick(items: list[Any], index: Decimal) -> Any:
    """``list[n]``: counted from 1, or from the end with -1; MISSING outside of the list."""
    if index != index.to_integral_value() or not index or index.adjusted() > 12:
        return MISSING
    at = int(index)
    if abs(at) > len(items):
        return MISSING
    return items[at - 1 if at > 0 else at]
