"""Variables at run time: one store per scope, what an expression sees, and what may be stored.

Chain of a token: its own locals, its scope, the locals of the sub-process it is in, that one's scope …, up to
the process or the call activity; then ``instance``. A variable that is a ``RecordRef`` is seen as the
record's present fields; only the reference is ever stored, so that no personal data enters instance state.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from engine.bpmn.specs.base import Token, deep_set
from engine.domain.errors import RunError
from engine.domain.values import RecordRef

_PLAIN = frozenset({type(None), bool, int, float, str, Decimal, date, datetime, time, timedelta, RecordRef})
_DEEPEST = 64
MISSING: Any = object()  # no such variable
#: Classes of FEEL's own temporal values; the codec registers them.
STORED: set[type] = set()


class RecordView(Mapping[str, Any]):
    """A CRM record as FEEL sees it: its fields and relations, loaded at first use, with ``id`` and ``kind``."""

    __slots__ = ("_fields", "_load", "ref")

    def __init__(self, ref: RecordRef, load: Callable[[RecordRef], Mapping[str, Any]]) -> None:
        self.ref = ref
        self._load = load
        self._fields: Mapping[str, Any] | None = None

    def _all(self) -> Mapping[str, Any]:
        if self._fields is None:
            self._fields = {**self._load(self.ref), "id": self.ref.id, "kind": self.ref.kind}
        return self._fields

    def __getitem__(self, name: str) -> Any:
        if name == "id":
            return self.ref.id
        value = self.ref.kind if name == "kind" else self._all()[name]
        # A relation leads on to the other record's fields.
        return RecordView(value, self._load) if type(value) is RecordRef else value

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())

    def __eq__(self, other: object) -> bool:
        if isinstance(other, RecordView):
            return self.ref == other.ref
        return isinstance(other, Mapping) and dict(self) == dict(other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"RecordView({self.ref.kind} {self.ref.id})"


class View(Mapping[str, Any]):
    """The variables a token sees, innermost first, with records resolved."""

    __slots__ = ("_layers", "_resolve")

    def __init__(self, layers: Sequence[Mapping[str, Any]], resolve: Callable[[RecordRef], RecordView]) -> None:
        self._layers = layers
        self._resolve = resolve

    def __getitem__(self, name: str) -> Any:
        for layer in self._layers:
            if name in layer:
                value = layer[name]
                kind = type(value)
                if kind is RecordRef:
                    return self._resolve(value)
                if kind is list or kind is dict:
                    return seen(value, self._resolve)
                return value
        raise KeyError(name)

    def __contains__(self, name: object) -> bool:
        return any(name in layer for layer in self._layers)

    def __iter__(self) -> Iterator[str]:
        found: set[str] = set()
        for layer in self._layers:
            for name in layer:
                if name not in found:
                    found.add(name)
                    yield name

    def __len__(self) -> int:
        return len({name for layer in self._layers for name in layer})

    def raw(self) -> dict[str, Any]:
        """The variables as stored: records stay references."""
        merged: dict[str, Any] = {}
        for layer in reversed(self._layers):
            merged.update(layer)
        return merged


def seen(value: Any, resolve: Callable[[RecordRef], RecordView]) -> Any:
    """A stored list or context with the records in it resolved; itself where there are none."""
    kind = type(value)
    if kind is RecordRef:
        return resolve(value)
    if kind is list:
        items = [seen(item, resolve) for item in value]
        return items if any(a is not b for a, b in zip(items, value, strict=True)) else value
    if kind is dict:
        pairs = {name: seen(item, resolve) for name, item in value.items()}
        return pairs if any(pairs[name] is not value[name] for name in value) else value
    return value


def stored(value: Any, name: str = "value", deep: int = 0) -> Any:
    """A value as it may be stored: copied, records as references, contexts as dicts, sequences as lists.

    Raises ``RunError`` CRM-615 for what cannot be stored (functions, ranges, more than 64 levels).
    """
    kind = type(value)
    if kind in _PLAIN or kind in STORED:
        return value
    if kind is RecordView:
        return value.ref
    if deep < _DEEPEST:
        if isinstance(value, Mapping):
            return {str(key): stored(item, name, deep + 1) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [stored(item, name, deep + 1) for item in value]
        for plain in (str, int, float, Decimal, datetime, date, timedelta):
            if isinstance(value, plain):
                return value
        what = f"a {kind.__name__} cannot be a variable"
    else:
        what = f"it is nested more than {_DEEPEST} levels deep"
    raise RunError(
        "CRM-615", f"'{name}' cannot be stored: {what}.", fix="Store texts, numbers, times, lists or contexts."
    )


def holds_record(value: Any) -> bool:
    """Whether a stored value is a record, or a list or context with one in it."""
    if isinstance(value, Mapping):
        return any(holds_record(item) for item in value.values())
    return isinstance(value, RecordRef) or (isinstance(value, list) and any(holds_record(item) for item in value))


def layers(token: Token, extra: Mapping[str, Any] | None = None) -> list[Mapping[str, Any]]:
    """The stores a token sees, innermost first."""
    chain: list[Mapping[str, Any]] = [] if extra is None else [extra]
    scope = token.workflow
    if token.data:
        chain.append(token.data)
    while True:
        chain.append(scope.data)
        host = scope.host
        if host is None or scope.called:
            break
        if host.data:
            chain.append(host.data)
        scope = host.workflow
    chain.append(scope.top_workflow.base)
    return chain


def assign(scope: Any, path: str, value: Any) -> tuple[dict[str, Any], Any]:
    """Set a variable where it is already known, from ``scope`` outwards, else in the process itself.

    Returns the store that holds it now, and what it was before (``MISSING``: there was none).
    """
    names = path.split(".")
    home = scope
    while names[0] not in home.data:
        host = home.host
        if host is None or home.called:
            break
        if names[0] in host.data:
            before = host.data[names[0]]
            deep_set(host.data, names, stored(value, path))
            return host.data, before
        home = host.workflow
    before = home.data.get(names[0], MISSING)
    deep_set(home.data, names, stored(value, path))
    home.written.add(names[0])
    return home.data, before
