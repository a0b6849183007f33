"""The Team room of managers and leads: who has how much, who is away, what if; moving work; the same as CSV."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from engine.domain.access import Actor, Right
from engine.domain.errors import Forbidden, Invalid
from engine.domain.staff import MoveWork, TeamsInCharge, Workload, WorkloadRow
from webui.dates import begin_of
from webui.door import ask, do, need, the_engine
from webui.names import team_name
from webui.said import said_error
from webui.sheets import csv_answer

room = Blueprint("team", __name__, url_prefix="/team")
_DAYS = 14  # of the team's calendar


@room.get("")
def show() -> ResponseReturnValue:
    """Bars against capacity, absences, and what if some were away."""
    return page_of(need(Right.TASK_WORK))


def page_of(actor: Actor, **more: Any) -> str:
    """The room; ``tried``: what a move would do, and what was typed for it."""
    rows = read(actor)
    top = max((row.load * 100 / row.weight for row in rows), default=0)
    about: dict[str, Any] = {"team": chosen(), "away": request.args.getlist("away"), "top": top}
    about |= {"until": request.args.get("until", ""), "teams": ask(TeamsInCharge(actor)), "days": coming_days(actor)}
    return render_template("team/page.html", rows=rows, **about, **more)


@room.get("/export.csv")
def export() -> ResponseReturnValue:
    """What the page shows, as CSV with heads in the reader's language and times in their zone."""
    rows = read(need(Right.TASK_WORK))
    what_if = bool(request.args.getlist("away"))
    heads = [
        gettext("Person"), gettext("Login"), gettext("Teams"), gettext("Open tasks"), gettext("Overdue"),
        gettext("Capacity"), gettext("At most"), gettext("Fair share"), gettext("Away until"),
    ]  # fmt: skip
    heads += [gettext("Would get"), gettext("Would wait")] if what_if else []
    lines = []
    for row in rows:
        teams, until = "; ".join(team_name(key) for key in row.teams), row.away.until if row.away else None
        line = [row.name, row.login, teams, row.load, row.overdue, row.weight, row.most, row.share, until]
        lines.append([*line, row.gets, row.waits] if what_if else line)
    return csv_answer("workload", heads, lines)


@room.post("/move")
def move() -> ResponseReturnValue:
    """Give the first tasks of some people to somebody else, or to a team's queue; which they were is told to them.

    The button "try" shows what would come of it, and asks again.
    """
    actor = need(Right.TASK_WORK)
    form = request.form
    number, reason = form.get("number", type=int) or 1, form.get("reason", "")[:500]
    given = MoveWork(tuple(form.getlist("from")), form.get("to", ""), actor, number, reason)
    if form.get("act") == "try":
        return page_of(actor, tried=do(replace(given, trial=True)), given=given)
    done = do(given)
    flash(ngettext("%(num)s task moved.", "%(num)s tasks moved.", done.moved))
    for name, code, message in done.kept[:3]:
        flash(f"{name}: {said_error(Forbidden(code, message)).what}")
    return redirect(url_for("team.show", team=chosen() or None))


def read(actor: Actor) -> tuple[WorkloadRow, ...]:
    """The rows of the page and of its export."""
    return ask(Workload(actor, chosen() or None, tuple(request.args.getlist("away")), until_of(actor)))


def until_of(actor: Actor) -> datetime | None:
    """The end of the last day away, in the reader's zone; None for no end. Raises ``Invalid`` CRM-092."""
    given = (request.args.get("until") or "").strip()
    if not given:
        return None
    try:
        return begin_of(given, actor.timezone, later=1)
    except ValueError:
        raise Invalid("CRM-092", f"'{given[:40]}' is no date.", fix="Choose a day, or leave it empty.") from None


def coming_days(actor: Actor) -> list[tuple[datetime, datetime]]:
    """Today and the days after it, as the reader's clock has them: (begin, end)."""
    zone = ZoneInfo(actor.timezone)
    today = the_engine().clock.now().astimezone(zone).date()
    edges = [datetime.combine(today + timedelta(days=n), time(), zone) for n in range(_DAYS + 1)]
    return list(pairwise(edges))


def chosen() -> str:
    """The team looked at; none: all one may see."""
    return (request.values.get("team") or "").strip()
