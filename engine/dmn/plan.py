"""The axes of a decision table, and its rules as boxes over them: what the table check works on."""

from __future__ import annotations

from typing import Any

from engine.dmn import axis, cover
from engine.dmn.axis import Axis
from engine.dmn.cover import Box
from engine.dmn.index import Column
from engine.dmn.table import TableLogic
from engine.dmn.types import Type, Types


class Plan:
    """One table, cut into axes. ``opaque``: rules with a cell that is not made of constants."""

    def __init__(self, table: TableLogic, types: Types, variables: dict[str, str | None]) -> None:
        self.table = table
        self.box = table.box
        self.types = types
        self.variables = variables
        self.axes: list[Axis] = []
        self.groups: list[list[int]] = []  # columns of one axis: those that test the same expression
        self.opaque: set[int] = set()
        self._cut()
        self.rules: list[Box] = self._boxes()

    def _cut(self) -> None:
        by_text: dict[str, list[int]] = {}
        for number, column in enumerate(self.box.inputs):
            by_text.setdefault(" ".join(column.text.split()), []).append(number)
        for columns in by_text.values():
            made = self._axis(columns)
            if made is not None:
                self.axes.append(made)
                self.groups.append(columns)

    def _axis(self, columns: list[int]) -> Axis | None:
        """The axis of columns that test the same; None when nothing can be said of it."""
        first = columns[0]
        column = self.box.inputs[first]
        kind = self._type(first)
        limits = [p for p in (self.table.allowed[first], kind.allowed if kind else None) if p is not None]
        limits = [p for p in limits if axis.is_plain(p)]
        cells = []
        for row, programs in enumerate(self.table.programs):
            for number in columns:
                program = programs[number]
                if program is None:
                    continue
                if axis.is_plain(program):
                    cells.append(program)
                else:
                    self.opaque.add(row)
        if not cells:
            return None
        try:
            made = axis.make(
                column.label or column.text,
                kind.kind if kind else None,
                [*cells, *limits],
                whole=(kind.name if kind else "") in ("integer", "long"),
            )
        except axis.Opaque:
            rows = [r for r, ps in enumerate(self.table.programs) if any(ps[n] is not None for n in columns)]
            self.opaque.update(rows)
            return None
        inside = [atom for atom in made.atoms if all(p.test(atom.sample, {}) is True for p in limits)]
        return Axis(made.label, inside)

    def _type(self, number: int) -> Type | None:
        column = self.box.inputs[number]
        return self.table.kinds[number] or self.types.get(self.variables.get(column.text))

    def _boxes(self) -> list[Box]:
        """Every rule as a box: one mask per axis."""
        masks = [[made.full] * len(self.box.rules) for made in self.axes]
        for made, columns, found in zip(self.axes, self.groups, masks, strict=True):
            for number in columns:
                cells = [row[number] for row in self.table.programs]
                plain = [cell if cell is not None and axis.is_plain(cell) else None for cell in cells]
                for row, mask in enumerate(_masks(made, plain)):
                    found[row] &= mask
        return [tuple(mask[row] for mask in masks) for row in range(len(self.box.rules))]


def _masks(made: Axis, cells: list[Any]) -> list[int]:
    """The atoms each cell is true on, read off the column's index atom by atom; None is all of them."""
    everyone = (1 << len(cells)) - 1
    column = Column(cells, everyone)
    masks = [made.full if cell is None else 0 for cell in cells]
    for number, atom in enumerate(made.atoms):
        for row in cover.bits(column.rules(atom.sample, {}, everyone) & ~column.open):
            masks[row] |= 1 << number
    return masks
