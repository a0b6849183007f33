"""The inbox: sort keys and business facts on tasks and candidacies, comments, attachments, filters, bulk changes.

``engine.store.moves`` keeps the copies; rows that were there before are filled here.
"""

# ruff: noqa: S608 - the statements are made of our own tables' and columns' names

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from engine.store.naming import NEVER_TEXT
from engine.store.types import Json, UtcTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_COPIED = ("breach_at", "rank", "definition_id", "stage", "segment", "amount", "follow_up_at")


def upgrade() -> None:
    _columns()
    _indexes()
    _tables()
    op.execute(f"UPDATE task SET breach_at = coalesce(due_at, '{NEVER_TEXT}'), rank = 100 - priority")
    for column in ("definition_id", *_COPIED[:2], *_COPIED[3:]):
        op.execute(
            f"UPDATE task_candidate SET {column} = (SELECT {column} FROM task WHERE task.id = task_candidate.task_id)"
        )
    # "lone" may stay false: it only spares a look for doubles.
    free = "(SELECT assignee IS NULL FROM task WHERE task.id = task_candidate.task_id)"
    op.execute(f"UPDATE task_candidate SET free = {free}")


def _columns() -> None:
    op.add_column("task", sa.Column("delegated_by", sa.String(length=120), nullable=True))
    op.add_column("task", sa.Column("breach_at", UtcTime(), nullable=False, server_default=NEVER_TEXT))
    op.add_column("task", sa.Column("rank", sa.Integer(), nullable=False, server_default="50"))
    op.add_column("task", sa.Column("segment", sa.String(length=255), nullable=True))
    op.add_column("task", sa.Column("amount", sa.Float(), nullable=True))
    free: sa.Column[bool] = sa.Column("free", sa.Boolean(name="free"), nullable=False, server_default=sa.text("true"))
    op.add_column("task_candidate", free)
    op.add_column("task_candidate", sa.Column("breach_at", UtcTime(), nullable=False, server_default=NEVER_TEXT))
    op.add_column("task_candidate", sa.Column("rank", sa.Integer(), nullable=False, server_default="50"))
    op.add_column("task_candidate", sa.Column("definition_id", sa.String(length=16), nullable=True))
    op.add_column("task_candidate", sa.Column("stage", sa.String(length=255), nullable=True))
    op.add_column("task_candidate", sa.Column("segment", sa.String(length=255), nullable=True))
    op.add_column("task_candidate", sa.Column("amount", sa.Float(), nullable=True))
    op.add_column("task_candidate", sa.Column("follow_up_at", UtcTime(), nullable=True))
    lone: sa.Column[bool] = sa.Column("lone", sa.Boolean(name="lone"), nullable=False, server_default=sa.text("false"))
    op.add_column("task_candidate", lone)


def _indexes() -> None:
    op.drop_index("ix_task_assignee_due_at", table_name="task")
    op.drop_index("ix_task_due_at", table_name="task")
    order = ["breach_at", "rank", "id"]
    op.create_index("ix_task_assignee_breach_at", "task", ["assignee", *order])
    op.create_index("ix_task_breach_at", "task", order)
    op.create_index("ix_task_rank", "task", ["rank", "breach_at", "id"])
    op.create_index("ix_task_definition_id", "task", ["definition_id", *order])
    facts = ["breach_at", "rank", "definition_id", "amount"]
    more = {"segment": facts, "stage": ["segment", *facts]}
    for fact in ("segment", "stage", "record_id", "amount", "follow_up_at", "delegated_by"):
        where = sa.text(f"{fact} is not null")
        columns = [fact, *more.get(fact, ["breach_at"])]
        op.create_index(f"ix_task_{fact}", "task", columns, sqlite_where=where, postgresql_where=where)
    op.create_index(
        "ix_task_candidate_candidate_breach_at",
        "task_candidate",
        ["candidate", "breach_at", "rank", "task_id", *_COPIED[2:], "lone", "free"],
        sqlite_where=sa.text("free = 1"),
        postgresql_where=sa.text("free"),
    )
    human = sa.text("task_id is not null")
    op.create_index("ix_activity_by_id", "activity", ["by", "id"], sqlite_where=human, postgresql_where=human)


def _tables() -> None:
    op.create_table(
        "comment",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("instance_id", sa.String(length=16), nullable=False),
        sa.Column("task_id", sa.String(length=16), nullable=True),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("by", sa.String(length=120), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("mentions", Json(), nullable=False),
        _instance("comment"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comment")),
    )
    op.create_index("ix_comment_instance_id", "comment", ["instance_id", "id"])
    op.create_table(
        "attachment",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("instance_id", sa.String(length=16), nullable=False),
        sa.Column("task_id", sa.String(length=16), nullable=True),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.String(length=120), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("by", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(["hash"], ["file.hash"], name=op.f("fk_attachment_hash")),
        _instance("attachment"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachment")),
    )
    op.create_index("ix_attachment_instance_id", "attachment", ["instance_id", "id"])
    op.create_index("ix_attachment_hash", "attachment", ["hash"])
    op.create_table(
        "todo",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("task_id", sa.String(length=16), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("done", sa.Boolean(name="done"), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("by", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_todo_task_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_todo")),
    )
    op.create_index("ix_todo_task_id", "todo", ["task_id", "id"])
    _personal()


def _personal() -> None:
    op.create_table(
        "follow",
        sa.Column("login", sa.String(length=120), nullable=False),
        sa.Column("instance_id", sa.String(length=16), nullable=False),
        _instance("follow"),
        sa.PrimaryKeyConstraint("login", "instance_id", name=op.f("pk_follow")),
    )
    op.create_index("ix_follow_instance_id", "follow", ["instance_id"])
    op.create_table(
        "saved_filter",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("owner", sa.String(length=120), nullable=False),
        sa.Column("team", sa.String(length=120), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("colour", sa.String(length=16), nullable=False),
        sa.Column("wanted", Json(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_filter")),
    )
    op.create_index("ix_saved_filter_owner", "saved_filter", ["owner"])
    op.create_index("ix_saved_filter_team", "saved_filter", ["team"])
    op.create_table(
        "preference",
        sa.Column("login", sa.String(length=120), nullable=False),
        sa.Column("room", sa.String(length=40), nullable=False),
        sa.Column("choice", Json(), nullable=False),
        sa.PrimaryKeyConstraint("login", "room", name=op.f("pk_preference")),
    )
    op.create_table(
        "sweep",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("by", sa.String(length=120), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("action", sa.String(length=24), nullable=False),
        sa.Column("items", Json(), nullable=False),
        sa.Column("undone_at", UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sweep")),
    )
    op.create_index("ix_sweep_by", "sweep", ["by", "id"])


def _instance(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_instance_id")
    return sa.ForeignKeyConstraint(["instance_id"], ["instance.id"], name=name, ondelete="CASCADE")


def downgrade() -> None:
    for table in ("sweep", "preference", "saved_filter", "follow", "todo", "attachment", "comment"):
        op.drop_table(table)
    op.drop_index("ix_activity_by_id", table_name="activity")
    op.drop_index("ix_task_candidate_candidate_breach_at", table_name="task_candidate")
    for name in ("assignee_breach_at", "breach_at", "rank", "definition_id", "segment", "stage", "record_id", "amount"):
        op.drop_index(f"ix_task_{name}", table_name="task")
    op.drop_index("ix_task_follow_up_at", table_name="task")
    op.drop_index("ix_task_delegated_by", table_name="task")
    op.create_index("ix_task_assignee_due_at", "task", ["assignee", "due_at"])
    op.create_index("ix_task_due_at", "task", ["due_at"])
    for column in ("lone", *reversed(_COPIED), "free"):
        op.drop_column("task_candidate", column)
    for column in ("amount", "segment", "rank", "breach_at", "delegated_by"):
        op.drop_column("task", column)
