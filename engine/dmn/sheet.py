"""What one fills in to try a decision: its inputs field by field with type and choices, and values set into them.

A field is a path (``lead.employees``) that the decision's logic reads; its type comes from the column that tests it,
the model's item definitions or what it is compared with. From what a table's columns held, ``solve`` finds the fields
back, so that a stored decision or a gap of the table check can be tried again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from decimal import Decimal, InvalidOperation
from typing import Any

from engine import feel
from engine.dmn import bridge, tree
from engine.dmn.graph import Graph
from engine.dmn.model import Model
from engine.domain.errors import ExpressionError
from engine.feel import tree as t

_TEMPORAL = {
    "date": "date(text)",
    "time": "time(text)",
    "date and time": "date and time(text)",
    "days and time duration": "duration(text)",
    "years and months duration": "duration(text)",
}
#: Properties of temporal values: ``day.year`` reads the field ``day``.
_PARTS = {"year", "month", "day", "hour", "minute", "second", "weekday", "timezone", "time offset", "days", "hours"}
_PARTS |= {"months", "years", "minutes", "seconds", "value"}
_SUGGESTED = 40  # constants of cells offered as choices


@dataclass(frozen=True, slots=True)
class Field:
    """One value to give. ``kind`` is FEEL's name of its type, ``any`` where it is not known."""

    path: str
    label: str
    kind: str
    choices: tuple[Any, ...] = ()
    closed: bool = False  # nothing but the choices is allowed
    assumed: bool = False  # the result of another decision: decided, unless given


class Sheet:
    """The fields of one decision of a model."""

    def __init__(self, model: Model, decision: str) -> None:
        self.graph: Graph = model.graph
        self.types = {item.name: item for item in self.graph.tree.items}
        self.names = self.graph.builder.members | self.graph.drawn
        self.decisions = {
            e.variable.name: key for key, e in self.graph.tree.elements.items() if isinstance(e, tree.Decision)
        }
        info = model.decisions[decision]
        inner = {n for e in _needed(self.graph, info.id) for n in bridge.inner_names(getattr(e, "logic", None))}
        self.inputs = set(info.inputs) - (inner - self.graph.drawn)
        self.found: dict[str, Field] = {}
        top = self.graph.tree.elements[info.id]
        for element in _needed(self.graph, info.id):
            for table, text, kind, column in _texts(getattr(element, "logic", None)):
                self._read(text, kind, column, table, own=element is top)

    @property
    def fields(self) -> tuple[Field, ...]:
        """What is given first, then what may be assumed; a path that another one goes on from is left out."""
        kept = [f for f in self.found.values() if not any(other.startswith(f.path + ".") for other in self.found)]
        return tuple(sorted(kept, key=lambda f: f.assumed))

    def scope(self, given: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        """(inputs, assumed by decision id) from values by path or name, as JSON; texts become what the type asks."""
        # What is not given is null, not unknown: "no such name" would say nothing to whoever tries.
        inputs: dict[str, Any] = {}
        for field in self.fields:
            if not field.assumed:
                _put(inputs, field.path.split("."), None)
        for path, value in given.items():
            _put(inputs, path.split("."), value)
        for field in self.found.values():
            _change(inputs, field.path.split("."), field.kind)
        inputs = feel.from_json(inputs)
        assumed = {self.decisions[name]: inputs.pop(name) for name in list(inputs) if self._is_decided(name)}
        return inputs, assumed

    def given(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Inputs as JSON, in which a date, a time or a duration can only be a text: one where the type asks for it."""
        inputs = dict(values)
        for field in self.found.values():
            path = field.path.split(".")
            here: Any = inputs
            for name in path:
                here = here.get(name) if isinstance(here, Mapping) else None
            if isinstance(here, str) and field.kind in _TEMPORAL:
                _put(inputs, path, fit(here, field.kind))
        return inputs

    def solve(self, text: str, value: Any) -> tuple[str, Any] | None:
        """(path, value) that makes an expression of one path give ``value``; None if there is no telling."""
        try:
            program = feel.compile(text, names=frozenset(self.names))
        except ExpressionError:
            return None
        paths = _paths(program.tree)
        if len(paths) != 1:
            return None
        (path,) = paths
        if " ".join(text.split()) == path:
            return path, value
        wanted = feel.to_json(value)
        for candidate in (value, "x", 1, True, False, None):
            scope: dict[str, Any] = {}
            _put(scope, path.split("."), candidate)
            if feel.to_json(program.evaluate(feel.from_json(scope))) == wanted:
                return path, candidate
        return None

    def unfold(self, table: tree.Table, held: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
        """(values by path, labels that could not be told) from what the columns held, by label."""
        values: dict[str, Any] = {}
        lost: list[str] = []
        for column in table.inputs:
            label = column.label or column.text
            if label in held:
                solved = self.solve(column.text, held[label])
                if solved is None:
                    lost.append(label)
                elif solved[0] not in values or values[solved[0]] is None:
                    values[solved[0]] = solved[1]
        return values, tuple(lost)

    # --- reading ------------------------------------------------------------------------------------

    def _read(self, text: str, kind: str, column: tree.Column | None, table: tree.Table | None, own: bool) -> None:
        try:
            program = feel.compile(text, kind, names=frozenset(self.names))
        except ExpressionError:
            return
        paths = _paths(program.tree)
        compared = _compared(program.tree)
        # ``if x = null then 0 else x`` is of its column's type, and so is x; ``x != null`` tells nothing of x.
        single = len(paths) == 1 and isinstance(program.tree, (t.Path, t.Name, t.If))
        for path in paths:
            root = path.split(".")[0]
            decided = self._is_decided(root)
            if root not in self.inputs and not (decided and own):
                continue
            made = self._field(path, text, column if single else None, table, compared.get(path), decided)
            old = self.found.get(path)
            if old is None or (old.kind == "any" and made.kind != "any") or (made.choices and not old.choices):
                self.found[path] = made

    def _is_decided(self, name: str) -> bool:
        return name in self.decisions and name not in self.inputs

    def _field(
        self,
        path: str,
        text: str,
        column: tree.Column | None,
        table: tree.Table | None,
        guess: str | None,
        decided: bool,
    ) -> Field:
        item = self._item(path)
        kind = _plain(item.type_ref if item is not None and not item.collection else "list" if item else None)
        exact = column is not None and " ".join(text.split()) == path
        if kind == "any" and column is not None and (exact or guess is None):
            kind = self._base(column.type_ref)
        if kind == "any":
            kind = guess or "any"
        allowed = (column.allowed if exact and column else None) or (item.allowed if item else None)
        listed = bridge.listed(allowed) if allowed else None
        plain = listed is not None and all(isinstance(one, str | bool | Decimal) for one in listed)
        choices = tuple(feel.to_json(one) for one in listed or ()) if plain else ()
        closed = bool(choices)
        if not choices and exact and table is not None and column is not None and kind in ("string", "any"):
            choices = _constants(table, column)
        label = column.label if exact and column is not None and column.label else path
        return Field(path, label or path, kind, choices, closed, decided)

    def _item(self, path: str) -> tree.Item | None:
        """The item definition at a path, if the model has one."""
        root, *rest = path.split(".")
        variable = next((e.variable for e in self.graph.tree.elements.values() if e.variable.name == root), None)
        if variable is None or not variable.type_ref:
            return None
        here = self.types.get(variable.type_ref) or tree.Item(name=root, type_ref=variable.type_ref)
        for name in rest:
            here = self.types.get(here.type_ref or "", here) if not here.parts else here
            found = next((part for part in here.parts if part.name == name), None)
            if found is None:
                return None
            here = found
        base = self.types.get(here.type_ref or "")
        return base if base is not None and not here.parts and not here.allowed else here

    def _base(self, name: str | None) -> str:
        kind = self.graph.types.get(name)
        return _plain(kind.kind if kind is not None else name)


def _plain(name: str | None) -> str:
    known = {"dateTime": "date and time", "integer": "number", "long": "number", "double": "number"}
    name = known.get(name or "", name or "any")
    return name if name in {"number", "string", "boolean", "list", *_TEMPORAL} else "any"


def _needed(graph: Graph, key: str) -> Iterator[Any]:
    """The decision and everything of its model that it needs."""
    seen: set[str] = set()
    waiting = [key]
    while waiting:
        here = waiting.pop(0)
        if here in seen or here not in graph.tree.elements:
            continue
        seen.add(here)
        element = graph.tree.elements[here]
        yield element
        for name in ("decisions", "knowledge", "outputs", "encapsulated"):
            waiting += [ref.id for ref in getattr(element, name, ()) if ref.namespace is None]


def _texts(box: Any, table: tree.Table | None = None) -> Iterator[tuple[Any, str, str, Any]]:
    """(table, text, kind of text, column that is tested) of everything written in an expression."""
    if isinstance(box, tree.Column):
        yield table, box.text, "expression", box
    elif isinstance(box, tree.Rule):
        for cell in box.cells:
            if cell.text not in ("", "-"):
                yield table, cell.text, "unary-tests", None
        yield from _texts(box.outputs, table)
    elif isinstance(box, tree.Literal):
        if box.text not in ("", "-"):
            yield table, box.text, "expression", None
    elif isinstance(box, tree.Node):
        inside = box if isinstance(box, tree.Table) else table
        for field in fields(box):
            yield from _texts(getattr(box, field.name), inside)
    elif isinstance(box, tuple):
        for part in box:
            yield from _texts(part, table)


def _path(node: t.Node) -> str | None:
    names: list[str] = []
    while isinstance(node, t.Path):
        names.insert(0, node.name)
        node = node.source
    if not isinstance(node, t.Name):
        return None
    names.insert(0, node.name)
    while len(names) > 1 and names[-1] in _PARTS:
        names.pop()
    return ".".join(names)


def _paths(node: t.Node) -> list[str]:
    """The longest paths an expression reads."""
    found = [path for each in t.walk(node) if (path := _path(each))]
    return [p for p in dict.fromkeys(found) if p != "?" and not any(o.startswith(p + ".") for o in found)]


def _compared(node: t.Node) -> dict[str, str]:
    """Path → type, from the constants it is compared or computed with."""
    found: dict[str, str] = {}
    for each in t.walk(node):
        sides: list[t.Node] = []
        if isinstance(each, t.Compare):
            sides = [each.left, each.right]
        elif isinstance(each, t.Chain):
            sides = [each.first, *(operand for _, operand in each.rest)]
        kinds = {k for side in sides if isinstance(side, t.Literal) and (k := _kind(side.value))}
        if len(kinds) == 1:
            found |= {path: next(iter(kinds)) for side in sides if (path := _path(side))}
    return found


def _kind(value: Any) -> str | None:
    if isinstance(value, bool):
        return "boolean"
    return "number" if isinstance(value, Decimal) else "string" if isinstance(value, str) else None


def _constants(table: tree.Table, column: tree.Column) -> tuple[str, ...]:
    """Texts that the cells of a column name: what people would choose from."""
    place = next(n for n, each in enumerate(table.inputs) if each is column)
    found: dict[str, None] = {}
    for rule in table.rules:
        try:
            program = feel.compile(rule.cells[place].text or "-", "unary-tests")
        except (ExpressionError, IndexError):
            continue
        nodes = list(t.walk(program.tree))
        if not any(isinstance(each, t.Call) for each in nodes):  # the pattern of matches() is no value
            found |= {each.value: None for each in nodes if isinstance(each, t.Literal) and isinstance(each.value, str)}
    return tuple(sorted(found))[:_SUGGESTED]


# --- values ----------------------------------------------------------------------------------------


def _put(scope: dict[str, Any], path: list[str], value: Any) -> None:
    for name in path[:-1]:
        inner = scope.get(name)
        scope[name] = dict(inner) if isinstance(inner, Mapping) else {}
        scope = scope[name]
    if isinstance(value, Mapping) and isinstance(scope.get(path[-1]), Mapping):
        value = {**scope[path[-1]], **value}
    scope[path[-1]] = value


def _change(scope: dict[str, Any], path: list[str], kind: str) -> None:
    """The value at a path, if there is one, as its type asks."""
    for name in path[:-1]:
        inner = scope.get(name)
        if not isinstance(inner, Mapping):
            return
        scope = inner if isinstance(inner, dict) else dict(inner)
    if path[-1] in scope:
        scope[path[-1]] = fit(scope[path[-1]], kind)


def fit(value: Any, kind: str) -> Any:
    """A text as a value of a type; what does not fit stays as it is, and the decision says so."""
    if not isinstance(value, str):
        return value
    if kind in _TEMPORAL:
        if kind.endswith("time") and len(value.rpartition("T")[2]) == 5:
            value += ":00"  # browsers leave out seconds that are zero
        made = feel.evaluate(_TEMPORAL[kind], {"text": value})
        return value if made is None else made
    if kind == "number":
        try:
            return Decimal(value)
        except InvalidOperation:
            return value
    if kind == "boolean":
        return {"true": True, "false": False}.get(value, value)
    if kind == "any":
        return _guess(value)
    if kind == "list" and value.strip():
        try:
            return feel.evaluate(value)
        except ExpressionError:
            return value
    return value


def _guess(text: str) -> Any:
    """A text whose type nobody knows: a number, a truth value or null where it reads as one."""
    if text.strip() in ("true", "false", "null"):
        return {"true": True, "false": False, "null": None}[text.strip()]
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        return text
    return number if number.is_finite() else text
