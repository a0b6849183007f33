"""An index of who leads a team: it is asked with everybody who acts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    led = sa.text("lead is not null")
    op.create_index("ix_principal_lead", "principal", ["lead"], sqlite_where=led, postgresql_where=led)


def downgrade() -> None:
    op.drop_index("ix_principal_lead", table_name="principal")
