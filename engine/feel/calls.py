"""Calling functions: built-ins by signature, FEEL's own and the host's by parameter; one evaluation as a Machine."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import DecimalException
from typing import Any

from engine.feel.bounds import CHUNK, DEFAULT, Run
from engine.feel.builtins import invoke
from engine.feel.conform import coerce
from engine.feel.faults import Unfit
from engine.feel.ops import add
from engine.feel.values import Function, adopt, kind_of


class Machine(Run):
    """A Run that can call functions."""

    def call(self, function: Any, args: Sequence[Any], names: Sequence[str] | None = None) -> Any:
        """The result; ``Unfit`` says why there is none. Counts depth and size."""
        if type(function) is not Function:
            raise Unfit(f"a {kind_of(function)} cannot be called")
        if function.params is None:
            self.step(1 + sum(len(arg) >> 5 for arg in args if type(arg) is list))
            try:
                result = invoke(function.name, args, names, self)
            except DecimalException as error:
                raise Unfit("the number is out of range") from error
            self.made(result)
            return result
        return self._own(function, args, names)

    def joined(self, left: Any, right: Any) -> Any:
        """``left + right`` in a loop, where texts count by their length."""
        try:
            out = add(left, right)
        except (Unfit, DecimalException):
            return None
        if type(out) is str:
            self.step(len(out) >> 6)
        return out

    def copied(self, items: list[Any]) -> list[Any]:
        """The list as it is now."""
        self.step(len(items) >> 3)
        return items[:]

    def _own(self, function: Function, args: Sequence[Any], names: Sequence[str] | None) -> Any:
        params = function.params or ()
        if names is not None:
            given = dict(zip(names, args, strict=True))
            if len(given) < len(names) or not given.keys() <= set(params):
                raise Unfit(f"takes the arguments {', '.join(params) or 'none'}, not {', '.join(names)}")
            args = [given.get(name) for name in params]  # those not supplied are null (10.3.2.13.5)
        if len(args) != len(params):
            raise Unfit(f"takes {len(params)} argument{'s' if len(params) != 1 else ''}, not {len(args)}")
        if function.types:
            args = [coerce(arg, kind) for arg, kind in zip(args, function.types, strict=True)]
        self.enter()
        try:
            result = function.call(self, *args) if function.aware else adopt(function.call(*args))
        finally:
            self.depth -= 1
        return coerce(result, function.result)


class Quick(Machine):
    """A Machine with the usual bounds that costs nothing to make: its first values are the class's."""

    limits = DEFAULT
    notes = None
    depth = 0
    used = 0
    left = CHUNK
    start = 0.0

    def __init__(self) -> None:
        """Nothing to set."""
