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


@builtin("all(list: list)", "all(list: any...)")
def conjunction(items: list[Any]) -> bool | None:
    """False if any is false, whatever the others are; else null unless all are true."""
    return _fold(items, False)


@builtin("any(list: list)", "any(list: any...)")
def disjunction(items: list[Any]) -> bool | None:
    """True if any is true, whatever the others are; else null unless all are false."""
    return _fold(items, True)


def _fold(items: list[Any], decisive: bool) -> bool | None:
    if any(item is decisive for item in items):
        return decisive
    odd = [item for item in items if item is not (not decisive)]
    strange = next((item for item in odd if item is not None), None)
    if strange is not None:
        raise Unfit(f"the list holds a {kind_of(strange)}, all must be boolean")
    return None if odd else not decisive


@builtin("is(value1: any, value2: any)")
def identical(one: Any, other: Any) -> bool:
    """Whether the two are the same value: kind, and for times the offset or zone as well."""
    if isinstance(one, Time | DateTime) and type(one) is type(other):
        return (one.nanos, one.offset, one.zone) == (other.nanos, other.offset, other.zone) and one == other
    return equal(one, other) is True
