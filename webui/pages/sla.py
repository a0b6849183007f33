"""The SLA wall: what breaches next, whose, and what can I do? And the deadlines of one task, explained."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from flask import Blueprint, g, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import get_locale, gettext, ngettext

from engine.domain.access import Right
from engine.domain.calendar.explain import span_words, words
from engine.domain.errors import CrmflowError
from engine.domain.questions import RecordKinds
from engine.domain.sla import Unit, duration
from engine.domain.sla_values import ClockRow, EstimateTask, ListClocks, ShowWall, Wall, WhyDeadline
from webui.door import ask, me, need, the_engine
from webui.look import said
from webui.names import flow_name, person_name, team_name, whom
from webui.pages.settings_ladder import do_words
from webui.said import said_error
from webui.sheets import csv_answer

room = Blueprint("sla", __name__, url_prefix="/sla")
STATES = ("breached", "risk", "paused", "running")
GROUPS = ("team", "flow", "segment")


@room.get("")
def show() -> ResponseReturnValue:
    """The wall; ``?csv`` is what the page shows, as a table."""
    actor, args = need(Right.TASK_MANAGE), request.args
    by_what = args.get("by", "team")
    by_what = by_what if by_what in GROUPS else "team"
    # An empty text is a choice too: the clocks of no team, flow or segment.
    only = {"group": args["group"]} if "group" in args else {}
    state = args.get("state", "")
    chosen: dict[str, Any] = {"state": state if state in STATES else ""}
    chosen |= {name: args.get(name, "").strip()[:120] for name in ("customer", "assignee")}
    state, customer, assignee = chosen["state"], chosen["customer"], chosen["assignee"]
    wall = ask(ShowWall(actor, by_what, only, state=state, customer=customer, assignee=assignee))
    if "csv" in args:
        return table(wall)
    about = {"by_what": by_what, "only": {**only, **chosen}, "states": STATES, "look": look}
    return render_template("sla/wall.html", wall=wall, **about)


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
        "done": gettext("done"),
    }
    return str(known.get(metric, metric))


def table(wall: Wall) -> ResponseReturnValue:
    """The rows of the page as CSV, worded as the page words them."""
    heads = [
        gettext("Deadline"), gettext("Metric"), gettext("Target"), gettext("Subject"), gettext("Customer"),
        gettext("State"), gettext("Time used (%)"), gettext("Due"), gettext("Paused since"), gettext("Paused for"),
        gettext("Who"), gettext("Team"), gettext("Flow"), gettext("Segment"), gettext("Instance"),
    ]  # fmt: skip
    rows = (
        [
            row.name, metric_word(row.metric), target_word(row.target), row.subject, row.customer and row.customer[1],
            state_word(look(row)), round(row.used * 100), row.due_at, row.paused_since, pause_word(row.paused_for),
            person_name(row.assignee), team_name(row.team or ""), flow_name(row.definition_key), row.segment,
            row.instance_id,
        ]
        for row in wall.clocks
    )  # fmt: skip
    return csv_answer(f"sla-{the_engine().clock.now():%Y%m%d-%H%M}", heads, rows)


def target_word(target: str) -> str:
    """A target as people say it: "8 h", "2 working days"."""
    try:
        found = duration(target)
    except CrmflowError:
        return target
    if found.unit is Unit.DAYS:
        return str(ngettext("%(num)s working day", "%(num)s working days", found.days))
    return lasted(found.span)


def pause_word(reason: str) -> str:
    """Why a clock stands; a state of a record by its name."""
    state = reason.removeprefix("state: ")
    if state == reason:
        return reason
    if "sla_states" not in g:  # asked once a request
        g.sla_states = [kind.get("states") or () for kind in ask(RecordKinds(by=me()))]
    for states in g.sla_states:
        for one in states:
            if one["value"] == state:
                return str(gettext("the record is “%(state)s”", state=said(one, "name")))
    return str(gettext("the record is “%(state)s”", state=state))


def change_word(reason: str) -> str:
    """Why a clock was reckoned anew; what people gave as the reason stays as they wrote it."""
    known = {
        "resumed": gettext("goes on"),
        "inputs changed": gettext("the facts of the case have changed"),
        "the case's facts changed": gettext("the facts of the case have changed"),
    }
    if reason in known:
        return str(known[reason])
    if reason.startswith("paused: "):
        return str(gettext("Paused: %(reason)s", reason=pause_word(reason.removeprefix("paused: "))))
    saved = re.fullmatch(r"(policy|calendar) (\S+) version (\d+)", reason)
    if saved is None:
        return reason
    what, about = saved[1], {"key": saved[2], "version": saved[3]}
    if what == "policy":
        return str(gettext("policy %(key)s was saved, version %(version)s", **about))
    return str(gettext("calendar %(key)s was saved, version %(version)s", **about))


def via_word(via: str) -> str:
    """Who says by which calendar a clock goes."""
    whole = {
        "the element": gettext("what the model says"),
        "none is set: every hour counts": gettext("no calendar is set"),
        "the target counts every hour": gettext("a target in hours by the wall"),
    }
    kind, _, key = via.rpartition(" ")
    known = {
        "contract": gettext("contract %(key)s", key=key),
        "customer": gettext("customer %(key)s", key=key),
        "team": gettext("team %(key)s", key=team_name(key) if kind == "team" else key),
        "office": gettext("office %(key)s", key=key),
        "person": gettext("person %(key)s", key=person_name(key) if kind == "person" else key),
        "policy": gettext("policy %(key)s", key=key),
        "legal policy": gettext("legal policy %(key)s", key=key),
    }
    return str(whole.get(via) or known.get(kind) or via)


def act_word(did: dict[str, Any]) -> str:
    """One act of a rung in the reader's language."""
    if did.get("nothing") or did.get("skipped"):
        return str(gettext("nothing to do"))
    if did.get("failed"):
        why = said_error({"code": did["failed"], "message": did.get("message", "")}).what
        what = do_words().get(str(did.get("do")), did.get("do"))
        return f"{what}: {gettext('failed')} ({did['failed']}) {why}".rstrip()
    told = ", ".join(map(whom, did.get("told") or ()))
    said = gettext("told %(who)s", who=told)
    if did.get("posted"):
        posted = gettext("posted to %(url)s", url=did["posted"])
        said = f"{said}; {posted}" if told else posted
    known = {
        "notify": said,
        "priority": gettext("priority raised to %(n)s", n=did.get("to")),
        "reassign": gettext("given to %(who)s", who=whom(str(did.get("to") or ""))),
        "candidate": gettext("offered to %(who)s", who=", ".join(map(whom, did.get("added") or ()))),
        "escalate": gettext("escalated in the model"),
        "start": gettext("started %(flow)s", flow=flow_name(str(did.get("process")))),
    }
    return str(known.get(str(did.get("do")), did.get("do")))


def lasted(span: Any) -> str:
    """A span of time, or a number of seconds, in the reader's language."""
    return span_words(span if isinstance(span, timedelta) else timedelta(seconds=span or 0), str(get_locale()))


@room.record_once
def set_up(state: Any) -> None:
    """The words of this room for its templates."""
    words_of = {"state_word": state_word, "metric_word": metric_word, "act_word": act_word, "span_words": lasted}
    words_of |= {"target_word": target_word, "pause_word": pause_word, "change_word": change_word, "via_word": via_word}
    state.app.jinja_env.globals.update(words_of)
