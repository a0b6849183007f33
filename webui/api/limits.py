"""Rate limit: a hook asked before each call, and the token bucket that is hooked in by default."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import Protocol

from engine.domain.clock import Clock
from engine.domain.errors import TooMany


class Limiter(Protocol):
    """Answers how many seconds somebody has to wait; 0.0 = go on."""

    def wait(self, who: str) -> float: ...


class Bucket:
    """``rate`` calls a second for each person, ``burst`` at once. Remembers the last 10,000 people."""

    def __init__(self, clock: Clock, rate: float = 200.0, burst: float = 400.0, people: int = 10_000) -> None:
        self._clock = clock
        self._rate = rate
        self._burst = burst
        self._people = people
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()  # who → (tokens, when)
        self._lock = Lock()

    def wait(self, who: str) -> float:
        now = self._clock.now().timestamp()
        with self._lock:
            tokens, then = self._levels.pop(who, (self._burst, now))
            tokens = min(self._burst, tokens + max(0.0, now - then) * self._rate)
            short = max(0.0, 1.0 - tokens)
            self._levels[who] = (tokens - 1.0 if short == 0.0 else tokens, now)
            if len(self._levels) > self._people:
                self._levels.popitem(last=False)
        return short / self._rate


def ensure_slow(limiter: Limiter, who: str) -> None:
    """Raise ``TooMany`` CRM-320 with ``retry_after`` in whole seconds."""
    seconds = limiter.wait(who)
    if seconds > 0:
        raise TooMany(
            "CRM-320",
            "Too many calls.",
            fix="Wait as long as Retry-After says.",
            retry_after=max(1, int(seconds + 0.99)),
        )
