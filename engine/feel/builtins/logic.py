"""Built-ins on booleans (DMN 1.5, 10.3.4.2, 10.3.4.4): not, all, any, is."""

from __future__ import annotations

from typing import Any

from engine.feel.builtins.base import builtin
from engine.feel.compare import equal
from engine.feel.faults import Unfit
from engine.feel.times import DateTime, Time
from engine.feel.values import kind_of


@builtin("not(negand: boolean?)")
def negation(value: bool | None) -> bool | None:
    return None if value is None else not value


def _spread(items: list[Any]) -> list[Any]:
    return items


@builtin("all(list: list)", "all(list: any...)")
def conjunction(items: list[Any]) -> bool | None:
    """False if any is false, else null if any is null."""
    return _fold(items, False)


@builtin("any(list: list)", "any(list: any...)")
def disjunction(items: list[Any]) -> bool | None:
    """True if any is true, else null if any is null."""
    return _fold(items, True)


def _fold(items: list[Any], decisive: bool) -> bool | None:
    out: bool | None = not decisive
    for item in items:
        if item is decisive:
            out = decisive
            break
        if item is not (not decisive):
            if item is not None:
                raise Unfit(f"the list holds a {kind_of(item)}, all must be boolean")
            out = None
    return out


@builtin("is(value1: any, value2: any)")
def identical(one: Any, other: Any) -> bool:
    """Whether the two are the same value: kind, and for times the offset or zone as well."""
    if isinstance(one, Time | DateTime) and type(one) is type(other):
        return (one.nanos, one.offset, one.zone) == (other.nanos, other.offset, other.zone) and one == other
    return equal(one, other) is True
