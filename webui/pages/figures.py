"""How work went, per version of each flow: on time, hand-offs, rework; as a page and as the same table in a file."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from engine.domain.access import Actor, Right
from engine.domain.errors import Invalid
from engine.domain.figures import FigureRow, ShowFigures, ShowQueues
from webui.dates import begin_of
from webui.door import ask, need, the_engine
from webui.names import flow_name, team_name
from webui.sheets import csv_answer

room = Blueprint("figures", __name__, url_prefix="/sla/figures")
_DAYS = 90  # looked back, where nobody says since when


@room.get("")
def show() -> ResponseReturnValue:
    """Finished cases that began in a period, and what waits; ``?csv`` is what the page shows, as a table."""
    actor = need(Right.TASK_MANAGE)
    waits = ask(ShowQueues(actor))
    if request.args.get("csv") == "queues":
        return csv_answer("queues", queue_heads(), ([team_name(w.team), w.free, w.oldest, *w.ages] for w in waits))
    since, until = period(actor)
    key = request.args.get("flow", "").strip()[:255]
    begin, end = at(since, actor), at(until + timedelta(days=1), actor)
    rows = ask(ShowFigures(actor, begin, end, key))
    if "csv" in request.args:
        return csv_answer("figures", heads(), (cells(row) for row in rows))
    lines = [(row, cells(row)) for row in rows]
    about = {"since": since, "until": until, "key": key, "queues": waits, "queue_heads": queue_heads()}
    return render_template("sla/figures.html", lines=lines, heads=heads(), **about)


def heads() -> list[str]:
    """The columns, in the reader's language."""
    return [
        gettext("Flow"), gettext("Version"), gettext("Variant of"), gettext("Finished cases"), gettext("Promises"),
        gettext("On time"), gettext("Steps"), gettext("Hand-offs per case"), gettext("Given on per case"),
        gettext("Rework"),
    ]  # fmt: skip


def queue_heads() -> list[str]:
    """The columns of what waits."""
    return [
        gettext("Team"), gettext("Free to take"), gettext("Oldest since"), gettext("Up to a day"),
        gettext("Up to 3 days"), gettext("Up to a week"), gettext("Longer"),
    ]  # fmt: skip


def cells(row: FigureRow) -> list[Any]:
    """A row as the page and the file both show it."""
    base = flow_name(row.variant_of) if row.variant_of else ""
    return [
        row.name, row.version, base, row.cases, row.promises, share(row.on_time), row.steps,
        f"{row.handoffs / row.cases:.1f}", f"{row.reassigned / row.cases:.1f}", share(row.rework),
    ]  # fmt: skip


def share(value: float | None) -> str:
    """A share in per cent; a dash where there is nothing to be shared."""
    return "–" if value is None else f"{value * 100:.0f} %"


def period(actor: Actor) -> tuple[date, date]:
    """From when until when, both days included, as the reader's clock has them. Raises ``Invalid`` CRM-081."""
    today = the_engine().clock.now().astimezone(ZoneInfo(actor.timezone)).date()
    return day("since", today - timedelta(days=_DAYS)), day("until", today)


def day(name: str, usual: date) -> date:
    """A day of the address."""
    given = request.args.get(name, "").strip()
    try:
        return date.fromisoformat(given) if given else usual
    except ValueError as error:
        raise Invalid("CRM-081", f"'{given[:40]}' is no date.", fix="Choose a day, or leave it empty.") from error


def at(when: date, actor: Actor) -> datetime:
    """The begin of a day in the reader's zone."""
    try:
        return begin_of(when, actor.timezone)
    except ValueError as error:
        raise Invalid("CRM-081", f"'{when}' is too far away.", fix="Choose a nearer day.") from error
