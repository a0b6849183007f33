"""Reads regular expressions of XPath (XML Schema part 2, appendix F, with XPath's additions) into a tree.

The tree is written again for Python's ``re`` or run by ``pike``; ``cost`` bounds what backtracking may do.
``\\w`` is letters, digits and underscore as everywhere else (XML Schema counts symbols in and the underscore out).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from engine.feel.charsets import category, escape_class
from engine.feel.faults import Unfit

MAX_REPEAT = 1000
MAX_NESTING = 50


@dataclass(slots=True)
class Char:
    """One character of a set: ``text`` for Python's ``re``, ``test`` for the machine."""

    text: str | None  # None: Python's re cannot say it
    test: Callable[[str], bool]
    negated: bool = False  # regardless of case it must then fit in every case


@dataclass(slots=True)
class Group:
    inner: Piece
    number: int | None


@dataclass(slots=True)
class Repeat:
    inner: Piece
    least: int
    most: int | None
    lazy: bool


@dataclass(slots=True)
class Seq:
    items: tuple[Piece, ...]


@dataclass(slots=True)
class Alt:
    items: tuple[Piece, ...]


@dataclass(slots=True)
class Edge:
    """``^`` or ``$``."""

    end: bool


@dataclass(slots=True)
class Back:
    """A reference back to a group."""

    number: int


Piece = Char | Group | Repeat | Seq | Alt | Edge | Back


class Sets:
    """Reads characters, escapes and classes of a pattern. Raises ``Unfit``."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def peek(self) -> str:
        return self.text[self.at] if self.at < len(self.text) else ""

    def escaped(self) -> tuple[str | None, Callable[[str], bool]]:
        """What follows a backslash, inside a class or out of it."""
        sign = self.peek()
        self.at += 1
        if sign and sign in "nrt":
            char = {"n": "\n", "r": "\r", "t": "\t"}[sign]
            return re.escape(char), char.__eq__
        if sign and sign in "pP":
            found = re.compile(r"\{([A-Za-z0-9-]+)\}").match(self.text, self.at)
            if found is None:
                raise Unfit("the pattern has a \\p without {…}")
            self.at = found.end()
            return category(found[1], sign == "P")
        known = escape_class(sign)
        if known is not None:
            return known
        if not sign or sign.isalnum():
            raise Unfit(f"the pattern has an escape \\{sign} that means nothing")
        return re.escape(sign), sign.__eq__

    def char_class(self) -> Char:
        """``[a-z-[aeiou]]``."""
        negated = self.peek() == "^"
        self.at += negated
        texts: list[str] | None = []
        tests: list[Callable[[str], bool]] = []
        first = True
        while first or self.peek() != "]":
            if not self.peek():
                raise Unfit("the pattern has a '[' that is not closed")
            if self.text.startswith("-[", self.at) and not first:
                return self.without(texts, tests, negated)
            text, test = self.member()
            tests.append(test)
            if text is None or texts is None:
                texts = None
            else:
                texts.append(text)
            first = False
        self.at += 1
        return _class(texts, tests, negated)

    def without(self, texts: list[str] | None, tests: list[Callable[[str], bool]], negated: bool) -> Char:
        self.at += 2
        base, minus = _class(texts, tests, negated), self.char_class()
        if self.peek() != "]":
            raise Unfit("the pattern has a subtraction that does not end its class")
        self.at += 1
        text = f"(?!{minus.text}){base.text}" if base.text is not None and minus.text is not None else None
        return Char(text and f"(?:{text})", lambda ch: base.test(ch) and not minus.test(ch))

    def member(self) -> tuple[str | None, Callable[[str], bool]]:
        """A character, an escape or a range inside a class."""
        low, text, test = self.single()
        if low is None or self.peek() != "-" or self.text.startswith(("-]", "-["), self.at):
            return text, test
        self.at += 1
        high, _, _ = self.single()
        if high is None or high < low:
            raise Unfit("the pattern has a range of characters that ends before it starts")
        return f"{re.escape(low)}-{re.escape(high)}", lambda ch: low <= ch <= high

    def single(self) -> tuple[str | None, str | None, Callable[[str], bool]]:
        """A character of a class (None for a set such as ``\\d``), its text for ``re``, its test."""
        sign = self.peek()
        self.at += 1
        if sign == "[":
            raise Unfit("the pattern has a '[' inside a class; write \\[")
        if sign != "\\":
            return sign, re.escape(sign), sign.__eq__
        letter = self.peek()
        text, test = self.escaped()
        if letter in "nrt":
            return {"n": "\n", "r": "\r", "t": "\t"}[letter], text, test
        return (None if letter.isalpha() else letter), text, test


def literal(char: str) -> Char:
    return Char(re.escape(char), char.__eq__)


def _class(texts: list[str] | None, tests: list[Callable[[str], bool]], negated: bool) -> Char:
    text = None if texts is None else f"[{'^' if negated else ''}{''.join(texts)}]"
    if negated:
        return Char(text, lambda ch: not any(test(ch) for test in tests), negated=True)
    return Char(text, lambda ch: any(test(ch) for test in tests))


def python_text(piece: Piece, *, lines: bool) -> str | None:
    """The pattern for Python's ``re``; None if it cannot be said there."""
    if isinstance(piece, Char):
        return piece.text
    if isinstance(piece, Edge):
        return ("(?=\\n)|\\Z" if lines else "\\Z").join(("(?:", ")")) if piece.end else "^"
    if isinstance(piece, Back):
        return f"(?:\\{piece.number})"
    if isinstance(piece, Group | Repeat):
        inner = python_text(piece.inner, lines=lines)
        if inner is None:
            return None
        if isinstance(piece, Group):
            return f"({inner})" if piece.number else f"(?:{inner})"
        most = "" if piece.most is None else str(piece.most)
        return f"(?:{inner}){{{piece.least},{most}}}{'?' if piece.lazy else ''}"
    parts = [python_text(item, lines=lines) for item in piece.items]
    if any(part is None for part in parts):
        return None
    return ("|" if isinstance(piece, Alt) else "").join(part or "" for part in parts)


def cost(piece: Piece, size: int) -> float:
    """How many ways a backtracking matcher may try from one place in a string of ``size`` characters."""
    if isinstance(piece, Group):
        return cost(piece.inner, size)
    if isinstance(piece, Alt):
        return sum(cost(item, size) for item in piece.items)
    if isinstance(piece, Seq):
        out = 1.0
        for item in piece.items:
            out *= cost(item, size)
        return out
    if isinstance(piece, Repeat):
        inner = cost(piece.inner, size)
        spread = size if piece.most is None else piece.most - piece.least
        if inner > 1 and (piece.most is None or piece.most > 1):
            return float("inf") if piece.most is None or piece.most > 8 else inner**piece.most * (spread + 1)
        return inner * (spread + 1)
    return 1.0


def backward(piece: Piece) -> bool:
    """Whether the pattern refers back to a group."""
    if isinstance(piece, Back):
        return True
    if isinstance(piece, Group | Repeat):
        return backward(piece.inner)
    return isinstance(piece, Seq | Alt) and any(map(backward, piece.items))


class Reader(Sets):
    """Reads one pattern. Raises ``Unfit``."""

    def __init__(self, text: str, flags: str) -> None:
        super().__init__(text)
        self.groups = 0
        self.dot_all = "s" in flags
        self.depth = 0

    def read(self) -> Piece:
        out = self.alternation()
        if self.at < len(self.text):
            raise Unfit(f"the pattern has a {self.text[self.at]!r} too many at {self.at + 1}")
        return out

    def alternation(self) -> Piece:
        self.depth += 1
        if self.depth > MAX_NESTING:
            raise Unfit("the pattern is nested too deeply")
        branches = [self.sequence()]
        while self.peek() == "|":
            self.at += 1
            branches.append(self.sequence())
        self.depth -= 1
        return branches[0] if len(branches) == 1 else Alt(tuple(branches))

    def sequence(self) -> Piece:
        items: list[Piece] = []
        while self.peek() not in ("", "|", ")"):
            items.append(self.quantified())
        return Seq(tuple(items))

    def quantified(self) -> Piece:
        atom = self.atom()
        bounds = self.bounds()
        if bounds is None:
            return atom
        lazy = self.peek() == "?"
        self.at += lazy
        if self.bounds() is not None:
            raise Unfit("the pattern repeats a repetition; use a group")
        return Repeat(atom, *bounds, lazy)

    def bounds(self) -> tuple[int, int | None] | None:
        """The quantifier at the cursor."""
        sign = self.peek()
        simple = {"*": (0, None), "+": (1, None), "?": (0, 1)}.get(sign)
        if simple is not None:
            self.at += 1
            return simple
        if sign != "{":
            return None
        found = re.compile(r"\{(\d{1,6})(,(\d{1,6})?)?\}").match(self.text, self.at)
        if found is None:
            raise Unfit("the pattern has a '{' that begins no repetition; write \\{")
        self.at = found.end()
        least = int(found[1])
        most = least if found[2] is None else None if found[3] is None else int(found[3])
        if max(least, most or 0) > MAX_REPEAT:
            raise Unfit(f"the pattern repeats more than {MAX_REPEAT} times")
        if most is not None and most < least:
            raise Unfit("the pattern has a repetition that ends before it starts")
        return least, most

    def atom(self) -> Piece:
        sign = self.text[self.at]
        self.at += 1
        if sign == "(":
            return self.group()
        if sign == "[":
            return self.char_class()
        if sign in "^$":
            return Edge(sign == "$")
        if sign == ".":
            if self.dot_all:
                return Char(r"[\s\S]", lambda ch: True)
            return Char(r"[^\n\r]", lambda ch: ch not in "\n\r")
        if sign == "\\":
            return self.escape()
        if sign in "*+?{":
            raise Unfit(f"the pattern has a {sign!r} with nothing to repeat")
        if sign in ")]}":
            raise Unfit(f"the pattern has a {sign!r} that closes nothing; write \\{sign}")
        return literal(sign)

    def group(self) -> Piece:
        number: int | None = None
        if self.text.startswith("?:", self.at):
            self.at += 2
        elif self.peek() == "?":
            raise Unfit("the pattern looks ahead or names a group: XPath has no (?…) but (?:…)")
        else:
            self.groups += 1
            number = self.groups
        inner = self.alternation()
        if self.peek() != ")":
            raise Unfit("the pattern has a '(' that is not closed")
        self.at += 1
        return Group(inner, number)

    def escape(self) -> Piece:
        sign = self.peek()
        if sign.isdigit() and sign != "0":
            number = int(sign)
            self.at += 1
            if number > self.groups:
                raise Unfit(f"the pattern refers to a group {number} that is not there yet")
            return Back(number)
        text, test = self.escaped()
        return Char(text and f"[{text}]", test)
