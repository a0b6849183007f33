"""Checks decision tables for gaps, forbidden overlaps, unreachable and duplicate rules, each with an example input.

Every input is cut into atoms (``axis``), every rule is a box over them (``cover``); what no box covers is a gap.
Gaps are told for hit policies that want a result (U, A, P, F) and tables without default; null inputs are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine import feel
from engine.dmn import bridge, cover
from engine.dmn.axis import Axis
from engine.dmn.cover import Box
from engine.dmn.model import Model
from engine.dmn.notes import Notes
from engine.dmn.plan import Plan
from engine.domain.errors import Refused
from engine.domain.states import Severity
from engine.domain.values import Finding

SHOWN = 20  # findings of one kind told for one table


def check(xml: bytes, *, imports: Sequence[bytes | Model] = (), file: str | None = None) -> list[Finding]:
    """Everything wrong with a DMN file: reading it, and its tables (codes in ``notes``)."""
    try:
        model = Model.load(xml, imports=imports, file=file)
    except Refused as error:
        return list(error.findings)
    return list(model.findings) + check_model(model, file)


def check_model(model: Model, file: str | None = None) -> list[Finding]:
    """The table check alone, for a model that is loaded."""
    notes = Notes(file)
    variables = {e.variable.name: e.variable.type_ref for e in model.graph.tree.elements.values()}
    for table in model.graph.builder.tables:
        fits = all(len(rule.cells) == len(table.box.inputs) for rule in table.box.rules)
        if fits and table.box.rules:
            TableCheck(Plan(table, model.graph.types, variables), notes).run()
    return notes.found


class TableCheck:
    """The check of one table."""

    def __init__(self, plan: Plan, notes: Notes) -> None:
        self.table = plan.table
        self.box = plan.table.box
        self.notes = notes
        self.axes = plan.axes
        self.opaque = plan.opaque
        self.rules = plan.rules

    def run(self) -> None:
        """All checks; findings go to the notes."""
        clear = [None if row in self.opaque else rule for row, rule in enumerate(self.rules)]
        self._tell_opaque()
        doubled = self._duplicates(clear)
        self._overlaps(clear, doubled)
        self._unreachable(clear, doubled)
        self._gaps()

    def _duplicates(self, clear: list[Box | None]) -> set[int]:
        """Rules that say the same as an earlier one."""
        seen: dict[Any, int] = {}
        doubled: set[int] = set()
        for row, rule in enumerate(clear):
            if rule is None or not all(rule):
                continue
            key = (rule, tuple(" ".join(cell.text.split()) for cell in self.box.rules[row].outputs))
            if key not in seen:
                seen[key] = row
                continue
            doubled.add(row)
            first = seen[key] + 1
            self._tell(
                "CRM-159",
                f"rule {row + 1} says the same as rule {first}",
                f"第 {row + 1} 条规则与第 {first} 条规则相同",
                row,
                Severity.ERROR if self.box.hit == "U" else Severity.WARNING,
                rules=[first, row + 1],
                example=_example(self.axes, rule),
                fix="Remove one of them.",
                fix_zh="请删除其中一条。",
            )
        return doubled

    def _overlaps(self, clear: list[Box | None], doubled: set[int]) -> None:
        if self.box.hit not in ("U", "A"):
            return
        told = 0
        for i, j in cover.overlaps(clear, len(self.axes)):
            if j in doubled or i in doubled or (self.box.hit == "A" and self._same_outputs(i, j)):
                continue
            told += 1
            if told > SHOWN:
                self._tell(*_more("overlaps", "重叠"))
                break
            one, other = clear[i], clear[j]
            assert one is not None
            assert other is not None
            common = cover.meet(one, other)
            assert common is not None
            policy = "UNIQUE" if self.box.hit == "U" else "ANY"
            where, where_zh, example = self._describe(common)
            self._tell(
                "CRM-157",
                f"rules {i + 1} and {j + 1} both match when {where}; the hit policy {policy} forbids it",
                f"当 {where_zh} 时，第 {i + 1} 条和第 {j + 1} 条规则同时匹配，而命中策略 {policy} 不允许",
                j,
                Severity.ERROR,
                rules=[i + 1, j + 1],
                example=example,
                fix="Narrow one rule, or choose the hit policy FIRST or PRIORITY.",
                fix_zh="请缩小其中一条规则的范围，或改用命中策略 FIRST 或 PRIORITY。",
            )

    def _same_outputs(self, i: int, j: int) -> bool:
        one, other = self.box.rules[i].outputs, self.box.rules[j].outputs
        return all(a.text.split() == b.text.split() for a, b in zip(one, other, strict=True))

    def _unreachable(self, clear: list[Box | None], doubled: set[int]) -> None:
        for row, rule in enumerate(clear):
            if rule is None or row in doubled:
                continue
            if not all(rule):
                axes = [made.label for made, mask in zip(self.axes, rule, strict=True) if not mask]
                self._never(row, f"no allowed value of '{axes[0]}' fits", f"“{axes[0]}”没有任何允许值符合", [])
                continue
            before = self._before(row, clear)
            hiding = [n for n in before if cover.meet(rule, self.rules[n]) is not None]
            if hiding and _covered(rule, [self.rules[n] for n in hiding]):
                rules = ", ".join(str(n + 1) for n in hiding[:10])
                self._never(row, f"rules {rules} always win", f"总是由第 {rules} 条规则胜出", hiding)

    def _before(self, row: int, clear: list[Box | None]) -> list[int]:
        """Rules that win over this one whenever both match."""
        if self.box.hit == "F":
            return [n for n in range(row) if clear[n] is not None]
        if self.box.hit != "P":
            return []
        mine = self._rank(row)
        ranks = ((n, self._rank(n)) for n in range(len(clear)) if n != row and clear[n] is not None)
        return [n for n, rank in ranks if mine is not None and rank is not None and rank < mine]

    def _rank(self, row: int) -> tuple[int, ...] | None:
        """Place of a rule's outputs in the lists of allowed values; None when they are not constants."""
        ranks = []
        for order, cell in zip(self.table.ranks, self.box.rules[row].outputs, strict=True):
            if order:
                value = bridge.listed(cell.text)
                if not value or value[0] not in order:
                    return None
                ranks.append(order.index(value[0]))
        return tuple(ranks)

    def _never(self, row: int, why: str, why_zh: str, rows: list[int]) -> None:
        self._tell(
            "CRM-158",
            f"rule {row + 1} never decides anything: {why}",
            f"第 {row + 1} 条规则永远不起作用：{why_zh}",
            row,
            Severity.WARNING,
            rules=[n + 1 for n in rows] + [row + 1],
            **({"example": _example(self.axes, self.rules[row])} if all(self.rules[row]) else {}),
            fix="Remove the rule, or move it up.",
            fix_zh="请删除该规则，或将其上移。",
        )

    def _gaps(self) -> None:
        if self.box.hit not in ("U", "A", "P", "F") or self.table.defaults is not None:
            return
        whole = tuple(made.full for made in self.axes)
        if not whole or not all(whole):
            return
        try:
            left = cover.remainder(whole, self.rules)
        except cover.TooMany:
            self._tell(
                "CRM-155",
                "the table has too many separate gaps to list, or is too large to check for gaps",
                "该表的缺口过多，或表过大，无法检查缺口",
                None,
                Severity.INFO,
            )
            return
        for box in left[:SHOWN]:
            where, where_zh, example = self._describe(box)
            self._tell(
                "CRM-156",
                f"no rule matches when {where}",
                f"当 {where_zh} 时没有规则匹配",
                None,
                Severity.WARNING,
                example=example,
                fix="Add a rule, or a default output.",
                fix_zh="请添加规则，或设置默认输出。",
            )

        if len(left) > SHOWN:
            self._tell(*_more("gaps", "缺口"))

    def _describe(self, box: Box) -> tuple[str, str, dict[str, Any]]:
        """A box in English and Chinese words, and an example input."""
        texts = ((made.label, made.text(mask)) for made, mask in zip(self.axes, box, strict=True))
        said = [(label, text) for label, text in texts if text != "-"]
        words = " and ".join(f"{label} is {text}" for label, text in said) or "anything is given"
        words_zh = " 且 ".join(f"{label} 为 {text}" for label, text in said) or "任意输入"
        return words, words_zh, _example(self.axes, box)

    def _tell_opaque(self) -> None:
        if self.opaque:
            rules = ", ".join(str(row + 1) for row in sorted(self.opaque)[:SHOWN])
            self._tell(
                "CRM-155",
                f"rules {rules} are not checked: a cell is computed, not made of constants",
                f"第 {rules} 条规则未检查：单元格由计算得出，而非常量",
                None,
                Severity.INFO,
                rules=[row + 1 for row in sorted(self.opaque)],
            )

    def _tell(self, code: str, text: str, zh: str, row: int | None, severity: Severity, **params: Any) -> None:
        at = self.box if row is None else self.box.rules[row]
        owner = self.table.owner
        fixes = {key: params.pop(key) for key in ("fix", "fix_zh") if key in params}
        self.notes.add(
            code,
            f"'{owner}': {text}",
            f"“{owner}”：{zh}",
            element=at.id or self.box.id,
            line=at.line,
            name=owner,
            severity=severity,
            **fixes,
            table=self.box.id,
            decision=owner,
            **params,
        )


def _example(axes: Sequence[Axis], box: Box) -> dict[str, Any]:
    """Some input in a box."""
    return {made.label: feel.to_json(made.sample(mask)) for made, mask in zip(axes, box, strict=True)}


def _covered(rule: Box, others: list[Box]) -> bool:
    try:
        return not cover.remainder(rule, others)
    except cover.TooMany:
        return False


def _more(what: str, what_zh: str) -> tuple[str, str, str, None, Severity]:
    """That not all was told."""
    return (
        "CRM-155",
        f"the table has more than {SHOWN} {what}; the first {SHOWN} are told: mend these and check again",
        f"该表的{what_zh}超过 {SHOWN} 处，此处只列出前 {SHOWN} 处：请先修正，再重新检查",
        None,
        Severity.INFO,
    )
