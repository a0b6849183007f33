"""Settings of time: calendars and SLA policies; every change is previewed by the open deadlines it moves."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from engine.domain.access import Right
from engine.domain.calendar import Calendar
from engine.domain.errors import CrmflowError, NotFound
from engine.domain.sla import DEFAULT, Unit
from engine.domain.sla_values import (
    CalendarRow,
    ListCalendars,
    ListPolicies,
    PolicyRow,
    Preview,
    PreviewCalendar,
    PreviewPolicy,
    SaveCalendar,
    SavePolicy,
)
from webui.door import ask, do, need, the_engine
from webui.pages import settings_forms as forms

room = Blueprint("settings", __name__, url_prefix="/settings")
NEW = "new"


@room.get("")
def show() -> ResponseReturnValue:
    """All calendars and policies."""
    actor = need(Right.TASK_WORK)
    return render_template("settings/list.html", calendars=ask(ListCalendars(actor)), policies=ask(ListPolicies(actor)))


@room.get("/calendars/<key>")
def calendar(key: str) -> ResponseReturnValue:
    """One calendar, to look at and (for who may) to change."""
    row = _calendar(key)
    given = forms.calendar_fields(row.content if row else {"zone": need(Right.TASK_WORK).timezone, "week": {}})
    return _calendar_page(key, row, given)


@room.post("/calendars/<key>")
def change_calendar(key: str) -> ResponseReturnValue:
    """Preview, or save: a new version that moves the open clocks on it."""
    actor = need(Right.TIME_MANAGE)
    row, given = _calendar(key), request.form.to_dict()
    name = key if key != NEW else given.get("key", "").strip()
    try:
        content = forms.calendar_content(given)
        preview = ask(PreviewCalendar(name, content, actor))
        if request.form.get("act") == "save":
            done = do(SaveCalendar(name, content, actor))
            flash(_saved(preview, name, done.version))
            return redirect(url_for("settings.show"))
    except CrmflowError as error:
        return _calendar_page(key, row, given, error=error), error.status
    return _calendar_page(key, row, given, preview=preview, days=_days(Calendar.from_mapping(content)))


@room.get("/policies/<key>")
def policy(key: str) -> ResponseReturnValue:
    """One policy, to look at and to change."""
    row = _policy(key)
    given = forms.policy_fields(row.content if row else {"ladder": list(DEFAULT)})
    return _policy_page(key, row, given)


@room.post("/policies/<key>")
def change_policy(key: str) -> ResponseReturnValue:
    """Preview, or save: open clocks get the new targets and their ladders are planned anew."""
    actor = need(Right.TIME_MANAGE)
    row, given = _policy(key), request.form.to_dict()
    name = key if key != NEW else given.get("key", "").strip()
    try:
        content = forms.policy_content(given)
        preview = ask(PreviewPolicy(name, content, actor))
        if request.form.get("act") == "save":
            done = do(SavePolicy(name, content, actor))
            flash(_saved(preview, name, done.version))
            return redirect(url_for("settings.show"))
    except CrmflowError as error:
        return _policy_page(key, row, given, error=error), error.status
    return _policy_page(key, row, given, preview=preview)


def _calendar(key: str) -> CalendarRow | None:
    found = next((row for row in ask(ListCalendars(need(Right.TASK_WORK))) if row.key == key), None)
    if found is None and key != NEW:
        raise NotFound("CRM-415", f"There is no calendar '{key}'.", fix="Make it in the settings.")
    return found


def _policy(key: str) -> PolicyRow | None:
    found = next((row for row in ask(ListPolicies(need(Right.TASK_WORK))) if row.key == key), None)
    if found is None and key != NEW:
        raise NotFound("CRM-416", f"There is no SLA policy '{key}'.", fix="Make it in the settings.")
    return found


def _calendar_page(key: str, row: CalendarRow | None, given: Mapping[str, str], **more: Any) -> str:
    if "days" not in more and row is not None:
        more["days"] = _days(Calendar.from_mapping(dict(row.content)))
    days = forms.weekdays()
    return render_template("settings/calendar.html", key=key, row=row, given=given, weekdays=days, **more)


def _policy_page(key: str, row: PolicyRow | None, given: Mapping[str, str], **more: Any) -> str:
    about = {"calendars": ask(ListCalendars(need(Right.TASK_WORK))), "units": list(Unit), "metrics": forms.metrics()}
    return render_template("settings/policy.html", key=key, row=row, given=given, **about, **more)


def _days(calendar: Calendar) -> list[dict[str, Any]]:
    """The next two weeks as the calendar has them, for the eye."""
    today = the_engine().clock.now().date()
    return [forms.told_day(calendar.day(today + timedelta(days=n))) for n in range(14)]


def _saved(preview: Preview, name: str, version: int) -> str:
    moved = len(preview.moves)
    text = gettext("“%(name)s”, version %(version)s, is saved.", name=name, version=version)
    return str(text + " " + ngettext("%(num)s open deadline moved.", "%(num)s open deadlines moved.", moved))
