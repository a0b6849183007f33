"""The engine room: timers that are armed, jobs that run, incidents that wait for a person."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from engine.domain.access import Right
from engine.domain.commands import RetryIncident
from engine.domain.operating import ListCauses
from engine.domain.questions import ListIncidents, ListJobs, ListTimers
from webui.door import ask, cursor_of, do, need
from webui.pages.login import is_local

room = Blueprint("watch", __name__)


@room.get("/timers")
def timers() -> ResponseReturnValue:
    """What fires next."""
    page = ask(ListTimers(by=need(Right.INSTANCE_READ), cursor=cursor_of()))
    return render_template("watch/timers.html", page=page)


@room.get("/jobs")
def jobs() -> ResponseReturnValue:
    """The outbox: calls to other systems that wait, run or failed."""
    page = ask(ListJobs(by=need(Right.INSTANCE_READ), cursor=cursor_of()))
    return render_template("watch/jobs.html", page=page)


@room.get("/incidents")
def incidents() -> ResponseReturnValue:
    """What failed for good and waits for a person."""
    actor = need(Right.INCIDENT_READ)
    page = ask(ListIncidents(by=actor, cursor=cursor_of()))
    causes = ask(ListCauses(actor)) if cursor_of() is None else ()
    return render_template("watch/incidents.html", page=page, causes=causes)


@room.post("/incidents/<incident_id>/retry")
def retry(incident_id: str) -> ResponseReturnValue:
    """Try again what failed."""
    do(RetryIncident(incident_id, need(Right.INCIDENT_RETRY), reason=request.form.get("reason", "").strip()))
    flash(gettext("It is being tried again."))
    back = request.form.get("next", "")
    return redirect(back if is_local(back) else url_for("watch.incidents"))
