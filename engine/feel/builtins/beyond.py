"""Built-ins beyond DMN 1.5 that models drawn for Camunda 8 call: those that always give the same for the same."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from engine.feel.bounds import Run
from engine.feel.builtins.base import builtin
from engine.feel.builtins.contexts import context_merge
from engine.feel.builtins.numeric import whole
from engine.feel.builtins.text import charge, string_join
from engine.feel.dates import AnyDate, days_of, make_date
from engine.feel.durations import Days, Months
from engine.feel.faults import Unfit, too_large
from engine.feel.ops import MAX_STRING
from engine.feel.pike import MAX_WORK
from engine.feel.regex import pattern
from engine.feel.times import DateTime


@builtin("is defined(value: any)")
def is_defined(value: Any) -> bool:
    return value is not None


@builtin("get or else(value: any, default: any)")
def get_or_else(value: Any, default: Any) -> Any:
    return default if value is None else value


@builtin("is blank(string: string)")
def is_blank(string: str) -> bool:
    return not string.strip()


@builtin("is empty(list: list)")
def is_empty(items: list[Any]) -> bool:
    return not items


@builtin("trim(string: string)")
def trim(string: str) -> str:
    return string.strip()


@builtin("extract(string: string, pattern: string)", aware=True)
def extract(run: Run, string: str, text: str) -> list[str]:
    """All that matches."""
    room = [MAX_WORK]
    found = [string[match[0] : match[1]] for match in pattern(text, "").all(string, room)]
    charge(run, room)
    return found


@builtin("string join(list: list, delimiter: string?, prefix: string?, suffix: string?)")
def join_between(items: list[Any], delimiter: str | None, prefix: str | None, suffix: str | None) -> str:
    out = (prefix or "") + string_join(items, delimiter) + (suffix or "")
    if len(out) > MAX_STRING:
        raise too_large("a string")
    return out


@builtin("partition(list: list, size: number)")
def partition(items: list[Any], size: Decimal) -> list[list[Any]]:
    """Lists of at most this length, in order."""
    count = whole(size, "length")
    if count < 1:
        raise Unfit("the length is less than 1")
    return [items[at : at + count] for at in range(0, len(items), count)]


@builtin("put all(contexts: any...)")
def put_all(contexts: list[Any]) -> Mapping[str, Any]:
    return context_merge(contexts)


@builtin("last day of month(date: moment)")
def last_day(value: AnyDate | DateTime) -> AnyDate:
    day = value.date if isinstance(value, DateTime) else value
    year, month = (day.year, day.month + 1) if day.month < 12 else (day.year + 1, 1)
    first = make_date(day.year, day.month, 1)
    return make_date(day.year, day.month, days_of(make_date(year, month, 1)) - days_of(first))


@builtin("cycle(interval: duration)")
def cycle(interval: Days | Months) -> str:
    """A cycle of a timer without end."""
    return f"R/{interval}"


@builtin("cycle(repetitions: number?, interval: duration)")
def cycle_times(repetitions: Decimal | None, interval: Days | Months) -> str:
    return f"R{'' if repetitions is None else whole(repetitions, 'length')}/{interval}"
