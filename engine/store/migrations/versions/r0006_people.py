"""Capacity, skills, absences, work on hold, deliveries."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from engine.store.types import Id, Json, Key, Login, UtcTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "person",
        sa.Column("login", Login, nullable=False),
        sa.Column("weight", sa.Integer(), nullable=False),
        sa.Column("most", sa.Integer(), nullable=True),
        sa.Column("languages", Json(), nullable=False),
        sa.Column("territories", Json(), nullable=False),
        sa.Column("calendar", Key, nullable=True),
        sa.Column("tell", Json(), nullable=False),
        sa.Column("feed", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["login"], ["principal.id"], name=op.f("fk_person_login"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("login", name=op.f("pk_person")),
        sa.UniqueConstraint("feed", name=op.f("uq_person_feed")),
    )
    op.create_table(
        "skill",
        sa.Column("login", Login, nullable=False),
        sa.Column("skill", sa.String(length=80), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["login"], ["principal.id"], name=op.f("fk_skill_login"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("login", "skill", name=op.f("pk_skill")),
    )
    op.create_table(
        "absence",
        sa.Column("id", Id, nullable=False),
        sa.Column("login", Login, nullable=False),
        sa.Column("since", UtcTime(), nullable=False),
        sa.Column("until", UtcTime(), nullable=False),
        sa.Column("delegate", Login, nullable=True),
        sa.Column("hand_over", sa.Boolean(name="hand_over"), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("by", Login, nullable=False),
        sa.ForeignKeyConstraint(["login"], ["principal.id"], name=op.f("fk_absence_login"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["delegate"], ["principal.id"], name=op.f("fk_absence_delegate")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_absence")),
    )
    op.create_index("ix_absence_login_until", "absence", ["login", "until"], unique=False)
    op.create_index("ix_absence_until", "absence", ["until"], unique=False)
    _hold_and_send()


def _hold_and_send() -> None:
    op.create_table(
        "held",
        sa.Column("instance_id", Id, nullable=False),
        sa.Column("node", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("pool", sa.String(length=250), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("asked", Json(), nullable=False),
        sa.Column("since", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("instance_id", "node", name=op.f("pk_held")),
    )
    op.create_index("ix_held_pool", "held", ["pool"], unique=False)
    op.create_table(
        "delivery",
        sa.Column("id", Id, nullable=False),
        sa.Column("notification_id", Id, nullable=False),
        sa.Column("to", Login, nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("job_id", Id, nullable=True),
        sa.Column("message_id", sa.String(length=120), nullable=True),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("bounced_at", UtcTime(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["notification_id"], ["notification.id"], name=op.f("fk_delivery_notification_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
        sa.UniqueConstraint("notification_id", "channel", name=op.f("uq_delivery_notification_id_channel")),
    )
    op.create_index("ix_delivery_to_created_at", "delivery", ["to", "created_at"], unique=False)
    op.create_index("ix_delivery_message_id", "delivery", ["message_id"], unique=False)


def downgrade() -> None:
    for table in ("delivery", "held", "absence", "skill", "person"):
        op.drop_table(table)
