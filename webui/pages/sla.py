"""The SLA wall: what breaches next, whose, and what can I do? And the deadlines of one task, explained."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

from flask import Blueprint, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import get_locale, gettext

from engine.domain.access import Right
from engine.domain.calendar.explain import span_words, words
from engine.domain.sla_values import ClockRow, EstimateTask, ListClocks, ShowWall, Wall, WhyDeadline
from webui.door import ask, need, the_engine

room = Blueprint("sla", __name__, url_prefix="/sla")
STATES = ("breached", "risk", "paused", "running")
GROUPS = ("team", "flow", "segment")


@room.get("")
def show() -> ResponseReturnValue:
    """The wall; ``?csv`` is what the page shows, as a table."""
    by_what = request.args.get("by", "team")
    by_what = by_what if by_what in GROUPS else "team"
    only = {name: request.args[name] for name in ("state", "group") if name in request.args}
    wall = ask(ShowWall(need(Right.TASK_MANAGE), by_what, only))
    if "csv" in request.args:
        return table(wall)
    return render_template("sla/wall.html", wall=wall, by_what=by_what, only=only, states=STATES, look=look)


@room.get("/task/<task_id>")
def of_task(task_id: str) -> ResponseReturnValue:
    """The deadlines of a task and its case: why they are due when they are, how likely they are missed."""
    actor = need(Right.TASK_WORK)
    clocks = [row for row in ask(ListClocks(actor, task_id=task_id)) if row.ended_at is None or row.task_id == task_id]
    if not clocks:
        return ""
    shown = [{"row": row, **told(WhyDeadline(row.id, actor))} for row in clocks]
    return render_template("sla/task.html", clocks=shown, guess=ask(EstimateTask(task_id, actor)), look=look)


def told(question: WhyDeadline) -> dict[str, Any]:
    """A clock's explanation: sentences, and the stretches of its timeline in thousandths of its width."""
    found = ask(question)
    parts = found.why["parts"]
    return {"why": found.why, "rungs": found.rungs, "changes": found.changes, "parts": stretches(parts)}


def stretches(parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Work and pauses with their words and their share of the counted time."""
    total = sum(part["seconds"] for part in parts) or 1
    found = []
    for part in parts:
        lines = words(part["days"], str(get_locale())) if "days" in part else ()
        found.append({**part, "lines": lines, "share": round(100 * part["seconds"] / total, 1)})
    return found


def look(row: ClockRow) -> str:
    """breached, paused, risk, running: never told by colour alone."""
    if row.state in ("breached", "paused", "met", "cancelled"):
        return row.state
    return "risk" if row.used >= 0.75 else "running"


def state_word(state: str) -> str:
    """A state of the wall in the reader's language."""
    known = {
        "breached": gettext("breached"),
        "risk": gettext("at risk"),
        "paused": gettext("paused"),
        "running": gettext("on track"),
        "met": gettext("met"),
        "cancelled": gettext("cancelled"),
    }
    return str(known.get(state, state))


def metric_word(metric: str) -> str:
    """What a clock measures, in the reader's language."""
    known = {
        "accept": gettext("taken by somebody"),
        "first_response": gettext("first answer"),
        "next_response": gettext("next answer"),
        "resolve": gettext("solved"),
        "stage": gettext("stage"),
    }
    return str(known.get(metric, metric))


def table(wall: Wall) -> ResponseReturnValue:
    """The rows of the page as CSV; a text that a spreadsheet would run is told to be text."""
    out = io.StringIO()
    writer = csv.writer(out)
    columns = (
        "state",
        "name",
        "metric",
        "team",
        "definition_key",
        "segment",
        "assignee",
        "subject",
        "due_at",
        "target",
    )
    writer.writerow([*columns, "used", "paused_since", "paused_for", "instance_id"])
    for row in wall.clocks:
        line = [look(row), *(getattr(row, name) for name in columns[1:]), f"{row.used:.2f}"]
        writer.writerow([_safe(each) for each in [*line, row.paused_since, row.paused_for, row.instance_id]])
    answer = make_response("\ufeff" + out.getvalue())
    answer.headers["Content-Type"] = "text/csv; charset=utf-8"
    stamp = the_engine().clock.now().strftime("%Y%m%d-%H%M")
    answer.headers["Content-Disposition"] = f'attachment; filename="sla-{stamp}.csv"'
    return answer


def _safe(value: Any) -> str:
    text = "" if value is None else value.isoformat() if hasattr(value, "isoformat") else str(value)
    return "'" + text if text.startswith(("=", "+", "-", "@", "\t")) else text


def act_word(did: dict[str, Any]) -> str:
    """One act of a rung in the reader's language."""
    if did.get("nothing") or did.get("skipped"):
        return str(gettext("nothing to do"))
    who = ", ".join(did.get("told") or ())
    known = {
        "notify": gettext("told %(who)s", who=who),
        "priority": gettext("priority raised to %(n)s", n=did.get("to")),
        "reassign": gettext("given to %(who)s", who=did.get("to")),
        "candidate": gettext("offered to %(who)s", who=", ".join(did.get("added") or ())),
        "escalate": gettext("escalated in the model"),
        "start": gettext("started %(flow)s", flow=did.get("process")),
    }
    return str(known.get(str(did.get("do")), did.get("do")))


def lasted(span: Any) -> str:
    """A span of time, or a number of seconds, in the reader's language."""
    return span_words(span if isinstance(span, timedelta) else timedelta(seconds=span or 0), str(get_locale()))


@room.record_once
def set_up(state: Any) -> None:
    """The words of this room for its templates."""
    words_of = {"state_word": state_word, "metric_word": metric_word, "act_word": act_word, "span_words": lasted}
    state.app.jinja_env.globals.update(words_of)
