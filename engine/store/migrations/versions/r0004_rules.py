"""Decisions by name, and what is known of each version of a DMN model."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

from engine.store.types import Json

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "decision",
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("resource_id", sa.String(length=16), nullable=False),
        sa.Column("tag", sa.String(length=255), nullable=True),
        sa.ForeignKeyConstraint(
            ["resource_id"], ["resource.id"], name=op.f("fk_decision_resource_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("name", "resource_id", name=op.f("pk_decision")),
    )
    op.create_index("ix_decision_resource_id", "decision", ["resource_id"], unique=False)
    op.create_table(
        "rule_note",
        sa.Column("resource_id", sa.String(length=16), nullable=False),
        sa.Column("namespace", sa.Text(), nullable=False),
        sa.Column("imports", Json(), nullable=False),
        sa.Column("findings", Json(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["resource_id"], ["resource.id"], name=op.f("fk_rule_note_resource_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("resource_id", name=op.f("pk_rule_note")),
    )
    _fill()


def _fill() -> None:
    """Models deployed before this are known by the names they offer; tags and notes come with the next version."""
    conn = op.get_bind()
    for resource_id, provides in conn.execute(sa.text("select id, provides from resource where kind = 'dmn'")).all():
        names = json.loads(provides) if isinstance(provides, str | bytes) else provides
        for name in dict.fromkeys(names):
            values = {"name": name, "id": resource_id}
            conn.execute(sa.text("insert into decision (name, resource_id) values (:name, :id)"), values)


def downgrade() -> None:
    op.drop_table("rule_note")
    op.drop_index("ix_decision_resource_id", table_name="decision")
    op.drop_table("decision")
