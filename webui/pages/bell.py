"""Notifications: the bell, its list, marking as read; what went out by mail and webhook, and sending it again."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from engine.domain.access import Right
from engine.domain.commands import MarkRead
from engine.domain.questions import ListNotifications
from engine.domain.staff import ListDeliveries, SendAgain
from webui.door import ask, cursor_of, do, is_fragment, me
from webui.pages.login import is_local

room = Blueprint("bell", __name__, url_prefix="/notifications")


@room.get("")
def show() -> ResponseReturnValue:
    """All notifications, newest first; as a fragment, the latest ones for the bell's menu."""
    template = "bell/menu.html" if is_fragment() else "bell/page.html"
    limit = 8 if is_fragment() else 30
    return render_template(template, page=ask(ListNotifications(by=me(), limit=limit, cursor=cursor_of())))


@room.get("/count")
def count() -> ResponseReturnValue:
    """The number on the bell."""
    return render_template("bell/count.html", unread=unread())


@room.post("/read")
def read() -> ResponseReturnValue:
    """Mark some or all as read."""
    do(MarkRead(by=me(), ids=tuple(request.form.getlist("id"))))
    if is_fragment():
        return render_template("bell/menu.html", page=ask(ListNotifications(by=me(), limit=8)))
    return redirect(url_for("bell.show"))


@room.get("/sent")
def sent() -> ResponseReturnValue:
    """What went out by mail and webhook, and what came of it: one's own, or (managing people) everybody's."""
    actor = me()
    everybody = request.args.get("of") == "all" and Right.PEOPLE_MANAGE in actor.rights
    failed = request.args.get("failed") == "yes"
    login = None if everybody else actor.id
    page = ask(ListDeliveries(actor, login, failed=failed, limit=30, cursor=cursor_of()))
    return render_template("bell/sent.html", page=page, everybody=everybody, failed=failed)


@room.post("/sent/<delivery_id>/again")
def again(delivery_id: str) -> ResponseReturnValue:
    """Send what failed once more."""
    do(SendAgain(delivery_id, me()))
    flash(gettext("It is on its way again."))
    back = request.form.get("next", "")
    return redirect(back if is_local(back) else url_for("bell.sent"))


def unread() -> int:
    """How many unread notifications there are."""
    return ask(ListNotifications(by=me(), unread=True, limit=1)).total or 0


@room.record_once
def set_up(state: Any) -> None:
    """The number on the bell, which every page shows."""
    state.app.jinja_env.globals["unread"] = unread
