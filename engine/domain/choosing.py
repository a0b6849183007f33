"""Who gets a piece of work: the pure choice. The same inputs give the same answer, so every "why me?" can be replayed.

Shares follow weights: by turns, a person's turn moves on by ``STRIDE / weight`` with each piece (stride scheduling,
Waldspurger and Weihl 1995); by load, open tasks are divided by the weight.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from typing import Any

from engine.domain.errors import Invalid

STRATEGIES = ("least-loaded", "round-robin", "owner", "skills", "territory")
FULL = 100  # weight of one full person
STRIDE = 100_000  # how far a turn moves for weight 1


@dataclass(frozen=True, slots=True)
class Person:
    """One who might get the work, as they were when it was given out."""

    login: str
    via: str = ""  # the team (or team in it) they belong to
    active: bool = True
    away: str | None = None  # until when they are absent, ISO 8601
    delegate: str | None = None  # who does their work meanwhile
    turn: int = 0  # stride scheduling: where their share has got to; 0 = never had any
    load: int = 0  # open tasks
    weight: int = FULL
    most: int | None = None  # open tasks that fill them up
    skills: Mapping[str, int] = field(default_factory=dict)
    languages: tuple[str, ...] = ()
    territories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """What the work asks for."""

    strategy: str = "least-loaded"
    among: tuple[str, ...] = ()  # team:sales, role:manager, user:ann
    owner: str | None = None  # whom the work belongs to: a customer keeps their person
    exclude: tuple[str, ...] = ()
    eyes: tuple[str, ...] = ()  # who did the step that somebody else must look at
    skills: Mapping[str, int] = field(default_factory=dict)  # skill → level needed
    passing: int = FULL  # score out of 100 that suffices
    language: str | None = None
    territory: str | None = None
    default: str | None = None  # who gets what nobody fits


@dataclass(frozen=True, slots=True)
class Chosen:
    """The person (None: the queue) and why."""

    login: str | None
    reason: str
    full: bool = False  # somebody fits, but has no room now
    candidates: tuple[Mapping[str, Any], ...] = ()
    excluded: Mapping[str, str] = field(default_factory=dict)
    trace: tuple[str, ...] = ()


def choose(asked: Asked, people: Iterable[Person], extra: Mapping[str, Person] | None = None) -> Chosen:
    """Choose among ``people``. ``extra``: others who may come in, by login: the owner, delegates, the default.

    Raises ``Invalid`` CRM-653 for a strategy that is not one of ``STRATEGIES``.
    """
    if asked.strategy not in STRATEGIES:
        legal = ", ".join(STRATEGIES)
        raise Invalid("CRM-653", f"There is no assignment strategy '{asked.strategy}'.", fix=f"Use one of {legal}.")
    pool = {person.login: person for person in people}
    known = {**(extra or {}), **pool}
    kept = _keep(asked, known)
    if kept is not None:
        return kept
    excluded: dict[str, str] = {}
    fit: list[tuple[int, Person]] = []
    for person in pool.values():
        score = score_of(asked.skills, person.skills)
        against = _against(asked, person, score)
        if against:
            excluded[person.login] = against
        else:
            fit.append((score, person))
    rows = tuple(_row(asked, score, person) for score, person in sorted(fit, key=lambda each: each[1].login))
    free = [(score, person) for score, person in fit if person.most is None or person.load < person.most]
    if free:
        best = min(free, key=lambda each: _rank(asked.strategy, *each))[1]
        return Chosen(best.login, _REASONS[asked.strategy], candidates=rows, excluded=excluded)
    if fit:
        excluded.update({person.login: "full" for _, person in fit})
        return Chosen(None, "everybody who fits is full; it waits for room", True, rows, excluded)
    return _nobody(asked, pool, known, excluded)


def score_of(needed: Mapping[str, int], has: Mapping[str, int]) -> int:
    """How well skills fit, 0 to 100: each skill counts alike, as far as its level reaches, never beyond."""
    if not needed:
        return FULL
    parts = [Fraction(min(has.get(skill, 0), level), level) if level > 0 else Fraction(1)
             for skill, level in needed.items()]  # fmt: skip
    return int(sum(parts, Fraction(0)) * FULL / len(parts))


def covers(territories: Iterable[str], wanted: str) -> bool:
    """``cn`` covers ``cn`` and ``cn/south``."""
    return any(wanted == each or wanted.startswith(each + "/") for each in territories)


def next_turn(chosen: Person, people: Iterable[Person]) -> int:
    """Where the chosen one's turn moves. Who was away does not get all they missed at once."""
    everybody = list(people)
    return max(chosen.turn, floor_of(everybody)) + STRIDE // chosen.weight


def floor_of(people: list[Person]) -> int:
    """Nobody is further behind the first than the slowest one's step: so much differs while all take part."""
    if not people:
        return 0
    return max(0, max(p.turn for p in people) - STRIDE // min(p.weight for p in people))


def replay(why: Mapping[str, Any]) -> Chosen:
    """The choice again, from what was stored with it (``why["inputs"]``)."""
    given = why["inputs"]
    asked = given["asked"]
    lists = ("among", "exclude", "eyes")
    values: dict[str, Any] = {k: tuple(v) if k in lists else v for k, v in asked.items()}
    again = Asked(**values)
    return choose(again, [_person(p) for p in given["people"]], {p["login"]: _person(p) for p in given["extra"]})


def inputs_of(asked: Asked, people: Iterable[Person], extra: Mapping[str, Person]) -> dict[str, Any]:
    """What is stored for ``replay``; what is at its default is left out."""
    return {
        "asked": _short(asked),
        "people": [_short(person) for person in people],
        "extra": [_short(person) for person in extra.values()],
    }


def _person(given: Mapping[str, Any]) -> Person:
    values: dict[str, Any] = {k: tuple(v) if k in ("languages", "territories") else v for k, v in given.items()}
    return Person(**values)


def _short(thing: Asked | Person) -> dict[str, Any]:
    plain = {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(thing).items()}
    return {k: v for k, v in plain.items() if k in ("login", "strategy") or v != _DEFAULTS[k]}


_DEFAULTS: Mapping[str, Any] = {
    k: list(v) if isinstance(v, tuple) else v for k, v in {**asdict(Person("")), **asdict(Asked())}.items()
}
_REASONS = {
    "least-loaded": "has the fewest open tasks for their capacity",
    "owner": "has the fewest open tasks for their capacity",
    "round-robin": "waited longest for a turn",
    "skills": "has the skills, and the fewest open tasks for their capacity",
    "territory": "looks after the territory, and has the fewest open tasks for their capacity",
}


def _keep(asked: Asked, known: Mapping[str, Person]) -> Chosen | None:
    """The owner keeps the work; while they are away, their delegate does it."""
    owner = known.get(asked.owner or "") if asked.strategy == "owner" else None
    if owner is None or owner.login in (*asked.exclude, *asked.eyes) or not owner.active:
        return None
    if owner.away is None:
        return Chosen(owner.login, "keeps the owner")
    stand_in = _delegate(asked, owner, known)
    if stand_in is None:
        return None
    trace = (f"{owner.login} is away until {owner.away}",)
    return Chosen(stand_in.login, "stands in for the owner", excluded={owner.login: "away"}, trace=trace)


def _delegate(asked: Asked, person: Person, known: Mapping[str, Person]) -> Person | None:
    """Who stands in, through a chain of absences; None if it ends nowhere."""
    seen = {person.login}
    while person.away is not None:
        found = known.get(person.delegate or "")
        if found is None or found.login in seen or not found.active:
            return None
        if found.login in asked.exclude or found.login in asked.eyes:
            return None
        seen.add(found.login)
        person = found
    return person


def _against(asked: Asked, person: Person, score: int) -> str:
    """Why this person cannot get the work; empty if they can."""
    if not person.active:
        return "inactive"
    if person.login in asked.eyes:
        return "four eyes"
    if person.login in asked.exclude:
        return "excluded"
    if person.away is not None:
        return "away"
    if asked.language is not None and asked.language not in person.languages:
        return "language"
    if asked.territory is not None and not covers(person.territories, asked.territory):
        return "territory"
    return "skills" if score < asked.passing else ""


def _row(asked: Asked, score: int, person: Person) -> Mapping[str, Any]:
    """What "why me?" shows of a candidate."""
    row: dict[str, Any] = {"login": person.login, "load": person.load, "weight": person.weight}
    if asked.strategy == "round-robin":
        row["turn"] = person.turn
    if person.most is not None:
        row["most"] = person.most
    if asked.skills:
        row["score"] = score
    return row


def _rank(strategy: str, score: int, person: Person) -> tuple[Any, ...]:
    load = Fraction(person.load, person.weight)
    if strategy == "round-robin":
        return (person.turn, person.login)
    return (-score, load, person.turn, person.login)


def _nobody(asked: Asked, pool: Mapping[str, Person], known: Mapping[str, Person], excluded: dict[str, str]) -> Chosen:
    """Nobody fits: a delegate of one who is away, else the default, else the queue."""
    for person in sorted(pool.values(), key=lambda p: p.login):
        if excluded.get(person.login) == "away":
            stand_in = _delegate(asked, person, known)
            if stand_in is not None:
                trace = (f"{person.login} is away until {person.away}",)
                return Chosen(stand_in.login, "stands in for the absent", excluded=excluded, trace=trace)
    default = known.get(asked.default or "")
    if default is not None and default.active and default.login not in (*asked.exclude, *asked.eyes):
        stand_in = _delegate(asked, default, known)
        if stand_in is not None:
            return Chosen(stand_in.login, "nobody fits; it goes to the default person", excluded=excluded)
    return Chosen(None, "nobody is free; the team's queue gets it", excluded=excluded)
