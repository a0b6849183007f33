"""The migrations build exactly the tables of ``engine.store.tables``, on both databases."""

from __future__ import annotations

from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from engine.domain.access import SYSTEM, Role
from engine.domain.commands import AddUser
from engine.domain.questions import ActorNamed
from engine.store import migrate
from engine.store.naming import metadata


def test_migrations_equal_models(engine):
    with engine._db.connect() as conn:

        def here(item, name, kind, reflected, other) -> bool:
            """Whether a thing is of this database: some indexes are of one of them."""
            rule = getattr(item, "_ddl_if", None)
            return rule is None or rule.dialect == conn.dialect.name

        opts = {"compare_type": True, "target_metadata": metadata, "include_object": here}
        context = MigrationContext.configure(conn, opts=opts)
        assert compare_metadata(context, metadata) == []


def test_migrating_twice_changes_nothing(engine):
    engine.migrate()
    newest = max(Path(migrate.__file__).with_name("migrations").glob("versions/r*.py")).name[1:5]
    assert migrate.revision(engine._db) == newest


def test_downgrade_removes_every_table(engine):
    migrate.downgrade(engine._db)
    with engine._db.connect() as conn:
        names = conn.dialect.get_table_names(conn)
    assert set(names) <= {"alembic_version"}


def test_json_written_as_text_becomes_json(postgres):
    def kinds() -> set[str]:
        with postgres._db.connect() as conn:
            return set(conn.scalars(text("SELECT jsonb_typeof(roles) FROM principal WHERE kind = 'user'")))

    postgres.do(AddUser("ada", SYSTEM, name="Ada", roles=("designer",)))
    assert kinds() == {"array"}
    migrate.downgrade(postgres._db, "0007")
    assert kinds() == {"string"}
    migrate.upgrade(postgres._db)
    assert kinds() == {"array"}
    assert postgres.ask(ActorNamed("ada")).roles == {Role.DESIGNER}
