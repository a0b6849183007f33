"""Notifications: the bell, its list, and marking as read."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engine.domain.commands import MarkRead
from engine.domain.questions import ListNotifications
from webui.door import ask, cursor_of, do, is_fragment, me

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


def unread() -> int:
    """How many unread notifications there are."""
    return ask(ListNotifications(by=me(), unread=True, limit=1)).total or 0
