"""The calendars around many clocks in a few statements: where they hang, their newest and their named versions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from typing import Any

import msgspec
from sqlalchemy import and_, func, or_, select, tuple_

from engine.domain.calendar import Calendar
from engine.domain.errors import NotFound
from engine.services.context import Context
from engine.store.tables import membership, record, record_link
from engine.store.tables_people import person
from engine.store.tables_time import calendar, calendar_use

USES = ("contract", "customer", "team", "office")
CUSTOMERS = ("account", "customer", "company", "contact")
CONTRACTS = ("contract", "entitlement", "warranty")
About = tuple[str | None, tuple[str, ...]]  # a clock's record and teams


class Near:
    """What hangs around clocks with these records and teams: five statements at most, however many they are."""

    def __init__(self, ctx: Context, about: Iterable[About]) -> None:
        pairs = set(about)
        self._ctx = ctx
        self._linked = _linked(ctx, {record_id for record_id, _ in pairs if record_id is not None})
        self._above = _above(ctx, {team for _, teams in pairs for team in teams})
        self._uses = self._read()
        self._newest = newest(ctx, {key for keys in self._uses.values() for key in keys})
        self._people: dict[str, str | None] = {}

    def hung(self, record_id: str | None, teams: Collection[str]) -> list[tuple[str, str]]:
        """(what it hangs on, calendar) for one clock: most specific first."""
        wanted = set(self._linked.get(record_id or "", ()))
        wanted |= {("team", team) for team in teams}
        wanted |= {("office", place) for team in teams for place in self._above.get(team, ())}
        ranked = sorted(wanted & self._uses.keys(), key=lambda use: (USES.index(use[0]), use[1]))
        return [(f"{kind} {target}", key) for kind, target in ranked for key in self._uses[kind, target]]

    def of_person(self, login: str) -> str | None:
        """The calendar somebody works by, read once: asked for only where nothing else says when work is done."""
        if login not in self._people:
            self._people[login] = self._ctx.conn.scalar(select(person.c.calendar).where(person.c.login == login))
        return self._people[login]

    def newest(self, key: str) -> tuple[Calendar, int]:
        """A calendar's newest version, read once. Raises ``NotFound`` CRM-426."""
        if key not in self._newest:
            self._newest |= newest(self._ctx, {key})
        if key not in self._newest:
            raise NotFound("CRM-426", f"There is no calendar '{key}'.", fix="Make it in the settings.")
        return self._newest[key]

    def _read(self) -> dict[tuple[str, str], list[str]]:
        u = calendar_use.c
        wanted: dict[str, set[str]] = {kind: set() for kind in USES}
        for kind, target in {pair for pairs in self._linked.values() for pair in pairs}:
            wanted[kind].add(target)
        wanted["team"] |= self._above.keys()
        wanted["office"] |= {place for places in self._above.values() for place in places}
        which = [and_(u.kind == kind, u.target.in_(sorted(targets))) for kind, targets in wanted.items() if targets]
        found: dict[tuple[str, str], list[str]] = {}
        for row in self._ctx.conn.execute(select(calendar_use).where(or_(*which))) if which else ():
            found.setdefault((row.kind, row.target), []).append(row.calendar)
        return found


def built(content: Mapping[str, Any]) -> Calendar:
    """A calendar from its stored content, shared between all that use it."""
    return _built(msgspec.json.encode(content, order="sorted"))


@lru_cache(maxsize=256)
def _built(content: bytes) -> Calendar:
    return Calendar.from_mapping(msgspec.json.decode(content))


def newest(ctx: Context, keys: Collection[str]) -> dict[str, tuple[Calendar, int]]:
    """The newest version of each calendar there is; one statement."""
    if not keys:
        return {}
    c = calendar.c
    last = select(c.key, func.max(c.version).label("version")).where(c.key.in_(sorted(keys))).group_by(c.key).subquery()
    query = select(calendar).join(last, and_(c.key == last.c.key, c.version == last.c.version))
    return {row.key: (built(row.content), row.version) for row in ctx.conn.execute(query)}


def versions(ctx: Context, named: Iterable[tuple[str, int]]) -> dict[tuple[str, int], Calendar]:
    """Calendars by key and version; one statement."""
    wanted = sorted(set(named))
    if not wanted:
        return {}
    c = calendar.c
    rows = ctx.conn.execute(select(calendar).where(tuple_(c.key, c.version).in_(wanted)))
    return {(row.key, row.version): built(row.content) for row in rows}


def _linked(ctx: Context, ids: Collection[str]) -> Mapping[str, set[tuple[str, str]]]:
    """Contracts and customers among records and what they are linked to, by record; one statement."""
    if not ids:
        return {}
    r, to = record.c, record_link.c
    own = select(r.id.label("about"), r.id, r.kind).where(r.id.in_(sorted(ids)))
    far = select(to.from_id.label("about"), r.id, r.kind).join_from(record_link, record, r.id == to.to_id)
    found: dict[str, set[tuple[str, str]]] = {}
    for row in ctx.conn.execute(own.union_all(far.where(to.from_id.in_(sorted(ids))))):
        kind = "contract" if row.kind in CONTRACTS else "customer" if row.kind in CUSTOMERS else ""
        if kind:
            found.setdefault(row.about, set()).add((kind, row.id))
    return found


def _above(ctx: Context, teams: Collection[str]) -> dict[str, set[str]]:
    """Each team with those it belongs to, at any height: a team that holds others is their office; one statement."""
    found = {team: {team} for team in teams}
    if not teams:
        return found
    m: Any = membership.c
    up = select(m.member.label("root"), m.team).where(m.member.in_(sorted(teams))).cte("up", recursive=True)
    up = up.union(select(up.c.root, m.team).where(m.member == up.c.team))
    for root, team in ctx.conn.execute(select(up.c.root, up.c.team)):
        found[root].add(team)
    return found
