"""Messages nobody wanted so far: to look at, to send again, to forget."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from engine.domain.access import Right
from engine.domain.working import DropMessage, ListMessages, ResendMessage
from webui.door import ask, cursor_of, do, need

room = Blueprint("kept", __name__, url_prefix="/messages")


@room.get("")
def show() -> ResponseReturnValue:
    """Kept messages, newest first."""
    actor = need(Right.INCIDENT_READ)
    state = request.args.get("state") if request.args.get("state") in ("waiting", "expired") else None
    q = request.args.get("q", "").strip()[:200]
    page = ask(ListMessages(actor, state, search=q, cursor=cursor_of()))
    return render_template("watch/messages.html", page=page, state=state, q=q)


@room.post("/<message_id>/send")
def resend(message_id: str) -> ResponseReturnValue:
    """Send it again."""
    sent = do(ResendMessage(message_id, need(Right.MESSAGE_SEND)))
    told = {
        "correlated": gettext("A waiting case has taken the message."),
        "started": gettext("The message has started a case."),
        "held": gettext("The case that waits for it is suspended; it gets the message when it goes on."),
    }
    flash(told.get(sent.outcome, gettext("Nobody waits for it yet; it is kept for an hour.")))
    return redirect(url_for("kept.show"))


@room.post("/<message_id>/drop")
def drop(message_id: str) -> ResponseReturnValue:
    """Forget it."""
    do(DropMessage(message_id, need(Right.INCIDENT_RETRY)))
    flash(gettext("The message is forgotten."))
    return redirect(url_for("kept.show"))
