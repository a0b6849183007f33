"""Who gets work: round robin, least loaded, the same owner again. Every choice says why, with all it looked at.

Absent or inactive people are not considered. Nobody left: the team's queue gets it, and the explanation says so.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import bindparam, func, select, update

from engine.domain.errors import Invalid
from engine.domain.values import RecordRef, TaskOpened
from engine.services.context import Context
from engine.services.library import Loaded
from engine.services.placing import Assignment
from engine.services.registry import provides
from engine.store.prepared import Prepared
from engine.store.tables import membership, principal, record, task

STRATEGIES = ("round-robin", "least-loaded", "owner")


@dataclass(frozen=True, slots=True)
class Member:
    """A person of a team, where the membership hangs, and what they have."""

    login: str
    via: str  # the team (or team in it) they belong to
    active: bool
    turn: int  # the count when they last got work by turns; 0 = never
    load: int = 0  # open tasks


@dataclass(frozen=True, slots=True)
class Pick:
    """The person chosen (None: the team's queue) and the stored reason."""

    login: str | None
    why: Mapping[str, Any] = field(default_factory=dict)


def pick(
    ctx: Context, team: str | None, strategy: str, *, owner: str | None = None, exclude: Collection[str] = ()
) -> Pick:
    """Choose a member of ``team``; raises ``Invalid`` CRM-653 for a strategy that is not one of ``STRATEGIES``.

    ``owner``: with strategy "owner", the person who keeps the work if active and not excluded, in the team or not;
    else the least loaded of the team gets it.
    """
    if strategy not in STRATEGIES:
        legal = ", ".join(STRATEGIES)
        raise Invalid("CRM-653", f"There is no assignment strategy '{strategy}'.", fix=f"Use one of {legal}.")
    if strategy == "owner" and owner and owner not in exclude and _is_active(ctx, owner):
        return Pick(owner, {"by": "strategy", "strategy": "owner", "team": team, "reason": "keeps the owner"})
    people = members(ctx, team) if team else []
    free = [m for m in people if m.active and m.login not in exclude]
    why: dict[str, Any] = {"by": "strategy", "strategy": strategy, "team": team}
    why["excluded"] = {m.login: "inactive" if not m.active else "excluded" for m in people if m not in free}
    if strategy == "owner":
        why["owner"] = owner
    if not free:
        return Pick(None, {**why, "reason": "nobody is free; the team's queue gets it", "queue": team})
    chosen = min(free, key=_by_turn if strategy == "round-robin" else _by_load)
    if strategy == "round-robin":
        why |= {"turns": {m.login: m.turn for m in free}, "reason": "waited longest for a turn"}
    else:
        why |= {"loads": {m.login: m.load for m in free}, "reason": "has the fewest open tasks"}
    _take_turn(ctx, chosen, people)
    return Pick(chosen.login, {**why, "chosen": chosen.login})


def _by_turn(member: Member) -> tuple[Any, ...]:
    return (member.turn, member.login)


def _by_load(member: Member) -> tuple[Any, ...]:
    return (member.load, member.turn, member.login)


def _members_statement() -> Prepared:
    inside = select(membership.c.member, membership.c.team, membership.c.turn)
    down = inside.where(membership.c.team == bindparam("team")).cte("down", recursive=True)
    deeper = membership.alias("deeper")
    down = down.union(select(deeper.c.member, deeper.c.team, deeper.c.turn).where(deeper.c.team == down.c.member))
    load = select(func.count()).where(task.c.assignee == principal.c.id).scalar_subquery()
    return Prepared(
        select(principal.c.id, principal.c.active, down.c.team, down.c.turn, load)
        .join_from(principal, down, principal.c.id == down.c.member)
        .where(principal.c.kind == "user")
        .order_by(principal.c.id, down.c.team)
    )


_MEMBERS = _members_statement()
_TURN = Prepared(
    update(membership)
    .where(membership.c.member == bindparam("login"), membership.c.team == bindparam("via"))
    .values(turn=bindparam("next"))
)
_ACTIVE = Prepared(select(principal.c.active).where(principal.c.id == bindparam("login"), principal.c.kind == "user"))
_OWNER = Prepared(select(record.c.owner).where(record.c.id == bindparam("id")))


def members(ctx: Context, team: str) -> list[Member]:
    """The people of a team and of the teams in it, with their open tasks and turns; one statement, by login."""
    people: dict[str, Member] = {}
    for login, active, via, turn, count in _MEMBERS.rows(ctx.conn, team=team):
        people.setdefault(login, Member(login, via, bool(active), turn or 0, count))
    return list(people.values())


def _take_turn(ctx: Context, chosen: Member, people: Collection[Member]) -> None:
    turn = max(m.turn for m in people) + 1
    _TURN.run(ctx.conn, login=chosen.login, via=chosen.via, next=turn)


def _is_active(ctx: Context, login: str) -> bool:
    row = _ACTIVE.row(ctx.conn, login=login)
    return row is not None and bool(row[0])


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
    """A task with ``crmflow:assignment``: strategy, team, owner (a login, or by default the record's owner)."""
    asked = opened.assignment or {}
    team = str(asked["team"]).removeprefix("team:") if asked.get("team") else None
    owner = asked.get("owner")
    if owner is None and opened.record is not None and asked.get("strategy") == "owner":
        owner = owner_of(ctx, opened.record)
    found = pick(ctx, team, str(asked.get("strategy") or "least-loaded"), owner=owner)
    return Assignment(found.login, (f"team:{team}",) if team else (), found.why)


def owner_of(ctx: Context, ref: RecordRef) -> str | None:
    """Who owns a record; None for nobody, or no record."""
    row = _OWNER.row(ctx.conn, id=ref.id)
    return None if row is None else row[0]
