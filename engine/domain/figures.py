"""How work went, per version of a flow: kept promises, hands it went through, steps done again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from engine.domain.access import Actor
from engine.domain.questions import Question


@dataclass(frozen=True, slots=True)
class FigureRow:
    """One version of a flow, over its finished cases."""

    definition_id: str
    key: str
    name: str
    version: int
    variant_of: str | None
    cases: int
    promises: int  # clocks that were met or breached
    kept: int  # of them, met
    steps: int  # human steps done
    handoffs: int  # the next human step of the case was somebody else's
    reassigned: int  # an open task was given to somebody else, or delegated
    again: int  # a human step begun after an earlier run of it had ended: rework

    @property
    def on_time(self) -> float | None:
        """Share of the promises that were kept; None where nothing was promised."""
        return self.kept / self.promises if self.promises else None

    @property
    def rework(self) -> float | None:
        """Share of the human steps that were done before."""
        return self.again / self.steps if self.steps else None


@dataclass(frozen=True, slots=True)
class ShowFigures(Question[tuple[FigureRow, ...]]):
    """Of cases that began in a period and are finished; for managers. By flow, the newest version first."""

    by: Actor
    since: datetime
    until: datetime
    key: str = ""  # of this flow and its variants only


@dataclass(frozen=True, slots=True)
class QueueRow:
    """A team's open tasks that nobody has taken, by how long they have waited."""

    team: str
    free: int
    oldest: datetime
    ages: tuple[int, int, int, int]  # up to a day, three days, a week, longer


@dataclass(frozen=True, slots=True)
class ShowQueues(Question[tuple[QueueRow, ...]]):
    """The queues in which something waits, the oldest first; for managers."""

    by: Actor
