"""How answers look: tables for people, JSON for programs, findings and errors with their code in brackets."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import click
import msgspec
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from engine.domain.errors import BadForm, CrmflowError, Refused
from engine.domain.states import Severity
from engine.domain.values import Finding

COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}


def console(*, error: bool = False) -> Console:
    """A console; into a pipe, lines are wide so that nothing is cut off."""
    stream = sys.stderr if error else sys.stdout
    return Console(file=stream, width=None if stream.isatty() else 200, highlight=False)


def dump(value: Any) -> None:
    """JSON on standard output, UTF-8, one document."""
    click.echo(msgspec.json.format(msgspec.json.encode(value, enc_hook=str), indent=2))


def rows(items: Sequence[Any], columns: dict[str, str], *, as_json: bool, empty: str = "Nothing.") -> None:
    """A list of values: all their fields as JSON, or the named columns (title → attribute or key) as a table."""
    if as_json:
        dump(list(items))
        return
    if not items:
        click.echo(empty)
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in columns:
        table.add_column(title, overflow="fold")
    for item in items:
        values = (item[name] if isinstance(item, Mapping) else getattr(item, name) for name in columns.values())
        table.add_row(*(escape(cell(value)) for value in values))
    console().print(table)


def cell(value: Any) -> str:
    """One value in a table."""
    if value is None:
        return "-"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%SZ")
    if isinstance(value, (tuple, list, frozenset)):
        return ", ".join(str(one) for one in value) or "-"
    return str(value)


def findings(found: Iterable[Finding], *, as_json: bool = False) -> int:
    """Print findings; the number of those with severity error."""
    found = tuple(found)
    if as_json:
        dump(found)
    else:
        out = console()
        for one in found:
            _finding(out, one)
    return sum(one.severity is Severity.ERROR for one in found)


def _finding(out: Console, one: Finding) -> None:
    place = ":".join(str(part) for part in (one.file, one.line) if part is not None)
    culprit = f" {one.element}" + (f" '{one.name}'" if one.name else "") if one.element else ""
    colour = COLOURS[one.severity]
    head = f"[{colour}]{one.severity.value}[/] {escape(f'[{one.code}]')} "
    zh = chinese()
    texts = ((one.message_zh, one.message), (one.why_zh, one.why), (one.fix_zh, one.fix))
    message, why, fix = ((zh and own) or english for own, english in texts)
    where = escape(f"{place}: ") if place else ""
    out.print(f"{where}{head}{escape(message)}[dim]{escape(culprit)}[/]", soft_wrap=True)
    example = ", ".join(f"{name} = {_plain(value)}" for name, value in (one.params.get("example") or {}).items())
    words = ("例如", "原因", "办法") if zh else ("for example", "why", "fix")
    for word, text in zip(words, (example, why, fix), strict=True):
        if text:
            out.print(f"    [dim]{word}:[/] {escape(text)}", soft_wrap=True)


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def chinese() -> bool:
    """Whether the terminal's language is Chinese (POSIX: LC_ALL, LC_MESSAGES, LANG)."""
    chosen = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return chosen.startswith("zh")


def show_error(error: CrmflowError, *, as_json: bool = False) -> None:
    """An error on standard error: code in brackets, what is wrong, the way out, and all findings or fields."""
    if as_json:
        dump({"error": problem(error)})
    out = console(error=True)
    if isinstance(error, Refused) and not as_json:
        findings(error.findings)
    out.print(f"[red]error[/] {escape(f'[{error.code}]')} {escape(error.message)}", soft_wrap=True)
    if isinstance(error, BadForm):
        for field, said in error.fields.items():
            out.print(f"    {escape(field)}: {escape('; '.join(said))}", soft_wrap=True)
    if error.fix:
        out.print(f"    [dim]fix:[/] {escape(error.fix)}", soft_wrap=True)


def problem(error: CrmflowError) -> dict[str, Any]:
    """An error as data."""
    body: dict[str, Any] = {"code": error.code, "message": error.message, "fix": error.fix, **error.context}
    if isinstance(error, Refused):
        body["findings"] = error.findings
    if isinstance(error, BadForm):
        body["fields"] = error.fields
    return body
