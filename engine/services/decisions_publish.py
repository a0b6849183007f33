"""Publishing rules without touching a process: preview what changes, guard others' versions, write, note why."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from engine.dmn.compare import compare
from engine.dmn.tree import Definitions
from engine.domain.access import Actor, Right, ensure
from engine.domain.errors import Conflict, Invalid
from engine.domain.rules import PreviewRules, PublishRules, RestoreRules, RulesPreview, RulesRow, RulesUse
from engine.domain.values import FileIn
from engine.services.context import Context
from engine.services.decisions import pick, read, row_of, uses_of, versions_of
from engine.services.decisions_try import compare_rows
from engine.services.deploy import Shelf, refused, replan_clocks
from engine.services.library import Held
from engine.services.registry import answers, handles
from engine.services.sla_moves import rules_changed
from engine.services.sources import Sources, gather
from engine.store import rules


@answers(PreviewRules)
def preview(ctx: Context, ask: PreviewRules) -> RulesPreview:
    """Findings, changes cell by cell, and who would follow. Raises ``Invalid`` CRM-050."""
    ensure(ask.by, Right.MODEL_DEPLOY)
    sources = _sources(ctx, ask.key, ask.xml)
    rows = rules.versions(ctx.conn, ask.key)
    base = rows[0] if rows else None
    uses = uses_of(ctx, _names(sources, base))
    held = _importers(ctx, rows)
    if sources.refused or not sources.parts:
        return RulesPreview(ask.key, base.version if base else 0, False, tuple(sources.findings), (), uses, held)
    (part,) = sources.parts
    model = read(ctx, ask.xml)
    if base is None:
        empty = Definitions(name="", namespace="")
        return RulesPreview(
            ask.key, 0, False, tuple(sources.findings), tuple(compare(empty, model.graph.tree)), uses, held
        )
    changes = compare_rows(ctx, base.id, model)
    same = part.digest == base.hash
    future = tuple(_next(use, base.version + 1, same) for use in uses)
    draft = Held("", ask.key, base.version + 1, model)
    deadlines = None if same else rules_changed(ctx, draft, part.provides)
    return RulesPreview(ask.key, base.version, same, tuple(sources.findings), changes, future, held, deadlines)


@handles(PublishRules)
def publish(ctx: Context, cmd: PublishRules) -> RulesRow:
    """Write the next version; see the command."""
    ensure(cmd.by, Right.MODEL_DEPLOY)
    reason = _reason(cmd.reason)
    sources = _sources(ctx, cmd.key, cmd.xml)
    rows = rules.versions(ctx.conn, cmd.key)
    _guard(rows, cmd.key, cmd.base)
    if sources.refused:
        raise refused(sources.findings)
    return _put(ctx, cmd.key, sources, cmd.by, reason, {})


@handles(RestoreRules)
def restore(ctx: Context, cmd: RestoreRules) -> RulesRow:
    """The text of an old version becomes the next one."""
    ensure(cmd.by, Right.MODEL_DEPLOY)
    reason = _reason(cmd.reason)
    rows = versions_of(ctx, cmd.key)
    _guard(rows, cmd.key, cmd.base)
    old = pick(rows, cmd.key, cmd.version)
    sources = _sources(ctx, cmd.key, rules.content(ctx.conn, old.id))
    if sources.refused:
        raise refused(sources.findings)
    return _put(ctx, cmd.key, sources, cmd.by, reason, {"restored": cmd.version})


def _put(ctx: Context, key: str, sources: Sources, by: Actor, reason: str, more: dict[str, Any]) -> RulesRow:
    shelf = Shelf(ctx, sources, by.id, reason)
    (made,) = shelf.put_parts()
    if shelf.added:
        moved = replan_clocks(ctx, shelf)
        detail = {"version": made.version, "reason": reason, **({"moved": moved} if moved else {}), **more}
        ctx.audit(by, "rules.publish", target=key, detail=detail)
    rows = versions_of(ctx, key)
    tags = rules.tags(ctx.conn, [rows[0].id])
    return row_of(ctx, rows[0], tags.get(rows[0].id), uses_of(ctx, rows[0].provides))


def _sources(ctx: Context, key: str, xml: bytes) -> Sources:
    found = read(ctx, xml).id  # what is no DMN at all is refused here
    sources = gather(ctx, [FileIn(f"{key}.dmn", xml)])
    if found != key:
        raise Invalid(
            "CRM-050",
            f"This text holds the rules '{found}', not '{key}'.",
            fix=f"Give its definitions the id '{key}', or publish it under its own.",
        )
    return sources


def _guard(rows: list[Any], key: str, base: int) -> None:
    """Nobody's version is written over unseen: ``base`` is the newest one, or it is a conflict."""
    newest = rows[0].version if rows else 0
    if newest == base:
        return
    if not rows:
        raise Invalid("CRM-052", f"The rules '{key}' have no version {base}.", fix="Publish the first one with base 0.")
    who = f"{rows[0].deployed_by} at {rows[0].deployed_at.isoformat(timespec='minutes')}"
    raise Conflict(
        "CRM-240",
        f"Version {newest} of '{key}' was published meanwhile by {who}; yours was made from version {base}.",
        fix="Look at what changed between them, then publish yours on top of it; nothing of yours is lost.",
        version=newest,
        by=rows[0].deployed_by,
        at=rows[0].deployed_at.isoformat(),
    )


def _reason(text: str) -> str:
    if not text.strip():
        raise Invalid("CRM-051", "A reason is needed to publish rules.", fix="Say what changed, and why.")
    return text.strip()[:2000]


def _names(sources: Sources, base: Any) -> set[str]:
    """Decisions of the text and of the version it follows: whoever asks one that is gone must be seen."""
    return {name for part in sources.parts for name in part.provides} | set(base.provides if base else ())


def _next(use: RulesUse, version: int, same: bool) -> RulesUse:
    return replace(use, decides=version) if use.follows and not same else use


def _importers(ctx: Context, rows: list[Any]) -> tuple[str, ...]:
    """Models whose newest version reads a version of this one."""
    ids = {row.id for row in rows}
    return tuple(row.key for row in rules.newest(ctx.conn) if ids & set(row.imports or ()))
