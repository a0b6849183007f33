"""Values at the edges: JSON outside, FEEL values and record references inside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine import feel
from engine.domain.errors import Invalid
from engine.domain.values import RecordRef

_MARK = "$record"


def inward(value: Any) -> Any:
    """JSON as people send it → values of variables; ``{"$record": [kind, id]}`` becomes a ``RecordRef``."""
    if isinstance(value, Mapping):
        if _MARK in value:
            return _reference(value[_MARK])
        return {str(key): inward(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [inward(item) for item in value]
    return value


def outward(value: Any) -> Any:
    """Values of variables → JSON; exact numbers and times as FEEL writes them."""
    if isinstance(value, RecordRef):
        return {_MARK: [value.kind, value.id]}
    if isinstance(value, Mapping):
        return {str(key): outward(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [outward(item) for item in value]
    if value is None or isinstance(value, (str, bool, int)):
        return value
    return feel.to_json(value)


def references(values: Mapping[str, Any], but: Mapping[str, Any] | None = None) -> set[RecordRef]:
    """The records that variables refer to, also inside lists; not of those that are the same object in ``but``."""
    found: set[RecordRef] = set()
    for name, value in values.items():
        if but is not None and value is not None and but.get(name) is value:
            continue
        if isinstance(value, RecordRef):
            found.add(value)
        elif isinstance(value, list) and RecordRef in map(type, value):  # a thousand numbers are no records
            found.update(item for item in value if isinstance(item, RecordRef))
    return found


def _reference(pair: Any) -> RecordRef:
    if isinstance(pair, (list, tuple)) and len(pair) == 2 and all(isinstance(part, str) and part for part in pair):
        return RecordRef(pair[0], pair[1])
    raise Invalid("CRM-013", "A record reference is not [kind, id].", fix='Write {"$record": ["lead", "ID"]}.')
