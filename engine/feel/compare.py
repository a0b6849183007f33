"""Equality and order with FEEL's three-valued logic (DMN 1.5, 10.3.2.13): None is "cannot be said"."""

from __future__ import annotations

import datetime as py
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from engine.feel.dates import FarDate
from engine.feel.durations import Days, Months
from engine.feel.faults import too_large
from engine.feel.times import DateTime, Time
from engine.feel.values import Function, Range, adopt, kind_of

MAX_VISITS = 1_000_000  # values looked at by one comparison or conversion
_SIMPLE = frozenset((bool, Decimal, str, py.date, Months, Days, Time, DateTime, FarDate))
_ORDERED = _SIMPLE - {bool}


def equal(left: Any, right: Any, visits: list[int] | None = None) -> bool | None:
    """``=``: null equals only null; values of different kinds cannot be compared.

    ``visits`` counts what is looked at; many comparisons that share it are bounded together (CRM-512).
    """
    kind = type(left)
    if kind is type(right) and kind in _SIMPLE:
        return bool(left == right)
    return _equal(left, right, [0] if visits is None else visits)


def _equal(left: Any, right: Any, visits: list[int]) -> bool | None:
    visits[0] += 1
    if visits[0] > MAX_VISITS:
        raise too_large("a value compared")
    if left is None or right is None:
        return left is right
    kind = type(left)
    if kind in _SIMPLE:
        if kind is type(right) or (isinstance(left, py.date | FarDate) and isinstance(right, py.date | FarDate)):
            return bool(left == right)
        return None
    if kind is list:
        return _lists(left, right, visits) if type(right) is list else None
    if isinstance(left, Mapping):
        return _contexts(left, right, visits) if isinstance(right, Mapping) else None
    if kind is Range and type(right) is Range:
        if (left.low_in, left.high_in) != (right.low_in, right.high_in):
            return False
        return both(_equal(left.low, right.low, visits), _equal(left.high, right.high, visits))
    if kind is Function and type(right) is Function:
        return left is right or (left.source is not None and left.source == right.source)
    return None


def _lists(left: list[Any], right: list[Any], visits: list[int]) -> bool | None:
    if len(left) != len(right):
        return False
    result: bool | None = True
    for one, other in zip(left, right, strict=True):
        same = _equal(one, other, visits)
        if same is False:
            return False
        if same is None:
            result = None
    return result


def _contexts(left: Mapping[str, Any], right: Mapping[str, Any], visits: list[int]) -> bool | None:
    if left.keys() != right.keys():
        return False
    result: bool | None = True
    for key in left:
        same = _equal(adopt(left[key]), adopt(right[key]), visits)
        if same is False:
            return False
        if same is None:
            result = None
    return result


def both(left: bool | None, right: bool | None) -> bool | None:
    """Three-valued and."""
    if left is False or right is False:
        return False
    return None if left is None or right is None else True


def comparable(left: Any, right: Any) -> bool:
    """Whether the two have an order: both of one kind that has one."""
    kind = type(left)
    if kind is type(right):
        return kind in _ORDERED
    return isinstance(left, py.date | FarDate) and isinstance(right, py.date | FarDate)


def less(left: Any, right: Any) -> bool | None:
    """``<``."""
    return bool(left < right) if comparable(left, right) else None


def less_equal(left: Any, right: Any) -> bool | None:
    """``<=``."""
    return bool(left <= right) if comparable(left, right) else None


def greater(left: Any, right: Any) -> bool | None:
    """``>``."""
    return bool(right < left) if comparable(left, right) else None


def greater_equal(left: Any, right: Any) -> bool | None:
    """``>=``."""
    return bool(right <= left) if comparable(left, right) else None


def different(left: Any, right: Any) -> bool | None:
    """``!=``."""
    same = equal(left, right)
    return None if same is None else not same


COMPARE = {"=": equal, "!=": different, "<": less, "<=": less_equal, ">": greater, ">=": greater_equal}


def includes(span: Range, value: Any) -> bool | None:
    """Whether a value lies in a range; None if it has no place there."""
    low: bool | None = True
    if span.low is not None:
        low = greater_equal(value, span.low) if span.low_in else greater(value, span.low)
    high: bool | None = True
    if span.high is not None:
        high = less_equal(value, span.high) if span.high_in else less(value, span.high)
    return both(low, high)


def matches(value: Any, test: Any) -> bool | None:
    """``value in test`` for a test that is a value: a range holds it, a list has it, or it is the same."""
    kind = type(test)
    if kind is Range:
        if type(value) is Range:
            return equal(value, test)
        return includes(test, value)
    if kind is list:
        visits = [0]
        if type(value) is list and equal(value, test, visits):
            return True
        return any_of(_element(value, part, visits) for part in test)
    return equal(value, test)


def _element(value: Any, part: Any, visits: list[int]) -> bool | None:
    if type(part) is Range and type(value) is not Range:
        return includes(part, value)
    return equal(value, part, visits) or False


def any_of(results: Any) -> bool | None:
    """Three-valued or over many."""
    out: bool | None = False
    for result in results:
        if result is True:
            return True
        if result is not False:
            out = None
    return out


def reason(op: str, left: Any, right: Any) -> str:
    """Why a comparison could not be made."""
    return f"'{op}' cannot compare {kind_of(left)} with {kind_of(right)}"
