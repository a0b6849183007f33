"""What a run of scenarios found, as frozen values: JSON for programs, tables and marks for people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Failure:
    """One thing that was not as expected."""

    message: str
    line: int
    step: int  # 1-based
    expected: Any = None
    actual: Any = None
    code: str = "CRM-881"


@dataclass(frozen=True, slots=True)
class Result:
    """One scenario."""

    name: str
    file: str
    line: int
    process: str
    seconds: float
    failures: tuple[Failure, ...] = ()

    @property
    def passed(self) -> bool:
        return not self.failures


@dataclass(frozen=True, slots=True)
class PathCoverage:
    """Which elements and sequence flows of one process the scenarios came by. Percent is of flows."""

    key: str
    name: str
    elements: int
    elements_run: int
    flows: int
    flows_run: int
    percent: float
    times: Mapping[str, int] = field(default_factory=dict)  # element or flow → scenarios that came by
    missed: tuple[str, ...] = ()  # ids of elements and flows
    missed_names: tuple[str, ...] = ()  # what a person calls them, in the same order


@dataclass(frozen=True, slots=True)
class RuleCoverage:
    """Which rules of one decision table matched at least once; rules are numbered from 1."""

    decision: str
    name: str
    table: str
    rules: int
    matched: tuple[int, ...]
    missed: tuple[int, ...]
    asked_by: tuple[str, ...] = ()  # processes that name it, or a decision that needs it

    @property
    def percent(self) -> float:
        return round(100 * len(self.matched) / self.rules, 1) if self.rules else 100.0


@dataclass(frozen=True, slots=True)
class Report:
    """Everything a run found."""

    results: tuple[Result, ...]
    paths: tuple[PathCoverage, ...]
    rules: tuple[RuleCoverage, ...]

    def only(self, key: str) -> Report:
        """The same with the coverage of one process."""
        return Report(self.results, tuple(path for path in self.paths if path.key == key), self.rules)

    @property
    def passed(self) -> bool:
        return all(result.passed for result in self.results)

    @property
    def percent(self) -> float:
        """Flows taken of all flows of the processes that are tested."""
        flows = sum(path.flows for path in self.paths)
        return round(100 * sum(path.flows_run for path in self.paths) / flows, 1) if flows else 100.0
