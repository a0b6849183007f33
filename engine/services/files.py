"""Files of tasks: stored once, checked by the form's field, handed out to those who may look at the instance.

A file's id starts with its instance's, so that nobody names a file of another instance in a form.
"""

from __future__ import annotations

from hashlib import sha256

from sqlalchemy import insert, select

from engine import forms
from engine.domain.access import ensure_may_complete
from engine.domain.errors import Invalid, NotFound
from engine.domain.files import FileContent, GetFile, KeptFile, StoreFile
from engine.domain.questions import GetHistory
from engine.i18n import language
from engine.services.context import Context
from engine.services.filed import facts, told
from engine.services.registry import answers, handles
from engine.services.tasks import gone
from engine.services.views import get_history
from engine.store import due, inbox, queries, tables as t
from engine.store.repos import lock_instance

LONGEST = 200  # characters of a name


@handles(StoreFile)
def store(ctx: Context, cmd: StoreFile) -> KeptFile:
    """Check a file against its field and keep it; the same file again is kept once."""
    row = inbox.one(ctx.conn, cmd.task_id, language(cmd.by.locale))
    if row is None:
        raise gone(ctx, cmd.task_id, "CRM-202")
    ensure_may_complete(cmd.by, row.name, row.assignee, row.candidates)
    instance = queries.instance(ctx.conn, row.instance_id)
    form = ctx.library.load(ctx.conn, instance.definition_id).forms.get(row.form_key or "") if instance else None
    if form is None:
        raise Invalid(
            "CRM-019", f"Task '{row.name}' has no form that takes files.", fix="Attach it to the task instead."
        )
    name = cmd.name.replace("\\", "/").rpartition("/")[2].strip()[:LONGEST]
    if not name or not name.isprintable():
        raise Invalid("CRM-019", "The file has no name that can be read.", fix="Rename it.")
    kept = KeptFile(_id(row.instance_id, name, cmd), name, cmd.media_type[:120], len(cmd.content))
    forms.accept(form, cmd.field, told(kept), cmd.by.locale)
    if facts(ctx, row.instance_id, kept.id) is None:
        _keep(ctx, cmd, row.instance_id, kept)
    return kept


def _keep(ctx: Context, cmd: StoreFile, instance_id: str, kept: KeptFile) -> None:
    """Write it under the instance's lock: its audit row is a link of the instance's chain."""
    locked = lock_instance(ctx.conn, instance_id)
    if locked is None or locked.blob is None:
        raise gone(ctx, cmd.task_id, "CRM-202")
    if facts(ctx, instance_id, kept.id) is not None:
        return  # the same file came at the same moment
    values = {"hash": kept.id, "name": kept.name, "media_type": kept.type, "content": cmd.content}
    ctx.conn.execute(insert(t.file).values(**values, at=ctx.now, by=cmd.by.id))
    detail = {"file": kept.id, "size": kept.size}
    ctx.audit(cmd.by, "file.store", instance_id=instance_id, target=cmd.task_id, detail=detail)
    due.chain(ctx.conn, instance_id, ctx.trail.seal(instance_id, locked.audit_digest))


@answers(GetFile)
def get(ctx: Context, ask: GetFile) -> FileContent:
    """A file's content. Raises ``NotFound`` CRM-418, CRM-402 for who may not look at the instance."""
    get_history(ctx, GetHistory(ask.instance_id, ask.by, limit=1))  # refuses who may not look
    found = None
    if ask.file_id.startswith(f"{ask.instance_id}-"):
        found = ctx.conn.execute(select(t.file).where(t.file.c.hash == ask.file_id)).one_or_none()
    if found is None:
        raise NotFound("CRM-418", f"There is no file '{ask.file_id}'.", fix="Open it from its task again.")
    return FileContent(found.name, found.media_type, found.content)


def _id(instance_id: str, name: str, cmd: StoreFile) -> str:
    digest = sha256(f"{name}\n{cmd.media_type}\n".encode() + cmd.content).hexdigest()
    return f"{instance_id}-{digest}"[:64]
