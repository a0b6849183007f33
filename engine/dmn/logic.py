"""Makes expressions of a model runnable: each becomes one Python function ``(scope, run) → value``, built once.

Names are resolved when the model is loaded: ``names`` holds what an expression may see (DMN 1.5, 7.3 and 10.4).
An expression that cannot be read is a finding CRM-152; in a model that is loaded all the same it gives null.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from engine import feel
from engine.dmn import bridge, tree
from engine.dmn.notes import Notes
from engine.dmn.run import Run, Scope
from engine.dmn.types import MISFIT, Type, Types, coerce
from engine.domain.errors import ExpressionError
from engine.domain.states import Severity
from engine.feel import tree as t

Logic = Callable[[Scope, Run], Any]
Names = frozenset[str]
Makers = Mapping[type, Callable[["Builder", Any, frozenset[str], str], Callable[[Scope, Run], Any]]]

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


def nothing(scope: Scope, run: Run) -> Any:
    """No logic: null."""
    return None


class Builder:
    """Builds the logic of one model. ``members`` are names that may follow a dot."""

    def __init__(self, types: Types, notes: Notes, members: Iterable[str], makers: Makers) -> None:
        self.types = types
        self.notes = notes
        self.makers = makers
        self.members = frozenset(members)
        self.tables: list[Any] = []  # every TableLogic made, for the table check
        self.reads: dict[str, dict[str, None]] = {}  # names each owner reads that nothing in the model gives

    def build(self, box: tree.Expression | None, names: Names, owner: str) -> Logic:
        """The runnable form of an expression; its result is coerced to its type."""
        if box is None:
            return nothing
        made = self.makers[type(box)](self, box, names, owner)
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
            made = feel.compile(text, kind, names=frozenset(known))
            free = sorted(made.names - names - {"?", "item", "partial"})
            unknown = _unknown(made, free) if "(" in text else []
            self.reads.setdefault(owner, {}).update(dict.fromkeys(n for n in free if n not in unknown))
            for name in unknown:
                self._no_function(name, text, at, owner)
            if "instance" in text or "function" in text:
                made = bridge.with_types(made, frozenset(known), self.types)
            return made
        except ExpressionError as error:
            self.notes.add(
                "CRM-152",
                f"'{owner}': {error.message} In: {text[:200]}",
                f"“{owner}”：表达式无法解析（{error.message}）：{text[:200]}",
                at=at,
                fix=error.fix,
                owner=owner,
                cause=error.code,
                text_line=error.context.get("line"),
                column=error.context.get("column"),
            )
            return None

    def _no_function(self, name: str, text: str, at: tree.Node, owner: str) -> None:
        self.notes.add(
            "CRM-152",
            f"'{owner}': there is no function '{name}', so its call is null. In: {text[:200]}",
            f"“{owner}”：没有函数“{name}”，调用结果为 null：{text[:200]}",
            at=at,
            severity=Severity.WARNING,
            fix="Use a built-in of FEEL, or require the business knowledge model it names.",
            fix_zh="请使用 FEEL 的内置函数，或引用该名称的业务知识模型。",
            owner=owner,
        )

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

    def param_type(self, param: tree.Variable, owner: str) -> Type | None:
        self.typed(nothing, param.type_ref, owner, param)
        return self.types.get(param.type_ref)


def _unknown(program: Any, free: list[str]) -> list[str]:
    """Names that are called though nothing here gives them: no built-in, no model, no parameter."""
    called = {
        node.function.name
        for node in t.walk(program.tree)
        if isinstance(node, t.Call) and isinstance(node.function, t.Name) and not node.builtin
    }
    return [name for name in free if name in called]


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
