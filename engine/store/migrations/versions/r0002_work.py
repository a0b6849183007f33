"""Instances and their work, messages, history."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from engine.store.types import Json, Serial, UtcTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def _activity() -> None:
    op.create_table(
        "activity",
        sa.Column("id", Serial, autoincrement=True, nullable=False),
        sa.Column("instance_id", sa.String(length=16), nullable=False),
        sa.Column("task_id", sa.String(length=16), nullable=True),
        sa.Column("element_id", sa.String(length=255), nullable=False),
        sa.Column("definition_id", sa.String(length=16), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("scope", sa.Text(), nullable=True),
        sa.Column("started_at", UtcTime(), nullable=False),
        sa.Column("ended_at", UtcTime(), nullable=False),
        sa.Column("by", sa.String(length=120), nullable=True),
        sa.Column("detail", Json(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activity")),
    )
    op.create_index("ix_activity_instance_id", "activity", ["instance_id"], unique=False)
    op.create_index(
        "ix_activity_task_id",
        "activity",
        ["task_id"],
        unique=False,
        sqlite_where=sa.text("task_id is not null"),
        postgresql_where=sa.text("task_id is not null"),
    )


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column("id", Serial, autoincrement=True, nullable=False),
        sa.Column("instance_id", sa.String(length=16), nullable=True),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("by", sa.String(length=120), nullable=False),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("target", sa.String(length=255), nullable=True),
        sa.Column("detail", Json(), nullable=True),
        sa.Column("digest", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_index("ix_audit_at", "audit", ["at"], unique=False)
    op.create_index("ix_audit_instance_id", "audit", ["instance_id"], unique=False)


def _idempotency() -> None:
    op.create_table(
        "idempotency",
        sa.Column("login", sa.String(length=120), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("request", sa.String(length=64), nullable=False),
        sa.Column("answer", Json(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("login", "key", name=op.f("pk_idempotency")),
    )
    op.create_index("ix_idempotency_at", "idempotency", ["at"], unique=False)


def _message() -> None:
    op.create_table(
        "message",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("correlation_key", sa.String(length=255), nullable=False),
        sa.Column("payload", Json(), nullable=False),
        sa.Column("expires_at", UtcTime(), nullable=False),
        sa.Column("sent_at", UtcTime(), nullable=False),
        sa.Column("sent_by", sa.String(length=120), nullable=False),
        sa.Column("parent_id", sa.String(length=16), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
    )
    op.create_index("ix_message_expires_at", "message", ["expires_at"], unique=False)
    op.create_index("ix_message_name_correlation_key", "message", ["name", "correlation_key"], unique=False)


def _instance() -> None:
    op.create_table(
        "instance",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("definition_id", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("business_key", sa.String(length=255), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("codec", sa.Integer(), nullable=False),
        sa.Column("blob", sa.LargeBinary(), nullable=True),
        sa.Column("variables", sa.LargeBinary(), nullable=True),
        sa.Column("started_at", UtcTime(), nullable=False),
        sa.Column("started_by", sa.String(length=120), nullable=False),
        sa.Column("ended_at", UtcTime(), nullable=True),
        sa.Column("parent_id", sa.String(length=16), nullable=True),
        sa.Column("choice", Json(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("audit_digest", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(["definition_id"], ["definition.id"], name=op.f("fk_instance_definition_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_instance")),
    )
    op.create_index("ix_instance_business_key", "instance", ["business_key"], unique=False)
    op.create_index("ix_instance_definition_id_state", "instance", ["definition_id", "state"], unique=False)
    op.create_index("ix_instance_started_at", "instance", ["started_at"], unique=False)


def _instance_record() -> None:
    op.create_table(
        "instance_record",
        sa.Column("record_id", sa.String(length=16), nullable=False),
        sa.Column("instance_id", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(["instance_id"], ["instance.id"], name=op.f("fk_instance_record_instance_id")),
        sa.ForeignKeyConstraint(["record_id"], ["record.id"], name=op.f("fk_instance_record_record_id")),
        sa.PrimaryKeyConstraint("record_id", "instance_id", name=op.f("pk_instance_record")),
    )


def _job() -> None:
    op.create_table(
        "job",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("instance_id", sa.String(length=16), nullable=True),
        sa.Column("node", sa.Integer(), nullable=True),
        sa.Column("element_id", sa.String(length=255), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("type", sa.String(length=255), nullable=False),
        sa.Column("payload", Json(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("due_at", UtcTime(), nullable=False),
        sa.Column("lease_until", UtcTime(), nullable=True),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("retries", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["instance_id"], ["instance.id"], name=op.f("fk_job_instance_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job")),
    )
    op.create_index("ix_job_instance_id", "job", ["instance_id"], unique=False)
    op.create_index("ix_job_state_due_at", "job", ["state", "due_at"], unique=False)


def _subscription() -> None:
    op.create_table(
        "subscription",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("instance_id", sa.String(length=16), nullable=False),
        sa.Column("node", sa.Integer(), nullable=False),
        sa.Column("element_id", sa.String(length=255), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("message", sa.String(length=255), nullable=False),
        sa.Column("correlation_key", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(["instance_id"], ["instance.id"], name=op.f("fk_subscription_instance_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscription")),
        sa.UniqueConstraint("instance_id", "node", name=op.f("uq_subscription_instance_id_node")),
    )
    op.create_index(
        "ix_subscription_message_correlation_key", "subscription", ["message", "correlation_key"], unique=False
    )


def _task() -> None:
    op.create_table(
        "task",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("instance_id", sa.String(length=16), nullable=False),
        sa.Column("node", sa.Integer(), nullable=False),
        sa.Column("element_id", sa.String(length=255), nullable=False),
        sa.Column("definition_id", sa.String(length=16), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("assignee", sa.String(length=120), nullable=True),
        sa.Column("candidates", Json(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("due_at", UtcTime(), nullable=True),
        sa.Column("follow_up_at", UtcTime(), nullable=True),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("form_key", sa.String(length=255), nullable=True),
        sa.Column("record_kind", sa.String(length=40), nullable=True),
        sa.Column("record_id", sa.String(length=16), nullable=True),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("stage", sa.String(length=255), nullable=True),
        sa.Column("business_key", sa.String(length=255), nullable=True),
        sa.Column("why", Json(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["definition_id"], ["definition.id"], name=op.f("fk_task_definition_id")),
        sa.ForeignKeyConstraint(["instance_id"], ["instance.id"], name=op.f("fk_task_instance_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task")),
        sa.UniqueConstraint("instance_id", "node", name=op.f("uq_task_instance_id_node")),
    )
    op.create_index("ix_task_assignee_due_at", "task", ["assignee", "due_at"], unique=False)
    op.create_index("ix_task_due_at", "task", ["due_at"], unique=False)


def _deadline() -> None:
    op.create_table(
        "deadline",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("instance_id", sa.String(length=16), nullable=False),
        sa.Column("task_id", sa.String(length=16), nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("node", sa.Integer(), nullable=False),
        sa.Column("element_id", sa.String(length=255), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("attached_to", sa.String(length=255), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("due_at", UtcTime(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("lease_until", UtcTime(), nullable=True),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["instance_id"], ["instance.id"], name=op.f("fk_deadline_instance_id")),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_deadline_task_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deadline")),
        sa.UniqueConstraint("instance_id", "node", "kind", name=op.f("uq_deadline_instance_id_node_kind")),
    )
    op.create_index("ix_deadline_state_due_at", "deadline", ["state", "due_at"], unique=False)
    op.create_index("ix_deadline_task_id", "deadline", ["task_id"], unique=False)


def _draft() -> None:
    op.create_table(
        "draft",
        sa.Column("task_id", sa.String(length=16), nullable=False),
        sa.Column("login", sa.String(length=120), nullable=False),
        sa.Column("data", Json(), nullable=False),
        sa.Column("saved_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_draft_task_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("task_id", "login", name=op.f("pk_draft")),
    )


def _task_candidate() -> None:
    op.create_table(
        "task_candidate",
        sa.Column("candidate", sa.String(length=130), nullable=False),
        sa.Column("task_id", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_task_candidate_task_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("candidate", "task_id", name=op.f("pk_task_candidate")),
    )
    op.create_index("ix_task_candidate_task_id", "task_candidate", ["task_id"], unique=False)


def _incident() -> None:
    op.create_table(
        "incident",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("instance_id", sa.String(length=16), nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("job_id", sa.String(length=16), nullable=True),
        sa.Column("deadline_id", sa.String(length=16), nullable=True),
        sa.Column("node", sa.Integer(), nullable=True),
        sa.Column("element_id", sa.String(length=255), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["deadline_id"], ["deadline.id"], name=op.f("fk_incident_deadline_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["instance_id"], ["instance.id"], name=op.f("fk_incident_instance_id")),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name=op.f("fk_incident_job_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident")),
    )
    op.create_index("ix_incident_created_at", "incident", ["created_at"], unique=False)
    op.create_index("ix_incident_instance_id", "incident", ["instance_id"], unique=False)


def upgrade() -> None:
    _activity()
    _audit()
    _idempotency()
    _message()
    _instance()
    _instance_record()
    _job()
    _subscription()
    _task()
    _deadline()
    _draft()
    _task_candidate()
    _incident()


def downgrade() -> None:
    for name in (
        "incident",
        "task_candidate",
        "draft",
        "deadline",
        "task",
        "subscription",
        "job",
        "instance_record",
        "instance",
        "message",
        "idempotency",
        "audit",
        "activity",
    ):
        op.drop_table(name)
