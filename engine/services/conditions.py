"""Conditional start events: a published process begins when a record comes to be as its condition says.

The condition reads a record by its kind (``= lead.score > 80``). It is looked at when a record of that kind is made
or changed, and when one changes that its relations lead to (``= contact.account.segment = "A"``), as it was before and
as it is now: only who *becomes* true starts an instance, with the record in the variable of that name (BPMN 2.0,
10.5.2: the condition must become false and true again before it starts another).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from engine.bpmn.process import Start
from engine.bpmn.runtime_vars import RecordView
from engine.domain.errors import Refused
from engine.domain.states import Severity
from engine.domain.values import Finding, RecordRef
from engine.services.context import Context
from engine.services.edges import outward
from engine.services.kinds import kinds
from engine.services.library import Loaded
from engine.store import due, links


def watched(ctx: Context, loaded: Loaded) -> dict[str, str]:
    """Kinds of records that its conditional start events look at → the first such event.

    Raises ``Refused`` CRM-896 for one that looks at no record, or at several: nothing could make it true.
    """
    found: dict[str, str] = {}
    for start in loaded.process.starts:
        if start.trigger != "conditional":
            continue
        read = sorted(start.reads & set(kinds(ctx.packs)))
        if len(read) != 1 or len(start.reads) != 1:
            raise _blind(start, kinds(ctx.packs))
        found.setdefault(read[0], start.id)
    return found


def _blind(start: Start, known: Mapping[str, Any]) -> Refused:
    who, read = start.name or start.id, ", ".join(sorted(start.reads))
    refused = Refused(
        "CRM-896",
        f"The condition of start event “{who}” looks at {read or 'nothing'}; it must look at one record.",
        [],
        fix=f"Let it read one record by its kind, such as = lead.score > 80. Kinds: {', '.join(known)}.",
    )
    finding = Finding(
        refused.code,
        Severity.ERROR,
        refused.message,
        start.id,
        start.name or None,
        why="Before a process begins it has no variables; what can change is a record.",
        fix=refused.fix,
        message_zh=f"开始事件“{who}”的条件读取 {read or '（无）'}，它必须读取一条记录。",
        why_zh="流程开始之前没有变量，能变化的只有记录。",
        fix_zh=f"请让它按类型读取一条记录，例如 = lead.score > 80。类型：{'、'.join(known)}。",
    )
    refused.findings = (finding,)
    return refused


def begin_where(
    ctx: Context,
    ref: RecordRef,
    definitions: Sequence[str],
    read: Callable[[Context, RecordRef], Mapping[str, Any]],
    before: Mapping[str, Any] | None,
) -> None:
    """Plan a start for each condition that the record fulfils now and did not ``before`` (None: there was none).

    The condition sees what a gateway would: relations lead on to the other records, as they are now (``read``).
    Each instance begins in a transaction of its own, so that a failing one does not undo the change of the record.
    """

    def shown(fields: Mapping[str, Any]) -> Mapping[str, Any]:
        return {ref.kind: RecordView(ref, lambda one: fields if one == ref else read(ctx, one))}

    fields = read(ctx, ref)
    now, was = shown(fields), None if before is None else shown({**fields, **before})
    _plan(
        ctx,
        [
            _row(ctx, loaded, start, ref)
            for loaded, start in _starts(ctx, definitions)
            if ref.kind in start.reads and _becomes(ctx, loaded, start, now, was)
        ],
    )


def begin_related(
    ctx: Context,
    ref: RecordRef,
    definitions: Sequence[str],
    read: Callable[[Context, RecordRef], Mapping[str, Any]],
    before: Mapping[str, Any],
) -> None:
    """The same for the records whose relations lead to the one that changed: each is looked at, as it was and is."""
    seen: dict[RecordRef, Mapping[str, Any]] = {ref: read(ctx, ref)}

    def fields(one: RecordRef) -> Mapping[str, Any]:
        if one not in seen:
            seen[one] = read(ctx, one)
        return seen[one]

    def earlier(one: RecordRef) -> Mapping[str, Any]:
        return {**fields(one), **before} if one == ref else fields(one)

    rows = []
    for loaded, start in _starts(ctx, definitions):
        chains = [(kind, way) for kind, way, end in _ways(ctx, start) if end == ref.kind]
        behind = {RecordRef(kind, id) for kind, way in chains for id in links.leading(ctx.conn, ref.id, kind, way)}
        for one in sorted(behind - {ref}, key=lambda each: each.id):
            now, was = {one.kind: RecordView(one, fields)}, {one.kind: RecordView(one, earlier)}
            if _becomes(ctx, loaded, start, now, was):
                rows.append(_row(ctx, loaded, start, one))
    _plan(ctx, rows)


def related(ctx: Context, loaded: Loaded) -> dict[str, str]:
    """Kinds of records that its conditional start events look at over relations → the first such event."""
    found: dict[str, str] = {}
    for start in loaded.process.starts:
        for _, _, end in _ways(ctx, start) if start.trigger == "conditional" else ():
            found.setdefault(end, start.id)
    return found


def _ways(ctx: Context, start: Start) -> list[tuple[str, tuple[str, ...], str]]:
    """The relations a condition may go along: (kind it begins at, relations in a row, kind they lead to).

    A relation counts where its name is behind a dot anywhere in the condition: one too many costs a look.
    """
    known = kinds(ctx.packs)
    todo: list[tuple[str, tuple[str, ...], str]] = [(kind, (), kind) for kind in sorted(start.reads & set(known))]
    found = []
    while todo:
        first, way, at = todo.pop()
        for relation, kind in known[at].relations if at in known else ():
            if way.count(relation) < start.parts.count(relation):
                found.append((first, (*way, relation), kind))
                todo.append(found[-1])
    return found


def _starts(ctx: Context, definitions: Sequence[str]) -> Iterator[tuple[Loaded, Start]]:
    for definition in definitions:
        loaded = ctx.library.load(ctx.conn, definition)
        yield from ((loaded, start) for start in loaded.process.starts if start.trigger == "conditional")


def _becomes(ctx: Context, loaded: Loaded, start: Start, now: Mapping[str, Any], was: Mapping[str, Any] | None) -> bool:
    """Whether the condition holds now and did not before."""
    if not loaded.process.holds(start.node, now, ctx.now):
        return False
    return was is None or not loaded.process.holds(start.node, was, ctx.now)


def _row(ctx: Context, loaded: Loaded, start: Start, ref: RecordRef) -> dict[str, Any]:
    variables = outward({ref.kind: ref})
    payload = {"definition": loaded.id, "element": start.node, "key": loaded.key, "variables": variables}
    return {"id": ctx.new_id(), "name": loaded.name, "type": "crmflow:start", "payload": payload}


def _plan(ctx: Context, rows: list[dict[str, Any]]) -> None:
    if rows:
        due.add(ctx.conn, ctx.now, rows)
        ctx.wake = True
