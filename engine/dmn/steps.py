"""What a decision table did, told on demand as plain JSON-able data: this is what "why?" shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine import feel
from engine.dmn.run import Scope

if TYPE_CHECKING:
    from engine.dmn.table import TableLogic

NEAR = 50  # at most so many rules that missed by one cell are told


class TableStep:
    """One evaluation of one table."""

    __slots__ = ("matched", "result", "scope", "table", "values")

    def __init__(self, table: TableLogic, values: list[Any], matched: list[int], result: Any, scope: Scope) -> None:
        self.table = table
        self.values = values
        self.matched = matched
        self.result = result
        self.scope = scope

    def tell(self) -> dict[str, Any]:
        """``{"decision", "table", "hit", "inputs", "rules": [...], "output"}``; rules are numbered from 1."""
        box = self.table.box
        values = [feel.to_json(value) for value in self.values]
        return {
            "decision": self.table.owner,
            "table": box.id,
            "hit": box.hit + {"SUM": "+", "MIN": "<", "MAX": ">", "COUNT": "#"}.get(box.aggregation or "", ""),
            "inputs": [
                # What a column reads stands beside a name of its own: who may not see the one may not see the value.
                {"label": column.label or column.text, "value": value} | ({"text": column.text} if column.label else {})
                for column, value in zip(box.inputs, values, strict=False)
            ],
            "rules": [self._rule(row, misses, values) for row, misses in self._told()],
            "output": feel.to_json(self.result),
        }

    def _told(self) -> list[tuple[int, list[int]]]:
        """(rule, columns that missed) of the rules that matched or missed by one cell."""
        told: list[tuple[int, list[int]]] = []
        near = 0
        matched = set(self.matched)
        for row, cells in enumerate(self.table.rows):
            if row in matched:
                told.append((row, []))
            elif near < NEAR and len(self.values) == len(self.table.columns):
                misses = [c for c, test in cells if test(self.values[c], self.scope) is not True]
                if len(misses) <= 1:
                    told.append((row, misses))
                    near += 1
        return told

    def _rule(self, row: int, misses: list[int], values: list[Any]) -> dict[str, Any]:
        box = self.table.box
        rule = box.rules[row]
        labels = [column.label or column.text for column in box.inputs]
        return {
            "index": row + 1,
            "id": rule.id,
            "matched": row in self.matched,
            "inputs": dict(zip(labels, values, strict=False)),
            "tests": {label: cell.text or "-" for label, cell in zip(labels, rule.cells, strict=False)},
            "missed": [labels[column] for column in misses],
            "outputs": {name: cell.text for name, cell in zip(self.table.names, rule.outputs, strict=False)},
            "annotation": "; ".join(note for note in (*rule.annotations, rule.description) if note),
        }
