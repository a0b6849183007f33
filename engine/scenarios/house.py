"""The house of one scenario: what is there, and what falls due in it while its clock runs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from engine import feel
from engine.app import Engine
from engine.domain.access import SYSTEM
from engine.domain.clock import FixedClock
from engine.domain.commands import ClaimDeadlines, Claimed, ClaimJobs, FailJob, FinishJob
from engine.domain.errors import Invalid
from engine.domain.questions import GetInstance, GetRecord, ListInstances, ListJobs, ListTasks, ListTimers
from engine.domain.values import InstanceView, RecordRow, TaskRow
from engine.jobs import runner
from engine.scenarios.schema import Service
from engine.scenarios.values import resolved
from engine.scenarios.world import World

_OWN = "crmflow:"
_LEASE = timedelta(days=3650)  # nobody else works here
_MOST = 10_000  # due things in one scenario


class Seen:
    """What is there. ``main`` is the instance that was started first."""

    def __init__(self, engine: Engine, clock: FixedClock, world: World, services: Mapping[str, Service]) -> None:
        self.engine = engine
        self.clock = clock
        self.world = world
        self.services = services
        self.given: dict[str, tuple[str, str]] = {}  # name → (kind, id)
        self.main: str | None = None
        self.held: dict[str, Claimed] = {}  # outside work, by job id

    def instance(self, of: str | None = None) -> str:
        """The instance that is meant. Raises ``Invalid`` CRM-872."""
        if of is not None:
            found = self.engine.ask(ListInstances(SYSTEM, definition_key=of, limit=200)).items
            if not found:
                raise Invalid("CRM-872", f"No instance of '{of}' was started.", fix="Look at what starts it.")
            return max(found, key=lambda row: row.id).id
        if self.main is None:
            raise Invalid("CRM-872", "Nothing was started yet.", fix="Begin with 'start', 'message' or 'signal'.")
        return self.main

    def newest(self) -> str | None:
        """The instance that was started last, of any definition."""
        return max((row.id for row in self.engine.ask(ListInstances(SYSTEM, limit=200)).items), default=None)

    def view(self, of: str | None = None) -> InstanceView:
        return self.engine.ask(GetInstance(self.instance(of), SYSTEM))

    def tasks(self, of: str | None = None) -> list[TaskRow]:
        ask = ListTasks(SYSTEM, box="all", instance_id=self.instance(of), limit=200)
        return sorted(self.engine.ask(ask).items, key=lambda row: row.id)

    def record(self, name: str, of: str | None = None) -> RecordRow:
        """The record behind a variable, or a given one. Raises ``Invalid`` CRM-873."""
        if self.main is not None or of is not None:
            value = self.view(of).variables.get(name)
            if isinstance(value, Mapping) and "$record" in value:
                return self.engine.ask(GetRecord(value["$record"][1], SYSTEM))
        if name in self.given:
            return self.engine.ask(GetRecord(self.given[name][1], SYSTEM))
        raise Invalid("CRM-873", f"'{name}' is neither a record of the instance nor a given one.", fix="Name another.")

    def scope(self, of: str | None = None) -> dict[str, Any]:
        """What a FEEL expression of a step sees: the instance's variables, records with their fields, given records."""
        found: dict[str, Any] = {name: self._fields(id) for name, (_, id) in self.given.items()}
        if self.main is not None:
            for name, value in self.view(of).variables.items():
                ref = value.get("$record") if isinstance(value, Mapping) else None
                found[name] = self._fields(ref[1]) if ref else feel.from_json(value)
        return found

    def _fields(self, record_id: str) -> dict[str, Any]:
        row = self.engine.ask(GetRecord(record_id, SYSTEM))
        more = {"id": row.id, "kind": row.kind, "state": row.state, "owner": row.owner}
        # What it is linked to, by the relation's name; what links to it, by the other's kind.
        linked = {
            link.kind if link.inbound else link.relation: {"id": link.id, "kind": link.kind, "name": link.name}
            for link in row.links
        }
        return {**linked, **feel.from_json(dict(row.data)), **more}

    def values(self, given: Any, of: str | None = None) -> Any:
        """Data of a step: FEEL evaluated, given records by reference."""
        return resolved(given, lambda: self.scope(of), self.given)


class House(Seen):
    """Runs what is due, and lets time pass."""

    def settle(self) -> None:
        """Run what is due now. Outside work is answered where the file says how, else it waits for its step."""
        for _ in range(_MOST):
            deadlines = self.engine.do(ClaimDeadlines(SYSTEM, 100, _LEASE))
            for each in deadlines:
                runner.fire(self.engine, each)
            jobs = self.engine.do(ClaimJobs(SYSTEM, 100, _LEASE))
            for job in jobs:
                if job.type.startswith(_OWN):
                    runner.work(self.engine, job)
                elif (said := self.services.get(job.type)) is not None:
                    self.answer(job, said.result, said.error, said.fail)
                else:
                    self.held[job.id] = job
            if not deadlines and not jobs:
                return
        raise Invalid("CRM-882", "What is due does not come to an end.", fix="Look for a timer of zero length.")

    def pass_time(self, until: datetime) -> None:
        """Let the clock run to a time; what falls due on the way happens when it is due."""
        for _ in range(_MOST):
            due = self._next_due()
            if due is None or due > until:
                self.clock.set(max(until, self.clock.now()))
                self.settle()
                return
            self.clock.set(max(due, self.clock.now()))
            self.settle()
        raise Invalid("CRM-882", "Too much falls due until then.", fix="Let less time pass in one step.")

    def _next_due(self) -> datetime | None:
        timers = self.engine.ask(ListTimers(SYSTEM, limit=200)).items
        jobs = self.engine.ask(ListJobs(SYSTEM, limit=200)).items
        times = [t.due_at for t in timers if t.error is None] + [j.due_at for j in jobs if j.id not in self.held]
        return min((at for at in times if at > self.clock.now()), default=None)

    def answer(self, job: Claimed, result: Mapping[str, Any], error: str | None, fail: str | None) -> None:
        if error is None and fail is None:
            self.engine.do(FinishJob(job.id, job.fence, SYSTEM, result))
        else:
            message = fail or str(result.get("message", "")) or str(error)
            self.engine.do(FailJob(job.id, job.fence, SYSTEM, message, error_code=error, final=True))
