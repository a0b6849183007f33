"""Calendars, SLA policies, clocks with their ledger of pauses, rungs and changes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from engine.store.types import Json, Serial, UtcTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _calendars()
    _policies()
    _clocks()
    _ledger()


def _calendars() -> None:
    """Calendars by version, and who works by which."""
    op.create_table(
        "calendar",
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("content", Json(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("by", sa.String(length=120), nullable=False),
        sa.PrimaryKeyConstraint("key", "version", name=op.f("pk_calendar")),
    )
    op.create_table(
        "calendar_use",
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("target", sa.String(length=255), nullable=False),
        sa.Column("calendar", sa.String(length=255), nullable=False),
        sa.PrimaryKeyConstraint("kind", "target", name=op.f("pk_calendar_use")),
    )


def _policies() -> None:
    """Policies by version."""
    op.create_table(
        "sla_policy",
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("content", Json(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("by", sa.String(length=120), nullable=False),
        sa.PrimaryKeyConstraint("key", "version", name=op.f("pk_sla_policy")),
    )


def _clocks() -> None:
    """One row for each promise that runs or ran."""
    op.create_table(
        "sla_clock",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("instance_id", sa.String(length=16), nullable=False),
        sa.Column("task_id", sa.String(length=16), nullable=True),
        sa.Column("node", sa.Integer(), nullable=True),
        sa.Column("element_id", sa.String(length=255), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("metric", sa.String(length=40), nullable=False),
        sa.Column("scope", sa.String(length=8), nullable=False),
        sa.Column("definition_key", sa.String(length=255), nullable=False),
        sa.Column("team", sa.String(length=255), nullable=True),
        sa.Column("segment", sa.String(length=255), nullable=True),
        sa.Column("record_kind", sa.String(length=40), nullable=True),
        sa.Column("record_id", sa.String(length=16), nullable=True),
        sa.Column("policy", sa.String(length=255), nullable=True),
        sa.Column("policy_version", sa.Integer(), nullable=True),
        sa.Column("calendar", sa.String(length=255), nullable=True),
        sa.Column("calendar_version", sa.Integer(), nullable=True),
        sa.Column("target", sa.String(length=40), nullable=False),
        sa.Column("unit", sa.String(length=16), nullable=False),
        sa.Column("span", sa.String(length=40), nullable=False),
        sa.Column("pausable", sa.Boolean(name="pausable"), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("started_at", UtcTime(), nullable=False),
        sa.Column("due_at", UtcTime(), nullable=True),
        sa.Column("breached_at", UtcTime(), nullable=True),
        sa.Column("ended_at", UtcTime(), nullable=True),
        sa.Column("alarm_id", sa.String(length=16), nullable=True),
        sa.Column("alarm_at", UtcTime(), nullable=True),
        sa.Column("mark", Json(), nullable=False),
        sa.Column("inputs", Json(), nullable=False),
        sa.Column("why", Json(), nullable=False),
        sa.Column("ladder", Json(), nullable=False),
        sa.ForeignKeyConstraint(["instance_id"], ["instance.id"], name=op.f("fk_sla_clock_instance_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sla_clock")),
    )
    op.create_index("ix_sla_clock_ended_at_due_at", "sla_clock", ["ended_at", "due_at"], unique=False)
    op.create_index("ix_sla_clock_instance_id", "sla_clock", ["instance_id"], unique=False)
    op.create_index("ix_sla_clock_task_id", "sla_clock", ["task_id"], unique=False)


def _ledger() -> None:
    """Pauses, rungs and changes of each clock."""
    op.create_table(
        "sla_pause",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("clock_id", sa.String(length=16), nullable=False),
        sa.Column("since", UtcTime(), nullable=False),
        sa.Column("until", UtcTime(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("ref", sa.String(length=255), nullable=False),
        sa.Column("by", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(["clock_id"], ["sla_clock.id"], name=op.f("fk_sla_pause_clock_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sla_pause")),
    )
    op.create_index("ix_sla_pause_clock_id", "sla_pause", ["clock_id"], unique=False)
    op.create_table(
        "sla_rung",
        sa.Column("clock_id", sa.String(length=16), nullable=False),
        sa.Column("rung", sa.String(length=40), nullable=False),
        sa.Column("due_at", UtcTime(), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("fired_at", UtcTime(), nullable=True),
        sa.Column("did", Json(), nullable=True),
        sa.ForeignKeyConstraint(["clock_id"], ["sla_clock.id"], name=op.f("fk_sla_rung_clock_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("clock_id", "rung", name=op.f("pk_sla_rung")),
    )
    op.create_index("ix_sla_rung_fired_at", "sla_rung", ["fired_at"], unique=False)
    op.create_table(
        "sla_change",
        sa.Column("id", Serial, autoincrement=True, nullable=False),
        sa.Column("clock_id", sa.String(length=16), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("by", sa.String(length=120), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("before", Json(), nullable=False),
        sa.Column("after", Json(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sla_change")),
    )
    op.create_index("ix_sla_change_clock_id", "sla_change", ["clock_id"], unique=False)


def downgrade() -> None:
    op.drop_table("sla_change")
    op.drop_table("sla_rung")
    op.drop_table("sla_pause")
    op.drop_table("sla_clock")
    op.drop_table("sla_policy")
    op.drop_table("calendar_use")
    op.drop_table("calendar")
