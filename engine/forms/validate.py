"""Validates a form's data against its fields, with our FEEL for conditions, limits and choices.

Sees what the browser sees: an expression reads the variables, the form's data over them, and inside a repeating list
the entry's own values over those, with ``this``, ``parent`` and ``i`` (positions from 1, outermost first).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from engine import feel
from engine.forms.contact import is_email, is_phone
from engine.forms.load import choices
from engine.forms.schema import Field, Rule
from engine.forms.texts import complaint
from engine.forms.values import LIST_LIMIT, Misfit, fit, is_empty, show

MISSING: Any = object()
#: What JavaScript's ``trim`` removes.
_BLANK = (
    " \t\n\v\f\r\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\ufeff"
)


def undeclared(fields: Sequence[Field], data: Mapping[str, Any]) -> list[str]:
    """Paths of data that no field declares."""
    found: list[str] = []
    _strange(_shape(fields), data, "", found)
    return found


def _shape(fields: Sequence[Field]) -> dict[str, Any]:
    """Declared names: None for a value, a dict for a group, [dict] for a repeating list."""
    shape: dict[str, Any] = {}
    for field in fields:
        here = shape
        if field.keyed or field.repeats:
            if not field.path:
                continue
            for name in field.path[:-1]:
                here = _inner(here, name)
            inner = [_shape(field.fields)] if field.repeats else None
            here.setdefault(field.path[-1], inner)
        elif field.fields:
            for name in field.path:
                here = _inner(here, name)
            _join(here, _shape(field.fields))
    return shape


def _inner(shape: dict[str, Any], name: str) -> dict[str, Any]:
    found = shape.get(name)
    if not isinstance(found, dict):
        found = shape[name] = {}
    return found


def _join(shape: dict[str, Any], more: dict[str, Any]) -> None:
    for name, inner in more.items():
        if isinstance(inner, dict) and isinstance(shape.get(name), dict):
            _join(shape[name], inner)
        else:
            shape.setdefault(name, inner)


def _strange(shape: dict[str, Any], data: Mapping[Any, Any], where: str, found: list[str]) -> None:
    for name, value in data.items():
        path = f"{where}.{name}" if where else str(name)
        if name not in shape:
            found.append(path)
        elif isinstance(shape[name], dict) and isinstance(value, Mapping):
            _strange(shape[name], value, path, found)
        elif isinstance(shape[name], list) and isinstance(value, list):
            for number, item in enumerate(value[: LIST_LIMIT + 1]):
                if isinstance(item, Mapping):
                    _strange(shape[name][0], item, f"{path}[{number}]", found)


def get(data: Any, path: Sequence[str]) -> Any:
    """The value at a path; MISSING when there is none."""
    for name in path:
        if not isinstance(data, Mapping) or name not in data:
            return MISSING
        data = data[name]
    return data


def put(data: dict[str, Any], path: Sequence[str], value: Any) -> None:
    """Set the value at a path, making the groups on the way."""
    for name in path[:-1]:
        inner = data.get(name)
        if not isinstance(inner, dict):
            inner = data[name] = {}
        data = inner
    data[path[-1]] = value


class Place:
    """Where the walk is: the data, output and variables here, and what expressions see."""

    __slots__ = ("base", "data", "indexes", "old", "out", "parent", "where")

    def __init__(
        self,
        base: Mapping[str, Any],
        data: Mapping[str, Any],
        out: dict[str, Any],
        old: Any,
        where: str = "",
        parent: Any = None,
        indexes: tuple[int, ...] = (),
    ) -> None:
        self.base = base
        self.data = data
        self.out = out
        self.old = old
        self.where = where
        self.parent = parent
        self.indexes = indexes

    def scope(self) -> dict[str, Any]:
        """What an expression sees here."""
        scope = {**self.base, **self.data}
        scope["this"] = self.data
        scope["parent"] = self.parent
        scope["i"] = list(self.indexes)
        return scope

    def path(self, path: Sequence[str]) -> str:
        return ".".join(([self.where] if self.where else []) + list(path))


class Validation:
    """One validation; ``complaints`` by field path when it is over."""

    def __init__(self, locale: str) -> None:
        self.locale = locale
        self.complaints: dict[str, list[str]] = {}

    def complain(self, where: str, key: str, **values: Any) -> None:
        self.complaints.setdefault(where, []).append(complaint(key, self.locale, **values))

    def walk(self, fields: Sequence[Field], place: Place, prefix: tuple[str, ...] = ()) -> None:
        """Validate the fields of one level; ``prefix`` is the path of groups around them."""
        for field in fields:
            if self._hidden(field.hide, place):
                continue
            path = prefix + field.path
            if field.repeats:
                self._list(field, path, place)
            elif field.fields or field.type in ("group", "dynamiclist", "default"):
                value = get(place.data, path) if field.path else {}
                if value is MISSING or value is None or isinstance(value, Mapping):
                    self.walk(field.fields, place, path)
                else:
                    self.complain(place.path(path), "object")
            elif field.keyed:
                self._field(field, path, place)

    def _hidden(self, rule: Rule, place: Place) -> bool:
        """form-js tests "nothing" with the condition: null hides as well as true (see ``load.unary``)."""
        if rule.program is None:
            return rule.fixed
        value = rule.program.evaluate(place.scope())
        return (value is True or value is None) != rule.negated

    def _true(self, rule: Rule, place: Place) -> bool:
        if rule.program is not None:
            return rule.program.evaluate(place.scope()) is True
        return rule.fixed

    def _field(self, field: Field, path: tuple[str, ...], place: Place) -> None:
        old = get(place.old, path)
        if field.type == "expression":
            value = feel.to_json(field.program.evaluate(place.scope())) if field.program else None
            put(place.out, path, value)
            return
        if self._true(field.readonly, place):
            if place.indexes and old is not MISSING:
                put(place.out, path, old)  # entries of lists are replaced as a whole
            return
        value = get(place.data, path)
        given = value is not MISSING
        if not given:
            value = old
        if value is MISSING:
            value = field.raw.get("defaultValue")
            given = value is not None
        where = place.path(path)
        try:
            value = fit(field, value, self._choices(field, place) if not is_empty(value) else ())
        except Misfit as misfit:
            if given:
                self.complain(where, misfit.key, **misfit.values)
                return
            value = None  # a variable of another shape is no answer
        self._rules(field, value, where, place)
        if given:
            put(place.out, path, value)

    def _choices(self, field: Field, place: Place) -> Sequence[Any]:
        if field.options_program is not None:
            return tuple(choices(feel.to_json(field.options_program.evaluate(place.scope()))))
        if field.options_key:
            found = get(place.data, field.options_key)
            return tuple(choices(found if found is not MISSING else get(place.base, field.options_key)))
        return field.options or ()

    def _list(self, field: Field, path: tuple[str, ...], place: Place) -> None:
        value = get(place.data, path)
        where = place.path(path)
        if value is MISSING:
            return
        if value is None:
            put(place.out, path, [])
            return
        if not isinstance(value, list):
            self.complain(where, "list")
            return
        if len(value) > LIST_LIMIT:
            self.complain(where, "too_many", limit=LIST_LIMIT)
            return
        before = get(place.old, path)
        base = {**place.base, **place.data}
        made: list[dict[str, Any]] = []
        for number, item in enumerate(value):
            here = f"{where}[{number}]"
            item = {} if item is None else item  # the browser sends null where all of an entry is hidden
            if not isinstance(item, Mapping):
                self.complain(here, "object")
                continue
            old = before[number] if isinstance(before, list) and number < len(before) else {}
            out: dict[str, Any] = {}
            indexes = (*place.indexes, number + 1)
            self.walk(field.fields, Place(base, item, out, old, here, place.data, indexes))
            made.append(out)
        put(place.out, path, made)

    # --- rules ----------------------------------------------------------------------------------------

    def _rules(self, field: Field, value: Any, where: str, place: Place) -> None:
        rules = field.validate
        if rules.get("required") is True and (is_empty(value) or (field.type == "checkbox" and value is False)):
            self.complain(where, "required")
        if is_empty(value):
            return
        if field.type == "number":
            self._range(rules, value, where, place)
        elif isinstance(value, str) and field.type in ("textfield", "textarea"):
            self._text(field, value, where, place)
        elif field.type == "datetime" and field.raw.get("disallowPassedDates") is True:
            today = feel.to_json(feel.evaluate("today()"))
            if isinstance(value, str) and field.raw.get("subtype") != "time" and value[:10] < str(today):
                self.complain(where, "passed")

    def _limit(self, rules: Mapping[str, Any], name: str, place: Place) -> Decimal | None:
        limit = rules.get(name)
        if isinstance(limit, feel.Program):
            limit = limit.evaluate(place.scope())
        if isinstance(limit, bool) or not isinstance(limit, (int, float, Decimal)):
            return None
        return Decimal(str(limit))

    def _range(self, rules: Mapping[str, Any], value: Any, where: str, place: Place) -> None:
        exact = Decimal(str(value))
        low, high = self._limit(rules, "min", place), self._limit(rules, "max", place)
        if low is not None and exact < low:
            self.complain(where, "min", limit=low)
        if high is not None and exact > high:
            self.complain(where, "max", limit=high)

    def _text(self, field: Field, value: str, where: str, place: Place) -> None:
        rules = field.validate
        if field.pattern is not None and not field.pattern(value):
            own = rules.get("patternErrorMessage")
            if own:
                self.complaints.setdefault(where, []).append(str(own))
            else:
                self.complain(where, "pattern", pattern=rules.get("pattern"))
        length = Decimal(len(value.strip(_BLANK).encode("utf-16-le", "surrogatepass")) // 2)
        low, high = self._limit(rules, "minLength", place), self._limit(rules, "maxLength", place)
        if low is not None and length < low:
            self.complain(where, "min_length", limit=low)
        if high is not None and length > high:
            self.complain(where, "max_length", limit=high)
        kind = rules.get("validationType")
        if kind == "phone" and not is_phone(value):
            self.complain(where, "phone")
        if kind == "email" and not is_email(value):
            self.complain(where, "email")


__all__ = ["MISSING", "Place", "Validation", "get", "put", "show", "undeclared"]
