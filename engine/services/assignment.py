"""Who gets work: reads who there is, lets ``engine.domain.choosing`` choose, keeps why with all it looked at.

The absent are skipped; the full wait in the hold queue; what nobody fits goes to the default person or to the
team's queue and the managers: never nowhere.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import bindparam, select, update

from engine.domain import choosing
from engine.domain.choosing import STRATEGIES, Asked, Chosen, Person
from engine.domain.errors import CrmflowError
from engine.domain.values import RecordRef, TaskOpened
from engine.services import crew
from engine.services.asking import asked_for, eyes_asked
from engine.services.context import Context
from engine.services.holding import hold, later
from engine.services.library import Loaded
from engine.services.placing import Assignment
from engine.services.registry import provides
from engine.store.prepared import Prepared
from engine.store.tables import membership, principal, record

__all__ = ["STRATEGIES", "Pick", "assign_task", "leads", "members", "owner_of", "pick", "settle"]

_TRIES = 5  # others may be handing out work of the same team at this moment
_FAR = 1 << 30  # turns are moved back before they outgrow their column


@dataclass(frozen=True, slots=True)
class Pick:
    """The person chosen (None: the team's queue) and the stored reason."""

    login: str | None
    why: Mapping[str, Any] = field(default_factory=dict)
    full: bool = False


_TURN = Prepared(
    update(membership)
    .where(membership.c.member == bindparam("login"), membership.c.team == bindparam("via"))
    .where(membership.c.turn.is_not_distinct_from(bindparam("before")))
    .values(turn=bindparam("next"))
)
_OWNER = Prepared(select(record.c.owner).where(record.c.id == bindparam("id")))


def pick(
    ctx: Context, team: str | None, strategy: str, *, owner: str | None = None, exclude: Collection[str] = ()
) -> Pick:
    """Choose a member of ``team``; raises ``Invalid`` CRM-653 for a strategy that is not one of ``STRATEGIES``.

    ``owner``: with strategy "owner", the person who keeps the work if active, present and not excluded, in the team
    or not; their delegate while they are away; else the least loaded of the team gets it.
    """
    among = (f"team:{team}",) if team else ()
    return settle(ctx, Asked(strategy, among, owner, tuple(sorted(exclude))))


def settle(ctx: Context, asked: Asked) -> Pick:
    """Choose, and take the turn. Whoever loses a race for the turn looks again."""
    why: dict[str, Any] = {"by": "strategy", "strategy": asked.strategy}
    team = next((who.partition(":")[2] for who in asked.among if who.startswith("team:")), None)
    why["team"] = team
    for _ in range(_TRIES):
        people, extra = _read(ctx, asked)
        found = choosing.choose(asked, people, extra)
        if found.login is None or _take_turn(ctx, found.login, people):
            break
    why |= _told(asked, found)
    if found.login is None and team:
        why["queue"] = team
    return Pick(found.login, {**why, "inputs": choosing.inputs_of(asked, people, extra)}, found.full)


def _read(ctx: Context, asked: Asked) -> tuple[list[Person], dict[str, Person]]:
    """The owner first: where they keep the work, nobody else is looked at."""
    if asked.strategy == "owner" and asked.owner:
        extra = crew.others(ctx, asked, ())
        if choosing.choose(asked, (), extra).login is not None and not asked.default:
            return [], extra
    people = crew.pool_of(ctx, asked)
    return people, crew.others(ctx, asked, people)


def _told(asked: Asked, found: Chosen) -> dict[str, Any]:
    """The choice as it is stored and shown."""
    told: dict[str, Any] = {"reason": found.reason, "chosen": found.login}
    if asked.owner:
        told["owner"] = asked.owner
    told["candidates"] = [dict(row) for row in found.candidates]
    told["excluded"] = dict(found.excluded)
    if found.trace:
        told["trace_of_absence"] = list(found.trace)
    if asked.skills:
        told |= {"skills": dict(asked.skills), "passing": asked.passing}
    for name in ("language", "territory", "default"):
        if getattr(asked, name):
            told[name] = getattr(asked, name)
    if asked.eyes:
        told["four_eyes"] = list(asked.eyes)
    if found.full:
        told["held"] = True
    return {name: value for name, value in told.items() if value not in (None, [], {})}


def _take_turn(ctx: Context, login: str, people: Collection[Person]) -> bool:
    """Move the chosen one's turn on; False if somebody else did so since it was read."""
    chosen = next((p for p in people if p.login == login), None)
    if chosen is None or not chosen.via:
        return True
    following = choosing.next_turn(chosen, people)
    # A turn that was never taken is NULL, which Person cannot say.
    for before in (chosen.turn, None) if chosen.turn == 0 else (chosen.turn,):
        if _TURN.run(ctx.conn, login=login, via=chosen.via, before=before, next=following):
            if following > _FAR:
                _move_back(ctx, people)
            return True
    return False


def _move_back(ctx: Context, people: Collection[Person]) -> None:
    """Only differences of turns matter: all become smaller by the same."""
    floor = choosing.floor_of(list(people))
    teams = sorted({p.via for p in people if p.via})
    moved = update(membership).where(membership.c.team.in_(teams), membership.c.turn >= floor)
    ctx.conn.execute(moved.values(turn=membership.c.turn - floor))


def members(ctx: Context, team: str) -> list[Person]:
    """The people of a team and of the teams in it, with their open tasks and turns; one statement, by login."""
    return crew.team_of(ctx, team)


def leads(ctx: Context, team: str) -> tuple[str, ...]:
    """The lead of a team if there is one who is active."""
    boss = principal.alias("boss")
    found = ctx.conn.scalars(
        select(boss.c.id)
        .join_from(principal, boss, boss.c.id == principal.c.lead)
        .where(principal.c.id == team, boss.c.active.is_(True))
    )
    return tuple(found)


@provides("task.assign")
def assign_task(ctx: Context, opened: TaskOpened, loaded: Loaded) -> Assignment:
    """A task with ``crmflow:assignment``; see ``engine.services.asking`` for what it may say."""
    try:
        asked, about = asked_for(ctx, opened, loaded)
        found = settle(ctx, asked)
    except CrmflowError as error:
        # A rule's mistake must not refuse what the person before has just done: managers find the task, and why.
        return _unsettled(ctx, opened, error)
    why = {**found.why, **about}
    candidates = asked.among
    if asked.eyes:
        # Who did the first step is no candidate of the second, also not from the team's queue.
        people = crew.pool_of(ctx, asked)
        candidates = tuple(f"user:{p.login}" for p in people if p.active and p.login not in asked.eyes)
    if found.login is None and not found.full:
        why["exception"] = True
        candidates = tuple(dict.fromkeys((*candidates, "role:manager"))) if asked.among else candidates
    if found.full:
        hold(ctx, opened, asked)
    elif found.login is not None:
        later(ctx, opened.key, found.login)
    return Assignment(found.login, candidates, why)


def _unsettled(ctx: Context, opened: TaskOpened, error: CrmflowError) -> Assignment:
    """The exception queue, where who gets a task cannot be worked out."""
    why: dict[str, Any] = {"by": "strategy", "exception": True, "error": {"code": error.code, "message": str(error)}}
    why["reason"] = "who gets it could not be worked out; managers get it"
    eyes = eyes_asked(ctx, opened)
    return Assignment(None, ("role:manager",), {**why, "four_eyes": list(eyes)} if eyes else why)


def owner_of(ctx: Context, ref: RecordRef) -> str | None:
    """Who owns a record; None for nobody, or no record."""
    row = _OWNER.row(ctx.conn, id=ref.id)
    return None if row is None else row[0]
