"""Words of open tasks: what the inbox's search reads, and on PostgreSQL the grams that it looks up.

``engine.store.apply`` writes them with each task; those of tasks that are open already are filled here.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from engine.domain.finding import kept
from engine.store.types import Grams

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_PART = 2_000
_ORDER = ["breach_at", "rank", "id"]
_TASK = sa.table("task", *(sa.column(name, sa.Text()) for name in ("id", "words")), sa.column("grams", Grams()))
_OPEN = sa.text(
    "SELECT id, name, subject, business_key, definition_id, element_id "
    "FROM task WHERE id > :after ORDER BY id LIMIT :most"
)


def upgrade() -> None:
    op.add_column("task", sa.Column("words", sa.Text(), nullable=False, server_default=""))
    op.add_column("task", sa.Column("grams", Grams(), nullable=True))
    _fill(op.get_bind())
    if op.get_bind().dialect.name == "postgresql":
        op.create_index("ix_task_grams", "task", ["grams"], postgresql_using="gin")
    else:
        op.drop_index("ix_task_breach_at", table_name="task")
        op.create_index("ix_task_breach_at", "task", [*_ORDER, "words"])


def _fill(conn: sa.Connection) -> None:
    """Words of the tasks there are, some thousands at a time."""
    told: dict[Any, list[str]] = {}
    for row in conn.execute(sa.text("SELECT definition_id, element_id, text FROM label")):
        told.setdefault((row.definition_id, row.element_id), []).append(row.text)
    change = sa.update(_TASK).where(_TASK.c.id == sa.bindparam("of"))
    change = change.values(words=sa.bindparam("text"), grams=sa.bindparam("looked", type_=Grams()))
    after = ""
    while rows := conn.execute(_OPEN, {"after": after, "most": _PART}).all():
        texts = [
            kept((row.name, *told.get((row.definition_id, row.element_id), ()), row.subject, row.business_key))
            for row in rows
        ]
        found = [{"of": row.id, "text": text, "looked": text} for row, text in zip(rows, texts, strict=True)]
        conn.execute(change, found)
        after = rows[-1].id


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.drop_index("ix_task_grams", table_name="task")
    else:
        op.drop_index("ix_task_breach_at", table_name="task")
        op.create_index("ix_task_breach_at", "task", _ORDER)
    op.drop_column("task", "grams")
    op.drop_column("task", "words")
