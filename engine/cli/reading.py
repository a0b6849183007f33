"""Reads CSV files as they come: UTF-8 or GBK, any of four separators, quoted newlines, broken rows told by number."""

from __future__ import annotations

import csv
import io
import re
import sys
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from engine.domain.errors import Invalid

SEPARATORS = (",", ";", "\t", "|")
ENCODINGS = ("utf-8-sig", "gb18030")  # GB 18030 contains GBK; tried in this order
RAW_LIMIT = 2000  # characters of a bad row that are kept to look at
ROW_LINES = 5000  # lines of the file that one row's quoted values may take
ODD = re.compile("[\x00\udc80-\udcff]")  # NUL, and bytes that are no text in the file's encoding
csv.field_size_limit(min(sys.maxsize, 1 << 24))


@dataclass(frozen=True, slots=True)
class Line:
    """One row: its values by column, or why it could not be read."""

    number: int  # 1-based, the header not counted
    values: Mapping[str, str]
    raw: str
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """A CSV file, looked into: how it is written and which columns it has."""

    path: Path
    encoding: str
    separator: str
    columns: tuple[str, ...]
    size: int  # bytes
    digest: str  # of the content

    def lines(self, told: Callable[[int], None] = lambda _: None) -> Iterator[Line]:
        """The rows in order; ``told`` hears how many bytes have been read."""
        with self.path.open("rb") as binary:
            text = io.TextIOWrapper(binary, encoding=self.encoding, errors="surrogateescape", newline="")
            feed = _Feed(text)
            reader = csv.reader(feed, delimiter=self.separator)
            next(reader, None)
            number = 0
            while True:
                feed.begin()
                values, problem = [], None
                try:
                    values = next(reader)
                except StopIteration:
                    return
                except csv.Error as error:
                    problem = f"not CSV: {error}"
                if self._runs_on(feed, values):
                    problem = "opens a quote that its row does not close"
                    values = [feed.first()]
                if not values and not problem:
                    continue  # an empty line is no row
                number += 1
                told(binary.tell())
                yield self._line(number, values, problem)

    def _runs_on(self, feed: _Feed, values: list[str]) -> bool:
        """Whether a quote that nothing closes has taken other rows into this one: they would be lost in silence."""
        taken = feed.taken
        if len(taken) == 1:
            return feed.dry  # the last line of the file
        if not feed.dry and len(values) == len(self.columns) and self._is_strict(taken):
            return False
        return feed.dry or any(len(_parsed(line, self.separator)) == len(self.columns) for line in taken[1:])

    def _is_strict(self, lines: list[str]) -> bool:
        try:
            return len(list(csv.reader(lines, delimiter=self.separator, strict=True))) == 1
        except csv.Error:
            return False

    def _line(self, number: int, values: list[str], problem: str | None) -> Line:
        text = self.separator.join(values)
        odd = ODD.search(text)
        if not problem and len(values) != len(self.columns):
            problem = f"has {len(values)} values, the header has {len(self.columns)} columns"
        elif not problem and odd:
            problem = (
                "holds a NUL character"
                if odd[0] == "\x00"
                else f"holds bytes that are no text in {self.encoding.removesuffix('-sig')}"
            )
        return Line(number, dict(zip(self.columns, values, strict=False)), ODD.sub("\ufffd", text[:RAW_LIMIT]), problem)


class _Feed:
    """The file's lines for the CSV reader; those that a row took wrongly are handed out again."""

    def __init__(self, text: Iterator[str]) -> None:
        self._text = text
        self._again: deque[str] = deque()
        self.taken: list[str] = []  # lines of the row at hand
        self.dry = False  # the row at hand wanted more lines than it may have

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        full = len(self.taken) == ROW_LINES
        line = None if full else self._again.popleft() if self._again else next(self._text, None)
        if line is None:
            self.dry = True
            raise StopIteration
        self.taken.append(line)
        return line

    def begin(self) -> None:
        """The next row begins."""
        self.taken, self.dry = [], False

    def first(self) -> str:
        """Keep the row's first line alone; the others are read again."""
        self._again.extendleft(reversed(self.taken[1:]))
        return self.taken[0].rstrip("\r\n")


def _parsed(line: str, separator: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=separator), [])
    except csv.Error:
        return []


def look(path: Path, encoding: str | None = None, separator: str | None = None) -> Source:
    """Find out how a file is written; what the mapping says counts more. Raises CRM-061, CRM-065."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise Invalid("CRM-061", f"'{path}' cannot be read: {error.strerror}.", fix="Check the path.") from error
    used = _encoding(path, content, encoding)
    first = _first_lines(content, used)
    if not first.strip():
        raise Invalid("CRM-065", f"'{path}' is empty.", fix="Name a CSV file with a header row.")
    used_separator = separator or max(SEPARATORS, key=lambda one: _width(first, one))
    columns = tuple(name.strip() for name in next(csv.reader(io.StringIO(first), delimiter=used_separator)))
    twice = sorted({name for name in columns if columns.count(name) > 1 and name})
    if twice:
        raise Invalid("CRM-065", f"'{path}' has the column '{twice[0]}' twice.", fix="Rename one of them.")
    return Source(path, used, used_separator, columns, len(content), sha256(content).hexdigest())


def _encoding(path: Path, content: bytes, named: str | None) -> str:
    for candidate in (named,) if named else ENCODINGS:
        try:
            text = content.decode(candidate)
        except (UnicodeDecodeError, LookupError):
            continue
        if candidate != "gb18030" or named or _is_chinese(content, text):
            return candidate
    if not named and _is_damaged(content):
        return ENCODINGS[0]
    tried = named or "UTF-8 and GB 18030"
    raise Invalid(
        "CRM-065", f"'{path}' is not text in {tried}.", fix="Name its encoding in the mapping, as in latin-1."
    )


def _is_chinese(content: bytes, text: str) -> bool:
    """Whether text read as GB 18030 is no other encoding misread: its common characters are two high bytes, where an
    accented letter of Latin-1 and the letter after it would be one; and it is not UTF-8 with a broken byte or two."""
    high = len(content) - len(content.translate(None, bytes(range(128, 256))))
    wide = len(text) - len(text.encode("ascii", "ignore"))
    return 2 * high >= 3 * wide and not _is_damaged(content)


def _is_damaged(content: bytes) -> bool:
    """Whether this is UTF-8 but for a few bytes: their rows are put aside, the others are read as they are."""
    text = content.decode("utf-8", errors="replace")
    odd = text.count("\ufffd")
    return 5 * odd < len(text) - len(text.encode("ascii", "ignore"))


def _first_lines(content: bytes, encoding: str) -> str:
    """Enough of the start to hold the header row, even with newlines in quotes."""
    return content[: 1 << 16].decode(encoding, errors="ignore")


def _width(text: str, separator: str) -> int:
    return len(next(csv.reader(io.StringIO(text), delimiter=separator), []))
