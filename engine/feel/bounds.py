"""What one evaluation may use: steps, recursion, size, time. Each has its own error (CRM-510 … 513)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from time import monotonic
from typing import Any

from engine.domain.clock import Clock, SystemClock
from engine.domain.errors import ExpressionError
from engine.feel.faults import failure

CHUNK = 256  # steps between two looks at the time


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one evaluation."""

    steps: int = 1_000_000
    depth: int = 64  # of functions calling functions
    size: int = 1_000_000  # elements of a list, characters of a string
    seconds: float = 5.0


DEFAULT = Limits()
_clock: ContextVar[Clock] = ContextVar("feel_clock", default=SystemClock())  # noqa: B039 - immutable


@contextmanager
def at(clock: Clock) -> Iterator[None]:
    """``now()`` and ``today()`` read this clock inside."""
    token = _clock.set(clock)
    try:
        yield
    finally:
        _clock.reset(token)


def clock() -> Clock:
    """The clock that holds here."""
    return _clock.get()


class Run:
    """One evaluation: what is left of its bounds, and (if asked for) the notes that explain nulls."""

    def __init__(self, limits: Limits = DEFAULT, notes: list[tuple[int, str]] | None = None) -> None:
        self.limits = limits
        self.notes = notes
        self.depth = 0
        self.used = 0
        self.left = min(CHUNK, limits.steps)
        self.start = 0.0

    def step(self, count: int = 1) -> None:
        """Count steps; raises CRM-510 or CRM-513."""
        self.left -= count
        if self.left < 0:
            self.refill()

    def refill(self) -> None:
        """Look at what was used so far and at the time."""
        self.used += CHUNK - self.left
        self.left = CHUNK
        if self.used > self.limits.steps:
            raise failure("CRM-510", f"FEEL: more than {self.limits.steps} steps.", fix="Iterate over fewer values.")
        now = monotonic()
        if not self.start:
            self.start = now
        elif now - self.start > self.limits.seconds:
            limit = self.limits.seconds
            raise failure("CRM-513", f"FEEL: took longer than {limit:g} s.", fix="Iterate over fewer values.")

    def made(self, value: Any) -> None:
        """Charge for the size of a value that was made, so that many large ones cannot fill the memory."""
        kind = type(value)
        if kind is str:
            self.step(len(value) >> 6)
        elif kind is list:
            self.step(len(value) >> 3)
        elif isinstance(value, dict):
            self.step(len(value) >> 2)

    def read(self, value: Any) -> None:
        """Charge for looking through a whole list or context, so that the time is looked at often enough."""
        kind = type(value)
        if kind is list:
            self.step(16 + (len(value) >> 5))
        elif isinstance(value, dict):
            self.step(16)

    def enter(self) -> None:
        """One function deeper; raises CRM-511."""
        self.depth += 1
        self.step()
        if self.depth > self.limits.depth:
            raise too_deep(self.limits.depth)

    def note(self, pos: int, message: str) -> None:
        """Explain a null."""
        if self.notes is not None and len(self.notes) < 100:
            self.notes.append((pos, message))


def too_deep(depth: int) -> ExpressionError:
    """The error for functions that call each other without end."""
    return failure("CRM-511", f"FEEL: functions nested more than {depth} calls deep.", fix="End the recursion earlier.")
