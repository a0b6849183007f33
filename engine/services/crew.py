"""The people a piece of work may go to, as they are now: open tasks, capacity, absences, skills. Read for a choice."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Select, Text, bindparam, cast, func, select, true

from engine.domain.access import may_work
from engine.domain.choosing import FULL, Asked, Person
from engine.services.context import Context
from engine.store.prepared import Prepared
from engine.store.tables import membership, principal, task
from engine.store.tables_people import absence, person, skill

_DEPTH = 5  # stand-ins of stand-ins


def _told() -> tuple[Any, ...]:
    load = select(func.count()).where(task.c.assignee == principal.c.id).scalar_subquery()
    p = person.c
    return (principal.c.id, principal.c.active, load, p.weight, p.most, p.languages, p.territories,
            absence.c.until, absence.c.delegate, principal.c.roles)  # fmt: skip


def _with_absence(query: Select[Any], source: Any) -> Select[Any]:
    away = (absence.c.login == principal.c.id) & (absence.c.since <= bindparam("now"))
    away = away & (absence.c.until > bindparam("now"))
    joined = source.outerjoin(person, person.c.login == principal.c.id).outerjoin(absence, away)
    return query.select_from(joined).where(principal.c.kind == "user")


def _of_team() -> Prepared:
    inside = select(membership.c.member, membership.c.team, membership.c.turn)
    down = inside.where(membership.c.team == bindparam("team")).cte("down", recursive=True)
    deeper = membership.alias("deeper")
    down = down.union(select(deeper.c.member, deeper.c.team, deeper.c.turn).where(deeper.c.team == down.c.member))
    query: Select[Any] = select(*_told(), down.c.team, down.c.turn)
    query = _with_absence(query, principal.join(down, principal.c.id == down.c.member))
    return Prepared(query.order_by(principal.c.id, down.c.team, absence.c.until.desc()))


_TEAM = _of_team()


def team_of(ctx: Context, team: str) -> list[Person]:
    """The people of a team and of the teams in it; one statement, by login."""
    found: dict[str, Person] = {}
    for row in _TEAM.rows(ctx.conn, team=team, now=ctx.now):
        found.setdefault(row[0], replace(_person(row), via=row[10], turn=row[11] or 0))
    return list(found.values())


def named(ctx: Context, logins: Collection[str]) -> list[Person]:
    """These people, as far as they exist."""
    return _some(ctx, principal.c.id.in_(sorted(logins))) if logins else []


def of_role(ctx: Context, role: str) -> list[Person]:
    """Everybody who has a role."""
    # As text: no role's name is part of another's.
    holds = cast(principal.c.roles, Text).like(f'%"{role}"%')
    return _some(ctx, holds)


def everybody(ctx: Context) -> list[Person]:
    """All users, inactive ones too, by login."""
    return _some(ctx, true())


def pool_of(ctx: Context, asked: Asked) -> list[Person]:
    """Everybody named by teams, roles and logins, each once, with their skills if some are asked for."""
    found: dict[str, Person] = {}
    users: list[str] = []
    for who in asked.among:
        kind, _, key = who.rpartition(":")
        if kind == "role":
            people: Iterable[Person] = of_role(ctx, key)
        elif kind == "user":
            users.append(key)
            continue
        else:
            people = team_of(ctx, key)
        for each in people:
            found.setdefault(each.login, each)
    for each in named(ctx, users):
        found.setdefault(each.login, each)
    people = sorted(found.values(), key=lambda one: one.login)
    return skilled(ctx, people) if asked.skills else people


def others(ctx: Context, asked: Asked, people: Sequence[Person]) -> dict[str, Person]:
    """Who may come in besides the pool: the owner, the default, who stands in for the absent, and for those."""
    known = {each.login: each for each in people}
    extra: dict[str, Person] = {}
    wanted = {login for login in (asked.owner, asked.default) if login}
    wanted |= {each.delegate for each in people if each.away and each.delegate}
    for _ in range(_DEPTH):
        missing = wanted - known.keys() - extra.keys()
        if not missing:
            break
        fresh = named(ctx, missing)
        extra |= {each.login: each for each in fresh}
        wanted = {each.delegate for each in fresh if each.away and each.delegate}
    return extra


def skilled(ctx: Context, people: Sequence[Person]) -> list[Person]:
    """The people with their skills; one statement."""
    logins = [each.login for each in people]
    found: dict[str, dict[str, int]] = {}
    query = select(skill.c.login, skill.c.skill, skill.c.level).where(skill.c.login.in_(logins)).order_by(skill.c.skill)
    for login, name, level in ctx.conn.execute(query):
        found.setdefault(login, {})[name] = level
    return [replace(each, skills=found.get(each.login, {})) for each in people]


def _some(ctx: Context, where: Any) -> list[Person]:
    query = _with_absence(select(*_told()), principal).where(where).order_by(principal.c.id, absence.c.until.desc())
    found: dict[str, Person] = {}
    for row in ctx.conn.execute(query, {"now": ctx.now}):
        found.setdefault(row[0], _person(row))
    return list(found.values())


def _person(row: Sequence[Any]) -> Person:
    login, active, load, weight, most, languages, territories, until, delegate, roles = row[:10]
    return Person(
        login=login,
        active=bool(active) and may_work(roles),  # what they may not work would be nowhere
        away=None if until is None else until.isoformat(timespec="minutes"),
        delegate=delegate,
        load=load,
        weight=weight or FULL,
        most=most,
        languages=tuple(languages or ()),
        territories=tuple(territories or ()),
    )


def teams_above(ctx: Context, login: str) -> list[str]:
    """The teams somebody belongs to directly, by key."""
    query = select(membership.c.team).where(membership.c.member == login).order_by(membership.c.team)
    return list(ctx.conn.scalars(query))


@dataclass(frozen=True, slots=True)
class Led:
    """Whom somebody leads: the teams, those in them, and the people of all of these (logins and keys)."""

    teams: frozenset[str]
    people: frozenset[str]


def led_by(ctx: Context, login: str) -> Led:
    """One statement, through nested teams."""
    p, m = principal.c, membership.c
    down = select(p.id, p.kind).where(p.kind == "team", p.lead == login).cte("down", recursive=True)
    inside = select(p.id, p.kind).join_from(membership, principal, p.id == m.member).where(m.team == down.c.id)
    down = down.union(inside)
    found = ctx.conn.execute(select(down.c.id, down.c.kind)).all()
    teams, people = (frozenset(row.id for row in found if row.kind == kind) for kind in ("team", "user"))
    return Led(teams, people)
