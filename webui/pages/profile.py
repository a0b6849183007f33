"""What a person sets for themselves: language, time zone, password, absences, how they are told, their feed."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import available_timezones

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from engine.domain.access import Right
from engine.domain.commands import ChangeUser, LogIn
from engine.domain.errors import CrmflowError, Invalid
from engine.domain.questions import ActorNamed
from engine.domain.staff import (
    AddAbsence,
    EndAbsence,
    EndFeed,
    GetPerson,
    ListDeliveries,
    MakeFeed,
    ReadFeed,
    SetWishes,
)
from engine.i18n import LANGUAGES
from webui.auth import log_in
from webui.choosing import Choice, choices, whom_of
from webui.dates import moment
from webui.door import ask, do, me
from webui.i18n import COOKIE
from webui.pages.login import is_local
from webui.pages.people import WRONG, page_of

room = Blueprint("profile", __name__)


@room.get("/profile")
def show() -> ResponseReturnValue:
    """Who I am: roles, teams, absences, how I am told."""
    return page()


def page(error: CrmflowError | None = None, feed: str | None = None) -> str:
    """The profile, with what went wrong or the feed's new address on top."""
    actor = me()
    about: dict[str, Any] = {"person": None, "choice": Choice(), "sent": ()}
    if Right.PEOPLE_READ in actor.rights:
        sent = ask(ListDeliveries(actor, actor.id, limit=8)).items
        about = {"person": ask(GetPerson(actor.id, actor)), "choice": choices("user"), "sent": sent}
    zones = sorted(available_timezones())
    return render_template("profile.html", actor=actor, zones=zones, error=error, feed=feed, **about)


@room.post("/profile")
def save() -> ResponseReturnValue:
    """Name, mail, time zone."""
    form = request.form
    texts = {n: form[n].strip() for n in ("name", "email", "timezone") if form.get(n, "").strip()}
    try:
        do(ChangeUser(me().id, me(), **texts))  # type: ignore[arg-type]
    except WRONG as error:
        return make_response(page(error), error.status)
    return done()


@room.post("/profile/password")
def password() -> ResponseReturnValue:
    """A new password, for who knows the old one. Other sessions end; this one goes on."""
    try:
        do(LogIn(me().id, request.form.get("old", "")))
        do(ChangeUser(me().id, me(), password=request.form.get("new", "")))
    except CrmflowError as error:
        return make_response(page(error), error.status)
    log_in(ask(ActorNamed(me().id)))
    return done()


@room.post("/profile/wishes")
def wishes() -> ResponseReturnValue:
    """How I am told."""
    form = request.form
    quiet = [form.get("quiet_from", ""), form.get("quiet_to", "")]
    given = {
        "mail": form.get("mail", "at once"),
        "webhook": form.get("webhook"),
        "quiet": quiet if any(quiet) else None,
        "digest_at": form.get("digest_at") or "08:00",
        "off": [kind for kind in ("assigned", "told", "reminder") if kind not in form.getlist("news")],
    }
    try:
        do(SetWishes(me(), given))
    except WRONG as error:
        return make_response(page(error), error.status)
    return done()


@room.post("/profile/wishes/key")
def new_key() -> ResponseReturnValue:
    """Another secret for my webhook; the old one signs nothing any more."""
    tell = ask(GetPerson(me().id, me())).tell
    do(SetWishes(me(), {**tell, "new_key": True}))
    return done()


@room.post("/profile/feed/end")
def end_feed() -> ResponseReturnValue:
    """No feed any more: its address stops working."""
    do(EndFeed(me()))
    return done()


@room.post("/profile/feed")
def make_feed() -> ResponseReturnValue:
    """A new address of my calendar feed, shown once."""
    secret = do(MakeFeed(me()))
    return page(feed=url_for("profile.feed", secret=secret, _external=True))


@room.get("/feed/<secret>.ics")
def feed(secret: str) -> ResponseReturnValue:
    """My due dates for a calendar program: whoever knows the address may read it."""
    headers = {"Cache-Control": "private, max-age=300", "Content-Disposition": 'inline; filename="crmflow.ics"'}
    return Response(ask(ReadFeed(secret)), content_type="text/calendar; charset=utf-8", headers=headers)


@room.post("/absences/<login>")
def add_absence(login: str) -> ResponseReturnValue:
    """Be away, or note that somebody of one's team is."""
    form = request.form
    try:
        since, until = moment_of(form.get("since", "")), moment_of(form.get("until", ""))
        about = {
            "delegate": whom_of(form.get("delegate", ""), "user") or None,
            "hand_over": form.get("hand_over") == "yes",
        }
        do(AddAbsence(login, me(), since, until, **about, reason=form.get("reason", "")[:500]))  # type: ignore[arg-type]
    except Invalid as error:
        shown = page(error) if login == me().id else page_of(login, me(), error)
        return make_response(shown, error.status)
    return done()


@room.post("/absences/<absence_id>/end")
def end_absence(absence_id: str) -> ResponseReturnValue:
    """Come back."""
    do(EndAbsence(absence_id, me()))
    return done()


@room.post("/language")
def locale() -> ResponseReturnValue:
    """Switch the language at once; a person's choice stays in the profile."""
    wanted = request.form.get("locale", "")
    if wanted not in LANGUAGES:
        raise Invalid("CRM-005", f"crmflow does not speak '{wanted}' yet.", fix="Choose English or 简体中文.")
    if current_user.is_authenticated:
        do(ChangeUser(login=me().id, by=me(), locale=wanted))
    else:
        session["language"] = wanted  # goes into the profile of whoever logs in next
    back = request.form.get("next", "")
    answer = redirect(back if is_local(back) else url_for("login.home"))
    answer.set_cookie(COOKIE, wanted, max_age=365 * 24 * 3600, samesite="Lax", httponly=True)
    return answer


def moment_of(text: str) -> datetime:
    """A date and time as typed, in the reader's zone unless it names another; raises ``Invalid`` CRM-092."""
    try:
        return moment(text, me().timezone)
    except ValueError:
        raise Invalid("CRM-092", f"'{text}' is no date and time.", fix="Fill in both.") from None


def done() -> ResponseReturnValue:
    """Back to where one came from."""
    flash(gettext("Saved."))
    back = request.form.get("next", "")
    return redirect(back if is_local(back) else url_for("profile.show"))
