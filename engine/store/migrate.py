"""Alembic from inside the package: works in a checkout and from an installed wheel."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine

FOLDER = Path(__file__).resolve().parent / "migrations"


def config(engine: Engine) -> Config:
    """Alembic's configuration for this database, without an ini file."""
    made = Config()
    made.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    made.attributes["engine"] = engine
    return made


def upgrade(engine: Engine, to: str = "head") -> None:
    """Apply the migrations up to ``to``; nothing to do is fine."""
    command.upgrade(config(engine), to)


def downgrade(engine: Engine, to: str = "base") -> None:
    """Take the migrations back down to ``to``. Everything in the tables is lost."""
    command.downgrade(config(engine), to)


def revision(engine: Engine) -> str | None:
    """The revision the database stands at, None when it is empty."""
    with engine.connect() as conn:
        return MigrationContext.configure(conn).get_current_revision()
