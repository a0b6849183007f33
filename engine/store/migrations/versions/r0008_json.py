"""On PostgreSQL, JSON that earlier releases wrote as a text inside jsonb becomes JSON, so that it can be queried."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _rewrite("({0} #>> '{{}}')::jsonb", only="jsonb_typeof({0}) = 'string'")


def downgrade() -> None:
    _rewrite("to_jsonb({0}::text)", only="{0} IS NOT NULL")


def _rewrite(value: str, only: str) -> None:
    conn = op.get_bind()
    if conn.dialect.name != "postgresql":
        return
    for table in sa.inspect(conn).get_table_names():
        for column in sa.inspect(conn).get_columns(table):
            if isinstance(column["type"], sa.JSON):
                name = conn.dialect.identifier_preparer.quote(column["name"])
                conn.exec_driver_sql(
                    f"UPDATE {table} SET {name} = {value.format(name)} WHERE {only.format(name)}"  # noqa: S608
                )
