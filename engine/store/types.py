"""Column types that mean the same on SQLite and PostgreSQL: UTC times, JSON, identifiers."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import msgspec
from sqlalchemy import BigInteger, Boolean, DateTime, Dialect, Float, Integer, LargeBinary, String, Text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine, UserDefinedType

from engine.domain.finding import grams

_encode = msgspec.json.encode
_decode = msgspec.json.decode


@lru_cache(maxsize=1024)
def _text(value: datetime) -> str:
    # One command writes the same moment into many rows.
    return value.astimezone(UTC).isoformat(sep=" ", timespec="microseconds")


class UtcTime(TypeDecorator[datetime]):
    """An aware UTC time: timestamptz on PostgreSQL, ISO text that sorts on SQLite."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(String(32))
        return dialect.type_descriptor(DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone reached the store")
        return _text(value) if dialect.name == "sqlite" else value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if isinstance(value, str):
            value = datetime.fromisoformat(value)
        result: datetime = value.astimezone(UTC)
        return result


class Json(TypeDecorator[Any]):
    """JSON written by msgspec: jsonb on PostgreSQL (so that it can be queried), text on SQLite."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "postgresql":
            return _RawJsonb()
        return dialect.type_descriptor(Text())

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else _encode(value).decode()

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        return _decode(value) if isinstance(value, (str, bytes)) else value


class Amount(TypeDecorator[float]):
    """A number to filter by, not to reckon with: double precision, handed through as the drivers give it."""

    impl = Float
    cache_ok = True

    def process_bind_param(self, value: float | None, dialect: Dialect) -> float | None:
        return value

    def result_processor(self, dialect: Dialect, coltype: Any) -> None:
        return None  # the stock processor wants the driver's column type, which a prepared statement does not know


class Grams(TypeDecorator[Any]):
    """What a text is looked up by (``engine.domain.finding``): INTEGER[] on PostgreSQL, nothing on SQLite.

    A text is kept with all its grams; a list of them is looked for.
    """

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(_Integers() if dialect.name == "postgresql" else Text())

    def process_bind_param(self, value: str | list[int] | None, dialect: Dialect) -> str | None:
        if value is None or dialect.name != "postgresql":
            return None
        if isinstance(value, str):
            value = grams((value,))
        return "{" + ",".join(map(str, value)) + "}"  # as PostgreSQL reads an array


class has_all(FunctionElement[bool]):
    """``has_all(column, grams)``: PostgreSQL looks them up; SQLite, which has none, leaves it to the text itself."""

    type = Boolean()
    inherit_cache = True


@compiles(has_all, "sqlite")
def _has_all_sqlite(element: has_all, compiler: Any, **options: Any) -> str:
    return "1"


@compiles(has_all, "postgresql")
def _has_all_postgresql(element: has_all, compiler: Any, **options: Any) -> str:
    column, numbers = (compiler.process(clause, **options) for clause in element.clauses)
    return f"{column} @> {numbers}"


class joined(FunctionElement[str]):
    """Numbers of a group as one text, "1,2,3": ``string_agg`` or ``group_concat``; NULL without rows."""

    type = Text()
    inherit_cache = True


@compiles(joined, "sqlite")
def _joined_sqlite(element: joined, compiler: Any, **options: Any) -> str:
    return f"group_concat({compiler.process(element.clauses, **options)}, ',')"


@compiles(joined, "postgresql")
def _joined_postgresql(element: joined, compiler: Any, **options: Any) -> str:
    return f"string_agg(CAST({compiler.process(element.clauses, **options)} AS TEXT), ',')"


class field_text(FunctionElement[str]):
    """``field_text(column, key)``: a field of a JSON object as text; NULL where it is missing."""

    type = Text()
    inherit_cache = True


@compiles(field_text, "sqlite")
def _field_sqlite(element: field_text, compiler: Any, **options: Any) -> str:
    column, key = (compiler.process(clause, **options) for clause in element.clauses)
    return f"json_extract({column}, '$.' || json_quote({key}))"


@compiles(field_text, "postgresql")
def _field_postgresql(element: field_text, compiler: Any, **options: Any) -> str:
    column, key = (compiler.process(clause, **options) for clause in element.clauses)
    return f"({column} ->> CAST({key} AS TEXT))"


class _Integers(UserDefinedType[Any]):
    """INTEGER[] whose parameters are text."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "INTEGER[]"


class _RawJsonb(UserDefinedType[Any]):
    """jsonb whose parameters and results are JSON text (see ``database`` for how the driver is told).

    Not SQLAlchemy's JSONB: its processors would encode the text once more.
    """

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "JSONB"


Id = String(16)  # engine.domain.ids
Login = String(120)  # a user's login or a team's key
Key = String(255)  # of processes, forms, decisions, messages
Serial = BigInteger().with_variant(Integer(), "sqlite")  # autoincrement on both
Blob = LargeBinary
