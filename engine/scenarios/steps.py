"""The steps of a scenario: each is a command of the real engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from engine.domain.access import SYSTEM, Actor
from engine.domain.commands import (
    ClaimTask,
    CompleteTask,
    ReleaseTask,
    SaveRecord,
    SendMessage,
    SendSignal,
    StartInstance,
)
from engine.domain.errors import Invalid
from engine.domain.questions import ActorNamed, ListJobs
from engine.domain.states import DefinitionState
from engine.domain.values import TaskRow
from engine.scenarios.house import House
from engine.scenarios.schema import Given, Person, Step
from engine.scenarios.values import moment


def act(house: House, step: Step) -> None:
    """Do a step; what it makes due now is done as well."""
    ACTS[step.verb](house, step)
    house.settle()


def furnish(house: House, records: Mapping[str, Given]) -> None:
    """Make the given records, in their order: links name earlier ones."""
    for name, given in records.items():
        links = {relation: house.given[other][1] for relation, other in given.links.items()}
        data = house.values(given.data)
        row = house.engine.do(SaveRecord(given.kind, SYSTEM, data, owner=given.owner, links=links))
        house.given[name] = (row.kind, row.id)


def _start(house: House, step: Step) -> None:
    assert step.start is not None
    row = house.world.definitions.get(step.start)
    version = None if row is None or row.state is DefinitionState.PUBLISHED else row.version
    by = SYSTEM if step.as_ is None else _actor(house, step.as_)
    data = house.values(step.with_ or {})
    key = house.values(step.key) if step.key else None
    command = StartInstance(step.start, by, data, business_key=key, version=version, validate_form=step.form)
    started = house.engine.do(command)
    house.main = house.main or started.instance_id


def _complete(house: House, step: Step) -> None:
    assert step.complete is not None
    row = _task(house, step.complete, step.of)
    house.engine.do(CompleteTask(row.id, _doer(house, row, step.as_), house.values(step.with_ or {}, step.of)))


def _claim(house: House, step: Step) -> None:
    assert step.claim is not None
    row = _task(house, step.claim, step.of)
    house.engine.do(ClaimTask(row.id, _doer(house, row, step.as_)))


def _release(house: House, step: Step) -> None:
    assert step.release is not None
    row = _task(house, step.release, step.of)
    house.engine.do(ReleaseTask(row.id, _doer(house, row, step.as_)))


def _message(house: House, step: Step) -> None:
    assert step.message is not None
    key = str(house.values(step.key)) if step.key else ""
    sent = house.engine.do(SendMessage(step.message, SYSTEM, key, house.values(step.with_ or {})))
    house.main = house.main or sent.instance_id


def _signal(house: House, step: Step) -> None:
    house.engine.do(SendSignal(str(step.signal), SYSTEM, house.values(step.with_ or {})))
    house.settle()
    house.main = house.main or house.newest()


def _wait(house: House, step: Step) -> None:
    house.pass_time(moment(str(step.wait), house.clock.now()))


def _until(house: House, step: Step) -> None:
    until = moment(str(step.until), house.clock.now())
    if until < house.clock.now():
        raise Invalid("CRM-882", f"{step.until} is over: it is {house.clock.now().isoformat()}.", fix="Wait less.")
    house.pass_time(until)


def _job(house: House, step: Step) -> None:
    rows = house.engine.ask(ListJobs(SYSTEM, house.instance(step.of), limit=200)).items
    row = next((row for row in rows if row.element_id == step.job and row.id in house.held), None)
    if row is None:
        open_ = sorted({str(row.element_id) for row in rows})
        raise Invalid("CRM-874", f"'{step.job}' waits for no answer; these do: {open_}.", fix="Name one of them.")
    house.answer(house.held.pop(row.id), house.values(step.with_ or {}, step.of), step.error, step.fail)


def _change(house: House, step: Step) -> None:
    row = house.record(str(step.change), step.of)
    data = house.values(step.with_ or {}, step.of)
    house.engine.do(SaveRecord(row.kind, SYSTEM, data, id=row.id, owner=step.owner))


def _task(house: House, element: str, of: str | None) -> TaskRow:
    rows = house.tasks(of)
    found = [row for row in rows if row.element_id == element]
    if not found:
        open_ = sorted(row.element_id for row in rows)
        raise Invalid("CRM-871", f"No task is open at '{element}'; open are {open_}.", fix="Name one of them.")
    return found[0]


def _doer(house: House, row: TaskRow, login: str | None) -> Actor:
    """Who does it: as said, else the assignee, else the first of the house who may, else the engine itself."""
    login = login or row.assignee
    if login is None:
        login = next((who for who, one in house.world.people.items() if _may(who, one, row)), None)
    return SYSTEM if login is None else _actor(house, login)


def _actor(house: House, login: str) -> Actor:
    return house.engine.ask(ActorNamed(login))


def _may(login: str, one: Person, row: TaskRow) -> bool:
    mine = {f"user:{login}", *(f"team:{team}" for team in one.teams), *(f"role:{role}" for role in one.roles)}
    return not mine.isdisjoint(row.candidates)


ACTS: Mapping[str, Callable[[House, Step], None]] = {
    "start": _start,
    "complete": _complete,
    "claim": _claim,
    "release": _release,
    "message": _message,
    "signal": _signal,
    "wait": _wait,
    "until": _until,
    "job": _job,
    "change": _change,
}
