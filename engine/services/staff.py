"""People beyond log-in: what they can take and do, their teams and manager, how they are told."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sqlalchemy import case, delete, func, insert, or_, select, update

from engine.domain.access import Actor, Right, ensure
from engine.domain.errors import Forbidden, Invalid
from engine.domain.staff import (
    AbsenceRow,
    ChangePerson,
    ChangeTeam,
    FindPeople,
    GetPerson,
    NoteDenied,
    PeopleNames,
    PersonName,
    PersonRow,
    SetWishes,
    TeamNames,
)
from engine.domain.telling import Wishes
from engine.domain.values import PrincipalRow
from engine.services import crew, people
from engine.services.context import Context
from engine.services.registry import answers, handles
from engine.store import locks
from engine.store.tables import membership, principal, task
from engine.store.tables_people import absence, person, skill
from engine.store.tables_time import calendar

_NAMES = 500  # read at once
_BLANK: dict[str, Any] = {
    "weight": 100,
    "most": None,
    "languages": [],
    "territories": [],
    "calendar": None,
    "tell": {},
    "feed": None,
}
_LEVELS = range(1, 6)


@answers(GetPerson)
def get_person(ctx: Context, ask: GetPerson) -> PersonRow:
    """Raises ``NotFound`` CRM-411."""
    ensure(ask.by, Right.PEOPLE_READ)
    return person_of(ctx, ask.login, ask.by)


def person_of(ctx: Context, login: str, by: Actor) -> PersonRow:
    """Everything about one person; how they are told only for themselves and who manages people."""
    row = people.one(ctx, login)
    held = _held(ctx, login)
    skills = ctx.conn.execute(
        select(skill.c.skill, skill.c.level).where(skill.c.login == login).order_by(skill.c.skill)
    )
    own = by.id == login or Right.PEOPLE_MANAGE in by.rights
    reports = select(principal.c.id).where(principal.c.manager == login).order_by(principal.c.id)
    names = select(principal.c.id, principal.c.name).where(principal.c.id.in_(row.teams))
    return PersonRow(
        row=row,
        weight=held["weight"],
        most=held["most"],
        languages=tuple(held["languages"]),
        territories=tuple(held["territories"]),
        skills={name: level for name, level in skills},  # noqa: C416 (rows are not pairs to dict's typing)
        calendar=held["calendar"],
        # The secret that signs somebody's webhooks is theirs alone.
        tell={k: v for k, v in held["tell"].items() if k != "key" or by.id == login} if own else {},
        absences=coming(ctx, [login], by).get(login, ()),
        load=ctx.conn.scalar(select(func.count()).where(task.c.assignee == login)) or 0,
        team_names={key: name for key, name in ctx.conn.execute(names)},  # noqa: C416
        reports=tuple(ctx.conn.scalars(reports)),
        feed=own and held["feed"] is not None,
        keeps=login in kept_by(ctx, by, [login]),
    )


def coming(ctx: Context, logins: Iterable[str], by: Actor) -> dict[str, tuple[AbsenceRow, ...]]:
    """Present and coming absences by login. Why somebody is away is theirs, and of who keeps their absences."""
    a = absence.c
    query = select(a.id, a.login, a.since, a.until, a.delegate, a.hand_over, a.reason)
    query = query.where(a.login.in_(list(logins)), a.until > ctx.now).order_by(a.since, a.id)
    rows = ctx.conn.execute(query).mappings().all()
    kept = kept_by(ctx, by, {row["login"] for row in rows if row["reason"]})
    found: dict[str, tuple[AbsenceRow, ...]] = {}
    for row in rows:
        told = {**row, "reason": row["reason"] if row["login"] in kept else ""}
        found[row["login"]] = (*found.get(row["login"], ()), AbsenceRow(**told))
    return found


def kept_by(ctx: Context, by: Actor, logins: Collection[str]) -> frozenset[str]:
    """Those of these people whose absences ``by`` notes and reads whole: oneself, who reports to one, the people of
    the teams one leads; everybody for who manages people."""
    if Right.PEOPLE_MANAGE in by.rights or not set(logins) - {by.id}:
        return frozenset(logins)
    reports = select(principal.c.id).where(principal.c.id.in_(sorted(logins)), principal.c.manager == by.id)
    over = {by.id, *ctx.conn.scalars(reports), *crew.led_by(ctx, by.id).people}
    return frozenset(over.intersection(logins))


@answers(PeopleNames)
def people_names(ctx: Context, ask: PeopleNames) -> Mapping[str, str]:
    p = principal.c
    query = select(p.id, p.name).where(p.kind == "user").order_by(p.id.not_in(ask.logins), p.id)
    rows = ctx.conn.execute(query.limit(max(_NAMES, len(ask.logins))))
    return {login: name for login, name in rows}  # noqa: C416


@answers(FindPeople)
def find_people(ctx: Context, ask: FindPeople) -> tuple[PersonName, ...]:
    ensure(ask.by, Right.PEOPLE_READ)
    p, typed = principal.c, ask.text.strip().lower()
    query = select(p.id, p.kind, p.name).where(p.active.is_(True))
    if ask.kind is not None:
        query = query.where(p.kind == ask.kind)
    for word in typed.split():
        query = query.where(or_(*(func.lower(c).contains(word, autoescape=True) for c in (p.id, p.name))))
    is_it = or_(p.id == typed, func.lower(p.name) == typed)
    begins = or_(*(func.lower(c).startswith(typed, autoescape=True) for c in (p.id, p.name)))
    query = query.order_by(case((is_it, 0), (begins, 1), else_=2), func.lower(p.name), p.id)
    return tuple(PersonName(*row) for row in ctx.conn.execute(query.limit(min(500, max(1, ask.limit)))))


@answers(TeamNames)
def team_names(ctx: Context, ask: TeamNames) -> Mapping[str, str]:
    query = select(principal.c.id, principal.c.name).where(principal.c.kind == "team").order_by(principal.c.id)
    return {key: name for key, name in ctx.conn.execute(query)}  # noqa: C416


@handles(ChangePerson)
def change_person(ctx: Context, cmd: ChangePerson) -> PersonRow:
    """Raises ``Invalid`` CRM-091 for values outside their bounds, ``NotFound`` CRM-411 for unknown people."""
    ensure(cmd.by, Right.PEOPLE_MANAGE)
    row = people.one(ctx, cmd.login)
    if row.kind != "user":
        raise Invalid("CRM-091", f"'{cmd.login}' is a team, not a person.", fix="Change the team instead.")
    values = _values(ctx, cmd)
    if values:
        _keep(ctx, cmd.login, values)
    if cmd.skills is not None:
        _set_skills(ctx, cmd.login, cmd.skills)
    if cmd.manager is not None:
        _set_manager(ctx, cmd.login, cmd.manager)
    if cmd.teams is not None:
        set_teams(ctx, cmd.login, row.teams, cmd.teams)
    names = ("weight", "most", "languages", "territories", "skills", "calendar", "manager", "teams")
    changed = [name for name in names if getattr(cmd, name) is not None]
    ctx.audit(cmd.by, "person.change", target=cmd.login, detail={"fields": changed})
    return person_of(ctx, cmd.login, cmd.by)


@handles(SetWishes)
def set_wishes(ctx: Context, cmd: SetWishes) -> PersonRow:
    """How I am told. Raises ``Invalid`` CRM-090."""
    wishes = Wishes.of(cmd.wishes)
    people.one(ctx, cmd.by.id)
    before = _held(ctx, cmd.by.id)["tell"]
    stored = wishes.stored()
    if wishes.webhook is not None:
        # One secret for one receiver: another address must not know how to sign for this one.
        same = before.get("webhook") == wishes.webhook and not cmd.wishes.get("new_key")
        stored["key"] = before.get("key") if same and before.get("key") else secrets.token_urlsafe(32)
    _keep(ctx, cmd.by.id, {"tell": stored})
    ctx.audit(cmd.by, "person.wishes", target=cmd.by.id, detail={"mail": wishes.mail})
    return person_of(ctx, cmd.by.id, cmd.by)


@handles(ChangeTeam)
def change_team(ctx: Context, cmd: ChangeTeam) -> PrincipalRow:
    ensure(cmd.by, Right.PEOPLE_MANAGE)
    row = people.one(ctx, cmd.key)
    if row.kind != "team":
        raise Invalid("CRM-091", f"'{cmd.key}' is a person, not a team.", fix="Change the person instead.")
    values: dict[str, Any] = {}
    if cmd.name is not None and cmd.name.strip():
        values["name"] = cmd.name.strip()
    if cmd.lead is not None:
        values["lead"] = people._known(ctx, cmd.lead or None, "user")
    if values:
        ctx.conn.execute(update(principal).where(principal.c.id == cmd.key).values(**values))
    if cmd.parents is not None:
        set_teams(ctx, cmd.key, row.teams, cmd.parents)
    if cmd.members is not None:
        for gone in set(row.members) - set(cmd.members):
            _leave(ctx, gone, cmd.key)
        for member in cmd.members:
            people._join(ctx, str(people._known(ctx, member, None)), cmd.key)
    ctx.audit(cmd.by, "team.change", target=cmd.key, detail={"fields": sorted(values)})
    return people.one(ctx, cmd.key)


@handles(NoteDenied)
def note_denied(ctx: Context, cmd: NoteDenied) -> None:
    """A refused attempt is kept: who, what, which right was missing. Never what they sent."""
    ctx.audit(cmd.by, "denied", target=cmd.action[:255], detail={"code": cmd.code, "right": cmd.right})


# --- helpers -----------------------------------------------------------------------------------------


def _held(ctx: Context, login: str) -> dict[str, Any]:
    found = ctx.conn.execute(select(person).where(person.c.login == login)).mappings().first()
    return {**_BLANK, **(found or {})}


def _keep(ctx: Context, login: str, values: Mapping[str, Any]) -> None:
    """Change the person's row; write one for who was as everybody so far."""
    if not ctx.conn.execute(update(person).where(person.c.login == login).values(**values)).rowcount:
        ctx.conn.execute(insert(person).values({**_BLANK, **values, "login": login}))


def _values(ctx: Context, cmd: ChangePerson) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if cmd.weight is not None:
        if not 1 <= cmd.weight <= 1000:
            raise Invalid("CRM-091", f"A capacity of {cmd.weight} is out of bounds.", fix="Use 1 to 1000; 100 is full.")
        values["weight"] = cmd.weight
    if cmd.most is not None:
        if not -1 <= cmd.most <= 100_000:
            raise Invalid("CRM-091", f"{cmd.most} open tasks are out of bounds.", fix="Use 0 or more, or none at all.")
        values["most"] = None if cmd.most == -1 else cmd.most
    for name in ("languages", "territories"):
        given = getattr(cmd, name)
        if given is not None:
            values[name] = sorted({each.strip() for each in given if each.strip()})
    if cmd.calendar is not None:
        known = select(calendar.c.key).where(calendar.c.key == cmd.calendar).limit(1)
        if cmd.calendar and ctx.conn.scalar(known) is None:
            raise Invalid("CRM-091", f"There is no calendar '{cmd.calendar}'.", fix="Choose one of the settings' list.")
        values["calendar"] = cmd.calendar or None
    return values


def _set_skills(ctx: Context, login: str, skills: Mapping[str, int]) -> None:
    for name, level in skills.items():
        if level not in _LEVELS or not name.strip() or len(name) > 80:
            raise Invalid("CRM-091", f"The skill '{name}' at level {level} is out of bounds.", fix="Use levels 1 to 5.")
    ctx.conn.execute(delete(skill).where(skill.c.login == login))
    named = {name.strip(): level for name, level in skills.items()}
    if named:
        rows = [{"login": login, "skill": name, "level": level} for name, level in named.items()]
        ctx.conn.execute(insert(skill), rows)


def _set_manager(ctx: Context, login: str, manager: str) -> None:
    """The reporting line has no ring, also if two are drawn at once."""
    locks.lock(ctx.conn, "line")
    boss = people._known(ctx, manager or None, "user")
    above, seen = boss, {login}
    while above is not None:
        if above in seen:
            raise Forbidden("CRM-314", f"'{login}' cannot report to '{manager}': a ring.", fix="Break the ring.")
        seen.add(above)
        above = ctx.conn.scalar(select(principal.c.manager).where(principal.c.id == above))
    ctx.conn.execute(update(principal).where(principal.c.id == login).values(manager=boss))


def set_teams(ctx: Context, member: str, before: Iterable[str], teams: Iterable[str]) -> None:
    """Exactly these direct memberships; turns of those that stay are kept."""
    wanted = list(dict.fromkeys(teams))
    for gone in set(before) - set(wanted):
        _leave(ctx, member, gone)
    for team in wanted:
        people._join(ctx, member, str(people._known(ctx, team, "team")))


def _leave(ctx: Context, member: str, team: str) -> None:
    ctx.conn.execute(delete(membership).where(membership.c.member == member, membership.c.team == team))
