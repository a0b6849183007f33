"""Many tasks at once: choose, try it out, do it once, see what became of each, undo once."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from secrets import token_hex
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engine.domain.access import Actor, Right
from engine.domain.desk import SWEEP_MOST, GetSweep, PreviewSweep
from engine.domain.errors import Invalid
from engine.domain.questions import GetTask, TasksNamed
from engine.domain.values import TaskRow
from webui import sweeping
from webui.choosing import choices, whom_of
from webui.door import ask, do, json_body, need, the_engine
from webui.pages.desk import moment_of

room = Blueprint("sweep", __name__, url_prefix="/inbox/many")
_TYPED = ("to", "reason", "due_at", "priority", "text")  # what the forms of the page ask for


@room.get("")
def preview() -> ResponseReturnValue:
    """What is chosen and what can be done to it; one form for all where all have the same."""
    actor = need(Right.TASK_WORK)
    tasks = chosen(actor, request.args.getlist("task"))
    return render_template(
        "sweep/preview.html", tasks=tasks, choice=choices(), form=one_form(actor, tasks), key=token_hex(8)
    )


@room.post("/try")
def attempt() -> ResponseReturnValue:
    """What would become of each; nothing is kept until it is said again."""
    actor = need(Right.TASK_WORK)
    action, given, sent = said()
    ids, seen = seen_of(given)
    items = do(PreviewSweep(actor, action, tuple(ids), params_of(action, sent, actor), seen))
    if json_body():  # what was filled in stays on the page
        return render_template("sweep/items.html", items=items)
    typed = {name: request.form[name] for name in _TYPED if name in request.form}
    tasks = request.form.getlist("task")
    key = request.form.get("key", "")
    return render_template("sweep/tried.html", items=items, action=action, typed=typed, tasks=tasks, ids=ids, key=key)


@room.post("")
def run() -> ResponseReturnValue:
    """Do it, then show the results at an address of their own. The same request again is done once."""
    actor = need(Right.TASK_WORK)
    action, given, sent = said()
    ids, seen = seen_of(given)
    params = params_of(action, sent, actor)
    key = key_of(request.values.get("key", ""), action, ids, params)
    row = sweeping.sweep(the_engine(), actor, action, ids, params, seen, key)
    address = url_for("sweep.result", sweep_id=row.id)
    return {"id": row.id, "address": address} if json_body() else redirect(address, 303)


@room.get("/<sweep_id>")
def result(sweep_id: str) -> ResponseReturnValue:
    """What became of each."""
    return render_template("sweep/result.html", row=ask(GetSweep(sweep_id, need(Right.TASK_WORK))))


@room.post("/<sweep_id>/undo")
def undo(sweep_id: str) -> ResponseReturnValue:
    """Take it back; a second time is refused."""
    sweeping.undo(the_engine(), need(Right.TASK_WORK), sweep_id)
    return redirect(url_for("sweep.result", sweep_id=sweep_id), 303)


def said() -> tuple[str, list[str], Any]:
    """The action, the tasks and its parameters, as a form or a script sends them."""
    body = json_body()
    if not body:
        return request.form.get("action", ""), request.form.getlist("task"), request.form
    given, data = body.get("tasks"), body.get("data")
    tasks = [str(each) for each in given] if isinstance(given, list) else []
    return str(body.get("action") or ""), tasks, data if isinstance(data, dict) else {}


def key_of(drawn: str, action: str, ids: Sequence[str], params: dict[str, Any]) -> str | None:
    """A key for what one drawn page sends: a double click is the same, another choice on it is another."""
    said = repr((action, list(ids), sorted(params.items())))
    return f"sweep:{drawn[:40]}:{blake2b(said.encode(), digest_size=12).hexdigest()}" if drawn else None


def seen_of(given: Sequence[str]) -> tuple[list[str], dict[str, int]]:
    """Tasks written ``id`` or ``id:revision``: the ids, and the revisions that were seen."""
    ids: list[str] = []
    seen: dict[str, int] = {}
    for each in given:
        task_id, _, revision = each.partition(":")
        ids.append(task_id)
        if revision.isdecimal() and len(revision) < 10:
            seen[task_id] = int(revision)
    return ids, seen


def chosen(actor: Actor, ids: list[str]) -> tuple[TaskRow, ...]:
    """The tasks chosen that are still open and visible."""
    return ask(TasksNamed(actor, tuple(ids[:SWEEP_MOST])))


def one_form(actor: Actor, tasks: tuple[TaskRow, ...]) -> Any | None:
    """The form that all of them have, to complete them with one; None where they differ."""
    if not tasks or len({(task.definition_id, task.element_id) for task in tasks}) != 1:
        return None
    view = ask(GetTask(tasks[0].id, actor))
    return view.form if "complete" in view.may else None


def params_of(action: str, given: Any, actor: Actor) -> dict[str, Any]:
    """The action's parameters, as a form or a script sends them."""
    if action == "assign":
        return {"to": whom_of(str(given.get("to") or "")), "reason": given.get("reason", "")}
    if action == "reschedule":
        due = moment_of(given.get("due_at", ""), actor)
        return {"due_at": due.isoformat() if due else None}
    if action == "prioritise":
        return {"priority": given.get("priority", "")}
    if action == "comment":
        return {"text": given.get("text", "")}
    if action == "complete":
        return {"data": dict(given)}
    raise Invalid("CRM-085", f"'{action}' is no change to many tasks.", fix="Choose one of the list.")
