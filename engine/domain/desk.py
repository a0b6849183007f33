"""What people do around a task, beside completing it: commands, questions and values of the desk.

Put off, prioritise, reschedule, delegate and resolve; comments, attachments, sub-tasks, following; saved filters and
columns; one change to many tasks, with its undo.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from engine.domain.access import Actor
from engine.domain.commands import Command
from engine.domain.filters import Wanted
from engine.domain.questions import Question
from engine.domain.values import FileIn, Page, TaskRow

#: What one sweep may do, and the parameters of each.
SWEEPS: Mapping[str, frozenset[str]] = {
    "assign": frozenset({"to", "reason"}),
    "reschedule": frozenset({"due_at"}),
    "prioritise": frozenset({"priority"}),
    "complete": frozenset({"data"}),
    "comment": frozenset({"text"}),
}
SWEEP_MOST = 200  # tasks of one sweep
TEXT_MOST = 10_000  # characters of a comment
FILE_MOST = 10 << 20  # bytes of an attachment
#: Kinds of files taken: what people attach to work. Nothing a browser would run.
MEDIA = {
    "pdf": "application/pdf",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
    "txt": "text/plain",
    "csv": "text/csv",
    "eml": "message/rfc822",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "odt": "application/vnd.oasis.opendocument.text",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "zip": "application/zip",
}


# --- values ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CommentRow:
    id: str
    task_id: str | None
    at: datetime
    by: str
    text: str
    mentions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AttachmentRow:
    id: str
    task_id: str | None
    name: str
    media_type: str
    size: int  # bytes
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class TodoRow:
    id: str
    text: str
    done: bool
    by: str  # who added it, or who checked it


@dataclass(frozen=True, slots=True)
class Desk:
    """What lies around a task."""

    comments: tuple[CommentRow, ...]
    attachments: tuple[AttachmentRow, ...]
    todos: tuple[TodoRow, ...]
    following: bool
    delegated_by: str | None
    people: tuple[tuple[str, str], ...] = ()  # (login, name) who can be mentioned: the first of them
    more_people: bool = False  # there are others, to be found while one types


@dataclass(frozen=True, slots=True)
class FilterRow:
    """A saved filter, with the number of tasks it shows the reader now (1000 = more than 999)."""

    id: str
    name: str
    colour: str
    owner: str
    team: str | None
    wanted: Wanted
    count: int = 0


@dataclass(frozen=True, slots=True)
class Layout:
    """How a person has set up their inbox: columns, and filters without counts."""

    columns: tuple[str, ...]
    filters: tuple[FilterRow, ...]


@dataclass(frozen=True, slots=True)
class DoneRow:
    """A task that one has completed."""

    task_id: str
    instance_id: str
    name: str
    definition_name: str
    business_key: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class SweepItem:
    """One task of a sweep: ``state`` is waiting, done, failed, undone, or kept (done; undoing it was refused).

    ``by`` and ``at`` tell who has changed it since, where that is why it was left alone.
    """

    task_id: str
    name: str
    state: str
    code: str = ""
    message: str = ""
    by: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SweepRow:
    id: str
    action: str
    at: datetime
    items: tuple[SweepItem, ...]
    undoable: bool
    undone_at: datetime | None = None
    repeated: bool = False  # the same request again: nothing was noted anew


# --- commands --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PostponeTask(Command[TaskRow]):
    """Follow up later: out of "mine" until then, or until it is about to breach. None brings it back."""

    task_id: str
    by: Actor
    until: datetime | None
    revision: int | None = None


@dataclass(frozen=True, slots=True)
class PrioritiseTask(Command[TaskRow]):
    task_id: str
    by: Actor
    priority: int  # 0 … 100; 50 is usual
    revision: int | None = None


@dataclass(frozen=True, slots=True)
class RescheduleTask(Command[TaskRow]):
    task_id: str
    by: Actor
    due_at: datetime | None
    revision: int | None = None


@dataclass(frozen=True, slots=True)
class DelegateTask(Command[TaskRow]):
    """Let somebody else work on it and give it back: it stays one's own matter."""

    task_id: str
    to: str
    by: Actor
    reason: str = ""
    revision: int | None = None


@dataclass(frozen=True, slots=True)
class ResolveTask(Command[TaskRow]):
    """Give a delegated task back to who delegated it."""

    task_id: str
    by: Actor
    note: str = ""
    revision: int | None = None


@dataclass(frozen=True, slots=True)
class AddComment(Command[CommentRow]):
    """``@login`` in the text mentions a person: they are told, and may read the task from then on."""

    task_id: str
    by: Actor
    text: str


@dataclass(frozen=True, slots=True)
class AddTodo(Command[TodoRow]):
    task_id: str
    by: Actor
    text: str


@dataclass(frozen=True, slots=True)
class CheckTodo(Command[TodoRow]):
    task_id: str
    todo_id: str
    by: Actor
    done: bool = True


@dataclass(frozen=True, slots=True)
class DropTodo(Command[None]):
    """Take a sub-task away that nobody needs. Raises ``NotFound`` CRM-425."""

    task_id: str
    todo_id: str
    by: Actor


@dataclass(frozen=True, slots=True)
class Attach(Command[AttachmentRow]):
    task_id: str
    by: Actor
    file: FileIn


@dataclass(frozen=True, slots=True)
class FollowTask(Command[bool]):
    """Follow the case of a task, or stop; whether one follows it now."""

    task_id: str
    by: Actor
    follow: bool = True


@dataclass(frozen=True, slots=True)
class SaveFilter(Command[FilterRow]):
    """Save (no ``id``) or change one's filter; ``team`` shares it with a team one belongs to."""

    by: Actor
    name: str
    wanted: Wanted
    colour: str = "blue"
    team: str | None = None
    id: str | None = None


@dataclass(frozen=True, slots=True)
class DropFilter(Command[None]):
    id: str
    by: Actor


@dataclass(frozen=True, slots=True)
class ChooseColumns(Command[tuple[str, ...]]):
    """The columns of one's inbox, of ``filters.COLUMNS``."""

    by: Actor
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StartSweep(Command[SweepRow]):
    """Note a change to many tasks. Nothing is changed yet: ``RunSweepItem`` does.

    ``revisions`` tells which revision of a task was seen (task id → revision; else what it is now): what somebody has
    changed since is left alone. The same ``idempotency_key`` with the same request is the same sweep.
    """

    by: Actor
    action: str
    tasks: tuple[str, ...]
    params: Mapping[str, Any] = field(default_factory=dict)
    revisions: Mapping[str, int] = field(default_factory=dict)
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True)
class PreviewSweep(Command[tuple[SweepItem, ...]]):
    """Try a change on each task and take everything back: what would be "done", what "failed" and why."""

    by: Actor
    action: str
    tasks: tuple[str, ...]
    params: Mapping[str, Any] = field(default_factory=dict)
    revisions: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StartUndo(Command[SweepRow]):
    """Begin to take a sweep back, once; ``RunSweepItem`` with ``undo`` does it."""

    sweep_id: str
    by: Actor


@dataclass(frozen=True, slots=True)
class RunSweepItem(Command[SweepItem]):
    """Do (or undo) one task of a sweep; a refusal is raised and nothing of the item is changed."""

    sweep_id: str
    number: int
    by: Actor
    undo: bool = False


@dataclass(frozen=True, slots=True)
class NoteSweepItem(Command[None]):
    """Why an item of a sweep was refused; ``since`` tells who was first, and when, if somebody was."""

    sweep_id: str
    number: int
    by: Actor
    code: str
    message: str
    since: tuple[str, str] = ("", "")


# --- questions -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class GetDesk(Question[Desk]):
    task_id: str
    by: Actor


@dataclass(frozen=True, slots=True)
class GetAttachment(Question[tuple[AttachmentRow, bytes]]):
    task_id: str
    attachment_id: str
    by: Actor


@dataclass(frozen=True, slots=True)
class ListFilters(Question[tuple[FilterRow, ...]]):
    """One's own filters and those shared with one's teams, with live counts: two statements."""

    by: Actor


@dataclass(frozen=True, slots=True)
class GetColumns(Question[tuple[str, ...]]):
    by: Actor


@dataclass(frozen=True, slots=True)
class GetLayout(Question[Layout]):
    """One's columns and filters: one statement."""

    by: Actor


@dataclass(frozen=True, slots=True)
class ListDone(Question[Page[DoneRow]]):
    """Tasks one has completed, newest first."""

    by: Actor
    limit: int = 50
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class GetSweep(Question[SweepRow]):
    sweep_id: str
    by: Actor
