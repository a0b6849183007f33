"""The Team room: who has how much, who is away, what if; moving work in bulk; the same as CSV."""

from __future__ import annotations

import csv
import io

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from engine.domain.access import Actor, Right
from engine.domain.commands import ReassignTask
from engine.domain.errors import CrmflowError, Invalid
from engine.domain.questions import ListPeople, ListTasks
from engine.domain.staff import Workload, WorkloadRow
from engine.domain.values import TaskRow
from webui.door import ask, do, need
from webui.parts import team_name

room = Blueprint("team", __name__, url_prefix="/team")
_MOST = 200  # tasks moved at once
_PAGE = 50


@room.get("")
def show() -> ResponseReturnValue:
    """Bars against capacity, absences, and what if some were away."""
    actor = need(Right.TASK_WORK)
    rows = read(actor)
    teams = ask(ListPeople(by=actor, kind="team", limit=200)).items
    top = max((row.load * 100 / row.weight for row in rows), default=0)
    about = {"team": chosen(), "away": request.args.getlist("away"), "top": top, "teams": teams}
    return render_template("team/page.html", rows=rows, **about)


@room.get("/export.csv")
def export() -> ResponseReturnValue:
    """What the page shows, as CSV (RFC 4180, UTF-8 with a mark for spreadsheets)."""
    rows = read(need(Right.TASK_WORK))
    text = io.StringIO()
    out = csv.writer(text)
    heads = ("Person", "Login", "Teams", "Open tasks", "Overdue", "Capacity", "At most", "Fair share", "Away until")
    out.writerow([*heads, "Would get"] if request.args.getlist("away") else heads)
    for row in rows:
        until = row.away.until.isoformat(timespec="minutes") if row.away else ""
        line = [row.name, row.login, "; ".join(team_name(key) for key in row.teams), row.load, row.overdue]
        line += [row.weight, "" if row.most is None else row.most, row.share, until]
        out.writerow([safe(cell) for cell in ([*line, row.gets] if request.args.getlist("away") else line)])
    headers = {"Content-Disposition": 'attachment; filename="workload.csv"'}
    return Response("\ufeff" + text.getvalue(), content_type="text/csv; charset=utf-8", headers=headers)


@room.post("/move")
def move() -> ResponseReturnValue:
    """Give the first tasks of some people to somebody else, or to a team's queue."""
    actor = need(Right.TASK_MANAGE)
    givers, to = request.form.getlist("from"), request.form.get("to", "")
    number = request.form.get("number", type=int) or 1
    if not givers or not to or not 1 <= number <= _MOST:
        raise Invalid("CRM-094", "Nothing was chosen to move.", fix=f"Choose who gives, who gets, and 1 to {_MOST}.")
    moved, failed = 0, ""
    for task in tasks_of(actor, set(givers) - {to}, number):
        try:
            do(ReassignTask(task.id, to, actor, reason=request.form.get("reason", "")[:500]))
            moved += 1
        except CrmflowError as error:  # one that has just been done does not stop the rest
            failed = error.message
    flash(gettext("%(n)s tasks moved.", n=moved) + (f" {failed}" if failed else ""))
    return redirect(url_for("team.show", team=chosen() or None))


def tasks_of(actor: Actor, logins: set[str], number: int) -> list[TaskRow]:
    """The first open tasks of these people, as the inbox orders them, at most ``number`` of each."""
    found: dict[str, list[TaskRow]] = {login: [] for login in logins}
    cursor = None
    while True:
        page = ask(ListTasks(by=actor, box="all", limit=200, cursor=cursor))
        for task in page.items:
            mine = found.get(task.assignee or "")
            if mine is not None and len(mine) < number:
                mine.append(task)
        cursor = page.next
        if cursor is None or all(len(mine) >= number for mine in found.values()):
            return [task for mine in found.values() for task in mine][:_MOST]


def read(actor: Actor) -> tuple[WorkloadRow, ...]:
    """The rows of the page and of its export."""
    away = tuple(request.args.getlist("away"))
    return ask(Workload(actor, chosen() or None, away))


def chosen() -> str:
    """The team looked at; none: all one may see."""
    return (request.values.get("team") or "").strip()


def safe(cell: object) -> object:
    """A spreadsheet must not take a name for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@") else cell
