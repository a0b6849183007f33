"""A worker at a fixed time, killed (SIGKILL) before its n-th statement: ``doomed.py URL TIME N`` (0: never)."""

from __future__ import annotations

import os
import signal
import sys
from datetime import datetime
from typing import Any

from sqlalchemy import event

from engine.app import Engine
from engine.domain.clock import FixedClock
from engine.jobs import drain


def main(url: str, at: str, deadly: int) -> None:
    """Run what is due at this time, as far as one gets."""
    engine = Engine.open(url, clock=FixedClock(datetime.fromisoformat(at)))
    done = 0

    @event.listens_for(engine._db, "before_cursor_execute", retval=True)
    def count(_c: Any, _cursor: Any, text: str, params: Any, _x: Any, _many: bool) -> tuple[str, Any]:
        nonlocal done
        done += 1
        if done == deadly:
            os.kill(os.getpid(), signal.SIGKILL)
        return text, params

    drain(engine)
    print(done)
    engine.close()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
