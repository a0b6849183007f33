"""A limit on failed log-ins per address and login, kept in memory."""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta
from threading import Lock

from engine.domain.errors import TooMany


class Failures:
    """Counts failures per key within a window; at ``most`` the door stays shut until the oldest is old enough."""

    def __init__(self, most: int = 5, window: timedelta = timedelta(minutes=5), keys: int = 10_000) -> None:
        self.most = most
        self.window = window
        self.keys = keys
        self._seen: dict[str, deque[datetime]] = {}
        self._lock = Lock()

    def check(self, key: str, now: datetime) -> None:
        """Raise ``TooMany`` CRM-320 if ``key`` failed too often; ``context["seconds"]`` says how long to wait."""
        with self._lock:
            seen = self._recent(key, now)
            if len(seen) < self.most:
                return
            wait = int((seen[0] + self.window - now).total_seconds()) + 1
        raise TooMany(
            "CRM-320",
            f"Too many failed log-ins; try again in {wait} seconds.",
            fix="Wait, or ask an administrator to set a new password.",
            seconds=wait,
        )

    def add(self, key: str, now: datetime) -> None:
        """Remember a failure."""
        with self._lock:
            if len(self._seen) >= self.keys:  # a flood of made-up logins must not eat the memory
                self._seen.pop(next(iter(self._seen)))
            self._seen.setdefault(key, deque(maxlen=self.most)).append(now)

    def clear(self, key: str) -> None:
        """Forget the failures of ``key`` (it got in)."""
        with self._lock:
            self._seen.pop(key, None)

    def forget(self) -> None:
        """Forget everybody's failures."""
        with self._lock:
            self._seen.clear()

    def _recent(self, key: str, now: datetime) -> deque[datetime]:
        seen = self._seen.get(key, deque())
        while seen and seen[0] + self.window <= now:
            seen.popleft()
        return seen
