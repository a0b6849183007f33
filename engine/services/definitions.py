"""Questions about definitions: lists with counts, one definition, its XML, its start form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine import forms
from engine.domain.access import Actor, Right, ensure
from engine.domain.errors import NotFound
from engine.domain.questions import GetDefinition, GetModel, GetStartForm, ListDefinitions
from engine.domain.states import DefinitionState, Severity
from engine.domain.values import DefinitionRow, Finding, Page
from engine.i18n import DEFAULT, language
from engine.services.context import Context
from engine.services.registry import answers
from engine.store import models, queries


@answers(ListDefinitions)
def list_definitions(ctx: Context, ask: ListDefinitions) -> Page[DefinitionRow]:
    """Newest version of each key (of the published ones where ``startable``), or all versions of one key."""
    ensure(ask.by, Right.INSTANCE_START if ask.startable else Right.MODEL_READ)
    state = DefinitionState.PUBLISHED if ask.startable else ask.state
    rows, following = queries.definitions(
        ctx.conn, key=ask.key, state=state.value if state else None, limit=ask.limit, cursor=ask.cursor
    )
    counts = queries.definition_counts(ctx.conn, [row.id for row in rows])
    titles = _titles(ctx, rows, ask.by)
    return Page(tuple(row_of(row, counts.get(row.id), titles.get(row.id)) for row in rows), following)


@answers(GetDefinition)
def get_definition(ctx: Context, ask: GetDefinition) -> DefinitionRow:
    """One definition with its findings and counts."""
    ensure(ask.by, Right.MODEL_READ)
    row = _row(ctx, ask.definition_id)
    title = _titles(ctx, [row], ask.by).get(row.id)
    return row_of(row, queries.definition_counts(ctx.conn, [row.id]).get(row.id), title)


@answers(GetModel)
def get_model(ctx: Context, ask: GetModel) -> bytes:
    """The BPMN XML as deployed, byte for byte."""
    ensure(ask.by, Right.MODEL_READ)
    return bytes(_row(ctx, ask.definition_id).xml)


@answers(GetStartForm)
def get_start_form(ctx: Context, ask: GetStartForm) -> Mapping[str, Any]:
    """The pinned start form, or an empty generated one."""
    ensure(ask.by, Right.INSTANCE_START)
    loaded = ctx.library.load(ctx.conn, ask.definition_id)
    form = loaded.forms.get(loaded.info["start_form"] or "")
    locale = language(ask.by.locale)
    if form is None:
        return forms.default_form(f"start-{loaded.key}", loaded.text(loaded.key, loaded.name, locale), ())
    return forms.localise(form.schema, locale)


def _row(ctx: Context, definition_id: str) -> Any:
    row = models.definition(ctx.conn, definition_id)
    if row is None:
        raise NotFound("CRM-401", f"There is no definition '{definition_id}'.", fix="Look it up in the list.")
    return row


def _titles(ctx: Context, rows: Sequence[Any], by: Actor) -> dict[str, str]:
    """Names of definitions in the reader's language, where they are translated."""
    locale = language(by.locale)
    if locale == DEFAULT or not rows:
        return {}
    found = models.labels(ctx.conn, [row.id for row in rows])
    titles = ((row.id, found.get(row.id, {}).get(locale, {}).get(row.key)) for row in rows)
    return {key: title for key, title in titles if title}


def row_of(row: Any, counts: Mapping[str, int] | None = None, title: str | None = None) -> DefinitionRow:
    """A row of ``definition`` as people see it."""
    info = row.info
    return DefinitionRow(
        id=row.id,
        key=row.key,
        version=row.version,
        name=title or row.name,
        state=DefinitionState(row.state),
        hash=row.hash,
        deployed_at=row.deployed_at,
        deployed_by=row.deployed_by,
        owner=info["owner"],
        goal=info["goal"],
        kpi=info["kpi"],
        kind=info["kind"],
        stage=info["stage"],
        version_tag=info["version_tag"],
        variant_of=row.variant_of,
        findings=tuple(_finding(f) for f in row.findings),
        counts=counts or {},
        start_form=info["start_form"],
    )


def finding_json(finding: Finding) -> dict[str, Any]:
    """A finding as JSON; empty fields are left out."""
    fields = {name: getattr(finding, name) for name in Finding.__slots__}
    return {name: value for name, value in fields.items() if value} | {"severity": finding.severity.value}


def _finding(data: Mapping[str, Any]) -> Finding:
    return Finding(**{**data, "severity": Severity(data["severity"])})
