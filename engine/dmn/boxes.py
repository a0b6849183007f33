"""Reads expressions of a DMN file: literal, context, list, relation, function, invocation, conditional, filter,
iterator, decision table (DMN 1.5, chapters 7, 8 and 10)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.dmn import tree, xml
from engine.dmn.notes import Notes
from engine.dmn.xml import Element

HIT_POLICIES = {
    "UNIQUE": "U",
    "ANY": "A",
    "PRIORITY": "P",
    "FIRST": "F",
    "RULE ORDER": "R",
    "OUTPUT ORDER": "O",
    "COLLECT": "C",
}
AGGREGATIONS = frozenset({"SUM", "COUNT", "MIN", "MAX"})
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
        self.type_of = types

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
            return self._iterator(element, name)
        reader: dict[str, Callable[[Element], tree.Expression]] = {
            "literalExpression": self.literal,
            "context": self._context,
            "list": self._list,
            "relation": self._relation,
            "functionDefinition": self.function,
            "invocation": self._invocation,
            "conditional": self._conditional,
            "filter": self._filter,
            "decisionTable": self._table,
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

    def _conditional(self, element: Element) -> tree.Conditional:
        part = {name: self.inside(xml.child(element, name)) for name in ("if", "then", "else")}
        return tree.Conditional(test=part["if"], then=part["then"], other=part["else"], **self.base(element))

    def _filter(self, element: Element) -> tree.Filter:
        return tree.Filter(
            source=self.inside(xml.child(element, "in")),
            match=self.inside(xml.child(element, "match")),
            **self.base(element),
        )

    def _iterator(self, element: Element, kind: str) -> tree.Iterator:
        return tree.Iterator(
            kind=kind,
            variable=element.get("iteratorVariable") or "item",
            source=self.inside(xml.child(element, "in")),
            body=self.inside(xml.child(element, "return" if kind == "for" else "satisfies")),
            **self.base(element),
        )

    def _table(self, element: Element) -> tree.Table:
        base = self.base(element)
        base["label"] = element.get("outputLabel") or base["label"]
        policy = element.get("hitPolicy") or "UNIQUE"
        aggregation = element.get("aggregation")
        table = tree.Table(
            hit=HIT_POLICIES.get(policy, "?"),
            aggregation=aggregation if aggregation in AGGREGATIONS else None,
            inputs=tuple(self._column(e) for e in xml.children(element, "input")),
            outputs=tuple(self._output(e) for e in xml.children(element, "output")),
            rules=tuple(self._rule(e) for e in xml.children(element, "rule")),
            notes=tuple(e.get("name") or "" for e in xml.children(element, "annotation")),
            **base,
        )
        self._table_faults(table, policy, aggregation)
        return table

    def _column(self, element: Element) -> tree.Column:
        expression = xml.child(element, "inputExpression")
        base = self.base(element)
        content = xml.text(expression) or ""
        if expression is not None:
            base["type_ref"] = self.type_of(expression)
        base["label"] = element.get("label") or content
        return tree.Column(text=content, allowed=self._allowed(element, "inputValues"), **base)

    def _output(self, element: Element) -> tree.Output:
        base = self.base(element)
        return tree.Output(
            name=element.get("name"),
            allowed=self._allowed(element, "outputValues"),
            default=xml.text(xml.child(element, "defaultOutputEntry")),
            **base,
        )

    @staticmethod
    def _allowed(element: Element, name: str) -> str | None:
        return xml.text(xml.child(element, name)) or None

    def _rule(self, element: Element) -> tree.Rule:
        description = xml.child(element, "description")
        return tree.Rule(
            cells=tuple(self.literal(e) for e in xml.children(element, "inputEntry")),
            outputs=tuple(self.literal(e) for e in xml.children(element, "outputEntry")),
            annotations=tuple(xml.text(e) or "" for e in xml.children(element, "annotationEntry")),
            description=(xml.content(description) if description is not None else ""),
            **self.base(element),
        )

    def _table_faults(self, table: tree.Table, policy: str, aggregation: str | None) -> None:
        """What does not fit in a table, whatever its cells mean."""
        add = self.notes.add
        if table.hit == "?":
            add(
                "CRM-151",
                f"hit policy '{policy}' is not one of {', '.join(HIT_POLICIES)}",
                f"命中策略“{policy}”无效，应为 {', '.join(HIT_POLICIES)} 之一",
                at=table,
            )
        if aggregation and (table.aggregation is None or table.hit != "C"):
            add(
                "CRM-151",
                f"aggregation '{aggregation}' does not go with hit policy '{policy}'",
                f"聚合方式“{aggregation}”与命中策略“{policy}”不相容",
                at=table,
            )
        if table.aggregation and len(table.outputs) > 1:
            add(
                "CRM-151",
                "an aggregation needs exactly one output",
                "聚合只能用于一个输出",
                at=table,
                fix="Split the table or collect without aggregation.",
                fix_zh="请拆分该表，或不使用聚合。",
            )
        if not table.outputs:
            add("CRM-151", "the table has no output", "该表没有输出列", at=table)
        for column in table.inputs:
            if not column.text:
                add("CRM-151", "an input column has no expression", "有一个输入列没有表达式", at=column)
        for number, rule in enumerate(table.rules, 1):
            have, want = (len(rule.cells), len(rule.outputs)), (len(table.inputs), len(table.outputs))
            if have != want:
                add(
                    "CRM-151",
                    f"rule {number} has {have[0]} inputs and {have[1]} outputs, the table has {want[0]} and {want[1]}",
                    f"第 {number} 条规则有 {have[0]} 个输入和 {have[1]} 个输出，而表有 {want[0]} 和 {want[1]} 个",
                    at=rule,
                )
