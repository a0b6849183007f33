"""Alembic's scripts: ``env`` and one module per revision."""
