"""Commands, questions and rows about people beyond log-in: capacity, skills, absences, how they are told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from engine.domain.access import Actor
from engine.domain.commands import Command
from engine.domain.questions import Question
from engine.domain.values import Page, PrincipalRow


@dataclass(frozen=True, slots=True)
class AbsenceRow:
    id: str
    login: str
    since: datetime
    until: datetime
    delegate: str | None = None
    hand_over: bool = False
    reason: str = ""  # empty for others than themselves and who keeps their absences


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A person with everything their page shows."""

    row: PrincipalRow
    weight: int = 100
    most: int | None = None
    languages: tuple[str, ...] = ()
    territories: tuple[str, ...] = ()
    skills: Mapping[str, int] = field(default_factory=dict)
    calendar: str | None = None
    tell: Mapping[str, Any] = field(default_factory=dict)
    absences: tuple[AbsenceRow, ...] = ()  # present and coming ones
    load: int = 0  # open tasks
    team_names: Mapping[str, str] = field(default_factory=dict)
    reports: tuple[str, ...] = ()  # who reports to them
    feed: bool = False  # whether they have a calendar feed
    keeps: bool = False  # whether the asker notes their absences, and reads why they are away


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """One notification by one way."""

    id: str
    to: str
    title: str
    channel: str
    state: str  # waiting, digest, sent, failed, bounced
    created_at: datetime
    due_at: datetime | None = None
    error: str | None = None
    message_id: str | None = None


@dataclass(frozen=True, slots=True)
class GetPerson(Question[PersonRow]):
    """A person, for those who may read people; how they are told only for themselves and those who manage people."""

    login: str
    by: Actor


@dataclass(frozen=True, slots=True)
class ChangePerson(Command[PersonRow]):
    """Change what a person can take and do. None leaves a field; an empty text clears it.

    Raises ``Invalid`` CRM-091 for values outside their bounds.
    """

    login: str
    by: Actor
    weight: int | None = None  # 1 to 1000; 100 = one full person
    most: int | None = None  # open tasks; -1 = no limit
    languages: tuple[str, ...] | None = None
    territories: tuple[str, ...] | None = None
    skills: Mapping[str, int] | None = None  # all of them: skill → 1 to 5
    calendar: str | None = None
    manager: str | None = None
    teams: tuple[str, ...] | None = None  # all direct memberships


@dataclass(frozen=True, slots=True)
class ChangeTeam(Command[PrincipalRow]):
    """Change a team's name, lead, parents and members; None leaves a field, an empty lead clears it."""

    key: str
    by: Actor
    name: str | None = None
    lead: str | None = None
    parents: tuple[str, ...] | None = None
    members: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class SetWishes(Command[PersonRow]):
    """How I am told; see ``engine.domain.telling.Wishes``. ``new_key``: my webhook gets a new secret to sign with."""

    by: Actor
    wishes: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class AddAbsence(Command[AbsenceRow]):
    """Be away. One's own, or (managing people, or as their manager or team's lead) somebody else's."""

    login: str
    by: Actor
    since: datetime
    until: datetime
    delegate: str | None = None
    hand_over: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True)
class EndAbsence(Command[None]):
    """Come back early, or not go at all."""

    absence_id: str
    by: Actor


@dataclass(frozen=True, slots=True)
class MakeFeed(Command[str]):
    """A new secret for the address of one's calendar feed; the old address stops working."""

    by: Actor


@dataclass(frozen=True, slots=True)
class EndFeed(Command[None]):
    """No calendar feed any more: its address stops working."""

    by: Actor


@dataclass(frozen=True, slots=True)
class ReadFeed(Question[str]):
    """The iCalendar text (RFC 5545) behind a feed's secret. Raises ``NotFound`` CRM-422."""

    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ListDeliveries(Question[Page[DeliveryRow]]):
    """What was sent to whom: one's own, or everybody's for those who manage people."""

    by: Actor
    login: str | None = None
    failed: bool = False
    limit: int = 50
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class ReportBounce(Command[int]):
    """A mail came back: its deliveries say so. The number found. Raises ``NotFound`` CRM-423."""

    message_id: str
    by: Actor
    reason: str = ""


@dataclass(frozen=True, slots=True)
class SendAgain(Command[int]):
    """Send what failed or came back once more, to where its reader is reached now; how many notifications it tells.

    One's own, or anybody's for those who manage people. Raises ``NotFound`` CRM-437, ``Conflict`` CRM-225 for what is
    not failed, ``Invalid`` CRM-098 for who cannot be reached.
    """

    delivery_id: str
    by: Actor


@dataclass(frozen=True, slots=True)
class ImportPeople(Command["PeopleImported"]):
    """Take in rows of a CSV of people. The same file again changes nothing; bad rows are put aside with the reason."""

    file: str
    import_id: str
    rows: tuple[tuple[int, Mapping[str, str]], ...]  # (row number, column → text)
    by: Actor


@dataclass(frozen=True, slots=True)
class PeopleImported:
    import_id: str
    created: int
    updated: int
    unchanged: int
    quarantined: int
    reasons: Mapping[int, str] = field(default_factory=dict)  # row → why it was put aside


@dataclass(frozen=True, slots=True)
class WorkloadRow:
    """One person's work against what they can take."""

    login: str
    name: str
    teams: tuple[str, ...]
    load: int
    overdue: int
    weight: int
    most: int | None
    share: float  # load for a full person's capacity, against the mean of those in their teams; 1.0 = a fair share
    away: AbsenceRow | None = None
    absences: tuple[AbsenceRow, ...] = ()
    gets: int = 0  # what-if: tasks that would come to them
    waits: int = 0  # what-if: tasks of who is away that are not due before they are back


@dataclass(frozen=True, slots=True)
class Workload(Question[tuple[WorkloadRow, ...]]):
    """Who has how much, of a team (None: of all the asker leads, or everybody for those who manage tasks).

    ``away``: what if these people were away: their open tasks are dealt out among the rest, ``gets`` says to whom.
    ``until``: and come back then: what is due later, or never, ``waits`` for them. None: they do not come back.
    """

    by: Actor
    team: str | None = None
    away: tuple[str, ...] = ()
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class MoveWork(Command["WorkMoved"]):
    """Give the first open tasks of some people to somebody else, or ("team:KEY") to a team's queue, in one go.

    For who manages tasks; a team's lead moves work among the people and teams they lead. Raises ``Invalid`` CRM-094.
    """

    givers: tuple[str, ...]
    to: str
    by: Actor
    number: int = 1  # of each, those that breach first
    reason: str = ""
    trial: bool = False  # tried out and taken back: what would move, what would stay


@dataclass(frozen=True, slots=True)
class WorkMoved:
    moved: int
    kept: tuple[tuple[str, str, str], ...] = ()  # task's name, code and reason of those that stayed
    gave: Mapping[str, int] = field(default_factory=dict)  # how many of whom moved


@dataclass(frozen=True, slots=True)
class TeamsInCharge(Question[Mapping[str, str]]):
    """The teams whose workload one may see: all for who manages tasks, else those one leads and those in them."""

    by: Actor


@dataclass(frozen=True, slots=True)
class NoteDenied(Command[None]):
    """Somebody tried what they may not: kept in the audit."""

    by: Actor
    action: str
    code: str
    right: str | None = None


@dataclass(frozen=True, slots=True)
class PeopleNames(Question[Mapping[str, str]]):
    """What people are called: login → name, of these and, to be asked seldom, of some hundred others; also who left."""

    by: Actor
    logins: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PersonName:
    """Somebody to choose: a person's log-in or a team's key, and what they are called."""

    id: str
    kind: str  # user, team
    name: str

    @property
    def said(self) -> str:
        """As commands take it: ``ann``, ``team:sales``."""
        return f"team:{self.id}" if self.kind == "team" else self.id


@dataclass(frozen=True, slots=True)
class FindPeople(Question[tuple[PersonName, ...]]):
    """Active people (and teams) whose log-in or name holds these words, what begins with them first: one statement.

    For fields that are filled while one types: of ten thousand the wanted one is found by a few letters.
    """

    by: Actor
    text: str
    kind: str | None = None  # user, team
    limit: int = 20


@dataclass(frozen=True, slots=True)
class TeamNames(Question[Mapping[str, str]]):
    """What teams are called: key → name. For pages, which show names."""

    by: Actor
