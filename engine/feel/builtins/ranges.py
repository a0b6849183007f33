"""Built-ins on ranges and points (DMN 1.5, 10.3.4.9): before, after, meets, overlaps … Each also takes points."""

from __future__ import annotations

from typing import Any

from engine.feel.builtins.base import builtin
from engine.feel.compare import equal, greater, less
from engine.feel.faults import Unfit
from engine.feel.values import Range, kind_of


def _less(one: Any, other: Any) -> bool:
    result = less(one, other)
    if result is None:
        raise Unfit(f"{kind_of(one)} and {kind_of(other)} have no order")
    return result


def _same(one: Any, other: Any) -> bool:
    result = equal(one, other)
    if result is None or one is None:
        raise Unfit(f"{kind_of(one)} and {kind_of(other)} have no order")
    return result


def _closed(value: Any) -> Range:
    return value if isinstance(value, Range) else Range(value, value, True, True)


def _bounded(*ranges: Range) -> None:
    if any(span.low is None or span.high is None for span in ranges):
        raise Unfit("a range has only one end")


@builtin(
    "before(point1: point, point2: point)",
    "before(point: point, range: range)",
    "before(range: range, point: point)",
    "before(range1: range, range2: range)",
)
def before(one: Any, other: Any) -> bool:
    left, right = _closed(one), _closed(other)
    if left.high is None or right.low is None:
        _less(left.low if left.high is None else left.high, right.high if right.low is None else right.low)
        return False
    return _less(left.high, right.low) or (not (left.high_in and right.low_in) and _same(left.high, right.low))


@builtin(
    "after(point1: point, point2: point)",
    "after(point: point, range: range)",
    "after(range: range, point: point)",
    "after(range1: range, range2: range)",
)
def after(one: Any, other: Any) -> bool:
    return before(other, one)


@builtin("meets(range1: range, range2: range)")
def meets(one: Range, other: Range) -> bool:
    if one.high is None or other.low is None:
        return False
    return one.high_in and other.low_in and _same(one.high, other.low)


@builtin("met by(range1: range, range2: range)")
def met_by(one: Range, other: Range) -> bool:
    return meets(other, one)


def _starts_before(one: Range, other: Range) -> bool:
    """Whether ``one`` holds a point before all of ``other``."""
    return _less(one.low, other.low) or (_same(one.low, other.low) and one.low_in and not other.low_in)


def _ends_after(one: Range, other: Range) -> bool:
    return _less(other.high, one.high) or (_same(one.high, other.high) and one.high_in and not other.high_in)


@builtin("overlaps(range1: range, range2: range)")
def overlaps(one: Range, other: Range) -> bool:
    """Whether they share a point."""
    return not before(one, other) and not before(other, one)


@builtin("overlaps before(range1: range, range2: range)")
def overlaps_before(one: Range, other: Range) -> bool:
    """``one`` starts first and ends within ``other``."""
    _bounded(one, other)
    return _starts_before(one, other) and not _ends_after(one, other) and not before(one, other)


@builtin("overlaps after(range1: range, range2: range)")
def overlaps_after(one: Range, other: Range) -> bool:
    """``other`` starts first and ends within ``one``."""
    return overlaps_before(other, one)


@builtin("finishes(point: point, range: range)", "finishes(range1: range, range2: range)")
def finishes(one: Any, other: Range) -> bool:
    left = _closed(one)
    if left.high is None or other.high is None:
        return False
    if left.high_in != other.high_in or not _same(left.high, other.high):
        return False
    if not isinstance(one, Range):
        return True
    _bounded(left, other)
    return not _starts_before(left, other)


@builtin("finished by(range: range, point: point)", "finished by(range1: range, range2: range)")
def finished_by(one: Range, other: Any) -> bool:
    return finishes(other, one)


@builtin("starts(point: point, range: range)", "starts(range1: range, range2: range)")
def starts(one: Any, other: Range) -> bool:
    left = _closed(one)
    if left.low is None or other.low is None:
        return False
    if left.low_in != other.low_in or not _same(left.low, other.low):
        return False
    if not isinstance(one, Range):
        return True
    _bounded(left, other)
    return not _ends_after(left, other)


@builtin("started by(range: range, point: point)", "started by(range1: range, range2: range)")
def started_by(one: Range, other: Any) -> bool:
    return starts(other, one)


@builtin("includes(range: range, point: point)", "includes(range1: range, range2: range)")
def includes(one: Range, other: Any) -> bool:
    right = _closed(other)
    low = one.low is None or (right.low is not None and not _starts_before(right, one))
    high = one.high is None or (right.high is not None and not _ends_after(right, one))
    return low and high


@builtin("during(point: point, range: range)", "during(range1: range, range2: range)")
def during(one: Any, other: Range) -> bool:
    return includes(other, one)


@builtin("coincides(point1: point, point2: point)", "coincides(range1: range, range2: range)")
def coincides(one: Any, other: Any) -> bool:
    if isinstance(one, Range):
        if (one.low_in, one.high_in) != (other.low_in, other.high_in):
            return False
        return _same(one.low, other.low) and _same(one.high, other.high)
    return _same(one, other)


__all__ = ["greater"]
