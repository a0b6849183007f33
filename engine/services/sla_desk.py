"""What people do with time: save calendars and policies (with preview), pause, resume and meet clocks, ask why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import select

from engine.domain.access import Actor, Right, ensure, may_see_task
from engine.domain.calendar import Calendar
from engine.domain.errors import Forbidden, Invalid, NotFound
from engine.domain.sla_values import (
    CalendarRow,
    ListPolicies,
    MeetClocks,
    PauseClocks,
    PolicyRow,
    Preview,
    PreviewCalendar,
    PreviewPolicy,
    RecomputeClocks,
    ResumeClocks,
    SaveCalendar,
    SavePolicy,
)
from engine.services import calendars, sla_clocks as clocks, sla_moves as moves, sla_spread, sla_terms
from engine.services.calendars_near import built
from engine.services.context import Context
from engine.services.flow import resume, stored
from engine.services.registry import answers, handles
from engine.services.sla_arise import Place, look_again
from engine.services.sla_terms import Asked
from engine.services.sla_write import Row
from engine.store.repos import Locked, lock_instance
from engine.store.tables import task


@handles(SaveCalendar)
def save_calendar(ctx: Context, cmd: SaveCalendar) -> CalendarRow:
    """Add a version; the open clocks on the calendar move with it, each with its history. Same content = no-op."""
    ensure(cmd.by, Right.TIME_MANAGE)
    content = calendars.content_of(cmd.content)
    known = _newest(ctx, cmd.key)
    if known is not None and known[0] == content:
        return CalendarRow(cmd.key, known[1], content, ctx.now, cmd.by.id)
    version = calendars.write(ctx, cmd.key, content, cmd.by.id)
    done = moves.calendar_changed(ctx, cmd.key, version, built(content), by=cmd.by.id, write=True)
    ctx.audit(cmd.by, "calendar.save", target=cmd.key, detail={"version": version, "moved": len(done.moves)})
    return CalendarRow(cmd.key, version, content, ctx.now, cmd.by.id)


@answers(PreviewCalendar)
def preview_calendar(ctx: Context, ask: PreviewCalendar) -> Preview:
    """The open deadlines it would move; nothing is written."""
    ensure(ask.by, Right.TIME_MANAGE)
    content = calendars.content_of(ask.content)
    return moves.calendar_changed(ctx, ask.key, 0, built(content))


@handles(SavePolicy)
def save_policy(ctx: Context, cmd: SavePolicy) -> PolicyRow:
    """Add a version; open clocks get its targets, its calendar and its ladder. Same content = no-op."""
    ensure(cmd.by, Right.TIME_MANAGE)
    content = _policy(ctx, cmd.content)
    known = sla_terms.newest(ctx, cmd.key)
    if known is not None and known.content == content:
        return PolicyRow(cmd.key, known.version, content, known.at, known.by)
    version = sla_terms.write(ctx, cmd.key, content, cmd.by.id)
    done = moves.policy_changed(ctx, cmd.key, version, content, by=cmd.by.id, write=True)
    if sla_spread.promises_more(known.content if known else None, content):
        sla_spread.spread(ctx, [cmd.key], cmd.by.id)
    ctx.audit(cmd.by, "policy.save", target=cmd.key, detail={"version": version, "moved": len(done.moves)})
    return PolicyRow(cmd.key, version, content, ctx.now, cmd.by.id)


@answers(PreviewPolicy)
def preview_policy(ctx: Context, ask: PreviewPolicy) -> Preview:
    """The open deadlines it would move; nothing is written."""
    ensure(ask.by, Right.TIME_MANAGE)
    content, known = _policy(ctx, ask.content), sla_terms.newest(ctx, ask.key)
    found = moves.policy_changed(ctx, ask.key, 0, content)
    more = sla_spread.promises_more(known.content if known else None, content)
    return replace(found, without=sla_spread.without(ctx, ask.key)) if more else found


@answers(ListPolicies)
def list_policies(ctx: Context, ask: ListPolicies) -> tuple[PolicyRow, ...]:
    """The newest version of each, by key."""
    ensure(ask.by, Right.TASK_WORK)
    return tuple(PolicyRow(**row._mapping) for row in sla_terms.all_newest(ctx))


@handles(PauseClocks)
def pause(ctx: Context, cmd: PauseClocks) -> int:
    """A person stops clocks of a case and says why; it is in the ledger and the audit."""
    locked, found = _open(ctx, cmd.instance_id, cmd.by, cmd.metrics, cmd.reason)
    count = clocks.pause(ctx, found, "person", cmd.by.id, cmd.reason, cmd.by.id)
    ctx.audit(cmd.by, "sla.pause", target=locked.id, detail={"reason": cmd.reason, "clocks": count})
    return count


@handles(ResumeClocks)
def carry_on(ctx: Context, cmd: ResumeClocks) -> int:
    """End what people paused."""
    locked, found = _open(ctx, cmd.instance_id, cmd.by, cmd.metrics)
    count = clocks.resume(ctx, found, "person", None, cmd.by.id)
    ctx.audit(cmd.by, "sla.resume", target=locked.id, detail={"clocks": count})
    return count


@handles(MeetClocks)
def meet(ctx: Context, cmd: MeetClocks) -> int:
    """The clocks named are met now, and only those."""
    locked, found = _open(ctx, cmd.instance_id, cmd.by, cmd.metrics)
    clocks.end(ctx, found)
    ctx.audit(cmd.by, "sla.meet", target=locked.id, detail={"clocks": [c["metric"] for c in found]})
    return len(found)


@handles(RecomputeClocks)
def recompute(ctx: Context, cmd: RecomputeClocks) -> Preview:
    """Ask the policies again with the facts as they are now; what is the same stays untouched."""
    locked, found = _open(ctx, cmd.instance_id, cmd.by, ("*",), cmd.reason)
    if locked.blob is None:
        return Preview(0, ())
    flow, run = resume(ctx, locked, cmd.by, operate=True)
    place = Place(flow.loaded, locked.id, cmd.by.id)
    return look_again(ctx, place, found, Asked(ctx, locked.id, stored(run)), cmd.reason)


def _open(
    ctx: Context, instance_id: str, by: Actor, metrics: tuple[str, ...], reason: str = "-"
) -> tuple[Locked, list[Row]]:
    """The case under its lock, and its open clocks of these metrics; for managers and who works on the case."""
    ensure(by, Right.TASK_WORK)
    if not reason.strip():
        raise Invalid("CRM-037", "A reason is needed.", fix="Say why, so that others understand it later.")
    locked = lock_instance(ctx.conn, instance_id)
    if locked is None:
        raise NotFound("CRM-402", f"There is no instance '{instance_id}'.", fix="Look it up in the list.")
    if Right.TASK_MANAGE not in by.rights:
        query = select(task.c.assignee, task.c.candidates).where(task.c.instance_id == instance_id)
        if not any(may_see_task(by, row.assignee, row.candidates) for row in ctx.conn.execute(query)):
            raise Forbidden("CRM-311", "Those deadlines are not of a case you work on.", fix="Ask a manager.")
    found = clocks.open_of(ctx, instance_id)
    return locked, [c for c in found if "*" in metrics or c["metric"] in metrics]


def _newest(ctx: Context, key: str) -> tuple[Mapping[str, Any], int] | None:
    try:
        found: tuple[Calendar, int] = calendars.load(ctx, key)
    except NotFound:
        return None
    return found[0].to_mapping(), found[1]


def _policy(ctx: Context, content: Mapping[str, Any] | str) -> dict[str, Any]:
    """A policy's content; its calendar must be there."""
    found = sla_terms.content_of(content)
    if found.get("calendar"):
        calendars.load(ctx, str(found["calendar"]))
    return found
