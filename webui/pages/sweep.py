"""Many tasks at once: choose, see what will be done, do it, see what became of each, undo."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from engine.domain.access import Actor, Right
from engine.domain.desk import SWEEP_MOST, GetSweep
from engine.domain.errors import Invalid
from engine.domain.questions import GetTask, ListPeople, TasksNamed
from engine.domain.values import TaskRow
from webui import sweeping
from webui.door import ask, json_body, need, the_engine
from webui.pages.desk import moment_of

room = Blueprint("sweep", __name__, url_prefix="/inbox/many")


@room.get("")
def preview() -> ResponseReturnValue:
    """What is chosen and what can be done to it; one form for all where all have the same."""
    actor = need(Right.TASK_WORK)
    tasks = chosen(actor, request.args.getlist("task"))
    people = ask(ListPeople(by=actor, limit=200)).items
    return render_template("sweep/preview.html", tasks=tasks, people=people, form=one_form(actor, tasks))


@room.post("")
def run() -> ResponseReturnValue:
    """Do it; the answer is the page of results."""
    actor = need(Right.TASK_WORK)
    body = json_body()
    action = str(body.get("action") or request.form.get("action", ""))
    ids = body.get("tasks") or request.form.getlist("task")
    data = body.get("data")
    sent = data if isinstance(data, dict) else {}
    params = sent if body else request.form
    row = sweeping.sweep(the_engine(), actor, action, [str(each) for each in ids], params_of(action, params, actor))
    page = render_template("sweep/result.html", row=row)
    return {"id": row.id, "address": f"{request.path}/{row.id}"} if body else page


@room.get("/<sweep_id>")
def result(sweep_id: str) -> ResponseReturnValue:
    """What became of each."""
    return render_template("sweep/result.html", row=ask(GetSweep(sweep_id, need(Right.TASK_WORK))))


@room.post("/<sweep_id>/undo")
def undo(sweep_id: str) -> ResponseReturnValue:
    row = sweeping.undo(the_engine(), need(Right.TASK_WORK), sweep_id)
    return render_template("sweep/result.html", row=row)


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
        return {"to": given.get("to", ""), "reason": given.get("reason", "")}
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
