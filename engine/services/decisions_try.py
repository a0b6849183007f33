"""Trying rules: decide for given inputs, check the tables with examples, and take decisions that cases have made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from engine import feel
from engine.dmn import Model, check_model, tree
from engine.dmn.compare import compare
from engine.dmn.sheet import Sheet
from engine.domain.access import Right, ensure
from engine.domain.errors import Refused
from engine.domain.rules import CheckRules, CompareRules, Decide, Decided, ListCases, RulesCase
from engine.domain.values import Finding
from engine.services.context import Context
from engine.services.decisions import pick, read, versions_of
from engine.services.edges import outward
from engine.services.registry import answers
from engine.services.sight import discreet
from engine.store import rules

_LOOKED_AT = 300  # newest instances searched for decisions


@answers(Decide)
def try_out(ctx: Context, ask: Decide) -> Decided:
    """Decide, and tell why. Raises ``NotFound`` CRM-520, ``ExpressionError`` CRM-51x."""
    ensure(ask.by, Right.MODEL_READ)
    model = _model(ctx, ask.key, ask.version, ask.xml)
    if ask.decision in model.decisions:
        inputs, assumed = Sheet(model, ask.decision).scope(ask.inputs)
    else:
        inputs, assumed = feel.from_json(dict(ask.inputs)), {}
    outcome = model.decide(ask.decision, inputs, assumed)
    return Decided(ask.decision, outcome.json, outcome.trace, outcome.problems)


@answers(CheckRules)
def check(ctx: Context, ask: CheckRules) -> tuple[Finding, ...]:
    """Everything found in a version or an unsaved text, gaps and overlaps with an example to try."""
    ensure(ask.by, Right.MODEL_READ)
    try:
        model = _model(ctx, ask.key, ask.version, ask.xml)
    except Refused as refused:
        return refused.findings
    return tuple(_tried(model, finding) for finding in (*model.findings, *check_model(model)))


@answers(CompareRules)
def compare_rules(ctx: Context, ask: CompareRules) -> tuple[Mapping[str, Any], ...]:
    """Two versions of one model, element by element."""
    ensure(ask.by, Right.MODEL_READ)
    rows = versions_of(ctx, ask.key)
    before, after = (pick(rows, ask.key, number) for number in (ask.before, ask.after))
    return compare_rows(ctx, before.id, ctx.library.rules(ctx.conn, after.id).model)


def compare_rows(ctx: Context, before: str, after: Model) -> tuple[Mapping[str, Any], ...]:
    """A published version beside another model."""
    old = ctx.library.rules(ctx.conn, before).model
    return tuple(compare(old.graph.tree, after.graph.tree))


@answers(ListCases)
def list_cases(ctx: Context, ask: ListCases) -> tuple[RulesCase, ...]:
    """What instances asked of this model, newest first: steps from history, choices of a variant from the start."""
    ensure(ask.by, Right.INSTANCE_READ)
    rows = versions_of(ctx, ask.key)
    names = {ask.decision} if ask.decision else set(rows[0].provides)
    users = {row.id: row for row in rules.users(ctx.conn) if _asks(row, names)}
    instances = {row.id: row for row in rules.recent(ctx.conn, list(users), _LOOKED_AT)}
    found = []
    for at, row, step, detail in _decisions(ctx, instances):
        if detail.get("decision") in names and detail.get("rules", ask.key) == ask.key:
            model = ctx.library.rules(ctx.conn, _version(rows, detail.get("rules_version")).id).model
            given, lost, output = _given(model, discreet(ctx, detail, ask.by))
            process = users[row.definition_id].name
            found.append(
                RulesCase(
                    row.id, row.business_key, process, step, at, detail["decision"], detail.get("rules_version"),
                    given, lost, output,
                )
            )  # fmt: skip
    return tuple(sorted(found, key=lambda case: case.at, reverse=True)[: ask.limit])


def _model(ctx: Context, key: str, version: int | None, xml: bytes | None) -> Model:
    if xml is not None:
        return read(ctx, xml)
    return ctx.library.rules(ctx.conn, pick(versions_of(ctx, key), key, version).id).model


def _tried(model: Model, finding: Finding) -> Finding:
    """The finding with its example as values of the decision's fields."""
    example, place = finding.params.get("example"), finding.params.get("table")
    found = _table(model, place, finding.params.get("decision"))
    if not example or found is None:
        return finding
    decision, box = found
    given, lost = Sheet(model, decision).unfold(box, example)
    return replace(finding, params={**finding.params, "decision_id": decision, "given": given, "lost": list(lost)})


def _table(model: Model, table: Any, owner: Any) -> tuple[str, tree.Table] | None:
    """(decision, table) by the table's id and the name of its decision."""
    for key, element in model.graph.tree.elements.items():
        logic = getattr(element, "logic", None)
        same = isinstance(logic, tree.Table) and logic.id == table and (table or element.name == owner)
        if isinstance(element, tree.Decision) and isinstance(logic, tree.Table) and same:
            return key, logic
    return None


# --- cases -----------------------------------------------------------------------------------------


def _asks(row: Any, names: set[str]) -> bool:
    return bool(names & set(row.pins["decisions"])) or any(link[1] in names for link in row.info.get("links", ()))


def _decisions(ctx: Context, instances: dict[str, Any]) -> Iterator[tuple[Any, Any, str, Mapping[str, Any]]]:
    """(when, instance, step, what was kept) of every decision made in some instances."""
    for row in rules.decided(ctx.conn, list(instances), _LOOKED_AT):
        yield row.ended_at, instances[row.instance_id], row.name or row.element_id, row.detail
    for row in instances.values():
        if row.choice:
            yield row.started_at, row, "", row.choice


def _version(rows: list[Any], number: int | None) -> Any:
    return next((row for row in rows if row.version == number), rows[0])


def _given(model: Model, detail: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[str, ...], Any]:
    """(values by path, labels lost, result) of a stored trace; what other decisions gave is decided again."""
    decision = detail["decision"]
    if decision not in model.decisions:
        return {}, (), None
    sheet = Sheet(model, decision)
    own = {field.path for field in sheet.fields if not field.assumed}
    given: dict[str, Any] = {}
    lost: dict[str, None] = {}
    output = None
    for step in detail.get("trace") or ():
        found = _table(model, step.get("table"), step.get("decision"))
        if found is None:
            continue
        held = {one["label"]: one["value"] for one in step.get("inputs", ())}
        values, missing = sheet.unfold(found[1], held)
        given |= {path: value for path, value in values.items() if path in own and given.get(path) is None}
        lost |= dict.fromkeys(missing)
        output = step.get("output")
    return dict(outward(given)), tuple(lost), outward(output)
