"""Texts of DMN models in other languages stand with what is noted of a version."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from engine.store.types import Json

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("rule_note", sa.Column("labels", Json(), nullable=True))


def downgrade() -> None:
    op.drop_column("rule_note", "labels")
