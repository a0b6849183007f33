"""Names with spaces and operators: the longest known name that fits the tokens wins (DMN 1.5, 10.3.1.5)."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from itertools import pairwise

from engine.domain.errors import ExpressionError
from engine.feel.lexer import Token, tokenise

RESERVED = frozenset(("for", "return", "if", "then", "else", "some", "every", "satisfies", "instance", "and", "or")) | {
    *("in", "between", "function", "true", "false", "null")
}
SYMBOLS = frozenset("-+*/.'’") | {"**"}  # what a name may hold besides letters and digits


@lru_cache(maxsize=8192)
def split(name: str) -> tuple[str, ...]:
    """A name as the tokens it is written with; () if it cannot be written in FEEL."""
    try:
        return tuple(token.text for token in tokenise(name)[:-1])
    except ExpressionError:
        return ()


class Known:
    """A set of known names, by their first token, longest first. Scopes are chained by ``up``."""

    __slots__ = ("heads", "up")

    def __init__(self, names: Iterable[str] = (), up: Known | None = None) -> None:
        self.heads: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        self.up = up
        for name in names:
            self.add(name)

    def add(self, name: str) -> None:
        """Make a name known from here on."""
        parts = split(name)
        if not parts:
            return
        row = self.heads.setdefault(parts[0], [])
        if all(known != name for _, known in row):
            row.append((parts, name))
            row.sort(key=lambda pair: -len(pair[0]))

    def has(self, name: str) -> bool:
        """Whether a name was made known here; the built-ins' own scope (without ``up``) does not count."""
        scope: Known | None = self
        while scope is not None and scope.up is not None:
            if any(known == name for row in scope.heads.values() for _, known in row):
                return True
            scope = scope.up
        return False

    def match(self, tokens: list[Token], at: int) -> tuple[int, str] | None:
        """How many tokens from ``at`` form the longest known name, and that name."""
        best: tuple[int, str] | None = None
        scope: Known | None = self
        head = tokens[at].text
        while scope is not None:
            for parts, name in scope.heads.get(head, ()):
                size = len(parts)
                if best is not None and size <= best[0]:
                    break
                if all(tokens[at + k].text == parts[k] for k in range(1, size) if at + k < len(tokens)) and (
                    at + size < len(tokens)
                ):
                    best = (size, name)
                    break
            scope = scope.up
        return best


def written(text: str, tokens: list[Token]) -> str:
    """A name as written, with every run of white space (and comments) one space."""
    out = [tokens[0].text]
    for before, token in pairwise(tokens):
        if token.start > before.end:
            out.append(" ")
        out.append(token.text)
    return "".join(out)
