"""Checks an expectation against the house, and says line by line what is otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from engine.domain.access import SYSTEM
from engine.domain.questions import ActorNamed, GetHistory, ListJobs, ListNotifications
from engine.domain.values import ActivityRow, TaskRow
from engine.scenarios.results import Failure
from engine.scenarios.values import fits, moment

if TYPE_CHECKING:
    from engine.scenarios.house import Seen
    from engine.scenarios.reading import Loc, Read
    from engine.scenarios.schema import Expect, Wanted


def check(house: Seen, expect: Expect, of: str | None, read: Read, at: Loc, step: int) -> list[Failure]:
    """Everything that is not as expected."""
    found = Check(house, expect, of, read, at, step)
    return [*found.work(), *found.data(), *found.way(), *found.told()]


def differing(what: str, line: int, step: int, wanted: Any, actual: Any) -> Failure:
    return Failure(f"{what}: expected {told(wanted)}, found {told(actual)}", line, step, wanted, actual)


class Check:
    """One expectation, in four parts."""

    def __init__(self, house: Seen, expect: Expect, of: str | None, read: Read, at: Loc, step: int) -> None:
        self.house = house
        self.expect = expect
        self.of = of
        self.read = read
        self.at = at
        self.step = step

    def off(self, what: str, wanted: Any, actual: Any, *loc: str) -> Failure:
        return differing(what, self.read.line(*self.at, *loc), self.step, wanted, actual)

    def work(self) -> Iterator[Failure]:
        """Tasks and outside jobs."""
        expect = self.expect
        if expect.tasks is not None:
            rows = self.house.tasks(self.of)
            open_ = sorted(row.element_id for row in rows)
            if set(open_) != set(expect.tasks):
                yield self.off("open tasks", sorted(expect.tasks), open_, "tasks")
            for row in rows:
                wanted = expect.tasks.get(row.element_id)
                if wanted is not None:
                    yield from self._task(row, wanted)
        if expect.jobs is not None:
            jobs = self.house.engine.ask(ListJobs(SYSTEM, self.house.instance(self.of), limit=200)).items
            waiting = sorted(str(row.element_id) for row in jobs if row.id in self.house.held)
            if waiting != sorted(expect.jobs):
                yield self.off("work outside", sorted(expect.jobs), waiting, "jobs")

    def _task(self, row: TaskRow, wanted: Wanted) -> Iterator[Failure]:
        here = ("tasks", row.element_id)
        for name in ("name", "assignee", "priority"):
            value = getattr(wanted, name)
            if name in wanted.model_fields_set and value != getattr(row, name):
                yield self.off(f"{name} of {row.element_id}", value, getattr(row, name), *here, name)
        if wanted.candidates is not None and set(wanted.candidates) != set(row.candidates):
            yield self.off(f"candidates of {row.element_id}", wanted.candidates, list(row.candidates), *here)
        if wanted.due is not None:
            yield from self._due(f"{row.element_id} is due", wanted.due, row.due_at, *here, "due")

    def _due(self, what: str, wanted: str, actual: datetime | None, *loc: str) -> Iterator[Failure]:
        at = moment(wanted, self.house.clock.now())
        if actual != at:
            said = None if actual is None else actual.isoformat()
            yield self.off(what, at.isoformat(), said, *loc)

    def data(self) -> Iterator[Failure]:
        """Variables, records, state and the variant."""
        expect, house = self.expect, self.house
        if not (expect.data or expect.records or expect.state or expect.variant or expect.choice):
            return
        if expect.data or expect.state or expect.variant or expect.choice:
            view = house.view(self.of)
            for name, wanted in expect.data.items():
                wanted = wanted if isinstance(wanted, str) else house.values(wanted, self.of)
                if not fits(wanted, view.variables.get(name), lambda: house.scope(self.of)):
                    yield self.off(name, wanted, view.variables.get(name), "data", name)
            reason = (view.row.choice or {}).get("reason")
            said = {"state": view.row.state.value, "variant": view.row.definition_key, "choice": reason}
            for what, is_so in said.items():
                if (wanted := getattr(expect, what)) is not None and wanted != is_so:
                    yield self.off(what, wanted, is_so, what)
        for name, fields in expect.records.items():
            row = house.record(name, self.of)
            actual = {"state": row.state, "owner": row.owner, "name": row.name} | dict(row.data)
            for field, wanted in fields.items():
                if not fits(wanted, actual.get(field), lambda: house.scope(self.of)):
                    yield self.off(f"{name}.{field}", wanted, actual.get(field), "records", name, field)

    def way(self) -> Iterator[Failure]:
        """The path, deadlines and incidents."""
        expect = self.expect
        if expect.path or expect.skipped:
            ran = [row.element_id for row in history(self.house, self.house.instance(self.of))]
            after = iter(ran)
            for number, element in enumerate(expect.path):
                if not any(element == one for one in after):
                    yield self.off(f"path: '{element}' did not run in its turn", expect.path, ran, "path", str(number))
                    break
            for element in expect.skipped:
                if element in ran:
                    yield self.off(f"path: '{element}' ran", "skipped", "run", "skipped")
        if expect.deadlines or expect.incidents is not None:
            view = self.house.view(self.of)
            for element, wanted in expect.deadlines.items():
                due = min((row.due_at for row in view.timers if row.element_id == element), default=None)
                yield from self._due(f"deadline {element}", wanted, due, "deadlines", element)
            failed = sorted(str(row.element_id) for row in view.incidents)
            if expect.incidents is not None and failed != sorted(expect.incidents):
                yield self.off("incidents", sorted(expect.incidents), failed, "incidents")

    def told(self) -> Iterator[Failure]:
        """Notifications, oldest first."""
        for login, wanted in self.expect.notifications.items():
            actor = self.house.engine.ask(ActorNamed(login))
            rows = self.house.engine.ask(ListNotifications(actor, limit=200)).items
            titles = [row.title for row in sorted(rows, key=lambda row: row.id)]
            if titles != wanted:
                yield self.off(f"told {login}", wanted, titles, "notifications", login)


def history(house: Seen, instance_id: str) -> Iterator[ActivityRow]:
    """All rows of an instance's history, oldest first."""
    cursor: str | None = None
    while True:
        page = house.engine.ask(GetHistory(instance_id, SYSTEM, limit=200, cursor=cursor))
        yield from page.items
        cursor = page.next
        if cursor is None:
            return


def told(value: Any) -> str:
    """A value as the file would write it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {told(one)}" for key, one in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(told, value)) + "]"
    return "nothing" if value is None else str(value)
