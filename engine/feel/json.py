"""FEEL values to JSON and back: numbers exact, temporal values as ISO text."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from engine.feel.builtins.convert import text_of_value
from engine.feel.compare import MAX_VISITS
from engine.feel.decimals import text_of
from engine.feel.faults import too_large
from engine.feel.values import Entries, Function, Range, adopt

BIG = 2**53


def to_json(value: Any) -> Any:
    """A JSON-able value. Whole numbers below 2^53 are ints, others floats where that is exact, else text.

    Temporal values, ranges and functions become their text.
    """
    try:
        return _out(adopt(value), [MAX_VISITS])
    except RecursionError as error:
        raise too_large("a value's depth") from error


def _out(value: Any, room: list[int]) -> Any:
    room[0] -= 1
    if room[0] < 0:
        raise too_large("a value")
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, Decimal):
        return number(value)
    if isinstance(value, list):
        return [_out(adopt(item), room) for item in value]
    if isinstance(value, Mapping):
        return {str(key): _out(adopt(value[key]), room) for key in value}
    if isinstance(value, Range | Function):
        return text_of_value(value)
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def number(value: Decimal) -> int | float | str:
    """A JSON number where that is exact, else the digits as text."""
    if value == value.to_integral_value():
        return int(value) if abs(value) < BIG else text_of(value)
    near = float(value)
    return near if Decimal(repr(near)) == value else text_of(value)


def from_json(value: Any) -> Any:
    """A JSON value (or any Python value) as a FEEL value, all the way down. Text stays text."""
    try:
        return _in(adopt(value))
    except RecursionError as error:
        raise too_large("a value's depth") from error


def _in(value: Any) -> Any:
    if isinstance(value, list):
        return [_in(item) for item in value]
    if isinstance(value, Mapping):
        return Entries((str(key), _in(adopt(value[key]))) for key in value)
    return value
