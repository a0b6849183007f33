"""A limit to a whole HTTP exchange: httpx limits each read, and a far end that drips holds a worker for ever."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Mapping
from typing import Any


class Alarm:
    """When the time is over, the connection is cut; whoever reads or writes then gets httpx's error."""

    def __init__(self, seconds: float) -> None:
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True
        self._lock = threading.Lock()
        self.over = False  # it was cut
        self._sockets: list[socket.socket] = []

    def __enter__(self) -> Alarm:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Httpx's ``trace`` extension: tells of the connection once there is one."""
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            found = info["return_value"].get_extra_info("socket")
            with self._lock:
                self._sockets.append(found)
            if self.over:
                self._cut()

    def _cut(self) -> None:
        self.over = True
        with self._lock:
            for each in self._sockets:
                with contextlib.suppress(OSError):  # the other end was quicker
                    each.shutdown(socket.SHUT_RDWR)
