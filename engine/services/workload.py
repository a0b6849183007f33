"""Who has how much work against what they can take, who is away, and what if somebody were: for managers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import func, select

from engine.domain.access import Right, ensure
from engine.domain.choosing import Asked, Person, choose
from engine.domain.staff import Workload, WorkloadRow
from engine.services import crew
from engine.services.context import Context
from engine.services.registry import answers
from engine.services.staff import coming
from engine.store.tables import membership, principal, task


@answers(Workload)
def workload(ctx: Context, ask: Workload) -> tuple[WorkloadRow, ...]:
    """Those with the least room first."""
    people = _people(ctx, ask)
    logins = [each.login for each in people]
    names = {key: name for key, name in ctx.conn.execute(  # noqa: C416
        select(principal.c.id, principal.c.name).where(principal.c.id.in_(logins)))}  # fmt: skip
    late = _late(ctx, logins)
    teams = _teams(ctx, logins)
    absences = coming(ctx, logins, ask.by)
    total, weights = sum(p.load for p in people), sum(p.weight for p in people)
    given = _given(ctx, ask, people)
    gets = _deal(people, given)
    rows = []
    for each in people:
        fair = total * each.weight / weights if weights else 0
        mine = absences.get(each.login, ())
        now = next((a for a in mine if a.since <= ctx.now), None)
        rows.append(
            WorkloadRow(
                each.login, names[each.login], teams.get(each.login, ()), each.load, late.get(each.login, 0),
                each.weight, each.most, round(each.load / fair, 2) if fair else 0.0, now, mine,
                -given[each.login] if each.login in given else gets[each.login],
                each.load - given[each.login] if each.login in given else 0,
            )
        )  # fmt: skip
    return tuple(sorted(rows, key=lambda row: (-row.load / row.weight, row.login)))


def _people(ctx: Context, ask: Workload) -> list[Person]:
    """A team's people. Without a team: everybody for who manages tasks, else whom one leads, teams in teams included.

    Raises ``Forbidden`` CRM-310 for a team that one does not lead.
    """
    if Right.TASK_MANAGE in ask.by.rights:
        found = crew.everybody(ctx) if ask.team is None else crew.team_of(ctx, ask.team)
    else:
        led = crew.led_by(ctx, ask.by.id)
        if not led.teams or (ask.team is not None and ask.team not in led.teams):
            ensure(ask.by, Right.TASK_MANAGE)
        found = crew.named(ctx, led.people) if ask.team is None else crew.team_of(ctx, ask.team)
    return [p for p in found if p.active]


def _late(ctx: Context, logins: Iterable[str]) -> dict[str, int]:
    t = task.c
    query = select(t.assignee, func.count()).where(t.assignee.in_(list(logins)), t.due_at <= ctx.now)
    return {login: count for login, count in ctx.conn.execute(query.group_by(t.assignee))}  # noqa: C416


def _teams(ctx: Context, logins: Iterable[str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    m = membership.c
    for login, team in ctx.conn.execute(select(m.member, m.team).where(m.member.in_(list(logins))).order_by(m.team)):
        found[login] = (*found.get(login, ()), team)
    return found


def _given(ctx: Context, ask: Workload, people: list[Person]) -> dict[str, int]:
    """How many tasks each of those away would hand on: all, or what is due before they are back."""
    away = {p.login: p.load for p in people if p.login in ask.away}
    if ask.until is None or not away:
        return away
    t = task.c
    query = select(t.assignee, func.count()).where(t.assignee.in_(sorted(away)), t.due_at < ask.until)
    due = {login: count for login, count in ctx.conn.execute(query.group_by(t.assignee))}  # noqa: C416
    return {login: due.get(login, 0) for login in away}


def _deal(people: list[Person], given: Mapping[str, int]) -> Counter[str]:
    """Who would get the tasks handed on: dealt out one by one as the least loaded would."""
    gets: Counter[str] = Counter()
    rest = {p.login: p for p in people if p.login not in given}
    asked: Any = Asked("least-loaded")
    for _ in range(sum(given.values())):
        found = choose(asked, rest.values())
        if found.login is None:
            break
        rest[found.login] = replace(rest[found.login], load=rest[found.login].load + 1)
        gets[found.login] += 1
    return gets
