"""The writer of generated code: lines by block, temporaries, constants, and which name is in which temporary."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

MAX_INDENT = 60


class Unsupported(Exception):
    """The generator leaves this tree to the closures."""


@dataclass(slots=True)
class Val:
    """A piece of generated code: a Python expression, safe to write more than once if ``simple``.

    ``kind``: number, string, bool (true, false or null), or "" for unknown. ``raw`` values may still be the host's.
    ``const`` holds the value of a constant.
    """

    code: str
    kind: str = ""
    simple: bool = False
    raw: bool = False
    const: Any = None
    fixed: bool = False  # it is a constant


@dataclass(slots=True)
class Scope:
    """Where names live in the generated code. ``item`` is the temporary with a filtered item's entries."""

    up: Scope | None
    names: dict[str, Val]
    item: str = ""


class Writer:
    """Collects the lines of one function."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.indent = 2
        self.count = 0
        self.loops = 0
        self.machine = False  # the code needs a Machine
        self.consts: dict[str, Any] = {}
        self.scope = Scope(None, {})
        self.cache: list[dict[object, Val]] = [{}]

    def line(self, text: str) -> None:
        self.lines.append(" " * self.indent + text)

    @contextmanager
    def block(self, head: str) -> Iterator[None]:
        """An indented block; what is known inside is forgotten after it."""
        self.line(head)
        self.indent += 1
        if self.indent > MAX_INDENT:
            raise Unsupported
        self.cache.append({})
        at = len(self.lines)
        try:
            yield
        finally:
            if len(self.lines) == at:
                self.line("pass")
            self.indent -= 1
            self.cache.pop()

    def fresh(self) -> str:
        self.count += 1
        if self.count > 4000:
            raise Unsupported
        return f"t{self.count}"

    def const(self, value: Any, kind: str = "") -> Val:
        """A constant, kept beside the code: no text of a model is ever part of it."""
        if value is None or value is True or value is False:
            return Val(str(value), "bool", simple=True, const=value, fixed=True)
        name = f"k{len(self.consts)}"
        self.consts[name] = value
        return Val(name, kind, simple=True, const=value, fixed=True)

    def atom(self, value: Val) -> Val:
        """The value in something that may be written more than once."""
        if value.simple:
            return value
        name = self.fresh()
        self.line(f"{name} = {value.code}")
        return Val(name, value.kind, simple=True, raw=value.raw)

    def native(self, value: Val) -> Val:
        """The value as FEEL's own."""
        if not value.raw:
            return value
        value = self.atom(value)
        known = self.recall(("native", value.code))
        if known is not None:
            return known
        self.line(f"if type({value.code}) not in N: {value.code} = adopt({value.code})")
        out = Val(value.code, value.kind, simple=True)
        self.remember(("native", value.code), out)
        return out

    def recall(self, key: object) -> Val | None:
        """A temporary that surely holds this here."""
        return next((layer[key] for layer in reversed(self.cache) if key in layer), None)

    def remember(self, key: object, value: Val) -> None:
        self.cache[-1][key] = value
