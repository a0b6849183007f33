"""Who has how much work against what they can take, who is away, what if somebody were; moving work: for managers
and, within their teams, leads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import func, select

from engine.domain.access import Right, addressee, ensure
from engine.domain.choosing import Asked, Person, choose
from engine.domain.errors import Conflict, Forbidden, Invalid
from engine.domain.staff import MoveWork, TeamsInCharge, Workload, WorkloadRow, WorkMoved
from engine.services import crew
from engine.services.context import Context
from engine.services.flow import ensure_moving
from engine.services.registry import answers, handles
from engine.services.staff import coming
from engine.services.tasks import ensure_principal, hand_on
from engine.store.repos import lock_for_task
from engine.store.tables import membership, principal, task

_MOST = 200  # tasks moved at once


@handles(MoveWork)
def move_work(ctx: Context, cmd: MoveWork) -> WorkMoved:
    """A task that must stay (four eyes, done meanwhile) does not stop the others."""
    if not cmd.trial:
        return _move(ctx, cmd)
    with ctx.trial():
        return _move(ctx, cmd)


def _move(ctx: Context, cmd: MoveWork) -> WorkMoved:
    kind, key = addressee(cmd.to)
    givers = sorted(set(cmd.givers) - ({key} if kind == "user" else set()))
    if Right.TASK_MANAGE not in cmd.by.rights:
        led = crew.led_by(ctx, cmd.by.id)
        mine = led.people | {cmd.by.id}
        if not led.teams or not mine.issuperset(givers) or key not in (led.teams if kind == "team" else mine):
            ensure(cmd.by, Right.TASK_MANAGE)
    if not givers or not key or not 1 <= cmd.number <= _MOST:
        raise Invalid("CRM-094", "Nothing was chosen to move.", fix=f"Choose who gives, who gets, and 1 to {_MOST}.")
    ensure_principal(ctx, kind, key)
    t = task.c
    place = func.row_number().over(partition_by=t.assignee, order_by=(t.breach_at, t.rank, t.id)).label("place")
    ranked = select(t.id, t.instance_id, place).where(t.assignee.in_(givers)).subquery()
    first = select(ranked.c.id).where(ranked.c.place <= cmd.number)
    # Always in the same order: two who move at once wait for each other, they do not block each other.
    rows = ctx.conn.scalars(first.order_by(ranked.c.instance_id, ranked.c.id).limit(_MOST)).all()
    kept: list[tuple[str, str, str]] = []
    gave: Counter[str] = Counter()
    for task_id in rows:
        found = lock_for_task(ctx.conn, task_id)
        if found is None or found[1].assignee not in givers:
            continue  # done, or somebody else's by now
        try:
            ensure_moving(found[0])
            hand_on(ctx, *found, cmd.by, cmd.to, cmd.reason)
            gave[str(found[1].assignee)] += 1
        except (Conflict, Forbidden) as error:  # refused before anything of it was written
            kept.append((found[1].name, error.code, error.message))
    return WorkMoved(gave.total(), tuple(kept), dict(gave))


@answers(TeamsInCharge)
def teams_in_charge(ctx: Context, ask: TeamsInCharge) -> Mapping[str, str]:
    query = select(principal.c.id, principal.c.name).where(principal.c.kind == "team")
    if Right.TASK_MANAGE not in ask.by.rights:
        query = query.where(principal.c.id.in_(sorted(crew.led_by(ctx, ask.by.id).teams)))
    return {key: name for key, name in ctx.conn.execute(query.order_by(principal.c.name))}  # noqa: C416


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
    shares = _shares(people, {p.login: (ask.team,) if ask.team else teams.get(p.login, ()) for p in people})
    given = _given(ctx, ask, people)
    gets = _deal(people, given)
    rows = []
    for each in people:
        mine = absences.get(each.login, ())
        now = next((a for a in mine if a.since <= ctx.now), None)
        rows.append(
            WorkloadRow(
                each.login, names[each.login], teams.get(each.login, ()), each.load, late.get(each.login, 0),
                each.weight, each.most, shares[each.login], now, mine,
                -given[each.login] if each.login in given else gets[each.login],
                each.load - given[each.login] if each.login in given else 0,
            )
        )  # fmt: skip
    return tuple(sorted(rows, key=lambda row: (-row.load / row.weight, row.login)))


def _shares(people: list[Person], teams: Mapping[str, tuple[str, ...]]) -> dict[str, float]:
    """Each one's load against the mean of those they share teams with, by capacity; who is in no team shares none."""
    loads: Counter[str] = Counter()
    weights: Counter[str] = Counter()
    for each in people:
        loads.update(dict.fromkeys(teams[each.login], each.load))
        weights.update(dict.fromkeys(teams[each.login], each.weight))
    found = {}
    for each in people:
        load, weight = (sum(of[team] for team in teams[each.login]) for of in (loads, weights))
        found[each.login] = round(each.load * weight / (load * each.weight), 2) if load and each.weight else 0.0
    return found


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
