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
    told = _told(ctx, rows, ask.by)
    return Page(tuple(row_of(row, counts.get(row.id), told.get(row.id)) for row in rows), following)


@answers(GetDefinition)
def get_definition(ctx: Context, ask: GetDefinition) -> DefinitionRow:
    """One definition with its findings and counts."""
    ensure(ask.by, Right.MODEL_READ)
    row = _row(ctx, ask.definition_id)
    told = _told(ctx, [row], ask.by).get(row.id)
    return row_of(row, queries.definition_counts(ctx.conn, [row.id]).get(row.id), told)


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


def _told(ctx: Context, rows: Sequence[Any], by: Actor) -> dict[str, Mapping[str, str]]:
    """Definition id → its texts in the reader's language, where they are translated."""
    locale = language(by.locale)
    if locale == DEFAULT or not rows:
        return {}
    found = models.labels(ctx.conn, [row.id for row in rows])
    return {key: texts[locale] for key, texts in found.items() if locale in texts}


def row_of(row: Any, counts: Mapping[str, int] | None = None, told: Mapping[str, str] | None = None) -> DefinitionRow:
    """A row of ``definition`` as people see it; ``told`` has its texts in another language (see ``labels``)."""
    info = row.info
    told = told or {}
    return DefinitionRow(
        id=row.id,
        key=row.key,
        version=row.version,
        name=told.get(row.key, row.name),
        state=DefinitionState(row.state),
        hash=row.hash,
        deployed_at=row.deployed_at,
        deployed_by=row.deployed_by,
        owner=info["owner"],
        goal=told.get(f"{row.key}#goal", info["goal"]),
        kpi=told.get(f"{row.key}#kpi", info["kpi"]),
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
