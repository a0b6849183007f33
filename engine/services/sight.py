"""Who sees which records and which of their fields: own, team, territory or all, by role, as a kind declares.

``records.yaml``: ``see: {employee: team}`` (a role that is not named sees all) and, at a field, ``hidden: [employee]``.
Who has several roles sees what the widest of them sees. Working a task about a record is a reason to see it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, and_, false, literal, or_, select

from engine.bpmn.runtime_vars import RecordView
from engine.domain.access import Actor
from engine.domain.errors import Forbidden, Hidden, NotFound
from engine.domain.records import Kind
from engine.domain.values import RecordRef, RecordRow
from engine.services.context import Context
from engine.services.edges import outward
from engine.services.kinds import kinds
from engine.store.tables import membership, record
from engine.store.tables_people import person
from engine.store.types import field_text


def scope_of(kind: Kind, by: Actor) -> str:
    """The widest scope of the actor's roles: own, team, territory or all."""
    if by.is_system:
        return "all"
    scopes = {kind.see.get(role.value, "all") for role in by.roles}
    return next((scope for scope in ("all", "territory", "team", "own") if scope in scopes), "all")


def hidden_from(kind: Kind, by: Actor) -> frozenset[str]:
    """Keys of the fields that all of the actor's roles hide."""
    if by.is_system or not by.roles:
        return frozenset()
    roles = {role.value for role in by.roles}
    return frozenset(field.key for field in kind.fields if field.hidden and roles <= set(field.hidden))


def within(ctx: Context, by: Actor) -> ColumnElement[bool] | None:
    """The condition under which ``by`` sees a row of ``record``; None: all of them, as without any declaration."""
    limited = {kind.key: scope for kind in kinds(ctx.packs).values() if (scope := scope_of(kind, by)) != "all"}
    if not limited:
        return None
    parts = [and_(record.c.kind == key, _in_scope(ctx, key, scope, by)) for key, scope in limited.items()]
    return or_(record.c.kind.not_in(sorted(limited)), *parts)


def ensure_seen(ctx: Context, record_id: str, by: Actor) -> None:
    """Raise ``NotFound`` CRM-410, as for a record that does not exist, unless ``by`` sees it."""
    condition = within(ctx, by)
    if condition is None:
        return
    if ctx.conn.scalar(select(record.c.id).where(record.c.id == record_id, condition)) is None:
        if ctx.conn.scalar(select(record.c.id).where(record.c.id == record_id)) is not None:
            raise Hidden("CRM-410", f"There is no record '{record_id}'.", fix="Look it up in the list of records.")
        raise NotFound("CRM-410", f"There is no record '{record_id}'.", fix="Look it up in the list of records.")


def ensure_may_write(kind: Kind, data: Mapping[str, Any], by: Actor) -> None:
    """Raise ``Forbidden`` CRM-317 for fields that are hidden from the actor."""
    hidden = sorted(hidden_from(kind, by) & data.keys())
    if hidden:
        raise Forbidden(
            "CRM-317",
            f"'{by.id}' may not change '{hidden[0]}' of a {kind.key}: it is hidden from their roles.",
            fix="Leave it out, or ask an administrator.",
        )


def veiled(ctx: Context, row: RecordRow, by: Actor) -> RecordRow:
    """The row without hidden fields, and without links to records that ``by`` does not see."""
    kind = kinds(ctx.packs).get(row.kind)
    hidden = hidden_from(kind, by) if kind is not None else frozenset()
    if hidden:
        row = replace(row, data={key: value for key, value in row.data.items() if key not in hidden})
    condition = within(ctx, by) if row.links else None
    if condition is None:
        return row
    ids = [link.id for link in row.links]
    seen = set(ctx.conn.scalars(select(record.c.id).where(record.c.id.in_(ids), condition)))
    return replace(row, links=tuple(link for link in row.links if link.id in seen))


def named_in(ctx: Context, scope: Mapping[str, Any], paths: Iterable[Sequence[str]], by: Actor) -> dict[str, Any]:
    """What these paths name in ``scope``, as JSON: of records only the fields named, and none that is hidden.

    Relations are followed where a path does; a path that ends at a record shows its own fields.
    """
    further: dict[str, list[Sequence[str]]] = {}
    for path in paths:
        further.setdefault(path[0], []).append(path[1:])
    out: dict[str, Any] = {}
    for name, rest in further.items():
        if name not in scope:
            continue
        value, deeper = scope[name], [path for path in rest if path]
        if not isinstance(value, RecordView) or len(deeper) < len(rest):
            out[name] = _shown(ctx, value, by)
        if deeper and isinstance(value, RecordView):
            seen = without_hidden(ctx, value.ref, value, by)
            out[name] = {**out.get(name, {}), **named_in(ctx, seen, deeper, by)}
    return out


def without_hidden(ctx: Context, ref: RecordRef, data: Mapping[str, Any], by: Actor) -> Mapping[str, Any]:
    """Fields of a record without those hidden from ``by``; relations stay as they are."""
    kind = kinds(ctx.packs).get(ref.kind)
    hidden = hidden_from(kind, by) if kind is not None else frozenset()
    return {name: data[name] for name in data if name not in hidden} if hidden else data


def hidden_names(ctx: Context, by: Actor) -> frozenset[str]:
    """Keys of the fields of any kind that are hidden from ``by``."""
    return frozenset().union(*(hidden_from(kind, by) for kind in kinds(ctx.packs).values()))


def discreet(ctx: Context, told: Any, by: Actor) -> Any:
    """A stored explanation without what its tables read of fields that are hidden from ``by``: values and tests."""
    hidden = hidden_names(ctx, by)
    return _without(told, re.compile(rf"\b(?:{'|'.join(map(re.escape, sorted(hidden)))})\b")) if hidden else told


def _without(told: Any, hidden: re.Pattern[str]) -> Any:
    if isinstance(told, (list, tuple)):
        return [_without(each, hidden) for each in told]
    if not isinstance(told, Mapping):
        return told
    rest = {name: _without(value, hidden) for name, value in told.items()}
    steps = told.get("trace") or [told]
    gone = {label for step in steps for label in _veiled(step, hidden)}
    if gone:
        held = told.get("inputs")  # of a table its columns, of a choice what all its tables looked at
        if isinstance(held, Mapping):
            rest["inputs"] = _but(held, gone)
        elif held:
            rest["inputs"] = [each for each in held if each["label"] not in gone]
        parts = ("inputs", "tests")
        if "rules" in told and "table" in told:
            rest["rules"] = [{**rule, **{part: _but(rule.get(part), gone) for part in parts}} for rule in told["rules"]]
    return rest


def _veiled(step: Any, hidden: re.Pattern[str]) -> set[str]:
    """Labels of the columns of a table's step that read something hidden."""
    if not isinstance(step, Mapping) or "table" not in step:
        return set()
    columns = step.get("inputs") or ()
    return {each["label"] for each in columns if hidden.search(f"{each['label']}\n{each.get('text', '')}")}


def _but(values: Mapping[str, Any] | None, gone: Collection[str]) -> dict[str, Any]:
    return {name: value for name, value in (values or {}).items() if name not in gone}


def _shown(ctx: Context, value: Any, by: Actor) -> Any:
    """A variable as JSON; a record as its own fields."""
    if isinstance(value, RecordView):
        fields = without_hidden(ctx, value.ref, value, by)
        own = {name: item for name, item in fields.items() if not isinstance(item, RecordView)}
        return {name: _shown(ctx, item, by) for name, item in own.items()}
    if isinstance(value, Mapping):
        return {str(name): _shown(ctx, item, by) for name, item in value.items()}
    if isinstance(value, list):
        return [_shown(ctx, item, by) for item in value]
    return outward(value)


def _in_scope(ctx: Context, key: str, scope: str, by: Actor) -> ColumnElement[bool]:
    own = record.c.owner == by.id
    if scope == "own":
        return own
    if scope == "team":
        mates = select(membership.c.member).where(membership.c.team.in_(sorted(by.teams)))
        return or_(own, record.c.owner.is_(None), record.c.owner.in_(mates))
    kind = kinds(ctx.packs)[key]
    mine = ctx.conn.scalar(select(person.c.territories).where(person.c.login == by.id)) or []
    where = field_text(record.c.data, literal(kind.territory))
    within = [or_(where == each, where.startswith(f"{each}/", autoescape=True)) for each in mine]
    return or_(own, *within, false())
