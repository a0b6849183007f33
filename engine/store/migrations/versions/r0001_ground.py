"""Models, records, people."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from engine.store.types import Json, UtcTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def _definition() -> None:
    op.create_table(
        "definition",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("xml", sa.LargeBinary(), nullable=False),
        sa.Column("pins", Json(), nullable=False),
        sa.Column("info", Json(), nullable=False),
        sa.Column("findings", Json(), nullable=False),
        sa.Column("variant_of", sa.String(length=255), nullable=True),
        sa.Column("deployed_at", UtcTime(), nullable=False),
        sa.Column("deployed_by", sa.String(length=120), nullable=False),
        sa.Column("published_at", UtcTime(), nullable=True),
        sa.Column("published_by", sa.String(length=120), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_definition")),
        sa.UniqueConstraint("key", "version", name=op.f("uq_definition_key_version")),
    )
    op.create_index("ix_definition_key_hash", "definition", ["key", "hash"], unique=False)


def _file() -> None:
    op.create_table(
        "file",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.String(length=120), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("by", sa.String(length=120), nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_file")),
    )


def _import_run() -> None:
    op.create_table(
        "import_run",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("upto", sa.Integer(), nullable=False),
        sa.Column("created", sa.Integer(), nullable=False),
        sa.Column("updated", sa.Integer(), nullable=False),
        sa.Column("unchanged", sa.Integer(), nullable=False),
        sa.Column("quarantined", sa.Integer(), nullable=False),
        sa.Column("started", sa.Integer(), nullable=False),
        sa.Column("finished", sa.Boolean(name="finished"), nullable=False),
        sa.Column("by", sa.String(length=120), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_run")),
    )


def _principal() -> None:
    op.create_table(
        "principal",
        sa.Column("id", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("password", sa.Text(), nullable=True),
        sa.Column("active", sa.Boolean(name="active"), nullable=False),
        sa.Column("roles", Json(), nullable=False),
        sa.Column("locale", sa.String(length=16), nullable=False),
        sa.Column("timezone", sa.String(length=64), nullable=False),
        sa.Column("manager", sa.String(length=120), nullable=True),
        sa.Column("lead", sa.String(length=120), nullable=True),
        sa.Column("stamp", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.CheckConstraint("kind in ('user', 'team')", name=op.f("ck_principal_kind")),
        sa.ForeignKeyConstraint(["lead"], ["principal.id"], name=op.f("fk_principal_lead")),
        sa.ForeignKeyConstraint(["manager"], ["principal.id"], name=op.f("fk_principal_manager")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_principal")),
    )


def _record() -> None:
    op.create_table(
        "record",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("owner", sa.String(length=120), nullable=True),
        sa.Column("state", sa.String(length=40), nullable=True),
        sa.Column("external_id", sa.String(length=255), nullable=True),
        sa.Column("data", Json(), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=True),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("changed_at", UtcTime(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_record")),
        sa.UniqueConstraint("kind", "external_id", name=op.f("uq_record_kind_external_id")),
    )
    op.create_index("ix_record_kind_changed_at", "record", ["kind", "changed_at"], unique=False)
    op.create_index("ix_record_kind_name", "record", ["kind", "name"], unique=False)
    op.create_index("ix_record_kind_owner", "record", ["kind", "owner"], unique=False)
    op.create_index("ix_record_kind_state", "record", ["kind", "state"], unique=False)


def _resource() -> None:
    op.create_table(
        "resource",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("provides", Json(), nullable=False),
        sa.Column("deployed_at", UtcTime(), nullable=False),
        sa.Column("deployed_by", sa.String(length=120), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_resource")),
        sa.UniqueConstraint("kind", "key", "version", name=op.f("uq_resource_kind_key_version")),
    )


def _label() -> None:
    op.create_table(
        "label",
        sa.Column("definition_id", sa.String(length=16), nullable=False),
        sa.Column("locale", sa.String(length=16), nullable=False),
        sa.Column("element_id", sa.String(length=255), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["definition_id"], ["definition.id"], name=op.f("fk_label_definition_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("definition_id", "locale", "element_id", name=op.f("pk_label")),
    )


def _membership() -> None:
    op.create_table(
        "membership",
        sa.Column("member", sa.String(length=120), nullable=False),
        sa.Column("team", sa.String(length=120), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["member"], ["principal.id"], name=op.f("fk_membership_member"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["team"], ["principal.id"], name=op.f("fk_membership_team"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("member", "team", name=op.f("pk_membership")),
    )
    op.create_index("ix_membership_team", "membership", ["team"], unique=False)


def _notification() -> None:
    op.create_table(
        "notification",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("to", sa.String(length=120), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("task_id", sa.String(length=16), nullable=True),
        sa.Column("instance_id", sa.String(length=16), nullable=True),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("read_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["to"], ["principal.id"], name=op.f("fk_notification_to"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification")),
    )
    op.create_index("ix_notification_to_read_at", "notification", ["to", "read_at"], unique=False)


def _quarantine() -> None:
    op.create_table(
        "quarantine",
        sa.Column("import_id", sa.String(length=16), nullable=False),
        sa.Column("row", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("raw", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"], ["import_run.id"], name=op.f("fk_quarantine_import_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("import_id", "row", name=op.f("pk_quarantine")),
    )


def _record_link() -> None:
    op.create_table(
        "record_link",
        sa.Column("from_id", sa.String(length=16), nullable=False),
        sa.Column("relation", sa.String(length=40), nullable=False),
        sa.Column("to_id", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(["from_id"], ["record.id"], name=op.f("fk_record_link_from_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["to_id"], ["record.id"], name=op.f("fk_record_link_to_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("from_id", "relation", "to_id", name=op.f("pk_record_link")),
    )
    op.create_index("ix_record_link_to_id", "record_link", ["to_id"], unique=False)


def _record_match() -> None:
    op.create_table(
        "record_match",
        sa.Column("value", sa.String(length=80), nullable=False),
        sa.Column("record_id", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(
            ["record_id"], ["record.id"], name=op.f("fk_record_match_record_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("value", "record_id", name=op.f("pk_record_match")),
    )
    op.create_index("ix_record_match_record_id", "record_match", ["record_id"], unique=False)


def _record_word() -> None:
    op.create_table(
        "record_word",
        sa.Column("word", sa.String(length=64), nullable=False),
        sa.Column("record_id", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(
            ["record_id"], ["record.id"], name=op.f("fk_record_word_record_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("word", "record_id", name=op.f("pk_record_word")),
    )
    op.create_index("ix_record_word_record_id", "record_word", ["record_id"], unique=False)


def _start_subscription() -> None:
    op.create_table(
        "start_subscription",
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("message", sa.String(length=255), nullable=False),
        sa.Column("definition_key", sa.String(length=255), nullable=False),
        sa.Column("element_id", sa.String(length=255), nullable=False),
        sa.Column("definition_id", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(["definition_id"], ["definition.id"], name=op.f("fk_start_subscription_definition_id")),
        sa.PrimaryKeyConstraint("kind", "message", "definition_key", name=op.f("pk_start_subscription")),
    )


def _token() -> None:
    op.create_table(
        "token",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("login", sa.String(length=120), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("expires_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["login"], ["principal.id"], name=op.f("fk_token_login"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_token")),
        sa.UniqueConstraint("digest", name=op.f("uq_token_digest")),
    )


def upgrade() -> None:
    _definition()
    _file()
    _import_run()
    _principal()
    _record()
    _resource()
    _label()
    _membership()
    _notification()
    _quarantine()
    _record_link()
    _record_match()
    _record_word()
    _start_subscription()
    _token()


def downgrade() -> None:
    for name in (
        "token",
        "start_subscription",
        "record_word",
        "record_match",
        "record_link",
        "quarantine",
        "notification",
        "membership",
        "label",
        "resource",
        "record",
        "principal",
        "import_run",
        "file",
        "definition",
    ):
        op.drop_table(name)
