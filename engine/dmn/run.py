"""One evaluation of a decision: what was given, what has been decided so far, and the steps for the explanation.

Nothing is explained while deciding; steps keep what is needed to do so when somebody asks (``Outcome.trace``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from engine.domain.errors import ExpressionError

DEPTH = 120

Scope = dict[str, Any]


class Step(Protocol):
    """Something that happened and can be told."""

    def tell(self) -> dict[str, Any]: ...


class Run:
    """State of one ``decide``; ``values`` by (namespace, id) of the element."""

    __slots__ = ("depth", "inputs", "problems", "steps", "values")

    def __init__(self, inputs: Mapping[str, Any], steps: list[Step] | None = None) -> None:
        self.inputs = inputs
        self.values: dict[tuple[str, str], Any] = {}
        self.steps: list[Step] = [] if steps is None else steps
        self.problems: list[Problem] = []
        self.depth = 0

    def enter(self, what: str) -> None:
        """One function or decision deeper; CRM-522 when there is no end to it."""
        self.depth += 1
        if self.depth > DEPTH:
            raise ExpressionError(
                "CRM-522",
                f"'{what}' calls itself or others more than {DEPTH} levels deep.",
                fix="End the recursion, or use 'for … return' with 'partial'.",
            )

    def leave(self) -> None:
        self.depth -= 1

    def note(self, where: str, text: str, zh: str) -> None:
        """Something that made a value null."""
        self.problems.append(Problem(where, lambda: (text, zh)))

    def later(self, where: str, tell: Callable[[], tuple[str, str]]) -> None:
        """The same, told only when somebody asks."""
        self.problems.append(Problem(where, tell))


class Problem:
    """Why something became null: the element's name, and the reason in English and Chinese."""

    __slots__ = ("tell", "where")

    def __init__(self, where: str, tell: Callable[[], tuple[str, str]]) -> None:
        self.where = where
        self.tell = tell
