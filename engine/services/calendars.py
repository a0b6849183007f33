"""Calendars: kept in versions, hung on contracts, customers, teams and offices; the most specific one wins."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

import yaml
from sqlalchemy import and_, delete, func, insert, select

from engine.domain.access import Actor, Right, ensure
from engine.domain.calendar import Calendar
from engine.domain.errors import Invalid, NotFound
from engine.domain.sla import ALWAYS
from engine.domain.sla_values import CalendarRow, HangCalendar, ListCalendars
from engine.services.calendars_near import USES, Near, built
from engine.services.context import Context
from engine.services.registry import answers, handles
from engine.services.sight import within
from engine.store.tables import record
from engine.store.tables_time import calendar, calendar_use

_RECORDS = ("contract", "customer")  # what is a record of those a calendar hangs on
NEW = "new"  # no key: the address of the form that makes one


@dataclass(frozen=True, slots=True)
class Chosen:
    """The calendar a clock runs on, why it is this one, and what else was looked at."""

    calendar: Calendar
    key: str | None
    version: int | None
    via: str  # "contract X", "policy support" …
    considered: tuple[str, ...] = ()


@handles(HangCalendar)
def hang(ctx: Context, cmd: HangCalendar) -> None:
    """Say whose calendar it is; clocks that start from now on look there."""
    ensure(cmd.by, Right.TIME_MANAGE)
    if cmd.kind not in USES:
        raise Invalid("CRM-079", f"A calendar cannot hang on a '{cmd.kind}'.", fix=f"Use one of {', '.join(USES)}.")
    if cmd.calendar is not None:
        load(ctx, cmd.calendar)
    u = calendar_use.c
    ctx.conn.execute(delete(calendar_use).where(u.kind == cmd.kind, u.target == cmd.target))
    if cmd.calendar is not None:
        row = {"kind": cmd.kind, "target": cmd.target, "calendar": cmd.calendar}
        ctx.conn.execute(insert(calendar_use), [row])
    ctx.audit(cmd.by, "calendar.hang", target=f"{cmd.kind} {cmd.target}", detail={"calendar": cmd.calendar})


@answers(ListCalendars)
def list_calendars(ctx: Context, ask: ListCalendars) -> tuple[CalendarRow, ...]:
    """The newest version of each, by key."""
    ensure(ask.by, Right.TASK_WORK)
    uses: dict[str, list[tuple[str, str]]] = {}
    for use in ctx.conn.execute(select(calendar_use).order_by(calendar_use.c.kind, calendar_use.c.target)):
        uses.setdefault(use.calendar, []).append((use.kind, use.target))
    newest = select(calendar.c.key, func.max(calendar.c.version).label("version")).group_by(calendar.c.key).subquery()
    query = select(calendar).join(newest, and_(calendar.c.key == newest.c.key, calendar.c.version == newest.c.version))
    rows = ctx.conn.execute(query.order_by(calendar.c.key)).mappings()
    names = _names(ctx, {target for pairs in uses.values() for kind, target in pairs if kind in _RECORDS}, ask.by)
    return tuple(_row(row, uses.get(row["key"], []), names) for row in rows)


def _row(row: Mapping[Any, Any], uses: list[tuple[str, str]], names: Mapping[str, str]) -> CalendarRow:
    mine = {target: names[target] for kind, target in uses if kind in _RECORDS and target in names}
    return CalendarRow(**row, uses=tuple(uses), names=mine)


def _names(ctx: Context, ids: Collection[str], by: Actor) -> dict[str, str]:
    """The names of records by their id: of those that are there and ``by`` sees."""
    if not ids:
        return {}
    query, seen = select(record.c.id, record.c.name).where(record.c.id.in_(sorted(ids))), within(ctx, by)
    rows = ctx.conn.execute(query if seen is None else query.where(seen))
    return {row.id: row.name for row in rows}


def content_of(given: Mapping[str, Any] | str) -> dict[str, Any]:
    """A calendar's content, checked and normalised. Raises ``Invalid`` CRM-070 … CRM-074."""
    try:
        found = Calendar.from_yaml(given) if isinstance(given, str) else Calendar.from_mapping(dict(given))
    except (
        yaml.YAMLError,
        TypeError,
        ValueError,
        AttributeError,
        LookupError,
    ) as error:
        raise Invalid("CRM-074", "The calendar cannot be read.", fix="Write zone, week and dates as text.") from error
    return found.to_mapping()


def ensure_key(key: str) -> None:
    """Raise ``Invalid`` CRM-079 for what cannot be a calendar's key."""
    fix = "Give it a short key, such as 'berlin-office'."
    if not key or len(key) > 100:
        raise Invalid("CRM-079", "The calendar has no name.", fix=fix)
    if key == NEW:
        raise Invalid("CRM-079", f"A calendar's key cannot be '{NEW}'.", fix=fix)


def write(ctx: Context, key: str, content: Mapping[str, Any], by: str) -> int:
    """Add a version; its number."""
    ensure_key(key)
    last = ctx.conn.scalar(select(func.max(calendar.c.version)).where(calendar.c.key == key)) or 0
    row = {"key": key, "version": last + 1, "content": content, "at": ctx.now, "by": by}
    ctx.conn.execute(insert(calendar), [row])
    return int(last) + 1


def load(ctx: Context, key: str, version: int | None = None) -> tuple[Calendar, int]:
    """A calendar, the newest version unless one is named. Raises ``NotFound`` CRM-426."""
    query = select(calendar.c.content, calendar.c.version).where(calendar.c.key == key)
    if version is not None:
        query = query.where(calendar.c.version == version)
    row = ctx.conn.execute(query.order_by(calendar.c.version.desc()).limit(1)).one_or_none()
    if row is None:
        raise NotFound("CRM-426", f"There is no calendar '{key}'.", fix="Make it in the settings.")
    return built(row.content), row.version


def choose(
    ctx: Context,
    named: list[tuple[str, str]],
    record_id: str | None,
    teams: Collection[str],
    near: Near | None = None,
    person: str | None = None,
) -> Chosen:
    """The most specific calendar.

    The order: the element's own word, a legal policy's, the contract's, the customer's, the policy's, the team's, the
    office's, the person's who got the work, else every hour counts. ``named``: (who says it, calendar) of element and
    policy, in this order.
    ``near``: what hangs around, where many choose.
    """
    near = near or Near(ctx, [(record_id, tuple(teams))])
    hung = near.hung(record_id, teams)
    first = [(via, key) for via, key in named if not via.startswith("policy")]
    policy = [(via, key) for via, key in named if via.startswith("policy")]
    own = [(via, key) for via, key in hung if via.startswith(("contract", "customer"))]
    rest = [(via, key) for via, key in hung if (via, key) not in own]
    order = [*first, *own, *policy, *rest]
    if not order and person is not None and (theirs := near.of_person(person)):
        order = [(f"person {person}", theirs)]
    told = tuple(f"{via}: {key}" for via, key in order)
    if not order:
        return Chosen(ALWAYS, None, None, "none is set: every hour counts")
    via, key = order[0]
    found, version = near.newest(key)
    return Chosen(found, key, version, via, told)


def by_name(ctx: Context) -> Callable[[str], Calendar]:
    """For timers in working time: the newest version of a calendar by its key. Raises ``NotFound`` CRM-426."""
    return lambda key: load(ctx, key)[0]
