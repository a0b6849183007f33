"""Operating running cases: data of any time, operations on many, external workers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from engine.store.types import Json, UtcTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("activity", sa.Column("data", sa.LargeBinary(), nullable=True))
    op.add_column("job", sa.Column("worker", sa.String(length=120), nullable=True))
    op.drop_index("ix_job_state_due_at", table_name="job")
    op.create_index("ix_job_type_state_due_at", "job", ["type", "state", "due_at"], unique=False)
    op.create_table(
        "bulk",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("action", sa.String(length=24), nullable=False),
        sa.Column("params", Json(), nullable=False),
        sa.Column("chosen", Json(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("by", sa.String(length=120), nullable=False),
        sa.Column("started_at", UtcTime(), nullable=False),
        sa.Column("ended_at", UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulk")),
    )
    op.create_index("ix_bulk_started_at", "bulk", ["started_at"], unique=False)
    op.create_table(
        "bulk_item",
        sa.Column("bulk_id", sa.String(length=16), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("target", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("code", sa.String(length=16), nullable=True),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("made", sa.String(length=16), nullable=True),
        sa.Column("at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["bulk_id"], ["bulk.id"], name=op.f("fk_bulk_item_bulk_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("bulk_id", "number", name=op.f("pk_bulk_item")),
    )
    op.create_index("ix_bulk_item_bulk_id_state", "bulk_item", ["bulk_id", "state"], unique=False)


def downgrade() -> None:
    op.drop_table("bulk_item")
    op.drop_table("bulk")
    op.drop_index("ix_job_type_state_due_at", table_name="job")
    op.create_index("ix_job_state_due_at", "job", ["state", "due_at"], unique=False)
    op.drop_column("job", "worker")
    op.drop_column("activity", "data")
