"""Tools every part of the parser uses: the token cursor, names against the scope, the bounds of reading."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from engine.domain.errors import ExpressionError
from engine.feel.faults import syntax_error
from engine.feel.lexer import Token, tokenise
from engine.feel.names import RESERVED, SYMBOLS, Known, written

MAX_DEPTH = 100  # of nesting in one text
TRIES = 40  # readings allowed per token: backtracking stays linear


class Cursor:
    """Walks over the tokens of one text."""

    def __init__(self, text: str, known: Known) -> None:
        self.text = text
        self.tokens: list[Token] = tokenise(text)
        self.at = 0
        self.known = known
        self.keys = Known()  # of contexts written in the text: what may follow a dot
        self.depth = 0
        self.level = _Level(self)
        self.tries = TRIES * len(self.tokens) + 200

    @property
    def token(self) -> Token:
        return self.tokens[self.at]

    def peek(self, ahead: int = 1) -> str:
        """Text of a token further on; operators and words only, strings never look like them."""
        index = self.at + ahead
        return self.tokens[index].text if index < len(self.tokens) else ""

    def take(self, text: str, expected: str = "") -> Token:
        """The token ``text``, or a syntax error."""
        token = self.token
        if token.text != text:
            raise self.wrong(expected or f"'{text}'")
        self.at += 1
        return token

    def accept(self, text: str) -> bool:
        """Step over the token ``text`` if it is next."""
        if self.token.text == text:
            self.at += 1
            return True
        return False

    def wrong(self, expected: str) -> ExpressionError:
        """The error for the present token."""
        token = self.token
        if token.kind == "end":
            return syntax_error("CRM-500", "the text ends too early", self.text, token.start, expected=expected)
        return syntax_error(
            "CRM-500", f"'{token.text}' is not expected here", self.text, token.start, expected=expected
        )

    def nested(self) -> _Level:
        """One level deeper; refuses what is nested beyond the bounds."""
        return self.level

    def spend(self) -> None:
        """Count one attempt to read something."""
        self.tries -= 1
        if self.tries < 0:
            raise syntax_error("CRM-503", "too tangled to read", self.text, self.token.start)


class _Level:
    """Counts the depth of nesting, in and out."""

    __slots__ = ("cursor",)

    def __init__(self, cursor: Cursor) -> None:
        self.cursor = cursor

    def __enter__(self) -> None:
        cursor = self.cursor
        cursor.spend()
        if cursor.depth >= MAX_DEPTH:
            raise syntax_error("CRM-503", f"nested more than {MAX_DEPTH} levels deep", cursor.text, cursor.token.start)
        cursor.depth += 1

    def __exit__(self, *error: object) -> None:
        self.cursor.depth -= 1


class Names(Cursor):
    """Reads names: those used, matched against the scope, and those being introduced."""

    @contextmanager
    def scope(self) -> Iterator[Known]:
        """Names added inside are known inside only."""
        outer = self.known
        self.known = Known(up=outer)
        try:
            yield self.known
        finally:
            self.known = outer

    def name(self, step: bool = False) -> tuple[str, int]:
        """A name used: the longest known one, else all plain words in a row. Gives name and offset.

        After a dot (``step``) the keys of contexts written in the text are known as well.
        """
        start = self.at
        token = self.token
        words = self._words(start)
        found = self.known.match(self.tokens, start)
        if step:
            found = max(found or (0, ""), self.keys.match(self.tokens, start) or (0, ""))
        if found is not None and found[0] and found[0] >= words and not self._half(found):
            self.at += found[0]
            return found[1], token.start
        if not words:
            raise self.wrong("a name")
        self.at += words
        return (token.text if words == 1 else written(self.text, self.tokens[start : self.at])), token.start

    def _half(self, found: tuple[int, str]) -> bool:
        """``date and time`` is the function only where it is called; else it is ``date`` and ``time``."""
        size, name = found
        return name in ("date and time", "years and months duration") and (
            self.tokens[self.at + size].text not in ("(", ",", ")") or self.tokens[self.at].text == name
        )

    def _words(self, at: int) -> int:
        """How many plain words stand in a row from ``at``."""
        start = at
        while self.tokens[at].kind == "name" and self.tokens[at].text not in RESERVED:
            at += 1
        return at - start

    def declared(self, *stops: str) -> str:
        """A name being introduced: everything up to one of ``stops``."""
        start = self.at
        while True:
            token = self.token
            if token.text in stops and token.kind in ("op", "name") and self.at > start:
                break
            digits = token.kind == "num" and self.at > start  # a name may hold digits, not start with one
            if token.kind != "name" and not digits and token.text not in SYMBOLS:
                raise self.wrong(f"a name, then {' or '.join(repr(stop) for stop in stops)}")
            self.at += 1
        return written(self.text, self.tokens[start : self.at])

    def label_ahead(self) -> int:
        """Number of tokens of an argument's name if ``name:`` comes next, else 0."""
        at = self.at
        while self.tokens[at].kind in ("name", "num") or self.tokens[at].text in SYMBOLS:
            at += 1
        return at - self.at if at > self.at and self.tokens[at].text == ":" and self.token.kind == "name" else 0
