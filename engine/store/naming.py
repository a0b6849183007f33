"""The tables' common ground: how constraints are named, and what the inbox needs of ``task`` and ``task_candidate``."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Boolean, Column, Index, Integer, MetaData, Text, text

from engine.store.types import Amount, Grams, Id, Key, UtcTime

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

#: Stands for "no due date" in orders: after every date there is. As SQLite keeps it and PostgreSQL reads it.
NEVER_TEXT = "9999-12-31 00:00:00.000000+00:00"
NEVER = datetime(9999, 12, 31, tzinfo=UTC)

#: What a candidacy copies of its task (``engine.store.moves`` keeps the copies).
COPIED = ("breach_at", "rank", "definition_id", "stage", "segment", "amount", "follow_up_at")

#: What tasks are found by; nobody reads it.
SEARCHED = ("words", "grams")

#: Business facts of a task that people filter by, and what else their index holds, so that it answers by itself.
FACTS = {
    "segment": ("breach_at", "rank", "definition_id", "amount"),
    "stage": ("segment", "breach_at", "rank", "definition_id", "amount"),
    "record_id": ("breach_at",),
    "amount": ("breach_at",),
    "follow_up_at": ("breach_at",),
    "delegated_by": ("breach_at",),
}


def inbox_indexes() -> tuple[Index, ...]:
    """Indexes of ``task``: whose, by when; and one per business fact that people filter by."""
    return (
        Index("ix_task_assignee_breach_at", "assignee", "breach_at", "rank", "id"),
        Index("ix_task_rank", "rank", "breach_at", "id"),
        Index("ix_task_definition_id", "definition_id", "breach_at", "rank", "id"),
        *(_filled(fact, *more) for fact, more in FACTS.items()),
    )


def search_columns() -> tuple[Column[object] | Index, ...]:
    """What ``task`` is searched by. PostgreSQL looks grams up; SQLite reads words off the index of the order."""
    return (
        Column("words", Text, nullable=False, server_default=""),  # names in all languages, customer, key: folded
        Column("grams", Grams),
        Index("ix_task_grams", "grams", postgresql_using="gin").ddl_if(dialect="postgresql"),
        Index("ix_task_breach_at", "breach_at", "rank", "id").ddl_if(dialect="postgresql"),
        Index("ix_task_breach_at", "breach_at", "rank", "id", "words").ddl_if(dialect="sqlite"),
    )


def _filled(column: str, *more: str) -> Index:
    """An index of the rows that have a value: costs nothing where the fact is unknown."""
    where = text(f"{column} is not null")
    return Index(f"ix_task_{column}", column, *more, sqlite_where=where, postgresql_where=where)


def candidacy_columns() -> tuple[Column[object] | Index, ...]:
    """What a candidacy copies of its task, and the index that holds all of it."""
    return (
        Column("free", Boolean(name="free"), nullable=False, server_default=text("true")),  # nobody has taken the task
        Column("breach_at", UtcTime, nullable=False, server_default=NEVER_TEXT),
        Column("rank", Integer, nullable=False, server_default="50"),
        Column("definition_id", Id),
        Column("stage", Key),
        Column("segment", Key),
        Column("amount", Amount),
        Column("follow_up_at", UtcTime),
        Column("lone", Boolean(name="lone"), nullable=False, server_default=text("false")),  # the task's only candidacy
        Index(
            "ix_task_candidate_candidate_breach_at",
            *("candidate", "breach_at", "rank", "task_id"),
            *("definition_id", "stage", "segment", "amount", "follow_up_at", "lone", "free"),
            sqlite_where=text("free = 1"),
            postgresql_where=text("free"),
        ),
    )
