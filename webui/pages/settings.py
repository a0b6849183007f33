"""Settings of time: calendars, whose they are, SLA policies; every change is previewed by the deadlines it moves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from engine.domain.access import Actor, Right
from engine.domain.calendar import Calendar
from engine.domain.errors import CrmflowError, NotFound
from engine.domain.questions import GetRecord, ListPeople
from engine.domain.sla import DEFAULT, Unit
from engine.domain.sla_values import (
    CalendarRow,
    HangCalendar,
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
from webui.pages import settings_forms as forms, settings_ladder as ladders

room = Blueprint("settings", __name__, url_prefix="/settings")
NEW = forms.NEW
USES = ("team", "office", "customer", "contract")
Row = CalendarRow | PolicyRow


@dataclass(frozen=True, slots=True)
class Thing:
    """What calendars and policies differ in; the way of changing them is one."""

    rows: Callable[[Actor], tuple[Row, ...]]
    content: Callable[[Mapping[str, str], Mapping[str, Any]], tuple[dict[str, Any], forms.Wrong]]
    preview: Callable[[str, dict[str, Any], Actor], Any]
    save: Callable[[str, dict[str, Any], Actor], Any]
    page: Callable[..., str]
    missing: Callable[[str], NotFound]


@room.get("")
def show() -> ResponseReturnValue:
    """All calendars and policies, and who goes by which calendar."""
    return list_page()


def list_page(error: CrmflowError | None = None) -> str:
    """The room, with what was typed where a calendar could not be hung."""
    actor = need(Right.TASK_WORK)
    calendars = ask(ListCalendars(actor))
    uses = [(kind, target, row) for row in calendars for kind, target in row.uses]
    return render_template(
        "settings/list.html",
        calendars=calendars,
        policies=ask(ListPolicies(actor)),
        uses=[(kind, target, row.names.get(target, ""), row) for kind, target, row in uses],
        ladder=DEFAULT,
        kinds=use_words(),
        teams=ask(ListPeople(actor, kind="team", limit=200)).items,
        given=request.form,
        error=error,
    )


@room.post("/hang")
def hang() -> ResponseReturnValue:
    """Say whose a calendar is, or take it off."""
    actor = need(Right.TIME_MANAGE)
    kind, calendar = request.form.get("kind", ""), request.form.get("calendar", "") or None
    # A customer is named by the address of their page as well as by their id.
    target = request.form.get("target", "").strip().rstrip("/").rpartition("/")[2]
    try:
        if calendar is not None:  # what is gone, or not theirs to see, can still be taken off
            known(kind, target, actor)
        do(HangCalendar(kind, target, calendar, actor))
    except CrmflowError as error:
        return list_page(error), error.status
    flash(gettext("Deadlines that begin from now on go by it.") if calendar else gettext("The calendar is taken off."))
    return redirect(url_for("settings.show") + "#uses")


def known(kind: str, target: str, actor: Actor) -> None:
    """Raises ``NotFound`` CRM-411 or CRM-409 for a team or record that is not there."""
    if kind in ("team", "office"):
        teams = {row.id for row in ask(ListPeople(actor, kind="team", search=target, limit=200)).items}
        if target not in teams:
            raise NotFound("CRM-411", f"There is no team '{target}'.", fix="Choose one of the list.")
    elif kind in USES:
        ask(GetRecord(target, actor))


def use_words() -> dict[str, str]:
    """On what a calendar can hang, in the reader's language."""
    words = (gettext("Team"), gettext("Office (a team of teams)"), gettext("Customer"), gettext("Contract"))
    return dict(zip(USES, words, strict=True))


@room.get("/calendars/<key>")
def calendar(key: str) -> ResponseReturnValue:
    """One calendar, to look at and (for who may) to change."""
    row = find(CALENDARS, key)
    content = row.content if row else {"zone": need(Right.TASK_WORK).timezone, "week": {}}
    return calendar_page(key, row, forms.calendar_fields(content), content)


@room.get("/policies/<key>")
def policy(key: str) -> ResponseReturnValue:
    """One policy, to look at and to change."""
    row = find(POLICIES, key)
    content = row.content if row else {}
    return policy_page(key, row, forms.policy_fields(content), content, rows=ladders.rows_of(content.get("ladder")))


@room.post("/calendars/<key>")
def change_calendar(key: str) -> ResponseReturnValue:
    """Preview, or save: a new version that moves the open clocks on it."""
    return change(CALENDARS, key)


@room.post("/policies/<key>")
def change_policy(key: str) -> ResponseReturnValue:
    """Preview, or save: open clocks get the new targets and their ladders are planned anew."""
    act, given = request.form.get("act", ""), request.form.to_dict()
    rows = ladders.typed(given)
    focus = ladders.changed(rows, act)
    if focus is not None:  # a button of the ladder: nothing is checked and nothing is saved
        need(Right.TIME_MANAGE)
        return policy_page(key, find(POLICIES, key), given, {}, rows=rows, focus=focus)
    return change(POLICIES, key)


def change(thing: Thing, key: str) -> ResponseReturnValue:
    """What is wrong is told at its field; what is right is previewed, or saved."""
    actor = need(Right.TIME_MANAGE)
    row, given = find(thing, key), request.form.to_dict()
    name = key if key != NEW else given.get("key", "").strip()
    content, wrong = thing.content(given, row.content if row else {})
    if row is None:
        wrong = forms.key_wrong(name, [each.key for each in thing.rows(actor)]) | wrong
    if wrong:
        return thing.page(key, row, given, content, wrong=wrong), 400
    try:
        preview = ask(thing.preview(name, content, actor))
        if given.get("act") == "save":
            done = do(thing.save(name, content, actor))
            flash(saved(preview, forms.named(content, name), done.version))
            return redirect(url_for("settings.show"))
    except CrmflowError as error:
        return thing.page(key, row, given, content, error=error), error.status
    return thing.page(key, row, given, content, preview=preview)


def find(thing: Thing, key: str) -> Any:
    """The newest version, None for a new one. Raises ``NotFound`` CRM-426, CRM-427."""
    rows = () if key == NEW else thing.rows(need(Right.TASK_WORK))  # one that is called so is not meant
    found = next((row for row in rows if row.key == key), None)
    if found is None and key != NEW:
        raise thing.missing(key)
    return found


def calendar_page(key: str, row: Any, given: Mapping[str, str], content: Mapping[str, Any], **more: Any) -> str:
    """The form of a calendar with the next two weeks as it has them."""
    shown = content if not more.get("wrong") and not more.get("error") else row.content if row else None
    days = _days(Calendar.from_mapping(dict(shown))) if shown and (row or more.get("preview")) else ()
    about = {"weekdays": forms.weekdays(), "days": days, "wrong": {}, **more}
    return render_template("settings/calendar.html", key=key, row=row, given=given, **about)


def policy_page(key: str, row: Any, given: Mapping[str, str], content: Mapping[str, Any], **more: Any) -> str:
    """The form of a policy with its ladder as rows, and as text for who knows it."""
    actor, wrong = need(Right.TASK_WORK), more.get("wrong", {})
    rows = more.pop("rows", None)
    rows = forms.rows_of(given, content, wrong) if rows is None else rows
    written = "ladder" in wrong or given.get("ladder_as") == "yaml"  # what one wrote oneself stays as it is
    text = given.get("ladder", "") if written else ladders.to_text(ladders.content(rows)[0])
    about = {
        "calendars": ask(ListCalendars(actor)),
        "units": list(Unit),
        "metrics": forms.metrics(given),
        "rungs": rows,
        "text": text,
        "whom": [*ladders.WHO, *(f"team:{team.id}" for team in ask(ListPeople(actor, kind="team", limit=200)).items)],
        "do_words": ladders.do_words(),
        "when_words": ladders.when_words(),
        "ways_words": ladders.ways_words(),
        "wrong": {},
    }
    return render_template("settings/policy.html", key=key, row=row, given=given, **{**about, **more})


def _days(calendar: Calendar) -> list[dict[str, Any]]:
    """The next two weeks as the calendar has them, for the eye."""
    today = the_engine().clock.now().date()
    return [forms.told_day(calendar.day(today + timedelta(days=n))) for n in range(14)]


def saved(preview: Preview, name: str, version: int) -> str:
    """What a save did, in words."""
    moved = len(preview.moves)
    text = gettext("“%(name)s”, version %(version)s, is saved.", name=name, version=version)
    return str(text + " " + ngettext("%(num)s open deadline moved.", "%(num)s open deadlines moved.", moved))


CALENDARS = Thing(
    rows=lambda actor: ask(ListCalendars(actor)),
    content=forms.calendar_content,
    preview=PreviewCalendar,
    save=SaveCalendar,
    page=calendar_page,
    missing=lambda key: NotFound("CRM-426", f"There is no calendar '{key}'.", fix="Make it in the settings."),
)
POLICIES = Thing(
    rows=lambda actor: ask(ListPolicies(actor)),
    content=forms.policy_content,
    preview=PreviewPolicy,
    save=SavePolicy,
    page=policy_page,
    missing=lambda key: NotFound("CRM-427", f"There is no SLA policy '{key}'.", fix="Make it in the settings."),
)


@room.record_once
def set_up(state: Any) -> None:
    """The words of this room for its templates."""
    state.app.jinja_env.globals.update(time_name=forms.named, wrong_words=forms.told)
