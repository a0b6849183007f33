"""FEEL's types as values (DMN 1.5, 10.3.2.5 and 10.3.2.9.3), for ``instance of`` and typed parameters."""

from __future__ import annotations

from dataclasses import dataclass

BASIC = (
    "Any",
    "Null",
    "number",
    "string",
    "boolean",
    "date",
    "time",
    "date and time",
    "days and time duration",
    "years and months duration",
)

COMPOUND = ("list", "context", "range", "function")


@dataclass(frozen=True, slots=True)
class Type:
    """``name`` is one of ``BASIC``, list, context, range, function, or the name of an item definition.

    list, range: ``parts`` is the element's type (or empty: of anything); context: ``parts`` with ``keys``;
    function: the parameters' types, then the result's.
    """

    name: str
    parts: tuple[Type, ...] = ()
    keys: tuple[str, ...] = ()

    def __str__(self) -> str:
        if self.name == "context" and self.keys:
            inner = ", ".join(f"{key}: {part}" for key, part in zip(self.keys, self.parts, strict=True))
            return f"context<{inner}>"
        if self.name == "function" and self.parts:
            return f"function<{', '.join(map(str, self.parts[:-1]))}> -> {self.parts[-1]}"
        if self.parts:
            return f"{self.name}<{', '.join(map(str, self.parts))}>"
        return self.name


ANY = Type("Any")
NULL = Type("Null")
NUMBER = Type("number")
STRING = Type("string")
BOOLEAN = Type("boolean")
DATE = Type("date")
TIME = Type("time")
DATE_TIME = Type("date and time")
DAYS = Type("days and time duration")
MONTHS = Type("years and months duration")
