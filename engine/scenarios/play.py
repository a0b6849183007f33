"""Plays one scenario in a house of its own: steps are done, expectations checked, and all that differs is told."""

from __future__ import annotations

from time import perf_counter
from typing import Any

from engine.domain.access import SYSTEM
from engine.domain.errors import CrmflowError
from engine.domain.questions import ListIncidents
from engine.scenarios.expect import check, differing
from engine.scenarios.house import House
from engine.scenarios.reading import Read
from engine.scenarios.results import Failure, Result
from engine.scenarios.schema import Step
from engine.scenarios.steps import act, furnish
from engine.scenarios.values import moment
from engine.scenarios.world import World


def play(read: Read, index: int, world: World, watch: Any = None) -> Result:
    """Play one scenario of a file. ``watch(house)`` sees the house when it is over (coverage)."""
    file, scenario = read.file, read.file.scenarios[index]
    begun, failures = perf_counter(), []
    at = moment(scenario.clock or file.clock, None)
    with world.house(at) as (engine, clock):
        house = House(engine, clock, world, {**file.services, **scenario.services})
        here = ("scenarios", index)
        try:
            furnish(house, {**file.records, **scenario.records})
        except CrmflowError as error:
            failures.append(Failure(f"The given records cannot be made: {error}", read.line(*here, "records"), 0))
        for number, step in enumerate([] if failures else scenario.steps):
            line = read.line(*here, "steps", number)
            try:
                if step.expect is not None:
                    failures += check(house, step.expect, step.of, read, (*here, "steps", number, "expect"), number + 1)
                else:
                    act(house, step)
                    failures += _unexpected(house, scenario.steps[number + 1 :], line, number + 1)
            except CrmflowError as error:
                failures.append(Failure(f"This step cannot be done: {error}", line, number + 1, code=error.code))
                break
        if watch is not None:
            watch(house)
    name = scenario.process or file.process
    seconds = round(perf_counter() - begun, 4)
    return Result(scenario.name, read.name, read.line(*here), name, seconds, tuple(failures))


def _unexpected(house: House, following: list[Step], line: int, number: int) -> list[Failure]:
    """An incident that the expectation after this step does not speak of fails the scenario."""
    coming = next((step.expect for step in following[:1] if step.expect is not None), None)
    if house.main is None or (coming is not None and coming.incidents is not None):
        return []
    rows = house.engine.ask(ListIncidents(SYSTEM, house.main)).items
    found = [f"{row.name or row.element_id}: {row.message}" for row in rows]
    return [differing("an incident nobody expects", line, number, [], found)] if found else []
