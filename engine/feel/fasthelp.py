"""What generated code calls where its quick way does not fit. None of these raises ``Unfit``: a misfit is null."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, DecimalException
from typing import Any

from engine.feel import ops
from engine.feel.builtins import REGISTRY
from engine.feel.calls import Machine, Quick
from engine.feel.compare import (
    COMPARE,
    any_of,
    both,
    equal,
    greater_equal,
    includes,
    less_equal,
    matches,
)
from engine.feel.conform import instance_of
from engine.feel.decimals import CONTEXT
from engine.feel.faults import Unfit
from engine.feel.loops import domain, span
from engine.feel.ops import MISSING
from engine.feel.values import NATIVE, Entries, Function, Range, adopt

SHORT = 1000  # of lists and texts: longer ones are left to the closures, which count what they make


class Slow(Exception):
    """The quick way does not fit at all."""


def _calm(function: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def run(left: Any, right: Any) -> Any:
        try:
            return function(left, right)
        except (Unfit, DecimalException):
            return None

    return run


def plus(left: Any, right: Any) -> Any:
    """``+`` outside of loops; long texts are left to the closures, which count them."""
    if type(left) is str and type(right) is str and len(left) + len(right) > SHORT:
        raise Slow
    return _ADD(left, right)


def equal_short(left: Any, right: Any) -> bool | None:
    """``=`` where neither side is large."""
    if type(left) is list or isinstance(left, Mapping):
        raise Slow
    return equal(left, right)


def different_short(left: Any, right: Any) -> bool | None:
    """``!=`` where neither side is large."""
    same = equal_short(left, right)
    return None if same is None else not same


def of_type(value: Any, kind: Any) -> bool | None:
    """``instance of``."""
    if type(value) is list and len(value) > SHORT:
        raise Slow
    return instance_of(value, kind)


def neg(value: Any) -> Any:
    return ops.negate(value)


def path(source: Any, name: str) -> Any:
    if type(source) is list and len(source) > SHORT:
        raise Slow
    value = ops.path(source, name)
    return None if value is MISSING else value


def between(value: Any, low: Any, high: Any) -> bool | None:
    return both(greater_equal(value, low), less_equal(value, high))


def call(machine: Machine | None, function: Any, args: Sequence[Any]) -> Any:
    """Call any function value; null where the arguments do not fit."""
    try:
        return (machine or Quick()).call(function, args)
    except (Unfit, DecimalException):
        return None


def interval(low: Any, high: Any, low_in: bool, high_in: bool) -> Range | None:
    if low is None or high is None or less_equal(low, high) is not True:
        return None
    return Range(low, high, low_in, high_in)


def within(value: Any, low: Any, high: Any, low_in: bool, high_in: bool) -> bool | None:
    """``value in [low..high]``. Mirrors ``closures._interval_test``."""
    if type(value) is Range and low is not None and high is not None:
        return matches(value, Range(low, high, low_in, high_in))
    above, below = COMPARE[">=" if low_in else ">"], COMPARE["<=" if high_in else "<"]
    return both(above(value, low), below(value, high))


def entries(item: Any) -> Mapping[str, Any]:
    """The names an item of a filter brings along."""
    return item if isinstance(item, Mapping) else _NOTHING


def pick(items: Any, index: int) -> Any:
    """``items[index]`` for a whole number in the text: from 1, or from the end with -1."""
    if type(items) is not list:
        if items is None or type(items) is Range:
            return None
        items = [items]
    try:
        return items[index - 1 if index > 0 else index] if index else None
    except IndexError:
        return None


def listed(value: Any) -> list[Any]:
    """What a filter goes through."""
    if value is None or type(value) is Range:
        raise Slow
    return value if type(value) is list else [value]


def unary(value: Any, test: Any, asks: bool, boolean: bool) -> bool | None:
    """One test of a unary test whose value is ``test``. Mirrors ``closures.build_test``."""
    if asks:
        if type(test) is bool:
            return test
        if test is None:
            return None
    if test is None:
        return value is None or None
    if type(test) is bool and (boolean or type(value) is not bool):
        return test if boolean else (False if value is None else test or None)
    if type(test) is list and (len(test) > SHORT or type(value) is list):
        raise Slow
    return matches(value, test)


_ADD = _calm(ops.add)
_NOTHING: Mapping[str, Any] = {}

GLOBALS: dict[str, Any] = {
    "__builtins__": {"type": type, "len": len, "range": range},
    "Dec": Decimal,
    "Str": str,
    "Int": int,
    "Bool": bool,
    "Dict": dict,
    "List": list,
    "N": NATIVE,
    "M": MISSING,
    "REG": REGISTRY,
    "adopt": adopt,
    "Machine": Quick,
    "Slow": Slow,
    "Function": Function,
    "Entries": Entries,
    "ADD": CONTEXT.add,
    "SUB": CONTEXT.subtract,
    "MUL": CONTEXT.multiply,
    "DIV": CONTEXT.divide,
    "POW": CONTEXT.power,
    "add": plus,
    "sub": _calm(ops.subtract),
    "mul": _calm(ops.multiply),
    "div": _calm(ops.divide),
    "pow": _calm(ops.power),
    "neg": neg,
    "path": path,
    "eq": equal_short,
    "ne": different_short,
    "lt": COMPARE["<"],
    "le": COMPARE["<="],
    "gt": COMPARE[">"],
    "ge": COMPARE[">="],
    "between": between,
    "includes": includes,
    "matches": matches,
    "any_of": any_of,
    "equal": equal,
    "call": call,
    "interval": interval,
    "within": within,
    "entries": entries,
    "pick": pick,
    "listed": listed,
    "unary": unary,
    "instance_of": of_type,
    "domain": domain,
    "span": span,
}
