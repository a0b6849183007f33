"""Decision tables: inputs are computed once, rules matched, outputs computed for the matched rules only.

The step that is kept can tell, afterwards, every rule that matched or missed by one cell, with the values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine import feel
from engine.dmn import bridge, hits, tree
from engine.dmn.index import Index
from engine.dmn.run import Run, Scope
from engine.dmn.steps import TableStep
from engine.dmn.types import MISFIT, Type, coerce

if TYPE_CHECKING:
    from engine.dmn.logic import Builder, Logic, Names


class TableLogic:
    """A compiled table; calling it decides. ``rows`` holds, per rule, the (column, test) pairs that say anything."""

    def __init__(self, box: tree.Table, owner: str) -> None:
        self.box = box
        self.owner = owner
        self.columns: list[Logic] = []
        self.kinds: list[Type | None] = []
        self.allowed: list[Any] = []
        self.rows: list[list[tuple[int, Any]]] = []
        self.programs: list[list[Any]] = []  # per rule and column: the compiled cell, None for "-"
        self.outputs: list[list[Logic]] = []
        self.defaults: list[Logic] | None = None
        self.ranks: list[list[Any] | None] = []
        self.limits: list[Any] = []
        self.names: list[str] = []
        self.index: Index | None = None  # made when the table is first asked
        self.combine = hits.policy(box.hit, box.aggregation)
        self.stop = box.hit == "F"
        self.sorted = box.hit in ("P", "O")

    def __call__(self, scope: Scope, run: Run) -> Any:
        values: list[Any] = []
        for number, column in enumerate(self.columns):
            value = column(scope, run)
            if value is not None and self.kinds[number] is not None:
                value = self.typed(number, value, run)
            values.append(value)
            limit = self.allowed[number]
            if value is not None and limit is not None and limit.test(value, scope) is not True:
                self.tell(number, value, run, "not among its allowed values", "不在允许值之内")
                return self.keep(run, values, [], None, scope)
        matched = self.match(values, scope)
        if not matched:
            return self.keep(run, values, matched, self.otherwise(scope, run), scope)
        made = [[output(scope, run) for output in self.outputs[row]] for row in matched]
        try:
            result = self.conclude(made, run)
        except hits.Clash as clash:
            run.note(self.owner, clash.text, clash.zh)
            result = None
        return self.keep(run, values, matched, result, scope)

    def typed(self, number: int, value: Any, run: Run) -> Any:
        """The input as its column's type has it; what does not fit is null, with the reason."""
        fitted = coerce(value, self.kinds[number])
        if fitted is not MISFIT:
            return fitted
        kind = self.box.inputs[number].type_ref
        self.tell(number, value, run, f"not of type '{kind}'", f"不属于类型“{kind}”")
        return None

    def tell(self, number: int, value: Any, run: Run, text: str, zh: str) -> None:
        label, shown = self.box.inputs[number].label, bridge.show(value)
        run.note(self.owner, f"'{label}' is {shown}: {text}", f"“{label}”为 {shown}：{zh}")

    def match(self, values: list[Any], scope: Scope) -> list[int]:
        """Numbers (from 0) of the rules all of whose cells are true; FIRST wants no more than one."""
        if self.index is None:
            self.index = Index(self.programs, len(self.columns))
        found = self.index.match(values, scope)
        matched = []
        while found:
            low = found & -found
            matched.append(low.bit_length() - 1)
            if self.stop:
                break
            found ^= low
        return matched

    def conclude(self, made: list[list[Any]], run: Run) -> Any:
        """One result from the outputs of the matched rules."""
        if self.sorted:
            made = [made[i] for i in hits.by_priority(self.ranks, made)]
        for row in made:
            for number, value in enumerate(row):
                limit = self.limits[number]
                if limit is not None and value is not None and limit.test(value, {}) is not True:
                    shown = bridge.show(value)
                    raise hits.Clash(
                        f"the output {shown} is not among the allowed values",
                        f"输出 {shown} 不在允许值之内",
                    )
        if len(self.names) == 1:
            return self.combine([row[0] for row in made])
        return self.combine([dict(zip(self.names, row, strict=True)) for row in made])

    def otherwise(self, scope: Scope, run: Run) -> Any:
        """The default outputs, or what the hit policy gives for no match."""
        if self.defaults is None:
            return hits.nothing(self.box.hit, self.box.aggregation)
        row = [default(scope, run) for default in self.defaults]
        value = row[0] if len(row) == 1 else dict(zip(self.names, row, strict=True))
        return [value] if self.combine is hits.every else value

    def keep(self, run: Run, values: list[Any], matched: list[int], result: Any, scope: Scope) -> Any:
        run.steps.append(TableStep(self, values, matched, result, scope))
        return result


def make_table(builder: Builder, box: tree.Table, names: Names, owner: str) -> Logic:
    """Compile the cells of a table; what cannot be read becomes a finding."""
    table = TableLogic(box, owner)
    builder.tables.append(table)
    for column in box.inputs:
        literal = tree.Literal(id=column.id, line=column.line, text=column.text)
        table.columns.append(builder.build(literal, names, owner))
        builder.typed(table.columns[-1], column.type_ref, owner, column)
        table.kinds.append(builder.types.get(column.type_ref))
        table.allowed.append(_limit(builder, column.allowed, column, owner))
    inner = names | {"?"}
    for rule in box.rules:
        programs = [_cell(builder, cell, inner, owner) for cell in rule.cells]
        table.programs.append(programs)
        table.rows.append([(n, program.test) for n, program in enumerate(programs) if program is not None])
        table.outputs.append(
            [
                builder.typed(builder.build(_output(cell), names, owner), output.type_ref, owner, output)
                for cell, output in zip(rule.outputs, box.outputs, strict=False)
            ]
        )
    for number, output in enumerate(box.outputs, 1):
        table.names.append(output.name or f"output {number}")
        table.limits.append(_limit(builder, output.allowed, output, owner))
        table.ranks.append(_ranks(output, builder.types.get(output.type_ref)))
    if any(output.default for output in box.outputs):
        table.defaults = [
            builder.build(tree.Literal(id=o.id, line=o.line, text=o.default or ""), names, owner) for o in box.outputs
        ]
    return table


def _output(cell: tree.Literal) -> tree.Literal | None:
    """An output entry; '-' and '' are null."""
    return None if cell.text in ("", "-") else cell


def _ranks(output: tree.Output, kind: Type | None) -> list[Any] | None:
    """The output's values, best first: those of the column, else those its type allows (DMN 1.5, 8.2.8)."""
    text = output.allowed or (kind.allowed.text if kind is not None and kind.allowed is not None else None)
    return bridge.listed(text) if text else None


def _limit(builder: Builder, text: str | None, at: tree.Node, owner: str) -> Any:
    if not text or text == "-":
        return None
    return builder.program(text, frozenset(), at, owner, "unary-tests")


def _cell(builder: Builder, cell: tree.Literal, names: Names, owner: str) -> Any:
    """The compiled unary tests of a cell; None where it says nothing. What cannot be read is never true."""
    if cell.text in ("", "-"):
        return None
    return builder.program(cell.text, names, cell, owner, "unary-tests") or _NEVER


_NEVER = feel.compile("false")
