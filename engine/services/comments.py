"""Comments with mentions, sub-tasks and attachments: what people add to a task while it is open."""

from __future__ import annotations

import re
from collections.abc import Collection
from hashlib import sha256
from typing import Any

from sqlalchemy import delete, insert, select, update

from engine.domain.access import Actor, may_see_task
from engine.domain.desk import (
    FILE_MOST,
    MEDIA,
    TEXT_MOST,
    AddComment,
    AddTodo,
    Attach,
    AttachmentRow,
    CheckTodo,
    CommentRow,
    Desk,
    DropTodo,
    GetAttachment,
    GetDesk,
    TodoRow,
)
from engine.domain.errors import Hidden, Invalid, NotFound
from engine.i18n import language, register, text as say
from engine.services.context import Context
from engine.services.inbox import follows
from engine.services.notes import tell_each
from engine.services.registry import answers, handles
from engine.services.spoken import called
from engine.services.tasks import gone
from engine.store import inbox, tables as t
from engine.store.repos import lock_for_task
from engine.store.tables_inbox import attachment, comment, follow, todo

register(
    {
        "told.mentioned": ("{who} mentioned you at “{task}”", "{who} 在“{task}”中提到了您"),
        "told.comment": ("{who} commented on “{task}”", "{who} 评论了“{task}”"),
    }
)
_NAMED = 200  # people shown at once; more are found while one types
#: Only what log-ins are made of: Chinese is written without spaces ("请@ann看一下"), and an address is no mention.
_MENTION = re.compile(r"(?<![a-z0-9._-])[@＠]([a-z0-9][a-z0-9._@-]{0,118})", re.IGNORECASE | re.ASCII)
#: How the files that could be mistaken begin: a page or program in a picture's clothes is refused.
_BEGINS = {
    "pdf": (b"%PDF",),
    "png": (b"\x89PNG",),
    "jpg": (b"\xff\xd8\xff",),
    "jpeg": (b"\xff\xd8\xff",),
    "gif": (b"GIF8",),
    "webp": (b"RIFF",),
    **dict.fromkeys(("docx", "xlsx", "pptx", "odt", "ods", "zip"), (b"PK\x03\x04", b"PK\x05\x06")),
}


@handles(AddComment)
def add_comment(ctx: Context, cmd: AddComment) -> CommentRow:
    """The people mentioned are told, and may read the case from then on; so are those who follow it."""
    row = _readable(ctx, cmd.task_id, cmd.by)
    text = _text(cmd.text, TEXT_MOST)
    people, p = _mentioned(ctx, text), t.principal.c
    made = CommentRow(ctx.new_id(), row.id, ctx.now, cmd.by.id, text, tuple(sorted(people)))
    values = {"id": made.id, "instance_id": row.instance_id, "task_id": row.id, "at": ctx.now, "by": cmd.by.id}
    ctx.conn.execute(insert(comment), [{**values, "text": text, "mentions": made.mentions}])
    f = follow.c
    said_to = select(f.login, p.locale).join_from(follow, t.principal, p.id == f.login)
    followers = {r.login: r.locale for r in ctx.conn.execute(said_to.where(f.instance_id == row.instance_id, p.active))}
    fresh = [{"login": login, "instance_id": row.instance_id} for login in made.mentions if login not in followers]
    if fresh:
        ctx.conn.execute(insert(follow), fresh)
    titles = {
        login: say("told.mentioned" if login in people else "told.comment", language(locale), who=cmd.by.name,
                   task=called(ctx, row, locale))
        for login, locale in sorted({**followers, **people}.items()) if login != cmd.by.id
    }  # fmt: skip
    tell_each(ctx, titles, text[:500], task_id=row.id, instance_id=row.instance_id)
    # The text itself stays out of the audit: it may hold personal data.
    detail = {"comment": made.id, "mentions": list(made.mentions)}
    ctx.audit(cmd.by, "task.comment", target=row.id, detail=detail)
    return made


@handles(AddTodo)
def add_todo(ctx: Context, cmd: AddTodo) -> TodoRow:
    """One more line of the task's to-do list."""
    row = _readable(ctx, cmd.task_id, cmd.by, work=True)
    made = TodoRow(ctx.new_id(), _text(cmd.text, 500), done=False, by=cmd.by.id)
    values = {"id": made.id, "task_id": row.id, "text": made.text, "done": False, "at": ctx.now, "by": cmd.by.id}
    ctx.conn.execute(insert(todo), [values])
    return made


@handles(CheckTodo)
def check_todo(ctx: Context, cmd: CheckTodo) -> TodoRow:
    """Check a line off, or not after all."""
    row = _readable(ctx, cmd.task_id, cmd.by, work=True)
    change = update(todo).where(todo.c.id == cmd.todo_id, todo.c.task_id == row.id)
    if ctx.conn.execute(change.values(done=cmd.done, by=cmd.by.id, at=ctx.now)).rowcount != 1:
        raise NotFound("CRM-425", f"The task has no sub-task '{cmd.todo_id}'.", fix="Load the task again.")
    text = ctx.conn.scalar(select(todo.c.text).where(todo.c.id == cmd.todo_id))
    return TodoRow(cmd.todo_id, str(text), cmd.done, cmd.by.id)


@handles(DropTodo)
def drop_todo(ctx: Context, cmd: DropTodo) -> None:
    """Take a line away; the audit keeps that it was there."""
    row = _readable(ctx, cmd.task_id, cmd.by, work=True)
    mine = (todo.c.id == cmd.todo_id, todo.c.task_id == row.id)
    text = ctx.conn.scalar(select(todo.c.text).where(*mine))
    if text is None:
        raise NotFound("CRM-425", f"The task has no sub-task '{cmd.todo_id}'.", fix="Load the task again.")
    ctx.conn.execute(delete(todo).where(*mine))
    ctx.audit(cmd.by, "task.todo-drop", target=row.id, detail={"todo": cmd.todo_id})


@handles(Attach)
def attach(ctx: Context, cmd: Attach) -> AttachmentRow:
    """Keep a file with the case. Equal content is stored once."""
    row = _readable(ctx, cmd.task_id, cmd.by, work=True)
    name, media = _checked(cmd.file.name, cmd.file.content)
    digest = sha256(cmd.file.content).hexdigest()
    f = t.file.c
    if ctx.conn.scalar(select(f.hash).where(f.hash == digest)) is None:
        blob = {"hash": digest, "name": name, "media_type": media, "content": cmd.file.content}
        ctx.conn.execute(insert(t.file), [{**blob, "at": ctx.now, "by": cmd.by.id}])
    made = AttachmentRow(ctx.new_id(), row.id, name, media, len(cmd.file.content), ctx.now, cmd.by.id)
    values = {"id": made.id, "instance_id": row.instance_id, "task_id": row.id, "hash": digest, "name": name}
    rest = {"media_type": media, "size": made.size, "at": ctx.now, "by": cmd.by.id}
    ctx.conn.execute(insert(attachment), [{**values, **rest}])
    ctx.audit(cmd.by, "task.attach", target=row.id, detail={"attachment": made.id, "size": made.size})
    return made


@answers(GetDesk)
def get_desk(ctx: Context, ask: GetDesk) -> Desk:
    """What lies around a task; comments and files are of the whole case."""
    row = _readable(ctx, ask.task_id, ask.by, lock=False)
    case = row.instance_id
    c, a, d, p = comment.c, attachment.c, todo.c, t.principal.c
    comments = ctx.conn.execute(select(comment).where(c.instance_id == case).order_by(c.id.desc()).limit(200))
    files = ctx.conn.execute(select(attachment).where(a.instance_id == case).order_by(a.id))
    todos = ctx.conn.execute(select(d.id, d.text, d.done, d.by).where(d.task_id == row.id).order_by(d.id))
    people = select(p.id, p.name).where(p.kind == "user", p.active.is_(True)).order_by(p.name).limit(_NAMED + 1)
    named = tuple((r.id, r.name) for r in ctx.conn.execute(people))
    return Desk(
        comments=tuple(CommentRow(r.id, r.task_id, r.at, r.by, r.text, tuple(r.mentions)) for r in comments)[::-1],
        attachments=tuple(_file_row(r) for r in files),
        todos=tuple(TodoRow(r.id, r.text, bool(r.done), r.by) for r in todos),
        following=follows(ctx, ask.by, case),
        delegated_by=row.delegated_by,
        people=named[:_NAMED],
        more_people=len(named) > _NAMED,
    )


@answers(GetAttachment)
def get_attachment(ctx: Context, ask: GetAttachment) -> tuple[AttachmentRow, bytes]:
    """A file's row and content, for who may see the task."""
    row = _readable(ctx, ask.task_id, ask.by, lock=False)
    a = attachment.c
    query = select(attachment, t.file.c.content).join(t.file, t.file.c.hash == a.hash)
    found = ctx.conn.execute(query.where(a.id == ask.attachment_id, a.instance_id == row.instance_id)).one_or_none()
    if found is None:
        raise NotFound("CRM-425", f"The task has no file '{ask.attachment_id}'.", fix="Load the task again.")
    return _file_row(found), found.content


def _readable(ctx: Context, task_id: str, by: Actor, *, work: bool = False, lock: bool = True) -> Any:
    """The open task, for who may see it (or, without ``work``, follows its case). Raises CRM-403 for others."""
    if lock:
        lock_for_task(ctx.conn, task_id)
    row = inbox.one(ctx.conn, task_id)
    if row is None:
        raise gone(ctx, task_id, "CRM-202")
    if not may_see_task(by, row.assignee, row.candidates) and (work or not follows(ctx, by, row.instance_id)):
        raise Hidden("CRM-403", f"There is no task '{task_id}'.", fix="Look in your inbox.")
    return row


def _mentioned(ctx: Context, text: str) -> dict[str, str]:
    """login → locale of the people named with @; of each sign the longest log-in that somebody has."""
    meant = [(token, token.rstrip("._@-"), token.partition("@")[0].rstrip("._-"))
             for token in map(str.lower, _MENTION.findall(text))]  # fmt: skip
    if not meant:
        return {}
    p = t.principal.c
    among = sorted({login for each in meant for login in each})
    rows = select(p.id, p.locale).where(p.id.in_(among), p.kind == "user", p.active.is_(True))
    known = {row.id: row.locale for row in ctx.conn.execute(rows)}
    found = (next((login for login in each if login in known), None) for each in meant)
    return {login: known[login] for login in found if login is not None}


def _text(text: str, most: int) -> str:
    kept = text.strip()
    if not kept or len(kept) > most:
        raise Invalid("CRM-082", f"Write something, up to {most} characters.", fix="Shorten it, or write a word.")
    return kept


def _checked(name: str, content: bytes) -> tuple[str, str]:
    """The file's bare name and media type, by its ending and its first bytes."""
    bare = re.sub(r"[\x00-\x1f\x7f\"\\]", "", re.split(r"[/\\]", name)[-1]).strip()[-200:]
    ending = bare.rpartition(".")[2].lower()
    if ending not in MEDIA or not bare.rpartition(".")[0]:
        known = ", ".join(sorted(MEDIA))
        raise Invalid("CRM-083", f"Files like '{bare}' are not taken.", fix=f"Attach one of: {known}.")
    if not content or len(content) > FILE_MOST:
        raise Invalid(
            "CRM-084", f"'{bare}' is empty or larger than {FILE_MOST >> 20} MB.", fix="Attach a smaller file."
        )
    begins: Collection[bytes] = _BEGINS.get(ending, ())
    if begins and not content.startswith(tuple(begins)):
        raise Invalid("CRM-083", f"'{bare}' is not what its ending says.", fix="Save it again in that format.")
    return bare, MEDIA[ending]


def _file_row(row: Any) -> AttachmentRow:
    return AttachmentRow(row.id, row.task_id, row.name, row.media_type, row.size, row.at, row.by)
