"""Makes expressions of a model runnable: each becomes one Python function ``(scope, run) → value``, built once.

Names are resolved when the model is loaded: ``names`` holds what an expression may see (DMN 1.5, 7.3 and 10.4).
An expression that cannot be read is a finding CRM-152; in a model that is loaded all the same it gives null.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from engine import feel
from engine.dmn import bridge, tree, xml
from engine.dmn.notes import Notes
from engine.dmn.run import Run, Scope
from engine.dmn.table import make_table
from engine.dmn.types import MISFIT, Type, Types, coerce
from engine.domain.errors import ExpressionError

Logic = Callable[[Scope, Run], Any]
Names = frozenset[str]

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


def nothing(scope: Scope, run: Run) -> Any:
    """No logic: null."""
    return None


class Builder:
    """Builds the logic of one model. ``members`` are names that may follow a dot."""

    def __init__(self, types: Types, notes: Notes, members: Iterable[str]) -> None:
        self.types = types
        self.notes = notes
        self.members = frozenset(members)
        self.tables: list[Any] = []  # every TableLogic made, for the table check

    def build(self, box: tree.Expression | None, names: Names, owner: str) -> Logic:
        """The runnable form of an expression; its result is coerced to its type."""
        if box is None:
            return nothing
        made: Logic = getattr(self, "_" + type(box).__name__.lower())(box, names, owner)
        return self.typed(made, box.type_ref, owner, box)

    def typed(self, logic: Logic, name: str | None, owner: str, at: tree.Node) -> Logic:
        """Logic whose result must be of a type, by name."""
        if not self.types.known(name):
            self.notes.add(
                "CRM-153",
                f"'{owner}': type '{name}' is not known",
                f"“{owner}”：类型“{name}”未定义",
                at=at,
                fix="Use a type of FEEL or define it in this file.",
                fix_zh="请使用 FEEL 的类型，或在本文件中定义该类型。",
            )
        kind = self.types.get(name)
        return logic if kind is None else cast(logic, kind, owner)

    def program(self, text: str, names: Names, at: tree.Node, owner: str, kind: Any = "expression") -> Any:
        """The compiled text, or None with a finding."""
        known = {name for name in names | self.members if not _PLAIN.match(name)}
        try:
            return feel.compile(text, kind, names=frozenset(known))
        except ExpressionError as error:
            self.notes.add(
                "CRM-152",
                f"'{owner}': {error.message} In: {text[:200]}",
                f"“{owner}”：表达式无法解析（{error.message}）：{text[:200]}",
                at=at,
                fix=error.fix,
                owner=owner,
                cause=error.code,
                **{k: v for k, v in error.context.items() if k in ("line", "column", "expected")},
            )
            return None

    def _literal(self, box: tree.Literal, names: Names, owner: str) -> Logic:
        if box.language and box.language not in xml.FEEL:
            self.refuse(box, owner, box.language)
            return nothing
        if not box.text:
            return nothing
        program = self.program(box.text, names, box, owner)
        if program is None:
            return nothing
        evaluate = program.evaluate

        def literal(scope: Scope, run: Run) -> Any:
            value = evaluate(scope)
            if value is None:
                kept = dict(scope)
                run.later(owner, lambda: bridge.why_null(program, kept))
            return value

        return literal

    def refuse(self, at: tree.Node, owner: str, language: str) -> None:
        self.notes.add(
            "CRM-154",
            f"'{owner}' is written in {language}, which is not run here",
            f"“{owner}”使用 {language} 编写，本系统不执行",
            at=at,
            fix="Write it in FEEL, or call a service from the process.",
            fix_zh="请改用 FEEL，或在流程中调用服务。",
            owner=owner,
        )

    def _context(self, box: tree.Context, names: Names, owner: str) -> Logic:
        parts: list[tuple[str | None, Logic]] = []
        seen = names
        for entry in box.entries:
            made = self.build(entry.value, seen, owner)
            parts.append((entry.name, self.typed(made, entry.type_ref, owner, entry)))
            if entry.name:
                seen = seen | {entry.name}

        def context(scope: Scope, run: Run) -> Any:
            inner = dict(scope)
            made: dict[str, Any] = {}
            for name, logic in parts:
                value = logic(inner, run)
                if name is None:
                    return value
                inner[name] = made[name] = value
            return made

        return context

    def _listbox(self, box: tree.ListBox, names: Names, owner: str) -> Logic:
        items = [self.build(item, names, owner) for item in box.items]
        return lambda scope, run: [item(scope, run) for item in items]

    def _relation(self, box: tree.Relation, names: Names, owner: str) -> Logic:
        columns = [column.name for column in box.columns]
        rows = [
            [
                self.typed(self.build(cell, names, owner), column.type_ref, owner, box)
                for cell, column in zip(row, box.columns, strict=False)
            ]
            for row in box.rows
        ]
        return lambda scope, run: [
            {name: cell(scope, run) for name, cell in zip(columns, row, strict=False)} for row in rows
        ]

    def _conditional(self, box: tree.Conditional, names: Names, owner: str) -> Logic:
        test, then, other = (self.build(part, names, owner) for part in (box.test, box.then, box.other))

        def conditional(scope: Scope, run: Run) -> Any:
            value = test(scope, run)
            if value is not None and not isinstance(value, bool):
                run.note(owner, "the condition is neither true nor false", "条件既不为真也不为假")
                return None
            return then(scope, run) if value is True else other(scope, run)

        return conditional

    def _filter(self, box: tree.Filter, names: Names, owner: str) -> Logic:
        source = self.build(box.source, names, owner)
        match = self.build(box.match, names | {"item"}, owner)

        def filtered(scope: Scope, run: Run) -> Any:
            items = source(scope, run)
            if items is None:
                return None
            if not isinstance(items, list):
                items = [items]
            tests = [match(bridge.item_scope(scope, item), run) for item in items]
            if any(not isinstance(test, bool) and test is not None for test in tests):
                return None
            return [item for item, test in zip(items, tests, strict=True) if test is True]

        return filtered

    def _iterator(self, box: tree.Iterator, names: Names, owner: str) -> Logic:
        source = self.build(box.source, names, owner)
        body = self.build(box.body, names | {box.variable, "partial"}, owner)
        kind, variable = box.kind, box.variable

        def loop(scope: Scope, run: Run) -> Any:
            items = bridge.items(source(scope, run))
            if items is None:
                return None
            partial: list[Any] = []
            for item in items:
                partial.append(body({**scope, variable: item, "partial": list(partial)}, run))
            return partial if kind == "for" else bridge.quantify(kind, partial)

        return loop

    def _functionbox(self, box: tree.FunctionBox, names: Names, owner: str) -> Logic:
        if box.kind != "FEEL":
            self.refuse(box, owner, box.kind)
            return nothing
        params = tuple(param.name for param in box.params)
        kinds = [self.param_type(param, owner) for param in box.params]
        heads = {param.partition(".")[0] for param in params}
        body = self.build(box.body, names | heads, owner)
        dotted = any("." in param for param in params)

        def function(scope: Scope, run: Run) -> Any:
            def call(*values: Any) -> Any:
                fitted = [coerce(v, k) for v, k in zip(values, kinds, strict=True)]
                if any(value is MISFIT for value in fitted):
                    run.note(owner, f"an argument of '{owner}' has another type", f"“{owner}”的参数类型不符")
                    return None
                run.enter(owner)
                try:
                    given = dict(zip(params, fitted, strict=True))
                    return body({**scope, **(bridge.nested(given) if dotted else given)}, run)
                finally:
                    run.leave()

            return bridge.function(params, call, owner)

        return function

    def param_type(self, param: tree.Variable, owner: str) -> Type | None:
        self.typed(nothing, param.type_ref, owner, param)
        return self.types.get(param.type_ref)

    def _invocation(self, box: tree.Invocation, names: Names, owner: str) -> Logic:
        target = self.build(box.function, names, owner)
        bindings = [(b.name, self.build(b.value, names, owner)) for b in box.bindings]

        def invoke(scope: Scope, run: Run) -> Any:
            function = target(scope, run)
            given = {name: logic(scope, run) for name, logic in bindings if name}
            return bridge.invoke(function, given, run, owner)

        return invoke

    def _table(self, box: tree.Table, names: Names, owner: str) -> Logic:
        return make_table(self, box, names, owner)


def cast(logic: Logic, kind: Type, owner: str) -> Logic:
    """Logic whose result is coerced; what does not fit is null, with the reason."""
    fits = kind.fits

    def typed(scope: Scope, run: Run) -> Any:
        value = logic(scope, run)
        if fits(value):
            return value
        fitted = coerce(value, kind)
        if fitted is MISFIT:
            run.note(
                owner,
                f"the result {bridge.show(value)} of '{owner}' is not of type '{kind.name}'",
                f"“{owner}”的结果 {bridge.show(value)} 不属于类型“{kind.name}”",
            )
            return None
        return fitted

    return typed
