"""Around a task: later, priority, due date, delegation, comments, sub-tasks, files, following."""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import quote
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from engine.domain.access import Actor, Right
from engine.domain.desk import (
    FILE_MOST,
    MEDIA,
    AddComment,
    AddTodo,
    Attach,
    CheckTodo,
    DelegateTask,
    DropTodo,
    FollowTask,
    GetAttachment,
    GetDesk,
    PostponeTask,
    PrioritiseTask,
    RescheduleTask,
    ResolveTask,
)
from engine.domain.errors import Invalid
from engine.domain.questions import GetTask
from engine.domain.values import FileIn
from webui.choosing import choices, whom_of
from webui.dates import moment
from webui.door import ask, do, is_fragment, need, the_engine
from webui.names import whom
from webui.pages.task import again, to_address

room = Blueprint("desk", __name__, url_prefix="/tasks")


@room.get("/<task_id>/desk")
def show(task_id: str) -> ResponseReturnValue:
    """Comments, sub-tasks and files, as a part of the task's page."""
    return part(task_id, need(Right.TASK_WORK))


@room.get("/<task_id>/later")
def choose_later(task_id: str) -> ResponseReturnValue:
    """When to follow up, how urgent it is, when it is due."""
    actor = need(Right.TASK_WORK)
    view = ask(GetTask(task_id, actor))
    return _sheet("desk/later.html", task=view.row, times=times_for(actor), mine=view.row.assignee == actor.id)


@room.post("/<task_id>/later")
def later(task_id: str) -> ResponseReturnValue:
    """Put off until then; without a time, bring it back."""
    actor = need(Right.TASK_WORK)
    until = moment_of(request.form.get("other", "") or request.form.get("until", ""), actor)
    task = do(PostponeTask(task_id, actor, until))
    flash(gettext("“%(task)s” comes back later.", task=task.name) if until else gettext("It is back in your inbox."))
    return to_address(url_for("inbox.show"))


@room.post("/<task_id>/change")
def change(task_id: str) -> ResponseReturnValue:
    """Another priority or due date; what is left as it was changes nothing."""
    actor = need(Right.TASK_WORK)
    row = ask(GetTask(task_id, actor)).row
    priority = request.form.get("priority", type=int)
    if priority is not None and priority != row.priority:
        do(PrioritiseTask(task_id, actor, priority))
    if "due" in request.form:
        due = moment_of(request.form["due"], actor)
        if due != (row.due_at.replace(second=0, microsecond=0) if row.due_at else None):
            do(RescheduleTask(task_id, actor, due))
    flash(gettext("Changed."))
    return to_address(url_for("inbox.show", task=task_id))


@room.get("/<task_id>/delegate")
def choose_delegate(task_id: str) -> ResponseReturnValue:
    """Whom to ask."""
    actor = need(Right.TASK_WORK)
    return _sheet("desk/delegate.html", task=ask(GetTask(task_id, actor)).row, choice=choices("user"))


@room.post("/<task_id>/delegate")
def delegate(task_id: str) -> ResponseReturnValue:
    """Let somebody else work on it; it comes back."""
    actor = need(Right.TASK_WORK)
    to = whom_of(request.form.get("to", ""), "user")
    if not to:
        raise Invalid("CRM-006", "Nobody was chosen.", fix="Choose a person.")
    task = do(DelegateTask(task_id, to, actor, reason=request.form.get("reason", "").strip()[:500]))
    flash(gettext("“%(task)s” is with %(who)s now and will come back to you.", task=task.name, who=whom(to)))
    return to_address(url_for("inbox.show"))


@room.post("/<task_id>/resolve")
def resolve(task_id: str) -> ResponseReturnValue:
    """Give it back to who delegated it."""
    actor = need(Right.TASK_WORK)
    task = do(ResolveTask(task_id, actor, note=request.form.get("note", "").strip()[:500]))
    flash(gettext("“%(task)s” is back with %(who)s.", task=task.name, who=task.assignee or ""))
    return to_address(url_for("inbox.show"))


@room.post("/<task_id>/comments")
def comment(task_id: str) -> ResponseReturnValue:
    actor = need(Right.TASK_WORK)
    do(AddComment(task_id, actor, request.form.get("text", "")))
    return part(task_id, actor)


@room.post("/<task_id>/todos")
def add(task_id: str) -> ResponseReturnValue:
    actor = need(Right.TASK_WORK)
    do(AddTodo(task_id, actor, request.form.get("text", "")))
    return part(task_id, actor)


@room.post("/<task_id>/todos/<todo_id>/drop")
def drop(task_id: str, todo_id: str) -> ResponseReturnValue:
    """Take a sub-task away."""
    actor = need(Right.TASK_WORK)
    do(DropTodo(task_id, todo_id, actor))
    return part(task_id, actor)


@room.post("/<task_id>/todos/<todo_id>")
def check(task_id: str, todo_id: str) -> ResponseReturnValue:
    actor = need(Right.TASK_WORK)
    do(CheckTodo(task_id, todo_id, actor, done=request.form.get("done") == "1"))
    return part(task_id, actor)


@room.post("/<task_id>/attachments")
def attach(task_id: str) -> ResponseReturnValue:
    """Take a file; no more of it is read than an attachment may have."""
    actor = need(Right.TASK_WORK)
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        raise Invalid("CRM-006", "No file was chosen.", fix="Choose a file.")
    do(Attach(task_id, actor, FileIn(sent.filename, sent.stream.read(FILE_MOST + 1))))
    return part(task_id, actor)


@room.get("/<task_id>/attachments/<attachment_id>")
def download(task_id: str, attachment_id: str) -> ResponseReturnValue:
    """A file as it was sent; a browser saves it and never runs or shows it in our place."""
    row, content = ask(GetAttachment(task_id, attachment_id, need(Right.TASK_WORK)))
    answer = Response(content, content_type=row.media_type)
    answer.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(row.name)}"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


@room.post("/<task_id>/follow")
def follow(task_id: str) -> ResponseReturnValue:
    actor = need(Right.TASK_WORK)
    do(FollowTask(task_id, actor, follow=request.form.get("follow") == "1"))
    return part(task_id, actor)


def part(task_id: str, actor: Actor) -> ResponseReturnValue:
    """The part as it is now; without scripts, the task's page."""
    if not is_fragment():
        return again(task_id)
    desk = ask(GetDesk(task_id, actor))
    may = ask(GetTask(task_id, actor)).may
    endings = ",".join(f".{ending}" for ending in MEDIA)
    return render_template("desk/part.html", desk=desk, task_id=task_id, may_work=bool(may), takes=endings)


def times_for(actor: Actor) -> list[tuple[str, str]]:
    """(moment, name) of the usual times to follow up, in the person's zone at nine."""
    here = the_engine().clock.now().astimezone(ZoneInfo(actor.timezone))
    nine = here.replace(hour=9, minute=0, second=0, microsecond=0)
    monday = nine + timedelta(days=7 - nine.weekday())
    return [
        ((here + timedelta(hours=3)).isoformat(timespec="minutes"), gettext("In three hours")),
        ((nine + timedelta(days=1)).isoformat(timespec="minutes"), gettext("Tomorrow morning")),
        (monday.isoformat(timespec="minutes"), gettext("Next Monday")),
        ((nine + timedelta(days=14)).isoformat(timespec="minutes"), gettext("In two weeks")),
    ]


def moment_of(text: str, actor: Actor) -> datetime | None:
    """A time as browsers send it, in the person's zone unless it names another; None for nothing."""
    if not text.strip():
        return None
    try:
        return moment(text, actor.timezone)
    except ValueError as error:
        raise Invalid("CRM-086", f"'{text[:40]}' is not a time.", fix="Choose a day and a time.") from error


def _sheet(template: str, **values: object) -> ResponseReturnValue:
    """A sheet over the page, or a page of its own without scripts."""
    if is_fragment():
        return render_template(template, **values)
    return render_template("desk/page.html", inner=template, **values)
