"""The heartbeat's metronome and its workers. APScheduler only ticks; rows and leases decide who does what."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

from apscheduler.schedulers.background import BackgroundScheduler

from engine import logs
from engine.app import Engine
from engine.domain.access import SYSTEM
from engine.domain.commands import TidyUp
from engine.jobs.runner import run_due

log = logs.get("jobs")
_TIDY_EVERY = timedelta(minutes=10)


class Heartbeat:
    """Runs due work in ``workers`` threads until it is stopped. Several, here or elsewhere, share the work."""

    def __init__(self, engine: Engine, workers: int | None = None) -> None:
        self.engine = engine
        self.workers = workers or engine.settings.workers
        self._stopping = threading.Event()
        self._due = threading.Condition()
        self._beats = 0  # rises with each tick or wake-up; a worker that has seen the last one waits
        self._tidied: datetime | None = None
        # One worker, if there are several, is never out on a call: timers do not wait for a far end that is slow.
        self._outside = threading.Semaphore(max(1, self.workers - 1))
        self._threads: list[threading.Thread] = []
        self._scheduler = BackgroundScheduler(timezone="UTC", daemon=True)

    def start(self) -> None:
        """Begin to tick. Work that is overdue begins at once."""
        self._threads = [
            threading.Thread(target=self._work, name=f"crmflow-worker-{n}", daemon=True) for n in range(self.workers)
        ]
        self._threads.append(threading.Thread(target=self._listen, name="crmflow-wake", daemon=True))
        for thread in self._threads:
            thread.start()
        self._scheduler.add_job(
            self.beat, "interval", seconds=self.engine.settings.tick_seconds, coalesce=True, max_instances=1
        )
        self._scheduler.start()
        self.beat()

    def stop(self, timeout: float = 30.0) -> None:
        """Stop ticking and wait for what is being done; what is claimed but not done is free when its lease ends."""
        self._stopping.set()
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
        self.engine.woken.set()
        self.beat()
        for thread in self._threads:
            thread.join(timeout)
        self._threads = []

    def beat(self) -> None:
        """Let the workers look for due work now."""
        with self._due:
            self._beats += 1
            self._due.notify_all()

    def _listen(self) -> None:
        """What a command of this process makes due need not wait for the tick."""
        while not self._stopping.is_set():
            self.engine.woken.wait()
            self.engine.woken.clear()
            self.beat()

    def _work(self) -> None:
        seen = 0
        while not self._stopping.is_set():
            with self._due:
                self._due.wait_for(lambda seen=seen: self._beats > seen)  # type: ignore[misc]
                seen = self._beats
            try:
                while not self._stopping.is_set() and self._round():
                    pass
                self._tidy()
            except Exception as error:
                # The database may be away for a while: the worker must still be there when it is back.
                log.error("heartbeat_failed", exc_info=error)

    def _round(self) -> int:
        """One look at what is due; how much was done."""
        outside = self._outside.acquire(blocking=False)
        try:
            return run_due(self.engine, outside=outside)
        finally:
            if outside:
                self._outside.release()

    def _tidy(self) -> None:
        """Housekeeping, now and then, by one worker of the process."""
        now = self.engine.clock.now()
        with self._due:
            if self._tidied is not None and now - self._tidied < _TIDY_EVERY:
                return
            self._tidied = now
        self.engine.do(TidyUp(SYSTEM))
