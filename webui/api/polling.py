"""Long polling: a request may wait for something, bounded in time and in number, without holding a transaction."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

R = TypeVar("R")

_FIRST, _LONGEST = 0.05, 0.5  # seconds between two looks
_LOCK = threading.Lock()
_waiting = 0  # requests of this process that wait now


def waited(look: Callable[[], bool], take: Callable[[], R], seconds: float, most: int) -> R | None:
    """``take()`` as soon as ``look()`` says so, and again while others are quicker; None when time is over.

    With ``most`` requests waiting already nobody waits: threads are left for people.
    """
    if not _enter(most):
        return None
    try:
        until = time.monotonic() + seconds
        pause = _FIRST
        while (left := until - time.monotonic()) > 0:
            threading.Event().wait(min(pause, left))
            pause = min(_LONGEST, pause * 1.5)
            if look() and (found := take()):
                return found
        return None
    finally:
        _leave()


def _enter(most: int) -> bool:
    global _waiting
    with _LOCK:
        if _waiting >= most:
            return False
        _waiting += 1
        return True


def _leave() -> None:
    global _waiting
    with _LOCK:
        _waiting -= 1
