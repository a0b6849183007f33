"""Item definitions: which values a type admits, and the conversions of DMN 1.5, 10.3.2.9.4.

A ``Type`` says whether a value conforms (null always does); ``coerce`` also tries: a list of one for a value, a value
for a list of one, a date for a date and time. What fits neither way is ``MISFIT``; who asks makes it null and says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from engine import feel
from engine.dmn import tree
from engine.domain.errors import ExpressionError
from engine.feel.times import midnight
from engine.feel.values import kind_of

MISFIT: Final = object()

_BASE = {
    "number": "number",
    "string": "string",
    "boolean": "boolean",
    "date": "date",
    "time": "time",
    "date and time": "date and time",
    "dateTime": "date and time",
    "days and time duration": "days and time duration",
    "dayTimeDuration": "days and time duration",
    "years and months duration": "years and months duration",
    "yearMonthDuration": "years and months duration",
    "context": "context",
    "list": "list",
    "function": "function",
    "range": "range",
    # Camunda's modeler offers these too.
    "integer": "number",
    "long": "number",
    "double": "number",
}
_ANY = frozenset({"any", "Any", "null", "Null"})


@dataclass(frozen=True, slots=True)
class Type:
    """A named set of values; ``kind`` is what FEEL calls their type, ``element`` the type of a list's items."""

    name: str
    kind: str
    test: Callable[[Any], bool]
    element: Type | None = None
    result: Type | None = None  # of a function type
    params: tuple[Type | None, ...] = ()
    allowed: Any = None  # the unary tests that narrow it

    def fits(self, value: Any) -> bool:
        """Does the value conform? Null conforms to every type."""
        return value is None or self.test(feel.adopt(value))


def coerce(value: Any, kind: Type | None) -> Any:
    """The value as that type has it, or ``MISFIT``."""
    if kind is None:
        return value
    value = feel.adopt(value)
    if kind.fits(value):
        return value
    if isinstance(value, list) and len(value) == 1 and kind.fits(value[0]):
        return value[0]
    if kind.element is not None and not isinstance(value, list) and kind.element.fits(value):
        return [value]
    if kind.kind == "date and time" and kind_of(value) == "date":
        moment = midnight(value)
        return moment if kind.fits(moment) else MISFIT
    return MISFIT


def basic(name: str) -> Type | None:
    """A type of FEEL itself; None when it is no such name."""
    kind = _BASE.get(name)
    if kind is None:
        return None
    return Type(name, kind, lambda value: kind_of(value) == kind)


class Types:
    """The types of one model, by name; those of imported models as ``import.name``."""

    def __init__(self, items: Iterable[tree.Item], imported: Mapping[str, Types]) -> None:
        self._items = {item.name: item for item in items}
        self._made: dict[str, Type | None] = {}
        self._imported = dict(imported)
        self.problems: list[tuple[str, tree.Item, str]] = []  # code, where, culprit

    def get(self, name: str | None) -> Type | None:
        """The type of that name; None for Any and for names nobody knows (see ``known``)."""
        if not name or name in _ANY:
            return None
        if name not in self._made:
            self._made[name] = None  # a type inside itself is Any there
            self._made[name] = self._find(name)
        return self._made[name]

    def known(self, name: str | None) -> bool:
        return not name or name in _ANY or name in self._items or self.get(name) is not None

    def member_names(self) -> set[str]:
        """Names of all components, for the reading of names with spaces."""
        names: set[str] = set()

        def walk(item: tree.Item) -> None:
            for part in item.parts:
                names.add(part.name)
                walk(part)

        for item in self._items.values():
            walk(item)
        for types in self._imported.values():
            names |= types.member_names()
        return names

    def shape(self, kind: feel.Type) -> feel.Type:
        """FEEL's type with item definitions replaced by what they are made of (allowed values do not count)."""
        item = self._items.get(kind.name)
        if item is not None:
            return self._shape(item, 0)
        for prefix, types in self._imported.items():
            if prefix and kind.name.startswith(prefix + "."):
                return types.shape(feel.Type(kind.name[len(prefix) + 1 :]))
        return feel.Type(kind.name, tuple(self.shape(part) for part in kind.parts), kind.keys)

    def _shape(self, item: tree.Item, depth: int) -> feel.Type:
        if depth > 20:
            return feel.Type("Any")
        if item.parts:
            keys = tuple(part.name for part in item.parts)
            single = feel.Type("context", tuple(self._shape(part, depth + 1) for part in item.parts), keys)
        elif item.function is not None:
            names = (*item.function.params, item.function.result)
            single = feel.Type("function", tuple(self._base(name, depth) for name in names))
        else:
            single = self._base(item.type_ref, depth)
        return feel.Type("list", (single,)) if item.collection else single

    def _base(self, name: str | None, depth: int) -> feel.Type:
        if name in self._items:
            return self._shape(self._items[name], depth + 1)
        return feel.Type(_BASE.get(name or "", "Any"))

    def _find(self, name: str) -> Type | None:
        item = self._items.get(name)
        if item is not None:
            return self._make(item)
        plain = basic(name)
        if plain is not None:
            return plain
        for prefix, types in self._imported.items():
            if not prefix and types.known(name):
                return types.get(name)
            if prefix and name.startswith(prefix + "."):
                return types.get(name[len(prefix) + 1 :])
        return None

    def _make(self, item: tree.Item) -> Type | None:
        single = self._single(item)
        if item.allowed:
            single = self._limited(single, item, item.allowed)
        if not item.collection:
            return self._limited(single, item, item.constraint) if item.constraint else single
        element = single or Type("Any", "Any", lambda value: True)

        def test(value: Any) -> bool:
            return isinstance(value, list) and all(element.fits(one) for one in value)

        many = Type(item.name, "list", test, element=element)
        return self._limited(many, item, item.constraint) if item.constraint else many

    def _single(self, item: tree.Item) -> Type | None:
        if item.function is not None:
            return Type(
                item.name,
                "function",
                lambda value: kind_of(value) == "function",
                result=self.get(item.function.result),
                params=tuple(self.get(p) for p in item.function.params),
            )
        if item.parts:
            return self._structure(item)
        if item.type_ref and not self.known(item.type_ref):
            self.problems.append(("CRM-153", item, item.type_ref))
        return self.get(item.type_ref)

    def _structure(self, item: tree.Item) -> Type:
        parts = tuple((part.name, self._make(part)) for part in item.parts)

        def test(value: Any) -> bool:
            return isinstance(value, Mapping) and all(
                name in value and (kind is None or kind.fits(value[name])) for name, kind in parts
            )

        return Type(item.name, "context", test)

    def _limited(self, base: Type | None, item: tree.Item, text: str) -> Type:
        """The type narrowed by unary tests (allowed values, type constraint)."""
        try:
            program = feel.compile(text, "unary-tests")
        except ExpressionError as error:
            self.problems.append(("CRM-152", item, str(error)))
            return base or Type(item.name, "Any", lambda value: True)

        def test(value: Any) -> bool:
            return (base is None or base.test(value)) and program.test(value, {}) is True

        return Type(
            item.name,
            base.kind if base else "Any",
            test,
            element=base.element if base else None,
            result=base.result if base else None,
            allowed=program,
        )
