"""Questions about rules: what is deployed, one model with its versions and who asks it, its text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from engine.dmn import Model
from engine.dmn.sheet import Sheet
from engine.domain.access import Right, ensure
from engine.domain.errors import NotFound
from engine.domain.rules import (
    DescribeRules,
    GetRules,
    GetRulesText,
    ListRules,
    RulesDecision,
    RulesField,
    RulesRow,
    RulesUse,
    RulesView,
)
from engine.domain.values import FileIn, Page
from engine.services.context import Context
from engine.services.dmn_imports import gather as imports_of
from engine.services.registry import answers
from engine.services.sources import gather
from engine.store import models, queries, rules


@answers(ListRules)
def list_rules(ctx: Context, ask: ListRules) -> Page[RulesRow]:
    """The newest version of each model with the number of processes and instances that ask it."""
    ensure(ask.by, Right.MODEL_READ)
    words = ask.search.casefold().split()
    rows = [row for row in rules.newest(ctx.conn) if _matches(row, words)]
    start = queries.unseal(ask.cursor, [int])[0] if ask.cursor else 0
    limit = max(1, min(ask.limit, queries.MOST))
    shown = rows[start : start + limit]
    following = queries.seal([start + limit]) if len(rows) > start + limit else None
    askers = Askers.read(ctx)
    tags = rules.tags(ctx.conn, [row.id for row in shown])
    items = [row_of(ctx, row, tags.get(row.id), uses_of(ctx, row.provides, askers)) for row in shown]
    return Page(tuple(items), following, total=len(rows))


@answers(GetRules)
def get_rules(ctx: Context, ask: GetRules) -> RulesView:
    """One version with what it is tried with, who asks it, and all versions."""
    ensure(ask.by, Right.MODEL_READ)
    rows = versions_of(ctx, ask.key)
    row = pick(rows, ask.key, ask.version)
    tags = rules.tags(ctx.conn, [each.id for each in rows])
    uses = uses_of(ctx, rows[0].provides)
    model = ctx.library.rules(ctx.conn, row.id).model
    return RulesView(
        row=row_of(ctx, row, tags.get(row.id), uses),
        newest=rows[0].version,
        decisions=described(model),
        uses=uses,
        versions=tuple(row_of(ctx, each, tags.get(each.id)) for each in rows),
    )


@answers(GetRulesText)
def get_text(ctx: Context, ask: GetRulesText) -> bytes:
    """The XML of a version, byte for byte."""
    ensure(ask.by, Right.MODEL_READ)
    return rules.content(ctx.conn, pick(versions_of(ctx, ask.key), ask.key, ask.version).id)


@answers(DescribeRules)
def describe(ctx: Context, ask: DescribeRules) -> tuple[RulesDecision, ...]:
    """The decisions of an unsaved text. Raises ``Refused`` CRM-150 if it is no DMN at all."""
    ensure(ask.by, Right.MODEL_READ)
    return described(read(ctx, ask.xml))


def read(ctx: Context, xml: bytes) -> Model:
    """An unsaved text with what it imports; parts that do not work yet give null. Raises ``Refused`` CRM-150."""
    (found,) = imports_of(ctx, [FileIn("rules.dmn", xml)])
    return Model.load(xml, imports=[one.content for one in found], strict=False)


def described(model: Model) -> tuple[RulesDecision, ...]:
    """Every decision of a model with its fields, in the order they are drawn."""
    made = []
    for info in {info.id: info for info in model.decisions.values()}.values():
        if info.kind != "bkm":
            fields = (
                RulesField(f.path, f.label, f.kind, f.choices, f.closed, f.assumed)
                for f in Sheet(model, info.id).fields
            )
            made.append(RulesDecision(info.id, info.name, info.kind, tuple(fields)))
    return tuple(made)


def versions_of(ctx: Context, key: str) -> list[Any]:
    """All versions of a model, newest first. Raises ``NotFound`` CRM-415."""
    rows = rules.versions(ctx.conn, key)
    if not rows:
        raise NotFound("CRM-415", f"There are no rules '{key}'.", fix="Look them up in the list, or deploy a DMN file.")
    return rows


def pick(rows: list[Any], key: str, version: int | None) -> Any:
    """One of the versions, or the newest. Raises ``NotFound`` CRM-416."""
    if version is None:
        return rows[0]
    found = next((row for row in rows if row.version == version), None)
    if found is None:
        raise NotFound(
            "CRM-416", f"The rules '{key}' have no version {version}.", fix=f"The newest is {rows[0].version}."
        )
    return found


def row_of(ctx: Context, row: Any, tags: dict[str, str] | None, uses: tuple[RulesUse, ...] = ()) -> RulesRow:
    """A version as people see it."""
    running = {use.definition_id: use.running for use in uses}
    return RulesRow(
        id=row.id,
        key=row.key,
        version=row.version,
        name=row.name,
        hash=row.hash,
        deployed_at=row.deployed_at,
        deployed_by=row.deployed_by,
        decisions=tuple(row.provides),
        findings=row.findings if row.findings is not None else _counted(ctx, row.id),
        reason=row.reason,
        tags=tags or {},
        definitions=len({use.definition_key for use in uses}),
        running=sum(running.values()),
        labels=row.labels or {},
    )


@dataclass(frozen=True, slots=True)
class Askers:
    """Versions of processes that run or may be started, and by id also those they call."""

    rows: list[Any]
    infos: dict[str, Any]

    @classmethod
    def read(cls, ctx: Context) -> Askers:
        """At most two statements."""
        rows = rules.users(ctx.conn)
        infos = {row.id: row for row in rows}
        missing = {called for row in rows if row.running for called in row.pins["calls"].values()} - infos.keys()
        return cls(rows, infos | {row.id: row for row in models.definitions(ctx.conn, missing)})


def uses_of(ctx: Context, names: Iterable[str], askers: Askers | None = None) -> tuple[RulesUse, ...]:
    """Every place of a version of a process that runs or may be started, and asks one of these decisions.

    A called process runs within its caller's instances: their numbers stand at the caller. With ``askers`` at hand
    (for a list) nothing more is read, and the version that decides is left out.
    """
    wanted = set(names)
    found = askers or Askers.read(ctx)
    rows, infos = found.rows, found.infos
    known: dict[tuple[str, ...], int | None] = {}
    uses = []
    for row in rows:
        within = [infos[called] for called in row.pins["calls"].values() if called in infos] if row.running else []
        for drawn in (row, *within):
            for element, decision, binding, tag in drawn.info.get("links", ()):
                if decision in wanted:
                    text = drawn.info["elements"].get(element, {}).get("name") or ""
                    key = (decision, binding, tag, row.pins["decisions"].get(decision, ""))
                    if key not in known:
                        known[key] = None if askers else _decides(ctx, row, decision, binding, tag)
                    uses.append(
                        RulesUse(
                            row.id, row.key, row.name, row.version, row.state, text, decision, binding, tag,
                            known[key], row.running, binding == "latest",
                        )
                    )  # fmt: skip
    return tuple(uses)


def _decides(ctx: Context, row: Any, decision: str, binding: str, tag: str) -> int | None:
    """The version of the rules that decides there."""
    if binding in ("latest", "versionTag"):
        found = rules.latest(ctx.conn, decision) if binding == "latest" else rules.tagged(ctx.conn, decision, tag)
        return found[2] if found else None
    pinned = row.pins["decisions"].get(decision)
    return ctx.library.rules(ctx.conn, pinned).version if pinned else None


def _matches(row: Any, words: list[str]) -> bool:
    labels = (text for texts in (row.labels or {}).values() for text in texts.values())
    text = " ".join([row.key, row.name, *row.provides, *labels]).casefold()
    return all(word in text for word in words)


def _counted(ctx: Context, resource_id: str) -> dict[str, int]:
    """Findings of a version that was deployed before they were noted."""
    found = gather(ctx, [FileIn("rules.dmn", rules.content(ctx.conn, resource_id))]).findings
    return dict(Counter(finding.severity.value for finding in found))
