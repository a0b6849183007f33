"""Reads expressions of a DMN file: literal, context, list, relation, function, invocation, conditional, filter,
iterator, decision table (DMN 1.5, chapters 7, 8 and 10)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.dmn import tree, xml
from engine.dmn.notes import Notes
from engine.dmn.tables import Tables
from engine.dmn.xml import Element

NAMES = (
    "literalExpression",
    "context",
    "list",
    "relation",
    "functionDefinition",
    "invocation",
    "conditional",
    "filter",
    "for",
    "some",
    "every",
    "decisionTable",
)


class Boxes:
    """Reads the expressions of one file."""

    def __init__(self, notes: Notes, types: Callable[[Element], str | None]) -> None:
        self.notes = notes
        self.types = types

    def type_of(self, element: Element) -> str | None:
        return self.types(element)

    def base(self, element: Element) -> dict[str, Any]:
        """The attributes every node has."""
        return {
            "id": element.get("id"),
            "line": xml.line(element),
            "type_ref": self.type_of(element),
            "label": element.get("label") or element.get("name"),
        }

    def inside(self, element: Element | None) -> tree.Expression | None:
        """The one expression among the children, or None."""
        if element is None:
            return None
        found = next(xml.children(element, *NAMES), None)
        return None if found is None else self.read(found)

    def read(self, element: Element) -> tree.Expression:
        name = xml.local(element)
        if name in ("for", "some", "every"):
            return _iterator(self, element, name)
        reader: dict[str, Callable[[Element], tree.Expression]] = {
            "literalExpression": self.literal,
            "context": self._context,
            "list": self._list,
            "relation": self._relation,
            "functionDefinition": self.function,
            "invocation": self._invocation,
            "conditional": lambda found: _conditional(self, found),
            "filter": lambda found: _filter(self, found),
            "decisionTable": lambda table: Tables(self.notes, self).read(table),
        }
        return reader[name](element)

    def literal(self, element: Element) -> tree.Literal:
        return tree.Literal(
            text=xml.text(element) or "", language=element.get("expressionLanguage"), **self.base(element)
        )

    def variable(self, element: Element) -> tree.Variable:
        return tree.Variable(name=" ".join((element.get("name") or "").split()), **self.base(element))

    def function(self, element: Element) -> tree.FunctionBox:
        return tree.FunctionBox(
            kind=element.get("kind") or "FEEL",
            params=tuple(self.variable(p) for p in xml.children(element, "formalParameter")),
            body=self.inside(element),
            **self.base(element),
        )

    def _context(self, element: Element) -> tree.Context:
        entries = []
        for entry in xml.children(element, "contextEntry"):
            variable = xml.child(entry, "variable")
            name = None if variable is None else self.variable(variable)
            entries.append(
                tree.Entry(
                    id=entry.get("id"),
                    line=xml.line(entry),
                    type_ref=name.type_ref if name else None,
                    name=name.name if name else None,
                    value=self.inside(entry),
                )
            )
        return tree.Context(entries=tuple(entries), **self.base(element))

    def _list(self, element: Element) -> tree.ListBox:
        return tree.ListBox(items=tuple(self.read(e) for e in xml.children(element, *NAMES)), **self.base(element))

    def _relation(self, element: Element) -> tree.Relation:
        return tree.Relation(
            columns=tuple(self.variable(c) for c in xml.children(element, "column")),
            rows=tuple(tuple(self.read(e) for e in xml.children(row, *NAMES)) for row in xml.children(element, "row")),
            **self.base(element),
        )

    def _invocation(self, element: Element) -> tree.Invocation:
        bindings = []
        for binding in xml.children(element, "binding"):
            parameter = xml.child(binding, "parameter")
            named = None if parameter is None else self.variable(parameter)
            bindings.append(
                tree.Entry(line=xml.line(binding), name=named.name if named else None, value=self.inside(binding))
            )
        return tree.Invocation(function=self.inside(element), bindings=tuple(bindings), **self.base(element))


def _conditional(boxes: Boxes, element: Element) -> tree.Conditional:
    part = {name: boxes.inside(xml.child(element, name)) for name in ("if", "then", "else")}
    return tree.Conditional(test=part["if"], then=part["then"], other=part["else"], **boxes.base(element))


def _filter(boxes: Boxes, element: Element) -> tree.Filter:
    return tree.Filter(
        source=boxes.inside(xml.child(element, "in")),
        match=boxes.inside(xml.child(element, "match")),
        **boxes.base(element),
    )


def _iterator(boxes: Boxes, element: Element, kind: str) -> tree.Iterator:
    return tree.Iterator(
        kind=kind,
        variable=element.get("iteratorVariable") or "item",
        source=boxes.inside(xml.child(element, "in")),
        body=boxes.inside(xml.child(element, "return" if kind == "for" else "satisfies")),
        **boxes.base(element),
    )
