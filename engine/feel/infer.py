"""The type a tree's value will have, where it can be known without running it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from engine.feel import tree as t
from engine.feel.faults import Unfit
from engine.feel.kinds import BOOLEAN, DATE, DATE_TIME, DAYS, MONTHS, NULL, NUMBER, STRING, TIME, Type
from engine.feel.temporal import parse_any
from engine.feel.values import kind_of

Types = Mapping[str, "Type | None"]

_NUMBERS = (
    "string length|count|sum|mean|product|median|stddev|decimal|floor|ceiling|round up|round down|round half up"
    "|round half down|abs|modulo|sqrt|log|exp|number|day of year|week of year"
)
_BOOLEANS = (
    "not|contains|starts with|ends with|matches|list contains|all|any|odd|even|is|before|after|meets|met by|overlaps"
    "|overlaps before|overlaps after|finishes|finished by|includes|during|starts|started by|coincides"
)
_STRINGS = (
    "string|substring|upper case|lower case|substring before|substring after|replace|string join|day of week"
    "|month of year"
)
_LISTS = "sublist|append|concatenate|insert before|remove|list replace|reverse|union|distinct values|flatten|sort"
RESULTS: dict[str, Type] = {
    **dict.fromkeys(_NUMBERS.split("|"), NUMBER),
    **dict.fromkeys(_BOOLEANS.split("|"), BOOLEAN),
    **dict.fromkeys(_STRINGS.split("|"), STRING),
    **dict.fromkeys(_LISTS.split("|"), Type("list")),
    "split": Type("list", (STRING,)),
    "extract": Type("list", (STRING,)),
    "partition": Type("list", (Type("list"),)),
    "put all": Type("context"),
    "last day of month": DATE,
    **dict.fromkeys(("is defined", "is blank", "is empty"), BOOLEAN),
    **dict.fromkeys(("trim", "cycle"), STRING),
    "index of": Type("list", (NUMBER,)),
    "mode": Type("list", (NUMBER,)),
    "date": DATE,
    "today": DATE,
    "time": TIME,
    "date and time": DATE_TIME,
    "now": DATE_TIME,
    "years and months duration": MONTHS,
    "range": Type("range"),
    "context": Type("context"),
    "context put": Type("context"),
    "context merge": Type("context"),
    "get entries": Type("list", (Type("context"),)),
}
_PROPERTIES: dict[str, dict[str, Type]] = {
    "date": dict.fromkeys(("year", "month", "day", "weekday"), NUMBER),
    "time": {**dict.fromkeys(("hour", "minute", "second"), NUMBER), "time offset": DAYS, "timezone": STRING},
    "years and months duration": dict.fromkeys(("years", "months"), NUMBER),
    "days and time duration": dict.fromkeys(("days", "hours", "minutes", "seconds"), NUMBER),
}
_PROPERTIES["date and time"] = {**_PROPERTIES["date"], **_PROPERTIES["time"], "date": DATE, "time": TIME}
_MOMENTS = ("date", "time", "date and time")
_SPANS = ("days and time duration", "years and months duration")


def infer(node: t.Node, types: Types) -> Type | None:
    """The type of a tree's value; None where it depends. A null that mistakes make does not count."""
    if isinstance(node, t.Literal):
        return {type(None): NULL, bool: BOOLEAN, Decimal: NUMBER, str: STRING}[type(node.value)]
    if isinstance(node, t.Compare | t.Logic | t.Between | t.In | t.Quantified | t.InstanceOf | t.UnaryTests):
        return BOOLEAN
    rule = _RULES.get(type(node))
    return rule(node, types) if rule is not None else None


def _at(node: t.At, types: Types) -> Type | None:
    try:
        return Type(kind_of(parse_any(node.text)))
    except Unfit:
        return NULL


def _chain(node: t.Chain, types: Types) -> Type | None:
    left = infer(node.first, types)
    for op, part in node.rest:
        left = _arithmetic(op, left, infer(part, types))
    return left


def _arithmetic(op: str, left: Type | None, right: Type | None) -> Type | None:
    if left is None or right is None:
        return NUMBER if op == "**" else None
    names = (left.name, right.name)
    if names == ("number", "number"):
        return NUMBER
    if op == "+" and names == ("string", "string"):
        return STRING
    if op in "+-" and right.name in _SPANS:
        return left
    if op == "-" and left.name in _MOMENTS and right.name in _MOMENTS:
        return DAYS
    if op in "*/" and left.name in _SPANS:
        return NUMBER if right.name in _SPANS else left
    return right if left.name in _SPANS else None


def _if(node: t.If, types: Types) -> Type | None:
    return common([infer(part, types) for part in (*(then for _, then in node.branches), node.other)])


def common(kinds: list[Type | None]) -> Type | None:
    """The one type of several branches; null fits any."""
    real = [kind for kind in kinds if kind != NULL]
    if not real:
        return NULL if kinds else None
    return real[0] if all(kind == real[0] for kind in real) else None


def _list(node: t.ListOf, types: Types) -> Type | None:
    inner = common([infer(item, types) for item in node.items])
    return Type("list", (inner,)) if inner is not None and inner != NULL else Type("list")


def _context(node: t.Context, types: Types) -> Type | None:
    known: dict[str, Type | None] = dict(types)
    keys, parts = [], []
    for key, value in node.entries:
        known[key] = infer(value, known)
        keys.append(key)
        parts.append(known[key] or Type("Any"))
    return Type("context", tuple(parts), tuple(keys))


def _path(node: t.Path, types: Types) -> Type | None:
    return member(infer(node.source, types), node.name)


def member(source: Type | None, name: str) -> Type | None:
    """The type of ``source.name``."""
    if source is None:
        return None
    if source.name == "context" and name in source.keys:
        found = source.parts[source.keys.index(name)]
        return None if found.name == "Any" else found
    if source.name == "list" and source.parts:
        inner = member(source.parts[0], name)
        return Type("list", (inner,)) if inner is not None else Type("list")
    return _PROPERTIES.get(source.name, {}).get(name)


def has_member(source: Type, name: str) -> bool:
    """Whether ``source.name`` may be something."""
    if source.name == "context":
        return not source.keys or name in source.keys
    if source.name == "list":
        return not source.parts or has_member(source.parts[0], name)
    if source.name == "range":
        return name in ("start", "end", "start included", "end included")
    return source.name == "Any" or name in _PROPERTIES.get(source.name, {})


def _filter(node: t.Filter, types: Types) -> Type | None:
    source = infer(node.source, types)
    condition = infer(node.condition, {**types, "item": element(source)})
    if condition == NUMBER:
        return element(source)
    if condition != BOOLEAN or source is None:
        return None
    return source if source.name == "list" else Type("list", (source,))


def element(source: Type | None) -> Type | None:
    """The type of a list's elements; a single value is a list of itself."""
    if source is None:
        return None
    if source.name in ("list", "range"):
        return source.parts[0] if source.parts else None
    return source


def _call(node: t.Call, types: Types) -> Type | None:
    if not isinstance(node.function, t.Name):
        return None
    name = node.function.name
    if name in ("min", "max") and node.names is None:
        kinds = [infer(arg, types) for arg in node.args]
        return element(kinds[0]) if len(kinds) == 1 else common(kinds)
    if node.builtin:
        return RESULTS.get(name)
    kind = types.get(name)
    return kind.parts[-1] if kind is not None and kind.name == "function" and kind.parts else None


def bind(iterators: tuple[tuple[str, t.Node], ...], types: Types) -> dict[str, Type | None]:
    """The types with the variables of a loop."""
    known = dict(types)
    for name, domain in iterators:
        source = infer(domain.low, known) if isinstance(domain, t.Span) else element(infer(domain, known))
        known[name] = source
    return known


def _for(node: t.For, types: Types) -> Type | None:
    inner = infer(node.body, bind(node.iterators, types))
    return Type("list", (inner,)) if inner is not None and inner != NULL else Type("list")


def _interval(node: t.Interval, types: Types) -> Type | None:
    low = infer(node.low, types)
    return Type("range", (low,)) if low is not None and low != NULL else Type("range")


def _lambda(node: t.Lambda, types: Types) -> Type | None:
    known = {**types, **dict(node.params)}
    parts = tuple(kind or Type("Any") for _, kind in node.params)
    return Type("function", (*parts, infer(node.body, known) or Type("Any")))


_RULES: dict[type, Callable[[Any, Types], Type | None]] = {
    t.At: _at,
    t.Name: lambda node, types: types.get(node.name),
    t.Neg: lambda node, types: infer(node.operand, types),
    t.Chain: _chain,
    t.If: _if,
    t.ListOf: _list,
    t.Context: _context,
    t.Path: _path,
    t.Filter: _filter,
    t.Call: _call,
    t.For: _for,
    t.Interval: _interval,
    t.Lambda: _lambda,
    t.Test: lambda node, types: Type("range"),
}
