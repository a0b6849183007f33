"""A worker at a fixed time, killed (SIGKILL) before its n-th statement, or once it sent its n-th mail (0: never)."""

from __future__ import annotations

import os
import signal
from datetime import datetime
from typing import Any

from pydantic import SecretStr
from sqlalchemy import event

from engine import connectors
from engine.app import Engine
from engine.domain.clock import FixedClock
from engine.jobs import drain
from engine.settings import Settings


def main(url: str, at: str, deadly: int, smtp: str | None = None, fatal: int = 0) -> None:
    """Run what is due at this time, as far as one gets."""
    settings = Settings(smtp_url=SecretStr(smtp), base_url="https://crm.example") if smtp else None
    engine = Engine.open(url, clock=FixedClock(datetime.fromisoformat(at)), settings=settings)
    done = sent = 0

    @event.listens_for(engine._db, "before_cursor_execute", retval=True)
    def count(_c: Any, _cursor: Any, text: str, params: Any, _x: Any, _many: bool) -> tuple[str, Any]:
        nonlocal done
        done += 1
        if done == deadly:
            os.kill(os.getpid(), signal.SIGKILL)
        return text, params

    send = connectors.CONNECTORS["mail"]

    def sending(work: Any) -> Any:
        nonlocal sent
        result = send(work)
        sent += 1
        if sent == fatal:  # the server has taken it; nothing of that is committed
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    connectors.CONNECTORS = {**connectors.CONNECTORS, "mail": sending}
    drain(engine)
    engine.close()
