"""A DMN model that can be loaded once and asked often; immutable, shareable between threads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any

from engine import feel
from engine.dmn import bridge, tree
from engine.dmn.graph import Graph, cycles
from engine.dmn.notes import Notes
from engine.dmn.parse import parse
from engine.dmn.run import Problem, Run, Step
from engine.domain.errors import ExpressionError, NotFound, Refused
from engine.domain.values import Finding


@dataclass(frozen=True, slots=True)
class DecisionInfo:
    """What one may ask a model: ``kind`` is table, literal, context … or service, bkm, none."""

    id: str
    name: str
    inputs: tuple[str, ...]  # names it needs, direct or not: of input data, then of inputs that are not drawn
    kind: str


class Outcome:
    """The value of a decision, and on demand why: ``trace`` and ``problems`` are JSON-able."""

    def __init__(self, value: Any, steps: list[Step], problems: list[Problem]) -> None:
        self.value = value
        self._steps = steps
        self._problems = problems

    @cached_property
    def trace(self) -> tuple[dict[str, Any], ...]:
        """One dict per decision table, in the order they were evaluated; see ``steps.TableStep.tell``."""
        return tuple(step.tell() for step in self._steps)

    @cached_property
    def problems(self) -> tuple[dict[str, str], ...]:
        """Why something became null: ``{"where", "text", "text_zh"}``."""
        told = []
        for problem in self._problems:
            text, zh = problem.tell()
            told.append({"where": problem.where, "text": text, "text_zh": zh})
        return tuple(told)

    @property
    def json(self) -> Any:
        """The value as JSON has it."""
        return feel.to_json(self.value)


class Model:
    """A DMN model (DMN 1.1 to 1.5). Made by ``load``."""

    def __init__(self, graph: Graph, findings: Sequence[Finding]) -> None:
        self.graph = graph
        self.findings = tuple(findings)
        self.id = graph.tree.id or graph.tree.name
        self.name = graph.tree.name
        self.namespace = graph.tree.namespace
        by_name = {element.name: key for key, element in graph.tree.elements.items()}
        self._keys = by_name | {key: key for key in graph.tree.elements}

    @classmethod
    def load(
        cls, xml: bytes, *, imports: Sequence[bytes | Model] = (), file: str | None = None, strict: bool = True
    ) -> Model:
        """Read a model. ``imports``: other DMN files, for ``import``. Raises Refused CRM-150 with all findings.

        With ``strict`` False only unreadable files are refused; parts that do not work give null.
        """
        notes = Notes(file)
        definitions = parse(xml, notes)
        if definitions is None:
            raise Refused("CRM-150", "The file is not a DMN model.", notes.found)
        shelf = _Shelf(imports)
        graph = shelf.graph(definitions, notes)
        cycles(graph, lambda decision: _note_cycle(notes, decision))
        if notes.errors and (strict or any(f.params.get("fatal") for f in notes.errors)):
            count = len(notes.errors)
            raise Refused(
                "CRM-151",
                f"The DMN model '{definitions.name}' has {count} error(s).",
                notes.found,
                fix="Mend what the findings name.",
            )
        return cls(graph, notes.found)

    @cached_property
    def decisions(self) -> Mapping[str, DecisionInfo]:
        """What may be asked, by id and by name."""
        found: dict[str, DecisionInfo] = {}
        for key, element in self.graph.tree.elements.items():
            if isinstance(element, tree.InputData):
                continue
            kind = {"Service": "service", "Bkm": "bkm"}.get(type(element).__name__)
            if kind is None and isinstance(element, tree.Decision):
                kind = bridge.kind_of(element.logic)
            info = DecisionInfo(key, element.name, self._inputs(key), kind or "none")
            found.setdefault(element.name, info)
            found[key] = info
        return MappingProxyType(found)

    def decide(self, decision: str, inputs: Mapping[str, Any], assumed: Mapping[str, Any] | None = None) -> Outcome:
        """Decide by id or name (a decision, a decision service or a BKM).

        ``assumed``: results of other decisions, by id, taken as given instead of being decided.

        Raises NotFound CRM-520, ExpressionError CRM-51x, CRM-522 when bounds are left.
        """
        key = self._keys.get(decision)
        element = self.graph.tree.elements.get(key or "")
        if key is None or element is None or isinstance(element, tree.InputData):
            known = ", ".join(sorted(i.id for i in set(self.decisions.values())))
            raise NotFound(
                "CRM-520",
                f"The model '{self.name}' has no decision '{decision}'.",
                fix=f"It has: {known}.",
            )
        run = Run(inputs)
        for other, given in (assumed or {}).items():
            run.values[self.namespace, other] = given
        try:
            value = self.graph.value(key, run)
            if isinstance(element, (tree.Service, tree.Bkm)):
                value = bridge.apply(value, inputs, run, element.name)
        except RecursionError as cause:
            raise ExpressionError(
                "CRM-522", f"Decision '{decision}' is nested too deep.", fix="End the recursion in the model."
            ) from cause
        return Outcome(value, run.steps, run.problems)

    def _inputs(self, key: str) -> tuple[str, ...]:
        names: dict[str, None] = {}
        undrawn: dict[str, None] = {}
        seen: set[tuple[int, str]] = set()
        stack: list[tuple[Graph, str]] = [(self.graph, key)]
        while stack:
            graph, here = stack.pop()
            if (id(graph), here) in seen:
                continue
            seen.add((id(graph), here))
            element = graph.element(here)
            if isinstance(element, tree.InputData):
                names[element.variable.name] = None
            elif isinstance(element, (tree.Decision, tree.Service)):
                refs = (*element.inputs, *element.decisions, *getattr(element, "knowledge", ()))
                targets = [graph.resolve(ref) for ref in refs]
                stack.extend((t[1], t[2]) for t in reversed(targets) if t is not None)
            undrawn |= {n: None for n in graph.builder.reads.get(element.name, ()) if n not in graph.drawn}
        return tuple(names | undrawn)


class _Shelf:
    """The other files at hand, by namespace; each is compiled once."""

    def __init__(self, imports: Sequence[bytes | Model]) -> None:
        self.texts: dict[str, tree.Definitions] = {}
        self.made: dict[str, Graph] = {}
        for one in imports:
            if isinstance(one, Model):
                self.made[one.namespace] = one.graph
                continue
            definitions = parse(one, Notes())
            if definitions is not None:
                self.texts[definitions.namespace] = definitions

    def graph(self, definitions: tree.Definitions, notes: Notes) -> Graph:
        found: dict[str, Graph] = {}
        for wanted in definitions.imports:
            if "DMN" not in wanted.kind:
                continue  # types and functions of other worlds are refused where they are used
            space = wanted.namespace
            if space not in self.made and space in self.texts:
                text = self.texts.pop(space)  # gone while it is compiled: a circle ends here
                self.made[space] = self.graph(text, notes)
            if space in self.made:
                found[wanted.name] = self.made[space]
            else:
                notes.add(
                    "CRM-151",
                    f"the import '{wanted.name}' of '{space}' was not found",
                    f"找不到导入“{wanted.name}”（{space}）",
                    line=wanted.line,
                    fix="Hand in the imported file too; imports must not go in a circle.",
                    fix_zh="请同时提供被导入的文件；导入不能形成循环。",
                )
        return Graph(definitions, notes, found)


def _note_cycle(notes: Notes, decision: tree.Decision) -> None:
    notes.add(
        "CRM-151",
        f"decision '{decision.name}' requires itself",
        f"决策“{decision.name}”依赖自身",
        at=decision,
        fix="Remove one requirement of the circle.",
        fix_zh="请去掉循环中的一条依赖。",
        fatal=True,
    )
