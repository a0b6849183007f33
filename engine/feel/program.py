"""A compiled FEEL text: evaluate, test, diagnose. Programs are immutable and shared between threads."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from decimal import DecimalException
from functools import lru_cache
from typing import Any

from engine.feel import loops, tree
from engine.feel.bounds import DEFAULT, Limits, too_deep
from engine.feel.builtins import REGISTRY
from engine.feel.calls import Machine
from engine.feel.chinese import chinese
from engine.feel.closures import Env, build
from engine.feel.codegen import generate
from engine.feel.fasthelp import Slow
from engine.feel.fastloops import generate_tests
from engine.feel.faults import Unfit, failure, place
from engine.feel.free import free_names, outer_names, part_names
from engine.feel.parser import parse
from engine.feel.values import adopt

KINDS = ("expression", "unary-tests")
WARM = 30  # runs as closures before code is generated
SURPRISES = (Slow, Unfit, DecimalException, TypeError, AttributeError, KeyError, RecursionError)
_EMPTY: Mapping[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """Why something became null, and where (line and column from 1)."""

    message: str
    line: int
    column: int

    @property
    def message_zh(self) -> str:
        """The message in Simplified Chinese."""
        return chinese(self.message)

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}: {self.message}"


class Program:
    """A FEEL text, read once. ``names`` are the top-level names it reads from the scope.

    It runs as closures at first; one that runs often is generated as Python code, with the same results.
    """

    __slots__ = ("code", "count", "kind", "names", "quick", "text", "tree")

    def __init__(self, text: str, kind: str, node: tree.Node) -> None:
        self.text = text
        self.kind = kind
        self.tree = node
        self.names: frozenset[str] = free_names(node)
        self.code = build(node)
        self.quick: Callable[..., Any] | None = None
        self.count = 0

    @property
    def outer(self) -> frozenset[str]:
        """Of the names those read outside of filters; within one a name may be an entry of the item instead."""
        return outer_names(self.tree)

    @property
    def parts(self) -> tuple[str, ...]:
        """The names behind a dot, as often as they stand there: ``lead.account.name`` has account and name."""
        return part_names(self.tree)

    def __repr__(self) -> str:
        return f"Program({self.text!r}, {self.kind!r})"

    def evaluate(self, scope: Mapping[str, Any] | None = None, *, limits: Limits = DEFAULT) -> Any:
        """The value; wrong types give null. Raises ExpressionError CRM-51x where a bound is left."""
        if self.quick is not None and limits is DEFAULT and self.kind == "expression":
            try:
                return self.quick(_EMPTY if scope is None else scope)
            except SURPRISES:
                pass  # the closures know every way out, and say so
        elif self.count >= 0 and self.kind == "expression":
            self._warm()
        return self._run(scope, Machine(limits))

    def test(self, value: Any, scope: Mapping[str, Any] | None = None) -> bool | None:
        """Unary tests against a value; None if it cannot be said."""
        if self.quick is not None and self.kind == "unary-tests":
            try:
                result = self.quick(value, _EMPTY if scope is None else scope)
                return result if result is True or result is False else None
            except SURPRISES:
                pass  # the closures know every way out, and say so
        elif self.count >= 0 and self.kind == "unary-tests":
            self._warm()
        result = self._run(scope, Machine(DEFAULT), {"?": value})
        return result if isinstance(result, bool) else None

    def diagnose(
        self, scope: Mapping[str, Any] | None = None, *, limits: Limits = DEFAULT
    ) -> tuple[Any, tuple[Diagnostic, ...]]:
        """The value, and what made it (or parts of it) null, in the order it happened."""
        notes: list[tuple[int, str]] = []
        value = self._run(scope, Machine(limits, notes))
        return value, tuple(Diagnostic(why, *place(self.text, pos)) for pos, why in dict.fromkeys(notes))

    def _warm(self) -> None:
        """Count the runs; after some of them, generate. A tree that cannot be is not tried again."""
        self.count += 1
        if self.count > WARM:
            self.count = -1
            if isinstance(self.tree, tree.UnaryTests):
                self.quick = generate_tests(self.tree)
            else:
                self.quick = generate(self.tree)

    def _run(self, scope: Mapping[str, Any] | None, machine: Machine, front: Mapping[str, Any] | None = None) -> Any:
        env = Env(_EMPTY if scope is None else scope, None, machine, raw=True)
        try:
            return self.code(env if front is None else Env(front, env, machine, raw=True))
        except RecursionError as error:
            raise too_deep(machine.limits.depth) from error


@lru_cache(maxsize=8192)
def _cached(text: str, kind: str, names: frozenset[str]) -> Program:
    return Program(text, kind, parse(text, kind, names))


def compile(text: str, kind: str = "expression", names: Collection[str] = ()) -> Program:
    """The program of a text, cached. ``names``: known names with spaces or operators in them.

    Raises ExpressionError CRM-50x with line, column and what was expected (DMN 1.5, 10.3.1.2).
    """
    if kind not in KINDS:
        raise failure("CRM-506", f"FEEL: there is no kind of program {kind!r}.", fix=f"Use {' or '.join(KINDS)}.")
    return _cached(text, kind, names if isinstance(names, frozenset) else frozenset(names))


def evaluate(text: str, scope: Mapping[str, Any] | None = None) -> Any:
    """Compile and evaluate in one go; the scope's names are known to the parser."""
    odd = frozenset(name for name in scope or () if not name.isidentifier() or name in REGISTRY)
    return compile(text, "expression", odd).evaluate(scope)


__all__ = ["Diagnostic", "Program", "adopt", "compile", "evaluate", "loops"]
