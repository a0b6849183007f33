"""The task store: tables, loading with locks, applying a ``Step``, read-only queries.

SQLAlchemy Core on SQLite (WAL) and PostgreSQL.
"""
