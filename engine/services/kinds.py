"""Kinds of records as the packs declare them (every ``records.yaml`` below processes/), and their computed fields."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from engine import feel
from engine.domain import yamls
from engine.domain.errors import Invalid, NotFound
from engine.domain.records import Field, Kind, kinds_of
from engine.packs import PackFile, Packs


def kinds(packs: Packs) -> Mapping[str, Kind]:
    """All kinds by key. A later pack may add fields, states and kinds; read once per set of folders."""
    return _read(packs.roots)


def kind_of(packs: Packs, key: str) -> Kind:
    """One kind; raises ``NotFound`` CRM-414 naming those there are."""
    known = kinds(packs)
    if key not in known:
        raise NotFound("CRM-414", f"There is no kind of record '{key}'.", fix=f"Known: {', '.join(known)}.")
    return known[key]


@lru_cache(maxsize=16)
def _read(roots: tuple[Path, ...]) -> Mapping[str, Kind]:
    declared: dict[str, Any] = {}
    for found in Packs(":".join(map(str, roots))).files("processes", "records.yaml"):
        for key, body in _declared(found).items():
            declared[key] = _joined(declared.get(key, {}), body)
    return kinds_of({"kinds": declared})


def _declared(file: PackFile) -> dict[str, dict[str, Any]]:
    """The kinds that one ``records.yaml`` declares. Raises ``Invalid`` CRM-030 for what is none."""
    fix = "Write kinds: and below it each kind by its key, as the shipped ones do."
    try:
        found = yamls.load(file.read()) or {}
    except yaml.YAMLError as error:
        raise Invalid("CRM-030", f"'{file.name}' is not YAML: {error}", fix=fix) from error
    kinds = (found.get("kinds") or {}) if isinstance(found, dict) else None
    if not isinstance(kinds, dict) or not all(isinstance(body, dict) for body in kinds.values()):
        raise Invalid("CRM-030", f"'{file.name}' declares no kinds of records.", fix=fix)
    return kinds


def _joined(base: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    merged = {**base, **more}
    for part in ("fields", "states", "relations"):
        if isinstance(base.get(part), Mapping) and isinstance(more.get(part), Mapping):
            merged[part] = {**base[part], **more[part]}
    return merged


def seen(kind: Kind, data: Mapping[str, Any]) -> dict[str, Any]:
    """Stored data as FEEL sees it: every field of the kind, exact; what is empty is null."""
    return {field.key: field.read(data.get(field.key)) for field in kind.fields}


def compute(kind: Kind, data: dict[str, Any]) -> dict[str, Any]:
    """The data with its formulas worked out, in the order of the kind's fields; a null result empties the field."""
    currency = str(data.get("currency") or kind.currency)
    for field in kind.fields:
        if any(part.formula for part in field.fields) and field.key in data:
            data[field.key] = [_line(kind, field, line, data, currency) for line in data[field.key]]
        elif field.formula is not None:
            _set(field, data, feel.evaluate(field.formula, seen(kind, data)), currency)
    return data


def _line(kind: Kind, field: Field, line: Mapping[str, Any], data: Mapping[str, Any], currency: str) -> dict[str, Any]:
    out = dict(line)
    for part in field.fields:
        if part.formula is not None:
            own = {p.key: p.read(out.get(p.key)) for p in field.fields}
            _set(part, out, feel.evaluate(part.formula, {**seen(kind, data), **own}), currency)
    return out


def _set(field: Field, out: dict[str, Any], value: Any, currency: str) -> None:
    empty = value is None or (isinstance(value, Mapping) and value.get("amount") is None)
    if empty:
        out.pop(field.key, None)
    else:
        out[field.key] = field.clean(value, currency)
