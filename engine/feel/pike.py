"""Runs a pattern in time linear in the string (Pike's machine): all ways at once, the first way wins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from engine.feel.faults import Unfit, failure
from engine.feel.pattern import Alt, Back, Char, Edge, Group, Piece, Repeat, Seq

MAX_CODE = 20_000
MAX_WORK = 3_000_000

Captures = tuple[int, ...]


@dataclass(slots=True)
class Code:
    """One instruction: char (``test``), split (``to``, ``other``: the first is preferred), jump, save, edge, match."""

    op: str
    test: Callable[[str], bool] | None = None
    to: int = 0
    other: int = 0
    known: dict[str, bool] = field(default_factory=dict)


class Machine:
    """A pattern as instructions."""

    def __init__(self, piece: Piece, groups: int, *, fold: bool, lines: bool) -> None:
        self.code: list[Code] = []
        self.fold = fold
        self.lines = lines
        self.slots = 2 * (groups + 1)
        self._emit(piece)
        self._add("match")

    def _add(self, op: str, **parts: object) -> int:
        if len(self.code) >= MAX_CODE:
            raise Unfit("the pattern is too large")
        self.code.append(Code(op, **parts))  # type: ignore[arg-type]
        return len(self.code) - 1

    def _emit(self, piece: Piece) -> None:
        if isinstance(piece, Char):
            self._add("char", test=self._folded(piece))
        elif isinstance(piece, Edge):
            self._add("end" if piece.end else "start")
        elif isinstance(piece, Seq):
            for item in piece.items:
                self._emit(item)
        elif isinstance(piece, Group):
            if piece.number is not None:
                self._add("save", to=2 * piece.number)
            self._emit(piece.inner)
            if piece.number is not None:
                self._add("save", to=2 * piece.number + 1)
        elif isinstance(piece, Alt):
            self._alternatives(piece)
        elif isinstance(piece, Repeat):
            self._repeat(piece)
        elif isinstance(piece, Back):
            raise Unfit("the pattern refers back to a group and could take too long; write it without")

    def _folded(self, piece: Char) -> Callable[[str], bool]:
        """The test, regardless of case where that is asked for."""
        test = piece.test
        if not self.fold:
            return test
        few = all if piece.negated else any
        return lambda char: few(test(c) for c in (char, char.lower(), char.upper()) if len(c) == 1)

    def _alternatives(self, piece: Alt) -> None:
        jumps = []
        for item in piece.items[:-1]:
            split = self._add("split")
            self.code[split].to = split + 1
            self._emit(item)
            jumps.append(self._add("jump"))
            self.code[split].other = len(self.code)
        self._emit(piece.items[-1])
        for jump in jumps:
            self.code[jump].to = len(self.code)

    def _repeat(self, piece: Repeat) -> None:
        for _ in range(piece.least):
            self._emit(piece.inner)
        if piece.most is None:
            split = self._add("split")
            self._emit(piece.inner)
            self._add("jump", to=split)
            self._aim(split, split + 1, len(self.code), piece.lazy)
            return
        splits = []
        for _ in range(piece.most - piece.least):
            splits.append(self._add("split"))
            self._emit(piece.inner)
        for split in splits:
            self._aim(split, split + 1, len(self.code), piece.lazy)

    def _aim(self, split: int, into: int, past: int, lazy: bool) -> None:
        self.code[split].to, self.code[split].other = (past, into) if lazy else (into, past)

    def find(self, string: str, start: int = 0, room: list[int] | None = None) -> Captures | None:
        """Start and end of the first match from ``start`` and of its groups (-1: none).

        ``room`` holds the work that is left; CRM-510 when it is used up.
        """
        empty = (-1,) * self.slots
        best: Captures | None = None
        threads: list[tuple[int, Captures]] = []
        room = [MAX_WORK] if room is None else room
        for at in range(start, len(string) + 1):
            if best is None:
                threads.append((0, (at, *empty[1:])))
            elif not threads:
                break
            ready = self._close(string, at, threads, room)
            if room[0] < 0:
                raise failure(
                    "CRM-510", "FEEL: the pattern needs too many steps on this text.", fix="Simplify the pattern."
                )
            threads = []
            char = string[at] if at < len(string) else ""
            for pc, captures in ready:
                code = self.code[pc]
                if code.op == "match":
                    best = (captures[0], at, *captures[2:])
                    break
                if char and self._fits(code, char):
                    threads.append((pc + 1, captures))
        return best

    def _fits(self, code: Code, char: str) -> bool:
        known = code.known.get(char)
        if known is None:
            test = code.test
            if test is None:
                return False
            known = test(char)
            if len(code.known) < 1000:
                code.known[char] = known
        return known

    def _close(
        self, string: str, at: int, threads: list[tuple[int, Captures]], room: list[int]
    ) -> list[tuple[int, Captures]]:
        """All character tests and matches reachable without reading, in order of preference; charges ``room``."""
        out: list[tuple[int, Captures]] = []
        seen: set[int] = set()
        stack = threads[::-1]
        while stack:
            pc, captures = stack.pop()
            if pc in seen:
                continue
            seen.add(pc)
            code = self.code[pc]
            if code.op in ("char", "match"):
                out.append((pc, captures))
            elif code.op == "jump":
                stack.append((code.to, captures))
            elif code.op == "split":
                stack.append((code.other, captures))
                stack.append((code.to, captures))
            elif code.op == "save":
                stack.append((pc + 1, (*captures[: code.to], at, *captures[code.to + 1 :])))
            elif self._edge(code.op, string, at):
                stack.append((pc + 1, captures))
        room[0] -= len(seen) + 1
        return out

    def _edge(self, op: str, string: str, at: int) -> bool:
        if op == "start":
            return at == 0 or (self.lines and string[at - 1] == "\n" and at < len(string))
        return at == len(string) or (self.lines and string[at] == "\n")
