"""Reads CSV files as they come: UTF-8 or GBK, any of four separators, quoted newlines, broken rows told by number."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from engine.domain.errors import Invalid

SEPARATORS = (",", ";", "\t", "|")
ENCODINGS = ("utf-8-sig", "gb18030")  # GB 18030 contains GBK; tried in this order
RAW_LIMIT = 2000  # characters of a bad row that are kept to look at
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
            text = io.TextIOWrapper(binary, encoding=self.encoding, newline="")
            reader = csv.reader(text, delimiter=self.separator)
            next(reader, None)
            number = 0
            while True:
                try:
                    values = next(reader)
                except StopIteration:
                    return
                except csv.Error as error:
                    number += 1
                    yield Line(number, {}, "", f"not CSV near line {reader.line_num}: {error}")
                    continue
                if not values:
                    continue  # an empty line is no row
                number += 1
                told(binary.tell())
                yield self._line(number, values)

    def _line(self, number: int, values: list[str]) -> Line:
        raw = self.separator.join(values)[:RAW_LIMIT].replace("\x00", "\ufffd")
        problem = None
        if len(values) != len(self.columns):
            problem = f"has {len(values)} values, the header has {len(self.columns)} columns"
        elif any("\x00" in value for value in values):
            problem = "holds a NUL character"
        return Line(number, dict(zip(self.columns, values, strict=False)), raw, problem)


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
            content.decode(candidate)
        except (UnicodeDecodeError, LookupError):
            continue
        return candidate
    tried = named or "UTF-8 and GB 18030"
    raise Invalid(
        "CRM-065", f"'{path}' is not text in {tried}.", fix="Name its encoding in the mapping, as in latin-1."
    )


def _first_lines(content: bytes, encoding: str) -> str:
    """Enough of the start to hold the header row, even with newlines in quotes."""
    return content[: 1 << 16].decode(encoding, errors="ignore")


def _width(text: str, separator: str) -> int:
    return len(next(csv.reader(io.StringIO(text), delimiter=separator), []))
