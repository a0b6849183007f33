"""Alembic's environment: one connection of the engine handed in by ``engine.store.migrate``."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Engine

from engine.store.naming import metadata

_LOCK = 0x63726D66  # "crmf": two processes that migrate at once queue


def run() -> None:
    """Run the revisions in one transaction."""
    engine: Engine = context.config.attributes["engine"]
    with engine.connect() as conn:
        context.configure(
            connection=conn,
            target_metadata=metadata,
            render_as_batch=conn.dialect.name == "sqlite",
            compare_type=True,
            transaction_per_migration=False,
            transactional_ddl=True,
        )
        with context.begin_transaction():
            if conn.dialect.name == "postgresql":
                conn.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
            context.run_migrations()


run()
