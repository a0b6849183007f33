"""One task: what is asked, about whom, why me, why now. "Done" brings the next one."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Any

from flask import Blueprint, flash, jsonify, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from engine.domain.access import Actor, Right
from engine.domain.commands import ClaimTask, CompleteTask, ReassignTask, ReleaseTask, SaveDraft
from engine.domain.errors import Forbidden, Invalid
from engine.domain.files import GetFile, StoreFile
from engine.domain.questions import GetHistory, GetTask, ListTasks
from engine.domain.values import TaskDone
from webui.choosing import choices, whom_of
from webui.door import ask, do, is_fragment, json_body, need
from webui.names import whom
from webui.said import said_error

room = Blueprint("task", __name__, url_prefix="/tasks")


@room.get("/<task_id>")
def show(task_id: str) -> ResponseReturnValue:
    """The task, as a page or (for the inbox) as its right half."""
    view = ask(GetTask(task_id, need(Right.TASK_WORK)))
    template = "task/body.html" if is_fragment() else "task/page.html"
    return render_template(template, view=view, task=view.row, files=list(files_in(view.data)))


@room.get("/<task_id>/history")
def history(task_id: str) -> ResponseReturnValue:
    """What happened in the task's instance so far."""
    actor = need(Right.TASK_WORK)
    view = ask(GetTask(task_id, actor))
    try:
        page = ask(GetHistory(view.row.instance_id, actor))
    except Forbidden as error:
        return render_template("error/part.html", status=403, title=gettext("Not open to you"), **told(error))
    return render_template("instance/history.html", page=page, instance_id=view.row.instance_id)


@room.post("/<task_id>/claim")
def claim(task_id: str) -> ResponseReturnValue:
    """Take the task."""
    do(ClaimTask(task_id, need(Right.TASK_WORK)))
    return again(task_id)


@room.post("/<task_id>/release")
def release(task_id: str) -> ResponseReturnValue:
    """Give the task back to its candidates."""
    do(ReleaseTask(task_id, need(Right.TASK_WORK)))
    return again(task_id)


@room.get("/<task_id>/reassign")
def choose(task_id: str) -> ResponseReturnValue:
    """Whom to give the task to."""
    actor = need(Right.TASK_WORK)
    view = ask(GetTask(task_id, actor))
    template = "task/reassign.html" if is_fragment() else "task/reassign_page.html"
    return render_template(template, task=view.row, choice=choices())


@room.post("/<task_id>/reassign")
def reassign(task_id: str) -> ResponseReturnValue:
    """Give the task to somebody else or to a team's queue."""
    actor = need(Right.TASK_WORK)
    to = whom_of(request.form.get("to", ""))
    if not to:
        raise Invalid("CRM-006", "Nobody was chosen.", fix="Choose a person or a team.")
    task = do(ReassignTask(task_id, to, actor, reason=request.form.get("reason", "").strip()))
    flash(gettext("“%(task)s” now belongs to %(who)s.", task=task.name, who=whom(to)))
    return to_address(url_for("inbox.show"))


@room.post("/<task_id>/draft")
def draft(task_id: str) -> ResponseReturnValue:
    """Keep what was typed so far."""
    do(SaveDraft(task_id, need(Right.TASK_WORK), data=json_body()))
    return "", 204


@room.post("/<task_id>/files")
def keep(task_id: str) -> ResponseReturnValue:
    """Keep a file that was chosen in the form: the body is its content, the field and its name stand in the address."""
    given = request.args
    content = request.get_data()
    media = request.mimetype or "application/octet-stream"
    file = do(StoreFile(task_id, need(Right.TASK_WORK), given.get("field", ""), given.get("name", ""), media, content))
    return jsonify(id=file.id, name=file.name, type=file.type, size=file.size), 201


@room.get("/<task_id>/files/<file_id>")
def file(task_id: str, file_id: str) -> ResponseReturnValue:
    """A file of the task's case, always as a download: nothing of it runs on our pages."""
    actor = need(Right.TASK_WORK)
    view = ask(GetTask(task_id, actor))
    found = ask(GetFile(view.row.instance_id, file_id, actor))
    return send_file(
        BytesIO(found.content), mimetype="application/octet-stream", as_attachment=True, download_name=found.name
    )


@room.post("/<task_id>/complete")
def complete(task_id: str) -> ResponseReturnValue:
    """Finish the task; the answer names the next one."""
    actor = need(Right.TASK_WORK)
    done = do(CompleteTask(task_id, actor, data=json_body()))
    following = next_of(done, actor)
    return jsonify(
        note=gettext("Done.") if following else gettext("Done. Nothing else waits for you."),
        next=url_for("task.show", task_id=following) if following else None,
        task=following,
        address=url_for("inbox.show"),
    )


def files_in(value: Any) -> Iterator[dict[str, Any]]:
    """The stored files among a form's data."""
    if isinstance(value, dict):
        if value.keys() == {"id", "name", "type", "size"}:
            yield value
            return
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from files_in(one)


def next_of(done: TaskDone, actor: Actor) -> str | None:
    """The next task of the same instance, else the first of the person's own inbox."""
    if done.next_task is not None:
        return done.next_task.id
    rest = ask(ListTasks(by=actor, box="mine", limit=1)).items
    return rest[0].id if rest else None


def again(task_id: str) -> ResponseReturnValue:
    """Show the task as it is now."""
    return show(task_id) if is_fragment() else redirect(url_for("task.show", task_id=task_id))


def to_address(address: str) -> ResponseReturnValue:
    """Go to another page, from htmx or from a plain form."""
    return ("", 204, {"HX-Redirect": address}) if is_fragment() else redirect(address)


def told(error: Forbidden) -> dict[str, str]:
    """An error's words for a template."""
    said = said_error(error)
    return {"code": said.code, "message": said.what, "fix": said.way, "original": said.original}
