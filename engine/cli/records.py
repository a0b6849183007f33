"""CRM records: ``records list`` and ``records import``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine.cli.frame import actor, as_json, collect, common, engine, listing
from engine.domain.access import Actor
from engine.domain.commands import ImportChunk, ImportRow
from engine.domain.errors import NotFound
from engine.domain.questions import GetImport, ListRecords
from engine.domain.values import ImportReport

if TYPE_CHECKING:
    from engine.app import Engine
    from engine.cli.mapping import ColumnMap
    from engine.cli.reading import Source


@click.group()
def records() -> None:
    """List and import CRM records."""


@records.command("list")
@click.argument("kind", required=False)
@click.option("--search", default="", help="Words, also Chinese ones.")
@listing
@common
def list_records(kind: str | None, search: str, limit: int, json: bool) -> None:
    """List records, of one kind or all.

    \b
    crmflow records list lead --search 王 --json
    """
    from engine.cli.show import rows

    with engine() as opened:
        by = actor(opened)
        found = collect(opened, lambda n, at: ListRecords(by, kind, search, limit=n, cursor=at), limit)
    columns = {"Id": "id", "Kind": "kind", "Name": "name", "State": "state", "Owner": "owner", "Changed": "changed_at"}
    rows(found, columns, as_json=json, empty="No records; see crmflow records import.")


@records.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--map",
    "map_path",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="How columns become fields (YAML; docs/cli.md).",
)
@click.option("--start", metavar="KEY", help="Definition to start for every new record (or the mapping's).")
@click.option("--limit", type=click.IntRange(1), help="Stop after this many rows; the same again goes on there.")
@click.option("--chunk", type=click.IntRange(1, 5000), default=100, show_default=True, help="Rows per transaction.")
@as_json
@common
def import_records(file: Path, map_path: Path, start: str | None, limit: int | None, chunk: int, json: bool) -> None:
    """Import a CSV file. Bad rows are put aside with the reason; the same import again does nothing twice.

    Interrupt it when you like: the same command goes on where it stopped.

    \b
    crmflow records import leads.csv --map leads.yaml
    crmflow records import leads.csv --map leads.yaml --start check-order --as mia
    """
    from engine.cli.mapping import load
    from engine.cli.reading import look
    from engine.cli.show import dump

    mapping = load(map_path)
    source = look(file, mapping.encoding, mapping.separator)
    mapping = mapping.fit(source)
    with engine() as opened:
        report = run(opened, actor(opened), source, mapping, start=start or mapping.start, limit=limit, chunk=chunk)
    if json:
        dump(report)
    else:
        _tell(report)


@records.command("quarantine")
@click.argument("import_id", metavar="IMPORT")
@listing
@common
def list_quarantine(import_id: str, limit: int, json: bool) -> None:
    """List the rows an import put aside: which, why, and as they are in the file.

    \b
    crmflow records quarantine 3f2a9c0d1b4e5f60
    """
    from engine.cli.show import rows
    from engine.domain.questions import ListQuarantine

    with engine() as opened:
        by = actor(opened)
        found = collect(opened, lambda n, at: ListQuarantine(import_id, by, n, at), limit)
    rows(found, {"Row": "row", "Reason": "reason", "Line": "raw"}, as_json=json, empty="No row is put aside.")


@records.command("retry")
@click.argument("import_id", metavar="IMPORT")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--map",
    "map_path",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="How columns become fields, as mended.",
)
@click.option("--start", metavar="KEY", help="Definition to start for every new record.")
@common
def retry_records(import_id: str, file: Path, map_path: Path, start: str | None) -> None:
    """Take in the rows an import put aside, from the mended file or with the mended mapping.

    \b
    crmflow records retry 3f2a9c0d1b4e5f60 leads.csv --map leads.yaml
    """
    from engine.cli.mapping import load
    from engine.cli.reading import look
    from engine.domain.commands import RetryQuarantine
    from engine.domain.questions import ListQuarantine

    mapping = load(map_path)
    source = look(file, mapping.encoding, mapping.separator)
    mapping = mapping.fit(source)
    with engine() as opened:
        by = actor(opened)
        aside = {row["row"] for row in collect(opened, lambda n, at: ListQuarantine(import_id, by, n, at), 1_000_000)}
        lines = (line for line in source.lines(lambda read: None) if line.number in aside)
        rows = [row for row in map(mapping.row, lines) if row is not None]
        done = left = 0
        for at in range(0, len(rows), 100):
            answer = opened.do(RetryQuarantine(import_id, by, tuple(rows[at : at + 100]), start or mapping.start))
            left += answer.quarantined
            done += answer.created + answer.updated + answer.unchanged
    click.echo(f"{done} rows taken in, {left} still do not fit, {len(aside) - len(rows)} are not in the file")


def run(
    opened: Engine,
    by: Actor,
    source: Source,
    mapping: ColumnMap,
    *,
    start: str | None = None,
    limit: int | None = None,
    chunk: int = 100,
    quiet: bool = False,
) -> ImportReport:
    """Import what is left of a file, chunk by chunk, each one transaction. Answers where the import stands."""
    known = import_id(source, mapping)
    before = _report(opened, known, by)
    if before is not None and before.finished:
        return before
    done = before.done if before is not None else 0
    with progress(source, quiet) as told:
        for rows, upto, finished in batches(source, mapping, done, limit, chunk, told):
            command = ImportChunk(
                known, mapping.kind, source.path.name, rows, by, upto=upto, start=start, finished=finished
            )
            opened.do(command)
    return opened.ask(GetImport(known, by))


def batches(
    source: Source, mapping: ColumnMap, done: int, limit: int | None, chunk: int, told: Callable[[int], None]
) -> Iterator[tuple[tuple[ImportRow, ...], int, bool]]:
    """The rows after ``done`` in chunks: (rows, number of the last row read, whether the file ends here)."""
    batch: list[ImportRow] = []
    last = done
    for line in source.lines(told):
        if line.number <= done:
            continue
        if limit is not None and line.number > done + limit:
            yield tuple(batch), last, False
            return
        last = line.number
        row = mapping.row(line)
        if row is not None:
            batch.append(row)
        if len(batch) >= chunk:
            yield tuple(batch), last, False
            batch.clear()
    yield tuple(batch), last, True


def import_id(source: Source, mapping: ColumnMap) -> str:
    """The same file with the same mapping is the same import."""
    return sha256(source.digest.encode() + mapping.digest_of).hexdigest()[:16]


def _report(opened: Engine, known: str, by: Actor) -> ImportReport | None:
    try:
        return opened.ask(GetImport(known, by))
    except NotFound:
        return None


@contextmanager
def progress(source: Source, quiet: bool) -> Iterator[Callable[[int], None]]:
    """A progress bar over the file's bytes, on standard error."""
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    from engine.cli.show import console

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console(error=True), disable=quiet) as bar:
        task = bar.add_task(source.path.name, total=source.size)
        yield lambda read: bar.update(task, completed=read)


def _tell(report: ImportReport) -> None:
    click.echo(
        f"{report.file}: {report.done} rows read, {report.created} created, {report.updated} updated, "
        f"{report.unchanged} unchanged, {report.quarantined} put aside"
        + (f", {report.started_instances} started" if report.started_instances else "")
        + (" (finished)" if report.finished else "")
    )
    for reason, count in sorted(report.reasons.items(), key=lambda one: -one[1]):
        click.echo(f"  {count} × {reason}")
    if report.quarantined:
        click.echo(f"Which ones: crmflow records quarantine {report.import_id}; once mended: crmflow records retry …")
