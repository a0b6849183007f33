"""Built-ins on lists (DMN 1.5, 10.3.4.4, 10.3.4.6)."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import cmp_to_key
from typing import Any

from engine.feel.builtins.base import builtin
from engine.feel.builtins.numeric import whole
from engine.feel.compare import comparable, equal, less
from engine.feel.decimals import CONTEXT, ZERO
from engine.feel.faults import Unfit, too_large
from engine.feel.values import Function, adopt, kind_of

MAX_LIST = 1_000_000


def _sized(items: list[Any]) -> list[Any]:
    if len(items) > MAX_LIST:
        raise too_large("a list")
    return items


def _numbers(items: list[Any]) -> list[Decimal]:
    if not items:
        raise Unfit("the list is empty")
    for item in items:
        if type(item) is not Decimal:
            raise Unfit(f"the list holds a {kind_of(item)}, all must be numbers")
    return items


@builtin("list contains(list: list, element: any)")
def list_contains(items: list[Any], element: Any) -> bool:
    visits = [0]
    return any(equal(item, element, visits) for item in items)


@builtin("count(list: list)", "count(list: any...)")
def count(items: list[Any]) -> Decimal:
    return Decimal(len(items))


def _extreme(items: list[Any], better: Callable[[Any, Any], bool | None]) -> Any:
    if not items:
        raise Unfit("the list is empty")
    best = items[0]
    if not comparable(best, best):
        raise Unfit(f"the list holds a {kind_of(best)}, which has no order")
    for item in items[1:]:
        result = better(item, best)
        if result is None:
            raise Unfit(f"{kind_of(item)} and {kind_of(best)} have no order")
        if result:
            best = item
    return best


@builtin("min(list: list)", "min(list: any...)")
def minimum(items: list[Any]) -> Any:
    return _extreme(items, less)


@builtin("max(list: list)", "max(list: any...)")
def maximum(items: list[Any]) -> Any:
    return _extreme(items, lambda one, best: less(best, one))


@builtin("sum(list: list)", "sum(list: any...)")
def total(items: list[Any]) -> Decimal:
    out = ZERO
    for item in _numbers(items):
        out = CONTEXT.add(out, item)
    return out


@builtin("mean(list: list)", "mean(list: any...)")
def mean(items: list[Any]) -> Decimal:
    return CONTEXT.divide(total(items), Decimal(len(items)))


@builtin("product(list: list)", "product(list: any...)")
def product(items: list[Any]) -> Decimal:
    out = Decimal(1)
    for item in _numbers(items):
        out = CONTEXT.multiply(out, item)
    return out


@builtin("median(list: list)", "median(list: any...)")
def median(items: list[Any]) -> Decimal:
    row = sorted(_numbers(items))
    half = len(row) // 2
    if len(row) % 2:
        return row[half]
    return CONTEXT.divide(CONTEXT.add(row[half - 1], row[half]), Decimal(2))


@builtin("stddev(list: list)", "stddev(list: any...)")
def stddev(items: list[Any]) -> Decimal:
    """Of a sample: divided by one less than the count."""
    row = _numbers(items)
    if len(row) < 2:
        raise Unfit("the list holds fewer than two numbers")
    middle = mean(row)
    squares = ZERO
    for item in row:
        gap = CONTEXT.subtract(item, middle)
        squares = CONTEXT.add(squares, CONTEXT.multiply(gap, gap))
    return CONTEXT.sqrt(CONTEXT.divide(squares, Decimal(len(row) - 1)))


@builtin("mode(list: list)", "mode(list: any...)")
def mode(items: list[Any]) -> list[Decimal]:
    """The most frequent numbers, ascending; of an empty list an empty list."""
    if not items:
        return []
    counts: dict[Decimal, int] = {}
    for item in _numbers(items):
        counts[item] = counts.get(item, 0) + 1
    most = max(counts.values())
    return sorted(number for number, times in counts.items() if times == most)


def _position(items: list[Any], position: Decimal, room: int = 0) -> int:
    """A position (1 is the first, -1 the last) as an index."""
    at = whole(position, "position")
    if at == 0 or abs(at) > len(items) + room:
        raise Unfit(f"the position {at} lies outside of the list of {len(items)}")
    return at - 1 if at > 0 else len(items) + at


@builtin("sublist(list: list, start position: number, length?: number)")
def sublist(items: list[Any], start: Decimal, length: Decimal | None = None) -> list[Any]:
    begin = _position(items, start)
    if length is None:
        return items[begin:]
    size = whole(length, "length")
    if size < 1 or begin + size > len(items):
        raise Unfit(f"the length {size} is less than 1 or reaches beyond the list")
    return items[begin : begin + size]


@builtin("append(list: list, item: any...)")
def append(items: list[Any], more: list[Any]) -> list[Any]:
    return _sized(items + more)


@builtin("concatenate(list: list...)")
def concatenate(lists: list[list[Any]]) -> list[Any]:
    out: list[Any] = []
    for items in lists:
        out.extend(items)
        _sized(out)
    return out


@builtin("insert before(list: list, position: number, newItem: any)")
def insert_before(items: list[Any], position: Decimal, item: Any) -> list[Any]:
    at = _position(items, position)
    return _sized([*items[:at], item, *items[at:]])


@builtin("remove(list: list, position: number)")
def remove(items: list[Any], position: Decimal) -> list[Any]:
    at = _position(items, position)
    return items[:at] + items[at + 1 :]


@builtin("list replace(list: list, position: number, newItem: any)")
def replace_at(items: list[Any], position: Decimal, item: Any) -> list[Any]:
    at = _position(items, position)
    return [*items[:at], item, *items[at + 1 :]]


@builtin("list replace(list: list, match: function, newItem: any)", aware=True)
def replace_where(run: Any, items: list[Any], match: Function, new: Any) -> list[Any]:
    out = []
    for item in items:
        fits = run.call(match, (item, new))
        if not isinstance(fits, bool):
            raise Unfit(f"the function gives a {kind_of(fits)}, it must give a boolean")
        out.append(new if fits else item)
    return out


@builtin("reverse(list: list)")
def reverse(items: list[Any]) -> list[Any]:
    return items[::-1]


@builtin("index of(list: list, match: any)")
def index_of(items: list[Any], match: Any) -> list[Decimal]:
    visits = [0]
    return [Decimal(at) for at, item in enumerate(items, 1) if equal(item, match, visits)]


@builtin("union(list: list...)")
def union(lists: list[list[Any]]) -> list[Any]:
    return distinct_values(concatenate(lists))


@builtin("distinct values(list: list)")
def distinct_values(items: list[Any]) -> list[Any]:
    """Without duplicates, in the order of first appearance."""
    out: list[Any] = []
    seen: set[tuple[type, Any]] = set()
    odd: list[Any] = []
    room = MAX_LIST
    visits = [0]
    for item in items:
        if isinstance(item, Decimal | str | bool):
            key = (type(item), item)
            if key not in seen:
                seen.add(key)
                out.append(item)
            continue
        room -= len(odd)
        if room < 0:
            raise too_large("a list of different contexts, dates or lists")
        if not any(equal(item, other, visits) for other in odd):
            odd.append(item)
            out.append(item)
    return out


@builtin("flatten(list: list)")
def flatten(items: list[Any]) -> list[Any]:
    out: list[Any] = []
    stack = [iter(items)]
    visits = 0
    while stack:
        for item in stack[-1]:
            visits += 1
            if visits > MAX_LIST:
                raise too_large("a list")
            if type(item) is list:
                stack.append(iter(item))
                break
            out.append(item)
        else:
            stack.pop()
    return out


@builtin("sort(list: list, precedes: function)", aware=True)
def sort_by(run: Any, items: list[Any], precedes: Function) -> list[Any]:
    """Stable; ``precedes(a, b)`` says whether a comes before b."""

    def order(one: Any, other: Any) -> int:
        if run.call(precedes, (one, other)) is True:
            return -1
        return 1 if run.call(precedes, (other, one)) is True else 0

    return sorted(items, key=cmp_to_key(order))


@builtin("sort(list: list)")
def sort_plain(items: list[Any]) -> list[Any]:
    """By the natural order."""

    def order(one: Any, other: Any) -> int:
        result = less(one, other)
        if result is None:
            raise Unfit(f"{kind_of(one)} and {kind_of(other)} have no order")
        return -1 if result else int(less(other, one) or 0)

    return sorted(items, key=cmp_to_key(order))


__all__ = ["adopt"]
