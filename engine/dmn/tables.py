"""Reads decision tables of a DMN file and notes what does not fit in them (DMN 1.5, chapter 8)."""

from __future__ import annotations

from typing import Any, Protocol

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


class Reader(Protocol):
    """What reads the parts of a table that any expression has."""

    def base(self, element: Element) -> dict[str, Any]: ...

    def literal(self, element: Element) -> tree.Literal: ...

    def type_of(self, element: Element) -> str | None: ...


class Tables:
    """Reads the tables of one file."""

    def __init__(self, notes: Notes, boxes: Reader) -> None:
        self.notes = notes
        self.boxes = boxes

    def read(self, element: Element) -> tree.Table:
        base = self.boxes.base(element)
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
        self._faults(table, policy, aggregation)
        return table

    def _column(self, element: Element) -> tree.Column:
        expression = xml.child(element, "inputExpression")
        base = self.boxes.base(element)
        content = xml.text(expression) or ""
        if expression is not None:
            base["type_ref"] = self.boxes.type_of(expression)
        base["label"] = element.get("label") or content
        return tree.Column(text=content, allowed=self._allowed(element, "inputValues"), **base)

    def _output(self, element: Element) -> tree.Output:
        base = self.boxes.base(element)
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
            cells=tuple(self.boxes.literal(e) for e in xml.children(element, "inputEntry")),
            outputs=tuple(self.boxes.literal(e) for e in xml.children(element, "outputEntry")),
            annotations=tuple(xml.text(e) or "" for e in xml.children(element, "annotationEntry")),
            description=(xml.content(description) if description is not None else ""),
            **self.boxes.base(element),
        )

    def _faults(self, table: tree.Table, policy: str, aggregation: str | None) -> None:
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
