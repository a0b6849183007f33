"""Imports: chunks of mapped rows become records; bad rows are put aside with the reason; nothing is done twice.

A row's data holds fields of the kind, and may hold ``state``, ``owner``, and for a relation of the kind the external
id of the record it leads to (``account: "crm:386"``).  # C9, H6
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, func, insert, select, update

from engine.domain.access import Actor, Right, ensure
from engine.domain.commands import ImportChunk, ImportChunkDone, ImportRow, RetryQuarantine
from engine.domain.errors import BadForm, NotFound
from engine.domain.questions import GetImport, ListQuarantine
from engine.domain.records import Kind
from engine.domain.values import ImportReport, Page, RecordRef
from engine.services import records
from engine.services.context import Context
from engine.services.instances import begin
from engine.services.kinds import kind_of
from engine.services.library import Loaded
from engine.services.registry import answers, handles
from engine.store import models
from engine.store.prepared import Insert
from engine.store.queries import paged
from engine.store.tables import import_run, quarantine, record

_ASIDE = Insert(quarantine)
_COUNTS = ("created", "updated", "unchanged", "quarantined", "started")


@dataclass(frozen=True, slots=True)
class _Known:
    """Records of other systems that the chunk's rows name: external id → record id."""

    own: dict[str, str]
    related: Mapping[tuple[str, str], str]  # (kind, external id)


@handles(ImportChunk)
def import_chunk(ctx: Context, cmd: ImportChunk) -> ImportChunkDone:
    """Take in the rows after the import's ``upto``; the chunk counts once, however often it is sent."""
    ensure(cmd.by, Right.RECORD_IMPORT)
    kind = kind_of(ctx.packs, cmd.kind)
    start = _definition(ctx, cmd.start)
    upto = _open_run(ctx, cmd)
    rows = [row for row in cmd.rows if row.number > upto]
    known = _known(ctx, kind, rows)
    counts = dict.fromkeys(_COUNTS, 0)
    aside = []
    for row in rows:
        try:
            what, ref = _take(ctx, cmd.by, kind, row, known)
        except _Bad as bad:
            aside.append({"import_id": cmd.import_id, "row": row.number, "reason": str(bad), "raw": row.raw})
            continue
        counts[what] += 1
        if what == "created" and start is not None:
            begin(ctx, start, {kind.key: ref}, cmd.by, business_key=row.external_id)
            counts["started"] += 1
    _ASIDE.run(ctx.conn, aside)
    counts["quarantined"] = len(aside)
    _close_run(ctx, cmd, max(upto, cmd.upto), counts)
    return ImportChunkDone(**counts)


@handles(RetryQuarantine)
def retry(ctx: Context, cmd: RetryQuarantine) -> ImportChunkDone:
    """Take in mended rows that were put aside; what still does not fit is put aside again, with its new reason."""
    ensure(cmd.by, Right.RECORD_IMPORT)
    run = import_run.c
    held = ctx.conn.execute(select(import_run).where(run.id == cmd.import_id).with_for_update()).mappings().first()
    if held is None:
        raise NotFound("CRM-412", f"There is no import '{cmd.import_id}'.", fix="Start it again with the same file.")
    kind, start = kind_of(ctx.packs, held["kind"]), _definition(ctx, cmd.start)
    known = _known(ctx, kind, cmd.rows)
    counts = dict.fromkeys(_COUNTS, 0)
    q = quarantine.c
    for row in cmd.rows:
        mine = update(quarantine).where(q.import_id == cmd.import_id, q.row == row.number)
        if ctx.conn.execute(mine.values(reason=q.reason)).rowcount != 1:
            raise NotFound(
                "CRM-429", f"Row {row.number} is not in quarantine.", fix="Look at the list: it may be done."
            )
        try:
            what, ref = _take(ctx, cmd.by, kind, row, known)
        except _Bad as bad:
            ctx.conn.execute(mine.values(reason=str(bad), **({"raw": row.raw} if row.raw else {})))
            continue
        counts[what] += 1
        ctx.conn.execute(delete(quarantine).where(q.import_id == cmd.import_id, q.row == row.number))
        if what == "created" and start is not None:
            begin(ctx, start, {kind.key: ref}, cmd.by, business_key=row.external_id)
            counts["started"] += 1
    taken = sum(counts[name] for name in ("created", "updated", "unchanged"))
    sums = {name: run[name] + count for name, count in counts.items()} | {"quarantined": run.quarantined - taken}
    ctx.conn.execute(update(import_run).where(run.id == cmd.import_id).values(sums))
    ctx.audit(cmd.by, "import.retry", target=cmd.import_id, detail={"rows": len(cmd.rows), "taken": taken})
    return ImportChunkDone(**{**counts, "quarantined": len(cmd.rows) - taken})


class _Bad(Exception):
    """A row that cannot become a record; the text is the reason."""


def _take(ctx: Context, by: Actor, kind: Kind, row: ImportRow, known: _Known) -> tuple[str, RecordRef]:
    if row.problem:
        raise _Bad(row.problem)
    fields, links = _parted(kind, row, known)
    owner = fields.pop("owner", None)
    held = known.own.get(row.external_id)
    try:
        if held is None:
            ref = records.create(ctx, kind.key, fields, by, owner=owner, links=links, external_id=row.external_id)
            known.own[row.external_id] = ref.id  # the same id further down is the same record
            return "created", ref
        ref = RecordRef(kind.key, held)
        changed = records.change(ctx, ref, fields, by, owner=owner, links=links)
    except BadForm as error:
        raise _Bad("; ".join(f"{k}: {', '.join(v)}" for k, v in error.fields.items())) from error
    return ("updated" if changed else "unchanged"), ref


def _parted(kind: Kind, row: ImportRow, known: _Known) -> tuple[dict[str, Any], dict[str, str]]:
    """The row's fields, and its relations with the records they lead to."""
    fields, links = dict(row.data), {}
    for relation, other in kind.relations:
        named = fields.pop(relation, None)
        if named in (None, ""):
            continue
        found = known.related.get((other, str(named)))
        if found is None:
            raise _Bad(f"{relation}: there is no {other} '{named}'")
        links[relation] = found
    return fields, links


def _known(ctx: Context, kind: Kind, rows: Sequence[ImportRow]) -> _Known:
    """What the rows name, found in one statement."""
    wanted = {(kind.key, row.external_id) for row in rows}
    for relation, other in kind.relations:
        wanted |= {(other, str(row.data[relation])) for row in rows if row.data.get(relation)}
    names = {external for _, external in wanted}
    query = select(record.c.kind, record.c.external_id, record.c.id).where(record.c.external_id.in_(names))
    found = {(k, str(e)): i for k, e, i in ctx.conn.execute(query)} if names else {}
    return _Known({e: i for (k, e), i in found.items() if k == kind.key}, found)


def _definition(ctx: Context, key: str | None) -> Loaded | None:
    if key is None:
        return None
    found = models.published(ctx.conn, key)
    if found is None:
        raise NotFound("CRM-401", f"No version of '{key}' is published.", fix="Deploy and publish it first.")
    return ctx.library.load(ctx.conn, found)


def _open_run(ctx: Context, cmd: ImportChunk) -> int:
    """The row up to which the import has been done, with the run locked."""
    held = select(import_run.c.upto).where(import_run.c.id == cmd.import_id).with_for_update()
    upto = ctx.conn.scalar(held)
    if upto is not None:
        return int(upto)
    blank = dict.fromkeys(_COUNTS, 0)
    new = {"id": cmd.import_id, "file": cmd.file, "kind": cmd.kind, "upto": 0, "finished": False}
    ctx.conn.execute(insert(import_run).values({**new, **blank, "by": cmd.by.id, "at": ctx.now}))
    ctx.audit(cmd.by, "import.start", target=cmd.import_id, detail={"kind": cmd.kind})
    return 0


def _close_run(ctx: Context, cmd: ImportChunk, upto: int, counts: Mapping[str, int]) -> None:
    run = import_run.c
    sums = {name: run[name] + count for name, count in counts.items()}
    finished = run.finished if not cmd.finished else True
    ctx.conn.execute(
        update(import_run).where(run.id == cmd.import_id).values({**sums, "upto": upto, "finished": finished})
    )
    if cmd.finished:
        ctx.audit(cmd.by, "import.finish", target=cmd.import_id)


@answers(GetImport)
def get_import(ctx: Context, ask: GetImport) -> ImportReport:
    ensure(ask.by, Right.RECORD_READ)
    row = ctx.conn.execute(select(import_run).where(import_run.c.id == ask.import_id)).mappings().first()
    if row is None:
        raise NotFound("CRM-412", f"There is no import '{ask.import_id}'.", fix="Start it again with the same file.")
    counted = (
        select(quarantine.c.reason, func.count())
        .where(quarantine.c.import_id == ask.import_id)
        .group_by(quarantine.c.reason)
        .order_by(func.count().desc(), quarantine.c.reason)
        .limit(100)
    )
    return ImportReport(
        import_id=row["id"],
        file=row["file"],
        kind=row["kind"],
        total=row["upto"] if row["finished"] else None,
        done=row["upto"],
        created=row["created"],
        updated=row["updated"],
        unchanged=row["unchanged"],
        quarantined=row["quarantined"],
        finished=row["finished"],
        started_instances=row["started"],
        reasons={reason: int(rows) for reason, rows in ctx.conn.execute(counted)},
    )


@answers(ListQuarantine)
def list_quarantine(ctx: Context, ask: ListQuarantine) -> Page[Mapping[str, Any]]:
    """Rows put aside, in the file's order."""
    ensure(ask.by, Right.RECORD_IMPORT)
    query = select(quarantine.c.row, quarantine.c.reason, quarantine.c.raw)
    query = query.where(quarantine.c.import_id == ask.import_id)
    total = ctx.conn.scalar(select(func.count()).select_from(query.limit(1000).subquery())) or 0
    found, following = paged(ctx.conn, query, [quarantine.c.row], ask.limit, ask.cursor, down=False)
    rows = tuple({"row": row.row, "reason": row.reason, "raw": row.raw} for row in found)
    return Page(rows, next=following, total=min(total, 999), more=total > 999)
