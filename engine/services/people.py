"""People: users, teams, roles, log-in and tokens. Stored are argon2id hashes and SHA-256 digests, never secrets."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterable
from typing import Any
from zoneinfo import available_timezones

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from sqlalchemy import Select, bindparam, delete, func, insert, literal, or_, select, true, update

from engine.domain.access import Actor, Right, Role, ensure, may_work
from engine.domain.commands import (
    AddTeam,
    AddUser,
    ChangeMembers,
    ChangeUser,
    GrantRole,
    IssueToken,
    LogIn,
    RevokeToken,
)
from engine.domain.errors import Conflict, Forbidden, Invalid, NotFound, Unauthenticated
from engine.domain.questions import ActorNamed, ActorOfToken, ListPeople
from engine.domain.values import Page, PrincipalRow
from engine.services.context import Context
from engine.services.registry import answers, handles, port
from engine.store import locks
from engine.store.prepared import Prepared
from engine.store.tables import membership, principal, token

LOCALES = ("en", "zh_Hans")
_LOGIN = re.compile(r"[a-z0-9][a-z0-9._@-]{0,118}")
_HASHER = PasswordHasher()
_NOBODY = _HASHER.hash("nobody has this password")  # an unknown login takes as long as a wrong password
_PREFIX = "crm_"


# --- who is acting ---------------------------------------------------------------------------------


def _with_teams(login: Any) -> Select[Any]:
    """The user and all teams above: one row per team, so that one statement tells everything."""
    up = select(membership.c.team).where(membership.c.member == login).cte("up", recursive=True)
    above = membership.alias("above")
    up = up.union(select(above.c.team).where(above.c.member == up.c.team))
    user = principal.c
    team = principal.alias("led")
    leads = select(literal(1)).where(team.c.lead == user.id, team.c.kind == "team").correlate(principal).exists()
    columns = (user.id, user.name, user.roles, user.locale, user.timezone, user.stamp, user.password, up.c.team, leads)
    return (
        select(*columns)
        .select_from(principal.outerjoin(up, true()))
        .where(user.id == login, user.kind == "user", user.active.is_(True))
    )


def _with_token() -> Select[Any]:
    owner = (
        select(token.c.login)
        .where(token.c.digest == bindparam("digest"))
        .where(or_(token.c.expires_at.is_(None), token.c.expires_at > bindparam("now")))
        .scalar_subquery()
    )
    return _with_teams(owner)


_BY_LOGIN = Prepared(_with_teams(bindparam("login")))


def _actor(rows: Iterable[Any]) -> Actor | None:
    found = list(rows)
    if not found:
        return None
    login, name, roles, locale, timezone, stamp, _, _, leads = found[0]
    return Actor(
        id=login,
        name=name,
        roles=frozenset(Role(r) for r in roles),
        teams=frozenset(row[7] for row in found if row[7] is not None),
        locale=locale,
        timezone=timezone,
        stamp=stamp,
        leads=bool(leads),
    )


@answers(ActorNamed)
def actor_named(ctx: Context, ask: ActorNamed) -> Actor:
    actor = _actor(_BY_LOGIN.rows(ctx.conn, login=ask.login))
    if actor is None:
        raise Unauthenticated("CRM-302", f"No active user is called '{ask.login}'.", fix="Log in again.")
    return actor


@answers(ActorOfToken)
def actor_of_token(ctx: Context, ask: ActorOfToken) -> Actor:
    found = ctx.conn.execute(_with_token(), {"digest": _digest(ask.token), "now": ctx.now})
    actor = _actor(found)
    if actor is None:
        raise Unauthenticated("CRM-303", "The token is unknown, revoked or expired.", fix="Ask for a new token.")
    return actor


@handles(LogIn)
def log_in(ctx: Context, cmd: LogIn) -> Actor:
    """One answer for a wrong login and a wrong password, in the same time."""
    rows = _BY_LOGIN.rows(ctx.conn, login=cmd.login.strip().casefold())
    stored = rows[0][6] if rows else None
    try:
        good: bool = _HASHER.verify(stored or _NOBODY, cmd.password)
    except VerificationError:
        good = False
    actor = _actor(rows)
    if actor is None or not good or stored is None:
        raise Unauthenticated("CRM-301", "Login or password is wrong.", fix="Try again, or ask an administrator.")
    if _HASHER.check_needs_rehash(stored):
        change = update(principal).where(principal.c.id == actor.id).values(password=_HASHER.hash(cmd.password))
        ctx.conn.execute(change)
    ctx.audit(actor, "user.login", target=actor.id)
    return actor


# --- users and teams -------------------------------------------------------------------------------


@handles(AddUser)
def add_user(ctx: Context, cmd: AddUser) -> PrincipalRow:
    ensure(cmd.by, Right.PEOPLE_MANAGE)
    _check_new(ctx, cmd.login)
    _check_place(cmd.locale, cmd.timezone)
    ctx.conn.execute(
        insert(principal).values(
            {
                **_blank(ctx, cmd.login, "user", cmd.name),
                "email": cmd.email,
                "password": None if cmd.password is None else _hashed(cmd.password),
                "roles": [_role(r).value for r in cmd.roles],
                "locale": cmd.locale,
                "timezone": cmd.timezone,
                "manager": _known(ctx, cmd.manager, "user"),
            }
        )
    )
    for team in cmd.teams:
        _join(ctx, cmd.login, str(_known(ctx, team, "team")))
    ctx.audit(cmd.by, "user.add", target=cmd.login, detail={"roles": list(cmd.roles), "teams": list(cmd.teams)})
    return one(ctx, cmd.login)


@handles(AddTeam)
def add_team(ctx: Context, cmd: AddTeam) -> PrincipalRow:
    ensure(cmd.by, Right.PEOPLE_MANAGE)
    _check_new(ctx, cmd.key)
    lead = _known(ctx, cmd.lead, "user")
    ctx.conn.execute(insert(principal).values(**_blank(ctx, cmd.key, "team", cmd.name), lead=lead))
    if cmd.parent is not None:
        _join(ctx, cmd.key, str(_known(ctx, cmd.parent, "team")))
    for member in cmd.members:
        _join(ctx, str(_known(ctx, member, None)), cmd.key)
    ctx.audit(cmd.by, "team.add", target=cmd.key, detail={"lead": cmd.lead, "members": list(cmd.members)})
    return one(ctx, cmd.key)


@handles(ChangeMembers)
def change_members(ctx: Context, cmd: ChangeMembers) -> PrincipalRow:
    """Members of a team that exists; who belongs already, or does not, is left as it is."""
    ensure(cmd.by, Right.PEOPLE_MANAGE)
    _known(ctx, cmd.key, "team")
    for member in cmd.add:
        _join(ctx, str(_known(ctx, member, None)), cmd.key)
    for member in cmd.remove:
        _known(ctx, member, None)
    m = membership.c
    ctx.conn.execute(delete(membership).where(m.team == cmd.key, m.member.in_(cmd.remove)))
    ctx.audit(cmd.by, "team.members", target=cmd.key, detail={"add": list(cmd.add), "remove": list(cmd.remove)})
    return one(ctx, cmd.key)


@handles(GrantRole)
def grant_role(ctx: Context, cmd: GrantRole) -> PrincipalRow:
    ensure(cmd.by, Right.PEOPLE_MANAGE)
    role = _role(cmd.role).value
    row = one(ctx, cmd.login)
    roles = {*row.roles} - {role} if cmd.revoke else {*row.roles, role}
    ctx.conn.execute(update(principal).where(principal.c.id == cmd.login).values(roles=sorted(roles)))
    ctx.audit(cmd.by, "role.revoke" if cmd.revoke else "role.grant", target=cmd.login, detail={"role": role})
    if may_work(row.roles) and not may_work(roles):
        port("people.left")(ctx, cmd.login)
    return one(ctx, cmd.login)


@handles(ChangeUser)
def change_user(ctx: Context, cmd: ChangeUser) -> PrincipalRow:
    """People change their own name, mail, language and password; the rest needs the right to manage people."""
    if cmd.by.id != cmd.login or cmd.active is not None:
        ensure(cmd.by, Right.PEOPLE_MANAGE)
    row = one(ctx, cmd.login)
    _check_place(cmd.locale or row.locale, cmd.timezone or row.timezone)
    names = ("name", "email", "locale", "timezone", "active")
    values: dict[str, Any] = {n: getattr(cmd, n) for n in names if getattr(cmd, n) is not None}
    if cmd.password is not None:
        values["password"] = _hashed(cmd.password)
    if not values:
        return row
    changed = sorted(values)
    if cmd.password is not None or cmd.active is False:
        values["stamp"] = principal.c.stamp + 1  # ends all sessions
    ctx.conn.execute(update(principal).where(principal.c.id == cmd.login).values(**values))
    if cmd.active is False and row.active:
        port("people.left")(ctx, cmd.login)
    ctx.audit(cmd.by, "user.change", target=cmd.login, detail={"fields": changed})
    return one(ctx, cmd.login)


@answers(ListPeople)
def list_people(ctx: Context, ask: ListPeople) -> Page[PrincipalRow]:
    ensure(ask.by, Right.PEOPLE_READ)
    query = select(principal).order_by(principal.c.id)
    if ask.kind is not None:
        query = query.where(principal.c.kind == ask.kind)
    for word in ask.search.casefold().split():
        inside = [func.lower(c).contains(word, autoescape=True) for c in (principal.c.id, principal.c.name)]
        query = query.where(or_(*inside))
    total = ctx.conn.scalar(select(func.count()).select_from(query.limit(1000).subquery())) or 0
    if ask.cursor is not None:
        query = query.where(principal.c.id > ask.cursor)
    found = ctx.conn.execute(query.limit(ask.limit + 1)).mappings().all()
    rows = _rows(ctx, found[: ask.limit])
    more = rows[-1].id if len(found) > ask.limit else None
    return Page(tuple(rows), next=more, total=min(total, 999), more=total > 999)


# --- tokens ----------------------------------------------------------------------------------------


@handles(IssueToken)
def issue_token(ctx: Context, cmd: IssueToken) -> str:
    if cmd.by.id != cmd.login:
        ensure(cmd.by, Right.PEOPLE_MANAGE)
    _known(ctx, cmd.login, "user")
    secret = _PREFIX + secrets.token_urlsafe(32)
    token_id = ctx.new_id()
    ctx.conn.execute(
        insert(token).values(
            id=token_id,
            digest=_digest(secret),
            login=cmd.login,
            label=cmd.label,
            created_at=ctx.now,
            expires_at=cmd.expires_at,
        )
    )
    ctx.audit(cmd.by, "token.issue", target=cmd.login, detail={"token": token_id})
    return secret


@handles(RevokeToken)
def revoke_token(ctx: Context, cmd: RevokeToken) -> None:
    owner = ctx.conn.scalar(select(token.c.login).where(token.c.id == cmd.token_id))
    if owner is None or (owner != cmd.by.id and Right.PEOPLE_MANAGE not in cmd.by.rights):
        raise NotFound("CRM-413", f"There is no token '{cmd.token_id}'.", fix="Look at the list of tokens.")
    ctx.conn.execute(delete(token).where(token.c.id == cmd.token_id))
    ctx.audit(cmd.by, "token.revoke", target=owner, detail={"token": cmd.token_id})


# --- helpers ---------------------------------------------------------------------------------------


def one(ctx: Context, key: str) -> PrincipalRow:
    """The user or team; raises ``NotFound`` CRM-411."""
    found = ctx.conn.execute(select(principal).where(principal.c.id == key)).mappings().all()
    if not found:
        raise NotFound("CRM-411", f"There is no user or team '{key}'.", fix="Look at the list of people.")
    return _rows(ctx, found)[0]


def _rows(ctx: Context, found: Iterable[Any]) -> list[PrincipalRow]:
    """Rows with their memberships: one more statement for all of them."""
    found = list(found)
    keys = [row["id"] for row in found]
    pairs = ctx.conn.execute(
        select(membership.c.member, membership.c.team)
        .where(or_(membership.c.member.in_(keys), membership.c.team.in_(keys)))
        .order_by(membership.c.member, membership.c.team)
    ).all()
    return [
        PrincipalRow(
            id=row["id"],
            kind=row["kind"],
            name=row["name"],
            email=row["email"],
            active=row["active"],
            roles=tuple(row["roles"]),
            teams=tuple(t for m, t in pairs if m == row["id"]),
            members=tuple(m for m, t in pairs if t == row["id"]),
            lead=row["lead"],
            manager=row["manager"],
            locale=row["locale"],
            timezone=row["timezone"],
        )
        for row in found
    ]


def _blank(ctx: Context, key: str, kind: str, name: str) -> dict[str, Any]:
    return {
        "id": key,
        "kind": kind,
        "name": name.strip() or key,
        "active": True,
        "roles": [],
        "locale": "en",
        "timezone": "UTC",
        "stamp": 0,
        "created_at": ctx.now,
    }


def _check_new(ctx: Context, key: str) -> None:
    if not _LOGIN.fullmatch(key) or key == "system":
        raise Invalid("CRM-024", f"'{key}' cannot be a login or team key.", fix="Use a–z, 0–9 and . _ @ -")
    if ctx.conn.scalar(select(literal(1)).where(principal.c.id == key)) is not None:
        raise Conflict("CRM-220", f"'{key}' exists already.", fix="Choose another one.")


def _check_place(locale: str, timezone: str) -> None:
    if locale not in LOCALES:
        raise Invalid("CRM-026", f"The language '{locale}' is not spoken here.", fix=f"Use {' or '.join(LOCALES)}.")
    if timezone not in available_timezones():
        raise Invalid("CRM-026", f"'{timezone}' is not a time zone.", fix="Use a name such as Europe/Berlin.")


def _hashed(password: str) -> str:
    if not 8 <= len(password) <= 256:
        raise Invalid("CRM-025", "The password must have 8 to 256 characters.", fix="Choose another one.")
    return _HASHER.hash(password)


def _role(name: str) -> Role:
    try:
        return Role(name)
    except ValueError:
        legal = ", ".join(Role)
        raise Invalid("CRM-027", f"There is no role '{name}'.", fix=f"Use one of {legal}.") from None


def _known(ctx: Context, key: str | None, kind: str | None) -> str | None:
    """The key, if such a principal exists; raises ``NotFound`` CRM-411."""
    if key is None:
        return None
    found = ctx.conn.scalar(select(principal.c.kind).where(principal.c.id == key))
    if found is None or kind not in (None, found):
        raise NotFound("CRM-411", f"There is no {kind or 'user or team'} '{key}'.", fix="Add it first.")
    return key


def _join(ctx: Context, member: str, team: str) -> None:
    """Make ``member`` (user or team) belong to ``team``; a ring is refused, even if its halves come at once."""
    locks.lock(ctx.conn, "teams")
    up = select(membership.c.team).where(membership.c.member == team).cte("up", recursive=True)
    above = membership.alias("above")
    up = up.union(select(above.c.team).where(above.c.member == up.c.team))
    if member == team or ctx.conn.scalar(select(literal(1)).where(up.c.team == member).limit(1)) is not None:
        raise Forbidden("CRM-314", f"'{member}' cannot belong to '{team}': it contains it.", fix="Break the ring.")
    known = select(literal(1)).where(membership.c.member == member, membership.c.team == team)
    if ctx.conn.scalar(known) is None:
        ctx.conn.execute(insert(membership).values(member=member, team=team))


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
