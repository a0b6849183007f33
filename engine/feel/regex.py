"""Regular expressions of XPath for matches, replace and split (DMN 1.5, 10.3.4.3), in bounded time.

A pattern that can only try few ways on a string runs in Python's ``re``; any other in ``pike``, which never backtracks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from engine.feel.faults import Unfit, too_large
from engine.feel.pattern import Piece, Reader, backward, cost, python_text
from engine.feel.pike import MAX_WORK, Captures, Machine

MAX_WAYS = 2_000_000  # ways a backtracking matcher may try, all starts together
MAX_PATTERN = 2_000
MAX_STRING = 1_000_000


class Pattern:
    """One pattern with its flags."""

    def __init__(self, text: str, flags: str) -> None:
        for flag in flags:
            if flag not in "smixq":
                raise Unfit(f"there is no flag {flag!r}; known are s, m, i, x and q")
        if len(text) > MAX_PATTERN:
            raise Unfit(f"the pattern is longer than {MAX_PATTERN} characters")
        if "q" in flags:
            text = re.sub(r"([\\|.?*+(){}\[\]^$-])", r"\\\1", text)
        elif "x" in flags:
            text = _squeezed(text)
        reader = Reader(text, flags)
        self.tree: Piece = reader.read()
        self.groups = reader.groups
        self.flags = flags
        self.back = backward(self.tree)
        self.machine: Machine | None = None
        self.empty: bool | None = None  # whether it matches the empty string, once that was asked
        self.compiled = self._compile()
        self.ways: tuple[int, float] = (-1, 0.0)  # the last length asked, and in how many ways it may be tried

    def _compile(self) -> re.Pattern[str] | None:
        text = python_text(self.tree, lines="m" in self.flags)
        if text is None or cost(self.tree, 1) == float("inf"):
            return None
        try:
            return re.compile(text, self._bits())
        except (re.error, OverflowError, RecursionError):
            return None

    def _bits(self) -> int:
        bits = re.I if "i" in self.flags else 0
        return int(bits | (re.M if "m" in self.flags else 0))

    def _few(self, string: str, room: list[int] | None) -> re.Pattern[str] | None:
        """Python's pattern, if it can only try few ways on this string; charges them."""
        size = len(string)
        known, ways = self.ways
        if known != size:
            ways = cost(self.tree, size) * (size + 1) if self.compiled is not None else MAX_WAYS + 1
            self.ways = size, ways
        if ways > MAX_WAYS:
            return None
        if room is not None:
            room[0] -= int(ways) >> 3
        return self.compiled

    def find(self, string: str, start: int = 0, room: list[int] | None = None) -> Captures | None:
        """Offsets of the first match from ``start``, and of its groups."""
        few = self._few(string, room)
        if few is not None:
            found = few.search(string, start)
            return None if found is None else self._captures(found)
        if self.machine is None:
            fold, lines = "i" in self.flags, "m" in self.flags
            self.machine = Machine(self.tree, self.groups, fold=fold, lines=lines)
        return self.machine.find(string, start, room)

    def _captures(self, found: re.Match[str]) -> Captures:
        return tuple(offset for number in range(self.groups + 1) for offset in found.span(number))

    def search(self, string: str) -> bool:
        """Whether the string holds a match."""
        return self.find(string) is not None

    def all(self, string: str, room: list[int] | None = None) -> Iterator[Captures]:
        """Every match, one after the other. ``Unfit`` if the pattern matches nothing at all (XPath: FORX0003)."""
        if self.empty is None:
            self.empty = self.find("") is not None
        if self.empty:
            raise Unfit("the pattern matches the empty string")
        few = self._few(string, room)
        if few is not None:
            yield from map(self._captures, few.finditer(string))
            return
        at = 0
        room = [MAX_WORK] if room is None else room
        while at <= len(string):
            found = self.find(string, at, room)
            if found is None:
                return
            yield found
            at = found[1] if found[1] > found[0] else found[1] + 1

    def replace(self, string: str, replacement: str, room: list[int] | None = None) -> str:
        """Every match replaced; ``$1`` is a group, ``\\$`` a dollar, ``\\\\`` a backslash."""
        parts = self._template(replacement)
        out: list[str] = []
        at = 0
        left = MAX_STRING - len(string)
        for found in self.all(string, room):
            piece = "".join(
                part if isinstance(part, str) else string[max(found[2 * part], 0) : max(found[2 * part + 1], 0)]
                for part in parts
            )
            left -= len(piece) - (found[1] - found[0])
            if left < 0:
                raise too_large("a string")
            out += (string[at : found[0]], piece)
            at = found[1]
        return "".join([*out, string[at:]])

    def _template(self, text: str) -> list[str | int]:
        """The replacement as text and numbers of groups (XPath: FORX0004 for stray signs)."""
        parts: list[str | int] = []
        at = 0
        for found in re.finditer(r"[\\$]", text):
            if found.start() < at:
                continue  # the second of two
            parts.append(text[at : found.start()])
            at = found.end()
            if found[0] == "$":
                number, at = self._number(text, at)
                parts.append(number if number <= self.groups else "")
            elif text[at : at + 1] in ("\\", "$") and at < len(text):
                parts.append(text[at])
                at += 1
            else:
                raise Unfit("the replacement has a backslash before neither a backslash nor a dollar")
        return [*parts, text[at:]]

    def _number(self, text: str, at: int) -> tuple[int, int]:
        """The number after a dollar: as many digits as name a group that is there."""
        if not text[at : at + 1].isdigit():
            raise Unfit("the replacement has a dollar without the number of a group; write \\$")
        number = int(text[at])
        at += 1
        while text[at : at + 1].isdigit() and number * 10 + int(text[at]) <= self.groups:
            number = number * 10 + int(text[at])
            at += 1
        return number, at

    def split(self, string: str, room: list[int] | None = None) -> list[str]:
        """The text between the matches."""
        out: list[str] = []
        at = 0
        for found in self.all(string, room):
            out.append(string[at : found[0]])
            at = found[1]
        return [*out, string[at:]]


def _squeezed(text: str) -> str:
    """Without white space outside of classes (flag x)."""
    out: list[str] = []
    depth = 0
    escaped = False
    for char in text:
        if not escaped:
            depth += (char == "[") - (char == "]" and depth > 0)
        if depth or not char.isspace():
            out.append(char)
        escaped = char == "\\" and not escaped
    return "".join(out)


@lru_cache(maxsize=512)
def pattern(text: str, flags: str) -> Pattern:
    """A pattern, compiled once; ``Unfit`` if it cannot be read."""
    return Pattern(text, flags)
