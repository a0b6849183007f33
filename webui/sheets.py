"""What a page shows, as CSV: heads in the reader's language, times in their zone, nothing a spreadsheet would run."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from flask import Response, stream_with_context
from flask_babel import to_user_timezone

_PART = 32_000  # characters sent at once


def csv_answer(name: str, heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> Response:
    """RFC 4180 in UTF-8, with the mark by which spreadsheets know it."""
    return _answer(name, "".join(_lines(heads, rows)))


def csv_stream(name: str, heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> Response:
    """``csv_answer`` of a list that may be very long: sent while it is read, never whole in memory."""
    return _answer(name, stream_with_context(_lines(heads, rows)))


def _answer(name: str, body: str | Iterator[str]) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"', "Cache-Control": "private, no-store"}
    return Response(body, content_type="text/csv; charset=utf-8", headers=headers)


def _lines(heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """The text in parts of some hundred lines."""
    out = io.StringIO()
    writer = csv.writer(out)
    out.write("\ufeff")
    writer.writerow(heads)
    for row in rows:
        writer.writerow([cell(each) for each in row])
        if out.tell() > _PART:
            yield out.getvalue()
            out.seek(0)
            out.truncate()
    yield out.getvalue()


def cell(value: Any) -> str:
    """A value as text; a moment as the reader's clock shows it.

    A text that a spreadsheet would run is told to be text (OWASP, "CSV injection"); numbers stay numbers.
    """
    if value is None:
        return ""
    if isinstance(value, datetime):
        return str(to_user_timezone(value).strftime("%Y-%m-%d %H:%M"))
    if isinstance(value, (int, float)):
        return str(value)
    text = str(value)
    return "'" + text if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
