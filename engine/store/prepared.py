"""Statements compiled once per database and then sent as text: the hot path pays for no SQL construction.

Values pass through the column types' own converters, so a prepared statement means what the Core statement means.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Any

import psycopg
from sqlalchemy import Connection, Dialect, Select, Table
from sqlalchemy.sql.dml import UpdateBase
from sqlalchemy.types import TypeDecorator

Convert = Callable[[Any], Any] | None
_Rows = tuple[str, str, tuple[tuple[int, Callable[[Any], Any]], ...]]  # head, one group, what converts which value
_CHUNK = 400  # rows per INSERT: far below the parameter limits of both databases


def send(conn: Connection, text: str, params: Any, *, anew: bool = False) -> Any:
    """Hand text and values to the driver; its cursor. ``anew``: PostgreSQL plans it for these very values.

    This is ``exec_driver_sql`` without the result object, which costs more than SQLite's own work. The transaction
    and the events (statements are counted by them) are SQLAlchemy's; errors are the driver's own.
    """
    if not conn.in_transaction() and not conn.get_execution_options().get("crmflow_read"):
        conn.begin()
    driver: Any = conn.connection.driver_connection
    cursor = driver.cursor()
    # The engine's listeners: a connection is made anew for each command, and so would be its (empty) list.
    listeners = conn.engine.dispatch.before_cursor_execute
    if listeners:
        for heard in listeners:
            text, params = heard(conn, cursor, text, params, None, False)
    if anew and conn.dialect.name == "postgresql":
        cursor.execute(text, params, prepare=False)
    else:
        cursor.execute(text, params)
    return cursor


def batch(conn: Connection) -> AbstractContextManager[Any]:
    """A block whose statements are sent without waiting for each other's answers (PostgreSQL's pipeline mode).

    Nothing in it may fetch rows. An error surfaces at the latest at the end of the block. SQLite needs no such thing.
    """
    if conn.dialect.name != "postgresql" or not psycopg.Pipeline.is_supported():
        return nullcontext()
    driver: Any = conn.connection.driver_connection
    pipeline: AbstractContextManager[Any] = driver.pipeline()
    return pipeline


class Prepared:
    """One SELECT, UPDATE or DELETE. Parameters are the statement's ``bindparam`` names.

    ``anew``: which way is short depends on the values, so PostgreSQL is to look at them each time.
    """

    __slots__ = ("_plans", "anew", "statement")

    def __init__(self, statement: Select[Any] | UpdateBase, *, anew: bool = False) -> None:
        self.statement = statement
        self.anew = anew
        self._plans: dict[str, _Plan] = {}

    def rows(self, conn: Connection, **params: Any) -> list[tuple[Any, ...]]:
        """All rows, each value converted by its column's type."""
        plan = self._plan(conn)
        return [plan.result(row) for row in send(conn, plan.text, plan.bind(params), anew=self.anew).fetchall()]

    def row(self, conn: Connection, **params: Any) -> tuple[Any, ...] | None:
        """The first row or None."""
        plan = self._plan(conn)
        found = send(conn, plan.text, plan.bind(params), anew=self.anew).fetchone()
        return None if found is None else plan.result(found)

    def run(self, conn: Connection, **params: Any) -> int:
        """Execute a change; the number of rows it touched."""
        return int(self.begin(conn, **params).rowcount)

    def begin(self, conn: Connection, **params: Any) -> Any:
        """Send a change; the driver's cursor, whose ``rowcount`` is known when an enclosing ``batch`` has ended."""
        plan = self._plan(conn)
        return send(conn, plan.text, plan.bind(params), anew=self.anew)

    def _plan(self, conn: Connection) -> _Plan:
        plan = self._plans.get(conn.dialect.name)
        if plan is None:
            plan = self._plans[conn.dialect.name] = _Plan(self.statement, conn.dialect)
        return plan


class _Plan:
    """A statement's text and converters for one dialect."""

    __slots__ = ("binds", "fixed", "positional", "results", "text")

    def __init__(self, statement: Any, dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        self.text: str = str(compiled)
        self.positional: bool = bool(dialect.positional)
        names: Sequence[str] = compiled.positiontup if dialect.positional else list(compiled.binds)
        self.binds: tuple[tuple[str, Convert], ...] = tuple(
            (name, _bind(compiled.binds[name].type, dialect)) for name in names
        )
        # Literals of the statement itself (state = 'ready') are bound too; their values never change.
        self.fixed: dict[str, Any] = {
            name: bind.value for name, bind in compiled.binds.items() if not bind.required and bind.value is not None
        }
        columns = statement.selected_columns if isinstance(statement, Select) else (statement._returning or ())
        self.results: tuple[tuple[int, Callable[[Any], Any]], ...] = tuple(
            (index, convert)
            for index, column in enumerate(columns)
            if (convert := column.type.dialect_impl(dialect).result_processor(dialect, None)) is not None
        )

    def bind(self, params: Mapping[str, Any]) -> Any:
        values = {**self.fixed, **params} if self.fixed else params
        if self.positional:
            return tuple(values[n] if c is None else c(values[n]) for n, c in self.binds)
        return {n: values[n] if c is None else c(values[n]) for n, c in self.binds}

    def result(self, row: Any) -> tuple[Any, ...]:
        if not self.results:
            return tuple(row)
        values = list(row)
        for index, convert in self.results:
            values[index] = convert(values[index])
        return tuple(values)


class Insert:
    """INSERT of any number of rows in one statement (up to 400 rows each). Missing keys are NULL."""

    __slots__ = ("_plans", "columns", "table")

    def __init__(self, table: Table, *columns: str) -> None:
        self.table = table
        self.columns = columns or tuple(c.name for c in table.columns if c.autoincrement is not True)
        self._plans: dict[str, _Rows] = {}

    def run(self, conn: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Write the rows; nothing to write is no statement."""
        if not rows:
            return
        head, group, converts = self._plan(conn.dialect)
        for start in range(0, len(rows), _CHUNK):
            chunk = rows[start : start + _CHUNK]
            values: list[Any] = []
            for row in chunk:
                line = list(map(row.get, self.columns))
                for index, convert in converts:
                    line[index] = convert(line[index])
                values += line
            send(conn, head + ", ".join([group] * len(chunk)), values)

    def _plan(self, dialect: Dialect) -> _Rows:
        plan = self._plans.get(dialect.name)
        if plan is None:
            prepare = dialect.identifier_preparer
            names = ", ".join(prepare.quote(name) for name in self.columns)
            mark = "?" if dialect.positional else "%s"
            plan = self._plans[dialect.name] = (
                f"INSERT INTO {prepare.format_table(self.table)} ({names}) VALUES ",  # noqa: S608 (our own table)
                "(" + ", ".join([mark] * len(self.columns)) + ")",
                tuple(
                    (index, convert)
                    for index, name in enumerate(self.columns)
                    if (convert := _bind(self.table.c[name].type, dialect)) is not None
                ),
            )
        return plan


def _bind(kind: Any, dialect: Dialect) -> Convert:
    own = kind.dialect_impl(dialect)
    if isinstance(own, TypeDecorator) and own.impl_instance.bind_processor(dialect) is None:
        return partial(own.process_bind_param, dialect=dialect)  # all there is to do, without a wrapper
    convert: Convert = own.bind_processor(dialect)
    return convert
