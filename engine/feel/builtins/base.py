"""How built-in functions are declared and called: signatures, named arguments, conversions (DMN 1.5, 10.3.4)."""

from __future__ import annotations

import datetime as py
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeVar

from engine.feel.dates import FarDate
from engine.feel.durations import Days, Months
from engine.feel.faults import Unfit
from engine.feel.names import Known
from engine.feel.times import DateTime, Time, midnight
from engine.feel.values import Entries, Function, Range, kind_of

F = TypeVar("F", bound=Callable[..., Any])

_KINDS: dict[str, frozenset[type]] = {
    "number": frozenset((Decimal,)),
    "string": frozenset((str,)),
    "boolean": frozenset((bool,)),
    "date": frozenset((py.date, FarDate)),
    "time": frozenset((Time,)),
    "date and time": frozenset((DateTime,)),
    "moment": frozenset((py.date, FarDate, DateTime)),
    "days": frozenset((Days,)),
    "duration": frozenset((Days, Months)),
    "list": frozenset((list,)),
    "context": frozenset((dict, Entries)),
    "range": frozenset((Range,)),
    "function": frozenset((Function,)),
    "point": frozenset((Decimal, str, bool, py.date, FarDate, Time, DateTime, Days, Months)),
}
_SIGNATURE = re.compile(r"([a-z ]+)\((.*)\)")
_ARTICLES = {"moment": "date or date and time", "days": "days and time duration", "point": "value with an order"}


@dataclass(frozen=True, slots=True)
class Param:
    """One parameter: ``kinds`` None takes anything, null included."""

    name: str
    label: str
    kinds: frozenset[type] | None
    optional: bool
    nullable: bool


@dataclass(frozen=True, slots=True)
class Signature:
    """One way to call a built-in. With ``rest`` the last parameter takes all further arguments as a list."""

    params: tuple[Param, ...]
    call: Callable[..., Any]
    required: int
    rest: bool
    aware: bool  # the function receives the Run first

    def bind(self, args: Sequence[Any]) -> list[Any]:
        """The arguments as the function takes them; ``Unfit`` says which does not fit."""
        count = len(args)
        if count < self.required or (count > len(self.params) and not self.rest):
            raise Unfit(f"takes {self._count()}, not {count}")
        if self.rest:
            last = self.params[-1]
            fixed = len(self.params) - 1
            if not fixed and count == 1 and args[0] is None:
                raise Unfit(f"argument '{last.name}' is null")
            return [
                *(_fit(param, arg) for param, arg in zip(self.params[:fixed], args[:fixed], strict=True)),
                [_fit(last, arg) for arg in args[fixed:]],
            ]
        out = []
        for param, arg in zip(self.params, args, strict=False):
            if param.kinds is None or type(arg) in param.kinds:
                out.append(arg)
            else:
                out.append(_fit(param, arg))
        return out

    def order(self, names: Sequence[str], args: Sequence[Any]) -> list[Any]:
        """Named arguments by position."""
        given = dict(zip(names, args, strict=True))
        if len(given) != len(names):
            raise Unfit("names an argument twice")
        out: list[Any] = []
        for param in self.params:
            if param.name in given:
                out.append(given.pop(param.name))
            elif param.optional:
                out.append(None)
            else:
                raise Unfit(f"needs an argument named '{param.name}'")
        if given:
            known = ", ".join(f"'{param.name}'" for param in self.params)
            raise Unfit(f"has no argument named '{next(iter(given))}' (it has {known})")
        while out and out[-1] is None and len(out) > self.required and self.params[len(out) - 1].name not in names:
            out.pop()
        return out

    def _count(self) -> str:
        most = len(self.params)
        if self.rest:
            return f"{self.required} or more arguments"
        number = f"{self.required}" if self.required == most else f"{self.required} to {most}"
        return f"{number} argument{'s' if most != 1 else ''}"


def _fit(param: Param, arg: Any) -> Any:
    """Convert an argument where the specification allows it (10.3.2.9.4)."""
    kinds = param.kinds
    if kinds is None or type(arg) in kinds:
        return arg
    if arg is None:
        if param.nullable:
            return None
        raise Unfit(f"argument '{param.name}' is null, it must be a {_ARTICLES.get(param.label, param.label)}")
    if param.label == "context" and isinstance(arg, Mapping):
        return arg
    if param.label == "list":
        return [arg]
    if type(arg) is list and len(arg) == 1 and arg[0] is not None:
        return _fit(param, arg[0])
    if kinds is _KINDS["date and time"] and isinstance(arg, py.date | FarDate):
        return midnight(arg)
    raise Unfit(f"argument '{param.name}' is a {kind_of(arg)}, it must be a {_ARTICLES.get(param.label, param.label)}")


REGISTRY: dict[str, Function] = {}
KNOWN = Known()  # the names with spaces that every program knows
SIGNATURES: dict[str, list[Signature]] = {}


def builtin(*texts: str, aware: bool = False) -> Callable[[F], F]:
    """Declare a built-in by its signatures: ``substring(string: string, start position: number, length?: number)``.

    ``name?`` may be left out, a type with ``?`` may be null, ``name...`` takes all further arguments.
    """

    def declare(function: F) -> F:
        for text in texts:
            found = _SIGNATURE.fullmatch(text)
            if found is None:
                raise ValueError(text)
            name = found[1]
            params = tuple(_param(part.strip()) for part in found[2].split(",") if part.strip())
            rest = found[2].rstrip().endswith("...")
            required = sum(not param.optional for param in params)
            rows = SIGNATURES.setdefault(name, [])
            rows.append(Signature(params, function, required, rest, aware))
            if name not in REGISTRY:
                REGISTRY[name] = Function(None, function, name)
        return function

    return declare


def _param(text: str) -> Param:
    name, _, kind = (part.strip() for part in text.partition(":"))
    kind = kind.removesuffix("...").strip()
    nullable = kind.endswith("?")
    kind = kind.removesuffix("?") or "any"
    optional = name.endswith("?")
    return Param(
        name.removesuffix("?"),
        kind,
        None if kind == "any" else _KINDS[kind],
        optional,
        nullable or kind == "any",
    )


def invoke(name: str, args: Sequence[Any], names: Sequence[str] | None, run: Any) -> Any:
    """Call a built-in; ``Unfit`` says why no signature fits."""
    first: Unfit | None = None
    rows = SIGNATURES[name]
    if names is not None and len(rows) > 1:
        # before(range: r, point: p) and before(point: p, range: r) have the same names: their order tells them apart.
        rows = sorted(rows, key=lambda row: [param.name for param in row.params[: len(names)]] != list(names))
    for signature in rows:
        try:
            bound = signature.bind(args if names is None else signature.order(names, args))
        except Unfit as error:
            first = first or error
            continue
        return signature.call(run, *bound) if signature.aware else signature.call(*bound)
    raise first or Unfit("cannot be called")
