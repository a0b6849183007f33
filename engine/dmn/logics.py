"""Boxed expressions made runnable, one function per kind (DMN 1.5, 7.3 and 10.2)."""

from __future__ import annotations

from typing import Any

from engine.dmn import bridge, tree, xml
from engine.dmn.logic import Builder, Logic, Makers, Names, nothing
from engine.dmn.run import Run, Scope
from engine.dmn.table import make_table
from engine.dmn.types import MISFIT, coerce


def make_literal(builder: Builder, box: tree.Literal, names: Names, owner: str) -> Logic:
    if box.language and box.language not in xml.FEEL:
        builder.refuse(box, owner, box.language)
        return nothing
    if not box.text:
        return nothing
    program = builder.program(box.text, names, box, owner)
    if program is None:
        return nothing
    evaluate = program.evaluate
    if program.text.strip() == "null":
        return nothing  # meant to be null: there is nothing to explain

    def literal(scope: Scope, run: Run) -> Any:
        value = evaluate(scope)
        if value is None:
            kept = dict(scope)
            run.later(owner, lambda: bridge.why_null(program, kept))
        return value

    return literal


def make_context(builder: Builder, box: tree.Context, names: Names, owner: str) -> Logic:
    parts: list[tuple[str | None, Logic]] = []
    seen = names
    for entry in box.entries:
        made = builder.build(entry.value, seen, owner)
        parts.append((entry.name, builder.typed(made, entry.type_ref, owner, entry)))
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


def make_listbox(builder: Builder, box: tree.ListBox, names: Names, owner: str) -> Logic:
    items = [builder.build(item, names, owner) for item in box.items]
    return lambda scope, run: [item(scope, run) for item in items]


def make_relation(builder: Builder, box: tree.Relation, names: Names, owner: str) -> Logic:
    columns = [column.name for column in box.columns]
    rows = [
        [
            builder.typed(builder.build(cell, names, owner), column.type_ref, owner, box)
            for cell, column in zip(row, box.columns, strict=False)
        ]
        for row in box.rows
    ]
    return lambda scope, run: [
        {name: cell(scope, run) for name, cell in zip(columns, row, strict=False)} for row in rows
    ]


def make_conditional(builder: Builder, box: tree.Conditional, names: Names, owner: str) -> Logic:
    test, then, other = (builder.build(part, names, owner) for part in (box.test, box.then, box.other))

    def conditional(scope: Scope, run: Run) -> Any:
        value = test(scope, run)
        if value is not None and not isinstance(value, bool):
            run.note(owner, "the condition is neither true nor false", "条件既不为真也不为假")
            return None
        return then(scope, run) if value is True else other(scope, run)

    return conditional


def make_filter(builder: Builder, box: tree.Filter, names: Names, owner: str) -> Logic:
    source = builder.build(box.source, names, owner)
    match = builder.build(box.match, names | {"item"}, owner)

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


def make_iterator(builder: Builder, box: tree.Iterator, names: Names, owner: str) -> Logic:
    source = builder.build(box.source, names, owner)
    body = builder.build(box.body, names | {box.variable, "partial"}, owner)
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


def make_functionbox(builder: Builder, box: tree.FunctionBox, names: Names, owner: str) -> Logic:
    if box.kind != "FEEL":
        builder.refuse(box, owner, box.kind)
        return nothing
    params = tuple(param.name for param in box.params)
    kinds = [builder.param_type(param, owner) for param in box.params]
    heads = {param.partition(".")[0] for param in params}
    body = builder.build(box.body, names | heads, owner)
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


def make_invocation(builder: Builder, box: tree.Invocation, names: Names, owner: str) -> Logic:
    target = builder.build(box.function, names, owner)
    bindings = [(b.name, builder.build(b.value, names, owner)) for b in box.bindings]

    def invoke(scope: Scope, run: Run) -> Any:
        function = target(scope, run)
        given = {name: logic(scope, run) for name, logic in bindings if name}
        return bridge.invoke(function, given, run, owner)

    return invoke


MAKERS: Makers = {
    tree.Literal: make_literal,
    tree.Context: make_context,
    tree.ListBox: make_listbox,
    tree.Relation: make_relation,
    tree.Conditional: make_conditional,
    tree.Filter: make_filter,
    tree.Iterator: make_iterator,
    tree.FunctionBox: make_functionbox,
    tree.Invocation: make_invocation,
    tree.Table: make_table,
}
