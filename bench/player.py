"""Plays a BPMN model without a database: keeps what is open as a store would, and checks the bookkeeping.

``restore=True`` writes and reads the state between any two commands; ``False`` goes on with the living instance.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from engine.bpmn import Process, Run, Runtime, compile
from engine.domain.states import ActivityState, InstanceState
from engine.domain.values import Fault, RecordRef, ServiceCall, Step, SubscriptionSet, TaskOpened, TimerSet

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class Player:
    """One instance as its store sees it."""

    def __init__(
        self,
        xml: bytes,
        *,
        restore: bool = True,
        called: Mapping[str, bytes] | None = None,
        key: str = "p",
        decide: Callable[[str, Mapping[str, Any]], tuple[Any, Any]] | None = None,
        records: Callable[[RecordRef], Mapping[str, Any]] | None = None,
        limit: int = 10_000,
        compact_above: int = 200,
        lonely: bool = False,
    ) -> None:
        self.process: Process = compile(xml, key, called or {})
        self.runtime = Runtime(decide or _no_decision, records or _no_record, limit, compact_above)
        self.restore = restore
        self.lonely = lonely  # may wait for nothing a host can see (a condition, a join that never fires)
        self.now = NOW
        self.state: bytes | None = None
        self.instance: Any = None
        self.status = InstanceState.ACTIVE
        self.tasks: dict[int, TaskOpened] = {}
        self.timers: dict[int, TimerSet] = {}
        self.waits: dict[int, SubscriptionSet] = {}
        self.calls: dict[int, ServiceCall] = {}
        self.faults: dict[int, Fault] = {}
        self.steps: list[Step] = []

    # --- commands --------------------------------------------------------------------------------

    def start(self, start_event: str | None = None, **variables: Any) -> Step:
        run = self.runtime.start(
            self.process, variables, self.now, start_event=start_event, business_key="BK-1", instance_id="i1"
        )
        return self._take(run)

    def do(self, element: str, **data: Any) -> Step:
        """Complete the (oldest) open task of an element."""
        key = self._key(self.tasks, element)
        return self._act(lambda run: run.complete(key, data))

    def fire(self, element: str) -> Step:
        """Let the clock run to the element's timer and fire it."""
        key = self._key(self.timers, element)
        self.now = max(self.now, self.timers[key].due_at)
        return self._act(lambda run: run.fire(key))

    def deliver(self, name: str, **payload: Any) -> Step:
        """Deliver a message or signal to the oldest subscription of its name."""
        key = next(key for key, wait in self.waits.items() if wait.name == name)
        return self._act(lambda run: run.deliver(key, payload))

    def finish(self, element: str, **result: Any) -> Step:
        key = self._key(self.calls, element)
        return self._act(lambda run: run.finish_call(key, result))

    def throw(self, element: str, code: str, text: str = "") -> Step:
        key = self._key(self.calls, element)
        return self._act(lambda run: run.throw(key, code, text))

    def retry(self, element: str) -> Step:
        key = self._key(self.faults, element)
        return self._act(lambda run: run.retry(key))

    def cancel(self) -> Step:
        return self._act(lambda run: run.cancel())

    def run(self) -> Run:
        """A run on the present state, for tests that look inside."""
        if self.restore:
            assert self.state is not None
            return self.runtime.resume(self.process, self.state, self.now)
        return Run(self.runtime, self.process, self.instance, self.now)

    # --- what a test looks at ----------------------------------------------------------------------

    @property
    def open(self) -> list[str]:
        """Element ids of everything open, sorted."""
        kept = (self.tasks, self.timers, self.waits, self.calls, self.faults)
        return sorted(item.element_id for rows in kept for item in rows.values())

    @property
    def trace(self) -> list[str]:
        """Element ids that completed, in order."""
        return [h.element_id for step in self.steps for h in step.history if h.state is ActivityState.COMPLETED]

    def ended(self, state: ActivityState) -> list[str]:
        return [h.element_id for step in self.steps for h in step.history if h.state is state]

    def detail(self, element: str) -> Mapping[str, Any]:
        """Detail of the element's last line of history."""
        return next(
            h.detail or {} for step in reversed(self.steps) for h in reversed(step.history) if h.element_id == element
        )

    @property
    def variables(self) -> Mapping[str, Any]:
        return self.steps[-1].variables

    def pass_time(self, **by: float) -> None:
        self.now += timedelta(**by)

    # --- bookkeeping -------------------------------------------------------------------------------

    def _key(self, rows: Mapping[int, Any], element: str) -> int:
        return next(key for key, row in rows.items() if row.element_id == element)

    def _act(self, act: Callable[[Run], None]) -> Step:
        run = self.run()
        act(run)
        return self._take(run)

    def _take(self, run: Run) -> Step:
        step = run.finish()
        rows: tuple[tuple[dict[int, Any], Any, Any], ...] = (
            (self.tasks, step.closed, step.opened),
            (self.timers, step.timers_gone, step.timers),
            (self.waits, step.subscriptions_gone, step.subscriptions),
            (self.calls, step.calls_gone, step.calls),
            (self.faults, step.faults_gone, step.faults),
        )
        for kept, gone, opened in rows:
            for key in gone:
                del kept[key]  # what is gone was there
            for item in opened:
                assert item.key not in kept, "a key was used twice"
                kept[item.key] = item
        self.instance, self.state, self.status = run.instance, step.state, step.status
        self.steps.append(step)
        assert (step.state is None) == (step.status is not InstanceState.ACTIVE)
        if step.status is not InstanceState.ACTIVE:
            assert not self.open, "nothing stays open when an instance is over"
        elif not self.lonely:
            assert self.open, "an active instance waits for something"
        return step


def _no_decision(name: str, inputs: Mapping[str, Any]) -> tuple[Any, Any]:
    raise AssertionError(f"no decision {name}")


def _no_record(ref: RecordRef) -> Mapping[str, Any]:
    raise AssertionError(f"no record {ref}")
