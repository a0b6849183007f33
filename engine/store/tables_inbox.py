"""Tables around a task: comments, attachments, to-do lists, followers, saved filters, bulk changes with their undo."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Table, Text

from engine.store.naming import metadata
from engine.store.types import Id, Json, Login, UtcTime

comment = Table(  # belongs to the instance, so that it outlives the task it was written at
    "comment",
    metadata,
    Column("id", Id, primary_key=True),
    Column("instance_id", Id, ForeignKey("instance.id", ondelete="CASCADE"), nullable=False),
    Column("task_id", Id),
    Column("at", UtcTime, nullable=False),
    Column("by", Login, nullable=False),
    Column("text", Text, nullable=False),
    Column("mentions", Json, nullable=False),  # logins that were notified
    Index("ix_comment_instance_id", "instance_id", "id"),
)

attachment = Table(
    "attachment",
    metadata,
    Column("id", Id, primary_key=True),
    Column("instance_id", Id, ForeignKey("instance.id", ondelete="CASCADE"), nullable=False),
    Column("task_id", Id),
    Column("hash", String(64), ForeignKey("file.hash"), nullable=False),
    Column("name", Text, nullable=False),
    Column("media_type", String(120), nullable=False),
    Column("size", Integer, nullable=False),  # bytes
    Column("at", UtcTime, nullable=False),
    Column("by", Login, nullable=False),
    Index("ix_attachment_instance_id", "instance_id", "id"),
    Index("ix_attachment_hash", "hash"),
)

todo = Table(  # sub-tasks: a list on a task, checked off
    "todo",
    metadata,
    Column("id", Id, primary_key=True),
    Column("task_id", Id, ForeignKey("task.id", ondelete="CASCADE"), nullable=False),
    Column("text", Text, nullable=False),
    Column("done", Boolean(name="done"), nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("by", Login, nullable=False),  # who added it, then who checked it
    Index("ix_todo_task_id", "task_id", "id"),
)

follow = Table(
    "follow",
    metadata,
    Column("login", Login, primary_key=True),
    Column("instance_id", Id, ForeignKey("instance.id", ondelete="CASCADE"), primary_key=True),
    Index("ix_follow_instance_id", "instance_id"),
)

saved_filter = Table(
    "saved_filter",
    metadata,
    Column("id", Id, primary_key=True),
    Column("owner", Login, nullable=False),
    Column("team", Login),  # shared with this team
    Column("name", Text, nullable=False),
    Column("colour", String(16), nullable=False),
    Column("wanted", Json, nullable=False),  # as engine.domain.filters.Wanted
    Column("at", UtcTime, nullable=False),
    Index("ix_saved_filter_owner", "owner"),
    Index("ix_saved_filter_team", "team"),
)

preference = Table(  # what a person chose for a room: columns, order
    "preference",
    metadata,
    Column("login", Login, primary_key=True),
    Column("room", String(40), primary_key=True),
    Column("choice", Json, nullable=False),
)

sweep = Table(  # one change to many tasks: what became of each, and what it was before, for undo
    "sweep",
    metadata,
    Column("id", Id, primary_key=True),
    Column("by", Login, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("action", String(24), nullable=False),
    Column("items", Json, nullable=False),  # [{"task", "name", "code", "message", "before", "revision"}]
    Column("undone_at", UtcTime),
    Index("ix_sweep_by", "by", "id"),
)
