"""Whether a value is of a type, and the conversions the specification allows (DMN 1.5, 10.3.2.9)."""

from __future__ import annotations

import datetime as py
from collections.abc import Mapping
from typing import Any

from engine.feel.builtins.base import SIGNATURES
from engine.feel.dates import FarDate
from engine.feel.faults import Unfit, too_large
from engine.feel.kinds import BASIC, COMPOUND, Type
from engine.feel.times import midnight
from engine.feel.values import Function, Range, adopt, kind_of

MAX_VISITS = 1_000_000  # parts of a value looked at for one question


def instance_of(value: Any, kind: Type) -> bool | None:
    """``value instance of kind``; null is an instance of Null alone. None if nobody knows the type."""
    if kind.name not in BASIC and (kind.name not in COMPOUND or not kind.parts):
        return None  # ``list`` without parameters is no type either (10.3.2.13, type checking)
    if value is None:
        return kind.name == "Null"
    return conforms(value, kind)


def conforms(value: Any, kind: Type, visits: list[int] | None = None) -> bool:
    """Whether a value may stand where the type is asked for; null may everywhere. Bounded: CRM-512."""
    name = kind.name
    if value is None or name == "Any":
        return True
    if name in BASIC:
        return kind_of(value) == name
    visits = [0] if visits is None else visits
    visits[0] += 1
    if visits[0] > MAX_VISITS:
        raise too_large("a value compared")
    if name == "list":
        if type(value) is not list:
            return False
        visits[0] += len(value) >> 3
        return not kind.parts or all(conforms(adopt(item), kind.parts[0], visits) for item in value)
    if name == "context":
        if not isinstance(value, Mapping):
            return False
        return all(
            key in value and conforms(adopt(value[key]), part, visits)
            for key, part in zip(kind.keys, kind.parts, strict=True)
        )
    if name == "range":
        if not isinstance(value, Range):
            return False
        return not kind.parts or (conforms(value.low, kind.parts[0]) and conforms(value.high, kind.parts[0]))
    if name == "function":
        return isinstance(value, Function) and _callable_as(value, kind)
    return True  # an item definition nobody told us about


def _callable_as(function: Function, kind: Type) -> bool:
    """Same number of parameters, each taking at least what is asked for, giving at most that."""
    if not kind.parts:
        return True
    wanted, result = kind.parts[:-1], kind.parts[-1]
    if function.params is None:
        return any(row.required <= len(wanted) <= len(row.params) or row.rest for row in SIGNATURES[function.name])
    if len(function.params) != len(wanted):
        return False
    if function.types and not all(
        mine is None or fits(theirs, mine) for mine, theirs in zip(function.types, wanted, strict=False)
    ):
        return False
    return function.result is None or fits(function.result, result)


def fits(one: Type, other: Type) -> bool:
    """Whether every value of ``one`` is one of ``other``."""
    if other.name == "Any" or one.name == "Null" or one == other:
        return True
    if one.name != other.name:
        return False
    if one.name == "context":
        mine = dict(zip(one.keys, one.parts, strict=True))
        return all(key in mine and fits(mine[key], part) for key, part in zip(other.keys, other.parts, strict=True))
    if one.name == "function" and one.parts and other.parts:
        return len(one.parts) == len(other.parts) and (
            all(fits(theirs, mine) for mine, theirs in zip(one.parts[:-1], other.parts[:-1], strict=True))
            and fits(one.parts[-1], other.parts[-1])
        )
    return not other.parts or (len(one.parts) == len(other.parts) and all(map(fits, one.parts, other.parts)))


def coerce(value: Any, kind: Type | None) -> Any:
    """The value, converted where allowed: singleton lists either way, a date to a date and time. Raises ``Unfit``."""
    if kind is None or conforms(value, kind):
        return value
    if type(value) is list and len(value) == 1 and kind.name != "list":
        single = adopt(value[0])
        if conforms(single, kind):
            return single
    if kind.name == "list" and type(value) is not list and (not kind.parts or conforms(value, kind.parts[0])):
        return [value]
    if kind.name == "date and time" and isinstance(value, py.date | FarDate):
        return midnight(value)
    raise Unfit(f"a {kind_of(value)} is not a {kind}")
